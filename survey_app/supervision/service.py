"""What operators do with supervision records: file, correct, urge, reply, judge a reply."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from analysis import periods
from forms.problems import N_, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ForbiddenError, NotFoundError, ProblemsError
from survey_app.record import service as record
from survey_app.rounds.tables import Round
from survey_app.supervision.kinds import (
    FACT_NAMES,
    FACTS,
    KIND_NAMES,
    SANCTION_NAMES,
    STEP_NAMES,
    STEPS,
    number_text,
)
from survey_app.supervision.lines import Line
from survey_app.supervision.numbering import next_number, take_turn
from survey_app.supervision.reading import current_of, following_of, make_lines
from survey_app.supervision.tables import SupervisionAct, SupervisionObject, SupervisionRecord
from survey_app.supervision.units import EVERYTHING, Scope, names_of_all

MAX_TEXT = 5_000


class NotNowError(DomainError):
    status = 409
    message = N_("这一步现在不能做：这个单位的状态是“{state}”。")
    remedy = N_("请刷新页面，看清现在的状态再办理。")


class AlreadyReopenedError(DomainError):
    status = 409
    message = N_("这个案件已经登记为“已重新核定”。")
    remedy = N_("不用再登记。")


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """What a record says. Which of the facts after `period` a kind has is in kinds.FACTS."""

    kind: str
    title: str
    ratees: tuple[str, ...]
    issued_on: date
    content: str = ""
    document: str = ""
    period: str = ""
    """"" stands for the year of `issued_on`."""
    due_on: date | None = None
    place: str = ""
    result: str = ""
    step: str = ""
    previous_id: int | None = None
    skip_reason: str = ""
    exempts: str = ""
    approved_by: str = ""
    indicator: str = ""
    sanction: str = ""
    round_id: int | None = None
    evidence: str = ""
    link: str = ""
    is_simulated: bool = False


def check_record(
    database: Database, spec: RecordSpec, record_id: int | None = None
) -> list[Problem]:
    """Everything that stands against filing it, or against correcting the record of this id."""
    with database.read() as session:
        return _problems(session, spec, record_id)


def file_record(database: Database, operator: str, spec: RecordSpec) -> int:
    """File a new record under the next number of its year and kind; returns its id.

    Raises ProblemsError with everything that stands against it.
    """
    with database.write() as session:
        year = spec.issued_on.year
        number = next_number(
            session,
            SupervisionRecord.number,
            SupervisionRecord.kind == spec.kind,
            SupervisionRecord.year == year,
        )
        _refuse(_problems(session, spec, None))
        row = _row(spec, operator, year, number)
        _store(session, row, spec.ratees)
        record.append(
            session,
            operator,
            "supervision.file",
            round_id=spec.round_id,
            number=number_text(row.kind, row.year, row.number),
            ratees="、".join(spec.ratees),
            reason=spec.skip_reason,
        )
        return row.id


def correct_record(
    database: Database, operator: str, record_id: int, spec: RecordSpec, reason: str
) -> int:
    """Put a new version in the place of a record; the old one stays to be read.

    Kind, number and place in a ladder stay as they are. Raises ProblemsError.
    """
    with database.write() as session:
        take_turn(session)
        old = current_of(session, record_id)
        problems = _problems(session, spec, old.file_id)
        if not reason.strip():
            problems.append(_missing(N_("更正的理由")))
        _refuse(problems)
        row = _row(spec, operator, old.year, old.number)
        row.version, row.first_id, row.correction = old.version + 1, old.file_id, reason.strip()
        _store(session, row, spec.ratees)
        record.append(
            session,
            operator,
            "supervision.correct",
            number=number_text(row.kind, row.year, row.number),
            version=row.version,
            reason=row.correction,
        )
        return row.id


def urge(database: Database, operator: str, record_id: int, ratee: str, words: str = "") -> None:
    """Remind a unit of its deadline (催办)."""
    _act(database, operator, record_id, "urge", ratee, words)


def reply(
    database: Database,
    operator: str,
    record_id: int,
    ratee: str,
    words: str,
    scope: Scope = EVERYTHING,
) -> None:
    """A unit's answer, by itself or entered for it. Raises ForbiddenError outside the scope."""
    if scope is not None and ratee not in scope:
        raise ForbiddenError
    _act(database, operator, record_id, "reply", ratee, words)


