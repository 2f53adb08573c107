"""The liaison's pages: rounds, turnout totals, cards issued and replaced."""

from flask import Blueprint, render_template

from forms.problems import N_
from survey_app.closing.forms import ReissueForm
from survey_app.core.access import current, only
from survey_app.core.errors import DomainError
from survey_app.core.services import services
from survey_app.liaison import service
from survey_app.liaison.forms import IssueForm
from survey_app.rounds.entrance_views import cards_page
from survey_app.rounds.overview import close_what_is_due, overview

blueprint = Blueprint("liaison", __name__, url_prefix="/admin/liaison")
TAKING = ("frozen", "open")


class SentTwiceError(DomainError):
    status = 409
    message = N_("这张表已经提交过一次，或者同时有人发了卡。")
    remedy = N_("请返回看一看现在的数量，需要时再发。")


@blueprint.get("/")
@only("liaison")
def index() -> str:
    """The rounds there are."""
    close_what_is_due(services().database)
    database = services().database
    return render_template(
        "liaison/index.html",
        rounds=service.rounds_of(database),
        names=service.class_names(database, current()),
    )


@blueprint.get("/<int:round_id>")
@only("liaison")
def round_(round_id: int) -> str:
    """Turnout of the classes in scope, and the forms."""
    return _page(round_id, _issue_form(round_id), ReissueForm())


@blueprint.post("/<int:round_id>/cards")
@only("liaison")
def issue(round_id: int) -> str | tuple[str, int]:
    """New cards, shown this once."""
    held, form = services(), _issue_form(round_id)
    if not form.validate_on_submit():
        return _page(round_id, form, ReissueForm(formdata=None)), 422
    if form.batches.data != str(service.n_batches(held.database, round_id)):
        raise SentTwiceError
    batches = service.issue(held, current(), round_id, form.rater_class.data, form.count.data or 0)
    return cards_page(overview(held.database, round_id), batches)


@blueprint.post("/<int:round_id>/reissue")
@only("liaison")
def reissue(round_id: int) -> str | tuple[str, int]:
    """A new card in place of a lost or spoiled one."""
    held, form = services(), ReissueForm()
    if not form.validate_on_submit():
        return _page(round_id, _issue_form(round_id, is_sent=False), form), 422
    batch = service.replace_card(held, current(), round_id, form.code.data)
    return cards_page(overview(held.database, round_id), [batch])


def _issue_form(round_id: int, *, is_sent: bool = True) -> IssueForm:
    database = services().database
    form = IssueForm() if is_sent else IssueForm(formdata=None)
    form.rater_class.choices = list(service.class_names(database, current()).items())
    if not form.is_submitted() or not is_sent:
        form.batches.data = str(service.n_batches(database, round_id))
    return form


def _page(round_id: int, form: IssueForm, reissue_form: ReissueForm) -> str:
    held = services()
    row = service.round_of(held.database, round_id)
    return render_template(
        "liaison/round.html",
        row=row,
        totals=service.totals(held, current(), round_id),
        form=form,
        reissue=reissue_form,
        takes_cards=row.state in TAKING,
        is_simulated=row.is_simulated,
    )
