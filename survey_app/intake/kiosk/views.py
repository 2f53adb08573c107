"""A tablet's pages: start, one form, thanks, and back to the start by themselves.

They leave nothing for the next person: no mark of the device, no draft in the browser, nothing
cached, and a form nobody touches goes back to the start.
"""

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from forms.problems import N_
from survey_app.ballots import answering, posted, showing
from survey_app.ballots.asking import code_budget
from survey_app.ballots.entrance import (
    Entrance,
    UnknownCodeError,
    UnknownLinkError,
    open_entrance,
)
from survey_app.ballots.nonce import BadNonceError
from survey_app.ballots.posted import LIST_BYTES, Posted
from survey_app.ballots.showing import Said
from survey_app.ballots.views import GRACE, find_card_entrance
from survey_app.ballots.visit import Look, Visit, look_of_address, look_of_form
from survey_app.core import clock
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.core.services import services
from survey_app.intake.kiosk import service
from survey_app.rounds.channels import KIOSK

blueprint = Blueprint("kiosk", __name__, url_prefix="/kiosk")
THANKS_SECONDS = 15
LEFT_SECONDS = 20 * 60
"""A form that was left is gone after this, script or not; with the script after two minutes."""
STALE = N_("这个页面打开得太久，刚才没有记录。请重新开始。")


@blueprint.get("/<token>")
def start(token: str) -> Response:
    """Where every person begins."""
    return _start_page(_entrance(token), token, look_of_address(request))


@blueprint.post("/<token>")
def begin(token: str) -> Response:
    """An empty form, for whoever was let in."""
    sent = posted.read(request, LIST_BYTES)
    look = look_of_form(request, sent.reserved)
    entrance = _entrance(token)
    if not entrance.takes_ballots:
        return _start_page(entrance, token, look)
    given = dict(sent.answers)
    try:
        visit, value = _let_in(entrance, token, look, given)
    except DomainError as error:
        if isinstance(error, NotFoundError):
            raise
        return _start_page(entrance, token, look, error.text(_), given.get("pass", ""))
    if visit.entrance.is_used:
        return _soon_back(answering.used_page(visit), token)
    nonce = services().nonces.make(visit.entrance.round.id, visit.entrance.form_id, value)
    return _left_alone(showing.form_page(visit, nonce, (), Said()), token)


def _let_in(
    entrance: Entrance, token: str, look: Look, given: dict[str, str]
) -> tuple[Visit, bytes | None]:
    """The form for this person, and what its nonce is made of where a number was given."""
    assert entrance.link_id is not None
    held = services()
    release = service.release_of(held.database, entrance.link_id)
    text = given.get("pass", "")
    if release == "card":
        return _card_visit(entrance, token, look, text), None
    value = None
    if release == "number":
        value = service.nonce_value(
            held.database, held.keys, entrance.round.id, entrance.link_id, text
        )
    return _open_visit(entrance, token, look, given.get("ratee", "")), value


def _card_visit(entrance: Entrance, token: str, look: Look, code: str) -> Visit:
    if code_budget().is_spent():
        raise service.CodesBusyError
    card = find_card_entrance(code, place=entrance.link_id, grace=GRACE)
    if card.round.id != entrance.round.id:
        raise UnknownCodeError
    return Visit(card, card.sheet, f"/kiosk/{token}", look, code=code, is_kiosk=True)


def _open_visit(entrance: Entrance, token: str, look: Look, ratee: str) -> Visit:
    rows = entrance.sheet.rows
    numbers = {str(row.ratee): row.ratee for row in rows}
    number = rows[0].ratee if len(rows) == 1 else numbers.get(ratee)
    if number is None:
        raise NotFoundError
    key = entrance.round.ratee(number).key
    sheet = entrance.round.sheet(entrance.rater_class, (key,))
    return Visit(entrance, sheet, f"/kiosk/{token}", look, number=number, is_kiosk=True)


@blueprint.post("/<token>/answer")
@blueprint.post("/<token>/answer/<int:number>")
def take(token: str, number: int | None = None) -> Response:
    """One person's answers."""
    sent = posted.read(request, LIST_BYTES)
    look = look_of_form(request, sent.reserved)
    entrance = _entrance(token)
    if sent.code:
        try:
            visit = _card_visit(entrance, token, look, sent.code)
        except DomainError as error:
            return _start_page(entrance, token, look, error.text(_))
    elif _was_let_in(entrance, sent.nonce):
        visit = _open_visit(entrance, token, look, str(number))
    else:
        return _start_page(entrance, token, look, _(STALE))
    return _answered(visit, sent, token)


def _was_let_in(entrance: Entrance, nonce: str) -> bool:
    """Whether this form was opened at this tablet; another's nonce lets nobody in."""
    try:
        services().nonces.read(nonce, entrance.round.id, entrance.form_id)
    except BadNonceError:
        return False
    return True


def _answered(visit: Visit, sent: Posted, token: str) -> Response:
    if visit.is_list:
        response = answering.answer_list(visit, sent)
    elif sent.action == "submit":
        response = answering.answer(visit, sent)
    else:
        response = answering.shown_again(visit, sent)
    is_form = sent.action != "submit" or response.status_code in (422, 503)
    return _left_alone(response, token) if is_form else _soon_back(response, token)


def _entrance(token: str) -> Entrance:
    held = services()
    entrance = open_entrance(held.database, held.rounds, token, clock.now())
    if entrance.channel != KIOSK:
        raise UnknownLinkError
    return entrance


def _start_page(
    entrance: Entrance, token: str, look: Look, error: str = "", typed: str = ""
) -> Response:
    assert entrance.link_id is not None
    release = service.release_of(services().database, entrance.link_id)
    html = render_template(
        "intake/start.html",
        round=entrance.round,
        is_test=entrance.phase == "testing",
        elder=True,
        home=f"/kiosk/{token}",
        kiosk=f"/kiosk/{token}",
        release=release,
        phase=entrance.phase,
        units=[entrance.round.ratee(row.ratee) for row in entrance.sheet.rows],
        error=error,
        typed=typed,
        look=look,
    )
    return Response(html, 422 if error else 200, mimetype="text/html")


def _soon_back(response: Response, token: str) -> Response:
    response.headers["Refresh"] = f"{THANKS_SECONDS}; url=/kiosk/{token}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _left_alone(response: Response, token: str) -> Response:
    response.headers["Refresh"] = f"{LEFT_SECONDS}; url=/kiosk/{token}"
    response.headers["Cache-Control"] = "no-store"
    return response