def accept(database: Database, operator: str, record_id: int, ratee: str, words: str = "") -> None:
    """The answer stands; the matter is closed for this unit."""
    _act(database, operator, record_id, "accept", ratee, words)


def send_back(database: Database, operator: str, record_id: int, ratee: str, words: str) -> None:
    """The answer does not do, and why; the deadline stays what it was."""
    _act(database, operator, record_id, "return", ratee, words)


ALLOWED_IN = {
    "urge": ("waiting", "returned"),
    "reply": ("filed", "waiting", "returned"),
    "accept": ("replied",),
    "return": ("replied",),
}


def _act(
    database: Database, operator: str, record_id: int, kind: str, ratee: str, words: str
) -> None:
    with database.write() as session:
        take_turn(session)
        line = _line(session, record_id, ratee)
        if line.state not in ALLOWED_IN[kind]:
            raise NotNowError(state=line.state_name)
        if kind in ("reply", "return") and not words.strip():
            raise ProblemsError([_missing(N_("内容"))])
        _add_act(session, operator, line.file_id, kind, ratee, words.strip())
        record.append(
            session,
            operator,
            f"supervision.{kind}",
            number=line.number_text,
            ratee=ratee,
        )


def mark_reopened(database: Database, operator: str, record_id: int, words: str) -> None:
    """The scores that a falsified figure went into have been settled anew; says how."""
    with database.write() as session:
        take_turn(session)
        row = current_of(session, record_id)
        if row.kind != "falsification":
            raise NotFoundError
        if not words.strip():
            raise ProblemsError([_missing(N_("怎样重新核定的"))])
        done = session.query(SupervisionAct).filter_by(record_id=row.file_id, kind="reopened")
        if done.count():
            raise AlreadyReopenedError
        _add_act(session, operator, row.file_id, "reopened", "", words.strip())
        number = number_text(row.kind, row.year, row.number)
        record.append(
            session, operator, "supervision.reopened", round_id=row.round_id, number=number
        )


def _add_act(
    session: Session, operator: str, file_id: int, kind: str, ratee: str, words: str
) -> None:
    session.add(
        SupervisionAct(
            record_id=file_id,
            kind=kind,
            ratee=ratee,
            content=words[:MAX_TEXT],
            operator=operator,
            at=clock.now(),
        )
    )


def _line(session: Session, record_id: int, ratee: str) -> Line:
    lines = make_lines(session, [current_of(session, record_id)])
    found = next((line for line in lines if line.ratee == ratee), None)
    if found is None:
        raise NotFoundError
    return found


def _row(spec: RecordSpec, operator: str, year: int, number: int) -> SupervisionRecord:
    return SupervisionRecord(
        kind=spec.kind,
        year=year,
        number=number,
        version=1,
        title=spec.title.strip(),
        content=spec.content.strip(),
        document=spec.document.strip(),
        issued_on=spec.issued_on,
        due_on=spec.due_on,
        period=spec.period.strip() or str(spec.issued_on.year),
        place=spec.place.strip(),
        result=spec.result.strip(),
        step=spec.step,
        previous_id=spec.previous_id,
        skip_reason=spec.skip_reason.strip(),
        exempts=spec.exempts.strip(),
        approved_by=spec.approved_by.strip(),
        indicator=spec.indicator.strip(),
        sanction=spec.sanction,
        round_id=spec.round_id,
        evidence=spec.evidence.strip(),
        link=spec.link.strip(),
        is_simulated=spec.is_simulated,
        operator=operator,
        at=clock.now(),
    )


def _store(session: Session, row: SupervisionRecord, ratees: tuple[str, ...]) -> None:
    session.add(row)
    session.flush()
    session.add_all(SupervisionObject(record_id=row.id, ratee=ratee) for ratee in set(ratees))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ProblemsError(problems)


def _missing(name: str) -> Problem:
    return Problem(name, N_("没有填写"), N_("请填写这一项"))


def _problems(session: Session, spec: RecordSpec, file_id: int | None) -> list[Problem]:
    if spec.kind not in KIND_NAMES:
        raise NotFoundError
    found = [*_common_problems(session, spec), *_fact_problems(session, spec)]
    if file_id is not None:
        found += _identity_problems(session, spec, file_id)
    elif not found and spec.kind == "urging":
        found += _ladder_problems(session, spec)
    return found


