"""Indicators in different units brought to one scale, higher always better.

x is a column (n,) or a table (n, m), NaN where missing and NaN in the result; d = ±1 is the
direction of each indicator (−1: lower is better), and z = d·x.

    minmax    lo + (hi − lo)·(z − min z)/(max z − min z)
    zscore    (z − mean z)/s, s with n − 1
    rank      1 = worst, ties share the lower rank
    prank     share of the other units that are worse, 0 to 1
    borda     number of units that are worse (rank − 1)
    dist2max  1 − (max z − z)/(max z − min z)
    fracmax   z/max z: a ratio to the best, not bounded by 1 where d = −1 (a ratio of lowest to own
              would be); meaningful for positive ratio scales alone

OECD & JRC (2008), Handbook on Constructing Composite Indicators, section 5; the seven agree with
COINr's n_* functions. What goes wrong: min-max and z depend on who else is in the group, so a new
unit changes everyone; one extreme unit squeezes all others together (treat outliers first); ranks
forget distances. A column in which all are equal tells nobody apart: it has no min-max, z or
distance and comes back as missing, and so does a ratio to a best of 0.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def directed(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """z = d·x."""
    return np.asarray(x, dtype=np.float64) * np.asarray(direction, dtype=np.float64)


def minmax(
    x: Floats, direction: Floats | float = 1.0, bounds: tuple[float, float] = (0.0, 1.0)
) -> Floats:
    """To the range `bounds`; the worst unit gets its lower end, the best its upper."""
    z = directed(x, direction)
    lo, hi = bounds
    return lo + (hi - lo) * _divide(z - _least(z), _most(z) - _least(z))


def zscore(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """Mean 0, standard deviation 1 (n − 1)."""
    z = directed(x, direction)
    n = np.isfinite(z).sum(axis=0)
    gap = z - np.nansum(z, axis=0) / np.maximum(n, 1)
    variance = np.nansum(gap**2, axis=0) / np.maximum(n - 1, 1)
    spread = np.where(_most(z) > _least(z), np.sqrt(variance), 0.0)
    return _divide(gap, spread)


def rank(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """1 = worst; ties share the lower rank."""
    z = directed(x, direction)
    return np.asarray(rankdata(z, method="min", axis=0, nan_policy="omit"), dtype=np.float64)


def prank(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """Number of worse units ÷ (n − 1)."""
    z = directed(x, direction)
    others = np.isfinite(z).sum(axis=0) - 1
    return _divide(borda(z), np.asarray(others, dtype=np.float64))


def borda(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """Number of worse units."""
    return rank(x, direction) - 1


def dist2max(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """1 for the best, 0 for the worst."""
    z = directed(x, direction)
    return 1 - _divide(_most(z) - z, _most(z) - _least(z))


def fracmax(x: Floats, direction: Floats | float = 1.0) -> Floats:
    """The ratio to the best."""
    z = directed(x, direction)
    return _divide(z, _most(z))


METHODS: dict[str, Callable[[Floats, Floats | float], Floats]] = {
    "minmax": minmax,
    "zscore": zscore,
    "rank": rank,
    "prank": prank,
    "borda": borda,
    "dist2max": dist2max,
    "fracmax": fracmax,
}


def _most(z: Floats) -> Floats:
    found = np.where(np.isnan(z), -np.inf, z).max(axis=0, initial=-np.inf)
    return np.asarray(np.where(np.isfinite(found), found, np.nan), dtype=np.float64)


def _least(z: Floats) -> Floats:
    return -_most(-z)


def _divide(above: Floats, below: Floats) -> Floats:
    """The quotient, missing where the divisor is 0."""
    wide = np.broadcast_to(np.asarray(below, dtype=np.float64), np.shape(above))
    empty = np.full(np.shape(above), np.nan)
    return np.asarray(np.divide(above, wide, out=empty, where=wide != 0), dtype=np.float64)
