"""The public log of a round: append-only leaves, and heads signed over them (docs/round-log.md).

Leaves are added within the transaction of what they tell. Heads are signed after its commit:
`Database.after_write` comes to `sign_what_was_added`, and the next start makes up for a crash in
between. A head is never signed over fewer leaves than the last one, nor over other leaves.
"""

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, cast

from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from analysis.round_log.leaves import leaf_bytes
from analysis.round_log.merkle import Frontier, leaf_hash
from analysis.round_log.notes import Checkpoint, NoteError, read_checkpoint
from forms.problems import N_
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.record.notary import Notary
from survey_app.record.queue import one_at_a_time
from survey_app.record.tables import LogCheckpoint, LogLeaf, RecordEntry

NOTARY, ADDED = "notary", "logs added to"
CHUNK = 5_000
log = logging.getLogger(__name__)

Row = tuple[bytes, bytes | None]
"""A leaf's bytes and its subject."""


class LogBehindError(DomainError):
    """The database holds less, or something else, than what was signed; or the key is another."""

    status = 409
    message = N_("数据库里的公开日志比已经签名公布的旧，或者内容不同，系统不再为它签名。")
    remedy = N_(
        "这多半是恢复了较早的备份。请停止服务，恢复最新的备份；找不到时保留现场，"
        "在公告中说明情况，并把已经公布的检查点交给审计人员核对。"
    )


class LogKeyChangedError(LogBehindError):
    message = N_(
        "签名公开日志的密钥（keys/log.key）不是本轮开放时的那一把，系统不再为本轮的日志签名。"
    )
    remedy = N_("请从带密钥的备份恢复 keys 文件夹里的 log.key，再重新启动服务。")


def attach(database: Database, notary: Notary) -> None:
    """Let everything written to this store be followed by a signed head."""
    if NOTARY not in database.info:
        database.after_write.append(lambda session: sign_what_was_added(database, session))
    database.info[NOTARY] = notary


def has_begun(session: Session, round_id: int) -> bool:
    """Whether the round has a log: from its formal opening on."""
    return session.get(LogLeaf, (round_id, 0)) is not None


def begin(session: Session, round_id: int, round_key: str, config: Mapping[str, Any]) -> None:
    """Leaf 0: what was frozen, and by which key heads will be signed. Once; later it does nothing.

    Raises LookupError in a store without a notary (see `attach`).
    """
    one_at_a_time(session)
    if has_begun(session, round_id):
        return
    before = session.scalar(select(RecordEntry.digest).order_by(RecordEntry.id.desc()).limit(1))
    leaf = {
        "type": "round",
        "round": round_key,
        "config": config,
        "log_key": base64.b64encode(_notary(session.info).public_key).decode(),
        "software": version("survey-app"),
        "record": (before or b"").hex(),
    }
    _append(session, round_id, 0, [(leaf_bytes(leaf), None)])


def add(
    session: Session, round_id: int, leaf: Mapping[str, Any], subject: bytes | None = None
) -> None:
    """One more leaf within the caller's write transaction; nothing before the log has begun."""
    add_rows(session, round_id, [(leaf_bytes(leaf), subject)])


def add_rows(session: Session, round_id: int, rows: Sequence[Row]) -> None:
    """The same for many, in this order."""
    if not rows:
        return
    one_at_a_time(session)
    place = size(session, round_id)
    if place:
        _append(session, round_id, place, rows)


def size(session: Session, round_id: int) -> int:
    """How many leaves a round's log has."""
    last = session.scalar(select(func.max(LogLeaf.place)).where(LogLeaf.round_id == round_id))
    return 0 if last is None else last + 1


def checkpoint(database: Database, round_id: int) -> Checkpoint | None:
    """Sign the head of a round's log and store it; None where it has not begun.

    Raises LogBehindError rather than sign what does not extend the last head.
    """
    notary = _notary(database.info)
    with database.write() as session:
        one_at_a_time(session)
        n = size(session, round_id)
        if n == 0:
            return None
        round_key = _round_key(session, round_id, notary)
        stored = newest(session, round_id)
        signed = _signed(notary, round_key)
        head, frontier = _head(session, round_id, n, stored, signed)
        origin = _origin(notary, round_key, stored, signed)
        head = Checkpoint(origin, head.size, head.root)
        if stored is None or stored.size < n:
            note = notary.sign(head)
            notary.remember(round_key, note)
            session.add(
                LogCheckpoint(
                    round_id=round_id, size=n, root=head.root, frontier=frontier, note=note
                )
            )
        elif signed is None or signed.size < n:
            notary.remember(round_key, stored.note)
        return head


def newest(session: Session, round_id: int) -> LogCheckpoint | None:
    """The last head stored."""
    return session.scalar(
        select(LogCheckpoint)
        .where(LogCheckpoint.round_id == round_id)
        .order_by(LogCheckpoint.size.desc())
        .limit(1)
    )


def is_kept(database: Database, round_id: int) -> bool:
    """Whether the round has a log that is signed."""
    with database.read() as session:
        return newest(session, round_id) is not None


