"""The indicators of a round as kept: definitions with their newest values, read and replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from analysis.indicator_inputs import IndicatorRow
from analysis.input_columns import INDICATOR_COLUMNS
from forms.problems import plain
from survey_app.core import clock
from survey_app.indicators.tables import Certification, Indicator, IndicatorValue

COLUMNS = tuple(column.key for column in INDICATOR_COLUMNS)
VALUES = ("actual", "growth", "certified")
DEFINED = tuple(key for key in COLUMNS if key not in VALUES)
NUMBERS = ("points", "target", "actual", "base", "growth_target", "growth", "cap", "floor")
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """One indicator of one ratee, with its newest value; `version` 0 is not yet reported.

    `cells` are the texts of its row by column, the value's among them.
    """

    id: int
    cells: Mapping[str, str]
    marked_by: str
    reporter: str
    version: int
    certified_version: int | None
    reason: str
    operator: str
    at: datetime | None

    @property
    def place(self) -> Place:
        return self.cells["indicator"], self.cells["ratee"], self.marked_by

    @property
    def state(self) -> str:
        """due 未填报, reported 已填报 or certified 已认定."""
        if self.certified_version is not None:
            return "certified"
        return "reported" if self.version else "due"

    @property
    def takes_growth(self) -> bool:
        return self.cells["method"] == "growth"

    def row(self, **changed: str) -> IndicatorRow:
        """As the analysis takes it, with some cells changed."""
        return as_row({**self.cells, **changed})


def as_row(cells: Mapping[str, str]) -> IndicatorRow:
    """Cells known to be good as a row."""
    given: dict[str, Any] = {key: cells.get(key, "") for key in COLUMNS}
    for key in NUMBERS:
        given[key] = Decimal(given[key]) if given[key] else None
    is_certified = given.pop("certified") == "yes"
    return IndicatorRow(**given, is_certified=is_certified)


def place_of(row: IndicatorRow) -> Place:
    """What identifies a row of a round: the indicator, the ratee, and for marks the assessor."""
    return row.indicator, row.ratee, row.assessor if row.method == "marks" else ""


def load(
    session: Session,
    round_id: int,
    *conditions: ColumnElement[bool],
    limit: tuple[int, int] | None = None,
) -> list[Kept]:
    """The active indicators of a round in the order of their import; `limit` is (offset, n)."""
    found = _query(round_id, conditions).order_by(Indicator.position, Indicator.id)
    if limit:
        found = found.offset(limit[0]).limit(limit[1])
    return [_kept(row) for row in session.execute(found)]


def count(session: Session, round_id: int, *conditions: ColumnElement[bool]) -> int:
    """How many there are."""
    found = select(func.count(Indicator.id)).where(
        Indicator.round_id == round_id, Indicator.is_active, *conditions
    )
    return session.scalar(found) or 0


def load_samples(session: Session, round_id: int) -> list[Kept]:
    """One indicator of each component and standard: enough to judge both."""
    first = (
        select(func.min(Indicator.id))
        .where(Indicator.round_id == round_id, Indicator.is_active)
        .group_by(Indicator.component, Indicator.standard)
    )
    return load(session, round_id, Indicator.id.in_(first))


def state_is(state: str) -> ColumnElement[bool]:
    """The condition of being in a state; anything else is no condition."""
    has_value = (
        select(IndicatorValue.version)
        .where(IndicatorValue.indicator_id == Indicator.id)
        .correlate(Indicator)
        .exists()
    )
    conditions = {
        "due": ~has_value,
        "reported": and_(has_value, Indicator.certified_version.is_(None)),
        "certified": Indicator.certified_version.is_not(None),
    }
    return conditions.get(state, Indicator.id.is_not(None))


def _query(round_id: int, conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    """Eight columns of a row's own and then its cells, in the order of COLUMNS."""
    value, other = IndicatorValue, aliased(IndicatorValue)
    newest = (
        select(func.max(other.version))
        .where(other.indicator_id == Indicator.id)
        .correlate(Indicator)
        .scalar_subquery()
    )
    cells = {
        "actual": func.coalesce(value.actual, ""),
        "growth": func.coalesce(value.growth, ""),
        "certified": case((Indicator.certified_version.is_(None), ""), else_="yes"),
    }
    return (
        select(
            *(Indicator.id, Indicator.marked_by, Indicator.reporter, Indicator.certified_version),
            *(value.version, value.reason, value.operator, value.at),
            *(cells[key] if key in cells else getattr(Indicator, key) for key in COLUMNS),
        )
        .outerjoin(value, and_(value.indicator_id == Indicator.id, value.version == newest))
        .where(Indicator.round_id == round_id, Indicator.is_active, *conditions)
    )


def _kept(row: Sequence[Any]) -> Kept:
    its_id, marked_by, reporter, certified, version, reason, operator, at = row[:8]
    return Kept(
        id=its_id,
        cells=dict(zip(COLUMNS, row[8:], strict=True)),
        marked_by=marked_by,
        reporter=reporter,
        version=version or 0,
        certified_version=certified,
        reason=reason or "",
        operator=operator or "",
        at=at,
    )


def text_of(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


def replace_definitions(session: Session, round_id: int, rows: Sequence[IndicatorRow]) -> None:
    """Make these the round's indicators; values reported so far stay with theirs."""
    known = _ids(session, round_id)
    session.execute(update(Indicator).where(Indicator.round_id == round_id).values(is_active=False))
    old, new = [], []
    for position, row in enumerate(rows, start=1):
        place = place_of(row)
        values = {**_definition(row), "marked_by": place[2], "position": position}
        if place in known:
            old.append({**values, "id": known[place], "is_active": True})
        else:
            new.append({**values, "round_id": round_id})
    if new:
        session.execute(insert(Indicator), new)
    if old:
        session.execute(update(Indicator), old)


def _ids(session: Session, round_id: int) -> dict[Place, int]:
    found = select(Indicator.indicator, Indicator.ratee, Indicator.marked_by, Indicator.id)
    return {
        (row.indicator, row.ratee, row.marked_by): row.id
        for row in session.execute(found.where(Indicator.round_id == round_id))
    }


def _definition(row: IndicatorRow) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for key in DEFINED:
        value = getattr(row, key)
        cells[key] = text_of(value) if key in NUMBERS else value
    is_mark = row.method == "marks" and row.assessor
    return {**cells, "reporter": row.assessor if is_mark else row.owner}


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value to be added to an indicator that has `version` values so far."""

    indicator_id: int
    version: int
    actual: str
    growth: str
    reason: str = ""


def add_values(session: Session, operator: str, values: Sequence[NewValue]) -> None:
    """Append values; the database refuses them where the indicator is certified."""
    if not values:
        return
    rows = [
        {
            "indicator_id": value.indicator_id,
            "version": value.version + 1,
            "actual": value.actual,
            "growth": value.growth,
            "reason": value.reason if value.version else "",
            "operator": operator,
            "at": clock.now(),
        }
        for value in values
    ]
    session.execute(insert(IndicatorValue), rows)


def certify_values(session: Session, operator: str, chosen: Sequence[tuple[int, int]]) -> None:
    """Lock these (indicator id, version); the database refuses all but the newest version."""
    if not chosen:
        return
    now = clock.now()
    rows = [
        {"indicator_id": its_id, "version": version, "act": "certify", "reason": ""}
        for its_id, version in chosen
    ]
    session.execute(
        insert(Certification), [{**row, "operator": operator, "at": now} for row in rows]
    )
    locks = [{"id": its_id, "certified_version": version} for its_id, version in chosen]
    session.execute(update(Indicator), locks)
