"""The public pages of complaints: write one, look up what came of it. No log-in, no trace.

Like the raters' pages they have no session: the form's nonce and the Origin header guard them.
"""

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from forms.problems import Problem
from survey_app.ballots import posted
from survey_app.ballots.nonce import BadNonceError
from survey_app.ballots.posted import CITIZEN_BYTES, Posted, UnreadableFormError
from survey_app.ballots.showing import Tools, plain_page
from survey_app.ballots.visit import Look, look_of_address, look_of_form
from survey_app.complaints import service
from survey_app.complaints.limit import Limit, TooManyError
from survey_app.complaints.service import ComplaintSpec, UnknownCaseError, clean
from survey_app.complaints.words import STATE_NAMES, TOPIC_ABOUT, TOPIC_NAMES
from survey_app.core.services import services
from survey_app.supervision.units import unit_names

blueprint = Blueprint("complaints", __name__)
NO_ROUND = 0
FORM = "complaint"
CODE_GROUP = 4
BY_BUTTONS = Tools(by_buttons=True, default="submit")


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions["complaint_limit"] = Limit()


@blueprint.get("/complaint")
def write() -> Response:
    """An empty form."""
    channel = "qr" if request.args.get("from") == "qr" else "web"
    empty = ComplaintSpec(topic="", content="", channel=channel)
    return _form_page(look_of_address(request), empty, _new_nonce())


@blueprint.post("/complaint")
def send() -> Response:
    """Take a complaint in, and show its number and its code."""
    sent = posted.read(request, CITIZEN_BYTES)
    look = look_of_form(request, sent.reserved)
    spec = _spec(sent)
    nonce = _nonce(sent)
    if sent.action != "submit":  # only language or text size
        return _form_page(look, spec, sent.nonce)
    held = services()
    problems = service.check_complaint(held.database, spec)
    if problems:
        return _form_page(look, spec, sent.nonce, problems)
    try:
        limit: Limit = current_app.extensions["complaint_limit"]
        limit.pass_one()
    except TooManyError as error:
        return _form_page(look, spec, sent.nonce, alert=error.text(_), status=error.status)
    code = service.code_for(held.settings.secret_key, nonce, spec)
    taken = service.take(held.database, spec, code)
    parts = [code[start : start + CODE_GROUP] for start in range(0, len(code), CODE_GROUP)]
    return plain_page("complaints/taken.html", look, taken=taken, parts=parts)


@blueprint.get("/complaint/status")
def ask() -> Response:
    """Where a code is typed."""
    return _status_page(look_of_address(request))


@blueprint.post("/complaint/status")
def status() -> Response:
    """Where the case of a code stands. Looking changes nothing."""
    sent = posted.read(request, CITIZEN_BYTES)
    look = look_of_form(request, sent.reserved)
    if sent.action != "submit" or not sent.code.strip():
        return _status_page(look, typed=sent.code)
    try:
        found = service.find_status(services().database, sent.code)
    except UnknownCaseError as error:
        return _status_page(look, typed=sent.code, error=error.text(_), status=error.status)
    return _status_page(look, typed=sent.code, found=found)


def _spec(sent: Posted) -> ComplaintSpec:
    given = dict(sent.answers)
    return ComplaintSpec(
        topic=given.get("topic", ""),
        content=clean(given.get("text", "")),
        ratee=given.get("unit", ""),
        contact=clean(given.get("contact", "")),
        channel="qr" if given.get("from") == "qr" else "web",
    )


def _new_nonce() -> str:
    return services().nonces.make(NO_ROUND, FORM)


def _nonce(sent: Posted) -> bytes:
    """The random number of the form; a form that was not ours is not read."""
    try:
        return services().nonces.read(sent.nonce, NO_ROUND, FORM).value
    except BadNonceError as error:
        raise UnreadableFormError from error


def _form_page(
    look: Look,
    spec: ComplaintSpec,
    nonce: str,
    problems: list[Problem] | None = None,
    *,
    alert: str = "",
    status: int = 422,
) -> Response:
    errors = {problem.where: _say(problem) for problem in problems or ()}
    return plain_page(
        "complaints/write.html",
        look,
        status if errors or alert else 200,
        tools=BY_BUTTONS,
        given=spec,
        nonce=nonce,
        errors=errors,
        alert=alert,
        topics=TOPIC_NAMES,
        topic_about=TOPIC_ABOUT,
        units=unit_names(services().database),
    )


def _say(problem: Problem) -> str:
    words = {"what": _(problem.message), "remedy": _(problem.remedy)}
    return str(_("{what}，{remedy}。").format(**words))


def _status_page(
    look: Look,
    typed: str = "",
    error: str = "",
    status: int = 200,
    found: service.CaseStatus | None = None,
) -> Response:
    return plain_page(
        "complaints/status.html",
        look,
        status,
        tools=BY_BUTTONS,
        typed=typed,
        error=error,
        found=found,
        topics=TOPIC_NAMES,
        states=STATE_NAMES,
    )
