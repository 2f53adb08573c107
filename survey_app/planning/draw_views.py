"""Draws from rosters on screen: looked over, made, listed for everybody, and checked."""

import io

from flask import Blueprint, render_template, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import N_, InputError, Problem
from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.planning import forms, service
from survey_app.planning.asked import Basis, basis_of
from survey_app.planning.lists import Listed, list_file, read_list, template_book
from survey_app.planning.packet import DRAWN_NAME, LIST_NAME, by_hand, command_of, example_of
from survey_app.planning.service import Check, DrawSpec
from survey_app.planning.words import ALLOCATION_NAMES, METHOD_NAMES

draws = Blueprint("draws", __name__, url_prefix="/draws")
READERS = ("admin", "clerk", "viewer")
ZIP = "application/zip"


@draws.get("/")
def index(round_id: int) -> str:
    """Every draw of the round with its seed, and the form for another."""
    basis = _basis(round_id)
    form = forms.draw_form(_rosters(basis))
    form.method.data, form.seed.data = "simple", service.propose_seed()
    return _index(basis, form)


def _basis(round_id: int) -> Basis:
    return basis_of(services().database, round_id, None)


def _rosters(basis: Basis) -> dict[str, tuple[str, int]]:
    return {key: (basis.all_names.get(key, key), n) for key, n in basis.rosters.items()}


def _index(basis: Basis, form: forms.DrawForm, problems: tuple[Problem, ...] = ()) -> str:
    lines = service.list_draws(services().database, basis.row.id)
    told = [problem.text(_) for problem in problems]
    return _page("index", basis, lines=lines, form=form, problems=told)


def _page(template: str, basis: Basis, **shown: object) -> str:
    return render_template(
        f"planning/draws_{template}.html",
        basis=basis,
        row=basis.row,
        say=_,
        methods=METHOD_NAMES,
        allocations=ALLOCATION_NAMES,
        is_simulated=basis.row.is_simulated,
        **shown,
    )


@draws.get("/template.xlsx")
def template(round_id: int) -> Response:
    """An empty list."""
    return _download(template_book(), XLSX, _("抽样名单") + ".xlsx")


def _download(content: bytes, kind: str, name: str) -> Response:
    return send_file(io.BytesIO(content), mimetype=kind, as_attachment=True, download_name=name)


@draws.post("/preview")
def preview(round_id: int) -> str | tuple[str, int]:
    """What would be drawn from, or everything wrong with it; nobody is drawn yet."""
    basis = _basis(round_id)
    form = forms.draw_form(_rosters(basis))
    if not form.validate_on_submit():
        return _index(basis, form), 422
    try:
        people = _people(form)
    except InputError as error:
        return _index(basis, form, error.problems), 422
    spec = form.spec()
    problems, _outcome, _marks = service.look_over(services().database, round_id, people, spec)
    if problems:
        return _index(basis, form, tuple(problems)), 422
    ticket = keep(services().settings, current().login, Upload(LIST_NAME, list_file(people)))
    return _preview(basis, people, spec, _confirm_form(spec, ticket))


def _people(form: forms.DrawForm | forms.CheckForm) -> tuple[Listed, ...]:
    """The list that was chosen. Raises InputError."""
    if form.source.data:
        return service.roster_of(services().database, form.source.data)
    file = form.file.data
    if not file:
        raise InputError(
            [Problem(N_("名单"), N_("没有选择文件"), N_("请选择一个文件，或改选名册"))]
        )
    return read_list(clean_name(file.filename), file.read())


def _confirm_form(spec: DrawSpec, ticket: str) -> forms.ConfirmForm:
    return forms.ConfirmForm(
        formdata=None,
        ticket=ticket,
        purpose=spec.purpose,
        source=spec.source,
        method=spec.rule.method,
        n=str(spec.rule.n),
        allocation=spec.rule.allocation,
        seed=spec.rule.seed,
        announced=spec.announced,
    )


def _preview(
    basis: Basis, people: tuple[Listed, ...], spec: DrawSpec, confirm: forms.ConfirmForm
) -> str:
    _problems, outcome, marks = service.look_over(services().database, basis.row.id, people, spec)
    return _page(
        "preview", basis, spec=spec, outcome=outcome, marks=marks, confirm=confirm, n=len(people)
    )


@draws.post("/confirm")
def confirm(round_id: int) -> Response | tuple[str, int]:
    """Draw, put it on record, and hand over who was drawn: once, and kept nowhere."""
    held, form = services(), forms.ConfirmForm()
    upload = fetch(held.settings, current().login, form.ticket.data or "")
    people, spec = read_list(LIST_NAME, upload.data), form.spec()
    if not form.validate_on_submit():
        return _preview(_basis(round_id), people, spec, form), 422
    made = service.make_draw(held.database, current().login, round_id, people, spec)
    discard(held.settings, upload)
    return _download(made.packet, ZIP, _zip_name(made.number))


def _zip_name(number: int) -> str:
    name: str = _("第{number}次抽样").format(number=number)
    return f"{name}.zip"


@draws.get("/<int:number>")
def detail(round_id: int, number: int) -> str:
    """One draw: what is on record, how to repeat it, and the form that checks a list."""
    return _detail(_basis(round_id), number)


def _detail(
    basis: Basis, number: int, check: Check | None = None, problems: tuple[Problem, ...] = ()
) -> str:
    line = service.open_draw(services().database, basis.row.id, number)
    return _page(
        "detail",
        basis,
        line=line,
        draw=line.row,
        check=check,
        problems=[problem.text(_) for problem in problems],
        form=forms.check_form(_rosters(basis), line.row.source),
        command=command_of(line.rule),
        files=(LIST_NAME, DRAWN_NAME),
        by_hand=by_hand(line.rule, line.row.people),
        example=example_of(line.row.seed),
    )


@draws.post("/<int:number>/check")
@only(*READERS)
def check(round_id: int, number: int) -> Response | str | tuple[str, int]:
    """Draw again from a list: the same or not, and why; or the files once more where it is."""
    basis = _basis(round_id)
    line = service.open_draw(services().database, round_id, number)
    form = forms.check_form(_rosters(basis), line.row.source)
    try:
        if not form.validate_on_submit():
            return _detail(basis, number), 422
        people = _people(form)
    except InputError as error:
        return _detail(basis, number, None, error.problems), 422
    found = service.check_draw(line, people)
    if found.is_same and found.outcome and "download" in request.form:
        content = service.repeat(line, basis.row.title, found.outcome)
        return _download(content, ZIP, _zip_name(number))
    return _detail(basis, number, found)
