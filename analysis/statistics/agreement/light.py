"""Light's kappa: the mean of Cohen's kappa over all pairs of raters."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.cohen import Weights, cohen, joint
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Light:
    """`pairs[(g, h)]` is Cohen's kappa of raters g and h, None where it is not defined."""

    kappa: float
    pairs: dict[tuple[int, int], float | None]
    units: int
    raters: int


def light(table: Floats, kind: Weights = "unweighted") -> Light:
    """Light's kappa of a complete table units × raters of category codes.

    The plain mean over the m(m − 1)/2 pairs. Source: Light 1971; Conger 1980.
    The pairs are given too, for one rater who disagrees with all others hides in the mean. Pairs
    without a defined kappa (both always in one category) are left out of the mean.
    Deliberate difference: the categories are those of all raters, for every pair; this matters
    only with weights. No z is given: the pairs share raters and are not independent.
    """
    units, raters = table.shape
    if units < 1 or raters < 2:
        raise NoEstimate("too_few", Note(N_("至少要一个对象和两个评分人")))
    values = np.unique(table)
    pairs: dict[tuple[int, int], float | None] = {}
    for g, h in combinations(range(raters), 2):
        try:
            pairs[g, h] = cohen(joint(table[:, g], table[:, h], values), kind).test.kappa
        except NoEstimate:
            pairs[g, h] = None
    known = sorted(one for one in pairs.values() if one is not None)
    if not known:
        raise NoEstimate("undefined", Note(N_("所有评分都在同一类，κ 没有定义")))
    return Light(sum(known) / len(known), pairs, units, raters)
