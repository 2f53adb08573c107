"""Asking for what only another operator may approve: a round's acts, and permits."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.accounts import two_persons
from survey_app.accounts.forms import ReasonForm
from survey_app.closing import acts
from survey_app.closing.forms import TimedReasonForm
from survey_app.core import clock
from survey_app.core.access import current, only
from survey_app.core.errors import ForbiddenError, NotFoundError
from survey_app.core.services import services
from survey_app.rounds.overview import overview

asking = Blueprint("asking", __name__, url_prefix="/ask")


@asking.get("/<kind>")
@only("admin", "clerk")
def form(round_id: int, kind: str) -> str:
    """What the act means, and the reason."""
    _check(kind)
    return _page(round_id, kind, _form(kind))


@asking.post("/<kind>")
@only("admin", "clerk")
def ask(round_id: int, kind: str) -> Response | tuple[str, int]:
    """Put it before the others."""
    _check(kind)
    filled = _form(kind)
    if not filled.validate_on_submit():
        return _page(round_id, kind, filled), 422
    held, me = services(), current()
    if kind in acts.NAMES:
        said = filled.close_at.data if kind in acts.TIMED else None
        close_at = said.replace(tzinfo=clock.LOCAL) if said else None
        acts.ask(held.database, me.login, kind, round_id, filled.reason.data, close_at)
    else:
        acts.ask_permit(held.database, me.login, kind, round_id, filled.reason.data)
    flash(_("已提出，等另一位操作员批准。"))
    return redirect(url_for("accounts.approvals.index"))


def _check(kind: str) -> None:
    """Here one asks for a round's acts and for permits about it; each kind says who may."""
    known = two_persons.KINDS.get(kind)
    is_permit = known is not None and known.is_of_round and known.carry_out is None
    if known is None or not (kind in acts.NAMES or is_permit):
        raise NotFoundError
    if not current().has_role(*known.askers):
        raise ForbiddenError


def _form(kind: str) -> ReasonForm:
    return TimedReasonForm() if kind in acts.TIMED else ReasonForm()


def _page(round_id: int, kind: str, filled: ReasonForm) -> str:
    held = services()
    row = overview(held.database, round_id).row
    return render_template(
        "closing/ask.html",
        row=row,
        kind=kind,
        name=_(two_persons.KINDS[kind].name),
        is_permit=kind not in acts.NAMES,
        form=filled,
        no_second=two_persons.no_second(held.database, kind, current().login),
        is_simulated=row.is_simulated,
    )
