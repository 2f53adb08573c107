"""Weighted quantiles and Woodruff's interval.

Woodruff (1952), JASA 47, pp. 635-646; Särndal, Swensson & Wretman (1992) §5.11.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from analysis.note import Note
from analysis.statistics.design.design import Design, Floats, Rows
from analysis.statistics.design.linearisation import covariance, means
from analysis.statistics.estimate import Estimate
from forms.problems import N_

SLACK = 1e-12


def weighted_quantile(x: Floats, weights: Floats, p: float) -> float:
    """The smallest x whose weighted distribution function F(x) = Σ w [X ≤ x] / Σ w reaches p.

    x and weights (rows,), at least one weight above 0. The default rule ("math") of R's
    `svyquantile`; R's plain `quantile` interpolates and differs. F ≥ p is tested with a relative
    slack of 1e-12, so that the order of summation does not decide a tie.
    """
    x, weights = x[weights > 0], weights[weights > 0]
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(weights[order])
    place = np.searchsorted(reached, (p - SLACK) * reached[-1], side="left")
    return float(x[order][min(place, len(x) - 1)])


def quantiles(
    design: Design,
    x: Floats,
    shares: Sequence[float],
    level: float = 0.95,
    inside: Rows | None = None,
) -> list[Estimate]:
    """Each quantile with Woodruff's interval: F(q) ± t(df)·SE, taken back through the quantile.

    SE = (hi − lo) / 2t as `svyquantile` has it. An end outside [0, 1] has no quantile and is
    None, and then there is no SE. Shares p lie in [0, 1]. Where q is a heap, such as an option of
    a scale, whose own share exceeds the half-width, F(q) says little about p: `svyquantile` then
    gives a single point (51 % of marks 5, 49 % of marks 4: a median of 5 without any error). Here
    the interval is p ± t·SE, as in Särndal et al. §5.11, with the larger SE of F at and below q.
    """
    taken = ~np.isnan(x) if inside is None else inside & ~np.isnan(x)
    n = int(taken.sum())
    if not (design.weights[taken] > 0).any():
        none = Note(N_("没有可用的值，得不出估计"))
        return [Estimate(None, n=n, method="woodruff", notes=(none,)) for _ in shares]
    return [_one(design, x, taken, p, level) for p in shares]


def _one(design: Design, x: Floats, taken: Rows, p: float, level: float) -> Estimate:
    weights = design.weights[taken]
    values = x[taken]
    found = weighted_quantile(values, weights, p)
    df, n = design.degrees(taken), int(taken.sum())
    if df < 1:
        note = Note(N_("自由度不足（初级单元数不多于层数），得不出区间；请合并层"))
        return Estimate(found, df=float(df), n=n, method="woodruff", notes=(note,))
    t = float(stats.t.ppf((1 + level) / 2, df))
    centre, half = _around(design, x, taken, found, p, t)
    lo, hi = centre - half, centre + half
    low = weighted_quantile(values, weights, lo) if lo >= 0 else None
    high = weighted_quantile(values, weights, hi) if hi <= 1 else None
    notes = design.notes()
    if low is None or high is None:
        se = None
        notes += (Note(N_("离数据两端太近，区间的一端不存在")),)
    else:
        se = (high - low) / (2 * t)
    return Estimate(found, se, float(df), low, high, n, "woodruff", notes)


def _around(
    design: Design, x: Floats, taken: Rows, found: float, p: float, t: float
) -> tuple[float, float]:
    """The middle and half-width, on the scale of F, of the interval to take back."""
    values = np.where(taken, x, np.inf)
    sides = np.column_stack([values <= found, values < found]).astype(np.float64)
    below = means(design, sides, taken)
    errors = np.sqrt(np.diag(covariance(design, below)))
    at, under = (float(one) for one in below.value)
    if at - under > t * errors[0]:
        return p, t * float(errors.max())
    return at, t * float(errors[0])
