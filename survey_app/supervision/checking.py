"""What a supervision record says, and everything that may be wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from analysis import periods
from forms.problems import N_, Problem
from survey_app.core.errors import NotFoundError
from survey_app.rounds.tables import Round
from survey_app.supervision.kinds import (
    FACT_NAMES,
    FACTS,
    KIND_NAMES,
    SANCTION_NAMES,
    STEP_NAMES,
    STEPS,
)
from survey_app.supervision.reading import current_of, following_of, make_lines
from survey_app.supervision.units import names_of_all


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


def missing(name: str) -> Problem:
    """A field that has to be filled in."""
    return Problem(name, N_("没有填写"), N_("请填写这一项"))


def problems_of(session: Session, spec: RecordSpec, file_id: int | None) -> list[Problem]:
    """Everything that stands against filing it, or against correcting the record `file_id`."""
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
        yield missing(N_("事项"))
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
            yield missing(FACT_NAMES[name])
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
