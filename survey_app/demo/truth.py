"""The planted truth: how good every ratee is, and what honest raters then answer.

A rater's view of a ratee's dimension is normal: the planted quality, plus the habit of the rater
class, plus the rater's own leniency, plus noise for each item. The option is where that view falls
between fixed cuts. So every expected score is known exactly, whatever was drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from analysis.inputs import RateeRow
from forms.questionnaire import Item, Questionnaire
from survey_app.demo.raters import RaterKind

ITEM_NOISE = 0.75
QUALITY_MEAN, QUALITY_SD, DIMENSION_SD = 0.55, 0.38, 0.18
# Cuts between options from the worst to the best, for scales with this many valued options.
CUTS: Mapping[int, tuple[float, ...]] = {
    5: (-1.6, -0.9, -0.1, 0.9),
    4: (-1.3, -0.3, 0.7),
}


@dataclass(frozen=True, slots=True)
class PlantedTruth:
    """Quality by ratee key, and deviation by (ratee, dimension key); both in units of the view."""

    quality: Mapping[str, float]
    deviation: Mapping[tuple[str, str], float]

    def mean(self, ratee: str, dimension: str | None, kind: RaterKind) -> float:
        """Where the views of this rater class on this dimension are centred."""
        own = self.deviation[ratee, dimension] if dimension else 0.0
        return self.quality[ratee] + own + kind.shift


def plant(
    ratees: Sequence[RateeRow], dimensions: Sequence[str], rng: np.random.Generator
) -> PlantedTruth:
    """Draw the truth."""
    quality = rng.normal(QUALITY_MEAN, QUALITY_SD, len(ratees))
    deviation = rng.normal(0.0, DIMENSION_SD, (len(ratees), len(dimensions)))
    return PlantedTruth(
        {row.key: float(quality[place]) for place, row in enumerate(ratees)},
        {
            (row.key, key): float(deviation[place, column])
            for place, row in enumerate(ratees)
            for column, key in enumerate(dimensions)
        },
    )


@dataclass(frozen=True, slots=True)
class ItemScale:
    """The valued options of an item from the worst to the best, and how to say 不了解."""

    numbers: NDArray[np.uint8]
    points: tuple[float, ...]
    cuts: NDArray[np.float64]
    unknown: int

    @classmethod
    def of(cls, questionnaire: Questionnaire, item: Item) -> "ItemScale | None":
        """None for an item whose answers are worth no points."""
        if item.kind != "single":
            return None
        options = questionnaire.scale_of(item).options
        valued = sorted((one.points, one.number) for one in options if one.points is not None)
        if len(valued) not in CUTS:
            return None
        return cls(
            numbers=np.array([number for _, number in valued], dtype=np.uint8),
            points=tuple(float(points) for points, _ in valued),
            cuts=np.array(CUTS[len(valued)]),
            unknown=next((one.number for one in options if one.points is None), 0),
        )

    def choose(self, view: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The option number for each view."""
        chosen: NDArray[np.uint8] = self.numbers[np.searchsorted(self.cuts, view)]
        return chosen

    def expected(self, mean: float, spread: float) -> float:
        """The expected points of a view with this mean and spread."""
        below = [_normal((cut - mean) / spread) for cut in self.cuts]
        steps = np.diff([0.0, *below, 1.0])
        return float(np.dot(steps, self.points))


def expected_dimension(
    truth: PlantedTruth, questionnaire: Questionnaire, kind: RaterKind, ratee: str, dimension: str
) -> float:
    """The true score (0-100) of a ratee's dimension in the eyes of a whole rater class."""
    spread = sqrt(kind.spread**2 + ITEM_NOISE**2)
    mean = truth.mean(ratee, dimension, kind)
    scales = [
        scale
        for item in questionnaire.scored_items
        if item.dimension == dimension and (scale := ItemScale.of(questionnaire, item))
    ]
    return sum(scale.expected(mean, spread) for scale in scales) / len(scales)


def _normal(x: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))
