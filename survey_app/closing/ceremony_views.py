"""The pages of a sealed round's key: the ceremony, one instruction at a time, and the opening."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem
from survey_app.closing import ceremony, unsealing
from survey_app.closing.ceremony import Ceremony
from survey_app.closing.forms import HoldersForm, ShareForm, TwoSharesForm
from survey_app.core import clock
from survey_app.core.access import current, only
from survey_app.core.errors import ProblemsError
from survey_app.core.qr import qr_svg
from survey_app.core.services import services

keys = Blueprint("keys", __name__)
Refused = tuple[str, int]


@keys.get("/ceremony")
@only("admin", "clerk", "viewer")
def index(round_id: int) -> str:
    """How far the ceremony is, and the one thing to do now."""
    found = ceremony.read(services().database, round_id)
    return _page(found, _form_of(found))


@keys.post("/ceremony")
@only("admin")
def begin(round_id: int) -> BaseResponse | Refused:
    """The three holders are named; the key is made."""
    held, form = services(), HoldersForm()
    folder, by = held.settings.keys_dir, current().login
    try:
        if form.validate_on_submit():
            ceremony.begin(held.database, folder, by, round_id, form.names)
            return _onward(round_id)
    except ProblemsError as error:
        return _page(ceremony.read(held.database, round_id), form, error.problems), 422
    return _page(ceremony.read(held.database, round_id), form), 422


@keys.post("/ceremony/share/<int:number>")
@only("admin")
def show(round_id: int, number: int) -> Response:
    """A holder's sheet, shown this once."""
    held = services()
    folder, by = held.settings.keys_dir, current().login
    share = ceremony.show(held.database, folder, by, round_id, number)
    found = ceremony.read(held.database, round_id)
    page = render_template(
        "closing/share.html",
        row=found.row,
        found=found,
        share=share,
        today=clock.local(clock.now()).date(),
        qr=qr_svg(share.text, _("本份额的二维码"), "card"),
    )
    return make_response(page)


@keys.post("/ceremony/share/<int:number>/check")
@only("admin")
def confirm(round_id: int, number: int) -> BaseResponse | Refused:
    """A holder has typed the share from paper."""
    held, form = services(), ShareForm()
    try:
        if form.validate_on_submit():
            ceremony.confirm(held.database, current().login, round_id, number, form.share.data)
            flash(_("第 {n} 份核对无误。请折好、装进信封收起来。").format(n=number))
            return _onward(round_id)
    except ProblemsError as error:
        return _page(ceremony.read(held.database, round_id), form, error.problems), 422
    return _page(ceremony.read(held.database, round_id), form), 422


@keys.post("/ceremony/rehearsal")
@only("admin")
def rehearse(round_id: int) -> BaseResponse | Refused:
    """Any two holders open a trial envelope."""
    held, form = services(), TwoSharesForm()
    folder, by = held.settings.keys_dir, current().login
    try:
        if form.validate_on_submit():
            ceremony.rehearse(held.database, folder, by, round_id, form.shares)
            flash(_("演练成功：试验信封打开了。"))
            return _onward(round_id)
    except ProblemsError as error:
        return _page(ceremony.read(held.database, round_id), form, error.problems), 422
    return _page(ceremony.read(held.database, round_id), form), 422


@keys.post("/ceremony/restart")
@only("admin")
def restart(round_id: int) -> BaseResponse:
    """Everything anew; what was printed is worth nothing any more."""
    held = services()
    ceremony.restart(held.database, held.settings.keys_dir, current().login, round_id)
    flash(_("旧的密钥已经销毁，印出来的份额都已作废，请当场撕毁。请从头开始。"))
    return _onward(round_id)


@keys.get("/unseal")
@only("admin")
def unseal_form(round_id: int) -> str:
    """Where two holders type their shares after the close."""
    return _unseal_page(round_id, TwoSharesForm())


@keys.post("/unseal")
@only("admin")
def unseal(round_id: int) -> BaseResponse | Refused:
    """Open every ballot."""
    held, form = services(), TwoSharesForm()
    if not form.validate_on_submit():
        return _unseal_page(round_id, form), 422
    folder, by = held.settings.keys_dir, current().login
    try:
        n = unsealing.unseal(held.database, held.rounds, folder, by, round_id, form.shares)
    except ProblemsError as error:
        return _unseal_page(round_id, form, error.problems), 422
    flash(_("已开封 {n} 份答卷，密钥已经销毁。接下来请封存。").format(n=n))
    return redirect(url_for("rounds.detail", round_id=round_id))


def _unseal_page(round_id: int, form: FlaskForm, problems: tuple[Problem, ...] = ()) -> str:
    found = ceremony.read(services().database, round_id)
    return render_template(
        "closing/unseal.html",
        row=found.row,
        found=found,
        form=form,
        problems=[problem.text(_) for problem in problems],
        is_simulated=found.row.is_simulated,
    )


def _form_of(found: Ceremony) -> FlaskForm:
    if not found.holders:
        return HoldersForm()
    return ShareForm() if found.turn else TwoSharesForm()


def _page(found: Ceremony, form: FlaskForm, problems: tuple[Problem, ...] = ()) -> str:
    return render_template(
        "closing/ceremony.html",
        row=found.row,
        found=found,
        form=form,
        problems=[problem.text(_) for problem in problems],
        is_simulated=found.row.is_simulated,
    )


def _onward(round_id: int) -> BaseResponse:
    return redirect(url_for("closing.keys.index", round_id=round_id))
