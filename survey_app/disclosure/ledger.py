"""The ledger of releases: put one in, and see what was said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.disclosure.ledger import Release as Cells
from survey_app.core import clock
from survey_app.core.access import visitor
from survey_app.disclosure.tables import Release
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.record.queue import one_at_a_time

NOTHING = Cells("", {})
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Line:
    """One release in the list."""

    id: int
    name: str
    kind: str
    digest: str
    operator: str
    at: datetime
    hidden: tuple[tuple[tuple[str, ...], str], ...]
    reasons: tuple[str, ...]


def enter(
    session: Session,
    round_id: int,
    name: str,
    kind: str,
    digest: str,
    cells: Cells | None = None,
    *,
    reasons: Sequence[str] = (),
    operator: str = "",
) -> int:
    """Put a release into the ledger and its digest into the round's log; gives its id.

    `digest` is the SHA-256 of the file in hex, `cells` what it shows and hides (after
    `Cells.without`). The same file again is the same release and adds nothing.
    """
    one_at_a_time(session)
    known = session.scalar(
        select(Release).where(
            Release.round_id == round_id, Release.kind == kind, Release.digest == digest
        )
    )
    if known is not None:
        return known.id
    said = cells or NOTHING
    who = operator or _who()
    row = Release(
        round_id=round_id,
        name=name,
        kind=kind,
        digest=digest,
        content=said.content,
        cells=[[list(cell), n] for cell, n in sorted(said.cells.items())],
        hidden=[[list(cell), why] for cell, why in sorted(said.hidden.items())],
        reasons=list(reasons),
        operator=who,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    record.append(
        session, who, "release.entered", round_id=round_id, name=name, kind=kind, digest=digest
    )
    round_log.add(
        session, round_id, {"type": "release", "name": name, "kind": kind, "digest": digest}
    )
    return row.id


def _who() -> str:
    try:
        found = visitor()
    except RuntimeError:  # outside a request: the command line
        return SYSTEM
    return found.login if found else SYSTEM


def earlier(session: Session, round_id: int) -> list[Cells]:
    """What was released of a round so far, in order, as the solver takes it."""
    rows = session.scalars(select(Release).where(Release.round_id == round_id).order_by(Release.id))
    return [
        Cells(
            row.name,
            {tuple(cell): n for cell, n in row.cells},
            {tuple(cell): why for cell, why in row.hidden},
            row.content,
        )
        for row in rows
        if row.cells or row.hidden
    ]


def lines(session: Session, round_id: int) -> list[Line]:
    """The ledger of a round, the newest first."""
    rows = session.scalars(
        select(Release).where(Release.round_id == round_id).order_by(Release.id.desc())
    )
    return [
        Line(
            row.id,
            row.name,
            row.kind,
            row.digest,
            row.operator,
            row.at,
            tuple((tuple(cell), why) for cell, why in row.hidden),
            tuple(row.reasons),
        )
        for row in rows
    ]
