"""Values of indicators: reported by data owners and assessors, certified, reopened for a reason."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from analysis.indicator_inputs import figure_problems
from forms.definition import exact
from forms.problems import N_, Problem, plain
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ForbiddenError, NotFoundError, ProblemsError
from survey_app.indicators import evidence, kept
from survey_app.indicators.kept import Kept, NewValue
from survey_app.indicators.reporting import may_certify, may_report, visible_to
from survey_app.indicators.tables import Certification, Indicator
from survey_app.record import service as record
from survey_app.rounds.frozen import load_round

MAX_REASON = 1000


class ChangedMeanwhileError(DomainError):
    status = 409
    message = N_("刚才有人改动或认定了其中的指标，这一次什么都没有保存。")
    remedy = N_("请返回上一页，填过的内容还在那里；刷新看过新的状态后再提交。")


class NeedsReasonError(DomainError):
    status = 422
    message = N_("重新开放要写明原因。")
    remedy = N_("请写明为什么要更正。")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed for one indicator; `seen` is the version shown then, None for a file."""

    indicator_id: int
    actual: str
    growth: str = ""
    seen: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """How many values were added, or what is wrong with which entry; then nothing was added."""

    n: int
    problems: Mapping[int, tuple[Problem, ...]]


@contextmanager
def _first_come() -> Iterator[None]:
    """The database refuses what another has changed meanwhile; that is told in words."""
    try:
        yield
    except OperationalError:
        raise
    except DBAPIError as error:
        raise ChangedMeanwhileError from error


def report(
    database: Database, who: SignedIn, round_id: int, entries: Sequence[Entry], reason: str
) -> Reported:
    """Add the values that were typed and differ from those kept; all or nothing, on record.

    Blank entries and values as they are already are passed over. A changed value needs the
    `reason`. Raises ForbiddenError for an indicator that is not one's own,
    ChangedMeanwhileError where another was faster.
    """
    if not may_report(who):
        raise ForbiddenError
    reason = reason.strip()[:MAX_REASON]
    with _first_come(), database.write() as session:
        load_round(session, round_id)
        mine = {one.id: one for one in kept.load(session, round_id, *visible_to(who))}
        if any(entry.indicator_id not in mine for entry in entries):
            raise ForbiddenError
        values: list[NewValue] = []
        problems: dict[int, tuple[Problem, ...]] = {}
        for entry in entries:
            one = mine[entry.indicator_id]
            wrong = _entry_problems(one, entry, reason)
            if wrong:
                problems[one.id] = tuple(wrong)
            elif _differs(one, entry):
                values.append(_new_value(one, entry, reason))
        if problems or not values:
            return Reported(0, problems)
        kept.add_values(session, who.login, values)
        changed = [mine[value.indicator_id] for value in values]
        _record(session, who, "indicator.report", round_id, changed)
        return Reported(len(values), {})


def _number(text: str) -> str | None:
    """The number in its plain notation, None where it is none."""
    number = exact(text.strip().replace("，", "").replace(",", "")) if text.strip() else None
    return None if number is None else plain(number)


def _given(one: Kept, entry: Entry) -> tuple[str, str]:
    """Actual and growth after the entry: what was left blank stays as it is."""
    actual = _number(entry.actual) or one.cells["actual"]
    growth = _number(entry.growth) or one.cells["growth"]
    return actual, growth if one.takes_growth else ""


def _differs(one: Kept, entry: Entry) -> bool:
    return _given(one, entry) != (one.cells["actual"], one.cells["growth"])


def _new_value(one: Kept, entry: Entry, reason: str) -> NewValue:
    actual, growth = _given(one, entry)
    return NewValue(one.id, one.version, actual, growth, reason)


