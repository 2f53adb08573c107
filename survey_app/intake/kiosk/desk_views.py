"""What operators do with tablets: setting one up, and printing its numbers for today."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.core import clock
from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.intake.forms import KioskForm, NumbersForm
from survey_app.intake.kiosk import service
from survey_app.intake.kiosk.service import KioskLine
from survey_app.rounds.entrance_views import addresses, rated_by, scope_choices, scope_of
from survey_app.rounds.forms import class_choices
from survey_app.rounds.overview import Overview, overview

desk = Blueprint("kiosks", __name__, url_prefix="/kiosks")


def kiosk_lines(found: Overview) -> Sequence[KioskLine]:
    """The tablets of a round."""
    return service.kiosks_of(services().database, found.row.id)


def kiosk_form(found: Overview) -> KioskForm:
    form = KioskForm(prefix="k-")
    form.rater_class.choices = class_choices(found.register, found.bound_classes)
    form.scope.choices = scope_choices(found.ratees)
    return form


def _page(found: Overview, form: KioskForm) -> str:
    return render_template(
        "intake/kiosks.html",
        found=found,
        row=found.row,
        form=form,
        kiosks=kiosk_lines(found),
        base=addresses().base,
        is_simulated=found.row.is_simulated,
        is_test=found.row.state == "testing",
    )


@desk.get("/")
def index(round_id: int) -> str:
    """The tablets, and a form for another."""
    found = overview(services().database, round_id)
    return _page(found, kiosk_form(found))


@desk.post("/")
def add(round_id: int) -> Response | tuple[str, int]:
    """Set up a tablet."""
    found = overview(services().database, round_id)
    form = kiosk_form(found)
    if not form.validate_on_submit():
        return _page(found, form), 422
    rated = rated_by(found, form.rater_class.data)
    scope = scope_of(rated, form.scope.data)
    if not rated or (form.scope.data != "all" and not scope):
        form.scope.errors = [_("这类评议主体不评这些评议对象，请另选范围。")]
        return _page(found, form), 422
    service.add(
        services().database,
        current().login,
        round_id,
        form.name.data.strip(),
        form.rater_class.data,
        scope,
        form.release.data,
    )
    flash(_("平板入口已建好。请在平板的浏览器里打开下面的地址，设为全屏。"))
    return redirect(url_for("intake.kiosks.index", round_id=round_id))


@desk.get("/<int:link_id>/numbers")
@only("admin", "clerk")
def ask_numbers(round_id: int, link_id: int) -> str:
    """How many numbers to print."""
    return _numbers_page(round_id, link_id, NumbersForm(), [])


@desk.post("/<int:link_id>/numbers")
def numbers(round_id: int, link_id: int) -> str | tuple[str, int]:
    """Numbers for today, shown this once."""
    form = NumbersForm()
    one = service.kiosk_of(services().database, round_id, link_id)
    if not form.validate_on_submit():
        return _numbers_page(round_id, link_id, form, []), 422
    made = service.new_numbers(services().keys, round_id, one.link.id, form.count.data)
    return _numbers_page(round_id, link_id, form, made)


def _numbers_page(round_id: int, link_id: int, form: NumbersForm, made: Sequence[str]) -> str:
    found = overview(services().database, round_id)
    return render_template(
        "intake/numbers.html",
        row=found.row,
        one=service.kiosk_of(services().database, round_id, link_id),
        form=form,
        numbers=made,
        today=clock.local(clock.now()).date(),
        is_simulated=found.row.is_simulated,
    )
