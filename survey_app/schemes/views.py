"""The library of schemes: reading one in plain words, editing, uploading, comparing."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from analysis.scheme import words
from analysis.scheme.editing import Block, blocks, sums
from forms.definition import whole
from forms.problems import InputError, Problem
from survey_app.core import clock
from survey_app.core.access import current, only
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import clean_name
from survey_app.schemes import service, wording
from survey_app.schemes.books import MAX_BOOK_BYTES, read_file, scheme_book
from survey_app.schemes.forms import CopyForm, EditForm, StatusForm, UploadForm
from survey_app.schemes.service import STATUS_NAMES, Version

blueprint = Blueprint("schemes", __name__, url_prefix="/admin/schemes")
ONE = "/<key>/<int:number>"


@blueprint.get("/")
def index() -> str:
    """Every scheme: one's own, and those that ship."""
    found = service.library(services().database)
    return render_template("schemes/index.html", library=found, statuses=STATUS_NAMES)


@blueprint.get("/new")
@only("admin", "clerk")
def new() -> str:
    """Where the file of a new scheme is chosen."""
    return render_template("schemes/upload.html", form=UploadForm(), found=None)


@blueprint.post("/new")
def create() -> Response | tuple[str, int]:
    """The first version of a new scheme, from a file."""
    return _upload(None)


@blueprint.get(ONE)
def detail(key: str, number: int) -> str:
    """A version in plain words, with what it changed."""
    every = service.versions(services().database, key)
    found = _numbered(every, number)
    before = next((one for one in every if one.number < number), None)
    scheme = found.scheme
    return render_template(
        "schemes/detail.html",
        found=found,
        versions=every,
        before=before,
        changes=replace(before.scheme, version=scheme.version).diff(scheme) if before else [],
        scheme=scheme,
        tree=wording.tree(scheme),
        said=wording,
        words=words,
        statuses=STATUS_NAMES,
        local=clock.local,
        status=StatusForm(formdata=None, status=found.status),
        copy=CopyForm(formdata=None, title=found.title),
    )


@blueprint.get(f"{ONE}/scheme.toml")
def toml(key: str, number: int) -> Response:
    """The file as it was saved."""
    found = service.version(services().database, key, number)
    return _download(found.toml.encode(), "application/toml", f"{_name(found)}.toml")


@blueprint.get(f"{ONE}/scheme.xlsx")
def excel(key: str, number: int) -> Response:
    """The scheme as a workbook."""
    found = service.version(services().database, key, number)
    return _download(scheme_book(found.scheme), XLSX, f"{_name(found)}.xlsx")


@blueprint.get(f"{ONE}/compare")
def compare(key: str, number: int) -> str:
    """What another scheme, or another version, changes against this one."""
    database = services().database
    found = service.version(database, key, number)
    other_key, _slash, other_number = request.args.get("with", "").rpartition("/")
    other, wanted = None, whole(other_number)
    if other_key and wanted is not None:
        other = service.version(database, other_key, wanted)
    return render_template(
        "schemes/compare.html",
        found=found,
        other=other,
        library=service.library(database),
        changes=found.scheme.diff(other.scheme) if other else [],
    )


@blueprint.get(f"{ONE}/edit")
@only("admin", "clerk")
def edit(key: str, number: int) -> str:
    """The numbers of a version, to be changed."""
    found = _own(key, number)
    form = EditForm(formdata=None, base=number)
    return _edit_page(found, form, {}, [])


@blueprint.post(f"{ONE}/edit")
def save(key: str, number: int) -> Response | tuple[str, int]:
    """A new version with what was typed, if the whole is in order."""
    found = _own(key, number)
    form = EditForm()
    typed = {name: text for name, text in request.form.items() if name.startswith("v.")}
    problems: tuple[Problem, ...] = ()
    try:
        text = service.edited_text(found, typed)
        if form.validate_on_submit():
            made = service.add_version(
                services().database, current().login, key, form.base.data, text, form.note.data
            )
            flash(_("已存为第 {n} 版。").format(n=made.number))
            return redirect(url_for("schemes.detail", key=key, number=made.number))
    except InputError as error:
        form.validate()
        problems = error.problems
    except DomainError as error:
        return _edit_page(found, form, typed, [error.text(_)]), error.status
    return _edit_page(found, form, typed, problems), 422


