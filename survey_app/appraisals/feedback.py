"""Step 5: the result is told, objected to and answered, published and filed, or corrected."""

from collections.abc import Sequence
from datetime import date, timedelta

from forms.problems import N_
from survey_app.appraisals import filling, steps
from survey_app.appraisals.desk import (
    Opened,
    StepError,
    StepPassedError,
    open_form,
    refuse,
    today,
)
from survey_app.appraisals.tables import AppraisalForm, AppraisalPeriod
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError


class TooLateError(DomainError):
    status = 409
    message = N_("提出异议的期限到 {last} 为止，已经过了。")
    remedy = N_("请直接向单位或主管部门反映。")


def confirm(database: Database, by: SignedIn, period_id: int, person: str) -> None:
    """The person has been told the result and takes it."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "confirm")
        if desk.form.feedback == "objected":
            raise ProblemsError(filling.submit_problems(desk.form)[:1])
        desk.form.feedback = "confirmed"
        desk.done()


def object_to(database: Database, by: SignedIn, period_id: int, person: str, words: str) -> None:
    """The person objects, within the days the period gives. Raises TooLateError."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "objection")
        last = objection_until(desk.period, desk.form)
        if today() > last:
            raise TooLateError(last=last.isoformat())
        refuse(filling.words_problems(person, words, N_("异议")))
        desk.form.feedback, desk.form.objection = "objected", words.strip()
        desk.form.objected_on, desk.form.answer = today(), ""
        desk.done(words.strip())


def objection_until(period: AppraisalPeriod, form: AppraisalForm) -> date:
    """The last day on which the person may object."""
    return (form.decided_on or today()) + timedelta(days=period.objection_days)


def answer(
    database: Database,
    by: SignedIn,
    period_id: int,
    person: str,
    words: str,
    *,
    is_upheld: bool,
) -> None:
    """The unit answers an objection; one that is upheld goes back to the leader's review."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "answer")
        if desk.form.feedback != "objected":
            raise StepError(act=steps.ACTS["answer"].name, before=steps.ACTS["objection"].name)
        refuse(filling.words_problems(person, words, N_("答复")))
        if is_upheld:
            filling.step_back(desk.form, steps.SUMMARY)
        else:
            desk.form.feedback, desk.form.answer = "answered", words.strip()
        desk.done(words.strip())


def publish(
    database: Database, by: SignedIn, period_id: int, people: Sequence[str], on: date
) -> None:
    """The results have been posted up where the unit works."""
    with database.write() as session:
        for person in people:
            desk = open_form(session, by, period_id, person, "publish")
            desk.form.published_on = on
            desk.done(on.isoformat())


def submit(database: Database, by: SignedIn, period_id: int, people: Sequence[str]) -> None:
    """Hand results to the county office: all of them, or none. Raises ProblemsError."""
    with database.write() as session:
        desks = [open_form(session, by, period_id, one, "submit") for one in people]
        refuse([problem for desk in desks for problem in filling.submit_problems(desk.form)])
        for desk in desks:
            desk.form.filing = "submitted"
            desk.done()


def accept(database: Database, by: SignedIn, period_id: int, people: Sequence[str]) -> None:
    """The county office files results; from now on they stay as they are."""
    with database.write() as session:
        for person in people:
            desk = open_form(session, by, period_id, person, "accept")
            desk.form.step, desk.form.filing = steps.FILED, "filed"
            desk.done()


def send_back(
    database: Database,
    by: SignedIn,
    period_id: int,
    person: str,
    words: str,
    step: int | None = None,
) -> None:
    """Back to an earlier step, and why; `step` None: the county office returns a filing."""
    kind = "return" if step is None else "send_back"
    with database.write() as session:
        desk = open_form(session, by, period_id, person, kind)
        refuse(filling.words_problems(person, words, N_("理由")))
        if step is None:
            desk.form.filing = "returned"
        elif not steps.INDICATORS <= step < desk.form.step:
            raise StepPassedError(act=steps.ACTS[kind].name, now=steps.STEP_NAMES[desk.form.step])
        else:
            filling.step_back(desk.form, step)
        desk.done(words.strip())


def correct(
    database: Database, by: SignedIn, period_id: int, person: str, reason: str, step: int
) -> None:
    """Open a new version of a filed form, after the given step; the filed one stays to be read."""
    with database.write() as session:
        desk = open_form(session, by, period_id, person, "correct", is_locked=True)
        refuse(filling.words_problems(person, reason, N_("更正的理由")))
        old = desk.form
        new = filling.blank_form(period_id, person, old.version + 1)
        new.correction = reason.strip()
        for name in ("items", "summary", "marks", "score_hundredths", "opinion", "proposed"):
            setattr(new, name, getattr(old, name))
        new.step = min(max(step, steps.INDICATORS), steps.REVIEW)
        session.add(new)
        desk.member.version = new.version
        Opened(session, by, "correct", desk.period, desk.member, new, desk.rules).done(
            new.correction
        )
