"""People decide on findings of the screens (答卷去留): with a reason, append-only, reversible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem, digest
from survey_app.accounts import two_persons
from survey_app.accounts.two_persons import Act as TwoPersonsAct
from survey_app.assessments.history import SheetRows
from survey_app.assessments.tables import Approval, Run, ScreeningDecision
from survey_app.assessments.wording import FLAG_NAMES
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round

KIND = "screening.decide"
PLACE_NAMES = ("sealed_round", "rule", "rater_class", "subject", "ratee")
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
    approved_by: str = ""


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
) -> bool:
    """Decide on a finding of the newest run, on record. It takes effect with the next run.

    What leaves sheets out, or takes that back, only asks: another operator has to approve.
    True where it was done at once.

    Raises ProblemsError without a reason or without anything to take back, SettledError while the
    grades are approved, NewerRunError where the run is not the newest.
    """
    said = Said(run_id, place, act, " ".join(why.split()))
    with database.write() as session:
        held = _check(session, round_id, said)
        if changes_results(held, act):
            two_persons.ask(session, operator, KIND, said.why, round_id, **said.details())
            return False
        _add(session, round_id, said, operator)
        return True


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wants to hold about a finding."""

    run_id: int
    place: Place
    act: str
    why: str

    def details(self) -> dict[str, Any]:
        """As an act of two persons carries it."""
        named = dict(zip(PLACE_NAMES, self.place, strict=True))
        return {"run_id": self.run_id, "decision": self.act, **named}


def changes_results(held: ActLine | None, act: str) -> bool:
    """Whether an act changes which sheets count: leaving out, and whatever takes that back."""
    return act == "exclude" or (held is not None and held.act == "exclude")


def waiting(database: Database, round_id: int) -> dict[Place, str]:
    """What was asked for about findings of a round and waits for another operator."""
    return {
        _place(row.details): str(row.details["decision"])
        for row in two_persons.waiting_for_round(database, round_id)
        if row.kind == KIND
    }


def _carry_out(session: Session, act: TwoPersonsAct) -> None:
    said = Said(act.details["run_id"], _place(act.details), act.details["decision"], act.reason)
    _check(session, act.round, said)
    row = _add(session, act.round, said, act.asked_by, act.approved_by)
    leaf = {
        "type": "exclusion",
        "decision": _finding(said.place),
        "digest": digest(_content(row)).removeprefix("sha256:"),
        "act": said.act,
        "asked_by": act.asked_by,
        "approved_by": act.approved_by,
    }
    round_log.add(session, act.round, leaf)


def decided_by_two(session: Session, round_id: int) -> list[dict[str, Any]]:
    """What the round's log has as digests of exclusions, in its order (for the auditor)."""
    found = (
        select(ScreeningDecision)
        .where(ScreeningDecision.round_id == round_id, ScreeningDecision.approved_by != "")
        .order_by(ScreeningDecision.id)
    )
    return [_content(row) for row in session.scalars(found)]


def _content(row: ScreeningDecision) -> dict[str, Any]:
    named = {name: getattr(row, name) for name in PLACE_NAMES}
    return named | {"decision": row.act, "reason": row.reason, "run_id": row.run_id}


def _finding(place: Place) -> str:
    """The name of a finding, the same on the page and in the log."""
    from analysis.round_statistics.pile import key_of

    return key_of(place)


def _place(details: Mapping[str, Any]) -> Place:
    first, second, third, fourth, fifth = (str(details[name]) for name in PLACE_NAMES)
    return first, second, third, fourth, fifth


def _check(session: Session, round_id: int, said: Said) -> ActLine | None:
    """What holds about the finding now; raises where nothing can be decided."""
    problems = _problems_of(said.act, said.why)
    hold_round(session, round_id)
    newest = select(Run.id).where(Run.round_id == round_id).order_by(Run.number.desc()).limit(1)
    if session.scalar(newest) != said.run_id:
        raise NewerRunError
    if _is_approved(session, said.run_id):
        raise SettledError
    held = standing(_acts(session, round_id)).get(said.place)
    if said.act == "withdraw" and held is None:
        problems.append(
            Problem(ACT_NAMES[said.act], N_("这条线索没有决定可撤回"), N_("请先作出决定"))
        )
    if problems:
        raise ProblemsError(problems)
    return held


def _add(
    session: Session, round_id: int, said: Said, operator: str, approved_by: str = ""
) -> ScreeningDecision:
    row = ScreeningDecision(
        round_id=round_id,
        run_id=said.run_id,
        **dict(zip(PLACE_NAMES, said.place, strict=True)),
        act=said.act,
        reason=said.why,
        operator=operator,
        approved_by=approved_by,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    _round, rule, rater_class, subject, ratee = said.place
    record.append(
        session,
        operator,
        "screening.decide",
        round_id=round_id,
        rule=rule,
        subject=subject or rater_class,
        ratee=ratee,
        act=said.act,
        reason=said.why,
        approved_by=approved_by,
    )
    return row


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
            row.approved_by,
        )
        for row in session.scalars(found)
    )


def _is_approved(session: Session, run_id: int) -> bool:
    found = select(Approval.act).where(Approval.run_id == run_id).order_by(Approval.id.desc())
    return session.scalar(found.limit(1)) == "approve"


def _describe(round_id: int | None, details: Mapping[str, Any]) -> tuple[str, str]:
    place = _place(details)
    _round, rule, rater_class, subject, ratee = place
    about = " ".join(part for part in (rater_class, subject, ratee) if part)
    words = f"{gettext(ACT_NAMES[details['decision']])} · {gettext(FLAG_NAMES.get(rule, rule))}"
    address = f"/admin/rounds/{round_id}/assessment/statistics/answers?finding={_finding(place)}"
    return f"{words} · {about}", address


two_persons.register(
    KIND, N_("决定答卷去留"), _carry_out, askers=("admin", "clerk"), describe=_describe
)
