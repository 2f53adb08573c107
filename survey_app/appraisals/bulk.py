"""Many forms at once, by the rules of single acts: for imports of paper quarters and the demo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from analysis.outlook import Outlook
from forms.problems import N_, Problem
from survey_app.appraisals import filling, loading, steps
from survey_app.appraisals.rules import Rules, quota_problems, rules_of
from survey_app.appraisals.sheets import Sheet
from survey_app.appraisals.tables import AppraisalAct, AppraisalForm, AppraisalMember
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record import service as record


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as far as it is filled in: it ends before the first step that is left empty.

    `published_on` stands for feedback confirmed and published; `is_filed` for the whole way.
    """

    person: str
    items: Sheet
    summary: str = ""
    marks: tuple[Decimal, ...] = ()
    proposed: str = ""
    opinion: str = ""
    grade: str = ""
    reason: str = ""
    decided_on: date | None = None
    published_on: date | None = None
    is_filed: bool = False


def file_many(
    database: Database, operator: str, period_id: int, filled: Sequence[FilledForm]
) -> int:
    """Enter forms for people on the roster who have none: all of them, or nobody.

    Every act is stamped as entered on behalf. Raises ProblemsError with everything that the
    single acts would refuse: points, order of steps, grades, places. Returns how many.
    """
    with database.write() as session:
        period = loading.load_period(session, period_id, is_locked=True)
        rules = rules_of(period)
        wanted = {one.person for one in filled}
        members = {
            one.person: one
            for one in loading.load_roster(session, period_id)
            if one.person in wanted
        }
        problems = _not_on_roster(filled, members)
        if period.state != "open":
            problems.append(Problem(period.title, N_("这一期已经结束"), N_("请先重新打开")))
        outlooks = loading.outlooks_now(session, period, rules, list(members.values()))
        made = []
        for one in filled if not problems else ():
            form = filling.blank_form(period_id, one.person)
            problems += _fill(form, rules, one, outlooks.get(one.person))
            made.append(form)
        if problems:
            raise ProblemsError(problems)
        _store(session, operator, made, members)
        problems = quota_problems(rules, loading.places_of(session, period_id, rules))
        if problems:
            raise ProblemsError(problems)
        record.append(session, operator, "appraisal.file_many", period=period.period, n=len(made))
        return len(made)


def _not_on_roster(
    filled: Sequence[FilledForm], members: Mapping[str, AppraisalMember]
) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for one in filled:
        member = members.get(one.person)
        if member is None:
            message, remedy = N_("不在这一期的名册里"), N_("请先报备人员变动")
            problems.append(Problem(one.person, message, remedy))
        elif member.version or one.person in seen:
            message, remedy = N_("已经有考核表"), N_("请逐人办理，或删去重复的一份")
            problems.append(Problem(one.person, message, remedy))
        seen.add(one.person)
    return problems


def _fill(
    form: AppraisalForm, rules: Rules, one: FilledForm, outlook: Outlook | None
) -> list[Problem]:
    """The steps in order, up to the first that is left empty or refused."""
    problems = filling.set_indicators(form, rules, one.items)
    if one.summary and not problems:
        problems = filling.set_summary(form, one.summary)
    if one.marks and not problems:
        problems = _turn(form, steps.SUMMARY) or filling.set_review(
            form, rules, one.items, one.marks, one.proposed, one.opinion, outlook
        )
    if one.grade and not problems:
        day = one.decided_on or clock.local(clock.now()).date()
        problems = _turn(form, steps.REVIEW) or filling.set_decision(
            form, rules, one.grade, one.reason, day, outlook
        )
    if one.published_on and not problems:
        problems = _turn(form, steps.DECISION)
        form.feedback, form.published_on = "confirmed", one.published_on
    if one.is_filed and not problems:
        problems = _turn(form, steps.DECISION) or filling.submit_problems(form)
        form.step, form.filing = steps.FILED, "filed"
    return problems


def _turn(form: AppraisalForm, step: int) -> list[Problem]:
    if form.step >= step:
        return []
    values = {"before": steps.STEP_NAMES[step]}
    message = N_("上一步“{before}”还没有完成")
    return [Problem(form.person, message, N_("五个步骤要按顺序办理"), values)]


def _store(
    session: Session,
    operator: str,
    made: Sequence[AppraisalForm],
    members: Mapping[str, AppraisalMember],
) -> None:
    columns = [one.key for one in AppraisalForm.__mapper__.column_attrs if one.key != "id"]
    session.execute(
        insert(AppraisalForm), [{name: getattr(form, name) for name in columns} for form in made]
    )
    for form in made:
        members[form.person].version = form.version
    session.flush()
    ids: dict[str, int] = (
        dict(
            session.execute(
                select(AppraisalForm.person, AppraisalForm.id).where(
                    AppraisalForm.period_id == made[0].period_id, AppraisalForm.version == 1
                )
            ).all()
        )
        if made
        else {}
    )
    now = clock.now()
    acts = [
        {
            "form_id": ids[form.person],
            "kind": kind,
            "operator": operator,
            "at": now,
            "is_proxy": True,
            "words": "",
        }
        for form in made
        for kind in acts_of(form)
    ]
    if acts:
        session.execute(insert(AppraisalAct), acts)


def acts_of(form: AppraisalForm) -> list[str]:
    """The acts that bring a form where it is."""
    kinds = ["indicators", "summary", "review", "decision"][: min(form.step, steps.DECISION)]
    if form.published_on:
        kinds += ["confirm", "publish"]
    if form.filing == "filed":
        kinds += ["submit", "accept"]
    return kinds
