"""From waiting rows to leaves of the round's log, so that a place tells nobody's time.

While a round is open, ballots wait until a rater class has twenty, and then a random part of
them goes in together with as many receipts, drawn apart from the ballots. At the close
everything goes in that is left, then the cards used, then the close itself.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from analysis.round_log.leaves import leaf_bytes
from analysis.round_log.merkle import leaf_hash
from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.core.database import Database
from survey_app.record import round_log
from survey_app.record.queue import one_at_a_time
from survey_app.record.round_log import Row
from survey_app.record.tables import LogLeaf
from survey_app.rounds import life, log_opening
from survey_app.rounds.tables import Round

LEAST, LEFT = 20, 10
"""So many of a class must wait, and so many of them go on waiting."""

_chance = SystemRandom()


def integrate(database: Database, round_id: int) -> int:
    """Let waiting ballots into the log of an open round; returns how many went in.

    Nothing happens before the last addition is signed: the order within an addition is by leaf
    hash, and two of them under one head would not be in order.
    """
    with database.write() as session:
        one_at_a_time(session)
        if not _takes_more(session, round_id):
            return 0
        ballots = [
            row
            for waiting in waiting_ballots(session, round_id).values()
            if len(waiting) >= LEAST
            for row in _chance.sample(waiting, len(waiting) - LEFT)
        ]
        receipts = _chance.sample(waiting_receipts(session, round_id), len(ballots))
        round_log.add_rows(session, round_id, _in_order(ballots + receipts))
        return len(ballots)


def close_log(session: Session, row: Round, at: datetime) -> None:
    """Everything that waits, the cards used, and the close, within the transaction that closes."""
    if not round_log.has_begun(session, row.id):
        return
    ballots = [one for few in waiting_ballots(session, row.id).values() for one in few]
    round_log.add_rows(session, row.id, _in_order(ballots + waiting_receipts(session, row.id)))
    round_log.add_rows(session, row.id, _admissions(session, row.id))
    received = select(Ballot.rater_class, func.count()).where(Ballot.round_id == row.id)
    leaf = {
        "type": "close",
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "received": dict(session.execute(received.group_by(Ballot.rater_class)).all()),
        "is_early": row.close_at is not None and at < row.close_at,
    }
    round_log.add(session, row.id, leaf)


def waiting_ballots(session: Session, round_id: int) -> dict[str, list[Row]]:
    """Ballots that are not in the log yet, by rater class."""
    rows = session.execute(
        select(Ballot.rater_class, Ballot.evidence, Ballot.commitment).where(
            Ballot.round_id == round_id, ~_is_in_log(round_id, Ballot.commitment)
        )
    )
    waiting: dict[str, list[Row]] = {}
    for rater_class, evidence, commitment in rows:
        leaf = {
            "type": "ballot",
            "rater_class": rater_class,
            "evidence": evidence,
            "commitment": commitment.hex(),
        }
        waiting.setdefault(rater_class, []).append((leaf_bytes(leaf), commitment))
    return waiting


def waiting_receipts(session: Session, round_id: int) -> list[Row]:
    """Receipts that are not in the log yet."""
    hashes = session.scalars(
        select(Receipt.leaf).where(
            Receipt.round_id == round_id, ~_is_in_log(round_id, Receipt.leaf)
        )
    )
    return [(leaf_bytes({"type": "receipt", "hash": one.hex()}), one) for one in hashes]


def _takes_more(session: Session, round_id: int) -> bool:
    head = round_log.newest(session, round_id)
    state = session.scalar(select(Round.state).where(Round.id == round_id))
    return state == "open" and head is not None and head.size == round_log.size(session, round_id)


def _admissions(session: Session, round_id: int) -> list[Row]:
    """The cards used, as nullifiers; none where the round's key was lost, for nobody can tell."""
    if not log_opening.has_key(session, round_id):
        return []
    cards = session.scalars(select(Admission.card_id).where(Admission.round_id == round_id))
    known = {log_opening.nullifier(session, round_id, one) for one in cards}
    told = session.scalars(
        select(LogLeaf.subject).where(LogLeaf.round_id == round_id, LogLeaf.subject.is_not(None))
    )
    known.difference_update(told)
    return [
        (leaf_bytes({"type": "admission", "nullifier": one.hex()}), one) for one in sorted(known)
    ]


def _is_in_log(round_id: int, subject: Any) -> ColumnElement[bool]:
    return exists().where(LogLeaf.round_id == round_id, LogLeaf.subject == subject)


def _in_order(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: leaf_hash(row[0]))


life.add_follower("close", close_log)
life.add_follower("close_early", close_log)
