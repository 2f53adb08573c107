"""Supervision: the list, a record and what came of it, the file of a unit, the ledgers."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import Problem
from survey_app.core.access import current, only
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.core.template_books import XLSX
from survey_app.supervision import books, forms, reading, service
from survey_app.supervision.archive import SECTIONS, list_units, unit_archive
from survey_app.supervision.checking import RecordSpec
from survey_app.supervision.import_views import imports
from survey_app.supervision.kinds import (
    ACT_NAMES,
    FACT_NAMES,
    FACTS,
    KIND_ABOUT,
    KIND_NAMES,
    SANCTION_NAMES,
    STEP_NAMES,
    STEPS,
    number_text,
)
from survey_app.supervision.lines import STATE_NAMES, today
from survey_app.supervision.reading import Wanted
from survey_app.supervision.tables import SupervisionRecord
from survey_app.supervision.units import Scope, scope_of, unit_names

blueprint = Blueprint("supervision", __name__, url_prefix="/admin/supervision")
blueprint.register_blueprint(imports)
READERS = ("admin", "clerk", "viewer", "unit")
FIRST_YEAR, LAST_YEAR = 1949, 2999


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault(SECTIONS, [])


def _scope() -> Scope:
    return scope_of(current())


@blueprint.get("/")
@only(*READERS)
def index() -> str:
    """Every record in scope, filtered; a line for each unit it concerns."""
    wanted, scope = _wanted(), _scope()
    held = services().database
    lines = reading.find_lines(held, wanted, scope)
    return render_template(
        "supervision/index.html",
        lines=lines,
        wanted=wanted,
        units=unit_names(held, scope),
        years=reading.years(held),
        kinds=KIND_NAMES,
        about=KIND_ABOUT,
        states=STATE_NAMES,
        n_overdue=sum(line.is_overdue for line in lines),
        is_simulated=any(line.is_simulated for line in lines),
    )


def _wanted() -> Wanted:
    given = request.args
    kind = given.get("kind", "")
    return Wanted(
        kind=kind if kind in KIND_NAMES else "",
        year=given.get("year", type=int),
        unit=given.get("unit", ""),
        state=given.get("state", ""),
    )


@blueprint.get("/ledger.xlsx")
@only(*READERS)
def ledger() -> Response:
    """督办通报台账 of what the list shows."""
    wanted = _wanted()
    lines = reading.find_lines(services().database, wanted, _scope())
    return _book(books.supervision_ledger(lines, wanted.year), _("督办通报台账"))


def _book(content: bytes, name: str) -> Response:
    return send_file(
        io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx"
    )


@blueprint.get("/new/<kind>")
@only("admin", "clerk")
def new(kind: str) -> str:
    """An empty record of this kind."""
    values = _next_step(request.args.get("previous", type=int))
    form = _form(kind, {"issued_on": today(), **values})
    return _form_page(form, kind)


def _next_step(previous: int | None) -> dict[str, object]:
    """What the step after this one will say of itself, to be looked over."""
    if previous is None:
        return {}
    found = reading.open_record(services().database, previous)
    place = STEPS.index(found.record.step) if found.record.step else 0
    return {
        "previous_id": str(found.record.file_id),
        "title": found.record.title,
        "ratee": found.lines[0].ratee,
        "step": STEPS[min(place + 1, len(STEPS) - 1)],
    }


@blueprint.post("/new/<kind>")
def create(kind: str) -> Response | tuple[str, int]:
    """File a record."""
    form = _form(kind)
    if not form.validate_on_submit():
        return _form_page(form, kind), 422
    spec = form.spec(kind)
    problems = service.check_record(services().database, spec)
    if problems:
        return _form_page(form, kind, problems), 422
    made = service.file_record(services().database, current().login, spec)
    flash(_("已登记。"))
    return redirect(url_for("supervision.detail", record_id=made))


def _form(
    kind: str, values: Mapping[str, object] | None = None, *, is_correction: bool = False
) -> forms.RecordForm:
    if kind not in KIND_NAMES:
        raise NotFoundError
    held = services().database
    ladders = {
        line.file_id: f"{line.number_text} {line.step_name} · {line.ratee_name} · {line.title}"
        for line in reading.ladders_of(held)
    }
    return forms.record_form(
        kind,
        unit_names(held),
        ladders,
        reading.round_choices(held),
        is_correction=is_correction,
        **values or {},
    )


def _form_page(
    form: forms.RecordForm,
    kind: str,
    problems: list[Problem] | None = None,
    row: SupervisionRecord | None = None,
) -> str:
    return render_template(
        "supervision/form.html",
        form=form,
        kind=kind,
        kind_name=KIND_NAMES[kind],
        about=KIND_ABOUT[kind],
        row=row,
        number=number_text(row.kind, row.year, row.number) if row else "",
        problems=[problem.text(_) for problem in problems or ()],
    )


@blueprint.get("/records/<int:record_id>")
@only(*READERS)
def detail(record_id: int) -> str:
    """One record: what it says, where it stands with each unit, and its log."""
    return _detail_page(record_id)


def _detail_page(record_id: int) -> str:
    found = reading.open_record(services().database, record_id, _scope())
    row = found.record
    return render_template(
        "supervision/detail.html",
        found=found,
        row=row,
        number=number_text(row.kind, row.year, row.number),
        number_text=number_text,
        kind_names=KIND_NAMES,
        step_names=STEP_NAMES,
        sanctions=SANCTION_NAMES,
        act_names=ACT_NAMES,
        fact_names=FACT_NAMES,
        facts=[
            name for name in ("place", "result", "exempts", "approved_by") if getattr(row, name)
        ],
        is_ladder="step" in FACTS[row.kind].all,
        form=forms.ActForm(formdata=None),
        reopened=forms.ReopenedForm(formdata=None),
        is_simulated=row.is_simulated,
    )


@blueprint.get("/records/<int:record_id>/correct")
@only("admin", "clerk")
def correct(record_id: int) -> str:
    """A record's content, to be corrected."""
    found = reading.open_record(services().database, record_id)
    row = found.record
    ratees = [line.ratee for line in found.lines]
    said = set(RecordSpec.__dataclass_fields__) - {"kind", "ratees"}
    values = {name: getattr(row, name) for name in said}
    values["round_id"] = str(row.round_id or "")
    values |= {"ratees": ratees, "ratee": ratees[0]}
    form = _form(row.kind, values, is_correction=True)
    return _form_page(form, row.kind, row=row)