@blueprint.get(f"{ONE}/upload")
@only("admin", "clerk")
def choose_file(key: str, number: int) -> str:
    """Where the file of the next version is chosen."""
    found = _own(key, number)
    form = UploadForm(formdata=None, base=str(number))
    return render_template("schemes/upload.html", form=form, found=found)


@blueprint.post(f"{ONE}/upload")
def upload(key: str, number: int) -> Response | tuple[str, int]:
    """The next version, from a file."""
    return _upload(_own(key, number))


@blueprint.post(f"{ONE}/copy")
def copy(key: str, number: int) -> Response:
    """A scheme of one's own that starts as this one."""
    found = service.version(services().database, key, number)
    form = CopyForm()
    if not form.validate_on_submit():
        for errors in form.errors.values():
            flash(errors[0], "error")
        return redirect(url_for("schemes.detail", key=key, number=number))
    made = service.copy(
        services().database, current().login, found, form.key.data.strip(), form.title.data
    )
    flash(_("已复制为自己的方案，可以修改。"))
    return redirect(url_for("schemes.detail", key=made.key, number=made.number))


@blueprint.post(f"{ONE}/status")
@only("admin")
def set_status(key: str, number: int) -> Response:
    """On trial, in full use, or out of use."""
    form = StatusForm()
    if form.validate_on_submit():
        service.set_status(services().database, current().login, key, number, form.status.data)
        flash(_("使用范围已改为“{status}”。").format(status=_(STATUS_NAMES[form.status.data])))
    return redirect(url_for("schemes.detail", key=key, number=number))


@blueprint.post(f"{ONE}/roll-out")
@only("admin")
def roll_out(key: str, number: int) -> Response:
    """From a trial to everybody."""
    made = service.roll_out(services().database, current().login, key)
    flash(_("已推广：第 {n} 版适用于全部评议对象。").format(n=made.number))
    return redirect(url_for("schemes.detail", key=key, number=made.number))


def _numbered(every: Sequence[Version], number: int) -> Version:
    found = next((one for one in every if one.number == number), None)
    if found is None:
        raise NotFoundError
    return found


def _own(key: str, number: int) -> Version:
    found = service.version(services().database, key, number)
    if found.is_shipped:
        raise NotFoundError
    return found


def _name(found: Version) -> str:
    return found.key if found.is_shipped else f"{found.key}-v{found.number}"


def _download(data: bytes, kind: str, name: str) -> Response:
    return send_file(io.BytesIO(data), mimetype=kind, as_attachment=True, download_name=name)


def _upload(found: Version | None) -> Response | tuple[str, int]:
    form = UploadForm()
    problems: list[object] = []
    if form.validate_on_submit():
        file = form.file.data
        name = clean_name(file.filename)
        database, login, note = services().database, current().login, form.note.data
        try:
            text = read_file(name, file.read(MAX_BOOK_BYTES + 1))
            if found is None:
                made = service.create(database, login, text, note)
            else:
                base = whole(form.base.data)
                base = found.number if base is None else base
                made = service.add_version(database, login, found.key, base, text, note)
            flash(_("已存为第 {n} 版，现在是草稿。").format(n=made.number))
            return redirect(url_for("schemes.detail", key=made.key, number=made.number))
        except InputError as error:
            problems = list(findings(error.problems, _))
        except DomainError as error:
            form.file.errors = [error.text(_)]
    page = render_template("schemes/upload.html", form=form, found=found, problems=problems)
    return page, 422


def _edit_page(
    found: Version, form: EditForm, typed: Mapping[str, str], problems: Sequence[Problem | str]
) -> str:
    present = blocks(found.scheme)
    return render_template(
        "schemes/edit.html",
        found=found,
        form=form,
        blocks=present,
        say=_,
        typed=typed,
        sums={key: total for block in present for key, total in sums(block, typed).items()},
        problems=[one if isinstance(one, str) else _told(one, present) for one in problems],
        places={one.where for one in problems if isinstance(one, Problem)},
    )


def _told(problem: Problem, present: Sequence[Block]) -> str:
    """A problem with its place in words beside the path of the file."""
    path = problem.where
    names = {block.where: f"{block.of} {_(block.title)}" for block in present if block.where}
    names |= {
        entry.where: f"{block.of} {_(name)} {_(entry.name)}"
        for block in present
        for name, cells in block.rows
        for entry in cells
        if entry is not None
    }
    where = f"{names[path].strip()}（{path}）" if path in names else path
    return str(replace(problem, where=where).text(_))
