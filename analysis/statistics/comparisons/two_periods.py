"""Change between two years (与上年比).

Symbols: m₁, m₂ the scores of the earlier and the later year with variances v₁, v₂; Δ = m₂ - m₁ with
variance v₁ + v₂ - 2 cov. Changed wording, scale, channel mix or mode is a break in the series: then
there is no test, only `decompose`. Last year's worst will rise by themselves (regression to the
mean); a change is no verdict on what was done in between.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.note import Note
from analysis.statistics.comparisons.multiple_testing import KINDS, Kind, two_sided
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.intervals.proportions import normal_point
from forms.problems import N_

Floats = NDArray[np.float64]
LEVEL = 0.95
LIKELY_CORRELATION = 0.5
"""ρ for the note beside the conservative figure, where the same people answer in both years."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of many units: z, two-sided p, and q adjusted over all units given. NaN-free."""

    difference: Floats
    se: Floats
    z: Floats
    p: Floats
    q: Floats


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Δ = mix + score: what another mix of groups did, and what other scores of the groups did."""

    change: float
    mix: float
    score: float


def overlap_covariance(
    v1: ArrayLike, v2: ArrayLike, n1: ArrayLike, n2: ArrayLike, overlap: float, correlation: float
) -> Floats:
    """cov(m₁, m₂) ≈ ρ π √(v₁ v₂) √(n_min/n_max).

    π is the share of the smaller year's people who also answered in the other, ρ the correlation of
    their two scores: of n_c = π n_min common people cov = ρ σ₁ σ₂ n_c/(n₁ n₂), and σ² = n v.
    Source: Kish 1965, Survey Sampling, §12.4. Known to lie between overlap 0 (the
    conservative variance) and full overlap with the ρ one believes.
    """
    if not (0 <= overlap <= 1 and -1 <= correlation <= 1):
        raise NoEstimate(
            "undefined", Note(N_("重叠比例应在 0 到 1 之间，相关系数应在 -1 到 1 之间"))
        )
    first, second = np.asarray(n1, dtype=np.float64), np.asarray(n2, dtype=np.float64)
    most = np.maximum(np.maximum(first, second), 1.0)
    ratio = np.sqrt(np.minimum(first, second) / most)
    both = np.sqrt(np.asarray(v1, dtype=np.float64) * np.asarray(v2, dtype=np.float64))
    found: Floats = correlation * overlap * both * ratio
    return found


def changes(
    earlier: ArrayLike,
    se_earlier: ArrayLike,
    later: ArrayLike,
    se_later: ArrayLike,
    covariance: ArrayLike = 0.0,
    kind: Kind = "bh",
) -> Changes:
    """Δ, its error √(v₁ + v₂ - 2 cov), z, p and q for each unit; independent years by default.

    A unit without any error (both known exactly) has z = 0 and p = 1 where nothing changed, else
    p = 0. Source: Kish 1965, §12.4; the family of the q-values is all units given.
    """
    a, b = np.asarray(earlier, dtype=np.float64), np.asarray(later, dtype=np.float64)
    v = np.asarray(se_earlier, dtype=np.float64) ** 2 + np.asarray(se_later, dtype=np.float64) ** 2
    difference = b - a
    se = np.sqrt(np.maximum(v - 2 * np.asarray(covariance, dtype=np.float64), 0.0))
    z = np.divide(difference, se, out=np.zeros_like(difference), where=se > 0)
    p = np.where(se > 0, two_sided(z), (difference == 0).astype(np.float64))
    return Changes(difference, se, z, p, p if kind == "none" else KINDS[kind](p))


def change(
    earlier: Estimate,
    later: Estimate,
    level: float = LEVEL,
    overlap: float = 0.0,
    correlation: float = LIKELY_CORRELATION,
) -> Estimate:
    """The change of one unit with its interval, conservative about common raters.

    The interval takes the years as independent unless `overlap` is known. Each side is put together
    from the sides of the two intervals (Zou & Donner 2008, Statistics in Medicine 27:1693), so near
    the top of the scale it stays skew; common raters take 2 r · side₁ · side₂ off, r = cov/√(v₁v₂)
    (Zou 2007, Psychological Methods 12:399).
    """
    if earlier.estimate is None or later.estimate is None:
        raise NoEstimate("undefined", Note(N_("有一年没有得分，不能比较")))
    difference = later.estimate - earlier.estimate
    if earlier.se is None or later.se is None:
        return Estimate(difference, notes=(Note(N_("有一年没有标准误，不能给出变化的区间")),))
    r = _correlation(earlier, later, overlap, correlation)
    se = sqrt(max(0.0, earlier.se**2 + later.se**2 - 2 * r * earlier.se * later.se))
    below = _side(_below(later, level), _above(earlier, level), r)
    above = _side(_above(later, level), _below(earlier, level), r)
    return Estimate(difference, se, None, difference - below, difference + above, later.n, "change")


def linked_change(earlier: ArrayLike, later: ArrayLike, level: float = LEVEL) -> Estimate:
    """The mean within-person difference of people who answered in both years, with a key.

    Δ = mean(x₂ - x₁), v = s²_d/n, t with n - 1. People with one year missing (NaN) are left out.
    On `apistrat` the error is 2.05 with the link and 13.70 without.
    """
    from scipy import special

    d = np.asarray(later, dtype=np.float64) - np.asarray(earlier, dtype=np.float64)
    d = np.sort(d[~np.isnan(d)])
    n = len(d)
    if n < 2:
        raise NoEstimate("too_few", Note(N_("两年都有回答的不到两人，算不出变化的误差")))
    mean = float(d.mean())
    se = float(d.std(ddof=1)) / sqrt(n)
    reach = float(special.stdtrit(n - 1, (1 + level) / 2)) * se
    return Estimate(mean, se, n - 1, mean - reach, mean + reach, n, "linked_change")


def decompose(
    shares_earlier: ArrayLike,
    scores_earlier: ArrayLike,
    shares_later: ArrayLike,
    scores_later: ArrayLike,
) -> Decomposition:
    """Δ = Σ (w₂ - w₁) m₁ + Σ w₂ (m₂ - m₁): the old scores in the new mix, then the new scores.

    Symbols: w_g the share of group g (channel, class), each year adding to 1; m_g its score.
    Source: Kitagawa 1955, JASA 50:1168, her interaction term being in the second part here.
    """
    w1, w2 = _shares(shares_earlier), _shares(shares_later)
    m1 = np.asarray(scores_earlier, dtype=np.float64)
    m2 = np.asarray(scores_later, dtype=np.float64)
    mix, score = float((w2 - w1) @ m1), float(w2 @ (m2 - m1))
    return Decomposition(mix + score, mix, score)


def _shares(shares: ArrayLike) -> Floats:
    w = np.asarray(shares, dtype=np.float64)
    total = float(w.sum())
    if total <= 0 or np.any(w < 0):
        raise NoEstimate("undefined", Note(N_("各组的占比应不小于零，且不能全为零")))
    return w / total


def _correlation(a: Estimate, b: Estimate, overlap: float, correlation: float) -> float:
    if not overlap:
        return 0.0
    ratio = 1.0
    if a.n and b.n:
        ratio = sqrt(min(a.n, b.n) / max(a.n, b.n))
    return correlation * overlap * ratio


def _below(one: Estimate, level: float) -> float:
    if one.estimate is not None and one.lo is not None:
        return one.estimate - one.lo
    return normal_point(level) * (one.se or 0.0)


def _above(one: Estimate, level: float) -> float:
    if one.estimate is not None and one.hi is not None:
        return one.hi - one.estimate
    return normal_point(level) * (one.se or 0.0)


def _side(own: float, other: float, r: float) -> float:
    return sqrt(max(0.0, own**2 + other**2 - 2 * r * own * other))
