"""Sums of indicator scores by ratee and leaf: whole-number arithmetic, exact at any size.

A score of record is fixed to six decimals, so it is a whole number of millionths of a point
("micro"), and so is a full mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

MICRO = 10**6
_SAFE = 2**62

Numbers = NDArray[np.integer]
Micro = NDArray[np.int64] | NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class LeafSums:
    """What each ratee has in each leaf, as parallel arrays in order of ratee and leaf."""

    ratee: Numbers
    leaf: Numbers
    score: Micro
    points: Micro
    n: Numbers

    def scores(self) -> Mapping[tuple[int, int], Fraction | None]:
        """(ratee, leaf) → Σ score ÷ Σ points × 100, exact; None where no points stand."""
        places = zip(self.ratee.tolist(), self.leaf.tolist(), strict=True)
        sums = zip(self.score.tolist(), self.points.tolist(), strict=True)
        return {
            place: Fraction(100 * score, points) if points else None
            for place, (score, points) in zip(places, sums, strict=True)
        }

    def counts(self) -> Mapping[tuple[int, int], int]:
        """(ratee, leaf) → how many rows stand behind it."""
        places = zip(self.ratee.tolist(), self.leaf.tolist(), strict=True)
        return dict(zip(places, self.n.tolist(), strict=True))


def sum_scores(
    ratee_number: Numbers, leaf_number: Numbers, score_micro: Micro, points_micro: Micro
) -> LeafSums:
    """Add up the rows of every ratee and leaf; the rows may come in any order.

    Numbers count from 0 without large gaps. int64 is used while no sum can leave it, Python's
    integers beyond.
    """
    if not len(ratee_number):
        return LeafSums(ratee_number, leaf_number, score_micro, points_micro, ratee_number)
    width = int(leaf_number.max()) + 1
    place = ratee_number.astype(np.int64) * width + leaf_number
    n = np.bincount(place)
    most = int(n.max())
    (filled,) = n.nonzero()
    return LeafSums(
        ratee=filled // width,
        leaf=filled % width,
        score=_add_up(place, _roomy(score_micro, most), len(n))[filled],
        points=_add_up(place, _roomy(points_micro, most), len(n))[filled],
        n=n[filled],
    )


def _add_up(place: Numbers, micro: Micro, size: int) -> Micro:
    """The sum at each place, in the numbers' own type: no float comes near them."""
    sums: Micro = np.zeros(size, dtype=np.int64 if micro.dtype == np.int64 else object)
    np.add.at(sums, place, micro)
    return sums


def _roomy(micro: Micro, most: int) -> Micro:
    """The same numbers in a type that holds the sum of so many of them."""
    largest = max(abs(int(micro.max())), abs(int(micro.min())))
    return micro if largest * most < _SAFE else micro.astype(object)
