"""Reporting and certifying the values of indicators."""

import io
from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from forms.definition import whole
from forms.problems import Problem
from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name
from survey_app.indicators import my_rows, values
from survey_app.indicators import reporting as service
from survey_app.indicators.evidence import EvidenceStore
from survey_app.indicators.forms import EVIDENCE_TYPES
from survey_app.indicators.values import Entry

reporting = Blueprint("reporting", __name__, url_prefix="/reporting")
READING = ("admin", "clerk", "viewer", "reporter", "certifier")
REPORTING = ("admin", "reporter")
CERTIFYING = ("admin", "certifier")


@reporting.get("/")
@only(*READING)
def index() -> str:
    """The rounds, and what is due for me."""
    rounds = service.rounds_due(services().database, current())
    return render_template("indicators/reporting.html", rounds=rounds, scope=current().scope)


@reporting.get("/<int:round_id>")
@only(*READING)
def fill_in(round_id: int) -> str:
    """A page of my indicators, to be filled in or certified."""
    return _page(round_id)


@reporting.post("/<int:round_id>")
@only(*REPORTING)
def save(round_id: int) -> Response | tuple[str, int]:
    """Add what was typed, all or nothing; with a problem everything typed comes back."""
    reason = request.form.get("reason", "")
    done = values.report(services().database, current(), round_id, _entries(), reason)
    if done.problems:
        return _page(round_id, typed=request.form, wrong=done.problems), 422
    flash(_("已保存 {n} 项。").format(n=done.n) if done.n else _("没有改动，什么都没有保存。"))
    return redirect(_here(round_id))


def _entries() -> list[Entry]:
    """What was typed, by the ids in the names of the fields."""
    found = []
    for name, seen in request.form.items():
        prefix, _colon, its_id = name.partition(":")
        number, version = whole(its_id), whole(seen)
        if prefix == "seen" and number is not None and version is not None:
            actual = request.form.get(f"actual:{its_id}", "")
            growth = request.form.get(f"growth:{its_id}", "")
            if actual.strip() or growth.strip():
                found.append(Entry(number, actual, growth, version))
    return found


@reporting.get("/<int:round_id>/rows.xlsx")
@only(*READING)
def rows_book(round_id: int) -> Response:
    """Exactly my rows as a file to be filled in."""
    rows, names = service.all_rows(services().database, current(), round_id)
    return send_file(
        io.BytesIO(my_rows.rows_book(rows, names)),
        mimetype=XLSX,
        as_attachment=True,
        download_name=_("指标填报") + ".xlsx",
    )


@reporting.post("/<int:round_id>/import")
@only(*REPORTING)
def import_rows(round_id: int) -> Response | tuple[str, int]:
    """Add what a file says, all or nothing; otherwise everything wrong with it, by row."""
    upload = _upload(request.files.get("file"))
    if upload is None:
        flash(_("请选择一个文件。"), "error")
        return redirect(_here(round_id))
    rows, names = service.all_rows(services().database, current(), round_id)
    reading = my_rows.read_book(upload, rows, names)
    problems = reading.problems
    if not problems:
        reason = request.form.get("reason", "")
        done = values.report(services().database, current(), round_id, reading.entries, reason)
        problems = tuple(one for some in done.problems.values() for one in some)
    if problems:
        return _page(round_id, file_name=upload.name, in_file=problems), 422
    flash(_("已保存 {n} 项。").format(n=done.n) if done.n else _("没有改动，什么都没有保存。"))
    return redirect(_here(round_id))


@reporting.post("/<int:round_id>/certify")
@only(*CERTIFYING)
def certify(round_id: int) -> Response:
    """Certify the rows that were ticked, as they were shown."""
    pairs = [one.partition(":") for one in request.form.getlist("chosen")]
    found = [(whole(its_id), whole(version)) for its_id, _colon, version in pairs]
    chosen = [(its, seen) for its, seen in found if its is not None and seen is not None]
    if not chosen:
        flash(_("没有选中任何一行。"), "error")
        return redirect(_here(round_id))
    n = values.certify(services().database, current(), round_id, chosen)
    flash(_("已认定 {n} 项，以后不能再改。").format(n=n))
    return redirect(_here(round_id))


@reporting.get("/<int:round_id>/rows/<int:indicator_id>")
@only(*READING)
def story(round_id: int, indicator_id: int) -> str:
    """One indicator with its versions and its files."""
    return _story(round_id, indicator_id)


@reporting.post("/<int:round_id>/rows/<int:indicator_id>/evidence")
@only(*REPORTING)
def attach(round_id: int, indicator_id: int) -> Response | tuple[str, int]:
    """Keep a file with one of my indicators."""
    upload = _upload(request.files.get("file"))
    if upload is None:
        flash(_("请选择一个文件。"), "error")
        return redirect(_row(round_id, indicator_id))
    store = EvidenceStore(services().settings)
    problems = values.attach(services().database, store, current(), round_id, indicator_id, upload)
    if problems:
        return _story(round_id, indicator_id, problems), 422
    flash(_("已附上“{file}”。").format(file=upload.name))
    return redirect(_row(round_id, indicator_id))


@reporting.post("/<int:round_id>/rows/<int:indicator_id>/reopen")
@only(*CERTIFYING)
def reopen(round_id: int, indicator_id: int) -> Response:
    """Let a certified value be corrected."""
    reason = request.form.get("reason", "")
    values.reopen(services().database, current(), round_id, indicator_id, reason)
    flash(_("已重新开放，填报单位可以更正；原来的数仍然保留。"))
    return redirect(_row(round_id, indicator_id))


def _upload(given: FileStorage | None) -> Upload | None:
    if given is None or not given.filename:
        return None
    return Upload(clean_name(given.filename), given.read())


def _here(round_id: int) -> str:
    """The page of the table one came from."""
    state, page = request.values.get("state") or None, request.values.get("page") or None
    return url_for("indicators.reporting.fill_in", round_id=round_id, state=state, page=page)


def _row(round_id: int, indicator_id: int) -> str:
    return url_for("indicators.reporting.story", round_id=round_id, indicator_id=indicator_id)


def _page(
    round_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[int, tuple[Problem, ...]] | None = None,
    file_name: str = "",
    in_file: tuple[Problem, ...] = (),
) -> str:
    state = request.values.get("state", "")
    found = service.open_page(
        services().database,
        current(),
        round_id,
        state,
        whole(request.values.get("page")) or 1,
    )
    return render_template(
        "indicators/fill_in.html",
        found=found,
        states=service.STATE_NAMES,
        typed=typed or {},
        wrong=wrong or {},
        problems=findings(in_file, _),
        file_name=file_name,
        may_report=service.may_report(current()),
        may_certify=service.may_certify(current()),
        is_simulated=found.is_simulated,
    )


def _story(round_id: int, indicator_id: int, problems: tuple[Problem, ...] = ()) -> str:
    found = service.tell(services().database, current(), round_id, indicator_id)
    return render_template(
        "indicators/story.html",
        found=found,
        round_id=round_id,
        states=service.STATE_NAMES,
        refused=problems,
        accept=EVIDENCE_TYPES,
        may_report=service.may_report(current()),
        may_certify=service.may_certify(current()),
        is_simulated=found.is_simulated,
    )
