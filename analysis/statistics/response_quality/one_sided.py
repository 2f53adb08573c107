"""One-sided links: full marks by one link far more often than by the others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from analysis.statistics.response_quality.tails import binomial_tail

FALSE_DISCOVERIES = 0.01
SIDED_MIN = 30
SIDED_GAP = 0.3


def one_sided(n: Sequence[int], n_full: Sequence[int], rest: Sequence[float]) -> list[int]:
    """Places where the share of full marks is far beyond `rest`, the share elsewhere.

    n ballots of a place, n_full of them full marks, rest the share elsewhere. p = P(K ≥ n_full) for
    K binomial(n, rest), Benjamini–Hochberg at 0.01 over the places, a gap of at least 0.3 and at
    least 30 ballots.

    False alarms: at most 1 % of the flagged by p alone; the gap of 0.3 is 3.6 standard errors or
    more at 30 ballots and a share of 0.3, and decides for larger places.

    What goes wrong: one link used by one contented group only is one-sided without any pressure;
    the product flags a link only where it bursts as well.

    Source: binomial test, Agresti 2013, §1.4; Benjamini & Hochberg 1995.
    """
    total, full, share = (np.asarray(one, dtype=np.float64) for one in (n, n_full, rest))
    if not len(total):
        return []
    q = one_sided_q(n, n_full, rest)
    hit = (total >= SIDED_MIN) & (full / total - share >= SIDED_GAP) & (q <= FALSE_DISCOVERIES)
    return [int(one) for one in np.flatnonzero(hit)]


def one_sided_q(
    n: Sequence[int], n_full: Sequence[int], rest: Sequence[float]
) -> NDArray[np.float64]:
    """The adjusted p-values of `one_sided`, place by place."""
    share = np.clip(np.asarray(rest, dtype=np.float64), 1e-6, 1 - 1e-6)
    return benjamini_hochberg(binomial_tail(n_full, n, share)) if len(share) else share
