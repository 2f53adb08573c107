"""Do strict and mild raters decide the order? The question a crossed fit answers for a user.

* Shares of variance: s2_d (ratee), s2_s (rater), s2 (residual) over their sum: how much of one
  rating is the ratee, how much the rater's habit.
* Order before and after: Spearman's rho and Kendall's tau-b between raw means and corrected
  scores, and the ratees that move most.
* Test of s2_s = 0: the restricted likelihood ratio 2 (l - l0) against the 50:50 mixture of 0 and
  chi2(1), because the value tested lies on the boundary; p = P(chi2(1) > t)/2, and 1 at t = 0.
* Halo: the mean correlation of items over ratings once each item's ratee means are taken out, and
  once the raters' own levels are out too: near 1, a rater gives one mark for everything.

Minima: 5 ratees per rater on average and 6 levels per factor; below them notes say so.
Sources: Self & Liang 1987, J. Amer. Statist. Assoc. 82, 605-610; Stram & Lee 1994, Biometrics 50,
1171-1177 (case 1); Cooper 1981, Psychol. Bull. 90, 218-244 (halo as residual item correlation).
What goes wrong: non-random assignment hides in the ratee effect; with many levels the mixture is
conservative (Crainiceanu & Ruppert 2004, J. R. Stat. Soc. B 66, 165-185).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, kendalltau, norm, spearmanr

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.raters.crossed_effects import RATEE, RATER, Crossed, nine_digits, two_way
from analysis.statistics.raters.mixed_equations import Codes, Equations, Floats
from analysis.statistics.raters.variance_components import FEW_LEVELS, Components, fit
from forms.problems import N_

PER_RATER = 5
FEW_EACH = N_("平均每名评分人只评了 {mean} 个对象，少于 {least} 个，宽严校正不可靠")
FEW_RATERS = N_("只有 {n} 名评分人，少于 {least} 名，宽严差别的大小估计得不准")
FEW_RATEES = N_("只有 {n} 个评议对象，少于 {least} 个，对象差别的大小估计得不准")
SAME_ORDER = N_("校正几乎不改变名次（校正前后的等级相关为 {rho}）")
ONE_MARK = N_("题目或评分没有变化，算不出光环效应；至少要有两道有变化的题目")
ALIKE = 0.98
CONSTANT = 1e-10


@dataclass(frozen=True, slots=True)
class RaterTest:
    """The restricted likelihood-ratio test of no rater differences."""

    statistic: float
    p: float


@dataclass(frozen=True, slots=True)
class Mover:
    """A ratee (its code), its ranks before and after the correction, and the two scores."""

    ratee: int
    raw_rank: int
    corrected_rank: int
    raw: float
    corrected: float


@dataclass(frozen=True, slots=True, eq=False)
class Severity:
    """What the correction does. `shares` of variance are in the order of the fit's factors (rater,
    ratee, ...), the residual last; correlations are None where a score does not vary; `one_way` is
    the fit without raters."""

    shares: tuple[float, ...]
    spearman: float | None
    kendall: float | None
    spearman_one_way: float | None
    kendall_one_way: float | None
    test: RaterTest
    movers: tuple[Mover, ...]
    one_way: Components
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Halo:
    """Mean item correlations: `within_ratee` beyond the ratees' levels (severity still in it),
    `beyond_severity` with the raters' levels out too. Intervals: raters left out one by one."""

    within_ratee: Estimate
    beyond_severity: Estimate


def severity(crossed: Crossed, one_way: Equations, movers: int = 10) -> Severity:
    """Judge a crossed fit. `one_way` holds the same ratings without the rater factor (the ratee
    first, then the further groupings)."""
    done = crossed.fit
    simple = fit(one_way, done.method)
    statistic = max(0.0, simple.criterion - done.criterion) if done.variances[RATER] > 0 else 0.0
    p = float(chi2.sf(statistic, 1)) / 2 if statistic > 0 else 1.0
    shown, blup = simple.effects[0].blup, done.effects[RATEE].blup
    rho, tau = orders(crossed.raw, crossed.corrected)
    rho_one_way, tau_one_way = orders(blup, shown)
    return Severity(
        shares=shares(done),
        spearman=rho,
        kendall=tau,
        spearman_one_way=rho_one_way,
        kendall_one_way=tau_one_way,
        test=RaterTest(statistic, p),
        movers=_movers(crossed, movers),
        one_way=simple,
        notes=(*crossed.notes, *minima(crossed), *_unchanged(rho)),
    )


