"""The interval of a score: the mean of answers on a scale with a lowest and a highest point.

Most answers to 满意 items sit at the top. Then the plain t interval is wrong in the worst way: with
eight ballots it holds the truth in fewer than 0.9 of all rounds, and where all eight agree it has
no width at all. This one starts from half a vote added at each end of the scale and leans on the
bounds; `docs/coverage.md` (from `bench/coverage.py`) shows how often it holds the truth.

Symbols: [a, b] the scale, m = (score - a)/(b - a), v the variance of the score over (b - a)², n the
number of ballots behind it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
LEVEL = 0.95
MINIMUM_BALLOTS = 2
"""One ballot shows no spread. From two on no yes/no item and none of the answer patterns tried is
covered in fewer than 0.90 of all rounds (`docs/coverage.md`). Privacy wants more: the scheme's."""
PSEUDO = 1.0
"""Votes added in all, half of one at each end."""
ONE = 1.0 + 1e-9
NOISE = 1e-20
"""A variance below that of one dissenter among a thousand million is rounding of equal votes."""
MOST_SPREAD = 0.999
"""Of the variance a share can have; a Beta distribution wants less than all of it."""


def is_shown(n: float) -> bool:
    """Whether an interval from `n` ballots (those left after trimming) is right often enough."""
    return n >= MINIMUM_BALLOTS


def score_interval(
    score: float,
    variance: float,
    n: float,
    bounds: tuple[float, float],
    level: float = LEVEL,
    *,
    population: int | None = None,
    is_trimmed: bool = False,
) -> tuple[float, float]:
    """The interval of one score. See `score_intervals`."""
    lo, hi = _interval(score, variance, n, bounds, level, population, is_trimmed, min, max)
    return float(lo), float(hi)


def score_intervals(
    score: ArrayLike,
    variance: ArrayLike,
    n: ArrayLike,
    bounds: tuple[float, float],
    level: float = LEVEL,
    *,
    population: ArrayLike | None = None,
    is_trimmed: bool = False,
) -> tuple[Floats, Floats]:
    """Intervals of scores from their variances, numbers of ballots and the ends of the scale.

    Half a vote is added at a and half a vote at b. The n + 1 votes have the mean
    M = (n m + 1/2)/(n + 1) and the sum of squares
    S = n (n-1) v + 1/4 + n (m - 1/2)²/(n + 1);
    the interval holds the quantiles (1 ± level)/2 of the Beta distribution with mean M and variance
    S / ((n - 1)(n + 1)). It is stretched to include the score itself where that lies outside (a
    score at an end of the scale). Where all votes are equal (v = 0) it still has a width, about the
    rule of three: eight ballots of 100 on a scale from 0 leave room for a mean of about 70.

    For yes/no answers with S/((n+1)(n+2)) this is Jeffreys' interval (Brown, Cai & DasGupta 2001,
    Statistical Science 16:101, §3.1.2); for several options the moments are those of the Dirichlet
    posterior with that prior (Ferguson 1973, Annals of Statistics 1:209, §3). The divisor
    (n-1)(n+1) is on purpose: Jeffreys' falls to 0.87 at n = 10 for some shares, this one stays
    above 0.90 at every n from 2 to 400.

    `variance` is that of the score by the design (ballots as clusters, weights), without a finite
    population correction; `n` the ballots, or 1 + its degrees of freedom. A variance greater than n
    bounded votes can have (trimming, weights) counts as fewer votes: n <= 1 + m(1-m)/v, the
    effective number of Korn & Graubard (1998, Survey Methodology 24:193, §2).

    `population` N: the people asked, where `n` of N are counted. Only the N - n others are
    uncertain: their mean has the variance above times N/(N - n), and the interval is
    f·m + (1 - f)·(theirs), f = n/N (Ghosh & Meeden 1997, Bayesian Methods for Finite Population
    Sampling, §2.1). All counted: no sampling error, both ends are the score.

    `is_trimmed`: the true trimmed mean may lie exactly on an end of the scale, where a Beta
    quantile never does; an end is then taken in where score ± t·se reaches it.

    Goes wrong: ballots that hold many items spread less than single votes, and answers all in the
    middle of the scale spread less than the half votes at its ends; with few ballots the interval
    is then too wide (coverage up to 1), never too short. Says nothing of who did not answer.
    """
    m, v, size = (np.asarray(one, dtype=np.float64) for one in (score, variance, n))
    whole = None if population is None else np.asarray(population, dtype=np.float64)
    lo, hi = _interval(m, v, size, bounds, level, whole, is_trimmed, np.minimum, np.maximum)
    return np.asarray(lo), np.asarray(hi)


