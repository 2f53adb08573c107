"""Service promises, and daily and weekly entries: seen, and imported from a sheet."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from analysis import periods
from forms.problems import N_
from survey_app.core.access import current, only
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.supervision import books, promises, work
from survey_app.supervision.forms import ConfirmForm, UploadForm
from survey_app.supervision.importing import Plan
from survey_app.supervision.lines import today
from survey_app.supervision.units import scope_of, unit_names

imports = Blueprint("lists", __name__)
READERS = ("admin", "clerk", "viewer", "unit")


@dataclass(frozen=True, slots=True)
class Importing:
    """One list that can be imported."""

    title: str
    page: str
    preview: Callable[[Database, Upload], Plan]
    carry_out: Callable[[Database, str, Upload], Plan]
    template: Callable[[], bytes]


LISTS = {
    "promises": Importing(
        N_("服务承诺"), "promise_list", promises.preview, promises.carry_out, books.promise_template
    ),
    "work": Importing(
        N_("日考勤和周记录"), "work_list", work.preview, work.carry_out, books.work_template
    ),
}


def _list(what: str) -> Importing:
    if what not in LISTS:
        raise NotFoundError
    return LISTS[what]


@imports.get("/promises/")
@only(*READERS)
def promise_list() -> str:
    """The promises of the units in scope, by unit."""
    held, scope = services().database, scope_of(current())
    unit = request.args.get("unit", "")
    every = promises.list_promises(held, scope)
    names = unit_names(held, scope)
    promised = {one.ratee for one in every}
    return render_template(
        "supervision/promises.html",
        promises=[one for one in every if unit in ("", one.ratee)],
        n=len(every),
        names=names,
        without=[name for key, name in names.items() if key not in promised],
        unit=unit,
    )


@imports.get("/work/")
@only(*READERS)
def work_list() -> str:
    """Daily attendance and weekly records summed over a month."""
    period = _period()
    sums = work.list_sums(services().database, period, scope_of(current()))
    return render_template("supervision/work.html", sums=sums, period=period)


@imports.get("/work/sums.xlsx")
@only(*READERS)
def work_book() -> Response:
    """The same sums as a table to print."""
    period = _period()
    sums = work.list_sums(services().database, period, scope_of(current()))
    return _book(books.work_ledger(sums, period), _("日考勤周记录汇总"))


def _period() -> str:
    given = request.args.get("period", "").strip()
    return given if periods.parse(given) else f"{today():%Y-%m}"


@imports.get("/import/<what>")
@only("admin", "clerk")
def choose_file(what: str) -> str:
    """Where a file is chosen."""
    return _import_page(what, UploadForm())


@imports.get("/import/<what>/template.xlsx")
@only("admin", "clerk")
def template(what: str) -> Response:
    """An empty sheet with examples and notes."""
    return _book(_list(what).template(), _("{name}模板").format(name=_(_list(what).title)))


@imports.post("/import/<what>")
def preview(what: str) -> str | tuple[str, int]:
    """What a file would change, or everything wrong with it; nothing is changed."""
    its = _list(what)
    form = UploadForm()
    if not form.validate_on_submit():
        return _import_page(what, form), 422
    upload = Upload(clean_name(form.file.data.filename), form.file.data.read())
    plan = its.preview(services().database, upload)
    if not plan.is_ready:
        told = findings(plan.problems, _)
        return _import_page(what, form, problems=told, file_name=upload.name), 422
    ticket = keep(services().settings, current().login, upload)
    return render_template(
        "supervision/preview.html",
        plan=plan,
        upload=upload,
        its=its,
        what=what,
        confirm=ConfirmForm(formdata=None, ticket=ticket),
    )


@imports.post("/import/<what>/confirm")
def confirm(what: str) -> Response:
    """Carry out what was previewed, whole or not at all."""
    its = _list(what)
    upload = fetch(services().settings, current().login, ConfirmForm().ticket.data or "")
    its.carry_out(services().database, current().login, upload)
    discard(services().settings, upload)
    flash(_("“{file}”已导入。").format(file=upload.name))
    return redirect(url_for(f"supervision.lists.{its.page}"))


def _import_page(what: str, form: UploadForm, **values: object) -> str:
    return render_template(
        "supervision/import.html", its=_list(what), what=what, form=form, **values
    )


def _book(content: bytes, name: str) -> Response:
    return send_file(
        io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx"
    )
