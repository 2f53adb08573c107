"""What auditors open the log's commitments with: written once, when a round is sealed."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import canonical_json
from survey_app.ballots.commitments import Traits, content_of
from survey_app.ballots.tables import Ballot
from survey_app.rounds.tables import Link

OPENINGS = "openings.jsonl"
CHUNK = 5_000


def write_openings(session: Session, round_id: int, folder: Path) -> Path:
    """A line a ballot, by ascending commitment, so that nothing tells who came first."""
    links = link_tokens(session, round_id)
    stored = select(Ballot).where(Ballot.round_id == round_id).order_by(Ballot.commitment)
    path = folder / OPENINGS
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        for ballot in session.scalars(stored.execution_options(yield_per=CHUNK)):
            file.write(_line(ballot, links) + b"\n")
            session.expunge(ballot)
        file.flush()
        os.fsync(file.fileno())
    return path


def link_tokens(session: Session, round_id: int) -> dict[int, str]:
    """Id → token of the round's links."""
    tokens = select(Link.id, Link.token).where(Link.round_id == round_id)
    return dict(session.execute(tokens).all())


def stored_content(ballot: Ballot, links: Mapping[int, str]) -> dict[str, Any]:
    """A stored ballot as its commitment covers it."""
    traits = Traits(ballot.rater_class, ballot.stratum, ballot.channel, ballot.evidence)
    return content_of(
        traits,
        ballot.payload,
        links[ballot.link_id] if ballot.link_id is not None else "",
        has_mark=ballot.device_mark is not None,
        pace=ballot.pace,
    )


def _line(ballot: Ballot, links: Mapping[int, str]) -> bytes:
    assert ballot.opening is not None, "a sealed round is opened before it is sealed"
    return canonical_json(
        {"opening": ballot.opening.hex(), "content": stored_content(ballot, links)}
    )
