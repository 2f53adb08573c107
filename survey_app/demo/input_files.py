"""The inputs of an assessment as files, in the formats that `assess` reads."""

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

from analysis.inputs import AnyRow, Inputs
from forms.problems import plain
from forms.questionnaire import LIBRARY, Questionnaire

RENAMED: Mapping[str, str] = {
    "key": "ratee",
    "ratee_class": "class",
    "is_certified": "certified",
}
KINDS = ("ratees", "indicators", "adjustments", "vetoes", "history", "figures", "screened")
PERIOD = "period.txt"


@dataclass(frozen=True, slots=True)
class InputTable:
    """An input as headers and rows of text, for a file or for the store."""

    kind: str
    headers: list[str]
    rows: list[list[str]]

    def as_csv(self) -> bytes:
        """The table as a file that spreadsheets open."""
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows([self.headers, *self.rows])
        return stream.getvalue().encode("utf-8-sig")


def input_tables(inputs: Inputs) -> list[InputTable]:
    """Every input that has rows."""
    return [
        InputTable(kind, _headers(rows), [_cells(row) for row in rows])
        for kind in KINDS
        if (rows := getattr(inputs, kind))
    ]


def write_inputs(
    folder: Path,
    inputs: Inputs,
    scheme_toml: str,
    questionnaires: Sequence[Questionnaire],
) -> None:
    """Write the tables, the scheme and the questionnaires into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in input_tables(inputs):
        (folder / f"{table.kind}.csv").write_bytes(table.as_csv())
    if inputs.period:
        (folder / PERIOD).write_text(inputs.period + "\n", encoding="utf-8")
    (folder / "scheme.toml").write_text(scheme_toml, encoding="utf-8")
    forms = folder / "questionnaires"
    forms.mkdir(exist_ok=True)
    for key in sorted({one.key.removesuffix(".short") for one in questionnaires}):
        (forms / f"{key}.toml").write_bytes((LIBRARY / f"{key}.toml").read_bytes())


def _headers(rows: Sequence[AnyRow]) -> list[str]:
    return [RENAMED.get(name, name) for name in asdict(rows[0])]


def _cells(row: AnyRow) -> list[str]:
    return [_cell(value) for value in asdict(row).values()]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
