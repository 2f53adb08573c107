"""The register: what is in it, and importing a file into it with a preview first."""

import io
from collections import Counter
from typing import cast

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.register import books, service
from survey_app.register.forms import ConfirmForm, ImportForm
from survey_app.register.names import ratee_class_name
from survey_app.register.reading import Kind, Register
from survey_app.register.service import Mode

blueprint = Blueprint("register", __name__, url_prefix="/admin/register")


@blueprint.get("/")
def index() -> str:
    """Ratees by class and group, rater classes, and how many are on each roster."""
    register = service.read_present(services().database)
    return render_template(
        "register/index.html",
        register=register,
        by_class=_by_class(register),
        on_roster=Counter(row.rater_class for row in register.roster),
    )


def _by_class(register: Register) -> dict[str, list[tuple[str, list[str]]]]:
    """Class name → (group, names) in the register's order."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in register.ratees:
        groups = found.setdefault(ratee_class_name(row.ratee_class), {})
        groups.setdefault(row.group, []).append(row.name)
    return {name: list(groups.items()) for name, groups in found.items()}


@blueprint.get("/roster/<rater_class>")
def roster(rater_class: str) -> str:
    """Everybody expected of one rater class, by alias."""
    register = service.read_present(services().database)
    names = {row.key: row.name for row in register.rater_classes}
    ratees = {row.key: row.name for row in register.ratees}
    rows = [row for row in register.roster if row.rater_class == rater_class]
    return render_template(
        "register/roster.html", name=names.get(rater_class, rater_class), rows=rows, ratees=ratees
    )


@blueprint.get("/template.xlsx")
def template() -> Response:
    """An empty workbook with examples and notes."""
    return _book(books.register_book(books.EXAMPLE), _("名册模板"))


@blueprint.get("/export.xlsx")
def export() -> Response:
    """What the register holds now, in the form an import takes."""
    present = service.read_present(services().database)
    return _book(books.register_book(present), _("现有名册"))


def _book(content: bytes, name: str) -> Response:
    return send_file(
        io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx"
    )


@blueprint.get("/import")
@only("admin", "clerk")
def choose_file() -> str:
    """Where a file is chosen."""
    return render_template("register/import.html", form=ImportForm())


@blueprint.post("/import")
def preview() -> str | tuple[str, int]:
    """What a file would change, or everything wrong with it; nothing is changed."""
    form = ImportForm()
    if not form.validate_on_submit():
        return render_template("register/import.html", form=form), 422
    upload = Upload(clean_name(form.file.data.filename), form.file.data.read())
    kind, mode = cast("Kind | None", form.kind.data or None), cast(Mode, form.mode.data)
    plan = service.preview_import(services().database, upload, kind, mode)
    if not plan.is_ready:
        problems = findings(plan.problems, _)
        page = render_template(
            "register/import.html", form=form, problems=problems, file_name=upload.name
        )
        return page, 422
    ticket = keep(services().settings, current().login, upload)
    confirm = ConfirmForm(formdata=None, ticket=ticket, mode=mode, kind=kind or "")
    return render_template("register/preview.html", plan=plan, upload=upload, confirm=confirm)


@blueprint.post("/confirm")
def confirm() -> Response:
    """Carry out what was previewed, whole or not at all."""
    form = ConfirmForm()
    upload = fetch(services().settings, current().login, form.ticket.data or "")
    mode: Mode = "replace" if form.mode.data == "replace" else "update"
    kind = cast("Kind | None", form.kind.data or None)
    service.carry_out(services().database, current().login, upload, kind, mode)
    discard(services().settings, upload)
    flash(_("“{file}”已导入。接下来可以到“轮次”新建一轮评议。").format(file=upload.name))
    return redirect(url_for("register.index"))
