"""Appraisals: the periods, where each stands, and a unit's page with what it does for all."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from analysis import periods
from analysis.scheme import Scheme
from survey_app.appraisals import reading, roster, service, steps, year
from survey_app.appraisals.archive import archive_sections
from survey_app.appraisals.desk import today
from survey_app.appraisals.form_views import person_forms
from survey_app.appraisals.forms import PeriodForm
from survey_app.appraisals.list_views import lists
from survey_app.appraisals.print_views import prints
from survey_app.appraisals.roster_views import rosters
from survey_app.appraisals.service import PeriodSpec
from survey_app.appraisals.unit_views import units
from survey_app.appraisals.who import Sight, sight_of
from survey_app.core.access import current, only
from survey_app.core.errors import ProblemsError
from survey_app.core.services import services
from survey_app.schemes import service as schemes
from survey_app.supervision.archive import SECTIONS

blueprint = Blueprint("appraisals", __name__, url_prefix="/admin/appraisals")
for one in (units, person_forms, lists, rosters, prints):
    blueprint.register_blueprint(one)
OVERSEERS = ("admin", "clerk", "viewer", "unit", "leader")
"""Who sees more than one person."""


def _sight() -> Sight:
    return sight_of(current())


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    """A unit's file of the year shows its appraisals as well."""
    state.app.extensions.setdefault(SECTIONS, []).append(archive_sections)


@blueprint.get("/")
@only(*OVERSEERS, "person")
def index() -> str:
    """The periods; to a person, their own forms."""
    held, me = services().database, current()
    if me.role == "person":
        lines = reading.own_lines(held, me.scope)
        found = sorted({int(line.period[:4]) for line in lines}, reverse=True)
        pages = [year.read_year(held, one, _sight()) for one in found]
        return render_template(
            "appraisals/own.html",
            lines=lines,
            pages=pages,
            me=me,
            say=_,
            grades=reading.grade_names(reading.list_periods(held)),
            is_simulated=any(line.is_simulated for line in lines),
        )
    return render_template(
        "appraisals/index.html",
        pages=[
            reading.open_period(held, one.id, _sight()) for one in reading.list_periods(held)[:20]
        ],
        years=year.years(held),
        this_year=today().year,
    )


@blueprint.get("/help")
@only(*OVERSEERS, "person")
def explained() -> str:
    """How appraisals work, in plain words, with a chart of the steps."""
    return render_template("appraisals/help.html")


@blueprint.get("/new")
@only("admin", "clerk")
def new() -> str:
    """An empty period."""
    return render_template("appraisals/new.html", form=_period_form())


@blueprint.post("/new")
def create() -> Response | tuple[str, int]:
    """Open a period under a scheme."""
    form = _period_form()
    held = services().database
    if not form.validate_on_submit():
        return render_template("appraisals/new.html", form=form), 422
    spec = PeriodSpec(
        form.period.data,
        (form.title.data or "").strip(),
        form.organiser.data.strip(),
        _scheme(form.scheme.data),
        form.due_on.data,
        _scheme(form.annual.data) if form.annual.data else None,
        form.objection_days.data,
        form.is_simulated.data,
    )
    try:
        known = [one.scheme for one in _known_schemes()]
        made = service.create_period(held, current().login, spec, known)
    except ProblemsError as error:
        told = [problem.text(_) for problem in error.problems]
        return render_template("appraisals/new.html", form=form, problems=told), 422
    if form.is_copied.data:
        roster.copy_roster(held, current().login, made)
    flash(_("已建立，请各单位报备人员变动。"))
    return redirect(url_for("appraisals.detail", period_id=made))


def _period_form() -> PeriodForm:
    form = PeriodForm()
    known = _known_schemes()
    choices = [
        SelectChoice(f"{one.key}:{one.number}", f"{one.title}（{one.key}）") for one in known
    ]
    fit = [
        choice
        for choice, one in zip(choices, known, strict=True)
        if any(leaf.source == "appraisal" for leaf in one.scheme.leaves())
    ]
    form.scheme.choices = fit or choices
    form.annual.choices = [SelectChoice("", _("按方案自动选；没有就不判断")), *choices]
    return form


def _known_schemes() -> list[schemes.Version]:
    return [*schemes.in_use(services().database), *schemes.shipped_versions().values()]


def _scheme(choice: str) -> Scheme:
    key, _colon, number = choice.rpartition(":")
    return schemes.version(services().database, key, int(number)).scheme


@blueprint.get("/<int:period_id>/")
@only(*OVERSEERS)
def detail(period_id: int) -> str:
    """A period: progress by unit and step, and the units that have not filed."""
    held = services().database
    page = reading.open_period(held, period_id, _sight())
    return render_template(
        "appraisals/period.html",
        page=page,
        row=page.row,
        step_names=steps.STEP_NAMES,
        words=periods.in_words(page.row.period),
        is_simulated=page.row.is_simulated,
    )


@blueprint.post("/<int:period_id>/state")
def set_state(period_id: int) -> Response:
    """End a period, or open it again."""
    state = "open" if request.form.get("state") == "open" else "closed"
    service.set_state(services().database, current().login, period_id, state)
    flash(_("本期已重新打开。") if state == "open" else _("本期已结束，内容只能查看。"))
    return redirect(url_for("appraisals.detail", period_id=period_id))
