"""Deciding grades: the proposal, the decision with its reason, and the approval."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey_app.assessments import decisions as deciding
from survey_app.assessments import service
from survey_app.assessments.decisions import Board
from survey_app.assessments.grading import Choice
from survey_app.assessments.service import OpenedRun
from survey_app.core.access import current, only
from survey_app.core.errors import ProblemsError
from survey_app.core.services import services

decisions = Blueprint("decisions", __name__, url_prefix="/grades")
GRADE, REASON = "grade:", "reason:"


@decisions.get("")
def index(round_id: int) -> str:
    """Every ratee with its proposal and its grade, and the places that are left."""
    run = _run(round_id)
    return _page(round_id, run, deciding.open_board(services().database, run), [])


@decisions.post("")
def save(round_id: int) -> Response | tuple[str, int]:
    """Keep the grades; where they are refused, say by which rule and keep what was typed."""
    run, database = _run(round_id), services().database
    typed = _typed()
    try:
        changed = deciding.save(database, run, current().login, typed)
    except ProblemsError as error:
        board = deciding.open_board(database, run, typed)
        return _page(round_id, run, board, _texts(error)), 422
    flash(_("已保存，改动 {n} 处。").format(n=changed))
    return _back(round_id)


@decisions.post("/approve")
@only("admin")
def approve(round_id: int) -> Response | tuple[str, int]:
    """Approve every grade as it stands, and carry the results on."""
    run, database = _run(round_id), services().database
    try:
        carried = deciding.approve(database, run, current().login)
    except ProblemsError as error:
        board = deciding.open_board(database, run)
        return _page(round_id, run, board, _texts(error)), 422
    if run.frozen.period:
        flash(_("已审定，{n} 个结果计入历年结果。").format(n=carried))
    else:
        flash(_("已审定。本轮没有写考核期，结果没有计入历年结果。"))
    return _back(round_id)


@decisions.post("/reopen")
@only("admin")
def reopen(round_id: int) -> Response | tuple[str, int]:
    """Send approved grades back, with a reason."""
    run, database = _run(round_id), services().database
    try:
        deciding.reopen(database, run, current().login, request.form.get("reason", ""))
    except ProblemsError as error:
        board = deciding.open_board(database, run)
        return _page(round_id, run, board, _texts(error)), 422
    flash(_("已退回，可以重新评定。"))
    return _back(round_id)


def _run(round_id: int) -> OpenedRun:
    held = services()
    return service.open_run(held.database, held.settings, round_id)


def _typed() -> dict[str, Choice]:
    form = request.form
    return {
        ratee: Choice(form[name], form.get(REASON + ratee, ""))
        for name in form
        if name.startswith(GRADE) and (ratee := name.removeprefix(GRADE))
    }


def _texts(error: ProblemsError) -> list[str]:
    return [problem.text(_) for problem in error.problems]


def _back(round_id: int) -> Response:
    return redirect(url_for("assessments.decisions.index", round_id=round_id), code=303)


def _page(round_id: int, run: OpenedRun, board: Board, problems: list[str]) -> str:
    from survey_app.assessments import pages

    return render_template(
        "assessments/grades.html",
        run=run,
        board=board,
        classes=pages.grade_classes(run, board.lines),
        problems=problems,
        round_id=round_id,
        may_approve=current().has_role("admin"),
        is_simulated=run.is_simulated,
        say=_,
    )
