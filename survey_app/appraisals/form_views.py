"""One person's form: its page, and each act by the one whose step it is."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import Problem, plain
from survey_app.appraisals import feedback, form_page, service, sheets, steps
from survey_app.appraisals.desk import today
from survey_app.appraisals.form_page import FormPage
from survey_app.appraisals.forms import as_typed, typed_items, typed_marks, typed_rows
from survey_app.appraisals.service import Decision, Review
from survey_app.appraisals.who import sight_of
from survey_app.core.access import current, only
from survey_app.core.errors import ProblemsError
from survey_app.core.services import services

person_forms = Blueprint("person", __name__, url_prefix="/<int:period_id>/persons/<person>")
READERS = ("admin", "clerk", "viewer", "unit", "leader", "person")
Typed = dict[str, str]


def _read(period_id: int, person: str, version: int | None = None) -> FormPage:
    return form_page.read_form(services().database, period_id, person, sight_of(current()), version)


@person_forms.get("/")
@only(*READERS)
def page(period_id: int, person: str) -> str:
    """The form as it stands, or an earlier version, with what may be done now."""
    return _page(period_id, person, {}, version=request.args.get("version", type=int))


def _page(
    period_id: int,
    person: str,
    typed: Typed,
    problems: tuple[Problem, ...] = (),
    version: int | None = None,
) -> str:
    found = _read(period_id, person, version)
    is_old = found.form is not None and found.form.version != found.member.version
    return render_template(
        "appraisals/form.html",
        page=found,
        form=found.form,
        member=found.member,
        row=found.period,
        grades=found.rules.names,
        step_names=steps.STEP_NAMES,
        act_names=steps.act_names(),
        feedback_names=steps.FEEDBACK_NAMES,
        filing_names=steps.FILING_NAMES,
        may=set() if is_old else _may(found),
        is_old=is_old,
        typed=typed,
        today=today(),
        problems=[problem.text(_) for problem in problems],
        is_simulated=found.period.is_simulated,
    )


def _may(found: FormPage) -> set[str]:
    """The acts this operator may do now; the service asks the same again."""
    me = current()
    if found.period.state != "open":
        return set()
    may = {key for key, act in steps.ACTS.items() if me.role in act.roles and found.step in act.at}
    form = found.form
    is_waiting = form is not None and form.filing == "submitted"
    may &= {"accept", "return"} if is_waiting else set(steps.ACTS) - {"accept", "return"}
    if form is None or form.feedback != "objected":
        may.discard("answer")
    else:
        may -= {"confirm", "objection", "submit"}
    last = found.objection_until
    if last is not None and today() > last:
        may.discard("objection")
    return may


def _carry_out(
    period_id: int, person: str, said: str, act: Callable[[], None]
) -> Response | tuple[str, int]:
    """Do an act and go back to the form; what stands against it is told above what was typed."""
    try:
        act()
    except ProblemsError as error:
        return _page(period_id, person, request.form.to_dict(), error.problems), 422
    flash(said)
    return redirect(url_for("appraisals.person.page", period_id=period_id, person=person))


@person_forms.get("/indicators")
@only("admin", "clerk", "unit")
def indicators(period_id: int, person: str) -> str:
    """The sheet to be filled in, begun with the templates."""
    return _sheet_page(period_id, person, None)


def _sheet_page(
    period_id: int,
    person: str,
    typed: list[dict[str, str]] | None,
    problems: tuple[Problem, ...] = (),
) -> str:
    found = _read(period_id, person)
    rows = typed if typed is not None else as_typed(found.starting)
    return render_template(
        "appraisals/indicators.html",
        page=found,
        member=found.member,
        row=found.period,
        rows=rows,
        attributes=sheets.attributes_of(found.rules.leaf),
        rule=found.rules.leaf.points,
        problems=[problem.text(_) for problem in problems],
        is_simulated=found.period.is_simulated,
    )


@person_forms.post("/indicators")
@only("admin", "clerk", "unit")
def fix_indicators(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 1."""
    rows = typed_rows(request.form)
    try:
        service.fix_indicators(services().database, current(), period_id, person, typed_items(rows))
    except ProblemsError as error:
        return _sheet_page(period_id, person, rows, error.problems), 422
    flash(_("指标已确定。"))
    return redirect(url_for("appraisals.person.page", period_id=period_id, person=person))


