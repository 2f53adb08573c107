"""Collisions: whole answer vectors that repeat at a unit beyond what other units let expect."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from analysis.statistics.response_quality.tails import binomial_tail

Floats = NDArray[np.float64]
FALSE_DISCOVERIES = 0.01
RATIO = 5.0
PATTERN_MIN = 10
DRAWS = 999
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Collision:
    """The answer vector of a unit that repeats most suspiciously.

    `pattern` its place, `n` ballots that share it among the unit's `ballots`, `expected` by the
    other units' patterns, `p` that some vector no commoner than this one comes so often by chance,
    `q` adjusted over the units, `is_flagged` by the rule. `p` is 1 where no vector is a candidate
    (10 ballots and five times the expected); the commonest non-constant one is shown then.
    """

    unit: int
    pattern: int
    n: int
    ballots: int
    expected: float
    p: float
    q: float
    is_flagged: bool


def collisions(
    counts: ArrayLike, constant: ArrayLike, seed: int, draws: int = DRAWS
) -> tuple[Collision, ...]:
    """Repeated non-constant patterns of each unit, against ballots drawn from the other units.

    counts (units, patterns) ballots of one questionnaire, class and channel (table T7); constant
    (patterns,) marks all-one-option vectors, which never count as collisions; units without a
    non-constant ballot are left out of the result. Null: the unit's N ballots come from the pooled
    patterns of the other units, shares π, with half a ballot added to every pattern seen. Shown is
    the commonest candidate pattern, n ≥ 10 and n ≥ 5Nπ. p: share of `draws` bootstrap samples in
    which any pattern with 5Nπ ≤ n reaches n, (1 + those)/(draws + 1). Where fewer than 20 do, p is
    the smaller of that and the union bound Σ P(Binomial(N, π) ≥ n) over the same patterns, which is
    closed, never too small, and resolves tails that no number of draws reaches.
    Flag: q ≤ 0.01 (Benjamini–Hochberg over units).

    False alarms: at most 1 % of what q flags where units share one distribution of patterns; units
    that differ in level collide more, which is what the ratio of 5 is for.

    What goes wrong: independence across items would expect far too few collisions, hence whole
    patterns; long questionnaires make the screen sharp, five items make it useless; a standard
    sheet that is also the commonest honest pattern is invisible.

    Source: parametric bootstrap, Davison & Hinkley 1997, §4.2; Blasius & Thiessen 2012, Assessing
    the Quality of Survey Data, ch. 4 (duplicate patterns).
    """
    table = np.asarray(counts, dtype=np.int64)
    usable = ~np.asarray(constant, dtype=np.bool_)
    total = table.sum(axis=0)
    seeds = np.random.SeedSequence(seed).spawn(len(table))
    found = []
    for unit, row in enumerate(table):
        if not (usable & (row > 0)).any():
            continue
        others = (total - row) + 0.5 * (total > 0)
        share = others / others.sum()
        found.append(_one(unit, np.where(usable, row, 0), int(row.sum()), share))
        if found[-1].p < 1:
            p = _chance(found[-1], share[usable], np.random.default_rng(seeds[unit]), draws)
            found[-1] = replace(found[-1], p=p)
    q = benjamini_hochberg([one.p for one in found]).tolist()
    return tuple(
        replace(one, q=q_one, is_flagged=q_one <= FALSE_DISCOVERIES)
        for one, q_one in zip(found, q, strict=True)
    )


def _one(unit: int, observed: NDArray[np.int64], ballots: int, share: Floats) -> Collision:
    candidate = (observed >= PATTERN_MIN) & (observed >= RATIO * ballots * share)
    is_candidate = bool(candidate.any())
    pattern = int(np.where(candidate, observed, -1).argmax() if is_candidate else observed.argmax())
    expected = ballots * float(share[pattern])
    p = 0.0 if is_candidate else 1.0
    return Collision(
        unit, pattern, int(observed[pattern]), ballots, expected, p, p, is_flagged=False
    )


def _chance(one: Collision, share: Floats, rng: np.random.Generator, draws: int) -> float:
    """p of a candidate, `share` those of the non-constant patterns."""
    rare = share[share * one.ballots * RATIO <= one.n]
    edges = np.cumsum(rare)
    reached = 0
    for _ in range(draws):
        place = np.searchsorted(edges, rng.random(one.ballots))
        reached += int(np.bincount(place, minlength=1)[: len(rare)].max(initial=0)) >= one.n
    p = (1 + reached) / (draws + 1)
    if reached < ENOUGH:
        p = min(p, float(binomial_tail(one.n, one.ballots, rare).sum()))
    return p


def repeated(
    n: Sequence[int], total: Sequence[int], elsewhere: Sequence[float], family: int
) -> list[int]:
    """Places where an answer vector comes far more often than its share `elsewhere` lets expect.

    The closed form for one vector at a time: n of `total` ballots, p = P(K ≥ n) for K
    binomial(total, elsewhere), Benjamini–Hochberg at 0.01 over `family` vectors (those not given
    count as unsuspicious), at least 10 ballots and five times the expected.
    """
    count, size, share = (np.asarray(one, dtype=np.float64) for one in (n, total, elsewhere))
    if not len(count):
        return []
    q = repeated_q(n, total, elsewhere, family)
    hit = (count >= PATTERN_MIN) & (count >= RATIO * size * share) & (q <= FALSE_DISCOVERIES)
    return [int(one) for one in np.flatnonzero(hit)]


def repeated_q(
    n: Sequence[int], total: Sequence[int], elsewhere: Sequence[float], family: int
) -> Floats:
    """The adjusted p-values of `repeated`, place by place."""
    count, share = np.asarray(n, dtype=np.float64), np.asarray(elsewhere, dtype=np.float64)
    p = np.ones(max(family, len(count)))
    p[: len(count)] = binomial_tail(count, total, np.clip(share, 1e-9, 1 - 1e-9))
    return benjamini_hochberg(p)[: len(count)] if len(count) else count
