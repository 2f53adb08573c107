"""双备案: the plans of a year, and each period's roster with its joiners and leavers."""

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import Problem
from survey_app.appraisals import books, filings, reading, roster
from survey_app.appraisals.forms import ConfirmForm, UploadForm
from survey_app.appraisals.roster import MemberRow
from survey_app.appraisals.who import sight_of
from survey_app.core.access import current, only
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.supervision.units import unit_names

rosters = Blueprint("rosters", __name__)
READERS = ("admin", "clerk", "viewer", "unit", "leader")
FILERS = ("admin", "clerk", "unit")
FIRST_YEAR, LAST_YEAR = 1949, 2999


@rosters.get("/plans/<int:number>")
@only(*READERS)
def plans(number: int) -> str:
    """Who has filed a plan for a year, and who is overdue."""
    return _plans_page(number)


def _plans_page(number: int, typed: str = "", problems: tuple[Problem, ...] = ()) -> str:
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise NotFoundError
    found = filings.year_plans(services().database, number, sight=sight_of(current()))
    return render_template(
        "appraisals/plans.html",
        found=found,
        year=number,
        typed=typed,
        chosen=request.form.get("unit", ""),
        problems=[problem.text(_) for problem in problems],
    )


@rosters.post("/plans/<int:number>")
@only(*FILERS)
def file_plan(number: int) -> Response | tuple[str, int]:
    """File a unit's plan of a year."""
    unit, content = request.form.get("unit", ""), request.form.get("content", "")
    try:
        filings.file_plan(services().database, current(), number, unit, content)
    except ProblemsError as error:
        return _plans_page(number, content, error.problems), 422
    flash(_("方案已备案。"))
    return redirect(url_for("appraisals.rosters.plans", number=number))


@rosters.get("/<int:period_id>/roster")
@only(*READERS)
def period_roster(period_id: int) -> str:
    """A period's roster by unit: how many, who joined, left and moved, who has not filed."""
    held, sight = services().database, sight_of(current())
    page = reading.open_period(held, period_id, sight)
    found = filings.period_filings(held, period_id, sight)
    return render_template(
        "appraisals/roster.html",
        row=page.row,
        found=found,
        n=sum(one.n for one in found),
        joined=sum(len(one.changes.joined) for one in found),
        left=sum(len(one.changes.left) for one in found),
        is_simulated=page.row.is_simulated,
    )


@rosters.post("/<int:period_id>/roster/copy")
@only("admin", "clerk")
def copy(period_id: int) -> Response:
    """Begin an empty roster with that of the period before."""
    n = roster.copy_roster(services().database, current().login, period_id)
    flash(_("已沿用上一期的 {n} 人。").format(n=n))
    return redirect(url_for("appraisals.rosters.period_roster", period_id=period_id))


@rosters.get("/<int:period_id>/roster/<unit>")
@only(*READERS)
def unit_roster(period_id: int, unit: str) -> str:
    """One unit's people in a period, to be changed and filed."""
    return _unit_page(period_id, unit, {})


def _unit_page(
    period_id: int, unit: str, typed: dict[str, str], problems: tuple[Problem, ...] = ()
) -> str:
    held, sight = services().database, sight_of(current())
    sight.check(unit)
    page = reading.open_period(held, period_id)
    wanted = reading.Wanted(period=page.row.period, unit=unit, page=0)
    found = {one.unit: one for one in filings.period_filings(held, period_id)}
    return render_template(
        "appraisals/roster_unit.html",
        row=page.row,
        unit=unit,
        name=unit_names(held).get(unit, unit),
        lines=reading.find_lines(held, wanted).lines,
        filing=found.get(unit),
        may_file=current().role in FILERS and page.row.state == "open",
        typed=typed,
        problems=[problem.text(_) for problem in problems],
        is_simulated=page.row.is_simulated,
    )


