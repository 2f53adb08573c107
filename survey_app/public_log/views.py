"""Public pages: what became of a receipt, and the heads of a round's log. No log-in, no trace.

A receipt's number travels in the body of a form only, never in an address.
"""

from typing import cast

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from survey_app.ballots import posted
from survey_app.ballots.posted import CITIZEN_BYTES
from survey_app.ballots.showing import Tools, plain_page
from survey_app.ballots.visit import Look, look_of_address, look_of_form
from survey_app.core.services import services
from survey_app.public_log import service
from survey_app.public_log.service import UnknownReceiptError
from survey_app.public_log.trees import LogTrees

blueprint = Blueprint("public_log", __name__)
BY_BUTTONS = Tools(by_buttons=True, default="submit")


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions["log_trees"] = LogTrees()


@blueprint.get("/receipt")
def ask() -> Response:
    """Where a receipt's number is typed."""
    return _receipt_page(look_of_address(request))


@blueprint.post("/receipt")
def receipt() -> Response:
    """Where a receipt stands. Looking changes nothing."""
    sent = posted.read(request, CITIZEN_BYTES)
    look = look_of_form(request, sent.reserved)
    if sent.action != "submit" or not sent.code.strip():
        return _receipt_page(look, typed=sent.code)
    try:
        found = service.look_up(services().database, sent.code)
    except UnknownReceiptError as error:
        return _receipt_page(look, typed=sent.code, error=error.text(_), status=error.status)
    return _receipt_page(look, typed=sent.code, found=found)


@blueprint.post("/receipt/proof")
def receipt_proof() -> Response:
    """The proof of a receipt as a file, to be checked anywhere."""
    sent = posted.read(request, CITIZEN_BYTES)
    proof = service.receipt_proof(services().database, _trees(), sent.code)
    response = _text(proof)
    response.headers["Content-Disposition"] = 'attachment; filename="receipt.tlog-proof"'
    return response


@blueprint.get("/log/<round_key>")
def log(round_key: str) -> Response:
    """The newest head of a log, how to keep it, and older ones."""
    found = service.open_log(services().database, round_key)
    return plain_page("public_log/log.html", look_of_address(request), log=found)


@blueprint.get("/log/<round_key>/checkpoint")
def checkpoint(round_key: str) -> Response:
    """The newest signed head, or the one over ?size= leaves."""
    size = request.args.get("size", type=int)
    return _text(service.signed_head(services().database, round_key, size))


@blueprint.get("/log/<round_key>/key")
def key(round_key: str) -> Response:
    """The key that heads are checked with."""
    return _text(f"{service.open_log(services().database, round_key).key}\n")


@blueprint.get("/log/<round_key>/consistency")
def consistency(round_key: str) -> Response:
    """What shows that ?to= leaves (the newest head) begin with the first ?from=."""
    earlier = request.args.get("from", default=0, type=int)
    later = request.args.get("to", type=int)
    return _text(service.consistency(services().database, _trees(), round_key, earlier, later))


def _receipt_page(look: Look, status: int = 200, **values: object) -> Response:
    shown = {"typed": "", "error": "", "found": None, "tools": BY_BUTTONS} | values
    return plain_page("public_log/receipt.html", look, status, **shown)


def _text(content: str) -> Response:
    response = Response(content, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response


def _trees() -> LogTrees:
    return cast(LogTrees, current_app.extensions["log_trees"])
