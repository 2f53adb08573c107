"""The interval of a weighted sum of independent parts, put together from the parts' intervals."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple


class Reach(NamedTuple):
    """How far an interval goes below and above its score, squared, so that parts add up."""

    below: float
    above: float


def reach_of(score: float, lo: float, hi: float) -> Reach:
    """The squared distances of an interval's ends from its score."""
    return Reach((score - lo) ** 2, (hi - score) ** 2)


def combined_reach(shares: Sequence[float], reaches: Sequence[Reach]) -> Reach:
    """Below² = Σ a_i² below_i², above² = Σ a_i² above_i² for Σ a_i θ_i, the parts independent.

    Each side of the whole is put together from the same side of the parts (the other side where the
    share is negative, as in a difference). For parts with equal sides it is the usual root of the
    sum of squares; for skew ones it stays skew, and a part of which all votes are equal still
    brings its width. Shares are fixed numbers. Parts that are known exactly reach 0.

    Source: Zou & Donner 2008, Statistics in Medicine 27:1693, eqs. 2-3 (MOVER). Goes wrong where
    the parts are dependent (the same people in two parts): take their joint variance then.
    """
    below = above = 0.0
    for share, one in zip(shares, reaches, strict=True):
        low, high = (one.below, one.above) if share >= 0 else (one.above, one.below)
        below += share**2 * low
        above += share**2 * high
    return Reach(below, above)


def combined_interval(
    shares: Sequence[float], scores: Sequence[float], intervals: Sequence[tuple[float, float]]
) -> tuple[float, float, float]:
    """Σ share · score and its interval from the intervals of independent parts."""
    score = sum(a * s for a, s in zip(shares, scores, strict=True))
    reaches = [reach_of(s, lo, hi) for s, (lo, hi) in zip(scores, intervals, strict=True)]
    reach = combined_reach(shares, reaches)
    return score, score - sqrt(reach.below), score + sqrt(reach.above)
