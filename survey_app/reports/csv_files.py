"""The tables as CSV: UTF-8 with BOM, one header row, nothing merged, nothing that runs."""

import csv
import re
from pathlib import Path

from survey_app.reports.layout import tab_names
from survey_app.reports.sheets import Column, Sheet, Value, as_text

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_UNSAFE_IN_NAME = re.compile(r"[^\w（）()、·.-]+")


def write_csv_files(sheets: tuple[Sheet, ...], folder: Path) -> tuple[Path, ...]:
    """Write one file a sheet into `folder`, made where missing; the paths in order of the sheets.

    A sheet in sections gets them as its first column, so that every row stands for itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    names = tab_names([sheet.name for sheet in sheets])  # the tabs of the workbook, no two alike
    for name, sheet in zip(names, sheets, strict=True):
        path = folder / f"{file_name(name)}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(csv_rows(sheet))
        paths.append(path)
    return tuple(paths)


def csv_rows(sheet: Sheet) -> list[list[str]]:
    """The header row and the rows of a sheet, safe to open in a spreadsheet program."""
    heading = [sheet.section_heading] if sheet.is_sectioned else []
    header = [*heading, *(column.full_title for column in sheet.columns)]
    rows = [[safe(cell) for cell in header]]
    for section in sheet.sections:
        front = [safe(section.label or section.title)] if sheet.is_sectioned else []
        blank = [""] * (len(sheet.columns) - 1)
        rows += [[*front, *blank, safe(sentence)] for sentence in section.lead]
        rows += [[*front, *map(_cell, sheet.columns, row)] for row in section.rows]
    return rows


def safe(text: str) -> str:
    """Text that no spreadsheet program takes for a formula: a leading ' where one might."""
    return "'" + text if text.startswith(_RUNS_AS_FORMULA) else text


def file_name(text: str) -> str:
    """The text as part of a file name on any system: letters, digits, brackets, dots, dashes."""
    return _UNSAFE_IN_NAME.sub("_", text).strip("._") or "table"


def _cell(column: Column, value: Value) -> str:
    """Numbers stay numbers, also negative ones; only text can hide a formula.

    A label is written by this program; it may be a number with its sign.
    """
    text = as_text(value)
    is_number = column.kind == "label" and _NUMBER.fullmatch(text)
    return safe(text) if isinstance(value, str) and not is_number else text
