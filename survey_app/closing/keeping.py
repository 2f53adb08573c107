"""What is kept of a round's raters, until when, and its destruction (销毁) that can be checked.

The sealed files, the log and the results stay; what could still lead back to a person or a card
goes: receipts, admissions, cards, drafts, the ballots' rows and the round's secret key. Two persons
do it, not before the day that was fixed when the round was frozen.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Delete, Select, delete, func, select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.accounts import two_persons
from survey_app.ballots.tables import Admission, Ballot, Comment, Draft, Receipt
from survey_app.closing.key_files import KeyFiles
from survey_app.closing.rewriting import vacuum
from survey_app.core import clock
from survey_app.core.database import Base, Database
from survey_app.core.errors import ProblemsError
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.record.tables import RecordEntry
from survey_app.rounds.frozen import hold_round, load_round
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Batch, Card, Round

DESTROY = "round.destroy"
DESTROYED: tuple[type[Base], ...] = (Draft, Admission, Receipt, Comment, Ballot, Card)
"""Whose rows go, in an order that references allow."""
NAMES: Mapping[str, str] = {
    "draft": N_("没有提交的草稿"),
    "admission": N_("哪张卡用过"),
    "receipt": N_("回执号和防重复提交的校验值"),
    "comment": N_("数据库里的意见（封存文件里的保留）"),
    "ballot": N_("数据库里的答卷（封存文件里的保留）"),
    "card": N_("评议卡验证码的校验值"),
    "round_key": N_("本轮的密钥文件"),
}

two_persons.register(DESTROY, N_("销毁评议人的原始资料"))


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a round is there now, and from when on it may be destroyed."""

    row: Round
    counts: Mapping[str, int]
    """Name of NAMES → how many; 0 is gone."""
    due_at: datetime | None
    """None while the round is not assessed."""

    @property
    def is_due(self) -> bool:
        return self.due_at is not None and clock.now() >= self.due_at


@dataclass(frozen=True, slots=True)
class Check:
    """One statement tried after a destruction; `what` fills it."""

    text: str
    holds: bool
    what: str = ""


def look(database: Database, keys: KeyStore, round_id: int) -> Kept:
    """What is kept of a round."""
    with database.read() as session:
        row = load_round(session, round_id)
        return Kept(row, _counts(session, keys, round_id), _due(session, row))


def destroy(database: Database, keys: KeyStore, operator: str, round_id: int) -> dict[str, int]:
    """Destroy it, with another person's permit; on record and in the log, with counts.

    Raises ProblemsError before its day, PermitNeededError without a permit.
    """
    with database.write() as session:
        database.lock_round(session, round_id, is_exclusive=True)
        row = hold_round(session, round_id)
        problems = _problems(session, row)
        if problems:
            raise ProblemsError(problems)
        two_persons.require_permit(session, operator, DESTROY, round_id)
        counts = _counts(session, keys, round_id)
        for table in DESTROYED:
            session.execute(_delete(table, round_id))
        row.destroyed_at = clock.now()
        session.flush()
        record.append(session, operator, "round.destroyed", round_id=round_id, **counts)
        round_log.add(session, round_id, {"type": "destroyed", "what": counts})
    finish(database, keys, round_id)
    return counts


def finish(database: Database, keys: KeyStore, round_id: int) -> None:
    """The part outside the transaction: keys, and what the store kept of deleted rows."""
    KeyFiles(keys.folder, round_id).destroy()
    keys.destroy(round_id)
    scrub(database)


def finish_interrupted(database: Database, keys: KeyStore) -> None:
    """Make up for a crash between a destruction and the destruction of its keys."""
    with database.read() as session:
        done = session.scalars(select(Round.id).where(Round.destroyed_at.is_not(None))).all()
    for round_id in done:
        if keys.has(round_id):
            finish(database, keys, round_id)


def check(database: Database, keys: KeyStore, round_id: int) -> list[Check]:
    """Look whether everything is gone: rows, keys, free pages; and whether it is on record."""
    with database.read() as session:
        row = load_round(session, round_id)
        counts = _counts(session, keys, round_id)
        is_told = _entry(session, round_id, "round.destroyed") is not None
    checks = [Check(N_("{what}：已经没有"), n == 0, NAMES[name]) for name, n in counts.items()]
    files = KeyFiles(keys.folder, round_id).left()
    checks.append(Check(N_("密封轮次的开封密钥：已经没有"), not files))
    if database.is_sqlite:
        free_pages = _sqlite_raw(database, "PRAGMA freelist_count")
        checks.append(Check(N_("数据库文件里没有留有旧内容的空闲页"), free_pages == 0))
    else:
        is_kept = database.keeps_old_wal()
        checks.append(Check(N_("数据库服务器不留旧的预写日志（WAL）"), not is_kept))
    is_recorded = row.destroyed_at is not None and is_told
    return [*checks, Check(N_("操作记录里有这次销毁"), is_recorded)]


def scrub(database: Database) -> None:
    """Write the store's files anew, without what deleted rows left in them."""
    if database.is_sqlite:
        with database.turn():
            _sqlite_raw(database, "VACUUM")
        return
    vacuum(database, DESTROYED)


def _sqlite_raw(database: Database, statement: str) -> int:
    """Run a statement that allows no transaction around it."""
    pooled = database.engine.raw_connection()
    try:
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        found = connection.execute(statement).fetchone()
        return found[0] if found else 0
    finally:
        pooled.close()


def _problems(session: Session, row: Round) -> list[Problem]:
    if row.destroyed_at is not None:
        what = N_("本轮的原始资料已经销毁")
        return [Problem(row.key, what, N_("不用再办"))]
    due = _due(session, row)
    if due is None:
        return [Problem(row.key, N_("本轮还没有核算"), N_("核算以后才开始计算保存期限"))]
    if clock.now() < due:
        day = clock.local(due).strftime("%Y-%m-%d %H:%M")
        what = N_("保存期限还没有到：{day} 以后才能销毁")
        return [Problem(row.key, what, N_("请到期再办；期限在开放前已经固定"), {"day": day})]
    return []


def _due(session: Session, row: Round) -> datetime | None:
    assessed = _entry(session, row.id, "round.assess")
    return None if assessed is None else assessed.at + timedelta(days=row.keep_days)


def _entry(session: Session, round_id: int, action: str) -> RecordEntry | None:
    """The first entry of this action."""
    return session.scalar(
        select(RecordEntry)
        .where(RecordEntry.round_id == round_id, RecordEntry.action == action)
        .order_by(RecordEntry.id)
        .limit(1)
    )


def _counts(session: Session, keys: KeyStore, round_id: int) -> dict[str, int]:
    counts = {
        table.__tablename__: session.scalar(_count(table, round_id)) or 0 for table in DESTROYED
    }
    return {**counts, "round_key": int(keys.has(round_id))}


def _cards(round_id: int) -> Select[int]:
    return select(Batch.id).where(Batch.round_id == round_id)


def _count(table: type[Base], round_id: int) -> Select[int]:
    found = select(func.count()).select_from(table)
    if table is Card:
        return found.where(Card.batch_id.in_(_cards(round_id)))
    return found.where(table.__table__.c.round_id == round_id)


def _delete(table: type[Base], round_id: int) -> Delete:
    if table is Card:
        return delete(Card).where(Card.batch_id.in_(_cards(round_id)))
    return delete(table).where(table.__table__.c.round_id == round_id)