@blueprint.post("/records/<int:record_id>/correct")
def save_correction(record_id: int) -> Response | tuple[str, int]:
    """Put the corrected version in its place."""
    held = services().database
    row = reading.open_record(held, record_id).record
    form = _form(row.kind, is_correction=True)
    if not form.validate_on_submit():
        return _form_page(form, row.kind, row=row), 422
    spec = replace(
        form.spec(row.kind),
        step=row.step,
        previous_id=row.previous_id,
        skip_reason=row.skip_reason,
    )
    problems = service.check_record(held, spec, record_id)
    if problems:
        return _form_page(form, row.kind, problems, row), 422
    service.correct_record(held, current().login, record_id, spec, form.reason.data)
    flash(_("已更正；原来的内容留在“以前的版本”里。"))
    return redirect(url_for("supervision.detail", record_id=record_id))


@blueprint.post("/records/<int:record_id>/reply")
@only("admin", "clerk", "unit")
def reply(record_id: int) -> Response:
    """A unit's answer."""
    form = forms.ActForm()
    service.reply(
        services().database,
        current().login,
        record_id,
        form.ratee.data or "",
        form.words.data or "",
        _scope(),
    )
    flash(_("回复已记录，等待审核。"))
    return redirect(url_for("supervision.detail", record_id=record_id))


@blueprint.post("/records/<int:record_id>/urge")
def urge(record_id: int) -> Response:
    """Remind a unit."""
    return _carry_out(service.urge, record_id, _("已记录催办。"))


@blueprint.post("/records/<int:record_id>/accept")
def accept(record_id: int) -> Response:
    """The answer stands."""
    return _carry_out(service.accept, record_id, _("已审核通过，这个单位的事项办结。"))


@blueprint.post("/records/<int:record_id>/return")
def send_back(record_id: int) -> Response:
    """The answer does not do."""
    return _carry_out(service.send_back, record_id, _("已退回，单位要重新回复。"))


def _carry_out(
    act: Callable[[Database, str, int, str, str], None], record_id: int, said: str
) -> Response:
    form = forms.ActForm()
    ratee, words = form.ratee.data or "", form.words.data or ""
    act(services().database, current().login, record_id, ratee, words)
    flash(said)
    return redirect(url_for("supervision.detail", record_id=record_id))


@blueprint.get("/falsifications")
@only(*READERS)
def falsifications() -> str:
    """The register of falsified data cases, and the scores they reopen."""
    cases = reading.falsifications(services().database, _scope())
    return render_template("supervision/falsifications.html", cases=cases, sanctions=SANCTION_NAMES)


@blueprint.post("/records/<int:record_id>/reopened")
def mark_reopened(record_id: int) -> Response:
    """The affected scores have been settled anew."""
    form = forms.ReopenedForm()
    held = services().database
    service.mark_reopened(held, current().login, record_id, form.words.data or "")
    flash(_("已登记：受影响的得分已重新核定。"))
    return redirect(url_for("supervision.detail", record_id=record_id))


@blueprint.get("/archive/")
@only(*READERS)
def archives() -> str:
    """The units in scope, each with its file of the year."""
    held = services().database
    year = request.args.get("year", today().year, type=int)
    return render_template(
        "supervision/archives.html",
        units=list_units(held, year, _scope()),
        year=year,
        years=reading.years(held),
    )


@blueprint.get("/archive/<key>/<int:year>")
@only(*READERS)
def archive(key: str, year: int) -> str:
    """Everything on file about a unit and year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFoundError
    adders = current_app.extensions[SECTIONS]
    found = unit_archive(services().database, key, year, _scope(), adders)
    return render_template(
        "supervision/archive.html",
        found=found,
        kinds=KIND_NAMES,
        years=reading.years(services().database),
        is_simulated=found.is_simulated,
    )
