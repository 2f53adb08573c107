"""Krippendorff's alpha: agreement of any number of raters, with missing ratings, at any level."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.value_counts import Counts, Floats, ValueCounts
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Alpha:
    """`observed` D_o and `expected` D_e disagreement in the unit of the squared distance δ²;
    `units` with two or more ratings, and the `ratings` in them."""

    level: Level
    alpha: float
    observed: float
    expected: float
    units: int
    ratings: int


def alpha(ratings: ValueCounts, level: Level = "ordinal") -> Alpha:
    """Krippendorff's alpha = 1 − D_o/D_e from units × values counts.

    With n_uc ratings of value c in unit u, m_u = Σ_c n_uc and n = Σ m_u over units with m_u ≥ 2:
    coincidences o_ck = Σ_u n_uc (n_uk − [c = k])/(m_u − 1), margins n_c = Σ_k o_ck,
    D_o = Σ o_ck δ²_ck / n, D_e = Σ n_c n_k δ²_ck / (n(n − 1)).

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), §§ C–E;
    Hayes & Krippendorff 2007, p. 81.

    What goes wrong: alpha near 0 with nearly full raw agreement is rare values, not chaos; for
    hundreds of citizens a unit it is about ICC(1) and says nothing about the unit's mean.
    Units with one rating do not enter, not even the margins of the ordinal distance.
    """
    pairable = _pairable(ratings)
    margins = pairable.counts.sum(axis=0)
    # Alike sums whatever the order of units: the rows are put in one canonical order.
    counts = pairable.counts[np.lexsort(pairable.counts.T)].astype(float)
    coincidences = _coincidences(counts, 1 / (counts.sum(axis=1) - 1))
    distance = _distance(margins, pairable.values, level)
    n = int(margins.sum())
    observed = float((coincidences * distance).sum()) / n
    expected = _expected(margins, distance)
    if expected == 0:
        raise NoEstimate(
            "undefined",
            Note(N_("所有评分都一样，没有可比的差别，Krippendorff α 没有定义")),
        )
    return Alpha(level, 1 - observed / expected, observed, expected, len(counts), n)


def interval(
    ratings: ValueCounts,
    level: Level = "ordinal",
    *,
    confidence: float = 0.95,
    seed: int,
    draws: int = DRAWS,
) -> Estimate:
    """Alpha with a percentile interval from a bootstrap over units.

    Units are drawn with replacement and alpha is computed anew, with the margins of the draw.
    Deliberate difference: Hayes & Krippendorff (2007, p. 84) draw single pairs, which treats pairs
    of one unit as independent and gives intervals that are too short where units have many raters.
    `se` is the standard deviation over draws. Draws whose ratings are all alike are left out.
    """
    point = alpha(ratings, level)
    pairable = _pairable(ratings)
    counts = pairable.counts[np.lexsort(pairable.counts.T)]
    drawn = _draws(counts, pairable.values, level, np.random.default_rng(seed), draws)
    method = f"krippendorff {level}"
    if point.units < 2 or len(drawn) < draws / 2:
        why = Note(N_("能成对比较的对象只有 {n} 个，不给出区间"), {"n": point.units})
        return Estimate(point.alpha, n=point.units, method=method, notes=(why,))
    tail = 100 * (1 - confidence) / 2
    lo, hi = np.percentile(drawn, [tail, 100 - tail])
    notes = (_few(point.units),) if point.units < 10 else ()
    return Estimate(
        point.alpha,
        se=float(drawn.std(ddof=1)),
        lo=float(lo),
        hi=float(hi),
        n=point.units,
        method=method,
        notes=notes,
    )


def irr_form(one: Alpha, raters: int) -> float:
    """What irr::kripp.alpha 0.84.1 prints for a table without missing ratings, for comparison only.

    There each pair counts fully instead of by 1/(m − 1), which leaves the shares alone but puts
    n(m − 1) − 1 in place of (n − 1)(m − 1) in the correction for few ratings. With two raters, or
    any missing rating, irr and Krippendorff agree.
    """
    n, pairs = one.ratings, raters - 1
    return 1 - (1 - one.alpha) * (n * pairs - 1) / ((n - 1) * pairs)


def _few(units: int) -> Note:
    return Note(N_("只有 {n} 个对象，少于 10 个，区间只作参考"), {"n": units})


def _pairable(ratings: ValueCounts) -> ValueCounts:
    """The units with two or more ratings, and the values that occur in them."""
    counts = ratings.counts[ratings.ratings >= 2]
    if not len(counts):
        raise NoEstimate(
            "too_few",
            Note(N_("没有一个对象得到两个以上评分，无法比较评分人是否一致")),
        )
    used = counts.sum(axis=0) > 0
    return ValueCounts(counts[:, used], ratings.values[used])


def _coincidences(counts: Floats, weight: Floats) -> Floats:
    weighted = counts * weight[:, None]
    pairs: Floats = weighted.T @ counts
    pairs[np.diag_indices_from(pairs)] -= weighted.sum(axis=0)
    return pairs


def _expected(margins: Counts, distance: Floats) -> float:
    n = float(margins.sum())
    return float(margins @ distance @ margins) / (n * (n - 1))


def _distance(margins: Counts, values: Floats, level: Level) -> Floats:
    """δ² between values. Ordinal: (Σ_{g=c..k} n_g − (n_c + n_k)/2)², by the margins."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "ordinal":
        middle = np.cumsum(margins) - margins / 2
        return _squared(middle)
    if level == "interval":
        return _squared(values)
    if (values < 0).any():
        raise NoEstimate("undefined", Note(N_("有负的评分，比率尺度的 α 没有定义")))
    total = values[:, None] + values[None, :]
    ratio: Floats = _squared(values) / np.where(total == 0, 1.0, total) ** 2
    return ratio


def _squared(position: Floats) -> Floats:
    difference: Floats = (position[:, None] - position[None, :]) ** 2
    return difference


def _draws(
    counts: Counts, values: Floats, level: Level, chance: np.random.Generator, draws: int
) -> NDArray[np.float64]:
    units = len(counts)
    floats = counts.astype(float)
    pair_weight = 1 / (floats.sum(axis=1) - 1)
    drawn = []
    for times in chance.multinomial(units, np.full(units, 1 / units), size=draws):
        margins = times @ counts
        distance = _distance(margins, values, level)
        expected = _expected(margins, distance)
        if expected > 0:
            pairs = _coincidences(floats, pair_weight * times)
            drawn.append(1 - float((pairs * distance).sum()) / float(margins.sum()) / expected)
    return np.array(drawn)
