"""The page of acts of two persons: what waits for me, what I asked for, what is done."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.accounts import guard, people, two_persons
from survey_app.accounts.act_tables import TwoPersonAct
from survey_app.accounts.forms import DecideForm
from survey_app.core import clock
from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.record.views import details

approvals = Blueprint("approvals", __name__, url_prefix="/approvals")
READERS = ("admin", "clerk", "security", "auditor")
SHOWN_DONE = 100


@approvals.get("/")
@only(*READERS)
def index() -> str:
    """Every act, the newest first."""
    return _page()


@approvals.post("/<int:act_id>")
@only("admin", "clerk", "security")
def decide(act_id: int) -> Response | tuple[str, int]:
    """Approve or decline."""
    form = DecideForm()
    note = (form.note.data or "").strip()
    if not form.validate_on_submit():
        return _page(act_id, form), 422
    held, me = services(), current()
    if form.verdict.data == "approve":
        two_persons.approve(held.database, me, act_id, note)
        flash(_("已批准并办理。"))
    elif note:
        two_persons.decline(held.database, me, act_id, note)
        flash(_("已记录：没有批准。"))
    else:
        form.note.errors = [_("不批准时请写明理由，提出的人会看到。")]
        return _page(act_id, form), 422
    return redirect(url_for("accounts.approvals.index"))


def _page(faulty: int | None = None, form: DecideForm | None = None) -> str:
    held, me = services(), current()
    found = two_persons.listed(held.database, me)
    everybody = people.read_people(held.database)
    forms = {row.id: DecideForm(formdata=None) for row in (*found.to_decide, *found.asked_by_me)}
    if faulty is not None and form is not None:
        forms[faulty] = form
    return render_template(
        "accounts/approvals.html",
        found=found,
        done=found.done[:SHOWN_DONE],
        forms=forms,
        kinds=two_persons.KINDS,
        described=_described,
        state_of=lambda row: two_persons.state_of(row, clock.now()),
        state_names=two_persons.STATE_NAMES,
        lapses=lambda row: clock.local(row.asked_at + two_persons.LAPSES_AFTER),
        local=clock.local,
        no_second={
            row.kind: two_persons.no_second(held.database, row.kind, me.login)
            for row in found.asked_by_me
        },
        me=me.login,
        who=everybody.who,
        recent=lambda login, at: people.words(everybody.recent(login, at or clock.now())),
        may_look=me.role in guard.READERS,
        say=_,
    )


def _described(row: TwoPersonAct) -> tuple[str, str]:
    """What an act is about in words, and where to look at it."""
    describe = two_persons.KINDS[row.kind].describe
    return describe(row.round_id, row.details) if describe else (details(row.details), "")
