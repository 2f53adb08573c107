"""Acts about a round's end that need two persons: closing early, extending, opening again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from forms.problems import N_, Problem, digest
from survey_app.accounts import two_persons
from survey_app.accounts.two_persons import Act
from survey_app.closing.service import close_within
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.rounds import life
from survey_app.rounds.frozen import hold_round, load_round
from survey_app.rounds.tables import Round

CLOSE_EARLY, EXTEND, REOPEN = "round.close_early", "round.extend", "round.reopen"
NAMES = {
    CLOSE_EARLY: N_("提前关闭"),
    EXTEND: N_("延长截止时间"),
    REOPEN: N_("重新开放"),
}
TIMED = (EXTEND, REOPEN)
"""Kinds that name a new closing time."""
NEW_CLOSE = N_("新的截止时间")


def ask(
    database: Database, by: str, kind: str, round_id: int, reason: str, close_at: datetime | None
) -> int:
    """Ask for one of these acts. Raises ProblemsError where it could not be done anyway."""
    with database.write() as session:
        row = load_round(session, round_id)
        problems = problems_of(session, row, kind, close_at, clock.now())
        if problems:
            raise ProblemsError(problems)
        details = {} if close_at is None else {"close_at": close_at.isoformat()}
        return two_persons.ask(session, by, kind, reason, round_id, **details)


def ask_permit(database: Database, by: str, kind: str, round_id: int, reason: str) -> int:
    """Ask for a permit about a round."""
    with database.write() as session:
        load_round(session, round_id)
        return two_persons.ask(session, by, kind, reason, round_id)


def problems_of(
    session: Session, row: Round, kind: str, close_at: datetime | None, at: datetime
) -> list[Problem]:
    """Everything in the way of an act; asked when it is proposed and again when it is approved."""
    if kind == CLOSE_EARLY:
        return life.problems_before(session, row, "close_early", at)
    if kind == EXTEND:
        return _not_open(row) or _not_later(row, close_at, at)
    too_late = [] if close_at is None or close_at > at else [_past()]
    return life.problems_before(session, row, "reopen", at) + too_late


def _not_open(row: Round) -> list[Problem]:
    if row.state == "open":
        return []
    return [Problem(row.key, N_("本轮没有在收答卷"), N_("已关闭的轮次请提出“重新开放”"))]


def _not_later(row: Round, close_at: datetime | None, at: datetime) -> list[Problem]:
    if row.close_at is None:
        return [Problem(row.key, N_("本轮没有设截止时间"), N_("不用延长，一直开放到关闭为止"))]
    if close_at is None or close_at <= row.close_at:
        return [Problem(NEW_CLOSE, N_("没有晚于现在的截止时间"), N_("请填一个更晚的时间"))]
    return [] if close_at > at else [_past()]


def _past() -> Problem:
    return Problem(NEW_CLOSE, N_("已经过去"), N_("请填以后的时间"))


def _close_early(session: Session, act: Act) -> None:
    row = _held(session, act)
    _check(session, row, act, None)
    close_within(session, act.database, act.approved_by, act.round, "close_early")


def _extend(session: Session, act: Act) -> None:
    row, close_at = _held(session, act), _close_at(act.details)
    _check(session, row, act, close_at)
    before = row.close_at.isoformat() if row.close_at else ""
    row.close_at = close_at
    record.append(
        session,
        act.approved_by,
        EXTEND,
        round_id=row.id,
        before=before,
        close_at=act.details["close_at"],
        reason=act.reason,
        asked_by=act.asked_by,
    )


def _reopen(session: Session, act: Act) -> None:
    """Open again with the ballots there are; the files of a sealing before count no more."""
    row, close_at = _held(session, act), _close_at(act.details)
    _check(session, row, act, close_at)
    row.close_at = close_at
    at = clock.now()
    life.move(session, row, "reopen", act.approved_by, at)
    round_log.add(
        session,
        row.id,
        {
            "type": "reopen",
            "at": at.isoformat(timespec="seconds"),
            "reason_digest": digest({"reason": act.reason}).removeprefix("sha256:"),
            "asked_by": act.asked_by,
            "approved_by": act.approved_by,
        },
    )


def _held(session: Session, act: Act) -> Round:
    act.database.lock_round(session, act.round, is_exclusive=True)
    return hold_round(session, act.round)


def _check(session: Session, row: Round, act: Act, close_at: datetime | None) -> None:
    problems = problems_of(session, row, act.kind, close_at, clock.now())
    if problems:
        raise ProblemsError(problems)


def _close_at(details: dict[str, Any]) -> datetime | None:
    said = details.get("close_at")
    return datetime.fromisoformat(said) if said else None


def _describe(round_id: int | None, details: Mapping[str, Any]) -> tuple[str, str]:
    close_at = _close_at(dict(details))
    address = f"/admin/rounds/{round_id}/watch"
    if close_at is None:
        return "", address
    words = gettext("新的截止时间 {time}（北京时间）")
    return words.format(time=f"{clock.local(close_at):%Y-%m-%d %H:%M}"), address


two_persons.register(CLOSE_EARLY, NAMES[CLOSE_EARLY], _close_early, describe=_describe)
two_persons.register(EXTEND, NAMES[EXTEND], _extend, describe=_describe)
two_persons.register(REOPEN, NAMES[REOPEN], _reopen, describe=_describe)