def shares(done: Components) -> tuple[float, ...]:
    """The variance of one rating in parts that sum to 1: by factor, then the residual."""
    parts = (*done.variances, done.residual)
    return tuple(one / sum(parts) for one in parts)


def orders(one: Floats, other: Floats) -> tuple[float | None, float | None]:
    """Spearman's rho and Kendall's tau-b, None where a column does not vary."""
    one, other = nine_digits(one), nine_digits(other)
    if not np.ptp(one) or not np.ptp(other):
        return None, None
    return float(spearmanr(one, other).statistic), float(kendalltau(one, other).statistic)


def minima(crossed: Crossed) -> tuple[Note, ...]:
    """What is too few for a correction to be trusted."""
    raters, ratees = crossed.fit.levels[RATER], crossed.fit.levels[RATEE]
    each = crossed.design.pairs / raters
    notes = []
    if each < PER_RATER:
        notes.append(Note(FEW_EACH, {"mean": f"{each:.1f}", "least": PER_RATER}))
    if raters < FEW_LEVELS:
        notes.append(Note(FEW_RATERS, {"n": raters, "least": FEW_LEVELS}))
    if ratees < FEW_LEVELS:
        notes.append(Note(FEW_RATEES, {"n": ratees, "least": FEW_LEVELS}))
    return tuple(notes)


def _unchanged(rho: float | None) -> tuple[Note, ...]:
    return (Note(SAME_ORDER, {"rho": f"{rho:.3f}"}),) if rho is not None and rho >= ALIKE else ()


def _movers(crossed: Crossed, most: int) -> tuple[Mover, ...]:
    before, after = crossed.raw_rank, crossed.corrected_rank
    moved = np.abs(before - after)
    first = np.lexsort((np.arange(len(moved)), after, -moved))[:most]
    return tuple(
        Mover(
            int(one),
            int(before[one]),
            int(after[one]),
            float(crossed.raw[one]),
            float(crossed.corrected[one]),
        )
        for one in first
        if moved[one]
    )


def halo(items: Floats, rater: Codes, ratee: Codes, level: float = 0.95) -> Halo:
    """Mean item correlations of ratings (N x items, complete rows) of a connected design."""
    n = np.bincount(ratee)[:, None]
    means = np.column_stack([np.bincount(ratee, weights=one) for one in items.T]) / n
    levels, own, _ = two_way(items, rater, ratee)
    return Halo(
        _item_correlation(items - means[ratee], rater, level),
        _item_correlation(items - levels[ratee] - own[rater], rater, level),
    )


def _item_correlation(left: Floats, rater: Codes, level: float) -> Estimate:
    """The mean correlation of the columns, jackknifed over raters."""
    raters, k = int(rater.max(initial=0)) + 1, left.shape[1]
    products = np.zeros((raters, k, k))
    np.add.at(products, rater, left[:, :, None] * left[:, None, :])
    whole = products.sum(axis=0)
    value = _mean_correlation(whole[None])[0]
    if not np.isfinite(value):
        return Estimate(None, n=len(left), method="halo", notes=(Note(ONE_MARK),))
    without = _mean_correlation(whole - products)
    if raters < 3 or not np.all(np.isfinite(without)):
        return Estimate(float(value), n=len(left), method="halo")
    spread = (raters - 1) / raters * float(np.sum((without - without.mean()) ** 2))
    se = spread**0.5
    reach = float(norm.ppf((1 + level) / 2)) * se
    lo, hi = max(-1.0, float(value) - reach), min(1.0, float(value) + reach)
    return Estimate(float(value), se, None, lo, hi, len(left), "jackknife")


def _mean_correlation(products: Floats) -> Floats:
    """The mean off-diagonal correlation of each matrix of products; NaN where there is none."""
    k = products.shape[-1]
    spread = np.diagonal(products, axis1=1, axis2=2)
    regular = np.all(spread > CONSTANT, axis=1) & (k > 1)
    found = np.full(len(products), np.nan)
    root = np.sqrt(spread[regular])
    scaled = products[regular] / root[:, :, None] / root[:, None, :]
    if regular.any():
        found[regular] = (scaled.sum(axis=(1, 2)) - k) / (k * (k - 1))
    return found
