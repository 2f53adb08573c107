"""Setting up one's own second factor, and new recovery codes."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from survey_app.accounts import second_factor
from survey_app.accounts.forms import EnrolForm
from survey_app.accounts.second_factor import WrongCodeError
from survey_app.core.access import ROLES, current, only
from survey_app.core.qr import qr_svg
from survey_app.core.services import services

factor = Blueprint("factor", __name__, url_prefix="/account/second-factor")


@factor.get("/")
@only(*ROLES)
def index() -> str:
    """The secret for the app as a picture and as text; or that it is set up."""
    return _page(EnrolForm())


@factor.post("/")
@only(*ROLES)
def confirm() -> str | tuple[str, int]:
    """Turn it on by a first code, and show the recovery codes this once."""
    form, held = EnrolForm(), services()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        codes = second_factor.confirm(
            held.database, held.settings, current(), form.sealed.data, _digits(form)
        )
    except WrongCodeError as error:
        form.code.errors = [error.text(_)]
        return _page(form), 422
    return render_template("accounts/recovery_codes.html", codes=codes)


@factor.post("/recovery")
@only(*ROLES)
def renew() -> str | tuple[str, int]:
    """New recovery codes; the old ones stop working."""
    form, held = EnrolForm(), services()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        codes = second_factor.renew_recovery_codes(
            held.database, held.settings, current(), form.code.data
        )
    except WrongCodeError as error:
        form.code.errors = [error.text(_)]
        return _page(form), 422
    return render_template("accounts/recovery_codes.html", codes=codes)


def _digits(form: EnrolForm) -> str:
    return "".join((form.code.data or "").split())


def _page(form: EnrolForm) -> str:
    held, me = services(), current()
    if second_factor.has_second_factor(held.database, me.id):
        left = second_factor.n_recovery_codes(held.database, me.id)
        return render_template("accounts/second_factor.html", form=form, is_on=True, left=left)
    made = second_factor.begin(held.settings, me, form.sealed.data or "")
    form.sealed.data = made.sealed
    return render_template(
        "accounts/second_factor.html",
        form=form,
        is_on=False,
        secret=" ".join(made.secret[i : i + 4] for i in range(0, len(made.secret), 4)),
        code=qr_svg(made.address, _("动态码的二维码"), "card"),
        is_needed=second_factor.is_needed(held.settings, me.role),
    )
