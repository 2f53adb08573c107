"""Percent agreement: the plainest figure, to be read beside the corrected ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PercentAgreement:
    """`full`: percent of units where all raters are within the tolerance. `pairs`: of pairs."""

    full: float
    pairs: float
    units: int
    raters: int


def percent_agreement(table: Floats, tolerance: float = 0.0) -> PercentAgreement:
    """Percent of units on which all raters agree, and percent of agreeing pairs of raters.

    Two marks agree when they differ by at most `tolerance` points. Complete table units × raters.
    Source: irr::agree for the first; Fleiss 1971 for the second (tolerance 0).
    What goes wrong: it is high by chance alone when most marks are alike, and full agreement falls
    with every further rater.
    """
    units, raters = table.shape
    if units < 1 or raters < 2:
        raise NoEstimate("too_few", Note(N_("至少要一个对象和两个评分人")))
    ordered = np.sort(table, axis=1)
    full = int((ordered[:, -1] - ordered[:, 0] <= tolerance).sum())
    near = sum(
        int((ordered[:, higher] - ordered[:, lower] <= tolerance).sum())
        for higher in range(raters)
        for lower in range(higher)
    )
    pairs = units * raters * (raters - 1) / 2
    return PercentAgreement(100 * full / units, 100 * near / pairs, units, raters)
