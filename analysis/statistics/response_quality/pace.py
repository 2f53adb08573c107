"""Pace: links by which far more ballots are fast than by the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from analysis.statistics.response_quality.tails import beta_binomial_tail, intra_class

Floats = NDArray[np.float64]
FALSE_DISCOVERIES = 0.01
LEAST = 30
GAP = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """A link: its share of fast ballots, the share elsewhere, p and q, `is_flagged` by the rule.
    None where the link has too few ballots or there is no other one.
    """

    share: float | None
    elsewhere: float | None
    p: float | None
    q: float | None
    is_flagged: bool


def fast_links(n: ArrayLike, n_fast: ArrayLike) -> tuple[Pace, ...]:
    """Share of fast ballots of each link against the others, with room for honest differences.

    n ballots by link, n_fast of them with pace "fast" (links,). Elsewhere: Σ others' fast + ½ over
    Σ others + 1. p = P(K ≥ n_fast), K beta-binomial with that mean and the intra-class correlation
    ρ between links, by moments and without the tenth of the links with the highest shares, so that
    a farm does not excuse itself. Flag: q ≤ 0.01 over the links with at least 30 ballots, and a gap
    of at least 0.2.

    False alarms: at most 1 % of what q flags where links vary as the beta-binomial says.

    What goes wrong: a kiosk with staff at hand and a short questionnaire are fast in good faith;
    fast and slow are all that is kept of the time, on purpose. Fast alone says nothing of a ballot.

    Source: Greszki, Meyer & Schoen 2015, Public Opin. Q. 79, p. 471; Williams 1975, Biometrics 31.
    """
    size, fast = np.asarray(n, dtype=np.float64), np.asarray(n_fast, dtype=np.float64)
    judged = size >= LEAST
    if judged.sum() < 2:
        return tuple(Pace(None, None, None, None, is_flagged=False) for _ in size)
    elsewhere = (fast.sum() - fast + 0.5) / (size.sum() - size + 1)
    share = fast / np.maximum(size, 1)
    usual = judged & (share <= np.quantile(share[judged], 0.9, method="inverted_cdf"))
    middle = (fast[usual].sum() + 0.5) / (size[usual].sum() + 1)
    rho = intra_class(fast[usual], size[usual], middle)
    p = np.full(len(size), np.nan)
    p[judged] = beta_binomial_tail(fast[judged], size[judged], elsewhere[judged], rho)
    q = np.full(len(size), np.nan)
    q[judged] = benjamini_hochberg(p[judged])
    return tuple(
        Pace(
            float(share[i]),
            float(elsewhere[i]),
            float(p[i]),
            float(q[i]),
            bool(q[i] <= FALSE_DISCOVERIES and share[i] - elsewhere[i] >= GAP),
        )
        if judged[i]
        else Pace(None, None, None, None, is_flagged=False)
        for i in range(len(size))
    )
