"""Watching a round, wiping its test, closing and sealing it, replacing a card."""

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from survey_app.ballots.asking import code_budget
from survey_app.ballots.cards import batch_of
from survey_app.ballots.cards import reissue as reissue_card
from survey_app.ballots.entrance import UnknownCodeError
from survey_app.closing import arrivals, service, watching
from survey_app.closing.act_views import asking
from survey_app.closing.ceremony_views import keys
from survey_app.closing.forms import CloseForm, ReissueForm
from survey_app.closing.keeping_views import keeping
from survey_app.closing.link_progress import LinkProgress
from survey_app.closing.minutes_views import minutes
from survey_app.core import clock
from survey_app.core.access import current, only
from survey_app.core.services import services
from survey_app.intake.sessions import sessions_of, uneven
from survey_app.rounds.entrance_views import cards_page
from survey_app.rounds.entrances import IssuedBatch, spec_of, switch_link
from survey_app.rounds.overview import close_what_is_due, overview

blueprint = Blueprint("closing", __name__, url_prefix="/admin/rounds/<int:round_id>")
blueprint.register_blueprint(asking)
blueprint.register_blueprint(keys)
blueprint.register_blueprint(keeping)
blueprint.register_blueprint(minutes)
REFRESH_SECONDS = 20
BIN_SECONDS = 600


@blueprint.get("/watch")
def watch(round_id: int) -> Response:
    """How much has come in, fresh every few seconds without a script."""
    held = services()
    close_what_is_due(held.database)
    found = overview(held.database, round_id)
    progress = watching.watch(held.database, held.rounds, round_id)
    page = render_template(
        "closing/watch.html",
        row=found.row,
        progress=progress,
        names=found.names,
        now=clock.now(),
        sparkline=_sparkline,
        codes=code_budget().last_hour(),
        codes_wait=code_budget().is_spent(),
        sessions=sessions_of(held.database, round_id),
        is_simulated=found.row.is_simulated,
        is_test=found.row.state == "testing",
        refresh_seconds=REFRESH_SECONDS,
    )
    response = make_response(page)
    if found.row.state in ("testing", "open"):
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _sparkline(link: LinkProgress) -> str:
    last_bin = int(clock.now().timestamp()) // BIN_SECONDS
    return arrivals.sparkline(link.arrivals, last_bin, _("最近六小时每十分钟的份数"))


@blueprint.post("/links/<int:link_id>/switch")
def switch(round_id: int, link_id: int) -> BaseResponse:
    """Take an entrance out of use, or back into it."""
    is_active = request.form.get("on") == "1"
    link = switch_link(services().database, current().login, round_id, link_id, is_active=is_active)
    words = (
        _("“{name}”已恢复使用。")
        if is_active
        else _("“{name}”已停用，扫它的人会看到“不在使用中”。")
    )
    flash(words.format(name=link.name))
    return redirect(url_for("closing.watch", round_id=round_id))


@blueprint.post("/wipe")
@only("admin")
def wipe(round_id: int) -> BaseResponse:
    """Remove everything a test brought in."""
    wiped = service.wipe_test(services().database, current().login, round_id)
    flash(_("测试数据已清除：{n} 份答卷。清除记录已写入操作记录。").format(n=wiped["ballot"]))
    return redirect(url_for("rounds.detail", round_id=round_id))


@blueprint.get("/close")
@only("admin")
def confirm_close(round_id: int) -> str:
    """What closing means, with the counts at this moment."""
    return _close_page(round_id, CloseForm())


@blueprint.post("/close")
@only("admin")
def close(round_id: int) -> BaseResponse | tuple[str, int]:
    """Close: nothing is accepted after it."""
    form = CloseForm()
    row = overview(services().database, round_id).row
    if form.validate_on_submit() and form.typed_key.data.strip() != row.key:
        form.typed_key.errors = [_("和本轮的编号不一样，请照着上面的编号输入。")]
    if form.errors:
        return _close_page(round_id, form), 422
    received = service.close_round(services().database, current().login, round_id)
    flash(_("本轮已关闭，共收到 {n} 份答卷。").format(n=received))
    return redirect(url_for("rounds.detail", round_id=round_id))


def _close_page(round_id: int, form: CloseForm) -> str:
    held = services()
    found = overview(held.database, round_id)
    return render_template(
        "closing/close.html",
        row=found.row,
        form=form,
        progress=watching.watch(held.database, held.rounds, round_id),
        uneven=uneven(held.database, round_id),
        is_simulated=found.row.is_simulated,
    )


@blueprint.post("/seal")
@only("admin")
def seal(round_id: int) -> BaseResponse:
    """Write the sealed files."""
    held = services()
    folders = service.seal(
        held.database, held.rounds, current().login, round_id, held.settings.sealed_dir
    )
    flash(_("已封存 {n} 份问卷的答卷，可以核算了。").format(n=len(folders)))
    return redirect(url_for("rounds.detail", round_id=round_id))


@blueprint.get("/reissue")
@only("admin", "clerk")
def reissue_form(round_id: int) -> str:
    """Where the code of a spoiled card is typed."""
    found = overview(services().database, round_id)
    return render_template("closing/reissue.html", row=found.row, form=ReissueForm())


@blueprint.post("/reissue")
@only("admin", "clerk")
def reissue(round_id: int) -> str | tuple[str, int]:
    """A new card in place of an old one, shown this once."""
    found = overview(services().database, round_id)
    form = ReissueForm()
    if not form.validate_on_submit():
        return render_template("closing/reissue.html", row=found.row, form=form), 422
    held, code = services(), form.code.data
    batch = batch_of(held.database, held.keys, code)
    if batch.round_id != round_id:
        raise UnknownCodeError
    fresh = reissue_card(held.database, held.keys, current().login, code)
    return cards_page(found, [IssuedBatch(batch.id, spec_of(batch), (fresh,))])
