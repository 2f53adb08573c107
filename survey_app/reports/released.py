"""The files of a run that may leave the house: workbook and tables, small groups left out."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from survey_app.assessments.service import OpenedRun
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.core.database import Database

if TYPE_CHECKING:
    from survey_app.reports.context import Beside, Released

WORKBOOK, TABLES = "workbook.xlsx", "tables.zip"
KINDS = {WORKBOOK: "workbook", TABLES: "csv"}
"""What the ledger calls each file."""


def workbook(database: Database, of: OpenedStatistics) -> bytes:
    """Every table, ready to print and sign."""
    from survey_app.reports.writing import write_workbook

    run = of.run
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WORKBOOK
        write_workbook(
            run.assessment,
            path,
            title=run.frozen.title,
            organiser=run.frozen.organiser,
            cutoff=run.closed_on,
            inputs=run.inputs,
            target_per_ratee=run.frozen.target_per_ratee,
            beside=_beside(database, run),
            sufficient=of.sufficient,
            released=_released(run),
        )
        return path.read_bytes()


def tables(database: Database, of: OpenedStatistics) -> bytes:
    """The same tables as data, one CSV file each in an archive."""
    from survey_app.reports.writing import write_csv

    run = of.run
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w") as archive:
        for path in write_csv(
            run.assessment,
            Path(folder),
            inputs=run.inputs,
            target_per_ratee=run.frozen.target_per_ratee,
            beside=_beside(database, run),
            sufficient=of.sufficient,
            released=_released(run),
        ):
            entry = zipfile.ZipInfo(path.name, date_time=(2000, 1, 1, 0, 0, 0))
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _released(run: OpenedRun) -> "Released":
    from survey_app.reports.context import Released

    return Released(run.whole, run.guarded.minimum.scores)


def _beside(database: Database, run: OpenedRun) -> "Beside":
    from survey_app.reports.beside import beside_of

    return beside_of(database, run)
