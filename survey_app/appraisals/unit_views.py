"""A unit in a period: its people and places, and what is done for all of them at once."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import Problem
from survey_app.appraisals import feedback, reading, service, sheets, steps, templates
from survey_app.appraisals.desk import today
from survey_app.appraisals.forms import as_typed, typed_items, typed_rows
from survey_app.appraisals.service import Decision
from survey_app.appraisals.who import sight_of
from survey_app.core.access import current, only
from survey_app.core.errors import ForbiddenError, NotFoundError, ProblemsError
from survey_app.core.services import services
from survey_app.supervision.units import unit_names

units = Blueprint("units", __name__, url_prefix="/<int:period_id>")
OVERSEERS = ("admin", "clerk", "viewer", "unit", "leader")


@units.get("/units/<unit>")
@only(*OVERSEERS)
def page(period_id: int, unit: str) -> str:
    """A unit in a period: its people, its places, and what can be done for all of them."""
    return _page(period_id, unit)


def _page(period_id: int, unit: str) -> str:
    held = services().database
    sight_of(current()).check(unit)
    page = reading.open_period(held, period_id)
    wanted = reading.Wanted(period=page.row.period, unit=unit, page=0)
    found = reading.find_lines(held, wanted)
    name = unit_names(held).get(unit, unit)
    return render_template(
        "appraisals/unit.html",
        row=page.row,
        rules=page.rules,
        unit=unit,
        name=name,
        lines=found.lines,
        grades=page.rules.names,
        places=reading.read_places(held, period_id, unit),
        ready=_ready(found.lines),
        today=today(),
        is_simulated=page.row.is_simulated,
    )


def _ready(people: Sequence[reading.Line]) -> dict[str, list[str]]:
    """Who is ready for what can be done for a whole unit at once."""
    decided = [one for one in people if one.step == steps.DECISION]
    at_desk = [one for one in decided if one.filing != "submitted"]
    return {
        "draw_up": [one.person for one in people if one.step == 0],
        "decide": [one.person for one in people if one.step == steps.REVIEW],
        "publish": [one.person for one in at_desk if not one.is_published],
        "submit": [
            one.person
            for one in at_desk
            if one.is_published and one.feedback in ("confirmed", "answered")
        ],
        "accept": [one.person for one in decided if one.filing == "submitted"],
    }


@units.post("/units/<unit>/draw-up")
@only("admin", "clerk", "unit")
def draw_up(period_id: int, unit: str) -> Response:
    """Fix the sheets of everybody whose starting items are whole."""
    made, left = templates.draw_up(services().database, current(), period_id, unit)
    flash(_("已为 {n} 人确定指标。").format(n=made))
    if left:
        shown = "、".join(left[:10]) + ("……" if len(left) > 10 else "")
        flash(_("还有 {n} 人的个性指标要逐人填写：{who}").format(n=len(left), who=shown), "warning")
    return _to_unit(period_id, unit)


def _to_unit(period_id: int, unit: str) -> Response:
    return redirect(url_for("appraisals.units.page", period_id=period_id, unit=unit))


@units.get("/template")
@units.get("/units/<unit>/template")
@only("admin", "clerk", "unit")
def template(period_id: int, unit: str = "") -> str:
    """The items sheets start with: of every unit or of one, for every post or for one."""
    post = request.args.get("post", "")
    with services().database.read() as session:
        kept = templates.templates_of(session, period_id)
    return _template_page(period_id, unit, post, as_typed(kept.get((unit, post), ())))


def _template_page(
    period_id: int,
    unit: str,
    post: str,
    rows: list[dict[str, str]],
    problems: tuple[Problem, ...] = (),
) -> str:
    held = services().database
    if unit:
        sight_of(current()).check(unit)
    elif current().role not in steps.OFFICE:
        raise ForbiddenError
    page = reading.open_period(held, period_id)
    wanted = reading.Wanted(period=page.row.period, unit=unit, page=0)
    lines = reading.find_lines(held, wanted).lines
    return render_template(
        "appraisals/template.html",
        row=page.row,
        unit=unit,
        name=unit_names(held).get(unit, unit),
        post=post,
        posts=sorted({line.post for line in lines if line.post}),
        rows=rows,
        attributes=sheets.attributes_of(page.rules.leaf),
        rule=page.rules.leaf.points,
        problems=[problem.text(_) for problem in problems],
    )


@units.post("/template")
@units.post("/units/<unit>/template")
@only("admin", "clerk", "unit")
def save_template(period_id: int, unit: str = "") -> Response | tuple[str, int]:
    """Keep the items sheets start with."""
    post = request.form.get("post", "").strip()
    rows = typed_rows(request.form)
    try:
        templates.save_template(
            services().database, current(), period_id, unit, post, typed_items(rows)
        )
    except ProblemsError as error:
        return _template_page(period_id, unit, post, rows, error.problems), 422
    flash(_("模板已保存。"))
    if unit:
        return _to_unit(period_id, unit)
    return redirect(url_for("appraisals.detail", period_id=period_id))


@units.get("/units/<unit>/decisions")
@only("unit")
def decisions(period_id: int, unit: str) -> str:
    """Everybody the party committee is to decide on, with the leaders' proposals."""
    return _decisions_page(period_id, unit, {})


