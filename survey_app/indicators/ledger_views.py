"""The ledgers of adjustments and vetoes: looked at, entered one by one, approved, withdrawn."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.core.uploads import Upload, clean_name
from survey_app.indicators import ledger as service
from survey_app.indicators.evidence import EvidenceStore
from survey_app.indicators.forms import AdjustmentForm, VetoForm
from survey_app.rounds.overview import overview

ledgers = Blueprint("ledgers", __name__, url_prefix="/rounds/<int:round_id>/inputs")


@ledgers.get("/adjustments")
def adjustments(round_id: int) -> str:
    """Every entry with its evidence, and what counts under the caps."""
    return _adjustments(round_id, AdjustmentForm(formdata=None))


@ledgers.post("/adjustments")
def enter_adjustment(round_id: int) -> Response | tuple[str, int]:
    """Put an entry on the ledger; with a problem, the form comes back as it was."""
    form = AdjustmentForm()
    file = _upload(form.file.data)
    given = {name: (form[name].data or "").strip() for name in service.ADJUSTMENT_FIELDS}
    made = service.enter_adjustment(
        services().database,
        EvidenceStore(services().settings),
        current().login,
        round_id,
        given,
        file,
    )
    if made.id is None:
        return _adjustments(round_id, form, made), 422
    flash(_("已登记，等待核定。"))
    return redirect(url_for("indicators.ledgers.adjustments", round_id=round_id))


@ledgers.post("/adjustments/<int:adjustment_id>/approve")
@only("admin")
def approve(round_id: int, adjustment_id: int) -> Response:
    """Give the points that count."""
    points = request.form.get("points", "")
    service.approve(services().database, current().login, round_id, adjustment_id, points)
    flash(_("已核定。"))
    return redirect(url_for("indicators.ledgers.adjustments", round_id=round_id))


@ledgers.post("/adjustments/<int:adjustment_id>/withdraw")
@only("admin")
def withdraw_adjustment(round_id: int, adjustment_id: int) -> Response:
    """Take an entry out of the sums."""
    reason = request.form.get("reason", "")
    service.withdraw_adjustment(
        services().database, current().login, round_id, adjustment_id, reason
    )
    flash(_("已撤销，台账上仍保留这一条。"))
    return redirect(url_for("indicators.ledgers.adjustments", round_id=round_id))


@ledgers.get("/vetoes")
def vetoes(round_id: int) -> str:
    """Every veto on the ledger."""
    return _vetoes(round_id, VetoForm(formdata=None))


@ledgers.post("/vetoes")
def enter_veto(round_id: int) -> Response | tuple[str, int]:
    """Put a veto on the ledger; with a problem, the form comes back as it was."""
    form = VetoForm()
    names = (*service.VETO_FIELDS, "department", "handling")
    given = {name: (form[name].data or "").strip() for name in names}
    made = service.enter_veto(
        services().database,
        EvidenceStore(services().settings),
        current().login,
        round_id,
        given,
        _upload(form.file.data),
    )
    if made.id is None:
        return _vetoes(round_id, form, made), 422
    flash(_("已登记。"))
    return redirect(url_for("indicators.ledgers.vetoes", round_id=round_id))


@ledgers.post("/vetoes/<int:veto_id>/withdraw")
@only("admin")
def withdraw_veto(round_id: int, veto_id: int) -> Response:
    """Take a veto back."""
    reason = request.form.get("reason", "")
    service.withdraw_veto(services().database, current().login, round_id, veto_id, reason)
    flash(_("已撤销，台账上仍保留这一条。"))
    return redirect(url_for("indicators.ledgers.vetoes", round_id=round_id))


def _upload(given: object) -> Upload | None:
    """The file of a form, None where none was chosen."""
    name = getattr(given, "filename", None)
    if not name or not hasattr(given, "read"):
        return None
    return Upload(clean_name(name), given.read())


def _adjustments(round_id: int, form: AdjustmentForm, made: service.Entered | None = None) -> str:
    found = service.read_ledger(services().database, round_id)
    form.offer(found.basis)
    return _page("indicators/adjustments.html", round_id, ledger=found, form=form, made=made)


def _vetoes(round_id: int, form: VetoForm, made: service.Entered | None = None) -> str:
    found = service.read_ledger(services().database, round_id)
    form.offer(found.basis)
    return _page("indicators/vetoes.html", round_id, ledger=found, form=form, made=made)


def _page(template_name: str, round_id: int, **values: object) -> str:
    row = overview(services().database, round_id).row
    return render_template(template_name, row=row, is_simulated=row.is_simulated, **values)
