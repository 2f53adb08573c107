"""Winsorised means: extreme answers are not thrown away but set to the last one kept.

Symbols: n answers, h of them replaced at each end (h = ⌊g n⌋), q_lo and q_hi the lowest and highest
value kept, s_w the standard deviation of the answers after replacement (divisor n - 1).
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.robust.trimmed import Trimmed, trimmed, trimmed_from_counts
from forms.problems import N_

LEVEL = 0.95
CLEAR = 3.0
"""Standard errors by which a cut must lie inside an option for an interval to be shown."""
UNCLEAR_CUT = N_("切点落在两个选项的交界附近，区间不可靠，不显示")


@dataclass(frozen=True, slots=True)
class Winsorised:
    """A Winsorised mean; `is_clear` says whether the cuts lie well inside an option.

    `se_points` is the error on a scale with few options, `se_continuous` Dixon and Tukey's.
    """

    mean: float
    sd: float | None
    se_points: float | None
    se_continuous: float | None
    df: int
    n: int
    h: int
    is_clear: bool

    def estimate(
        self, level: float = LEVEL, kind: Literal["points", "continuous"] = "continuous"
    ) -> Estimate:
        """mean ± t(n - 2h - 1) · se; without an interval on a scale where the cut is not clear."""
        se = self.se_points if kind == "points" else self.se_continuous
        if se is None or self.df < 1:
            return Estimate(self.mean, se, None, n=self.n, method="winsorised")
        if kind == "points" and not self.is_clear:
            return Estimate(
                self.mean, se, self.df, n=self.n, method="winsorised", notes=(Note(UNCLEAR_CUT),)
            )
        reach = float(special.stdtrit(self.df, (1 + level) / 2)) * se
        return Estimate(
            self.mean, se, self.df, self.mean - reach, self.mean + reach, self.n, "winsorised"
        )


def winsorised_from_counts(points: ArrayLike, counts: ArrayLike, cut: float) -> Winsorised:
    """The Winsorised mean of a scale's points from whole counts.

    Two errors. For values without ties (n - 1)/(n - 2h - 1) · s_w/√n (Dixon & Tukey 1968,
    Technometrics 10:83; df n - 2h - 1). On a scale of few points q_lo and q_hi do not move from
    sample to sample as long as the cuts lie inside an option, so the mean of the replaced answers
    has s_w/√n; Dixon and Tukey's would be too large by 1/(1 - 2g).

    Goes wrong: where a share of the answers near g lies below (or above) an option, q_lo jumps from
    one option to the next between samples, and with it the mean; no interval holds then, and none
    is given unless the share is away from g by more than 3 √(g(1-g)/n) (`is_clear`).
    """
    found = trimmed_from_counts(points, counts, cut)
    v = np.asarray(points, dtype=np.float64)
    order = np.argsort(v, kind="stable")
    sizes = np.asarray(counts, dtype=np.float64)[order]
    up_to = np.cumsum(sizes)[:-1] / found.n
    g = found.h / found.n
    margin = CLEAR * sqrt(g * (1 - g) / found.n)
    away = np.concatenate([np.abs(up_to - g), np.abs(1 - up_to - g)])
    is_clear = found.h == 0 or bool(np.all(away > margin))
    return _winsorised(found, is_clear=is_clear)


def winsorised(values: ArrayLike, cut: float) -> Winsorised:
    """The Winsorised mean of single values by order statistics; NaN values are left out."""
    return _winsorised(trimmed(values, cut), is_clear=True)


def _winsorised(found: Trimmed, *, is_clear: bool) -> Winsorised:
    points = continuous = None
    if found.winsor_sd is not None and found.df > 0:
        points = found.winsor_sd / sqrt(found.n)
        continuous = points * (found.n - 1) / found.df
    return Winsorised(
        found.winsor_mean,
        found.winsor_sd,
        points,
        continuous,
        found.df,
        found.n,
        found.h,
        is_clear,
    )


def quantile_winsorised(values: ArrayLike, share: float) -> float:
    """The mean of values clipped to their quantiles `share` and 1 - share (type 7).

    What R's `psych::winsor.mean(trim=)` gives: between order statistics, so other numbers than
    `winsorised`. Without an error of its own; for comparison with that package only.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    x = x[~np.isnan(x)]
    lo, hi = np.quantile(x, [share, 1 - share])
    return float(np.clip(x, lo, hi).mean())
