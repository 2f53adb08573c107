"""Marks of filed appraisals (平时考核) as indicator rows of the round of the same period."""

from typing import Any

from sqlalchemy.orm import Session

from analysis.inputs import IndicatorRow
from forms.problems import N_, digest, plain
from survey_app.assessments.history import SheetRows
from survey_app.rounds.frozen import FrozenRound

OWNER = N_("平时考核")


def indicator_sheet(
    session: Session, frozen: FrozenRound, imported: SheetRows | None
) -> SheetRows | None:
    """The indicators a run reads: those of the round, and the filed marks nobody imported.

    Where a round of persons has no appraisals in its period, the sheet as it is.
    """
    persons = {one.key for one in frozen.ratees if one.kind == "person"}
    if not persons or not frozen.period:
        return imported
    from survey_app.appraisals.history import marks_as_indicators
    from survey_app.indicators.kept import COLUMNS

    headers = list(imported.headers) if imported else list(COLUMNS)
    rows = list(imported.rows) if imported else []
    known = {(row[headers.index("indicator")], row[headers.index("ratee")]) for row in rows}
    filed = [
        _cells(headers, row)
        for row in marks_as_indicators(session, frozen.period)
        if row.ratee in persons and (row.indicator, row.ratee) not in known
    ]
    if not filed:
        return imported
    rows += filed
    return SheetRows(headers, rows, digest({"headers": headers, "rows": rows}))


def _cells(headers: list[str], row: IndicatorRow) -> list[Any]:
    """The row as text, in the order of the headers."""
    values: dict[str, str] = {
        "indicator": row.indicator,
        "name": row.name,
        "ratee": row.ratee,
        "component": row.component,
        "kind": row.kind,
        "points": plain(row.points),
        "actual": "" if row.actual is None else plain(row.actual),
        "method": row.method,
        "assessor": row.assessor,
        "owner": row.owner or OWNER,
        "attribute": row.attribute,
        "standard": row.standard,
        "certified": "yes" if row.is_certified else "",
    }
    return [values.get(header, "") for header in headers]
