"""The sheets of a round as people read them: ratees by name, words for keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.input_columns import (
    ADJUSTMENT_COLUMNS,
    DIRECTION_NAMES,
    FIGURE_COLUMNS,
    HISTORY_COLUMNS,
    INDICATOR_COLUMNS,
    METHOD_NAMES,
    VETO_COLUMNS,
)
from analysis.tables import Column
from survey_app.core.database import Database
from survey_app.indicators.basis import read_basis
from survey_app.indicators.sheets import KIND_NAMES, Kind, SheetForRun, sheets_for_run

SHEET_COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    "indicators": INDICATOR_COLUMNS,
    "adjustments": ADJUSTMENT_COLUMNS,
    "vetoes": VETO_COLUMNS,
    "history": HISTORY_COLUMNS,
    "figures": FIGURE_COLUMNS,
}
WORDS: Mapping[tuple[Kind, str], Mapping[str, str]] = {
    ("indicators", "kind"): {"quantitative": "定量", "qualitative": "定性"},
    ("indicators", "method"): METHOD_NAMES,
    ("indicators", "direction"): DIRECTION_NAMES,
    ("indicators", "certified"): {"yes": "已认定"},
    ("adjustments", "kind"): {"bonus": "加分", "deduction": "减分"},
}


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """A sheet with the headers and words people use; columns nobody filled are left out."""

    kind: Kind
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def show_sheet(database: Database, round_id: int, kind: Kind, sheet: SheetForRun) -> ShownSheet:
    """A stored sheet as people read it: ratees by name, Chinese words for keys."""
    with database.read() as session:
        names = read_basis(session, round_id).names
    return _shown(kind, sheet, names)


def show_sheets(database: Database, round_id: int) -> list[ShownSheet]:
    """Every sheet of a round that has rows."""
    with database.read() as session:
        names = read_basis(session, round_id).names
        sheets = sheets_for_run(session, round_id)
    return [_shown(kind, sheets[kind], names) for kind in KIND_NAMES if kind in sheets]


def _shown(kind: Kind, sheet: SheetForRun, names: Mapping[str, str]) -> ShownSheet:
    known = {header: column for column in SHEET_COLUMNS[kind] for header in column.headers}
    used = [
        place
        for place, header in enumerate(sheet.headers)
        if any(row[place] for row in sheet.rows) or (header in known and known[header].required)
    ]
    keys = [known[header].key if header in known else header for header in sheet.headers]
    heads = [known[header].name if header in known else header for header in sheet.headers]
    return ShownSheet(
        kind,
        tuple(heads[place] for place in used),
        tuple(
            tuple(_word(kind, keys[place], str(row[place]), names) for place in used)
            for row in sheet.rows
        ),
    )


def _word(kind: Kind, key: str, text: str, names: Mapping[str, str]) -> str:
    if key in ("ratee", "breakdown_of"):
        return names.get(text, text)
    return WORDS.get((kind, key), {}).get(text, text)
