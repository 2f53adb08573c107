"""Indicators, adjustments, vetoes and earlier grades of a round: seen and imported."""

import io
from typing import cast

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.core.access import current, only
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.indicators import service
from survey_app.indicators.books import template_book
from survey_app.indicators.forms import ConfirmForm, ImportForm
from survey_app.indicators.service import KIND_NAMES, Kind
from survey_app.rounds.overview import overview

blueprint = Blueprint("indicators", __name__, url_prefix="/admin/rounds/<int:round_id>/inputs")


@blueprint.get("/")
def index(round_id: int) -> str:
    """What has been imported for the round."""
    return _page("indicators/index.html", round_id)


@blueprint.get("/<kind>")
def table(round_id: int, kind: str) -> str:
    """One sheet, as imported."""
    sheet = service.stored_sheets(services().database, round_id).get(kind)
    if sheet is None:
        raise NotFoundError
    return _page("indicators/table.html", round_id, sheet=sheet)


@blueprint.get("/template.xlsx")
def template(round_id: int) -> Response:
    """An empty workbook with examples and notes."""
    return send_file(
        io.BytesIO(template_book()),
        mimetype=XLSX,
        as_attachment=True,
        download_name=_("指标和加减分模板") + ".xlsx",
    )


@blueprint.get("/import")
@only("admin", "clerk")
def choose_file(round_id: int) -> str:
    """Where a file is chosen."""
    return _page("indicators/import.html", round_id, form=ImportForm())


@blueprint.post("/import")
def preview(round_id: int) -> str | tuple[str, int]:
    """What a file would store, or everything wrong with it; nothing is changed."""
    form = ImportForm()
    if not form.validate_on_submit():
        return _page("indicators/import.html", round_id, form=form), 422
    upload = Upload(clean_name(form.file.data.filename), form.file.data.read())
    kind = cast("Kind | None", form.kind.data or None)
    plan = service.preview_import(services().database, round_id, upload, kind)
    if not plan.is_ready:
        problems = findings(plan.problems, _)
        page = _page(
            "indicators/import.html",
            round_id,
            form=form,
            problems=problems,
            file_name=upload.name,
        )
        return page, 422
    ticket = keep(services().settings, current().login, upload)
    confirm = ConfirmForm(formdata=None, ticket=ticket, kind=kind or "")
    return _page("indicators/preview.html", round_id, plan=plan, upload=upload, confirm=confirm)


@blueprint.post("/confirm")
def confirm(round_id: int) -> Response:
    """Store what was previewed, whole or not at all."""
    form = ConfirmForm()
    upload = fetch(services().settings, current().login, form.ticket.data or "")
    kind = cast("Kind | None", form.kind.data or None)
    service.carry_out(
        services().database,
        current().login,
        round_id,
        upload,
        kind,
        may_decide=current().has_role("admin"),
    )
    discard(services().settings, upload)
    flash(_("“{file}”已导入。").format(file=upload.name))
    return redirect(url_for("indicators.index", round_id=round_id))


def _page(template_name: str, round_id: int, **values: object) -> str:
    found = overview(services().database, round_id)
    return render_template(
        template_name,
        row=found.row,
        sheets=service.stored_sheets(services().database, round_id),
        kinds=KIND_NAMES,
        is_simulated=found.row.is_simulated,
        **values,
    )
