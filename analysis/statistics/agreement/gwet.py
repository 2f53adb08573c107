"""Gwet's AC1/AC2 and its relatives: chance-corrected agreement with standard errors.

One point estimate differs from the other in the chance agreement only; missing ratings are allowed
in all. The standard errors are for other units like these, with the same raters.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.agreement.value_counts import ValueCounts, of_table, with_values
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Weights = Literal["unweighted", "equal", "squared"]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """`agreement` p_a and `chance` p_e as shares; p by t with n − 1 df, None where se is 0."""

    estimate: Estimate
    p: float | None
    agreement: float
    chance: float


def weights(values: Floats, kind: Weights) -> Floats:
    """Agreement weights by the distance of the values, 1 on the diagonal, 0 between the ends."""
    if kind == "unweighted" or len(values) < 2:
        return np.eye(len(values))
    apart = np.abs(values[:, None] - values[None, :]) / (values[-1] - values[0])
    nearness: Floats = 1 - (apart if kind == "equal" else apart**2)
    return nearness


def coefficients(
    ratings: ValueCounts, kind: Weights = "unweighted", confidence: float = 0.95
) -> dict[str, Coefficient]:
    """AC1 (AC2 with weights), Fleiss, Brennan–Prediger and Krippendorff from counts.

    p_a = mean over units with r_i ≥ 2 of Σ_k r_ik(r*_ik − 1)/(r_i(r_i − 1)), r*_ik = Σ_l w_kl r_il;
    π_k = mean of r_ik/r_i over all units rated. Chance: AC T_w Σπ_k(1 − π_k)/(q(q − 1)),
    Fleiss Σ w_kl π_k π_l, Brennan–Prediger T_w/q², T_w = Σ w_kl, q categories.
    Linearised variance Σ(κ*_i − κ)²/(n(n − 1)), κ*_i = κ_i − 2(1 − κ)(p_e|i − p_e)/(1 − p_e).
    Source: Gwet 2014, ch. 4 (coefficients with missing ratings) and ch. 5 (variances); Gwet 2008.

    What goes wrong: q counts the categories in the data unless the caller adds empty columns, and
    AC and Brennan–Prediger depend on it. AC stays high where nearly all ratings are alike, which
    is why it is shown beside alpha, not instead of it.
    """
    rated = _rated(ratings)
    weight = weights(rated.values, kind)
    counts = rated.counts[np.lexsort(rated.counts.T)].astype(float)
    share = counts / counts.sum(axis=1, keepdims=True)
    pi = share.mean(axis=0)
    q = len(pi)
    scale = float(weight.sum()) / (q * (q - 1))
    crossed = pi @ weight @ pi
    made: dict[str, tuple[float, Floats]] = {
        "gwet_ac1": (scale * float(pi @ (1 - pi)), scale * (share @ (1 - pi))),
        "fleiss": (float(crossed), share @ (weight @ pi)),
        "bp": (float(weight.sum()) / q**2, np.full(len(share), float(weight.sum()) / q**2)),
    }
    found = {
        name: _coefficient(counts, weight, chance, own, confidence)
        for name, (chance, own) in made.items()
    }
    found["krippendorff"] = _krippendorff(counts, weight, confidence)
    return found


def conger(
    table: Floats,
    kind: Weights = "unweighted",
    confidence: float = 0.95,
    categories: Floats | None = None,
) -> Coefficient:
    """Conger's kappa of a table units × raters with NaN where a rater did not rate.

    p_e = Σ_kl w_kl (p̄_k p̄_l − s_kl/r), p_gk the share of category k among rater g's ratings,
    s_kl their covariance (r − 1) over raters.
    `categories` are those that exist beside the ones given; they set the ends of the weights.
    Source: Gwet 2014, chs. 2, 5; Conger 1980.
    """
    present = ~np.isnan(table)
    rows = table[present.any(axis=1)][:, present.any(axis=0)]
    every = np.empty(0) if categories is None else categories
    ratings = _rated(with_values(of_table(rows), every))
    if rows.shape[1] < 2:
        raise NoEstimate("too_few", Note(N_("至少要一个对象和两个评分人")))
    rows = rows[np.lexsort(rows.T)]
    weight = weights(ratings.values, kind)
    is_value = np.stack([rows == value for value in ratings.values], axis=2).astype(float)
    counts = is_value.sum(axis=1)
    given = (~np.isnan(rows)).astype(float)
    shares = is_value.sum(axis=0) / given.sum(axis=0)[:, None]
    raters = len(shares)
    pairs = np.outer(shares.sum(axis=0), shares.sum(axis=0)) - shares.T @ shares
    chance = float((weight * pairs).sum()) / (raters * (raters - 1))
    # A rating's pull on its rater's shares, in units of all n units, against the other raters.
    rate = given.mean(axis=0)
    pull = (is_value - (given - rate)[:, :, None] * shares) / rate[None, :, None]
    others = (shares.sum(axis=0) - shares) @ weight
    own = np.einsum("igk,gk->i", pull, others) / (raters * (raters - 1))
    return _coefficient(counts, weight, chance, own, confidence)


def _rated(ratings: ValueCounts) -> ValueCounts:
    some = ratings.counts[ratings.ratings > 0]
    if not (some.sum(axis=1) >= 2).any():
        raise NoEstimate(
            "too_few", Note(N_("没有一个对象得到两个以上评分，无法比较评分人是否一致"))
        )
    if some.shape[1] < 2:
        raise NoEstimate("undefined", Note(N_("所有评分都在同一类，机会一致率没有定义")))
    return ValueCounts(some, ratings.values)


def _agreeing(counts: Floats, weight: Floats) -> Floats:
    """Σ_k r_ik(r*_ik − 1) of every unit: weighted pairs of ratings that agree."""
    pairs: Floats = (counts * (counts @ weight.T - 1)).sum(axis=1)
    return pairs


def _coefficient(
    counts: Floats, weight: Floats, chance: float, own_chance: Floats, confidence: float
) -> Coefficient:
    each = counts.sum(axis=1)
    paired = each >= 2
    share = len(counts) / float(paired.sum())
    own = _agreeing(counts, weight) / np.where(paired, each * (each - 1), 1)
    agreement = float(own[paired].mean())
    _defined(chance)
    value = (agreement - chance) / (1 - chance)
    kappa = share * np.where(paired, own - chance, 0.0) / (1 - chance)
    linear = kappa - 2 * (1 - value) * (own_chance - chance) / (1 - chance)
    return _made(value, linear - value, agreement, chance, confidence)


def _krippendorff(counts: Floats, weight: Floats, confidence: float) -> Coefficient:
    """Krippendorff's alpha in Gwet's form, units with two or more ratings only.

    Source: Gwet 2014, chs. 3, 5. Equal to `krippendorff.alpha` with these weights.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    each = counts.sum(axis=1)
    mean = float(each.mean())
    correction = 1 / float(each.sum())
    own = _agreeing(counts, weight) / (mean * (each - 1))
    raw = float(own.mean())
    agreement = (1 - correction) * raw + correction
    pi = counts.mean(axis=0) / mean
    chance = float(pi @ weight @ pi)
    _defined(chance)
    value, without = (agreement - chance) / (1 - chance), (raw - chance) / (1 - chance)
    extra = (each - mean) / mean
    kappa = (own - agreement * extra - chance) / (1 - chance)
    own_chance = counts @ (weight @ pi) / mean - chance * extra
    linear = kappa - 2 * (1 - without) * (own_chance - chance) / (1 - chance)
    return _made(value, linear - without, agreement, chance, confidence)


def _defined(chance: float) -> None:
    if np.isclose(chance, 1, rtol=0, atol=1e-14):
        raise NoEstimate("undefined", Note(N_("所有评分都在同一类，机会一致率没有定义")))


def _made(
    value: float, deviation: Floats, agreement: float, chance: float, confidence: float
) -> Coefficient:
    n = len(deviation)
    if n < 2:
        why = Note(N_("只有一个对象，不给出标准误"))
        return Coefficient(Estimate(value, n=n, notes=(why,)), None, agreement, chance)
    se = float(np.sqrt((deviation**2).sum() / (n * (n - 1))))
    reach = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * se
    p = 2 * float(special.stdtr(n - 1, -abs(value) / se)) if se > 0 else None
    estimate = Estimate(
        value, se=se, df=n - 1, lo=max(value - reach, -1.0), hi=min(value + reach, 1.0), n=n
    )
    return Coefficient(estimate, p, agreement, chance)
