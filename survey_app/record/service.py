"""Put an act on record, and check that the record is whole."""

import hashlib
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import canonical_json
from survey_app.core import clock
from survey_app.record import round_log
from survey_app.record.queue import one_at_a_time
from survey_app.record.tables import RecordEntry

FIRST = bytes(32)


def append(
    session: Session,
    operator: str,
    action: str,
    *,
    round_id: int | None = None,
    **details: Any,
) -> RecordEntry:
    """Add one entry within the caller's transaction: the act and its entry stand or fall together.

    `details` must be plain JSON without floats; never anything about a rater. An act on a round
    whose log has begun is a leaf of that log, too.
    """
    one_at_a_time(session)
    last = session.scalar(select(RecordEntry).order_by(RecordEntry.id.desc()).limit(1))
    entry = RecordEntry(
        at=clock.now(),
        operator=operator,
        action=action,
        round_id=round_id,
        details=details,
        previous=last.digest if last else FIRST,
    )
    entry.digest = entry_digest(entry)
    session.add(entry)
    session.flush()
    if round_id is not None:
        round_log.add(session, round_id, _leaf(entry))
    return entry


def _leaf(entry: RecordEntry) -> dict[str, str]:
    """What the public log says of an act: which kind and when; its content only as a digest."""
    return {
        "type": "act",
        "action": entry.action,
        "at": entry.at.astimezone(UTC).isoformat(timespec="seconds"),
        "digest": entry.digest.hex(),
    }


def entry_digest(entry: RecordEntry) -> bytes:
    """SHA-256 over the entry before and this one's content."""
    content = canonical_json(
        {
            "at": entry.at.isoformat(),
            "operator": entry.operator,
            "action": entry.action,
            "round": entry.round_id,
            "details": entry.details,
        }
    )
    return hashlib.sha256(entry.previous + content).digest()


def broken_entries(session: Session) -> Iterator[int]:
    """Ids of entries that do not fit their own digest or the entry before them."""
    previous = FIRST
    for entry in session.scalars(select(RecordEntry).order_by(RecordEntry.id)):
        if entry.previous != previous or entry.digest != entry_digest(entry):
            yield entry.id
        previous = entry.digest