def _entry_problems(one: Kept, entry: Entry, reason: str) -> list[Problem]:
    where = entry.where or f"{one.cells['indicator']} {one.cells['name']}"
    for name, text in ((N_("完成值"), entry.actual), (N_("增速"), entry.growth)):
        if text.strip() and _number(text) is None:
            values = {"name": name, "value": text.strip()[:40]}
            remedy = N_("请只填数字，不要百分号和单位")
            return [Problem(where, N_("「{name}」{value} 不是数"), remedy, values)]
    if not _differs(one, entry):
        return []
    actual, growth = _given(one, entry)
    if one.takes_growth and not (actual and growth):
        return [Problem(where, N_("总量和增速要一起填"), N_("请补上另一个数"))]
    if one.certified_version is not None:
        return [Problem(where, N_("已经认定，不能再改"), N_("需要更正时请认定单位重新开放"))]
    if entry.seen is not None and entry.seen != one.version:
        values = {"actual": one.cells["actual"] or "—"}
        return [
            Problem(where, N_("刚才有人填报过，现在是 {actual}"), N_("请核对后再提交一次"), values)
        ]
    if one.version and not reason:
        return [Problem(where, N_("改动已填报的数没有写更正原因"), N_("请在表格下面写明更正原因"))]
    return figure_problems(where, one.row(actual=actual, growth=growth))


def certify(
    database: Database, who: SignedIn, round_id: int, chosen: Sequence[tuple[int, int]]
) -> int:
    """Certify these (indicator, version shown); returns how many, on record.

    Raises ProblemsError where one of them is not as it was shown; then none is certified.
    """
    if not may_certify(who):
        raise ForbiddenError
    with _first_come(), database.write() as session:
        load_round(session, round_id)
        ids = [its_id for its_id, _ in chosen]
        _hold(session, ids)
        known = {one.id: one for one in kept.load(session, round_id, Indicator.id.in_(ids))}
        problems = [
            problem
            for its_id, version in chosen
            if (problem := _certify_problem(known.get(its_id), version))
        ]
        if problems:
            raise ProblemsError(problems)
        kept.certify_values(session, who.login, chosen)
        if chosen:
            _record(session, who, "indicator.certify", round_id, list(known.values()))
        return len(chosen)


def _hold(session: Session, ids: Sequence[int]) -> None:
    """Keep others from changing these until the commit; one order, so that no two wait in turn."""
    session.execute(
        select(Indicator.id).where(Indicator.id.in_(ids)).order_by(Indicator.id).with_for_update()
    )


def _certify_problem(one: Kept | None, version: int) -> Problem | None:
    if one is None:
        raise NotFoundError
    where = f"{one.cells['indicator']} {one.cells['name']}"
    if one.certified_version is not None:
        return Problem(where, N_("已经认定"), N_("不需要再认定"))
    if one.version != version or not version:
        return Problem(where, N_("刚才有人改过"), N_("请看过新的数再认定"))
    return None


def reopen(
    database: Database, who: SignedIn, round_id: int, indicator_id: int, reason: str
) -> None:
    """Let a certified value be corrected; the reason stays with it. Raises NeedsReasonError."""
    if not may_certify(who):
        raise ForbiddenError
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise NeedsReasonError
    with database.write() as session:
        _hold(session, [indicator_id])
        found = kept.load(session, round_id, Indicator.id == indicator_id)
        if not found or found[0].certified_version is None:
            raise NotFoundError
        act = {"indicator_id": indicator_id, "version": found[0].certified_version}
        session.execute(
            insert(Certification).values(
                **act, act="reopen", reason=reason, operator=who.login, at=clock.now()
            )
        )
        session.execute(
            update(Indicator).where(Indicator.id == indicator_id).values(certified_version=None)
        )
        facts = {"indicator": found[0].cells["indicator"], "ratee": found[0].cells["ratee"]}
        record.append(
            session, who.login, "indicator.reopen", round_id=round_id, reason=reason, **facts
        )


def attach(
    database: Database,
    store: evidence.EvidenceStore,
    who: SignedIn,
    round_id: int,
    indicator_id: int,
    file: evidence.Upload,
) -> tuple[Problem, ...]:
    """Keep a file with an indicator of one's own, or say what stands against it."""
    if not may_report(who):
        raise ForbiddenError
    problems = tuple(store.problems(file))
    if problems:
        return problems
    with database.write() as session:
        if not kept.load(session, round_id, Indicator.id == indicator_id, *visible_to(who)):
            raise NotFoundError
        subject = evidence.Subject("indicator", indicator_id, round_id)
        store.add(session, who.login, subject, file)
    return ()


def _record(
    session: Session, who: SignedIn, action: str, round_id: int, rows: Sequence[Kept]
) -> None:
    """How many, and which ones as far as they fit on a line."""
    named = [f"{one.cells['indicator']} {one.cells['ratee']}" for one in rows[:20]]
    record.append(session, who.login, action, round_id=round_id, n=len(rows), rows=named)
