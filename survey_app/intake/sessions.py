"""Paper sessions and telephone batches: announced, counted, entered, and void where need be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.ballots.tables import Admission
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.intake.tables import CountedSession
from survey_app.record import service as record
from survey_app.rounds.entrances import (
    TAKES_ENTRANCES,
    BatchSpec,
    TooLateError,
    issue_batch,
    new_token,
)
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Card, Link

Kind = Literal["paper", "phone"]
KINDS: tuple[Kind, ...] = ("paper", "phone")
TOO_MANY = "收回的比发出的多"
"""Why the counts themselves make a session void; kept as it is, on record and in minutes."""


class CountedBeforeError(DomainError):
    status = 409
    message = N_("这一场的份数已经登记过，不能再改。")
    remedy = N_("数错了的，请申请作废这一场（要第二个人批准），再另建一场。")


class VoidSessionError(DomainError):
    status = 409
    message = N_("这一场已经作废，它的票不能计入。")
    remedy = N_("作废的原因见这一场的记录单；需要时另建一场重新组织。")


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """A session to be held. `issued` is the number of papers given out, or of interviews."""

    kind: Kind
    name: str
    place: str
    held_on: date
    tellers: str
    rater_class: str
    stratum: str
    scope: tuple[str, ...]
    issued: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A session with what has been entered of it."""

    row: CountedSession
    rater_class: str
    stratum: str
    scope: tuple[str, ...]
    token: str

    @property
    def entered(self) -> int:
        """Papers entered, as the store counted them."""
        return self.row.entered

    @property
    def valid(self) -> int | None:
        """Papers that should be entered; None before they are counted."""
        if self.row.collected is None or self.row.spoiled is None:
            return None
        return self.row.collected - self.row.spoiled

    @property
    def missing(self) -> int:
        """Papers still to be entered."""
        return (self.valid or 0) - self.entered

    @property
    def is_even(self) -> bool:
        """Whether what was entered is what was counted."""
        return self.row.is_void or (self.valid is not None and self.missing == 0)


def announce(
    database: Database, keys: KeyStore, operator: str, round_id: int, spec: SessionSpec
) -> int:
    """Make a session with as many nameless cards as papers go out; gives its id.

    Interviews by telephone are counted when they are announced: what is not finished is not in
    the file. Raises TooLateError, BadCountError.
    """
    with database.write() as session:
        if hold_round(session, round_id).state not in TAKES_ENTRANCES:
            raise TooLateError
        link = Link(
            round_id=round_id,
            token=new_token(),
            name=spec.name,
            rater_class=spec.rater_class,
            channel=spec.kind,
            stratum=spec.stratum,
            scope=list(spec.scope),
            is_active=False,
        )
        session.add(link)
        session.flush()
        batch = BatchSpec(
            spec.name, spec.rater_class, spec.kind, spec.issued, "card", spec.scope, spec.stratum
        )
        counted = spec.issued if spec.kind == "phone" else None
        row = CountedSession(
            round_id=round_id,
            kind=spec.kind,
            name=spec.name,
            place=spec.place,
            held_on=spec.held_on,
            tellers=spec.tellers,
            issued=spec.issued,
            collected=counted,
            spoiled=None if counted is None else 0,
            link_id=link.id,
            batch_id=issue_batch(session, keys, operator, round_id, batch).batch_id,
        )
        session.add(row)
        session.flush()
        record.append(
            session,
            operator,
            f"{spec.kind}.announce",
            round_id=round_id,
            counted=row.id,
            name=spec.name,
            issued=spec.issued,
        )
        return row.id


def count(
    database: Database, operator: str, round_id: int, session_id: int, collected: int, spoiled: int
) -> bool:
    """Put down what was collected and spoiled; True where that makes the session void.

    From then on as many papers as are valid can be entered, and no more: the store counts.
    """
    with database.write() as session:
        row = hold_session(session, round_id, session_id)
        if row.is_void:
            raise VoidSessionError
        if row.collected is not None:
            raise CountedBeforeError
        if collected > row.issued:
            row.is_void, row.void_reason = True, TOO_MANY
        row.collected, row.spoiled = collected, spoiled
        session.flush()
        record.append(
            session,
            operator,
            "paper.count",
            round_id=round_id,
            counted=row.id,
            issued=row.issued,
            collected=collected,
            spoiled=spoiled,
            void=row.is_void,
        )
        return row.is_void


def hold_session(session: Session, round_id: int, session_id: int) -> CountedSession:
    """A session of this round, held until the commit. Raises NotFoundError."""
    row = session.get(CountedSession, session_id, with_for_update=True)
    if row is None or row.round_id != round_id:
        raise NotFoundError
    return row


def make_void(session: Session, row: CountedSession, reason: str) -> None:
    """Let a session count no more, within the caller's transaction."""
    row.is_void, row.void_reason = True, reason
    session.flush()


def free_cards(session: Session, batch_id: int) -> Sequence[bytes]:
    """The cards of a batch that are not used, in the order of their random keys."""
    used = select(Admission.card_id).where(Admission.card_id == Card.id)
    return session.scalars(
        select(Card.id).where(Card.batch_id == batch_id, ~used.exists()).order_by(Card.id)
    ).all()


def sessions_of(database: Database, round_id: int) -> list[Standing]:
    """Every session of a round, the earliest first."""
    with database.read() as session:
        return standings(session, round_id)


def standings(session: Session, round_id: int) -> list[Standing]:
    """The same within the caller's session."""
    rows = session.execute(
        select(CountedSession, Link)
        .join(Link, CountedSession.link_id == Link.id)
        .where(CountedSession.round_id == round_id)
        .order_by(CountedSession.id)
    )
    return [
        Standing(row, link.rater_class, link.stratum, tuple(link.scope), link.token)
        for row, link in rows
    ]


def session_of(database: Database, round_id: int, session_id: int) -> Standing:
    """One session. Raises NotFoundError."""
    for one in sessions_of(database, round_id):
        if one.row.id == session_id:
            return one
    raise NotFoundError


def uneven(database: Database, round_id: int) -> list[Standing]:
    """Sessions whose entered papers are not those counted; to be cleared before the close."""
    return [one for one in sessions_of(database, round_id) if not one.is_even]
