"""An assessment as the files people take away: one workbook, and a CSV file a sheet."""

from pathlib import Path

from analysis.inputs import Inputs
from analysis.results import Assessment
from analysis.round_statistics.tables import Sufficient
from survey_app.reports.context import Beside, Released
from survey_app.reports.csv_files import write_csv_files
from survey_app.reports.tables import all_sheets
from survey_app.reports.workbook import Heading, write_sheets


def write_workbook(
    assessment: Assessment,
    path: Path,
    *,
    title: str,
    organiser: str,
    cutoff: str = "",
    inputs: Inputs | None = None,
    target_per_ratee: int = 0,
    beside: Beside | None = None,
    sufficient: Sufficient | None = None,
    released: Released | None = None,
    csv: Path | None = None,
) -> None:
    """Write every table to an Excel workbook; the same assessment gives the same bytes.

    `title` begins every sheet's title ("某市2009年度"), `cutoff` is the day the figures stop. Where
    `csv` names a folder, the same tables go there as well, as `write_csv` writes them.
    """
    heading = Heading(title, organiser, cutoff, is_simulated=assessment.is_simulated)
    sheets = all_sheets(
        assessment,
        inputs,
        target_per_ratee=target_per_ratee,
        beside=beside,
        sufficient=sufficient,
        released=released,
    )
    write_sheets(sheets, path, heading)
    if csv is not None:
        write_csv_files(sheets, csv)


def write_csv(
    assessment: Assessment,
    folder: Path,
    *,
    inputs: Inputs | None = None,
    target_per_ratee: int = 0,
    beside: Beside | None = None,
    sufficient: Sufficient | None = None,
    released: Released | None = None,
) -> tuple[Path, ...]:
    """Write the same tables as CSV files into `folder`; their paths in order of the sheets."""
    sheets = all_sheets(
        assessment,
        inputs,
        target_per_ratee=target_per_ratee,
        beside=beside,
        sufficient=sufficient,
        released=released,
    )
    return write_csv_files(sheets, folder)
