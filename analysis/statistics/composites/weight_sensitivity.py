"""Does the order hang on the weights? Ranks under other weights a committee could have chosen.

x (n units × m parts) on a common scale, weights w of sum 1, index x·w, rank 1 is best.

    one at a time   each weight × (1 ± 0.1), the others renormalised
    around          w_i·G_i / Σ w_j·G_j with G ~ Gamma(k), a Dirichlet distribution scaled to the
                    weights (Monti et al. 2011); for equal weights it is Dirichlet(k, …, k).
                    k = (1 − 2/m + Σw²)/cv² − 1/m gives the weights the coefficient of variation cv,
                    exactly for equal weights, on average to first order for others
    anywhere        uniform over the simplex, Dirichlet(1, …, 1): what no choice of weights can undo

Saisana, Saltelli & Tarantola (2005), JRSS A 168(2):307-323; OECD & JRC (2008), section 7. What goes
wrong: rank intervals here are about the choice of weights alone, not about errors of the scores;
missing parts must be filled first. A plain Dirichlet around unequal weights gives small weights a
larger coefficient of variation than large ones, which is why it is scaled here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.ranks.rank_sets import ranks_by_row

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 64


@dataclass(frozen=True, slots=True)
class OneAtATime:
    """For each part: ranks (n) with its weight raised and lowered, and the largest rank change."""

    raised: Ints
    lowered: Ints
    largest_change: Ints


@dataclass(frozen=True, slots=True)
class RanksUnderWeights:
    """Over the draws: bounds holding the central `level`, the mean rank, the share of rank 1."""

    lo: Ints
    hi: Ints
    mean_rank: Floats
    first: Floats
    draws: int


def ranks_under(x: Floats, weights: Floats) -> Ints:
    """The ranks (B × n) under each row of weights (B × m); ties share the better rank.

    Indices are rounded at 1e-12 of their size: a tie must not turn on the order of a sum.
    """
    index = np.atleast_2d(weights) @ np.asarray(x, dtype=np.float64).T
    unit = 1e-12 * max(float(np.abs(index).max(initial=0.0)), 1e-300)
    return ranks_by_row(np.round(index / unit))


def one_at_a_time(x: Floats, weights: Floats, change: float = 0.1) -> OneAtATime:
    """Ranks with each weight in turn raised and lowered by the share `change`."""
    w = np.asarray(weights, dtype=np.float64)
    m = len(w)
    base = ranks_under(x, w)
    moved = [
        ranks_under(x, np.tile(w, (m, 1)) * (1 + sign * change * np.eye(m))) for sign in (1, -1)
    ]
    largest = np.maximum(*(np.abs(ranks - base).max(axis=1, initial=0) for ranks in moved))
    return OneAtATime(moved[0], moved[1], largest)


def around(weights: Floats, cv: float, draws: int, seed: int) -> Floats:
    """Weights (draws × m) around the scheme's; a weight of 0 stays 0."""
    w = np.asarray(weights, dtype=np.float64) / np.sum(weights)
    m = len(w)
    k = (1 - 2 / m + float(w @ w)) / cv**2 - 1 / m
    gammas = w * np.random.default_rng(seed).gamma(max(k, 1e-3), size=(draws, m))
    return np.asarray(gammas / gammas.sum(axis=1, keepdims=True), dtype=np.float64)


def anywhere(m: int, draws: int, seed: int) -> Floats:
    """Weights (draws × m), uniform over the simplex."""
    return np.random.default_rng(seed).dirichlet(np.ones(m), size=draws)


def summary(x: Floats, weights: Floats, level: float = 0.95) -> RanksUnderWeights:
    """Rank intervals over the rows of weights: bounds are ranks that occurred."""
    ranks = ranks_under(x, weights)
    tail = (1 - level) / 2
    lo = np.quantile(ranks, tail, axis=0, method="lower")
    hi = np.quantile(ranks, 1 - tail, axis=0, method="higher")
    return RanksUnderWeights(
        lo.astype(np.int64),
        hi.astype(np.int64),
        ranks.mean(axis=0),
        (ranks == 1).mean(axis=0),
        len(ranks),
    )


def beats(x: Floats, weights: Floats) -> Floats:
    """[a, b]: the share of weightings under which unit a is strictly before unit b."""
    ranks = ranks_under(x, weights).astype(np.int32)
    n = ranks.shape[1]
    wins = np.zeros((n, n), dtype=np.int64)
    for first in range(0, len(ranks), BLOCK):
        part = ranks[first : first + BLOCK]
        wins += (part[:, :, None] < part[:, None, :]).sum(axis=0)
    return wins / len(ranks)