@rosters.post("/<int:period_id>/roster/<unit>/member")
@only(*FILERS)
def put_member(period_id: int, unit: str) -> Response | tuple[str, int]:
    """Add somebody to a unit's roster, or change their pool, post or leader."""
    given = {name: value.strip() for name, value in request.form.items()}
    row = MemberRow(
        given.get("person", ""),
        unit,
        given.get("pool", ""),
        given.get("post", ""),
        given.get("leader", ""),
    )
    try:
        roster.put_member(services().database, current(), period_id, row)
    except ProblemsError as error:
        return _unit_page(period_id, unit, given, error.problems), 422
    flash(_("“{person}”已在名册里。").format(person=row.person))
    return _to_unit(period_id, unit)


@rosters.post("/<int:period_id>/roster/<unit>/remove")
@only(*FILERS)
def remove_member(period_id: int, unit: str) -> Response | tuple[str, int]:
    """Take somebody off."""
    person = request.form.get("person", "")
    try:
        roster.remove_member(services().database, current(), period_id, person)
    except ProblemsError as error:
        return _unit_page(period_id, unit, {}, error.problems), 422
    flash(_("“{person}”已从名册里去掉。").format(person=person))
    return _to_unit(period_id, unit)


@rosters.post("/<int:period_id>/roster/<unit>/file")
@only(*FILERS)
def file_changes(period_id: int, unit: str) -> Response:
    """File the unit's changes of persons in this period."""
    content = request.form.get("content", "").strip()
    filings.file_changes(services().database, current(), period_id, unit, content)
    flash(_("人员变动已报备。"))
    return _to_unit(period_id, unit)


def _to_unit(period_id: int, unit: str) -> Response:
    return redirect(url_for("appraisals.rosters.unit_roster", period_id=period_id, unit=unit))


@rosters.get("/<int:period_id>/roster-template.xlsx")
@only(*FILERS)
def template(period_id: int) -> Response:
    """The roster as it is, to be edited and handed in again; empty, with examples."""
    sight = sight_of(current())
    with services().database.read() as session:
        rows = [one for one in roster.roster_rows(session, period_id) if sight.sees(one.unit)]
    return send_file(
        io.BytesIO(books.roster_template(rows)),
        mimetype=XLSX,
        as_attachment=True,
        download_name=f"{_('平时考核名册')}.xlsx",
    )


@rosters.get("/<int:period_id>/roster-import")
@only(*FILERS)
def choose_file(period_id: int) -> str:
    """Where a file is chosen."""
    return _import_page(period_id, UploadForm())


def _import_page(period_id: int, form: UploadForm, **values: object) -> str:
    row = reading.open_period(services().database, period_id).row
    return render_template("appraisals/import.html", row=row, form=form, **values)


@rosters.post("/<int:period_id>/roster-import")
@only(*FILERS)
def preview(period_id: int) -> str | tuple[str, int]:
    """What a file would make of the roster, or everything wrong with it; nothing is changed."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _import_page(period_id, form), 422
    upload = Upload(clean_name(form.file.data.filename), form.file.data.read())
    plan = roster.preview(services().database, current(), period_id, upload)
    if not plan.is_ready:
        told = findings(plan.problems, _)
        return _import_page(period_id, form, problems=told, file_name=upload.name), 422
    ticket = keep(services().settings, current().login, upload)
    return render_template(
        "appraisals/preview.html",
        row=reading.open_period(services().database, period_id).row,
        plan=plan,
        upload=upload,
        names=unit_names(services().database),
        confirm=ConfirmForm(formdata=None, ticket=ticket),
    )


@rosters.post("/<int:period_id>/roster-import/confirm")
@only(*FILERS)
def confirm(period_id: int) -> Response:
    """Store what was previewed, whole or not at all."""
    upload = fetch(services().settings, current().login, ConfirmForm().ticket.data or "")
    roster.carry_out(services().database, current(), period_id, upload)
    discard(services().settings, upload)
    flash(_("“{file}”已导入。").format(file=upload.name))
    return redirect(url_for("appraisals.rosters.period_roster", period_id=period_id))
