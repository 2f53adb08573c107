"""Rounds: the start page, the list, setting one up, and its steps up to opening."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.problems import InputError, Problem
from forms.questionnaire import SHORT_SUFFIX, Questionnaire, library
from survey_app.accounts import guard
from survey_app.core import clock
from survey_app.core.access import ROLES, current, only
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.core.uploads import clean_name
from survey_app.record import round_log
from survey_app.register import service as register_service
from survey_app.register.names import ratee_class_name
from survey_app.register.reading import Register
from survey_app.rounds import codes, life, service
from survey_app.rounds.bindings import NOT_ASKED, as_bindings, as_choices, has_codes, preset
from survey_app.rounds.entrance_views import entrances
from survey_app.rounds.forms import KEPT, UPLOADED, RoundForm, round_form
from survey_app.rounds.overview import PATH, Overview, close_what_is_due, home, overview
from survey_app.rounds.schemes import DEFAULT_SCHEME, Offered, offered, value_of
from survey_app.rounds.service import RoundSpec
from survey_app.rounds.tables import Round
from survey_app.schemes.books import MAX_BOOK_BYTES, read_file

PRESET = "preset"
"""The button that chooses questionnaires again, beside the one that saves."""

blueprint = Blueprint("rounds", __name__, url_prefix="/admin")
blueprint.register_blueprint(entrances)


blueprint.add_app_template_filter(ratee_class_name, "ratee_class")
blueprint.add_app_template_filter(codes.display, "typed_code")


@blueprint.app_template_filter("local_time")
def local_time(moment: datetime | None) -> str:
    """A moment on the offices' clocks, to the minute."""
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else "—"


@blueprint.app_template_filter("told")
def told(problem: Problem) -> str:
    """A problem as one sentence."""
    return problem.text(_)


@blueprint.get("/")
@only(*ROLES)
def start() -> str | Response:
    """What needs doing now; a role with a scope goes to the one place it works at."""
    if current().role not in guard.READERS:
        return redirect(guard.home_of(current().role))
    close_what_is_due(services().database)
    return render_template("rounds/start.html", home=home(services().database), path=PATH)


@blueprint.get("/rounds/")
def index() -> str:
    """Every round, newest first."""
    close_what_is_due(services().database)
    found = home(services().database)
    return render_template("rounds/index.html", rounds=found.rounds)


@blueprint.get("/questionnaires/<key>")
def questionnaire(key: str) -> str:
    """A questionnaire of the library, as raters will read it."""
    form = library().get(key.removesuffix(SHORT_SUFFIX))
    if form is None:
        raise NotFoundError
    is_short = key.endswith(SHORT_SUFFIX)
    return render_template(
        "rounds/questionnaire.html", form=form.short() if is_short else form, is_short=is_short
    )


@blueprint.get("/rounds/new")
@only("admin", "clerk")
def new() -> str:
    """A form that begins with what the usual scheme counts."""
    register = register_service.read_present(services().database)
    schemes = offered(services().database)
    forms = preset(register, schemes[DEFAULT_SCHEME].scheme)
    is_sealed = has_codes(register, forms)
    form = round_form(register, forms, schemes)(scheme=DEFAULT_SCHEME, is_sealed=is_sealed)
    return _form_page(form, None)


@blueprint.post("/rounds/new")
def create() -> Response | tuple[str, int] | str:
    """A new draft; or the same form, with the questionnaires its scheme counts."""
    held = services()
    register = register_service.read_present(held.database)
    schemes = offered(held.database)
    form = round_form(register, {}, schemes)()
    if PRESET in request.form:
        return _preset_page(form, register, schemes, None)
    scheme, problems = _chosen_scheme(form, schemes, "")
    if not form.validate_on_submit() or problems:
        return _form_page(form, None, problems), 422
    round_id = service.create_round(
        held.database, held.keys, current().login, form.key.data, _spec(form, scheme)
    )
    flash(_("已建立轮次“{title}”。").format(title=form.title.data))
    return redirect(url_for("rounds.detail", round_id=round_id))


@blueprint.get("/rounds/<int:round_id>/edit")
@only("admin", "clerk")
def edit(round_id: int) -> str:
    """A draft, to be changed."""
    found = overview(services().database, round_id)
    row, schemes = found.row, offered(services().database)
    form = _edit_form(found, schemes)(
        title=row.title,
        key=row.key,
        organiser=row.organiser,
        phone=row.phone,
        close_at=clock.local(row.close_at) if row.close_at else None,
        target_per_ratee=row.target_per_ratee,
        is_simulated=row.is_simulated,
        is_sealed=row.is_sealed,
        keep_days=row.keep_days,
        period=row.period,
        scheme=value_of(row.scheme_toml, schemes) or KEPT,
    )
    return _form_page(form, row)


@blueprint.post("/rounds/<int:round_id>/edit")
def save(round_id: int) -> Response | tuple[str, int] | str:
    """Change a draft; or the same form, with the questionnaires its scheme counts."""
    found = overview(services().database, round_id)
    schemes = offered(services().database)
    form = _edit_form(found, schemes)()
    form.key.data = found.row.key
    if PRESET in request.form:
        return _preset_page(form, found.register, schemes, found.row)
    scheme, problems = _chosen_scheme(form, schemes, found.row.scheme_toml)
    if not form.validate_on_submit() or problems:
        return _form_page(form, found.row, problems), 422
    service.update_round(services().database, current().login, round_id, _spec(form, scheme))
    flash(_("已保存。"))
    return redirect(url_for("rounds.detail", round_id=round_id))


