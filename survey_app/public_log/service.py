"""Looking up receipts, heads and proofs. Nothing here changes anything."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.round_log.leaves import receipt_hash
from analysis.round_log.notes import verifier_key
from forms.problems import N_
from survey_app.ballots.tables import Receipt
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.public_log.trees import LogTrees
from survey_app.record import round_log
from survey_app.record.tables import LogCheckpoint, LogLeaf
from survey_app.rounds.frozen import load_round
from survey_app.rounds.tables import Round

RECEIPT_LENGTH = 20
HEADS_SHOWN = 20
_READ_AS = str.maketrans("018", "OIB")  # digits that no receipt has, and what they were
Kind = Literal["waiting", "in_log", "no_log", "test"]


class UnknownReceiptError(DomainError):
    status = 404
    message = N_("没有找到这个回执号。")
    remedy = N_("请对照提交成功的页面再输入一次：20 位字母和数字，空格可以不填。")


class NoSuchHeadError(NotFoundError):
    message = N_("公开日志没有这么多条。")
    remedy = N_("请检查网址里的数字。")


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head as pages show it."""

    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a receipt stands. `place` counts from 0, as everywhere in the log."""

    kind: Kind
    round_key: str
    title: str
    place: int = 0
    head: Head | None = None
    close_at: datetime | None = None
    """When the round is meant to close: by then what waits will be in the log."""
    phone: str = ""
    """Whom to ask, as the round names it."""


@dataclass(frozen=True, slots=True)
class PublicLog:
    """A round's log as everybody sees it; heads newest first."""

    round_key: str
    title: str
    is_simulated: bool
    is_closed: bool
    heads: tuple[Head, ...]
    key: str
    """The verifier's key, as people hand it on."""


def look_up(database: Database, typed: str) -> Standing:
    """Where a receipt stands. Raises UnknownReceiptError."""
    with database.read() as session:
        round_id, place = _find(session, typed)
        row = load_round(session, round_id)
        if row.state == "testing":
            return Standing("test", row.key, row.title)
        head = round_log.newest(session, row.id)
        if head is None:
            return Standing("no_log", row.key, row.title)
        if place is None or place >= head.size:
            return Standing("waiting", row.key, row.title, close_at=row.close_at, phone=row.phone)
        return Standing("in_log", row.key, row.title, place, _head(head))


def receipt_proof(database: Database, trees: LogTrees, typed: str) -> str:
    """What shows a receipt's leaf in the newest head, as a file of c2sp.org/tlog-proof.

    Raises UnknownReceiptError, also for one that is not in the log yet.
    """
    with database.read() as session:
        round_id, place = _find(session, typed)
        head = round_log.newest(session, round_id)
        if head is None or place is None or place >= head.size:
            raise UnknownReceiptError
        tree = trees.tree(session, round_id, head.size)
        steps = _lines(tree.inclusion_proof(place, head.size))
    return f"c2sp.org/tlog-proof@v1\nindex {place}\n{steps}\n{head.note}"


def open_log(database: Database, round_key: str) -> PublicLog:
    """The log of a round. Raises NotFoundError where it has none."""
    with database.read() as session:
        row = _round(session, round_key)
        stored = session.scalars(
            select(LogCheckpoint)
            .where(LogCheckpoint.round_id == row.id)
            .order_by(LogCheckpoint.size.desc())
            .limit(HEADS_SHOWN)
        ).all()
        if not stored:
            raise NotFoundError
        return PublicLog(
            row.key,
            row.title,
            row.is_simulated,
            row.state != "open",
            tuple(_head(one) for one in stored),
            key_of(session, stored[0]),
        )


def signed_head(database: Database, round_key: str, size: int | None = None) -> str:
    """The newest signed head, or the one over so many leaves. Raises NotFoundError."""
    with database.read() as session:
        row = _round(session, round_key)
        if size is None:
            found = round_log.newest(session, row.id)
        else:
            found = session.get(LogCheckpoint, (row.id, size))
        if found is None:
            raise NoSuchHeadError
        return found.note


def consistency(
    database: Database, trees: LogTrees, round_key: str, earlier: int, size: int | None
) -> str:
    """What shows that the log of `size` leaves begins with its first `earlier`, a hash a line.

    Raises NoSuchHeadError for more leaves than are signed.
    """
    with database.read() as session:
        row = _round(session, round_key)
        head = round_log.newest(session, row.id)
        later = size if size is not None else (head.size if head else 0)
        if head is None or not 0 < earlier <= later <= head.size:
            raise NoSuchHeadError
        return _lines(trees.tree(session, row.id, later).consistency_proof(earlier, later))


def key_of(session: Session, head: LogCheckpoint) -> str:
    """The key a head is checked with, as people hand it on: leaf 0 names it."""
    first = json.loads(session.get_one(LogLeaf, (head.round_id, 0)).body)
    origin = head.note.partition("\n")[0]
    return verifier_key(origin, base64.b64decode(first["log_key"]))


def _round(session: Session, round_key: str) -> Round:
    row = session.scalar(select(Round).where(Round.key == round_key))
    if row is None:
        raise NotFoundError
    return row


def _find(session: Session, typed: str) -> tuple[int, int | None]:
    """Round and place in its log of the receipt with this number; no place while it waits.

    The log alone answers, too: receipts themselves are destroyed when their time is over.
    """
    number = "".join(char for char in typed.upper() if char.isalnum()).translate(_READ_AS)
    if len(number) != RECEIPT_LENGTH or not number.isascii():
        raise UnknownReceiptError
    in_log = session.execute(
        select(LogLeaf.round_id, LogLeaf.place)
        .join(Round, Round.id == LogLeaf.round_id)
        .where(LogLeaf.subject == receipt_hash(number))
    ).first()
    if in_log is not None:
        return in_log.round_id, in_log.place
    round_id = session.scalar(select(Receipt.round_id).where(Receipt.number == number))
    if round_id is None:
        raise UnknownReceiptError
    return round_id, None


def _head(stored: LogCheckpoint) -> Head:
    return Head(stored.size, stored.root.hex(), stored.note)


def _lines(steps: Sequence[bytes]) -> str:
    return "".join(f"{base64.b64encode(step).decode()}\n" for step in steps)
