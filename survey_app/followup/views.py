"""What results lead to: the list, an item, a round's proposals and linkages, who is left out."""

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import Problem
from survey_app.complaints.desk import complaints
from survey_app.core.access import current, only
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.core.template_books import XLSX
from survey_app.followup import books, forms, reading, service
from survey_app.followup.coverage import coverage
from survey_app.followup.linkages import linkages
from survey_app.followup.reading import Wanted
from survey_app.followup.states import ACT_NAMES, KIND_NAMES, STATE_NAMES, STEPS
from survey_app.supervision import reading as supervision
from survey_app.supervision.archive import SECTIONS
from survey_app.supervision.kinds import SANCTION_NAMES
from survey_app.supervision.lines import today
from survey_app.supervision.units import scope_of

blueprint = Blueprint("followup", __name__, url_prefix="/admin/followup")
blueprint.register_blueprint(complaints)
READERS = ("admin", "clerk", "viewer", "unit")


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    """A unit's file shows this room's sections as well."""
    state.app.extensions.setdefault(SECTIONS, []).append(reading.archive_sections)


@blueprint.get("/")
@only(*READERS)
def index() -> str:
    """Every item in scope, filtered."""
    held, wanted, scope = services().database, _wanted(), scope_of(current())
    lines = reading.find_items(held, wanted, scope)
    return render_template(
        "followup/index.html",
        lines=lines,
        wanted=wanted,
        kinds=KIND_NAMES,
        states=STATE_NAMES,
        years=reading.years(held),
        rounds=reading.assessed_rounds(held) if scope is None else {},
        n_overdue=sum(line.is_overdue for line in lines),
        is_simulated=any(line.item.is_simulated for line in lines),
    )


def _wanted() -> Wanted:
    given = request.args
    return Wanted(
        state=given.get("state", ""),
        kind=given.get("kind", ""),
        year=given.get("year", type=int),
        ratee=given.get("ratee", ""),
        round_id=given.get("round", type=int),
    )


@blueprint.get("/items.xlsx")
@only(*READERS)
def ledger() -> Response:
    """What the list shows, to print and file."""
    wanted = _wanted()
    lines = reading.find_items(services().database, wanted, scope_of(current()))
    return _book(books.item_ledger(lines, wanted.year), _("结果运用台账"))


def _book(content: bytes, name: str) -> Response:
    return send_file(
        io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx"
    )


@blueprint.get("/new")
@only("admin", "clerk")
def new() -> str:
    """An item by hand."""
    return _form_page(forms.item_form(service.ratee_choices(services().database)))


@blueprint.post("/new")
def create() -> Response | tuple[str, int]:
    """Open an item by hand."""
    held = services().database
    form = forms.item_form(service.ratee_choices(held))
    if not form.validate_on_submit():
        return _form_page(form), 422
    problems = service.check_item(held, form.spec())
    if problems:
        return _form_page(form, problems), 422
    made = service.add_item(held, current().login, form.spec())
    flash(_("已登记。"))
    return redirect(url_for("followup.item", item_id=made))


def _form_page(form: forms.ItemForm, problems: list[Problem] | None = None) -> str:
    told = [problem.text(_) for problem in problems or ()]
    return render_template("followup/form.html", form=form, problems=told)


@blueprint.get("/items/<int:item_id>")
@only(*READERS)
def item(item_id: int) -> str:
    """One item: what and why, what was decided, and its log."""
    found = reading.open_item(services().database, item_id, scope_of(current()))
    its = found.line.item
    return render_template(
        "followup/item.html",
        found=found,
        line=found.line,
        row=its,
        act_names=ACT_NAMES,
        steps=[name for name, step in STEPS.items() if its.state in step.sources],
        is_simulated=its.is_simulated,
    )


@blueprint.post("/items/<int:item_id>/<step>")
def act(item_id: int, step: str) -> Response:
    """Take a step: confirm, decline, reconsider, start, note, finish."""
    if step not in STEPS:
        raise NotFoundError
    form = forms.ActForm()
    held, due_on = services().database, form.due_on.data
    service.act(held, current().login, item_id, step, form.words.data or "", due_on)
    flash(_("已记录：{act}。").format(act=_(ACT_NAMES[step])))
    return redirect(url_for("followup.item", item_id=item_id))


@blueprint.post("/items/<int:item_id>/report")
@only("admin", "clerk", "unit")
def report(item_id: int) -> Response:
    """A unit's own account of what it did."""
    words = forms.ActForm().words.data or ""
    scope = scope_of(current())
    service.report(services().database, current().login, item_id, words, scope)
    flash(_("回复已记录。"))
    return redirect(url_for("followup.item", item_id=item_id))


@blueprint.get("/rounds/<int:round_id>")
def round_(round_id: int) -> str:
    """A round's linkages, and the button that proposes from its newest run."""
    table = linkages(services().database, round_id)
    return render_template(
        "followup/round.html", table=table, round_id=round_id, is_simulated=table.is_simulated
    )


@blueprint.post("/rounds/<int:round_id>/propose")
def propose(round_id: int) -> Response:
    """Open what the newest run leads to, once each."""
    held = services()
    made = service.propose_from_run(held.database, held.settings, current().login, round_id)
    flash(
        _("新提出 {opened} 项，更新 {changed} 项，已有 {same} 项，不再提出 {dropped} 项。").format(
            opened=made.opened, changed=made.changed, same=made.same, dropped=made.dropped
        )
    )
    return redirect(url_for("followup.round_", round_id=round_id))


@blueprint.get("/rounds/<int:round_id>/linkages.xlsx")
def linkage_book(round_id: int) -> Response:
    """The table of linkages, to print and file."""
    table = linkages(services().database, round_id)
    return _book(books.linkage_table(table), _("结果挂钩情况表"))


@blueprint.get("/accountability")
@only(*READERS)
def accountability() -> str:
    """The register of accountability (行政问责), with the cases of falsified data."""
    held, scope = services().database, scope_of(current())
    lines = reading.find_items(held, Wanted(kind="accountability"), scope)
    return render_template(
        "followup/accountability.html",
        lines=lines,
        cases=supervision.falsifications(held, scope),
        sanctions=SANCTION_NAMES,
        is_simulated=any(line.item.is_simulated for line in lines),
    )


@blueprint.get("/accountability.xlsx")
@only(*READERS)
def accountability_book() -> Response:
    """The same register, to print and file."""
    held, scope = services().database, scope_of(current())
    lines = reading.find_items(held, Wanted(kind="accountability"), scope)
    cases = supervision.falsifications(held, scope)
    return _book(books.accountability_ledger(lines, cases), _("行政问责台账"))


@blueprint.get("/service-users")
def service_users() -> str:
    """The units that no round of 服务对象评议 covered in the year."""
    year = request.args.get("year", today().year, type=int)
    return render_template(
        "followup/service_users.html", found=coverage(services().database, year), year=year
    )
