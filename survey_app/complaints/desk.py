"""The operators' pages of complaints; units do not see who complains of them."""

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.complaints import service
from survey_app.complaints.books import complaint_ledger
from survey_app.complaints.forms import StepForm, complaint_form
from survey_app.complaints.words import (
    ACT_NAMES,
    CHANNEL_NAMES,
    HANDLING_NAMES,
    STATE_NAMES,
    TOPIC_NAMES,
    case_number,
)
from survey_app.core.access import current, only
from survey_app.core.qr import qr_svg
from survey_app.core.services import services
from survey_app.core.template_books import XLSX
from survey_app.supervision.units import unit_names

complaints = Blueprint("complaint_desk", __name__, url_prefix="/complaints")


@complaints.get("/")
def index() -> str:
    """The cases, filtered."""
    state, topic = request.args.get("state", ""), request.args.get("topic", "")
    cases = service.list_complaints(services().database, state, topic)
    return render_template(
        "complaints/index.html",
        cases=cases,
        state=state,
        topic=topic,
        units=unit_names(services().database),
        is_simulated=any(one.is_simulated for one in cases),
        **_words(),
    )


def _words() -> dict[str, object]:
    return {
        "topics": TOPIC_NAMES,
        "states": STATE_NAMES,
        "channels": CHANNEL_NAMES,
        "handlings": HANDLING_NAMES,
        "act_names": ACT_NAMES,
        "case_number": case_number,
    }


@complaints.get("/poster")
def poster() -> str:
    """The QR code of the public page, to be put up."""
    settings = services().settings
    address = f"{settings.base_url or request.host_url.rstrip('/')}/complaint?from=qr"
    return render_template(
        "complaints/poster.html", address=address, code=qr_svg(address, _("举报投诉的二维码"))
    )


@complaints.get("/new")
@only("admin", "clerk")
def new() -> str:
    """What came by phone or box."""
    return _form_page()


def _form_page() -> str:
    form = complaint_form(unit_names(services().database))
    return render_template("complaints/enter.html", form=form)


@complaints.post("/new")
def create() -> str | tuple[str, int]:
    """Take it in; the code is shown this once, for the caller."""
    held = services().database
    form = complaint_form(unit_names(held))
    if not form.validate_on_submit():
        return render_template("complaints/enter.html", form=form), 422
    taken = service.enter(held, current().login, form.spec())
    return render_template("complaints/entered.html", taken=taken)


@complaints.get("/<int:complaint_id>")
def case(complaint_id: int) -> str:
    """One case and its log. Who only reads does not see the contact."""
    row, acts = service.open_complaint(services().database, complaint_id)
    names = unit_names(services().database)
    return render_template(
        "complaints/case.html",
        row=row,
        acts=acts,
        unit=names.get(row.ratee, row.ratee),
        number=case_number(row.year, row.number),
        form=StepForm(formdata=None),
        is_simulated=row.is_simulated,
        **_words(),
    )


@complaints.post("/<int:complaint_id>/investigate")
def investigate(complaint_id: int) -> Response:
    """受理 → 调查."""
    form = StepForm()
    service.investigate(
        services().database,
        current().login,
        complaint_id,
        form.handling.data or "",
        form.handler.data or "",
        form.words.data or "",
    )
    return _done(complaint_id)


@complaints.post("/<int:complaint_id>/note")
def note(complaint_id: int) -> Response:
    """What the investigation found so far."""
    service.note(services().database, current().login, complaint_id, StepForm().words.data or "")
    return _done(complaint_id)


@complaints.post("/<int:complaint_id>/inform")
def inform(complaint_id: int) -> Response:
    """反馈投诉人."""
    service.inform(services().database, current().login, complaint_id, StepForm().words.data or "")
    return _done(complaint_id)


@complaints.post("/<int:complaint_id>/file")
def file(complaint_id: int) -> Response:
    """报监察人事备案."""
    service.report(services().database, current().login, complaint_id, StepForm().words.data or "")
    return _done(complaint_id)


@complaints.post("/<int:complaint_id>/close")
def close(complaint_id: int) -> Response:
    """办结."""
    service.close(services().database, current().login, complaint_id, StepForm().words.data or "")
    return _done(complaint_id)


def _done(complaint_id: int) -> Response:
    flash(_("已记录。"))
    return redirect(url_for("followup.complaint_desk.case", complaint_id=complaint_id))


@complaints.get("/ledger.xlsx")
def ledger() -> Response:
    """举报投诉台账, without what could tell who complained."""
    held = services().database
    content = complaint_ledger(service.list_complaints(held), unit_names(held))
    return send_file(
        io.BytesIO(content),
        mimetype=XLSX,
        as_attachment=True,
        download_name=_("举报投诉台账") + ".xlsx",
    )