@person_forms.post("/summary")
@only("unit", "person")
def summary(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 2."""
    held, me, words = services().database, current(), request.form.get("summary", "")
    return _carry_out(
        period_id,
        person,
        _("个人小结已保存。"),
        lambda: service.write_summary(held, me, period_id, person, words),
    )


@person_forms.get("/review")
@only("leader")
def review(period_id: int, person: str) -> str:
    """The marks to be given, item by item."""
    return _review_page(period_id, person, {})


def _review_page(
    period_id: int, person: str, typed: Typed, problems: tuple[Problem, ...] = ()
) -> str:
    found = _read(period_id, person)
    if not typed and found.marks:
        typed = {f"mark_{number}": plain(mark) for number, mark in enumerate(found.marks, start=1)}
        typed |= (
            {"proposed": found.form.proposed, "opinion": found.form.opinion} if found.form else {}
        )
    return render_template(
        "appraisals/review.html",
        page=found,
        form=found.form,
        member=found.member,
        row=found.period,
        grades=found.rules.names,
        typed=typed,
        problems=[problem.text(_) for problem in problems],
        is_simulated=found.period.is_simulated,
    )


@person_forms.post("/review")
@only("leader")
def give_marks(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 3."""
    held, given = services().database, request.form.to_dict()
    found = _read(period_id, person)
    made = Review(
        typed_marks(given, len(found.items)), given.get("proposed", ""), given.get("opinion", "")
    )
    try:
        service.review(held, current(), period_id, person, made)
    except ProblemsError as error:
        return _review_page(period_id, person, given, error.problems), 422
    flash(_("评分和等次建议已保存。"))
    return redirect(url_for("appraisals.person.page", period_id=period_id, person=person))


@person_forms.post("/decision")
@only("unit")
def decision(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 4, for one person."""
    held, me, given = services().database, current(), request.form
    made = Decision(person, given.get("grade", ""), given.get("reason", ""))
    return _carry_out(
        period_id,
        person,
        _("等次已记录。"),
        lambda: service.decide(held, me, period_id, [made]),
    )


@person_forms.post("/confirm")
@only("unit", "person")
def confirm(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 5: the person takes the result."""
    held, me = services().database, current()
    return _carry_out(
        period_id,
        person,
        _("已记录：本人确认结果。"),
        lambda: feedback.confirm(held, me, period_id, person),
    )


@person_forms.post("/objection")
@only("unit", "person")
def objection(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 5: the person objects."""
    held, me, words = services().database, current(), request.form.get("objection", "")
    return _carry_out(
        period_id,
        person,
        _("异议已提交，单位会在期限内答复。"),
        lambda: feedback.object_to(held, me, period_id, person, words),
    )


@person_forms.post("/answer")
@only("unit")
def answer(period_id: int, person: str) -> Response | tuple[str, int]:
    """Step 5: the unit answers; what is upheld is reviewed again."""
    held, me, given = services().database, current(), request.form
    words, is_upheld = given.get("answer", ""), given.get("upheld") == "yes"
    return _carry_out(
        period_id,
        person,
        _("已答复，异议成立，请分管领导重新评鉴。") if is_upheld else _("已答复，维持原等次。"),
        lambda: feedback.answer(held, me, period_id, person, words, is_upheld=is_upheld),
    )


@person_forms.post("/return")
def send_filing_back(period_id: int, person: str) -> Response | tuple[str, int]:
    """The county office does not take a filing, and says why."""
    held, me, words = services().database, current(), request.form.get("words", "")
    return _carry_out(
        period_id,
        person,
        _("已退回单位。"),
        lambda: feedback.send_back(held, me, period_id, person, words),
    )


@person_forms.post("/accept")
def accept(period_id: int, person: str) -> Response | tuple[str, int]:
    """The county office files the result."""
    held, me = services().database, current()
    return _carry_out(
        period_id,
        person,
        _("已备案。"),
        lambda: feedback.accept(held, me, period_id, [person]),
    )


@person_forms.post("/send-back")
@only("admin", "clerk", "unit")
def send_back(period_id: int, person: str) -> Response | tuple[str, int]:
    """Back to an earlier step, and why."""
    held, me, words = services().database, current(), request.form.get("words", "")
    step = request.form.get("step", 1, type=int)
    return _carry_out(
        period_id,
        person,
        _("已退回，请重新办理。"),
        lambda: feedback.send_back(held, me, period_id, person, words, step),
    )


@person_forms.post("/correct")
def correct(period_id: int, person: str) -> Response | tuple[str, int]:
    """Open a new version of a filed form."""
    held, me, words = services().database, current(), request.form.get("words", "")
    step = request.form.get("step", steps.REVIEW, type=int)
    return _carry_out(
        period_id,
        person,
        _("已建立更正的新版本，请重新办理；原来备案的内容留在“以前的版本”里。"),
        lambda: feedback.correct(held, me, period_id, person, words, step),
    )
