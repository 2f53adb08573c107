"""Kendall's W: do raters put the ratees in the same order?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kendall:
    """W in [0, 1], χ² = m(n − 1)W with n − 1 df and its p."""

    w: float
    chisq: float
    df: int
    p: float
    units: int
    raters: int


def kendall(table: Floats, *, is_tie_corrected: bool = True) -> Kendall:
    """Kendall's coefficient of concordance of a complete table units × raters of any marks.

    With R_i the sum of unit i's mid-ranks over m raters, S = Σ(R_i − m(n+1)/2)²:
    W = 12S/(m²(n³ − n) − m ΣT), T = Σ(t³ − t) over the ties of each rater; T = 0 uncorrected.
    Source: Kendall & Gibbons 1990, ch. 6.

    What goes wrong: without the correction W cannot reach 1 when a five-point scale makes ties,
    which it always does. χ² is rough for n ≤ 7.
    """
    units, raters = table.shape
    if units < 2 or raters < 2:
        raise NoEstimate("too_few", Note(N_("至少要两个对象和两个评分人")))
    ranks = mid_ranks(table)
    spread = float(((ranks.sum(axis=1) - raters * (units + 1) / 2) ** 2).sum())
    ties = float(sum(_ties(table[:, rater]) for rater in range(raters)))
    below = raters**2 * (units**3 - units) - (raters * ties if is_tie_corrected else 0)
    if ties == raters * (units**3 - units):
        raise NoEstimate(
            "undefined", Note(N_("每个评分人都给了所有对象同样的分，排不出名次，W 没有定义"))
        )
    w = 12 * spread / below
    chisq = raters * (units - 1) * w
    return Kendall(w, chisq, units - 1, float(special.chdtrc(units - 1, chisq)), units, raters)


def mid_ranks(table: Floats) -> Floats:
    """Ranks from 1 inside each column, ties at the middle of the places they share."""
    ranks = np.empty(table.shape)
    for rater in range(table.shape[1]):
        _, place, times = np.unique(table[:, rater], return_inverse=True, return_counts=True)
        ranks[:, rater] = (np.cumsum(times) - (times - 1) / 2)[place]
    return ranks


def _ties(marks: Floats) -> int:
    _, times = np.unique(marks, return_counts=True)
    return sum(int(t) ** 3 - int(t) for t in times)
