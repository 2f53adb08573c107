"""The page 发布 of a round, and the published results, which anybody may read."""

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask import request as asked
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from survey_app.ballots.showing import plain_page
from survey_app.ballots.visit import look_of_address
from survey_app.core.access import current, only
from survey_app.core.errors import ProblemsError
from survey_app.core.services import services
from survey_app.disclosure.minimum import Minimum, tighten
from survey_app.publication import bundle_views, bundles, detail, service
from survey_app.publication.forms import DetailForm, PublishForm, TightenForm, WithdrawForm
from survey_app.publication.words import KINDS, hidden_rows

blueprint = Blueprint("publication", __name__)
ROOM = "/admin/rounds/<int:round_id>/publication"
blueprint.register_blueprint(bundle_views.blueprint, url_prefix=f"{ROOM}/bundle")


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    """The home page lists what is published."""
    state.app.extensions["published_rounds"] = service.all_published


@blueprint.get("/results/<key>")
@only("public")
def results(key: str) -> Response:
    """The published results of a round."""
    found = service.public_page(services().database, key)
    return plain_page(
        "publication/results.html",
        look_of_address(asked),
        found=found,
        page=found.page,
        styles=service.STYLES,
    )


@blueprint.get("/results/<key>/files/<name>")
@only("public")
def results_file(key: str, name: str) -> Response:
    """A file published beside the results of a round."""
    reply = Response(
        service.public_file(services().database, key, name), mimetype="application/octet-stream"
    )
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    reply.headers["Cache-Control"] = "no-store"
    return reply


@blueprint.get(ROOM)
def index(round_id: int) -> str:
    """What has been released, by whom, what is hidden and why."""
    return _page(round_id)


@blueprint.post(f"{ROOM}/publish")
@only("admin")
def publish(round_id: int) -> BaseResponse | tuple[str, int]:
    """Open the newest results to everybody."""
    form = PublishForm()
    if not form.validate_on_submit():
        return _page(round_id, publishing=form), 422
    held = services()
    given = held.database, held.settings, current().login, round_id, form.style.data
    try:
        service.publish(*given, with_files=form.files.data)
    except ProblemsError as error:
        problems = [problem.text(_) for problem in error.problems]
        return _page(round_id, publishing=form, problems=problems), 422
    flash(_("已公布。任何人都可以查看公布页。"))
    return _back(round_id)


@blueprint.post(f"{ROOM}/withdraw")
@only("admin")
def withdraw(round_id: int) -> BaseResponse | tuple[str, int]:
    """Close the published page."""
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _page(round_id, withdrawing=form), 422
    service.withdraw(services().database, current().login, round_id, form.reason.data)
    flash(_("已撤下。公布过的内容仍留在发布记录里。"))
    return _back(round_id)


@blueprint.post(f"{ROOM}/minimum")
@only("admin")
def minimum(round_id: int) -> BaseResponse | tuple[str, int]:
    """Ask for more ballots before a group is shown."""
    form = TightenForm()
    if not form.validate_on_submit():
        return _page(round_id, tightening=form), 422
    wanted = Minimum(form.scores.data, form.comments.data)
    try:
        tighten(services().database, current().login, round_id, wanted, form.reason.data)
    except ProblemsError as error:
        problems = [problem.text(_) for problem in error.problems]
        return _page(round_id, tightening=form, problems=problems), 422
    flash(_("已改严，从现在起按新的最低份数显示。"))
    return _back(round_id)


@blueprint.get(f"{ROOM}/comments")
def comments(round_id: int) -> str:
    """What people wrote, masked."""
    from survey_app.assessments.service import open_run
    from survey_app.publication.comments import comments_of

    held = services()
    run = open_run(held.database, held.settings, round_id)
    return render_template(
        "publication/comments.html",
        run=run,
        round_id=round_id,
        said=comments_of(run, held.settings),
        is_simulated=run.is_simulated,
    )


@blueprint.post(f"{ROOM}/detail/ask")
@only("admin", "clerk")
def ask_detail(round_id: int) -> BaseResponse | tuple[str, int]:
    """Ask another person to permit the detail export."""
    form = DetailForm()
    if not form.validate_on_submit():
        return _page(round_id, asking=form), 422
    detail.ask(services().database, current().login, round_id, form.reason.data)
    flash(_("已提出申请。另一位管理员批准后，24 小时内可以导出一次。"))
    return _back(round_id)


@blueprint.post(f"{ROOM}/detail.zip")
@only("admin", "clerk")
def export_detail(round_id: int) -> Response:
    """The answers row by row, with a permit."""
    held = services()
    content = detail.export(held.database, held.settings, current().login, round_id)
    reply = Response(content, mimetype="application/zip")
    reply.headers["Content-Disposition"] = f'attachment; filename="{detail.FILE}"'
    reply.headers["Cache-Control"] = "no-store"
    return reply


def _back(round_id: int) -> BaseResponse:
    return redirect(url_for("publication.index", round_id=round_id), code=303)


def _page(
    round_id: int,
    publishing: PublishForm | None = None,
    withdrawing: WithdrawForm | None = None,
    tightening: TightenForm | None = None,
    asking: DetailForm | None = None,
    problems: list[str] | None = None,
) -> str:
    held = services()
    found = service.desk(held.database, round_id)
    return render_template(
        "publication/index.html",
        found=found,
        round_id=round_id,
        publishing=publishing or PublishForm(formdata=None),
        withdrawing=withdrawing or WithdrawForm(formdata=None),
        tightening=tightening
        or TightenForm(formdata=None, scores=found.minimum.scores, comments=found.minimum.comments),
        asking=asking or DetailForm(formdata=None),
        problems=problems or [],
        has_permit=detail.has_permit(held.database, current().login, round_id),
        bundle_permit=bundles.has_permit(held.database, current().login, round_id),
        bundle_kind=bundles.KIND,
        kinds=KINDS,
        hidden_rows=lambda line: hidden_rows(held.database, round_id, line),
        styles=service.STYLES,
        is_simulated=found.is_simulated,
    )
