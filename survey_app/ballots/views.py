"""The rater's pages: posters at /r, cards at /c, and the plain pages around them."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, redirect, request
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from survey_app.ballots import answering, posted, showing
from survey_app.ballots.asking import code_budget, code_must_wait, is_stamp, new_stamp
from survey_app.ballots.code_budget import CodeBudget
from survey_app.ballots.entrance import (
    Entrance,
    MistypedError,
    OutOfBoundsError,
    Presented,
    UnknownCodeError,
    UnknownLinkError,
    VoidCardError,
    open_entrance,
    presented_entrance,
)
from survey_app.ballots.fence import Fence
from survey_app.ballots.pages import PreparedPages
from survey_app.ballots.posted import CITIZEN_BYTES, LIST_BYTES, Posted
from survey_app.ballots.typed_code import what_is_wrong
from survey_app.ballots.visit import (
    DEVICE_COOKIE,
    Look,
    card_visit,
    device_of,
    look_of_address,
    look_of_form,
    new_device,
    open_visit,
)
from survey_app.core import clock
from survey_app.core.errors import DomainError
from survey_app.core.services import Services, services
from survey_app.rounds.channels import KIOSK

blueprint = Blueprint("ballots", __name__)
YEAR_SECONDS = 365 * 24 * 3600
GRACE = timedelta(hours=1)
"""A form opened on a card's last day may still be sent a little after midnight."""
CARD_ERRORS = (MistypedError, UnknownCodeError, VoidCardError, OutOfBoundsError)


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    """What these pages need of the application."""
    held: Services = state.app.extensions["survey"]
    state.app.extensions["prepared_pages"] = PreparedPages()
    state.app.extensions["fence"] = Fence(held.database)
    state.app.extensions["code_budget"] = CodeBudget(held.settings.home / "code-attempts")
    state.app.add_template_filter(showing.breakable)


@blueprint.get("/")
def home() -> Response:
    """Where to begin without a QR code."""
    rounds = current_app.extensions.get("published_rounds", lambda _database: [])
    published = rounds(services().database)
    look = look_of_address(request)
    return showing.plain_page("ballots/home.html", look, error="", published=published)


@blueprint.get("/privacy")
def privacy() -> Response:
    """What is kept and what is not."""
    return showing.plain_page("ballots/privacy.html", look_of_address(request))


@blueprint.get("/r/<token>")
@blueprint.get("/r/<token>/<int:number>")
def poster(token: str, number: int | None = None) -> Response:
    """The form behind a poster, or the list of units it stands for."""
    visit = open_visit(_open(token), token, number, look_of_address(request))
    if not visit.entrance.takes_ballots:
        return answering.over_page(visit)
    if visit.is_list:
        return showing.choose_page(visit, request)
    response = showing.prepared_page(visit, request)
    if device_of(request) is None:
        _remember(response, DEVICE_COOKIE, new_device(), "/r", is_secret=True)
    return response


@blueprint.post("/r/<token>")
@blueprint.post("/r/<token>/<int:number>")
def poster_answer(token: str, number: int | None = None) -> BaseResponse:
    """A citizen's answers."""
    sent = posted.read(request, CITIZEN_BYTES)
    look = look_of_form(request, sent.reserved)
    visit = open_visit(_open(token), token, number, look)
    if visit.is_list:
        return redirect(visit.address, 303)
    return _remembering(answering.answer(visit, sent, device_of(request)), look)


@blueprint.get("/c")
def code_page() -> Response:
    """Where a card's code is typed."""
    return showing.code_page(look_of_address(request))


@blueprint.get("/c/<code>")
def card(code: str) -> Response:
    """The form behind a card's QR code. Looking burns nothing."""
    look = look_of_address(request)
    return _busy(code, look) if code_must_wait(code, {}) else _card_form(code, look)


@blueprint.post("/c")
def card_answer() -> Response:
    """A typed code, or the answers that came with one."""
    sent = posted.read(request, LIST_BYTES)
    look = look_of_form(request, sent.reserved)
    if not sent.nonce and sent.action != "submit":  # only language or text size
        return _remembering(showing.code_page(look, typed=sent.code), look)
    if code_must_wait(sent.code, sent.reserved):
        return _busy(sent.code, look, sent)
    if not sent.nonce:
        return _remembering(_card_form(sent.code, look), look)
    try:
        entrance = find_card_entrance(sent.code, grace=GRACE)
    except CARD_ERRORS as error:
        return _refused(error, sent.code, look)
    visit = card_visit(entrance, sent.code, look)
    if visit.is_list:
        response = answering.answer_list(visit, sent)
    elif sent.action == "submit":
        response = answering.answer(visit, sent)
    else:
        response = answering.shown_again(visit, sent)
    return _remembering(response, look)


def _card_form(code: str, look: Look) -> Response:
    try:
        visit = card_visit(find_card_entrance(code), code, look)
    except CARD_ERRORS as error:
        return _refused(error, code, look)
    if visit.entrance.is_used:
        return answering.used_page(visit)
    if not visit.entrance.takes_ballots:
        return answering.over_page(visit)
    saved = answering.saved_form(visit) if visit.is_list else None
    return saved or showing.prepared_page(visit, request)


def _busy(code: str, look: Look, sent: Posted | None = None) -> Response:
    """The page on which a code waits; whatever came with it travels along."""
    kept = sent.reserved if sent else {}
    stamp = new_stamp(code) if not is_stamp(code, kept.get("stamp", "")) else kept["stamp"]
    fields = [(name, kept[name]) for name in ("nonce", "elder", "lang") if name in kept]
    action = kept.get("action", "submit")
    answers = [*(sent.answers if sent else ()), *fields]
    return showing.busy_page(look, code, stamp, answers, action)


def _refused(error: DomainError, typed: str, look: Look) -> Response:
    """The page to type a code again, with what was typed and what is wrong with it."""
    if isinstance(error, MistypedError):
        message, values = what_is_wrong(typed)
        words = _(message).format(**values)
    else:
        words = error.text(_)
    return showing.code_page(look, error.status, words, typed)


def _open(token: str) -> Entrance:
    held = services()
    entrance = open_entrance(held.database, held.rounds, token, clock.now())
    if entrance.channel == KIOSK:  # has a door of its own
        raise UnknownLinkError
    return entrance


def find_card_entrance(
    code: str, place: int | None = None, grace: timedelta = timedelta(0)
) -> Entrance:
    """The entrance behind a code; a wrong one counts against the installation's budget.

    Raises CARD_ERRORS.
    """
    held = services()
    shown = Presented(code, clock.now(), place, grace)
    try:
        return presented_entrance(held.database, held.rounds, held.keys, shown)
    except (UnknownCodeError, VoidCardError):
        code_budget().note_wrong()
        raise


def _remembering(response: Response, look: Look) -> Response:
    """Keep language and text size for the next page; set only where a form was sent."""
    wanted = {"lang": look.language, "elder": "1" if look.is_elder else "0"}
    for name, value in wanted.items():
        if request.cookies.get(name, "0" if name == "elder" else None) != value:
            _remember(response, name, value, "/", is_secret=False)
    return response


def _remember(response: Response, name: str, value: str, path: str, *, is_secret: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS,
        path=path,
        httponly=is_secret,
        samesite="Lax",
        secure=services().settings.is_https,
    )
