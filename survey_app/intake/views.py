"""Paper sessions and telephone batches of a round: announcing, counting, entering, minutes."""

import io
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forms.decoder import FieldError
from forms.problems import InputError, Problem
from survey_app.ballots.paper import paper
from survey_app.core.access import current, only
from survey_app.core.errors import ProblemsError
from survey_app.core.languages import current as current_language
from survey_app.core.services import services
from survey_app.core.spreadsheet import findings
from survey_app.core.template_books import XLSX
from survey_app.core.uploads import Upload, clean_name, discard, fetch, keep
from survey_app.intake import books, entering, sessions, voiding
from survey_app.intake.entering import Desk, Entered
from survey_app.intake.forms import CountForm, FormsFile, SessionForm, TicketForm, VoidForm
from survey_app.intake.kiosk import desk_views as kiosk_desk
from survey_app.intake.reading import read_typed
from survey_app.intake.sessions import SessionSpec, Standing
from survey_app.rounds.entrance_views import rated_by, scope_choices, scope_of
from survey_app.rounds.forms import class_choices
from survey_app.rounds.overview import Overview, overview

blueprint = Blueprint("intake", __name__, url_prefix="/admin/rounds/<int:round_id>/intake")
blueprint.register_blueprint(kiosk_desk.desk)


def desk() -> Desk:
    """What entering needs, of the application that serves this request."""
    held = services()
    return Desk(held.database, held.keys, held.rounds)


@blueprint.get("/")
def index(round_id: int) -> str:
    """Every session and tablet of a round, and a form for another session."""
    found = overview(services().database, round_id)
    return _index_page(found, _session_form(found))


def _index_page(found: Overview, form: SessionForm) -> str:
    database = services().database
    return render_template(
        "intake/index.html",
        found=found,
        row=found.row,
        form=form,
        standings=sessions.sessions_of(database, found.row.id),
        kiosks=kiosk_desk.kiosk_lines(found),
        kiosk_form=kiosk_desk.kiosk_form(found),
        is_simulated=found.row.is_simulated,
        is_test=found.row.state == "testing",
    )


def _session_form(found: Overview) -> SessionForm:
    form = SessionForm(prefix="s-")
    form.rater_class.choices = class_choices(found.register, found.bound_classes)
    form.scope.choices = scope_choices(found.ratees)
    return form


@blueprint.post("/sessions")
def announce(round_id: int) -> Response | tuple[str, int]:
    """Make a session."""
    found = overview(services().database, round_id)
    form = _session_form(found)
    if not form.validate_on_submit():
        return _index_page(found, form), 422
    rated = rated_by(found, form.rater_class.data)
    scope = scope_of(rated, form.scope.data)
    if not rated or (form.scope.data != "all" and not scope):
        form.scope.errors = [_("这类评议主体不评这些评议对象，请另选范围。")]
        return _index_page(found, form), 422
    spec = SessionSpec(
        kind=form.kind.data,
        name=form.name.data.strip(),
        place=form.place.data.strip(),
        held_on=form.held_on.data,
        tellers=form.tellers.data.strip(),
        rater_class=form.rater_class.data,
        stratum=(form.stratum.data or "").strip(),
        scope=scope,
        issued=form.issued.data,
    )
    held = services()
    made = sessions.announce(held.database, held.keys, current().login, round_id, spec)
    return _to_session(round_id, made)


def _to_session(round_id: int, session_id: int) -> Response:
    return redirect(url_for("intake.session", round_id=round_id, session_id=session_id))


@blueprint.get("/sessions/<int:session_id>")
def session(round_id: int, session_id: int) -> str:
    """One session: where it stands, and what comes next."""
    return _session_page(round_id, session_id)


def _session_page(
    round_id: int,
    session_id: int,
    *,
    count: CountForm | None = None,
    void: VoidForm | None = None,
    problems: list[Problem] | None = None,
    file_name: str = "",
) -> str:
    found = overview(services().database, round_id)
    return render_template(
        "intake/session.html",
        found=found,
        row=found.row,
        one=sessions.session_of(services().database, round_id, session_id),
        count=count or CountForm(),
        file=FormsFile(),
        void=void or VoidForm(prefix="void-"),
        findings=findings(problems or [], _),
        file_name=file_name,
        is_simulated=found.row.is_simulated,
        is_test=found.row.state == "testing",
    )


@blueprint.post("/sessions/<int:session_id>/count")
def count(round_id: int, session_id: int) -> Response | tuple[str, int]:
    """Put down what was collected and spoiled."""
    form = CountForm()
    if not form.validate_on_submit():
        return _session_page(round_id, session_id, count=form), 422
    is_void = sessions.count(
        services().database,
        current().login,
        round_id,
        session_id,
        form.collected.data,
        form.spoiled.data,
    )
    if is_void:
        flash(_("收回的比发出的多，这一场作废，它的票不能计入。"), "warning")
    else:
        flash(_("份数已登记，可以录入了。"))
    return _to_session(round_id, session_id)


