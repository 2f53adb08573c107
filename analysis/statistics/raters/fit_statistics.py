"""How well ratings and persons fit: infit and outfit mean squares, Guttman errors, O+.

Sources: Wright & Masters (1982), Rating Scale Analysis, chapter 5, pp. 94-105 (mean squares);
Emons (2008), Applied Psychological Measurement 32, 224-247, p. 228 (G+ and its norm); Zijlstra,
van der Ark & Sijtsma (2007), Multivariate Behavioral Research 42, 531-555, p. 534 (O+); Hubert &
Vandervieren (2008), Computational Statistics & Data Analysis 52, 5186-5201 (fence).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
SMALLEST_VARIANCE = 1e-12


def category_moments(probability: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a rating 0..K from probabilities, shaped (…, K + 1)."""
    x = np.arange(probability.shape[-1])
    mean = probability @ x
    return mean, np.maximum(probability @ x**2 - mean**2, 0.0)


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """`infit` and `outfit`, one of each for every group; None where nothing can be said."""

    infit: tuple[float | None, ...]
    outfit: tuple[float | None, ...]


def mean_squares(squares: Floats, variances: Floats, standard: Floats, n: Floats) -> MeanSquares:
    """Infit Σ(x − E)² / ΣV and outfit Σ z² / n from the sums of groups.

    `squares` Σ(x − E)², `variances` ΣV, `standard` Σ(x − E)²/V, `n` numbers of ratings, all
    shaped (groups,). 1 is as the model expects; above 1.5 the ratings are more erratic, below
    0.5 more uniform than the model says. Outfit is moved by single far-off ratings, infit by
    those near the person's level. n near 10 or less: both vary wildly and mean little.
    """
    sizes = n > 0
    infit = [
        float(a / b) if some and b > SMALLEST_VARIANCE else None
        for a, b, some in zip(squares, variances, sizes, strict=True)
    ]
    outfit = [
        float(a / b) if some and v > SMALLEST_VARIANCE else None
        for a, b, v, some in zip(standard, n, variances, sizes, strict=True)
    ]
    return MeanSquares(tuple(infit), tuple(outfit))


@dataclass(frozen=True, slots=True)
class GuttmanErrors:
    """Polytomous Guttman errors of complete rows.

    `errors`: G+, the number of pairs of item steps where the harder one is passed and the easier
    one failed. `normed`: G+ over the largest possible at the same total score, in [0, 1]; 0
    where no error is possible (lowest or highest total).
    """

    errors: Floats
    normed: Floats


def guttman_errors(scores: Codes) -> GuttmanErrors:
    """G+ and its normed form for complete scores 0..K, shaped persons × items.

    Steps are ranked by popularity P(X_j ≥ h), the most popular first. With R the sum of the
    ranks of the steps a person passed and r their number, G+ = R − r(r + 1)/2. The largest value
    at the same r takes, for every item, the first steps only (they are ordered), so it is a
    knapsack over items.

    Equally popular steps share their rank: a pair of them counts one half, whichever order a
    random tie break would give on average (mokken::check.errors breaks ties at random).
    """
    persons, items = scores.shape
    highest = int(scores.max()) if scores.size else 0
    if persons == 0 or highest == 0:
        return GuttmanErrors(np.zeros(persons), np.zeros(persons))
    steps = np.arange(1, highest + 1)
    passed = (scores[:, :, None] >= steps).sum(axis=0)
    rank = rankdata(-passed.ravel()).reshape(items, highest)
    gains = np.column_stack([np.zeros(items), np.cumsum(rank, axis=1)])
    total = scores.sum(axis=1)
    errors = gains[np.arange(items), scores].sum(axis=1) - total * (total + 1) / 2
    best = np.array([0.0])
    for gain in gains:
        wider = np.full(len(best) + highest, -np.inf)
        for step, value in enumerate(gain):
            part = wider[step : step + len(best)]
            np.maximum(part, best + value, out=part)
        best = wider
    totals = np.arange(len(best))
    largest = (best - totals * (totals + 1) / 2)[total]
    normed = np.divide(errors, largest, out=np.zeros(persons), where=largest > 0)
    return GuttmanErrors(errors, normed)


def guttman_of_complete(x: Floats) -> Floats:
    """G+ of every row without a gap, in whole steps from the lowest value; NaN for the others."""
    errors = np.full(len(x), np.nan)
    whole = ~np.isnan(x).any(axis=1)
    values = np.unique(x[whole])
    if len(values) > 1:
        errors[whole] = guttman_errors(np.searchsorted(values, x[whole])).errors
    return errors


def outlier_scores(scores: Codes, *, mirrored: bool = False) -> Floats:
    """O+: how rare a person's categories are, for complete scores 0..K, persons × items.

    In each item the most frequent category scores 0, the next 1, and so on; ties share the mean.

    `mirrored` is what mokken::check.errors 3.1.2 returns: it turns the list of categories
    around instead of the ranks, so that category x gets the *ascending* rank of category K − x.
    Kept for comparison only; it does not measure rarity.
    """
    persons, items = scores.shape
    if scores.size == 0:
        return np.zeros(persons)
    highest = int(scores.max())
    uses = np.array([np.bincount(scores[:, item], minlength=highest + 1) for item in range(items)])
    score = rankdata(uses, axis=1)[:, ::-1] - 1 if mirrored else rankdata(-uses, axis=1) - 1
    found: Floats = score[np.arange(items), scores].sum(axis=1)
    return found


def upper_fence(values: Floats) -> float | None:
    """Q3 + 1.5 · exp(3 MC) · IQR (exp(4 MC) when MC < 0): the fence adjusted for skewness.

    MC is the medcouple, in [−1, 1]. None without values. Quantiles of type 7. A flag by the
    fence is a question, no verdict: use it only together with speed.
    """
    if values.size == 0:
        return None
    low, high = np.quantile(values, [0.25, 0.75])
    skew = medcouple(values)
    return float(high + 1.5 * np.exp((3 if skew >= 0 else 4) * skew) * (high - low))


def medcouple(values: Floats) -> float:
    """The medcouple (Brys, Hubert & Struyf 2004): median of ((b − m) − (m − a))/(b − a), a ≤ m ≤ b.

    Distinct values are weighted by their numbers, so that whole-number scores stay cheap.
    """
    middle = float(np.median(values))
    distinct, count = np.unique(values, return_counts=True)
    below, above = distinct <= middle, distinct >= middle
    a, b = distinct[below][:, None], distinct[above][None, :]
    gap = b - a
    kernel = np.divide((b - middle) - (middle - a), gap, out=np.zeros(gap.shape), where=gap > 0)
    weight = np.outer(count[below], count[above])
    order = np.argsort(kernel, axis=None)
    reached = np.cumsum(weight.ravel()[order])
    half = reached[-1] / 2
    middles = np.searchsorted(reached, [half, half + 0.5])
    return float(kernel.ravel()[order][middles].mean())
