"""From waiting rows to leaves of the round's log, so that a place tells nobody's time.

While a round is open, ballots wait until a rater class has forty, and then a random part of
them goes in together with as many receipts, drawn apart from the ballots. At the close
everything goes in that is left, then the cards used, then the close itself.
"""

from collections.abc import Iterator, Sequence
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

LEAST, LEFT = 40, 20
"""So many of a class must wait, and so many of them go on waiting."""
MOST = 2_000
"""No more of a class go in at once, so that nobody waits long for the store."""
BITE = 1_000

_chance = SystemRandom()


def integrate(database: Database, round_id: int) -> int:
    """Let waiting ballots into the log of an open round; returns how many went in.

    Nothing happens before the last addition is signed: the order within an addition is by leaf
    hash, and two of them under one head would not be in order. What waits is looked for in small
    bites, as a long look would hold up those who send ballots.
    """
    with database.read() as session:
        begun_at = _size_if_taking(session, round_id)
    if not begun_at:
        return 0
    by_class: dict[str, list[tuple[str, str, bytes]]] = {}
    for rater_class, evidence, commitment in _waiting(database, round_id, *_BALLOT):
        by_class.setdefault(rater_class, []).append((rater_class, evidence, commitment))
    ballots = [
        _ballot(*one)
        for waiting in by_class.values()
        if len(waiting) >= LEAST
        for one in _chance.sample(waiting, min(len(waiting) - LEFT, MOST))
    ]
    if not ballots:
        return 0
    given = [leaf for (leaf,) in _waiting(database, round_id, *_RECEIPT)]
    if len(given) < len(ballots):
        return 0  # somebody else took some in between the two looks
    receipts = [_receipt(one) for one in _chance.sample(given, len(ballots))]
    with database.write() as session:
        one_at_a_time(session)
        if _size_if_taking(session, round_id) != begun_at:
            return 0  # somebody else added or closed meanwhile
        round_log.add_rows(session, round_id, _in_order(ballots + receipts))
    return len(ballots)


def close_log(session: Session, row: Round, at: datetime) -> None:
    """Everything that waits, the cards used, and the close, within the transaction that closes."""
    if not round_log.has_begun(session, row.id):
        return
    round_log.add_rows(session, row.id, _in_order(_all_waiting(session, row.id)))
    round_log.add_rows(session, row.id, _admissions(session, row.id))
    received = select(Ballot.rater_class, func.count()).where(Ballot.round_id == row.id)
    leaf = {
        "type": "close",
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "received": dict(session.execute(received.group_by(Ballot.rater_class)).all()),
        "is_early": row.close_at is not None and at < row.close_at,
    }
    round_log.add(session, row.id, leaf)


def _all_waiting(session: Session, round_id: int) -> list[Row]:
    """Every ballot and receipt that is not in the log yet."""
    ballots = select(Ballot.rater_class, Ballot.evidence, Ballot.commitment).where(
        Ballot.round_id == round_id, ~_is_in_log(round_id, Ballot.commitment)
    )
    receipts = select(Receipt.leaf).where(
        Receipt.round_id == round_id, ~_is_in_log(round_id, Receipt.leaf)
    )
    return [_ballot(*one) for one in session.execute(ballots)] + [
        _receipt(one) for one in session.scalars(receipts)
    ]


def _waiting(
    database: Database, round_id: int, key: Any, columns: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """The same, read a bite at a time; the last of `columns` is what stands in the log."""
    table, last = key.class_, b""
    while True:
        with database.read() as session:
            bite = select(key, *columns).where(table.round_id == round_id, key > last)
            rows = session.execute(bite.order_by(key).limit(BITE)).all()
            told = select(LogLeaf.subject).where(
                LogLeaf.round_id == round_id, LogLeaf.subject.in_([row[-1] for row in rows])
            )
            known = set(session.scalars(told))
        yield from (tuple(row[1:]) for row in rows if row[-1] not in known)
        if len(rows) < BITE:
            return
        last = rows[-1][0]


_BALLOT = (Ballot.id, (Ballot.rater_class, Ballot.evidence, Ballot.commitment))
_RECEIPT = (Receipt.nonce_hash, (Receipt.leaf,))


def _ballot(rater_class: str, evidence: str, commitment: bytes) -> Row:
    leaf = {
        "type": "ballot",
        "rater_class": rater_class,
        "evidence": evidence,
        "commitment": commitment.hex(),
    }
    return leaf_bytes(leaf), commitment


def _receipt(leaf: bytes) -> Row:
    return leaf_bytes({"type": "receipt", "hash": leaf.hex()}), leaf


def _size_if_taking(session: Session, round_id: int) -> int:
    """How many leaves an open round's log has, all of them signed; 0 for any other."""
    head = round_log.newest(session, round_id)
    state = session.scalar(select(Round.state).where(Round.id == round_id))
    size = round_log.size(session, round_id)
    return size if state == "open" and head is not None and head.size == size else 0


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