def _decisions_page(
    period_id: int, unit: str, typed: dict[str, str], problems: tuple[Problem, ...] = ()
) -> str:
    held = services().database
    sight_of(current()).check(unit)
    page = reading.open_period(held, period_id)
    name = unit_names(held).get(unit, unit)
    wanted = reading.Wanted(period=page.row.period, unit=unit, page=0)
    lines = [one for one in reading.find_lines(held, wanted).lines if one.step == steps.REVIEW]
    lines.sort(key=lambda one: (one.pool, -float(one.score or 0), one.person))
    return render_template(
        "appraisals/decisions.html",
        row=page.row,
        unit=unit,
        name=name,
        lines=lines,
        grades=page.rules.names,
        places=reading.read_places(held, period_id, unit),
        typed=typed,
        today=today(),
        problems=[problem.text(_) for problem in problems],
        is_simulated=page.row.is_simulated,
    )


@units.post("/units/<unit>/decisions")
@only("unit")
def decide(period_id: int, unit: str) -> Response | tuple[str, int]:
    """Record what the meeting decided: for everybody chosen, or nobody."""
    sight_of(current()).check(unit)
    given = request.form.to_dict()
    made = [
        Decision(
            name.removeprefix("grade:"), grade, given.get(name.replace("grade:", "reason:"), "")
        )
        for name, grade in given.items()
        if name.startswith("grade:") and grade
    ]
    try:
        service.decide(services().database, current(), period_id, made, typed_day(given.get("on")))
    except ProblemsError as error:
        return _decisions_page(period_id, unit, given, error.problems), 422
    flash(_("已记录 {n} 人的决定。").format(n=len(made)))
    return _to_unit(period_id, unit)


def typed_day(text: str | None) -> date:
    """A day as typed; today where it is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return today()


@units.post("/units/<unit>/publish")
@only("unit")
def publish(period_id: int, unit: str) -> Response:
    """The results of everybody decided on have been posted up."""
    people = _ready_for("publish", period_id, unit)
    day = typed_day(request.form.get("on"))
    feedback.publish(services().database, current(), period_id, people, day)
    flash(_("已记录 {n} 人的结果公布于 {on}。").format(n=len(people), on=day))
    return _to_unit(period_id, unit)


@units.post("/units/<unit>/submit")
@only("unit")
def submit(period_id: int, unit: str) -> Response:
    """Hand in everybody whose feedback and publication are done."""
    people = _ready_for("submit", period_id, unit)
    feedback.submit(services().database, current(), period_id, people)
    flash(_("已报送 {n} 人。").format(n=len(people)))
    return _to_unit(period_id, unit)


@units.post("/units/<unit>/accept")
def accept(period_id: int, unit: str) -> Response:
    """File everybody the unit has handed in."""
    people = _ready_for("accept", period_id, unit)
    feedback.accept(services().database, current(), period_id, people)
    flash(_("已备案 {n} 人。").format(n=len(people)))
    return _to_unit(period_id, unit)


def _ready_for(what: str, period_id: int, unit: str) -> list[str]:
    sight_of(current()).check(unit)
    held = services().database
    row = next((one for one in reading.list_periods(held) if one.id == period_id), None)
    if row is None:
        raise NotFoundError
    found = reading.find_lines(held, reading.Wanted(period=row.period, unit=unit, page=0))
    return _ready(found.lines)[what]
