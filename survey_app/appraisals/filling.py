"""What each step writes on a form, and why it may not. One person's act and a batch share it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from analysis.outlook import Outlook
from forms.problems import N_, Problem
from survey_app.appraisals import sheets, steps
from survey_app.appraisals.rules import Rules, grade_problems
from survey_app.appraisals.sheets import Sheet
from survey_app.appraisals.tables import AppraisalForm

MOST_WORDS = 5000


def blank_form(period_id: int, person: str, version: int = 1) -> AppraisalForm:
    """A form with nothing on it yet."""
    return AppraisalForm(
        period_id=period_id,
        person=person,
        version=version,
        correction="",
        step=0,
        items="",
        summary="",
        marks="",
        opinion="",
        proposed="",
        grade="",
        decision_reason="",
        feedback="",
        objection="",
        answer="",
        filing="",
    )


def words_problems(person: str, words: str, name: str) -> list[Problem]:
    """A text that must be there and may not be endless."""
    if not words.strip():
        return [Problem(person, N_("没有填写“{name}”"), N_("请填写"), {"name": name})]
    if len(words) > MOST_WORDS:
        values: dict[str, str | int] = {"name": name, "most": MOST_WORDS}
        return [Problem(person, N_("“{name}”超过 {most} 个字"), N_("请缩短"), values)]
    return []


def set_indicators(form: AppraisalForm, rules: Rules, items: Sheet) -> list[Problem]:
    """Step 1: the sheet."""
    problems = sheets.sheet_problems(form.person, rules.leaf, items)
    if not problems:
        form.items, form.step = sheets.dump_items(items), steps.INDICATORS
    return problems


def set_summary(form: AppraisalForm, summary: str) -> list[Problem]:
    """Step 2: what the person says of the period."""
    problems = words_problems(form.person, summary, N_("个人小结"))
    if not problems:
        form.summary, form.step = summary.strip(), steps.SUMMARY
    return problems


def set_review(
    form: AppraisalForm,
    rules: Rules,
    items: Sheet,
    marks: Sequence[Decimal | None],
    proposed: str,
    opinion: str,
    outlook: Outlook | None,
) -> list[Problem]:
    """Step 3: a mark for every item, and the grade the leader proposes."""
    problems = sheets.marks_problems(form.person, items, marks)
    given = [mark for mark in marks if mark is not None]
    score = sheets.hundredths(given)
    problems += grade_problems(rules, form.person, proposed, score, outlook)
    if not problems:
        form.marks, form.score_hundredths = sheets.dump_marks(given), score
        form.proposed, form.opinion = proposed, opinion.strip()[:MOST_WORDS]
        form.step = steps.REVIEW
    return problems


def set_decision(
    form: AppraisalForm,
    rules: Rules,
    grade: str,
    reason: str,
    on: date,
    outlook: Outlook | None,
) -> list[Problem]:
    """Step 4: what the party committee decides. Places are looked at for everybody together."""
    score = form.score_hundredths or 0
    problems = grade_problems(rules, form.person, grade, score, outlook)
    if not problems and grade != form.proposed and not reason.strip():
        values = {
            "grade": rules.grade_name(grade),
            "proposed": rules.grade_name(form.proposed),
        }
        problems.append(
            Problem(
                form.person,
                N_("决定“{grade}”与分管领导建议的“{proposed}”不同，没有写理由"),
                N_("请写明党委（党组）会议的理由"),
                values,
            )
        )
    if not problems:
        form.grade, form.decision_reason = grade, reason.strip()[:MOST_WORDS]
        form.decided_on, form.step = on, steps.DECISION
        forget_feedback(form)
    return problems


def forget_feedback(form: AppraisalForm) -> None:
    """A new decision is told, published and filed anew; what was said stays in the log."""
    form.feedback, form.filing = "", ""
    form.objection, form.objected_on, form.answer = "", None, ""
    form.published_on = None


def step_back(form: AppraisalForm, step: int) -> None:
    """Make this the last step done. Texts and marks stay, to be worked on; the grade goes."""
    forget_feedback(form)
    form.step, form.grade, form.decision_reason, form.decided_on = step, "", "", None


def submit_problems(form: AppraisalForm) -> list[Problem]:
    """What a result must have gone through before the county office gets it."""
    problems = []
    if form.feedback == "objected":
        message = N_("本人的异议还没有答复")
        problems.append(Problem(form.person, message, N_("请先答复异议")))
    elif not form.feedback:
        message = N_("还没有向本人反馈，或本人没有确认")
        problems.append(Problem(form.person, message, N_("请本人确认，或由单位代录")))
    if form.published_on is None:
        problems.append(Problem(form.person, N_("结果还没有公布"), N_("请先记录公布的日期")))
    return problems
