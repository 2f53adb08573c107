"""Downloads of an assessment: workbook, CSV files, scores.json."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, request

from survey_app.assessments import service
from survey_app.assessments.releasing import enter_file, masked_scores
from survey_app.assessments.statistics.opening import OpenedStatistics, open_statistics
from survey_app.core.services import services

if TYPE_CHECKING:
    from survey_app.reports.context import Beside, Released

blueprint = Blueprint("reports", __name__, url_prefix="/admin/rounds/<int:round_id>/reports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/workbook.xlsx")
def workbook(round_id: int) -> Response:
    """Every table, ready to print and sign."""
    from survey_app.reports.writing import write_workbook

    of = _opened(round_id)
    run = of.run
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workbook.xlsx"
        write_workbook(
            run.assessment,
            path,
            title=run.frozen.title,
            organiser=run.frozen.organiser,
            cutoff=run.closed_on,
            inputs=run.inputs,
            target_per_ratee=run.frozen.target_per_ratee,
            beside=_beside(run),
            sufficient=of.sufficient,
            released=_released(run),
        )
        content = path.read_bytes()
    enter_file(services().database, run, "workbook.xlsx", "workbook", content)
    return _download(content, XLSX, f"{_stem(run)}.xlsx", f"results-{round_id}.xlsx")


@blueprint.get("/csv.zip")
def csv_files(round_id: int) -> Response:
    """The same tables as data, one file each."""
    from survey_app.reports.writing import write_csv

    of = _opened(round_id)
    run = of.run
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w") as archive:
        for path in write_csv(
            run.assessment,
            Path(folder),
            inputs=run.inputs,
            target_per_ratee=run.frozen.target_per_ratee,
            beside=_beside(run),
            sufficient=of.sufficient,
            released=_released(run),
        ):
            entry = zipfile.ZipInfo(path.name, date_time=(2000, 1, 1, 0, 0, 0))
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    enter_file(services().database, run, "tables.zip", "csv", packed.getvalue())
    name = f"{_stem(run)}_csv.zip"
    return _download(packed.getvalue(), "application/zip", name, f"results-{round_id}-csv.zip")


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


def _released(run: service.OpenedRun) -> "Released":
    from survey_app.reports.context import Released

    return Released(run.whole, run.guarded.minimum.scores)


def _beside(run: service.OpenedRun) -> "Beside":
    from survey_app.reports.beside import beside_of

    return beside_of(services().database, run)


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
