"""Cohen's kappa of two named raters, unweighted or weighted by how far apart they are."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.fleiss import Kappa, tested
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Weights = Literal["unweighted", "equal", "squared"]


@dataclass(frozen=True, slots=True)
class Cohen:
    """`variance` is the large-sample variance of kappa (for an interval); the null variance inside
    `test` is for the hypothesis kappa = 0 only. The two differ and are often confused."""

    test: Kappa
    variance: float
    agreement: float
    chance: float
    n: int


def weights(categories: int, kind: Weights) -> Floats:
    """Agreement weights w_ij in [0, 1] by the place of the categories, 1 on the diagonal.

    equal: 1 − |i − j|/(q − 1) (Cicchetti & Allison 1971); squared: 1 − (i − j)²/(q − 1)²
    (Fleiss & Cohen 1973), with which kappa is nearly the intraclass correlation.
    """
    if kind == "unweighted" or categories < 2:
        return np.eye(categories)
    apart = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    nearness: Floats = 1 - (apart / (categories - 1)) ** (1 if kind == "equal" else 2)
    return nearness


def joint(first: Floats, second: Floats, values: Floats) -> Floats:
    """`joint[i, j]` units got values[i] from the first rater and values[j] from the second."""
    row, column = np.searchsorted(values, first), np.searchsorted(values, second)
    size = len(values)
    counts = np.bincount(row * size + column, minlength=size * size)
    return counts.reshape(size, size).astype(float)


def cohen(counts: Floats, kind: Weights = "unweighted") -> Cohen:
    """Cohen's kappa from the square table of joint counts.

    kappa = (p_o − p_e)/(1 − p_e), p_o = Σ w_ij p_ij, p_e = Σ w_ij p_i. p_.j. With
    w̄_i. = Σ_j w_ij p_.j and w̄_.j = Σ_i w_ij p_i.:
    null variance {Σ p_i. p_.j [w_ij − (w̄_i. + w̄_.j)]² − p_e²}/(n(1 − p_e)²);
    variance {Σ p_ij [w_ij(1 − p_e) − (w̄_i. + w̄_.j)(1 − p_o)]² − (p_o p_e − 2p_e + p_o)²}
    /(n(1 − p_e)⁴).
    Source: Fleiss, Cohen & Everitt 1969, eqs. 8, 9; Fleiss, Levin & Paik 2003, §18.1.

    What goes wrong: weights go by the place in the list of categories, so a category nobody used
    but which exists must be in the list. Deliberate difference: psych::cohen.kappa multiplies the
    margins into the weights along the wrong side for the weighted variance (`psych_variance`).
    """
    n = float(counts.sum())
    if n < 1:
        raise NoEstimate("too_few", Note(N_("没有一个对象同时得到两个人的评分")))
    weight = weights(len(counts), kind)
    p = counts / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    chances = np.outer(row, column)
    agreement, chance = float((weight * p).sum()), float((weight * chances).sum())
    if np.isclose(chance, 1, rtol=0, atol=1e-14):
        raise NoEstimate("undefined", Note(N_("两人的评分都在同一类，κ 没有定义")))
    kappa = (agreement - chance) / (1 - chance)
    around = np.add.outer(weight @ column, weight.T @ row)
    null = float((chances * (weight - around) ** 2).sum()) - chance**2
    variance = _variance(p, weight, around, agreement, chance) / n
    test = tested(kappa, null / (n * (1 - chance) ** 2))
    return Cohen(test, variance, agreement, chance, int(n))


def psych_variance(counts: Floats, kind: Weights = "squared") -> float:
    """The variance psych::cohen.kappa 2.2.9 prints for a weighted kappa, for comparison only.

    There the column margins are laid against the rows of the weights, and the row margins scale
    whole rows, so the two terms are not the mean weights of Fleiss, Cohen & Everitt. It can be
    many times too large (its interval then covers [−1, 1]) or somewhat too small.
    """
    n = float(counts.sum())
    weight = weights(len(counts), kind)
    p = counts / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    agreement = float((weight * p).sum())
    chance = float((weight * np.outer(row, column)).sum())
    around = np.add.outer(weight.T @ column, row * weight.sum(axis=1))
    return _variance(p, weight, around, agreement, chance) / n


def _variance(p: Floats, weight: Floats, around: Floats, agreement: float, chance: float) -> float:
    terms = (weight * (1 - chance) - around * (1 - agreement)) ** 2
    centre = agreement * chance - 2 * chance + agreement
    return max(float((p * terms).sum()) - centre**2, 0.0) / (1 - chance) ** 4
