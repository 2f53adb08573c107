"""Indicators, adjustments, vetoes and earlier grades of a round: seen, reviewed and imported."""

import io
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.core.access import current, only
from survey_app.core.errors import ForbiddenError, NotFoundError
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.indicators import breakdown as down
from survey_app.indicators import reviewing, service, showing
from survey_app.indicators.books import present_book, template_book
from survey_app.indicators.evidence import MEDIA_TYPES, EvidenceStore
from survey_app.indicators.forms import ConfirmForm, ImportForm
from survey_app.indicators.ledger_views import ledgers
from survey_app.indicators.reporting import may_see_file
from survey_app.indicators.reporting_views import reporting
from survey_app.indicators.service import KIND_NAMES, Kind
from survey_app.rounds.overview import overview

PLACE = "/rounds/<int:round_id>/inputs"
READERS = ("admin", "clerk", "viewer")
blueprint = Blueprint("indicators", __name__, url_prefix="/admin")
blueprint.register_blueprint(reporting)
blueprint.register_blueprint(ledgers)


@blueprint.get(f"{PLACE}/")
def index(round_id: int) -> str:
    """What is kept for the round, and what should be looked at."""
    return _page(
        "indicators/index.html",
        round_id,
        sheets=service.stored_sheets(services().database, round_id),
        problems_here=reviewing.glance(services().database, round_id),
    )


@blueprint.get(f"{PLACE}/<kind>")
def table(round_id: int, kind: str) -> str:
    """One sheet, as a run would read it."""
    sheet = service.stored_sheets(services().database, round_id).get(kind)
    if sheet is None:
        raise NotFoundError
    shown = showing.show_sheet(services().database, round_id, cast(Kind, kind), sheet)
    return _page("indicators/table.html", round_id, kind=kind, shown=shown)


@blueprint.get(f"{PLACE}/review")
def review(round_id: int) -> str:
    """Everything that must be put right, and the warnings with their confirmations."""
    row = overview(services().database, round_id).row
    look = reviewing.look_over(services().database, row)
    return _page("indicators/review.html", round_id, look=look)


@blueprint.post(f"{PLACE}/review/confirm")
def confirm_warning(round_id: int) -> Response:
    """Let a warning stand for a reason."""
    key, reason = request.form.get("key", ""), request.form.get("reason", "")
    reviewing.confirm(services().database, current().login, round_id, key, reason)
    flash(_("已确认，理由记入操作记录。"))
    return redirect(url_for("indicators.review", round_id=round_id))


@blueprint.get(f"{PLACE}/breakdown")
def breakdown(round_id: int) -> str:
    """One level of the tree of ratees, with the scores of its indicators."""
    level = down.open_level(services().database, round_id, request.args.get("at", ""))
    return _page("indicators/breakdown.html", round_id, level=level)


@blueprint.get(f"{PLACE}/template.xlsx")
def template(round_id: int) -> Response:
    """An empty workbook with examples and notes."""
    return _send_book(template_book(), _("指标和加减分模板"))


@blueprint.get(f"{PLACE}/export.xlsx")
def export(round_id: int) -> Response:
    """What is kept, as a workbook that can be changed and imported again."""
    shown = showing.show_sheets(services().database, round_id)
    return _send_book(present_book(shown), _("指标和加减分"))


def _send_book(data: bytes, name: str) -> Response:
    return send_file(
        io.BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name + ".xlsx"
    )


@blueprint.get(f"{PLACE}/evidence/<key>")
@only(*READERS, "reporter", "certifier")
def evidence(round_id: int, key: str) -> Response:
    """A file that backs something, always as a download."""
    if not may_see_file(services().database, current(), round_id, key):
        raise ForbiddenError
    row, data = EvidenceStore(services().settings).read(services().database, round_id, key)
    reply = send_file(
        io.BytesIO(data),
        mimetype=MEDIA_TYPES[row.kind],
        as_attachment=True,
        download_name=row.name,
    )
    reply.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    reply.headers["Cache-Control"] = "private, no-store"
    return reply


@blueprint.get(f"{PLACE}/import")
@only("admin", "clerk")
def choose_file(round_id: int) -> str:
    """Where a file is chosen."""
    return _page("indicators/import.html", round_id, form=ImportForm())


@blueprint.post(f"{PLACE}/import")
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


@blueprint.post(f"{PLACE}/confirm")
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
        kinds=KIND_NAMES,
        is_simulated=found.row.is_simulated,
        **values,
    )