@blueprint.get("/sessions/<int:session_id>/template.xlsx")
@only("admin", "clerk")
def template(round_id: int, session_id: int) -> Response:
    """The workbook to type the forms into."""
    standing = sessions.session_of(services().database, round_id, session_id)
    content = books.template(standing, entering.asked_of(desk(), standing))
    return send_file(
        io.BytesIO(content),
        mimetype=XLSX,
        as_attachment=True,
        download_name=_("录入模板-{name}.xlsx").format(name=standing.row.name),
    )


@blueprint.post("/sessions/<int:session_id>/import")
def preview(round_id: int, session_id: int) -> str | tuple[str, int]:
    """What a file would bring, or everything wrong with it; nothing is entered."""
    form = FormsFile()
    if not form.validate_on_submit():
        problems = [Problem(_("文件"), _("没有选择文件"), _("请选择填好的模板再上传"))]
        return _session_page(round_id, session_id, problems=problems), 422
    upload = Upload(clean_name(form.file.data.filename), form.file.data.read())
    try:
        plan = entering.read(desk(), round_id, session_id, upload)
    except (InputError, ProblemsError) as error:
        problems = list(error.problems)
        page = _session_page(round_id, session_id, problems=problems, file_name=upload.name)
        return page, 422
    ticket = keep(services().settings, current().login, upload)
    found = overview(services().database, round_id)
    return render_template(
        "intake/preview.html",
        row=found.row,
        one=plan.standing,
        plan=plan,
        upload=upload,
        confirm=TicketForm(formdata=None, ticket=ticket),
        is_simulated=found.row.is_simulated,
    )


@blueprint.post("/sessions/<int:session_id>/confirm")
def confirm(round_id: int, session_id: int) -> Response:
    """Enter what was previewed."""
    upload = fetch(services().settings, current().login, TicketForm().ticket.data or "")
    forms = entering.read(desk(), round_id, session_id, upload)
    entered = entering.enter(
        desk(), current().login, round_id, session_id, (*forms.new, *forms.before)
    )
    discard(services().settings, upload)
    _tell(entered)
    return _to_session(round_id, session_id)


def _tell(entered: Entered) -> None:
    if entered.new or not entered.before:
        flash(_("录入 {n} 张。").format(n=entered.new))
    if entered.before:
        flash(_("有 {n} 张以前录过，没有重复计入。").format(n=entered.before), "warning")
    if entered.failed:
        numbers = "、".join(entered.failed[:20])
        flash(_("下列编号没有录入，请再上传一次：{numbers}").format(numbers=numbers), "error")


@blueprint.get("/sessions/<int:session_id>/type")
@only("admin", "clerk")
def typing(round_id: int, session_id: int) -> str:
    """A form to type one paper."""
    return _typing_page(_standing(round_id, session_id))


@blueprint.post("/sessions/<int:session_id>/type")
def typed(round_id: int, session_id: int) -> Response | tuple[str, int]:
    """Enter the paper that was typed, and show an empty form for the next."""
    standing = _standing(round_id, session_id)
    given = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    number = next((value for name, value in given if name == "number"), "")
    answers = [pair for pair in given if pair[0] != "number"]
    form, problems, errors = read_typed(number, answers, entering.asked_of(desk(), standing))
    if form is None:
        return _typing_page(standing, number, answers, problems, errors), 422
    entered = entering.enter(desk(), current().login, round_id, session_id, [form])
    if entered.before:
        flash(_("{number} 号以前录过，这一次没有计入。").format(number=form.number), "warning")
    elif entered.failed:
        flash(_("{number} 号没有录入，请再录一次。").format(number=form.number), "error")
    else:
        flash(_("{number} 号已录入。").format(number=form.number))
    return redirect(url_for("intake.typing", round_id=round_id, session_id=session_id))


def _standing(round_id: int, session_id: int) -> Standing:
    return sessions.session_of(services().database, round_id, session_id)


def _typing_page(
    standing: Standing,
    number: str = "",
    given: Sequence[tuple[str, str]] = (),
    problems: Sequence[Problem] = (),
    errors: Sequence[FieldError] = (),
) -> str:
    asked = entering.asked_of(desk(), standing)
    found = overview(services().database, standing.row.round_id)
    return render_template(
        "intake/typing.html",
        row=found.row,
        one=standing,
        number=number,
        paper=paper(asked.round, asked.sheet, current_language(), _, given, errors),
        problems=[problem.text(_) for problem in problems],
        elder=False,
        is_simulated=found.row.is_simulated,
    )


@blueprint.get("/sessions/<int:session_id>/minutes")
def minutes(round_id: int, session_id: int) -> str:
    """The record of a session, to print and sign."""
    found = overview(services().database, round_id)
    return render_template(
        "intake/minutes.html",
        row=found.row,
        found=found,
        one=_standing(round_id, session_id),
        is_simulated=found.row.is_simulated,
    )


@blueprint.post("/sessions/<int:session_id>/void")
def void(round_id: int, session_id: int) -> Response | tuple[str, int]:
    """Ask another person to make a session void."""
    form = VoidForm(prefix="void-")
    if not form.validate_on_submit():
        return _session_page(round_id, session_id, void=form), 422
    voiding.ask(services().database, current().login, round_id, session_id, form.reason.data)
    flash(_("已提出，等另一位操作员在“待批事项”中批准。批准以前这一场照常有效。"))
    return _to_session(round_id, session_id)