def _interval(
    score: Any,
    variance: Any,
    n: Any,
    bounds: tuple[float, float],
    level: float,
    population: Any,
    is_trimmed: bool,  # noqa: FBT001
    least: Callable[[Any, Any], Any],
    most: Callable[[Any, Any], Any],
) -> tuple[Any, Any]:
    """One formula for numbers (with min and max) and arrays (with numpy's), the former quick."""
    a, b = bounds
    wide = b - a
    score = least(most(score, a), b)
    m, v, n = (score - a) / wide, variance / wide**2, most(n, ONE)
    v = v * (v > NOISE)
    f = 0.0 if population is None else least(n / population, 1.0)
    lo, hi = _quantiles(m, v, n, f, (1 - level) / 2, least, most)
    if is_trimmed:
        reach = special.stdtrit(most(n - 1, 1.0), (1 + level) / 2) * (v * (1 - f)) ** 0.5
        lo, hi = lo * (m - reach > 0), hi + (1 - hi) * (m + reach >= 1)
    # the score itself, not its image through the unit scale: lo <= score <= hi to the last bit
    return least(most(a + wide * lo, a), score), most(least(a + wide * hi, b), score)


def _quantiles(
    m: Any,
    v: Any,
    n: Any,
    f: Any,
    tail: float,
    least: Callable[[Any, Any], Any],
    most: Callable[[Any, Any], Any],
) -> tuple[Any, Any]:
    """Quantiles for scores on [0, 1], before the score itself is taken in."""
    # the tiny terms make v = 0 leave n as it is and are nothing beside any other v
    n = most(least(n, 1 + (m * (1 - m) + 1e-200) / (v + 1e-250)), ONE)
    votes = n + PSEUDO
    mean = (n * m + PSEUDO / 2) / votes
    squares = n * (n - 1) * v + PSEUDO / 4 + n * PSEUDO / votes * (m - 0.5) ** 2
    spread = squares / (votes * (votes - 2 * PSEUDO)) / most(1 - f, 1e-9)
    spread = least(spread, mean * (1 - mean) * MOST_SPREAD)
    total = mean * (1 - mean) / spread - 1
    lo = special.betaincinv(mean * total, (1 - mean) * total, tail)
    hi = special.betaincinv(mean * total, (1 - mean) * total, 1 - tail)
    return f * m + (1 - f) * lo, f * m + (1 - f) * hi


def trimmed_interval(
    score: float,
    variance: float,
    kept: float,
    plain: tuple[float, float, float],
    bounds: tuple[float, float],
    level: float = LEVEL,
    *,
    population: int | None = None,
) -> tuple[float, float]:
    """The interval of a trimmed mean from its variance and the ballots `kept` after trimming.

    `plain` are score, variance and ballots without trimming. Where all that is left is equal but
    something else was cut off, the trimmed answers cannot show how many more dissenters there may
    be; then the interval goes as far from the score as the plain one goes from the plain score.
    Without that a yes/no item of 0.8 trimmed by 10 % was covered in 0.86 of all rounds at n = 30.
    """
    lo, hi = score_interval(
        score, variance, kept, bounds, level, population=population, is_trimmed=True
    )
    centre, spread, n = plain
    if variance > 0 or spread <= 0:
        return lo, hi
    low, high = score_interval(centre, spread, n, bounds, level, population=population)
    below, above = score - (centre - low), score + (high - centre)
    return min(lo, max(bounds[0], below)), max(hi, min(bounds[1], above))
