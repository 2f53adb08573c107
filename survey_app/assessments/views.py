"""Results of a round, the trace of each score, and the button that assesses."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.assessments import decisions as deciding
from survey_app.assessments import service
from survey_app.assessments.decision_views import decisions
from survey_app.assessments.earlier import earlier_run
from survey_app.assessments.grading import GradeLine
from survey_app.assessments.releasing import enter_file
from survey_app.assessments.statistics.views import statistics
from survey_app.assessments.study_views import studies
from survey_app.assessments.wording import FLAG_NAMES, FLAG_WORDS, STATUS_NAMES, form_of_round
from survey_app.core.access import current
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.indicators.pending import pending
from survey_app.planning.assumptions import FINDERS

blueprint = Blueprint("assessments", __name__, url_prefix="/admin/rounds/<int:round_id>/assessment")
blueprint.register_blueprint(decisions)
blueprint.register_blueprint(studies)
blueprint.register_blueprint(statistics)


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    """A plan asks the runs of earlier rounds what to expect."""
    state.app.extensions.setdefault(FINDERS, []).append(earlier_run)


@blueprint.get("")
def results(round_id: int) -> str:
    """The newest run, or the one asked for; where there is none, how to get one."""
    held = services()
    runs = service.list_runs(held.database, round_id)
    if not runs:
        return _no_run(round_id)
    run = service.open_run(held.database, held.settings, round_id, _number())
    from survey_app.assessments import pages, weight_page

    return render_template(
        "assessments/results.html",
        run=run,
        runs=runs,
        classes=pages.result_classes(run, deciding.decided_results(held.database, run)),
        findings=pages.findings(run),
        weights=weight_page.shown_weights(run),
        round_id=round_id,
        is_simulated=run.is_simulated,
        say=_,
        flag_names=FLAG_NAMES,
        flag_words=FLAG_WORDS,
        form_of_round=form_of_round,
        pending=pending(held.database, round_id),
        excluded=pages.excluded,
        left_out=sum(pages.excluded(one) for one in run.assessment.quality),
    )


def _no_run(round_id: int) -> str:
    """Nothing to show yet; what to do."""
    database = services().database
    return render_template(
        "assessments/none.html",
        problems=service.problems_before_run(database, round_id),
        round=service.about_round(database, round_id),
        round_id=round_id,
        pending=pending(database, round_id),
    )


@blueprint.post("/run")
def assess(round_id: int) -> Response:
    """Assess now; where nothing changed, say so."""
    held = services()
    before = {run.id for run in service.list_runs(held.database, round_id)}
    made = service.run_assessment(held.database, held.settings, round_id, current().login)
    if made in before:
        flash(_("答卷和输入都没有变化，结果与上一次核算相同。"))
    else:
        flash(_("核算完成。"))
    return redirect(url_for("assessments.results", round_id=round_id), code=303)


@blueprint.get("/ratees/<key>")
def ratee(round_id: int, key: str) -> str:
    """How one ratee's total came about, down to the counts of votes."""
    from survey_app.assessments import pages

    held = services()
    run = service.open_run(held.database, held.settings, round_id, _number())
    return render_template(
        "assessments/ratee.html",
        run=run,
        found=pages.trace(run, _line(run, key)),
        round_id=round_id,
        is_simulated=run.is_simulated,
        say=_,
        status_names=STATUS_NAMES,
        share_words=pages.share_words,
        weight=pages.weight_words,
        two=pages.two_decimals,
        chunks=pages.chunks,
    )


@blueprint.get("/ratees/<key>/trace.json")
def trace_file(round_id: int, key: str) -> Response:
    """The same walk as data, with exact fractions."""
    from forms.problems import canonical_json
    from survey_app.assessments.trace_file import trace_json

    held = services()
    run = service.open_run(held.database, held.settings, round_id, _number())
    content = canonical_json(trace_json(run, _line(run, key)))
    enter_file(held.database, run, f"trace-{key}.json", "trace", content)
    reply = current_app.response_class(content, mimetype="application/json")
    reply.headers["Content-Disposition"] = 'attachment; filename="trace.json"'
    reply.headers["Cache-Control"] = "no-store"
    return reply


def _line(run: service.OpenedRun, key: str) -> GradeLine:
    """The ratee with its grade as it stands. Raises NotFoundError for an unknown one."""
    line = deciding.decided(services().database, run).get(key)
    if line is None:
        raise NotFoundError
    return line


@blueprint.get("/ratees/<key>/history")
def history(round_id: int, key: str) -> str:
    """The results of one ratee over the years, this round's among them."""
    from survey_app.assessments import history_page

    held = services()
    run = service.open_run(held.database, held.settings, round_id)
    return render_template(
        "assessments/history.html",
        run=run,
        found=history_page.history_of(held.database, run, key),
        round_id=round_id,
        is_simulated=run.is_simulated,
        say=_,
    )


def _number() -> int | None:
    return request.args.get("run", type=int)
