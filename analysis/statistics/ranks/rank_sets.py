"""Confidence sets for ranks: the ranks a unit could have, given the errors of all the scores.

θ̂ are p scores (higher is better) with errors N(0, Σ); se_jk² = σ_jj + σ_kk − 2σ_jk is the variance
of a difference. Unit k counts as better than j where (θ̂_k − θ̂_j) / se_jk exceeds a critical value
c; then rank j lies in [1 + number better, p − number worse]. The value c is the quantile, at the
level asked for, of the largest scaled difference of errors Z ~ N(0, Σ):

    simultaneous  c   over all pairs: all p sets hold at once, for a table
    marginal      c_j over the pairs with j: one set holds, for the report of one unit

Step-down: a hypothesis "k is not better than j" is one direction of one pair, so a two-sided set
rests on all directed pairs and the largest one-sided difference among them. Those rejected leave,
in their own direction only, and c is found anew among the rest until no more are rejected.

Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for Ranks with Applications to Mobility across
Neighbourhoods and Academic Achievement across Countries, Review of Economic Studies 91(1):476-518,
sections 3.1-3.3; step-down: Romano & Wolf (2005), Econometrica 73(4), algorithm 3.1.

A later step uses the same draws. Fewer pairs never make a maximum larger, so only the draws at the
top, on which the quantile rests, are looked at again.

What goes wrong: taking errors as independent where the same raters rated several units (they then
share their errors, differences are sharper, and the sets needlessly wide); reading a simultaneous
set as a marginal one; another seed moves a bound by about one rank.

The draws belong to units in the order of their scores, so the order of rows does not matter; units
alike in score and errors get the wider of their sets.
Unlike csranks, pairs whose difference has no error are decided by the scores, and a unit whose
error is unknown (NaN) is never decided.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.ranks.largest_difference import CHUNK, Differences
from forms.problems import N_

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEGLIGIBLE = 1e-12
NEGATIVE = 1e-8


@dataclass(frozen=True, slots=True)
class RankSets:
    """For each unit its rank and the best (`lo`) and worst (`hi`) rank not ruled out; 1 is best.

    `better[j, k]` says that k is clearly better than j. `critical` is c, or one c for each unit;
    `steps` counts how often it was found.
    """

    rank: Ints
    lo: Ints
    hi: Ints
    better: Bools
    critical: Floats
    steps: int


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The units in order of their scores. `signed[j, k]` is ±1/se_jk, positive for k above j.

    `alike` gives units of the same score and the same errors the same number.
    """

    order: Ints
    draws: Floats
    signed: Floats
    t: Floats
    certain: Bools
    alike: Ints


def integer_ranks(scores: Floats) -> Ints:
    """1 + the number of higher scores: ties share the best rank, as csranks::irank does."""
    scores = np.asarray(scores, dtype=np.float64)
    return 1 + len(scores) - np.searchsorted(np.sort(scores), scores, side="right")


def ranks_by_row(scores: Floats) -> Ints:
    """The same for each row of a table (B × p) of scores, all rows at once."""
    order = np.argsort(-scores, axis=1)
    fallen = np.take_along_axis(scores, order, axis=1)
    place = np.broadcast_to(np.arange(scores.shape[1]), scores.shape).copy()
    place[:, 1:][fallen[:, 1:] == fallen[:, :-1]] = 0
    np.maximum.accumulate(place, axis=1, out=place)
    ranks = np.empty_like(place)
    np.put_along_axis(ranks, order, place + 1, axis=1)
    return ranks


def simultaneous(
    scores: Floats,
    uncertainty: Floats,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 1,
    stepdown: bool = True,
) -> RankSets:
    """Sets that hold for all units at once. `uncertainty` is Σ (p × p) or the standard errors (p).

    With probability `level` the true ranks of all p units lie in their sets.
    """
    units = _sorted(scores, uncertainty, draws, seed)
    differences = Differences(units.draws, np.abs(units.signed))
    largest = differences.largest(np.arange(draws))
    critical = _quantile(largest, level)
    decided = np.triu(units.t > critical, 1)
    steps = 1
    while stepdown and decided.any():
        _settle(largest, level, partial(differences.largest, rejected=decided))
        critical = _quantile(largest, level)
        before, decided = decided, np.triu(units.t > critical, 1)
        steps += 1
        if np.array_equal(before, decided):
            break
    return _sets(scores, units, decided | decided.T, critical, steps)


