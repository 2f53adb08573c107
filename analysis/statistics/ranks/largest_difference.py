"""The largest scaled difference of errors over pairs, for many draws: max (Z_k − Z_j) / se_jk.

Most pairs cannot hold the maximum. For any scales s_j > 0, with u_j = Z_j / s_j and errors centred
in each draw (no difference changes), Cauchy and Schwarz give

    (Z_j − Z_k)² / se_jk²  <=  (s_j² + s_k²) / se_jk² · (u_j² + u_k²)  <=  κ_j · (u_j² + max u²)

with κ_j the largest first factor over k. A unit for which this stays below the maximum over a few
far-out units is left out of that draw. What remains is compared pair by pair, so the result is
exact; where errors go so closely together that the bound helps little, all pairs are compared.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CHUNK = 256
FEW_UNITS = 100
FAR_OUT = 8
MANY = 0.3
SLACK = 1 - 1e-9
SMALLEST = 1e-12


class Differences:
    """Draws of errors z (units × draws) and 1/se (units × units, 0 where a pair is left out)."""

    def __init__(self, z: Floats, inverse: Floats) -> None:
        self._rows = np.ascontiguousarray(z.T)
        self._inverse = inverse
        self._is_pruned = len(z) >= FEW_UNITS
        if self._is_pruned:
            centred = self._rows - self._rows.mean(axis=1, keepdims=True)
            scale = (centred**2).mean(axis=0)
            scale = np.maximum(scale, SMALLEST * scale.max()) if scale.max() > 0 else scale + 1
            self._scaled = centred / np.sqrt(scale)
            self._reach = ((scale[:, None] + scale) * inverse**2).max(axis=1)

    def largest(self, chosen: NDArray[np.int64], rejected: Bools | None = None) -> Floats:
        """For each chosen draw the maximum over directed pairs, those with rejected[j, k] apart.

        [j, k] is the direction Z_k − Z_j. Never below 0.
        """
        rows = self._rows[chosen]
        allowed = self._inverse if rejected is None else np.where(rejected, 0.0, self._inverse)
        if not self._is_pruned:
            return _dense(rows.T, allowed)
        scaled = self._scaled[chosen]
        found = _among_far_out(rows, scaled, allowed)
        squares = scaled**2
        bound = self._reach * (squares + squares.max(axis=1, keepdims=True))
        able = (bound >= SLACK * found[:, None] ** 2) & (self._reach > 0)
        if able.mean() > MANY:
            return _dense(rows.T, allowed)
        for draw, (one, mask) in enumerate(zip(rows, able, strict=True)):
            units = np.flatnonzero(mask)
            gaps = (one[units] - one[units, None]) * allowed[np.ix_(units, units)]
            found[draw] = max(found[draw], gaps.max(initial=0.0))
        return found


def _among_far_out(rows: Floats, scaled: Floats, allowed: Floats) -> Floats:
    """The maximum over the pairs of the few units furthest out on either side in each draw."""
    p = len(allowed)
    split = np.argpartition(scaled, (FAR_OUT, p - FAR_OUT), axis=1)
    far = np.concatenate([split[:, :FAR_OUT], split[:, p - FAR_OUT :]], axis=1)
    values = np.take_along_axis(rows, far, axis=1)
    gaps = (values[:, None] - values[:, :, None]) * allowed[far[:, :, None], far[:, None]]
    found: Floats = np.maximum(gaps.max(axis=(1, 2)), 0.0)
    return found


def _dense(z: Floats, allowed: Floats) -> Floats:
    """Every pair once; chunks of draws stay in the cache."""
    found = np.zeros(z.shape[1])
    forward, backward = np.triu(allowed, 1), np.triu(allowed.T, 1)
    opposite = -backward
    is_whole = np.array_equal(forward, backward)
    for first in range(0, z.shape[1], CHUNK):
        part = np.ascontiguousarray(z[:, first : first + CHUNK])
        buffer, second = np.empty_like(part), np.empty_like(part)
        most = found[first : first + CHUNK]
        for j in range(len(z) - 1):
            block = buffer[j + 1 :]
            np.subtract(part[j + 1 :], part[j], out=block)
            if is_whole:
                np.multiply(block, forward[j, j + 1 :, None], out=block)
                np.maximum(most, block.max(axis=0), out=most)
                np.maximum(most, -block.min(axis=0), out=most)
                continue
            for side in (forward, opposite):
                scaled = np.multiply(block, side[j, j + 1 :, None], out=second[j + 1 :])
                np.maximum(most, scaled.max(axis=0), out=most)
    return found
