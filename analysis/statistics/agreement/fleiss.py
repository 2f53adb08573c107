"""Fleiss' kappa: nominal agreement of several raters, over all and category by category."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.agreement.value_counts import ValueCounts
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kappa:
    """A kappa with its standard error if there were no agreement beyond chance, z and p."""

    kappa: float
    se0: float
    z: float
    p: float


@dataclass(frozen=True, slots=True)
class Fleiss:
    """`by_category[v]` belongs to `values[v]`; None where the category was never or always used."""

    overall: Kappa
    by_category: tuple[Kappa | None, ...]
    agreement: float
    chance: float
    units: int
    raters: int


def fleiss(ratings: ValueCounts) -> Fleiss:
    """Fleiss' kappa = (P̄ − P̄_e)/(1 − P̄_e) from units × values counts, m ratings in every unit.

    P̄ = Σ n_uc(n_uc − 1)/(N m(m − 1)), P̄_e = Σ p_c², p_c the share of category c. The null
    variance is that of Fleiss, Nee & Landis (1979, eqs. 12, 16), which replaces the wrong one of
    Fleiss 1971: 2/(N m(m − 1)(Σp q)²)·{(Σp q)² − Σp q(q − p)}, q = 1 − p; 2/(N m(m − 1)) by
    category. Source: Fleiss 1971; Fleiss, Levin & Paik 2003, §18.3.

    What goes wrong: unequal numbers of ratings (use Gwet's form, `gwet.coefficients`); a category
    nearly everybody uses makes kappa small with almost perfect raw agreement.
    """
    counts = ratings.counts.astype(float)
    units, raters = _size(ratings)
    share = counts.sum(axis=0) / (units * raters)
    agreement = float((counts * (counts - 1)).sum()) / (units * raters * (raters - 1))
    chance = float((share**2).sum())
    if chance >= 1:
        raise NoEstimate("undefined", Note(N_("所有评分都在同一类，κ 没有定义")))
    spread = share * (1 - share)
    total = float(spread.sum())
    pairs = units * raters * (raters - 1)
    variance = 2 / (pairs * total**2) * (total**2 - float((spread * (1 - 2 * share)).sum()))
    overall = tested((agreement - chance) / (1 - chance), variance)
    disagreement = (counts * (raters - counts)).sum(axis=0)
    single = tuple(
        tested(1 - float(d) / (pairs * float(s)), 2 / pairs) if s > 0 else None
        for d, s in zip(disagreement, spread, strict=True)
    )
    return Fleiss(overall, single, agreement, chance, units, raters)


def tested(kappa: float, variance: float) -> Kappa:
    """The test that kappa is zero, by the normal distribution, two-sided."""
    se0 = float(np.sqrt(max(variance, 0.0)))
    z = kappa / se0 if se0 > 0 else 0.0
    return Kappa(kappa, se0, z, 2 * float(special.ndtr(-abs(z))))


def _size(ratings: ValueCounts) -> tuple[int, int]:
    each = ratings.ratings
    if not len(each) or each.max(initial=0) < 2:
        raise NoEstimate("too_few", Note(N_("没有一个对象得到两个以上评分，κ 算不出")))
    if (each != each[0]).any():
        raise NoEstimate(
            "undefined",
            Note(N_("各对象的评分数不同，Fleiss κ 没有定义；请用 Gwet AC 或 Krippendorff α")),
        )
    return len(each), int(each[0])