def _edit_form(found: Overview, schemes: Mapping[str, Offered]) -> type[RoundForm]:
    text = found.row.scheme_toml
    scheme, _problems = life.read_scheme(found.row)
    kept = str(scheme.title) if scheme and value_of(text, schemes) is None else None
    return round_form(found.register, as_choices(found.row.bindings), schemes, kept)


def _preset_page(
    form: RoundForm, register: Register, schemes: Mapping[str, Offered], row: Round | None
) -> str:
    """What was typed, with the questionnaires the chosen scheme counts."""
    choice = form.scheme.data
    if choice == KEPT and row is not None:
        scheme, _problems = life.read_scheme(row)
    else:
        scheme = schemes[choice].scheme if choice in schemes else None
    if scheme is None:
        flash(_("请先选一个方案；上传的方案保存以后才能预选。"))
        return _form_page(form, row)
    forms = preset(register, scheme)
    for pair, name in form.names.items():
        form[name].data = forms.get(pair, NOT_ASKED)
    form.is_sealed.data = has_codes(register, forms)
    return _form_page(form, row)


def _chosen_scheme(
    form: RoundForm, schemes: Mapping[str, Offered], kept: str
) -> tuple[str, tuple[Problem, ...]]:
    """The text of the scheme that was chosen or uploaded, and all that is wrong with it."""
    choice = form.scheme.data
    if choice == KEPT:
        return kept, ()
    if choice != UPLOADED:
        return (schemes[choice].text if choice in schemes else ""), ()
    file = form.scheme_file.data
    data = file.read(MAX_BOOK_BYTES + 1) if file else b""
    try:
        return read_file(clean_name(file.filename) if file else "", data), ()
    except InputError as error:
        return "", error.problems


def _spec(form: RoundForm, scheme: str) -> RoundSpec:
    close_at = form.close_at.data
    return RoundSpec(
        title=form.title.data.strip(),
        organiser=form.organiser.data.strip(),
        phone=form.phone.data.strip(),
        scheme_toml=scheme,
        bindings=as_bindings(form.pairs()),
        target_per_ratee=form.target_per_ratee.data,
        close_at=close_at.replace(tzinfo=clock.LOCAL) if close_at else None,
        is_simulated=form.is_simulated.data,
        period=(form.period.data or "").strip(),
        is_sealed=form.is_sealed.data,
        keep_days=form.keep_days.data or service.KEEP_DAYS,
    )


def _form_page(form: RoundForm, row: Round | None, problems: tuple[Problem, ...] = ()) -> str:
    raters = list(dict.fromkeys(rater for rater, _ratee in form.names))
    ratees = list(dict.fromkeys(ratee for _rater, ratee in form.names))
    return render_template(
        "rounds/form.html",
        form=form,
        row=row,
        raters=raters,
        ratees=ratees,
        questionnaires=_library(),
        register=register_service.read_present(services().database),
        problems=[problem.text(_) for problem in problems],
    )


def _library() -> list[Questionnaire]:
    return list(library().values())


@blueprint.get("/rounds/<int:round_id>")
def detail(round_id: int) -> str:
    """One round: where it stands, what comes next and what is in the way."""
    close_what_is_due(services().database)
    found = overview(services().database, round_id)
    scheme, _problems = life.read_scheme(found.row)
    log_problem = round_log.problem(services().database, round_id)
    return render_template(
        "rounds/detail.html",
        found=found,
        row=found.row,
        scheme=scheme,
        path=PATH,
        library=library(),
        has_log=round_log.is_kept(services().database, round_id),
        log_problem=log_problem.text(_) if log_problem else "",
        is_simulated=found.row.is_simulated,
        is_test=found.row.state == "testing",
        left_out=[found.names.rater_class(key) for key in found.left_out],
    )


@blueprint.post("/rounds/<int:round_id>/test")
def start_test(round_id: int) -> Response:
    """Let trial ballots in."""
    service.start_test(services().database, current().login, round_id)
    flash(_("测试已开始。请用海报或评议卡试填几份，满意后清除测试数据。"))
    return redirect(url_for("rounds.detail", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/freeze")
def freeze(round_id: int) -> Response:
    """Fix questions, scheme, ratees and rater classes."""
    service.freeze(services().database, current().login, round_id)
    flash(_("已冻结。题目、方案和评议对象不能再改。"))
    return redirect(url_for("rounds.detail", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/unfreeze")
@only("admin")
def unfreeze(round_id: int) -> Response:
    """Back to a draft."""
    service.unfreeze(services().database, current().login, round_id)
    flash(_("已解除冻结，可以修改设置。"))
    return redirect(url_for("rounds.detail", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/open")
@only("admin")
def open_(round_id: int) -> Response:
    """Let raters in."""
    service.open_round(services().database, current().login, round_id)
    flash(_("本轮已开放，可以开始评议。"))
    return redirect(url_for("rounds.detail", round_id=round_id))