def marginal(
    scores: Floats,
    uncertainty: Floats,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 1,
    stepdown: bool = True,
) -> RankSets:
    """Sets of which each holds by itself with probability `level`. Arguments as above."""
    units = _sorted(scores, uncertainty, draws, seed)
    up, down = _largest_by_unit(units.draws, units.signed)
    largest = np.maximum(up, down)
    critical = _quantile(largest, level)
    decided = units.t > critical[:, None]
    changed = np.flatnonzero(decided.any(axis=1))
    steps = 1
    while stepdown and len(changed):
        for j in changed:
            left = np.flatnonzero(~decided[j] & (units.signed[j] != 0))

            def anew(chosen: Ints, j: int = int(j), left: Ints = left) -> Floats:
                gaps = units.draws[np.ix_(left, chosen)] - units.draws[j, chosen]
                up = (gaps * units.signed[j, left, None]).max(axis=0, initial=0.0)
                found: Floats = np.maximum(up, down[j, chosen])
                return found

            _settle(largest[j], level, anew)
        critical[changed] = _quantile(largest[changed], level)
        before, decided = decided, units.t > critical[:, None]
        changed = np.flatnonzero((before != decided).any(axis=1))
        steps += 1
    return _sets(scores, units, decided, critical, steps)


def covariance_of(uncertainty: Floats) -> Floats:
    """Σ as it stands, or the diagonal matrix of squared standard errors."""
    given = np.asarray(uncertainty, dtype=np.float64)
    return np.diag(given**2) if given.ndim == 1 else given


def difference_errors(uncertainty: Floats) -> Floats:
    """se_jk for every pair; exactly 0 where it is nothing but rounding, NaN where unknown."""
    sigma = covariance_of(uncertainty)
    own = np.diagonal(sigma)
    scale = own[:, None] + own
    squares = scale - sigma - sigma.T
    squares[squares <= NEGLIGIBLE * scale] = 0.0
    np.fill_diagonal(squares, 0.0)
    return np.sqrt(squares)


def draw_errors(uncertainty: Floats, draws: int, seed: int) -> Floats:
    """Errors Z ~ N(0, Σ), shaped units × draws. A singular Σ will do, an indefinite one will not.

    A unit with an unknown error gets none.
    """
    given = np.nan_to_num(np.asarray(uncertainty, dtype=np.float64), nan=0.0)
    normal = np.random.default_rng(seed).standard_normal((len(given), draws))
    if given.ndim == 1:
        return given[:, None] * normal
    return _root(given) @ normal


def _root(sigma: Floats) -> Floats:
    """A square root of Σ. Units without error are set aside: they alone would make it singular."""
    random = np.flatnonzero(np.diagonal(sigma) > 0)
    root = np.zeros_like(sigma)
    root[np.ix_(random, random)] = _root_of(sigma[np.ix_(random, random)])
    return root


def _root_of(sigma: Floats) -> Floats:
    try:
        root: Floats = cholesky(sigma, lower=True, check_finite=False)
    except LinAlgError:
        values, vectors = np.linalg.eigh((sigma + sigma.T) / 2)
        if values[0] < -NEGATIVE * max(values[-1], 0.0):
            raise NoEstimate(
                "undefined",
                Note(N_("协方差矩阵不是半正定的，请检查各方差与协方差是否出自同一次估计")),
            ) from None
        root = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def _sorted(scores: Floats, uncertainty: Floats, draws: int, seed: int) -> _Sorted:
    scores = np.asarray(scores, dtype=np.float64)
    uncertainty = np.asarray(uncertainty, dtype=np.float64)
    order, alike = _order(scores, uncertainty)
    x = scores[order]
    sigma = uncertainty[order] if uncertainty.ndim == 1 else uncertainty[np.ix_(order, order)]
    errors = difference_errors(sigma)
    gap = np.abs(x[:, None] - x)
    random = errors > 0
    inverse = np.divide(1.0, errors, out=np.zeros_like(errors), where=random)
    side = np.sign(np.arange(len(x)) - np.arange(len(x))[:, None])
    certain = (errors == 0) & (gap > 0)
    z = draw_errors(sigma, draws, seed)
    return _Sorted(order, z, inverse * side, gap * inverse, certain, alike)


