"""Conger's exact kappa: Fleiss' kappa with every rater's own shares in the chance agreement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.value_counts import of_table
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Conger:
    kappa: float
    agreement: float
    chance: float
    units: int
    raters: int


def conger(table: Floats) -> Conger:
    """Conger's kappa of a complete table units × raters of category codes.

    Chance agreement is the mean over pairs of raters of Σ_c p_gc p_hc, so that two raters give
    Cohen's kappa exactly; Fleiss' kappa lets both raters of a pair draw from the pooled shares.
    P_e = Σ_c (p̄_c² − s_c²/m), s_c² the variance (m − 1) of the raters' shares of category c.
    Source: Conger 1980. Needs named raters, so it cannot be had from counts alone.
    """
    units, raters = table.shape
    if units < 1 or raters < 2:
        raise NoEstimate("too_few", Note(N_("至少要一个对象和两个评分人")))
    ratings = of_table(table)
    counts = ratings.counts.astype(float)
    agreement = float((counts * (counts - 1)).sum()) / (units * raters * (raters - 1))
    shares = np.stack([(table == value).mean(axis=0) for value in ratings.values])
    pooled = shares.mean(axis=1)
    chance = float((pooled**2 - shares.var(axis=1, ddof=1) / raters).sum())
    if chance >= 1:
        raise NoEstimate("undefined", Note(N_("所有评分都在同一类，κ 没有定义")))
    return Conger((agreement - chance) / (1 - chance), agreement, chance, units, raters)
