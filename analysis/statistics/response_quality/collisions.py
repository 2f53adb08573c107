"""Collisions: whole answer vectors that repeat at a unit beyond what other units let expect."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """The most repeated answer vector of a unit.

    `pattern` its place, `n` ballots that share it among the unit's `ballots`, `expected` by the
    other units' patterns, `usual` the mean of the greatest count by chance, `p` that the greatest
    count is so large by chance, `q` adjusted over the units, `is_flagged` by the rule.
    """

    unit: int
    pattern: int
    n: int
    ballots: int
    expected: float
    usual: float
    p: float
    q: float
    is_flagged: bool


def collisions(
    counts: ArrayLike, constant: ArrayLike, seed: int, draws: int = DRAWS
) -> tuple[Collision, ...]:
    """Greatest count of a non-constant pattern in each unit, against ballots drawn from the others.

    counts (units, patterns) ballots of one questionnaire, class and channel (table T7); constant
    (patterns,) marks all-one-option vectors, which never count as collisions; units without a
    non-constant ballot are left out of the result. Null: the unit's ballots come from the pooled
    patterns of the other units, with half a ballot added for patterns seen only here. The greatest
    count over the patterns is drawn `draws` times; p = (1 + draws as large)/(draws + 1). Where
    fewer than 20 draws reach the observed count p is the smaller of that and the union bound
    Σ_patterns P(Binomial(n, π) ≥ observed), which is closed, never too small, and resolves tails
    that no number of draws reaches.
    Flag: q ≤ 0.01 (Benjamini–Hochberg over units), ≥ 5 × expected, ≥ 10 ballots.

    False alarms: at most 1 % of what q flags where units share one distribution of patterns; units
    that differ in level collide more, which is what the ratio is for.

    What goes wrong: independence across items would expect far too few collisions, hence whole
    patterns; long questionnaires make the screen sharp, five items make it useless; a pattern of
    the standard sheet that is also the commonest honest one is invisible.

    Source: parametric bootstrap, Davison & Hinkley 1997, §4.2; Simonsohn 2013 and Blasius &
    Thiessen 2012, Assessing the Quality of Survey Data, ch. 4 (duplicate patterns).
    """
    table = np.asarray(counts, dtype=np.int64)
    usable = ~np.asarray(constant, dtype=np.bool_)
    total = table.sum(axis=0)
    rng_of = np.random.SeedSequence(seed).spawn(len(table))
    found = []
    for unit, row in enumerate(table):
        observed = np.where(usable, row, 0)
        if observed.max(initial=0) == 0:
            continue
        others = (total - row) + 0.5 * (total > 0)
        share = others / others.sum()
        found.append(_one(unit, observed, int(row.sum()), share, usable, rng_of[unit], draws))
    if not found:
        return ()
    q = benjamini_hochberg([one.p for one in found]).tolist()
    return tuple(_judged(one, q_one) for one, q_one in zip(found, q, strict=True))


def _one(
    unit: int,
    observed: NDArray[np.int64],
    ballots: int,
    share: Floats,
    usable: NDArray[np.bool_],
    seed: np.random.SeedSequence,
    draws: int,
) -> Collision:
    pattern = int(observed.argmax())
    n = int(observed[pattern])
    drawn = np.random.default_rng(seed).multinomial(ballots, share, size=draws)
    greatest = drawn[:, usable].max(axis=1)
    reached = int((greatest >= n).sum())
    p = (1 + reached) / (draws + 1)
    if reached < ENOUGH:
        p = min(p, float(binomial_tail(n, ballots, share[usable]).sum()))
    expected = ballots * float(share[pattern])
    return Collision(
        unit, pattern, n, ballots, expected, float(greatest.mean()), p, p, is_flagged=False
    )


def _judged(one: Collision, q: float) -> Collision:
    hit = q <= FALSE_DISCOVERIES and one.n >= PATTERN_MIN and one.n >= RATIO * one.expected
    return Collision(
        one.unit, one.pattern, one.n, one.ballots, one.expected, one.usual, one.p, q, hit
    )


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
    p = np.ones(max(family, len(count)))
    p[: len(count)] = binomial_tail(count, size, np.clip(share, 1e-9, 1 - 1e-9))
    q = benjamini_hochberg(p)[: len(count)]
    hit = (count >= PATTERN_MIN) & (count >= RATIO * size * share) & (q <= FALSE_DISCOVERIES)
    return [int(one) for one in np.flatnonzero(hit)]