def _order(scores: Floats, uncertainty: Floats) -> tuple[Ints, Ints]:
    """By score; ties by variance and then by the whole row of Σ, never by the row of the file.

    Beside the order, a number that sorted units alike in all of these share.
    """
    own = uncertainty if uncertainty.ndim == 1 else np.diagonal(uncertainty)
    keys: tuple[Floats, ...] = (own, scores)
    order, same = _in_order(keys)
    if uncertainty.ndim > 1 and same.any():
        order, same = _in_order((*np.sort(uncertainty, axis=1).T, *keys))
    return order, np.concatenate(([0], np.cumsum(~same)))[: len(scores)]


def _in_order(keys: tuple[Floats, ...]) -> tuple[Ints, Bools]:
    """The order by the last of the keys first, and which sorted units equal the one before."""
    order = np.lexsort(keys)
    return order, np.logical_and.reduce([np.diff(key[order]) == 0 for key in keys])


def _quantile(maxima: Floats, level: float) -> Floats:
    return np.atleast_1d(np.quantile(maxima, level, axis=-1))


def _settle(largest: Floats, level: float, anew: Callable[[Ints], Floats]) -> None:
    """Find anew, in place, the maxima that the quantile at `level` rests on.

    Fewer pairs never make a maximum larger: the old ones bound the new ones from above, and only
    those at the top need to be exact.
    """
    draws = len(largest)
    top = draws - int(np.floor((draws - 1) * level))
    exact = np.zeros(draws, dtype=np.bool_)
    while True:
        highest = np.argpartition(largest, draws - top)[draws - top :]
        chosen = highest[~exact[highest]]
        if not len(chosen):
            return
        largest[chosen] = anew(chosen)
        exact[chosen] = True


def _largest_by_unit(z: Floats, signed: Floats) -> tuple[Floats, Floats]:
    """Largest ±(Z_k − Z_j)·signed[j, k] over the pairs of each unit j, shaped units × draws.

    Chunks of draws stay in the cache.
    """
    p, draws = z.shape
    up, down = np.zeros((p, draws)), np.zeros((p, draws))
    for first in range(0, draws, CHUNK):
        part = np.ascontiguousarray(z[:, first : first + CHUNK])
        buffer = np.empty_like(part)
        for j in range(p):
            high, low = _extremes(part, j, signed[j], 0, p, buffer)
            up[j, first : first + CHUNK] = high
            down[j, first : first + CHUNK] = low
    return up, down


def _extremes(
    z: Floats, j: int, scale: Floats, start: int, end: int, buffer: Floats
) -> tuple[Floats, Floats]:
    """Largest of ±(Z_k − Z_j)·scale_k over k in start:end, for each draw."""
    block = buffer[: end - start]
    np.subtract(z[start:end], z[j], out=block)
    np.multiply(block, scale[start:end, None], out=block)
    return block.max(axis=0), -block.min(axis=0)


def _sets(scores: Floats, units: _Sorted, decided: Bools, critical: Floats, steps: int) -> RankSets:
    place = np.argsort(units.order)
    clear = decided | units.certain
    higher = np.triu(clear, 1)
    lower = np.tril(clear, -1)
    first = np.flatnonzero(np.diff(units.alike, prepend=-1))
    lo = np.minimum.reduceat(1 + higher.sum(axis=1), first)[units.alike]
    hi = np.maximum.reduceat(len(place) - lower.sum(axis=1), first)[units.alike]
    return RankSets(
        integer_ranks(scores),
        lo[place],
        hi[place],
        higher[np.ix_(place, place)],
        critical[place] if len(critical) == len(place) and len(place) > 1 else critical,
        steps,
    )
