"""The files of an assessment: inputs, sealed rounds, scores, workbook, tables, truth."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.inputs import Inputs, read_inputs, table_from_csv
from analysis.results import Assessment
from analysis.round_statistics.tables import Sufficient
from forms.problems import N_, InputError, Problem
from survey_app.demo.file_list import FILES, remove_earlier_tables, write_file_list
from survey_app.demo.input_files import KINDS, PERIOD
from survey_app.reports.writing import write_workbook

SEALED, INPUTS, CSV = "sealed", "inputs", "csv"
SCORES, WORKBOOK, TRUTH = "scores.json", "workbook.xlsx", "truth.json"
PERIODS = "periods.json"
PERIODS_FORMAT = "survey-periods/1"


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands above the tables."""

    title: str
    organiser: str
    cutoff: str = ""
    target_per_ratee: int = 0


def clear_outputs(folder: Path) -> None:
    """Make room for new files: an earlier output goes, a folder of anything else is refused."""
    if folder.exists() and any(folder.iterdir()):
        periods = read_periods(folder)
        if not (folder / SCORES).exists() and not (folder / INPUTS).is_dir() and not periods:
            raise InputError(
                [
                    Problem(
                        str(folder),
                        N_("文件夹不是空的，也不是以前的输出"),
                        N_("请用 --to 另选一个文件夹"),
                    )
                ]
            )
        for name in (SEALED, INPUTS, CSV, *periods):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in (SCORES, WORKBOOK, TRUTH, FILES, PERIODS):
            (folder / name).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)


def write_periods(folder: Path, names: Sequence[str]) -> None:
    """Say which folders hold the periods of a chain, in order."""
    content = {"format": PERIODS_FORMAT, "periods": list(names)}
    (folder / PERIODS).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_periods(folder: Path) -> list[str]:
    """The folders of the periods of a chain; none where it is not one."""
    try:
        content = json.loads((folder / PERIODS).read_bytes())
        if content["format"] != PERIODS_FORMAT:
            return []
        return [name for one in content["periods"] if (name := Path(str(one)).name)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def copy_sealed(folders: Sequence[Path], to: Path) -> Path:
    """Copy sealed folders side by side under `to`/sealed."""
    target = to / SEALED
    for folder in folders:
        shutil.copytree(folder, target / folder.name)
    return target


def read_input_folder(folder: Path) -> Inputs:
    """The inputs as files; InputError with every problem of every file."""
    tables = {
        kind: table_from_csv(path.read_bytes(), path.name)
        for kind in KINDS
        if (path := folder / f"{kind}.csv").is_file()
    }
    return read_inputs(
        tables["ratees"],
        indicators=tables.get("indicators"),
        adjustments=tables.get("adjustments"),
        vetoes=tables.get("vetoes"),
        history=tables.get("history"),
        figures=tables.get("figures"),
        screened=tables.get("screened"),
        period=_period(folder),
    )


def _period(folder: Path) -> str:
    path = folder / PERIOD
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def write_results(
    to: Path,
    assessment: Assessment,
    inputs: Inputs,
    labels: Labels,
    sufficient: Sufficient | None = None,
) -> None:
    """Write scores.json, the workbook and the CSV tables, and the list of all files.

    `sufficient` are the sums of the answers assessed.
    """
    to.mkdir(parents=True, exist_ok=True)
    remove_earlier_tables(to)
    (to / SCORES).write_bytes(assessment.scores_json())
    write_workbook(
        assessment,
        to / WORKBOOK,
        title=labels.title,
        organiser=labels.organiser,
        cutoff=labels.cutoff,
        inputs=inputs,
        target_per_ratee=labels.target_per_ratee,
        sufficient=sufficient,
        csv=to / CSV,
    )
    write_file_list(to)


def write_truth(to: Path, truth: dict[str, object]) -> None:
    """Write truth.json, readable and with sorted keys, and list the files anew."""
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (to / TRUTH).write_text(text + "\n", encoding="utf-8")
    write_file_list(to)
