"""How sure a rank is: the ranks a ratee could have, given the uncertainty of all scores.

Marginal 95 % confidence sets for ranks (Mogstad, Romano, Shaikh & Wilhelm 2024), one step: ratee k
counts as better than j where (S_k - S_j) / se_jk exceeds the 95 % quantile of
max_k |Z_j - Z_k| / se_jk. Errors of different ratees are taken as independent. Where the same
raters rate several ratees their errors go the same way and differences are sharper than assumed, so
the sets are then wider than they need be. The quantile is found by integration, not by simulation:
given Z_j the differences are independent, so no seed is involved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

LEVEL = 0.95
NODES = 64
GRID = 12
MANY = 64
EXACT = 1e-6
BEYOND = 8.5
NEGLIGIBLE = 1e-9
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True, slots=True)
class RankInterval:
    """The best and the worst rank that the figures do not rule out; 1 is best."""

    lo: int
    hi: int


def rank_intervals(
    scores: Sequence[float], errors: Sequence[float | None]
) -> list[RankInterval | None]:
    """For each score its rank interval among all; None where its standard error is unknown.

    A pair with an unknown error is undecided; with both errors 0 the scores decide.
    """
    value = np.asarray(scores, dtype=np.float64)
    known = np.array([one is not None for one in errors], dtype=bool)
    se = np.array([one if one is not None else 0.0 for one in errors], dtype=np.float64)
    se[se < NEGLIGIBLE * se.max(initial=0.0)] = 0.0
    limits = _critical_values(se[known])
    result: list[RankInterval | None] = [None] * len(value)
    for place, j in enumerate(np.flatnonzero(known)):
        spread = np.hypot(se[j], se[known]) * limits[place]
        gap = value[known] - value[j]
        better = int((gap > spread).sum())
        worse = int((-gap > spread).sum())
        result[int(j)] = RankInterval(1 + better, len(value) - worse)
    return result


def _critical_values(se: Floats) -> Floats:
    """The quantile for each ratee. It is smooth in the ratee's own error, so beyond a few dozen
    ratees it is computed on a grid of errors and interpolated.
    """
    others = se[se > 0]
    if len(se) < 2 or not len(others):
        return np.zeros(len(se))
    if len(se) <= MANY:
        return np.array([_critical(one, np.delete(se, j)) for j, one in enumerate(se)])
    grid = np.unique(np.quantile(se, np.linspace(0, 1, GRID)))
    on_grid = np.array([_critical(float(one), _without(se, one)) for one in grid])
    limits: Floats = np.interp(se, grid, on_grid)
    return limits


def _without(se: Floats, one: float) -> Floats:
    return np.delete(se, int(np.argmin(np.abs(se - one))))


def _critical(own: float, others: Floats) -> float:
    """The c with P(max_k |Z_j - Z_k| / se_jk <= c) = 0.95.

    Regula falsi (Illinois) between the quantile of one pair and Bonferroni's for all of them.
    """
    spread = np.hypot(own, others)
    others, spread = others[spread > 0], spread[spread > 0]
    if not len(others):
        return 0.0

    def miss(c: float) -> float:
        return _coverage(c, own, others, spread) - LEVEL

    lo = float(special.ndtri((1 + LEVEL) / 2)) - 0.01
    hi = float(special.ndtri(1 - (1 - LEVEL) / 2 / len(others))) + 0.01
    below, above = miss(lo), miss(hi)
    if below >= 0 or above <= 0:
        return hi
    side = 0
    for _ in range(60):
        c = hi - above * (hi - lo) / (above - below)
        found = miss(c)
        if abs(found) < EXACT:
            return c
        if found > 0:
            below = below / 2 if side > 0 else below
            hi, above, side = c, found, 1
        else:
            above = above / 2 if side < 0 else above
            lo, below, side = c, found, -1
    return hi


def _coverage(c: float, own: float, others: Floats, spread: Floats) -> float:
    """The probability that no difference to `own` exceeds c times its error.

    Gauss and Legendre's rule over the z in which it is possible at all: |own·z| <= c·s_k, but for
    the error of k.
    """
    reach = BEYOND
    if own > 0:
        reach = min(BEYOND, float(((c * spread + BEYOND * others) / own).min()))
    z = reach * _NODES
    safe = np.where(others > 0, others, 1.0)
    upper = (own * z[:, None] + c * spread) / safe
    lower = (own * z[:, None] - c * spread) / safe
    inside = np.where(others > 0, special.ndtr(upper) - special.ndtr(lower), 1.0)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return float(reach * (_WEIGHTS * density) @ inside.prod(axis=1))
