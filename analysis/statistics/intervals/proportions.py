"""Intervals for one share: how sure is 满意率 88 % of 25?

Symbols: x successes of n answers, p = x/n, q = 1 - p, z = Φ⁻¹((1 + level)/2). All arguments may be
arrays of one shape (or broadcast); every bound lies in [0, 1], is exactly 0 for x = 0 and exactly 1
for x = n where the formula says so, and is NaN-free: n = 0 gives [0, 1], what is known of nothing.
x and n need not be whole (effective counts), but 0 <= x <= n.

Use Wilson for simple counts, Korn-Graubard for weighted or clustered ones near 0 or 1. Wald is here
only to be compared with: at 25 of 25 it says [1, 1].
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]
LEVEL = 0.95
COUNT_MIN = 5
"""Fewer answers than this show no share at all; fewer than `INTERVAL_MIN` no interval (privacy)."""
INTERVAL_MIN = 10


def normal_point(level: float) -> float:
    """z, the two-sided normal point of a level."""
    return float(special.ndtri((1 + level) / 2))


def wilson(x: ArrayLike, n: ArrayLike, level: float = LEVEL) -> Bounds:
    """(p + z²/2n ± z √(pq/n + z²/4n²)) / (1 + z²/n): the shares a score test does not reject.

    Source: Wilson 1927, JASA 22:209; Brown, Cai & DasGupta 2001, Statistical Science 16:101,
    §3.1.1. Goes wrong: just inside 0 and 1 its coverage dips to about 0.84 at small n. The ends at
    x = 0 and x = n are 0 and 1 exactly, where floating point gives 1e-17 (statsmodels leaves that).
    """
    x, n = _checked(x, n)
    size = np.where(n > 0, n, 1.0)
    return _ends(*score_bounds(x / size, size, normal_point(level)), x, n)


def score_bounds(p: Any, n: Any, z: float) -> tuple[Any, Any]:
    """Wilson's formula for shares `p` of `n` > 0 answers (floats or arrays) and any point `z`."""
    centre = p + z * z / (2 * n)
    reach = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    return (centre - reach) / below, (centre + reach) / below


def clopper_pearson(x: ArrayLike, n: ArrayLike, level: float = LEVEL) -> Bounds:
    """Beta quantiles B(α/2; x, n-x+1) and B(1-α/2; x+1, n-x), never below the level.

    Source: Clopper & Pearson 1934, Biometrika 26:404; Brown, Cai & DasGupta 2001, §4.2.1. Goes
    wrong: too wide for few answers (0.98 instead of 0.95 at n = 20).
    """
    x, n = _checked(x, n)
    tail = (1 - level) / 2
    lo = special.betaincinv(np.where(x > 0, x, 1.0), n - x + 1, tail)
    hi = special.betaincinv(x + 1, np.where(x < n, n - x, 1.0), 1 - tail)
    return _ends(lo, hi, x, n)


def jeffreys(x: ArrayLike, n: ArrayLike, level: float = LEVEL) -> Bounds:
    """Beta quantiles of Beta(x + 1/2, n - x + 1/2): half an answer added on either side.

    Source: Brown, Cai & DasGupta 2001, §3.1.2. Without their modification the bound at x = 0 is a
    little above 0, as the packages have it; a share that may be exactly 0 is then not covered.
    """
    x, n = _checked(x, n)
    tail = (1 - level) / 2
    lo = special.betaincinv(x + 0.5, n - x + 0.5, tail)
    hi = special.betaincinv(x + 0.5, n - x + 0.5, 1 - tail)
    return np.where(n > 0, lo, 0.0), np.where(n > 0, hi, 1.0)


def agresti_coull(x: ArrayLike, n: ArrayLike, level: float = LEVEL) -> Bounds:
    """p̃ ± z √(p̃ q̃ / ñ) with ñ = n + z² and p̃ = (x + z²/2)/ñ, clipped.

    Source: Agresti & Coull 1998, The American Statistician 52:119; Brown, Cai & DasGupta 2001,
    §3.1.3. Wider than Wilson near 0 and 1 and cut off there.
    """
    x, n = _checked(x, n)
    z = normal_point(level)
    size = n + z * z
    p = (x + z * z / 2) / size
    reach = z * np.sqrt(p * (1 - p) / size)
    lo, hi = np.clip(p - reach, 0.0, 1.0), np.clip(p + reach, 0.0, 1.0)
    return np.where(n > 0, lo, 0.0), np.where(n > 0, hi, 1.0)


def wald(x: ArrayLike, n: ArrayLike, level: float = LEVEL) -> Bounds:
    """p ± z √(pq/n), clipped. For comparison only: of width 0 at x = 0 and x = n."""
    x, n = _checked(x, n)
    size = np.where(n > 0, n, 1.0)
    p = x / size
    reach = normal_point(level) * np.sqrt(p * (1 - p) / size)
    lo, hi = np.clip(p - reach, 0.0, 1.0), np.clip(p + reach, 0.0, 1.0)
    return np.where(n > 0, lo, 0.0), np.where(n > 0, hi, 1.0)


def korn_graubard(
    share: ArrayLike, variance: ArrayLike, n: ArrayLike, df: ArrayLike, level: float = LEVEL
) -> Bounds:
    """Clopper-Pearson with the effective number of answers, for weighted or clustered shares.

    n* = p q / v · (t(n-1)/t(df))² and x* = p n*, with v the design variance, df its degrees of
    freedom and t the two-sided points of Student's t; n* is at most n, and n where v = 0 (p at 0 or
    1, where the design variance says nothing).

    Source: Korn & Graubard 1998, Survey Methodology 24:193, §2; R `survey::svyciprop(beta)` does
    the same without the cap at n. Goes wrong: a design effect below 1 is not used (the cap).
    """
    p, v, n, df = (np.asarray(one, dtype=np.float64) for one in (share, variance, n, df))
    upper = (1 + level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = special.stdtrit(np.maximum(n - 1, 1.0), upper) / special.stdtrit(
            np.maximum(df, 1.0), upper
        )
        effective = np.where(v > 0, p * (1 - p) / v * ratio**2, n)
    size = np.minimum(np.where(effective > 0, effective, n), n)
    return clopper_pearson(p * size, size, level)


KINDS: Mapping[str, Callable[[Any, Any, float], Bounds]] = {
    "wilson": wilson,
    "beta": clopper_pearson,
    "jeffreys": jeffreys,
    "agresti_coull": agresti_coull,
    "normal": wald,
}
"""The kinds by the names statsmodels gives them."""


def _checked(x: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    successes, size = np.broadcast_arrays(
        np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if not (np.all(successes >= 0) and np.all(successes <= size)):
        raise ValueError("successes lie between 0 and n")
    return successes, size


def _ends(lo: Floats, hi: Floats, x: Floats, n: Floats) -> Bounds:
    """Clipped into [0, 1], exact at the ends; [0, 1] where there is no answer."""
    is_low, is_high = (x <= 0) | (n <= 0), x >= n
    return (
        np.where(is_low, 0.0, np.clip(lo, 0.0, 1.0)),
        np.where(is_high, 1.0, np.clip(hi, 0.0, 1.0)),
    )
