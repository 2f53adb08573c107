"""Effective weights: what really tells the totals of a class of ratees apart.

The share of block i is Cov(points of i, total) ÷ Var(total); the shares of a class add to 1. A
block in which everybody has the same points decides nothing, whatever its weight.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum

from analysis.results import RateeResult
from analysis.scheme import Scheme
from forms.problems import N_

ADJUSTMENTS = N_("加减分")
DECISIVE = 0.8
MINOR = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class BlockWeight:
    """One block: its weight in the scheme and its share of the variance of the totals.

    `nominal` (0-1) is None for the adjustments, which have no weight. `effective` may be negative:
    the block then evens out what the others tell apart.
    """

    path: str
    name: str
    nominal: Fraction | None
    effective: float

    @property
    def is_decisive(self) -> bool:
        """It decides nearly everything, and the scheme does not say so."""
        return self.effective > DECISIVE and (self.nominal is None or self.nominal < MINOR)


@dataclass(frozen=True, slots=True)
class ClassWeights:
    """The blocks of one class of ratees, over its `n` totals. `sd` is their standard deviation."""

    ratee_class: str
    n: int
    sd: float
    blocks: tuple[BlockWeight, ...]

    @property
    def decisive(self) -> BlockWeight | None:
        """The block to warn of."""
        return next((block for block in self.blocks if block.is_decisive), None)


def effective_weights(scheme: Scheme, ratees: Iterable[RateeResult]) -> tuple[ClassWeights, ...]:
    """By class of ratee; a class with fewer than two different totals has none.

    The totals are those before rounding and vetoes.
    """
    classes: dict[str, list[RateeResult]] = defaultdict(list)
    for one in ratees:
        if one.total_exact is not None:
            classes[one.ratee_class].append(one)
    order = {key: place for place, key in enumerate(scheme.ratee_classes)}
    keys = sorted(classes, key=lambda key: (order.get(key, len(order)), key))
    made = (_of_class(scheme, key, classes[key]) for key in keys)
    return tuple(one for one in made if one is not None)


def _of_class(scheme: Scheme, key: str, ratees: Sequence[RateeResult]) -> ClassWeights | None:
    totals = _centred([one.total_exact or Fraction(0) for one in ratees])
    squares = fsum(total * total for total in totals)
    if not squares:
        return None
    blocks = []
    for part in scheme.components:
        weight = part.weight.of(key)
        if weight is None:
            continue
        points = [_points(one, part.path) for one in ratees]
        nominal = Fraction(weight) / 100
        blocks.append(BlockWeight(part.path, str(part.name), nominal, _share(points, totals)))
    ledger = [Fraction(one.bonus_counted) - Fraction(one.deduction_counted) for one in ratees]
    if any(ledger):
        blocks.append(BlockWeight("", ADJUSTMENTS, None, _share(ledger, totals)))
    spread = (squares / (len(ratees) - 1)) ** 0.5
    return ClassWeights(key, len(ratees), spread, tuple(blocks))


def _points(one: RateeResult, path: str) -> Fraction:
    node = next((node for node in one.nodes if node.path == path), None)
    return (node.converted if node else None) or Fraction(0)


def _centred(values: Sequence[Fraction]) -> list[float]:
    floats = [float(value) for value in values]
    mean = fsum(floats) / len(floats)
    return [value - mean for value in floats] if len(set(values)) > 1 else [0.0] * len(values)


def _share(points: Sequence[Fraction], totals: Sequence[float]) -> float:
    squares = fsum(total * total for total in totals)
    products = zip(_centred(points), totals, strict=True)
    return fsum(point * total for point, total in products) / squares
