"""Rows of the ledgers of a small city, drawn from a seed and from how good a ratee is."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from analysis.inputs import IndicatorMethod, IndicatorRow
from survey_app.demo.imprint import YEAR


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator before it is broken down: what every ratee's row of it says alike."""

    code: str
    name: str
    component: str
    points: str
    attribute: str = ""
    owner: str = ""
    assessor: str = ""
    standard: str = ""
    unit: str = ""
    level: str = ""


@dataclass(slots=True)
class RowMaker:
    """Draws the figures of rows. `quality` is what a ratee is like (about -1 to 2)."""

    quality: Mapping[str, float]
    rng: np.random.Generator

    def rate(self, ratee: str) -> float:
        """A rate of completion near 1, higher for better ratees."""
        return 0.84 + 0.12 * self.quality.get(ratee, 0.5) + float(self.rng.normal(0.0, 0.03))

    def completion(self, line: Line, ratee: str, target: int = 100) -> IndicatorRow:
        """Actual against target."""
        actual = _two(target * self.rate(ratee))
        return _row(line, ratee, "completion", actual, target=Decimal(target))

    def growth(
        self, line: Line, ratee: str, target: int, growth_target: str, pace: float
    ) -> IndicatorRow:
        """总量 and 增速, both near `pace` times their targets."""
        noise = float(self.rng.normal(0.0, 0.01))
        return _row(
            line,
            ratee,
            "growth",
            _two(target * (pace + noise)),
            target=Decimal(target),
            growth_target=Decimal(growth_target),
            growth=_two(float(growth_target) * (pace + noise)),
        )

    def marks(self, line: Line, ratee: str) -> IndicatorRow:
        """Marks of those appointed to assess it."""
        share = min(0.99, max(0.3, self.rate(ratee) - 0.08))
        return _row(line, ratee, "marks", _two(float(line.points) * share), kind="qualitative")

    def deduction(self, line: Line, ratee: str, events: int, each: str) -> IndicatorRow:
        """So many points off for each event."""
        return _row(line, ratee, "deduction", Decimal(events), rule=each)


def _row(
    line: Line, ratee: str, method: IndicatorMethod, actual: Decimal, **more: object
) -> IndicatorRow:
    fields: dict[str, object] = {"kind": "quantitative", "target": None, **more}
    return IndicatorRow(
        indicator=line.code,
        name=line.name,
        ratee=ratee,
        component=line.component,
        points=Decimal(line.points),
        actual=actual,
        method=method,
        assessor=line.assessor,
        owner=line.owner,
        attribute=line.attribute,
        standard=line.standard,
        unit=line.unit,
        level=line.level,
        is_certified=True,
        **fields,  # type: ignore[arg-type]
    )


def _two(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def day(month: int, day_of_month: int, year: int = YEAR) -> datetime.date:
    """A day of the city's year."""
    return datetime.date(year, month, day_of_month)