def _common_problems(session: Session, spec: RecordSpec) -> Iterator[Problem]:
    if not spec.title.strip():
        yield _missing(N_("事项"))
    if not spec.ratees:
        yield Problem(N_("单位"), N_("没有选单位"), N_("请至少选一个"))
    names = names_of_all(session)
    for ratee in spec.ratees:
        if ratee not in names:
            yield Problem(
                N_("单位"), N_("名册里没有“{name}”"), N_("请从名册中选择"), {"name": ratee}
            )
    if spec.period.strip() and periods.parse(spec.period) is None:
        yield Problem(
            N_("计入"), N_("“{text}”不是时期"), _PERIOD_REMEDY, {"text": spec.period.strip()}
        )
    if spec.due_on is not None and spec.due_on < spec.issued_on:
        yield Problem(N_("期限"), N_("期限早于下发日期"), N_("请改期限或下发日期"))
    if spec.link.strip() and not spec.link.strip().startswith(("http://", "https://")):
        yield Problem(
            N_("链接"), N_("不是网址"), N_("请以 http:// 或 https:// 开头，或填在“依据”里")
        )


_PERIOD_REMEDY = N_("请写成 2026、2026-H1、2026-Q3 或 2026-03")


def _fact_problems(session: Session, spec: RecordSpec) -> Iterator[Problem]:
    facts = FACTS[spec.kind]
    for name in facts.needed:
        if not _has(spec, name):
            yield _missing(FACT_NAMES[name])
    for name in FACT_NAMES:
        if name not in facts.all and _has(spec, name):
            raise NotFoundError
    for name, words in (("step", STEP_NAMES), ("sanction", SANCTION_NAMES)):
        if _has(spec, name) and getattr(spec, name) not in words:
            yield Problem(FACT_NAMES[name], N_("没有这一项"), N_("请从列出的几项中选择"))
    if facts.is_for_one and len(spec.ratees) > 1:
        yield Problem(N_("单位"), N_("选了几个单位"), N_("这一类每次只能登记一个单位，请分别登记"))
    if spec.round_id is not None and session.get(Round, spec.round_id) is None:
        yield Problem(FACT_NAMES["round_id"], N_("没有这个轮次"), N_("请重新选择"))


def _has(spec: RecordSpec, name: str) -> bool:
    value = getattr(spec, name)
    return bool(value.strip() if isinstance(value, str) else value)


def _identity_problems(session: Session, spec: RecordSpec, file_id: int) -> Iterator[Problem]:
    old = current_of(session, file_id)
    same = ("kind", "step", "previous_id", "skip_reason")
    if any(getattr(old, name) != getattr(spec, name) for name in same):
        yield Problem(
            N_("督办步骤"), N_("更正不能改变类型和督办步骤"), N_("请另外登记一条，并在这一条写明")
        )


def _ladder_problems(session: Session, spec: RecordSpec) -> Iterator[Problem]:
    """000-h: a step follows the one before once that is overdue; else a reason is on record."""
    if spec.previous_id is None:
        if spec.step != "notice" and not spec.skip_reason.strip():
            yield _skips(N_("没有上一步，不能直接{step}"), spec)
        return
    before = current_of(session, spec.previous_id)
    lines = make_lines(session, [before])
    if before.kind != "urging" or [line.ratee for line in lines] != list(spec.ratees):
        yield Problem(
            FACT_NAMES["previous_id"], N_("不是这个单位的督办"), N_("请选同一个单位的上一步")
        )
    elif STEPS.index(spec.step) <= STEPS.index(before.step):
        yield Problem(
            FACT_NAMES["step"], N_("不在上一步之后"), N_("上一步之后是诫勉谈话或组织处理")
        )
    elif following_of(session, before.file_id) is not None:
        yield Problem(
            FACT_NAMES["previous_id"], N_("已经有了下一步"), N_("请打开最后一步，从那里继续")
        )
    elif not spec.skip_reason.strip():
        if STEPS.index(spec.step) > STEPS.index(before.step) + 1:
            yield _skips(N_("跳过了一步，不能直接{step}"), spec)
        if not lines[0].is_overdue:
            yield _skips(N_("上一步没有逾期，还不能{step}"), spec)


def _skips(message: str, spec: RecordSpec) -> Problem:
    return Problem(
        FACT_NAMES["step"],
        message,
        N_("确需这样做时，请写明跳级的理由"),
        {"step": STEP_NAMES[spec.step]},
    )
