"""Intervals for the shares of all options of a question that hold together.

Symbols: counts n_1 … n_k with n = Σ n_i, p_i = n_i/n. One interval an option, so that with
probability `level` all of them are right at once; wider than the same options one by one.
"""

from math import lgamma, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]
LEVEL = 0.95
EXPECTED_MIN = 5
"""Goodman's approximation wants this many answers in every option; Sison-Glaz wants k >= 7."""


def goodman(counts: ArrayLike, level: float = LEVEL) -> Bounds:
    """(b + 2 n_i ± √(b (b + 4 n_i (n - n_i)/n))) / 2(n + b), b = χ²₁ point at 1 - (1-level)/k.

    Wilson's interval with Bonferroni's level. Source: Goodman 1965, Technometrics 7:247, eq. 2.5;
    the chi-square point with 1 degree of freedom is his. Goes wrong: options with fewer than 5
    answers, and many options (conservative).
    """
    n_i = _counts(counts)
    n, k = n_i.sum(), len(n_i)
    b = float(special.chdtri(1, (1 - level) / k))
    root = np.sqrt(b * (b + 4 * n_i * (n - n_i) / n))
    lo = (b + 2 * n_i - root) / (2 * (n + b))
    hi = (b + 2 * n_i + root) / (2 * (n + b))
    return (
        np.where(n_i == 0, 0.0, np.clip(lo, 0.0, 1.0)),
        np.where(n_i == n, 1.0, np.clip(hi, 0.0, 1.0)),
    )


def sison_glaz(counts: ArrayLike, level: float = LEVEL) -> Bounds:
    """p_i - c/n to p_i + (c + 2γ)/n with c the least whole number that reaches the level.

    ν(c) is the probability that every multinomial count lies within ± c of n_i, by Levin's
    representation through Poisson variables truncated to [n_i - c, n_i + c] and an Edgeworth
    expansion of their sum; c is the last with ν(c) < level <= ν(c+1), γ = (level - ν(c)) /
    (ν(c+1) - ν(c)).

    Source: Sison & Glaz 1995, JASA 90:366, §2; May & Johnson 2000, J. Statistical Software 5(6).
    Goes wrong: fewer than 7 options, or counts of very different size; the same half-width for
    every option is too short for rare ones.
    """
    n_i = _counts(counts)
    n = n_i.sum()
    before, c = 0.0, 0
    for reach in range(int(n) + 2):
        now = _inside(n_i, reach)
        if now >= level:
            c = reach - 1
            break
        before = now
    gamma = (level - before) / (now - before)
    p = n_i / n
    c = max(c, 0)
    return np.clip(p - c / n, 0.0, 1.0), np.clip(p + (c + 2 * gamma) / n, 0.0, 1.0)


def _counts(counts: ArrayLike) -> Floats:
    n_i = np.asarray(counts, dtype=np.float64)
    if n_i.ndim != 1 or np.any(n_i < 0):
        raise ValueError("one count an option, none below 0")
    if n_i.sum() == 0:
        raise NoEstimate("too_few", Note(N_("没有一份答案，算不出各选项的占比")))
    return n_i


def _inside(n_i: Floats, reach: int) -> float:
    """P(every |N_i - n_i| <= reach) for N multinomial with mean n_i: Levin's formula."""
    n = float(n_i.sum())
    moments = np.array([_truncated(float(one), reach) for one in n_i])
    mean, var, third, fourth, inside = moments.T
    total = float(var.sum())
    if total <= 0:
        # every count is held in one place, so the sum is n with certainty
        density = 1.0
    else:
        z = (n - mean.sum()) / sqrt(total)
        skew, kurtosis = third.sum() / total**1.5, (fourth - 3 * var**2).sum() / total**2
        series = (
            1
            + skew * (z**3 - 3 * z) / 6
            + kurtosis * (z**4 - 6 * z**2 + 3) / 24
            + skew**2 * (z**6 - 15 * z**4 + 45 * z**2 - 15) / 72
        )
        density = float(series * np.exp(-z * z / 2) / sqrt(2 * np.pi * total))
    # 1 / P(Poisson(n) = n) in place of n! e^n / n^n, which overflows
    point = log(n) * n - n - lgamma(n + 1)
    logs = float(np.log(np.maximum(inside, 1e-300)).sum())
    return float(np.exp(logs - point) * max(density, 0.0))


def _truncated(rate: float, reach: int) -> tuple[float, float, float, float, float]:
    """Mean, variance, third and fourth central moments of Poisson(rate) kept within ± reach."""
    low, high = max(rate - reach, 0.0), rate + reach

    def cumulative(k: float) -> float:
        return float(special.pdtr(k, rate)) if k >= 0 else 0.0

    inside = cumulative(high) - cumulative(low - 1)
    factorial = np.zeros(5)
    factorial[0] = 1.0
    for order in range(1, 5):
        # E[N(N-1)…(N-r+1)] of the truncated variable
        kept = cumulative(high - order) - cumulative(low - order - 1)
        factorial[order] = rate**order * kept / inside if inside > 0 else 0.0
    _, f1, f2, f3, f4 = factorial
    m2, m3, m4 = f2 + f1, f3 + 3 * f2 + f1, f4 + 6 * f3 + 7 * f2 + f1
    return (
        f1,
        max(m2 - f1**2, 0.0),
        m3 - 3 * f1 * m2 + 2 * f1**3,
        m4 - 4 * f1 * m3 + 6 * f1**2 * m2 - 3 * f1**4,
        inside,
    )
