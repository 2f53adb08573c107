"""Categories as steps 0, 1, 2, … of a rating scale: recoding, empty and rare categories.

A category nobody used has no threshold (the likelihood has no maximum), so only the values that
occur are numbered. Thresholds need about 10 ratings in every category (Linacre 2002, Journal of
Applied Measurement 3, 85-106, guideline 1); rarer ones can be joined with their lower neighbour.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Categories:
    """`step[row]` is the number of the category, `values[step]` the mark it stands for.

    Where categories were joined, `values` holds the mean mark of those joined, weighted by use;
    `uses` counts the ratings in each, `joined` the categories given up.
    """

    step: Codes
    values: Floats
    uses: Codes
    joined: int


def categories(marks: Floats, least: int = 0) -> Categories:
    """Number the marks that occur; join a category used fewer than `least` times to a neighbour.

    Joining starts at the rarest category and takes the neighbour used less, the lower one when
    both are used alike, until every category has `least` ratings or two are left.
    """
    values, step, uses = np.unique(marks, return_inverse=True, return_counts=True)
    place = np.arange(len(values))
    sums = values * uses
    counts = uses.astype(np.int64)
    while len(counts) > 2 and counts.min() < least:
        at = int(np.argmin(counts))
        left, right = at - 1, at + 1
        take_left = right == len(counts) or (left >= 0 and counts[left] <= counts[right])
        low = left if take_left else at
        counts[low] += counts[low + 1]
        sums[low] += sums[low + 1]
        counts, sums = np.delete(counts, low + 1), np.delete(sums, low + 1)
        place = np.where(place > low, place - 1, place)
    return Categories(
        place[step.reshape(-1)].astype(np.int64), sums / counts, counts, len(values) - len(counts)
    )
