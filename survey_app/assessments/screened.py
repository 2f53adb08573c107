"""People decide on findings of the screens (答卷去留): with a reason, append-only, reversible."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem, digest
from survey_app.assessments.history import SheetRows
from survey_app.assessments.tables import Approval, Run, ScreeningDecision
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round

Act = Literal["exclude", "keep", "withdraw"]
ACTS: tuple[Act, ...] = get_args(Act)
ACT_NAMES: dict[str, str] = {
    "exclude": N_("不计入"),
    "keep": N_("保留"),
    "withdraw": N_("撤回"),
}
HEADERS = ("round", "rule", "rater_class", "subject", "ratee", "decision", "reason")
MAX_REASON = 500
Place = tuple[str, str, str, str, str]
"""Sealed round, rule, rater class, link or pattern, ratee: what a finding is about."""


class SettledError(DomainError):
    status = 409
    message = N_("最近一次核算的等次已经审定，答卷去留不能再改。")
    remedy = N_("需要更正时，请管理员在“等次评定”写明理由退回，再改去留、重新核算。")


class NewerRunError(DomainError):
    status = 409
    message = N_("这一次核算之后又核算过，去留只能在最近一次的线索上决定。")
    remedy = N_("请打开最近一次核算的“答卷质量”页。")


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act on a finding, as the history shows it."""

    place: Place
    act: str
    reason: str
    operator: str
    at: str


def screened_sheet(session: Session, round_id: int) -> SheetRows | None:
    """What holds, as the sheet a run reads; None where nothing does, as if nobody had decided."""
    rows = [
        [*place, act.act, act.reason]
        for place, act in sorted(standing(_acts(session, round_id)).items())
    ]
    if not rows:
        return None
    headers = list(HEADERS)
    return SheetRows(headers, rows, digest({"headers": headers, "rows": rows}))


def acts_of(database: Database, round_id: int) -> tuple[ActLine, ...]:
    """Every act of a round, the earliest first."""
    with database.read() as session:
        return _acts(session, round_id)


def standing(acts: Sequence[ActLine]) -> dict[Place, ActLine]:
    """The act that holds about each finding; none where the last one took it back."""
    last = {one.place: one for one in acts}
    return {place: one for place, one in last.items() if one.act != "withdraw"}


def is_settled(database: Database, run_id: int) -> bool:
    """Whether the grades of a run are approved, so that nothing about it may change."""
    with database.read() as session:
        return _is_approved(session, run_id)


def decide(
    database: Database, round_id: int, run_id: int, operator: str, place: Place, act: str, why: str
) -> None:
    """Add an act on a finding of the newest run, on record. It takes effect with the next run.

    Raises ProblemsError without a reason or without anything to take back, SettledError while the
    grades are approved, NewerRunError where the run is not the newest.
    """
    why = " ".join(why.split())
    problems = [*_problems_of(act, why)]
    with database.write() as session:
        hold_round(session, round_id)
        newest = select(Run.id).where(Run.round_id == round_id).order_by(Run.number.desc()).limit(1)
        if session.scalar(newest) != run_id:
            raise NewerRunError
        if _is_approved(session, run_id):
            raise SettledError
        held = standing(_acts(session, round_id)).get(place)
        if act == "withdraw" and held is None:
            problems.append(
                Problem(ACT_NAMES[act], N_("这条线索没有决定可撤回"), N_("请先作出决定"))
            )
        if problems:
            raise ProblemsError(problems)
        sealed_round, rule, rater_class, subject, ratee = place
        session.add(
            ScreeningDecision(
                round_id=round_id,
                run_id=run_id,
                sealed_round=sealed_round,
                rule=rule,
                rater_class=rater_class,
                subject=subject,
                ratee=ratee,
                act=act,
                reason=why,
                operator=operator,
                at=clock.now(),
            )
        )
        record.append(
            session,
            operator,
            "screening.decide",
            round_id=round_id,
            rule=rule,
            subject=subject or rater_class,
            ratee=ratee,
            act=act,
            reason=why,
        )


def _problems_of(act: str, why: str) -> list[Problem]:
    problems = []
    if act not in ACTS:
        problems.append(Problem(act or "—", N_("没有选择决定"), N_("请选不计入、保留或撤回")))
    if not why:
        problems.append(Problem(N_("理由"), N_("没有写理由"), N_("请写明核实的经过和结论")))
    elif len(why) > MAX_REASON:
        problems.append(Problem(N_("理由"), N_("理由超过 500 个字"), N_("请缩短")))
    return problems


def _acts(session: Session, round_id: int) -> tuple[ActLine, ...]:
    found = (
        select(ScreeningDecision)
        .where(ScreeningDecision.round_id == round_id)
        .order_by(ScreeningDecision.id)
    )
    return tuple(
        ActLine(
            (row.sealed_round, row.rule, row.rater_class, row.subject, row.ratee),
            row.act,
            row.reason,
            row.operator,
            f"{clock.local(row.at):%Y-%m-%d %H:%M}",
        )
        for row in session.scalars(found)
    )


def _is_approved(session: Session, run_id: int) -> bool:
    found = select(Approval.act).where(Approval.run_id == run_id).order_by(Approval.id.desc())
    return session.scalar(found.limit(1)) == "approve"
