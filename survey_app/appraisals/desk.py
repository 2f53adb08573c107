"""A form on somebody's desk: who may do what to it now, and the stamp of what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.appraisals import filling, loading, steps
from survey_app.appraisals.rules import Rules, rules_of
from survey_app.appraisals.tables import (
    AppraisalAct,
    AppraisalForm,
    AppraisalMember,
    AppraisalPeriod,
)
from survey_app.appraisals.who import sight_of
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.errors import DomainError, ForbiddenError, ProblemsError
from survey_app.record import service as record


class PeriodClosedError(DomainError):
    status = 409
    message = N_("这一期已经结束，内容只能查看。")
    remedy = N_("需要更正时，请管理员先重新打开这一期。")


class StepError(DomainError):
    status = 409
    message = N_("现在还不能“{act}”：上一步“{before}”还没有完成。")
    remedy = N_("五个步骤要按顺序办理，请先完成上一步。")


class StepPassedError(DomainError):
    status = 409
    message = N_("现在不能“{act}”：已经到了“{now}”这一步。")
    remedy = N_("确实要改时，请先退回到前面的步骤；已备案的由主管部门更正。")


class SubmittedError(DomainError):
    status = 409
    message = N_("结果已经报送，正等主管部门备案。")
    remedy = N_("需要修改时，请主管部门先退回。")


@dataclass(frozen=True, slots=True)
class Opened:
    """A form on the desk of somebody who may do this act to it now."""

    session: Session
    by: SignedIn
    kind: str
    period: AppraisalPeriod
    member: AppraisalMember
    form: AppraisalForm
    rules: Rules

    def done(self, words: str = "") -> None:
        """Stamp the act."""
        self.session.add(self.form)
        self.session.flush()
        act = steps.ACTS[self.kind]
        self.session.execute(
            insert(AppraisalAct).values(
                form_id=self.form.id,
                kind=self.kind,
                operator=self.by.login,
                at=clock.now(),
                is_proxy=self.by.role in act.proxies,
                words=words,
            )
        )
        record.append(
            self.session,
            self.by.login,
            f"appraisal.{self.kind}",
            period=self.period.period,
            person=self.member.person,
            version=self.form.version,
        )


def open_form(
    session: Session,
    by: SignedIn,
    period_id: int,
    person: str,
    kind: str,
    *,
    is_locked: bool = False,
) -> Opened:
    """Bring somebody's form to the desk for an act.

    Raises ForbiddenError (role or scope), PeriodClosedError, StepError, StepPassedError,
    SubmittedError. `is_locked` keeps others from handing out places meanwhile.
    """
    act = steps.ACTS[kind]
    period = loading.load_period(session, period_id, is_locked=is_locked)
    member = loading.load_member(session, period_id, person, is_locked=True)
    if by.role not in act.roles:
        raise ForbiddenError
    sight_of(by).check(member.unit, person)
    if period.state != "open":
        raise PeriodClosedError
    form = loading.load_form(session, member) or filling.blank_form(period_id, person)
    _check_turn(form, act, kind)
    return Opened(session, by, kind, period, member, form, rules_of(period))


def _check_turn(form: AppraisalForm, act: steps.Act, kind: str) -> None:
    if form.step < min(act.at):
        before = steps.STEP_NAMES[min(act.at)]
        raise StepError(act=act.name, before=before)
    if form.step > max(act.at):
        raise StepPassedError(act=act.name, now=steps.STEP_NAMES[form.step])
    is_waiting = form.filing == "submitted"
    if kind in ("accept", "return") and not is_waiting:
        raise StepError(act=act.name, before=steps.ACTS["submit"].name)
    if is_waiting and kind not in ("accept", "return"):
        raise SubmittedError


def refuse(problems: Sequence[Problem]) -> None:
    """Raise ProblemsError where there are any."""
    if problems:
        raise ProblemsError(list(problems))


def today() -> date:
    """The date on the offices' calendars."""
    return clock.local(clock.now()).date()
