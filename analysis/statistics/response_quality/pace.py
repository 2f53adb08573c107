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
ROUNDS = 5
FEWEST_OTHERS = 3
DOUBT = 2.0


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
    ρ between the other links, by moments; links found are then left out of ρ and of "elsewhere" and
    the rest tested again, until nothing changes, so that a farm excuses neither itself nor another.
    Flag: q ≤ 0.01 over the links with at least 30 ballots, and a gap of at least 0.2.

    False alarms: ρ is taken two standard errors too large, as few links say little of it. In
    simulated honest rounds of 4 to 40 links some link is flagged in 0 to 2 % of the rounds (ρ up to
    0.02), and in up to a tenth where few links differ very much (ρ = 0.1).

    What goes wrong: a kiosk with staff at hand and a short questionnaire are fast in good faith;
    fast and slow are all that is kept of the time, on purpose. Fast alone says nothing of a ballot.

    Source: Greszki, Meyer & Schoen 2015, Public Opin. Q. 79, p. 471; Williams 1975, Biometrics 31.
    """
    size, fast = np.asarray(n, dtype=np.float64), np.asarray(n_fast, dtype=np.float64)
    judged = size >= LEAST
    nothing = Pace(None, None, None, None, is_flagged=False)
    if judged.sum() < 2:
        return (nothing,) * len(size)
    hit = np.zeros(len(size), dtype=np.bool_)
    for _ in range(ROUNDS):
        elsewhere, p, q = _tested(size, fast, judged, hit)
        found = judged & (q <= FALSE_DISCOVERIES) & (fast - size * elsewhere >= size * GAP)
        if (found == hit).all():
            break
        hit = found
    return tuple(
        Pace(float(fast[i] / size[i]), float(elsewhere[i]), float(p[i]), float(q[i]), bool(hit[i]))
        if judged[i]
        else nothing
        for i in range(len(size))
    )


def _tested(
    size: Floats, fast: Floats, judged: NDArray[np.bool_], hit: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Share elsewhere, p and q of every link, the links already found left out of the rest."""
    usual = judged & ~hit
    if not usual.any():
        usual = judged
    own = np.where(hit, 0.0, 1.0)
    all_fast, all_size = (fast * own).sum(), (size * own).sum()
    elsewhere = (all_fast - fast * own + 0.5) / (all_size - size * own + 1)
    p, q = np.ones(len(size)), np.ones(len(size))
    for link in np.flatnonzero(judged):
        others = usual & (np.arange(len(size)) != link)
        if others.sum() < FEWEST_OTHERS:
            others = usual
        middle = (fast[others].sum() + 0.5) / (size[others].sum() + 1)
        rho = intra_class(fast[others], size[others], middle, DOUBT)
        own_share = elsewhere[link : link + 1]
        p[link] = beta_binomial_tail(fast[[link]], size[[link]], own_share, rho)[0]
    q[judged] = benjamini_hochberg(p[judged])
    return elsewhere, p, q
