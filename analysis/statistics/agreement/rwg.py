"""Agreement inside one ratee: rwg, rwg(j), awg and the average deviation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.group_moments import GroupMoments
from analysis.statistics.agreement.value_counts import ValueCounts
from analysis.statistics.estimate import Estimate
from forms.problems import N_

Floats = NDArray[np.float64]


def uniform_variance(levels: int) -> float:
    """(A² − 1)/12: the variance of A equally likely levels one apart."""
    return (levels**2 - 1) / 12


def rwg(moments: GroupMoments, chance: float) -> tuple[Estimate, ...]:
    """rwg = 1 − s²/σ²_E of every ratee for one item; s² with n − 1, σ²_E the `chance` variance.

    Below 0 it is set to 0 with a note, as multilevel::rwg does.
    Source: James, Demaree & Wolf 1984, eq. 1; 1993, p. 307.
    What goes wrong: rwg rises as the group shrinks towards an extreme mean, and the uniform null
    is lenient; awg needs neither.
    """
    return tuple(
        _within(1 - float(spread) / chance if chance > 0 else None, int(n), "rwg")
        for n, spread in zip(moments.n, moments.variance, strict=True)
    )


def rwg_j(items: Sequence[GroupMoments], chance: float) -> tuple[Estimate, ...]:
    """rwg(j) = J(1 − s̄²/σ²_E)/(J(1 − s̄²/σ²_E) + s̄²/σ²_E) of every ratee for J parallel items.

    s̄² is the mean of the items' variances. It is set to σ²_E, so the result to 0, where it is
    above. Source: James, Demaree & Wolf 1984, eq. 2.
    What goes wrong: it grows with J alone (Spearman–Brown), so 0.9 with ten items may be rwg 0.47.
    """
    count = len(items)
    # Items are added in order of size: their order in the sheet must not change a digit.
    variances = np.sort(np.stack([one.variance for one in items]), axis=0)
    smallest = np.min([one.n for one in items], axis=0)
    made = []
    for n, mean in zip(smallest, variances.mean(axis=0), strict=True):
        if chance <= 0 or mean > chance:
            value = None if chance <= 0 else 0.0
        else:
            part = count * (1 - float(mean) / chance)
            value = part / (part + float(mean) / chance)
        made.append(_within(value, int(n), "rwgj"))
    return tuple(made)


def awg(moments: GroupMoments, low: float, high: float) -> tuple[Estimate, ...]:
    """awg = 1 − 2s²/{[(H + L)M − M² − HL]·n/(n − 1)} of every ratee on a scale from L to H.

    The variance is set against half the largest possible at this mean M, so 1 is full agreement,
    0 a uniform spread, −1 the greatest disagreement; rwg of an extreme mean is inflated, awg not.
    Source: Brown & Hauenstein 2005, pp. 170–174.
    Where all give the end of the scale the quotient is 0/0; the group agrees fully, so 1.
    A mean beyond [(L(n−1) + H)/n, (H(n−1) + L)/n] cannot show
    disagreement: a note says so.
    """
    return tuple(
        _awg(int(n), float(mean), float(spread), low, high)
        for n, mean, spread in zip(moments.n, moments.mean, moments.variance, strict=True)
    )


def average_deviation(ratings: ValueCounts, *, about_median: bool = False) -> tuple[Estimate, ...]:
    """AD = Σ|x − M|/n of every ratee in points, M the mean (or the median): 0 is full agreement.

    Source: Burke, Finkelstein & Dusig 1999, eqs. 1, 5. A/6 for A options is their bound for
    practical agreement (Burke & Dunlap 2002, p. 163). Needs the counts, not only the moments.
    """
    made = []
    for row in ratings.counts:
        n = int(row.sum())
        centre = 0.0
        if n:
            centre = (
                _median(row, ratings.values) if about_median else float(row @ ratings.values) / n
            )
        value = float(row @ np.abs(ratings.values - centre)) / n if n else None
        made.append(_within(value, n, "ad", least=1, is_bounded=False))
    return tuple(made)


def _median(row: NDArray[np.int64], values: Floats) -> float:
    n, below = int(row.sum()), np.cumsum(row)
    low, high = np.searchsorted(below, [(n + 1) // 2, n // 2 + 1])
    return (float(values[low]) + float(values[high])) / 2


def _awg(n: int, mean: float, spread: float, low: float, high: float) -> Estimate:
    if n < 2:
        return _within(None, n, "awg")
    if mean < low or mean > high:
        why = Note(N_("平均分在给定的量程之外，awg 没有定义"))
        return Estimate(None, n=n, method="awg", notes=(why,))
    if spread == 0:
        return Estimate(1.0, n=n, method="awg")
    widest = ((high + low) * mean - mean**2 - high * low) * n / (n - 1)
    if widest <= 0:
        why = Note(N_("有评分在给定的量程之外，awg 没有定义"))
        return Estimate(None, n=n, method="awg", notes=(why,))
    notes: tuple[Note, ...] = ()
    if not (low * (n - 1) + high) / n <= mean <= (high * (n - 1) + low) / n:
        notes = (Note(N_("平均分太靠近量程的一端，awg 看不出分歧，只作参考")),)
    return Estimate(1 - 2 * spread / widest, n=n, method="awg", notes=notes)


def _within(
    value: float | None, n: int, method: str, *, least: int = 2, is_bounded: bool = True
) -> Estimate:
    if n < least:
        why = Note(N_("只有 {n} 个评分，说不上一致不一致"), {"n": n})
        return Estimate(None, n=n, method=method, notes=(why,))
    if value is None:
        why = Note(N_("机会方差为 0，{method} 没有定义"), {"method": method})
        return Estimate(None, n=n, method=method, notes=(why,))
    if is_bounded and value < 0:
        why = Note(N_("分歧比随机给分还大，{method} 记为 0"), {"method": method})
        return Estimate(0.0, n=n, method=method, notes=(why,))
    return Estimate(value, n=n, method=method)
