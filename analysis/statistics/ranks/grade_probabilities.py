"""How close a grade is: the probability of each grade, and of being among the first k.

θ ~ N(θ̂, Σ) describes the scores another round of the same kind could give.

    cut points   P(grade g) = Φ((b_g − θ̂)/s) − Φ((a_g − θ̂)/s), exact: each unit by itself, so the
                 covariances do not matter
    first k      P(rank <= k): all units at once. Independent errors: given the unit's own value z
                 the others are above it independently, so their number is a sum of Bernoulli trials
                 (Poisson binomial), integrated over z; else by simulation with Σ
    any scheme   quotas, vetoes, tie rules: draw all scores jointly, apply the whole scheme to each
                 draw, count the grades. Monte-Carlo error √(P(1−P)/B), at most 0.011 for B = 2000

Goldstein & Spiegelhalter (1996), JRSS A 159(3):385-443, section 4; Wang (1993), Statistica Sinica
3:295-312 (Poisson binomial). What goes wrong: with quotas one unit's gain is another's loss, so
units must be drawn together; drawing around an estimate shows more change of rank than there is,
most at ties; a probability is no ground for a grade. A unit scored without error keeps its grade.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.statistics.ranks.rank_sets import covariance_of, draw_errors, ranks_by_row

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BORDERLINE = 0.8
REACH = 8.0
STEP = 0.05
FINEST = 4000
NEGLIGIBLE = 1e-14


@dataclass(frozen=True, slots=True)
class Probabilities:
    """`p[unit, grade]`, the Monte-Carlo errors (0 where exact) and the most probable grade."""

    p: Floats
    mc_se: Floats
    draws: int

    @property
    def likeliest(self) -> Ints:
        likeliest: Ints = self.p.argmax(axis=1)
        return likeliest

    @property
    def is_borderline(self) -> NDArray[np.bool_]:
        """No grade reaches a probability of 0.8."""
        unsure: NDArray[np.bool_] = self.p.max(axis=1, initial=0.0) < BORDERLINE
        return unsure


@dataclass(frozen=True, slots=True)
class Tiers:
    """`p[unit, tier]` = P(rank <= tier), the mean rank, and their Monte-Carlo errors."""

    p: Floats
    mean_rank: Floats
    mc_se: Floats
    draws: int


def cut_probabilities(scores: Floats, errors: Floats, cuts: Floats) -> Probabilities:
    """P(each grade) for cut points in ascending order; grade g holds cuts[g−1] <= θ < cuts[g].

    Column 0 is below the first cut. `errors` are standard errors (p).
    """
    scores = np.asarray(scores, dtype=np.float64)[:, None]
    errors = np.asarray(errors, dtype=np.float64)[:, None]
    cuts = np.sort(np.asarray(cuts, dtype=np.float64))
    safe = np.where(errors > 0, errors, 1.0)
    reached = np.where(errors > 0, ndtr((scores - cuts) / safe), scores >= cuts)
    edge = np.ones_like(scores)
    bounds = np.hstack([edge, reached, np.zeros_like(edge)])
    p = np.maximum(bounds[:, :-1] - bounds[:, 1:], 0.0)
    return Probabilities(p, np.zeros_like(p), 0)


def simulated_scores(scores: Floats, uncertainty: Floats, draws: int, seed: int) -> Floats:
    """Scores of other rounds, shaped draws × units, jointly from N(θ̂, Σ)."""
    return np.asarray(scores, dtype=np.float64) + draw_errors(uncertainty, draws, seed).T


def scheme_probabilities(
    drawn: Floats, grades_of: Callable[[Floats], Ints], grades: int
) -> Probabilities:
    """Shares of grades over draws (B × U) to which `grades_of` applies a whole scheme.

    `grades_of` takes the draws and gives, in the same shape, the place of each grade, 0 … grades−1.
    """
    given = np.asarray(grades_of(drawn))
    draws = len(given)
    p = np.stack([(given == grade).mean(axis=0) for grade in range(grades)], axis=1)
    return Probabilities(p, np.sqrt(p * (1 - p) / draws), draws)


def simulated_tiers(drawn: Floats, tiers: Ints) -> Tiers:
    """P(rank <= k) for each k of `tiers` from joint draws (B × U); ties share the better rank."""
    ranks = ranks_by_row(drawn)
    draws = len(drawn)
    p = np.stack([(ranks <= tier).mean(axis=0) for tier in tiers], axis=1)
    return Tiers(p, ranks.mean(axis=0), np.sqrt(p * (1 - p) / draws), draws)


def exact_tiers(scores: Floats, errors: Floats, tiers: Ints) -> Tiers:
    """The same without simulation for independent errors; cost U²·k·nodes, for a few hundred units.

    Trapezoid rule over the unit's own value, whose error is beyond all digits for a smooth
    integrand; the step is finer where another unit's error is much smaller than the unit's own.
    """
    scores = np.asarray(scores, dtype=np.float64)
    errors = np.asarray(errors, dtype=np.float64)
    tiers = np.asarray(tiers, dtype=np.int64)
    rows = [_tiers_of(j, scores, errors, tiers) for j in range(len(scores))]
    p = np.array(rows, dtype=np.float64).reshape(len(scores), len(tiers))
    gap = scores - scores[:, None]
    spread = np.sqrt(errors[:, None] ** 2 + errors**2)
    safe = np.where(spread > 0, spread, 1.0)
    above = np.where(spread > 0, ndtr(gap / safe), gap > 0)
    np.fill_diagonal(above, 0.0)
    return Tiers(p, 1 + above.sum(axis=1), np.zeros_like(p), 0)


def _tiers_of(j: int, scores: Floats, errors: Floats, tiers: Ints) -> Floats:
    value, weight = _own_values(j, scores, errors)
    most = int(min(tiers.max(), len(scores)))
    above = _above(np.delete(scores, j), np.delete(errors, j), value)
    surely = int((above.min(axis=1) >= 1 - NEGLIGIBLE).sum())
    open_ones = above[(above.max(axis=1) > NEGLIGIBLE) & (above.min(axis=1) < 1 - NEGLIGIBLE)]
    if surely >= most:
        return np.zeros(len(tiers))
    number = np.zeros((most - surely, len(value)))
    number[0] = 1.0
    for one in open_ones:
        number[1:] += (number[:-1] - number[1:]) * one
        number[0] *= 1 - one
    below = np.concatenate([np.zeros(surely), np.cumsum(number @ weight)])
    found: Floats = np.minimum(below[np.minimum(tiers, most) - 1], 1.0)
    return found


def _above(scores: Floats, errors: Floats, value: Floats) -> Floats:
    """P(each unit is above each value)."""
    safe = np.where(errors > 0, errors, 1.0)[:, None]
    gap = scores[:, None] - value
    return np.where(errors[:, None] > 0, ndtr(gap / safe), gap > 0)


def _own_values(j: int, scores: Floats, errors: Floats) -> tuple[Floats, Floats]:
    if errors[j] <= 0:
        return scores[j : j + 1], np.ones(1)
    others = np.delete(errors, j)
    finest = float(others.min(initial=np.inf, where=others > 0)) / float(errors[j])
    nodes = int(min(FINEST, np.ceil(2 * REACH / min(STEP, finest / 3)))) + 1
    z = np.linspace(-REACH, REACH, nodes)
    density = np.exp(-z * z / 2)
    return scores[j] + errors[j] * z, density / density.sum()


def standard_errors(uncertainty: Floats) -> Floats:
    """The standard errors of Σ, or those given."""
    return np.sqrt(np.diagonal(covariance_of(uncertainty)))
