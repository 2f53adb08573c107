"""ICC(1) and ICC(2) of unequal groups: every ratee has raters of its own."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.anova import OneWay, one_way
from analysis.statistics.agreement.group_moments import GroupMoments
from analysis.statistics.agreement.icc import EXACT, quantile, upper_tail
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Size = Literal["mean", "k0"]
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class GroupIcc:
    """`icc1`: how much one rating tells of the ratee. `icc2`: the reliability of ratees' means."""

    icc1: Estimate
    icc2: Estimate
    table: OneWay
    f: float | None
    p: float | None


def icc_groups(
    moments: GroupMoments,
    *,
    size: Size = "mean",
    confidence: float = 0.95,
    seed: int,
    draws: int = DRAWS,
) -> GroupIcc:
    """ICC(1) = (MSB − MSW)/(MSB + (k − 1)MSW) and ICC(2) = (MSB − MSW)/MSB from group moments.

    k is the mean group size (Bliese; multilevel::ICC1) or k0 = (N − Σn²/N)/(g − 1), which is
    unbiased for very unequal groups. Equal groups get the exact interval by F, unequal ones a
    percentile interval from drawing groups with replacement.
    Source: Bliese 2000, pp. 354–356; Bartko 1976; Shrout & Fleiss 1979, eqs. 1–3 for the limits.

    What goes wrong: ICC(1) of citizens is 0.05 to 0.2 and must not be judged by 0.8; ICC(2) is the
    figure for means. A negative value says that ratees differ less than chance would make them.
    ICC(2) is one figure for all ratees; small groups are less reliable than it says.
    """
    table = one_way(moments)
    if table.ms_between + table.ms_within <= 0:
        raise NoEstimate("undefined", Note(N_("所有评分都一样，组内相关没有定义")))
    k = table.k if size == "mean" else table.k0
    icc1, icc2 = _single(table.ms_between, table.ms_within, k), _mean(table)
    f, p = _tested(table)
    limits = _exact(table, confidence) if f is not None and table.is_balanced else None
    method = "F"
    if limits is None:
        limits, method = _drawn(moments.rated(), size, confidence, seed, draws), "bootstrap"
    notes = _notes(table, icc1)
    return GroupIcc(
        Estimate(icc1, lo=limits[0], hi=limits[1], n=table.n, method=method, notes=notes),
        Estimate(icc2, lo=limits[2], hi=limits[3], n=table.groups, method=method, notes=notes),
        table,
        f,
        p,
    )


def _single(between: float, within: float, k: float) -> float:
    return (between - within) / (between + (k - 1) * within)


def _mean(table: OneWay) -> float | None:
    if table.ms_between <= EXACT * table.ms_within:
        return None
    return (table.ms_between - table.ms_within) / table.ms_between


def _tested(table: OneWay) -> tuple[float | None, float | None]:
    if table.ms_within <= EXACT * table.ms_between:
        return None, None
    f = table.ms_between / table.ms_within
    return f, upper_tail(f, table.df_between, table.df_within)


def _notes(table: OneWay, icc1: float) -> tuple[Note, ...]:
    notes = []
    if icc1 <= 0:
        notes.append(Note(N_("组内相关不大于 0：对象之间看不出差别")))
    if table.ms_between <= EXACT * table.ms_within:
        notes.append(Note(N_("各对象的平均分完全相同，ICC(2) 没有定义")))
    if table.groups < 10:
        notes.append(Note(N_("只有 {n} 个对象，少于 10 个，区间只作参考"), {"n": table.groups}))
    return tuple(notes)


Limits = tuple[float | None, float | None, float | None, float | None]


def _exact(table: OneWay, confidence: float) -> Limits | None:
    if table.ms_between <= EXACT * table.ms_within:
        return None
    upper = (1 + confidence) / 2
    df1, df2 = table.df_between, table.df_within
    f = table.ms_between / table.ms_within
    low, high = f / quantile(upper, df1, df2), f * quantile(upper, df2, df1)
    k = table.k
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1), 1 - 1 / low, 1 - 1 / high


def _drawn(moments: GroupMoments, size: Size, confidence: float, seed: int, draws: int) -> Limits:
    """Percentiles over draws of groups, all draws at once as products with their counts."""
    order = np.lexsort((moments.squares, moments.mean, moments.n))
    n, squares = moments.n[order].astype(float), moments.squares[order]
    mean = moments.mean[order] - float(moments.n @ moments.mean) / float(moments.n.sum())
    groups = len(n)
    chance = np.random.default_rng(seed)
    times = chance.multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(float)
    total, first = times @ n, times @ (n * mean)
    between = (times @ (n * mean**2) - first**2 / total) / (groups - 1)
    usable = total > groups
    within = np.divide(times @ squares, total - groups, where=usable, out=np.zeros(draws))
    k = total / groups if size == "mean" else (total - times @ n**2 / total) / (groups - 1)
    usable &= (between > EXACT * within) & (k > 0)
    if usable.sum() < draws / 2:
        return None, None, None, None
    between, within, k = between[usable], within[usable], k[usable]
    tail = 100 * (1 - confidence) / 2
    one = np.percentile((between - within) / (between + (k - 1) * within), [tail, 100 - tail])
    two = np.percentile(1 - within / between, [tail, 100 - tail])
    return float(one[0]), float(one[1]), float(two[0]), float(two[1])