def problem(database: Database, round_id: int) -> LogBehindError | None:
    """What is wrong with a log that cannot be signed any more, for administrators."""
    try:
        with database.read() as session:
            n = size(session, round_id)
            if n == 0:
                return None
            notary = _notary(database.info)
            signed = _signed(notary, _round_key(session, round_id, notary))
            _head(session, round_id, n, newest(session, round_id), signed)
    except LogBehindError as error:
        return error
    return None


def has_rested(database: Database, round_id: int, seconds: float) -> bool:
    """Whether the last head is signed over all leaves, and older than so many seconds.

    Signs what a crash left unsigned. A clock that was moved makes a head old at once.
    """
    with database.read() as session:
        head, n = newest(session, round_id), size(session, round_id)
    if NOTARY not in database.info or n == 0:
        return False
    if head is None or head.size < n:
        _sign_or_say(database, round_id)
        return False
    age = _notary(database.info).age(head.note.partition("\n")[0].rpartition("/")[2])
    return age is None or abs(age) >= seconds


def resume(database: Database) -> None:
    """Sign what a crash left unsigned between a commit and its head."""
    with database.read() as session:
        leaves = select(LogLeaf.round_id, func.max(LogLeaf.place)).group_by(LogLeaf.round_id)
        heads = select(LogCheckpoint.round_id, func.max(LogCheckpoint.size)).group_by(
            LogCheckpoint.round_id
        )
        signed = dict(session.execute(heads).all())
        behind = [
            round_id
            for round_id, place in session.execute(leaves)
            if signed.get(round_id, 0) <= place
        ]
    for round_id in behind:
        _sign_or_say(database, round_id)


def sign_what_was_added(database: Database, session: Session) -> None:
    """After a commit: a head for every log it added to. A failure here undoes no act."""
    for round_id in session.info.pop(ADDED, ()):
        _sign_or_say(database, round_id)


def _sign_or_say(database: Database, round_id: int) -> None:
    try:
        checkpoint(database, round_id)
    except (LogBehindError, OSError, SQLAlchemyError) as error:
        # The next act or start tries again; the round's page tells administrators.
        log.warning("the log of round %s was not signed: %s", round_id, error)


def _append(session: Session, round_id: int, place: int, rows: Sequence[Row]) -> None:
    values = [
        {"round_id": round_id, "place": place + n, "body": body, "subject": subject}
        for n, (body, subject) in enumerate(rows)
    ]
    session.execute(insert(LogLeaf), values)
    session.info.setdefault(ADDED, set()).add(round_id)


def _notary(info: Mapping[Any, Any]) -> Notary:
    return cast(Notary, info[NOTARY])


def _round_key(session: Session, round_id: int, notary: Notary) -> str:
    """Whose log it is, as leaf 0 says; signed by no other key than the one it names."""
    first = json.loads(session.get_one(LogLeaf, (round_id, 0)).body)
    if base64.b64decode(first["log_key"]) != notary.public_key:
        raise LogKeyChangedError
    return str(first["round"])


def _signed(notary: Notary, round_key: str) -> Checkpoint | None:
    """The newest head signed, as the file outside the database says."""
    note = notary.last_note(round_key)
    if note is None:
        return None
    try:
        return notary.open(note, read_checkpoint(note.partition("\n\n")[0] + "\n").origin)
    except NoteError as error:
        raise LogBehindError from error


def _origin(
    notary: Notary, round_key: str, stored: LogCheckpoint | None, signed: Checkpoint | None
) -> str:
    """A log keeps the name of its first head, even where the host is called otherwise by now."""
    if stored is not None:
        return stored.note.partition("\n")[0]
    return signed.origin if signed is not None else notary.origin(round_key)


def _head(
    session: Session,
    round_id: int,
    n: int,
    stored: LogCheckpoint | None,
    signed: Checkpoint | None,
) -> tuple[Checkpoint, bytes]:
    """The head over `n` leaves and its frontier, gone on from the last one stored.

    Where the file outside knows a head, this very head must lie on the way.
    """
    frontier = Frontier.from_bytes(stored.frontier) if stored is not None else Frontier()
    if signed is not None and signed.size < frontier.size:
        frontier = Frontier()  # the file is older than the store: go the whole way once
    if signed is not None:
        if signed.size > n:
            raise LogBehindError
        _grow(session, round_id, frontier, signed.size)
        if frontier.root() != signed.root:
            raise LogBehindError
    _grow(session, round_id, frontier, n)
    return Checkpoint("", frontier.size, frontier.root()), frontier.to_bytes()


def _grow(session: Session, round_id: int, frontier: Frontier, n: int) -> None:
    bodies = select(LogLeaf.body).where(
        LogLeaf.round_id == round_id, LogLeaf.place >= frontier.size, LogLeaf.place < n
    )
    ordered = bodies.order_by(LogLeaf.place).execution_options(yield_per=CHUNK)
    for body in session.scalars(ordered):
        frontier.append(leaf_hash(body))
