"""Downloads of an assessment: workbook, CSV files, scores.json."""

from urllib.parse import quote

from flask import Blueprint, Response, request

from survey_app.assessments import service
from survey_app.assessments.releasing import enter_file, masked_scores
from survey_app.assessments.statistics.opening import OpenedStatistics, open_statistics
from survey_app.core.services import services
from survey_app.reports import released

blueprint = Blueprint("reports", __name__, url_prefix="/admin/rounds/<int:round_id>/reports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/workbook.xlsx")
def workbook(round_id: int) -> Response:
    """Every table, ready to print and sign."""
    of, database = _opened(round_id), services().database
    content = released.workbook(database, of)
    enter_file(database, of.run, released.WORKBOOK, released.KINDS[released.WORKBOOK], content)
    return _download(content, XLSX, f"{_stem(of.run)}.xlsx", f"results-{round_id}.xlsx")


@blueprint.get("/csv.zip")
def csv_files(round_id: int) -> Response:
    """The same tables as data, one file each."""
    of, database = _opened(round_id), services().database
    content = released.tables(database, of)
    enter_file(database, of.run, released.TABLES, released.KINDS[released.TABLES], content)
    name = f"{_stem(of.run)}_csv.zip"
    return _download(content, "application/zip", name, f"results-{round_id}-csv.zip")


@blueprint.get("/scores.json")
def scores(round_id: int) -> Response:
    """The scores as stored when the run was made, without what small groups said."""
    held = services()
    number = request.args.get("run", type=int)
    text = service.stored_scores(held.database, round_id, number)
    run = service.open_run(held.database, held.settings, round_id, number, is_released=True)
    content = masked_scores(text, run.guarded.hidden)
    enter_file(held.database, run, "scores.json", "scores", content)
    return _download(content, "application/json", "scores.json", "scores.json")


def _opened(round_id: int) -> OpenedStatistics:
    held = services()
    number = request.args.get("run", type=int)
    return open_statistics(held.database, held.settings, round_id, number, is_released=True)


def _stem(run: service.OpenedRun) -> str:
    from survey_app.reports.csv_files import file_name

    return file_name(f"{run.frozen.title}_核算{run.line.number}")


def _download(content: bytes, kind: str, name: str, plain_name: str) -> Response:
    """A file under its Chinese name, with an ASCII one for programs that cannot read it."""
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
