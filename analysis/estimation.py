"""Scores from counts: exact rationals for the record, floats for their uncertainty.

S_d = Σ v·n / Σ n over the votes of a dimension (every vote equal), S = Σ W_d S_d over dimensions
with votes, W renormalised. The variance is linearised and clustered on the ballot:
z_b = Σ_d W_d (y_bd - S_d n_bd) / N_d, v = n/(n-1) Σ z_b² (Särndal, Swensson & Wretman 1992, §5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, sqrt
from typing import NamedTuple

from scipy import special

from analysis.cells import Moments
from analysis.statistics.intervals.composite import combined_interval
from analysis.statistics.intervals.proportions import score_bounds
from analysis.statistics.intervals.scores import score_interval, trimmed_interval

LEVEL = 0.95
Z = float(special.ndtri((1 + LEVEL) / 2))
MANY = 1e9
"""Ballots that stand for a variance with no end of degrees of freedom."""


class Vote(NamedTuple):
    """`n` votes for an option worth `points`; points None stays outside the denominator."""

    text: str
    points: Fraction | None
    n: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A standard error (None where one ballot cannot show one) and the 95 % interval.

    Equal answers have the standard error 0 and an interval of some width all the same.
    """

    se: float | None
    lo: float | None
    hi: float | None


def valued(votes: Sequence[Vote]) -> list[tuple[Fraction, int]]:
    """(points, votes) of the valued options, lowest points first."""
    return sorted((vote.points, vote.n) for vote in votes if vote.points is not None and vote.n)


def trimmed_counts(pairs: Sequence[tuple[Fraction, int]], share: Fraction) -> list[int]:
    """What is left of each count when ⌊share·n⌋ votes go from each end; pairs sorted by points."""
    total = sum(n for _, n in pairs)
    cut = int(share * total)
    left = [n for _, n in pairs]
    for order in (range(len(left)), reversed(range(len(left)))):
        rest = cut
        for place in order:
            taken = min(rest, left[place])
            left[place] -= taken
            rest -= taken
    return left


def mean(votes: Sequence[Vote], trim: Fraction = Fraction(0)) -> Fraction | None:
    """The exact mean of the points, trimmed if wished; None without a valued vote."""
    pairs = [(vote.points, vote.n) for vote in votes if vote.points is not None and vote.n]
    if trim:
        pairs.sort()
        kept = trimmed_counts(pairs, trim)
        pairs = [(points, n) for (points, _), n in zip(pairs, kept, strict=True)]
    total = sum(n for _, n in pairs)
    if not total:
        return None
    unit = lcm(*(points.denominator for points, _ in pairs))
    whole = sum(points.numerator * (unit // points.denominator) * n for points, n in pairs)
    return Fraction(whole, unit * total)


def used_shares(
    weights: Sequence[Fraction], scores: Sequence[Fraction | None]
) -> list[Fraction] | None:
    """The weights of those with a score, made to add to 1; None where nobody has one."""
    total = sum((w for w, s in zip(weights, scores, strict=True) if s is not None), Fraction(0))
    if not total:
        return None
    return [
        w / total if s is not None else Fraction(0) for w, s in zip(weights, scores, strict=True)
    ]


def weighted(shares: Sequence[Fraction], scores: Sequence[Fraction | None]) -> Fraction:
    """Σ share · score over those with a score."""
    return sum(
        (share * score for share, score in zip(shares, scores, strict=True) if score is not None),
        Fraction(0),
    )


def ballot_variance(moments: Moments, shares: Sequence[Fraction], n: int) -> float | None:
    """v = n/(n-1) Σ z_b² of Σ share_d · S_d from ballot moments; None for fewer than two ballots.

    The sums are whole numbers up to the last division, so equal answers give 0, not nearly 0.
    """
    if n < 2:
        return None
    used = [(d, float(share)) for d, share in enumerate(shares) if share and moments.n[d]]
    total = 0.0
    for place, (i, first) in enumerate(used):
        for j, second in used[place:]:
            weight = first * second * (1 if i == j else 2)
            total += weight * (_cross(moments, i, j) / (moments.n[i] * moments.n[j]) ** 2)
    return max(0.0, total * n / (n - 1) / moments.scale**2)


def _cross(m: Moments, i: int, j: int) -> int:
    """N_i N_j Σ_b (y_bi - S_i n_bi)(y_bj - S_j n_bj), a whole number."""
    return (
        m.n[i] * m.n[j] * m.yy[i][j]
        - m.n[i] * m.y[j] * m.yn[i][j]
        - m.n[j] * m.y[i] * m.yn[j][i]
        + m.y[i] * m.y[j] * m.nn[i][j]
    )


def vote_variance(votes: Sequence[Vote], trim: Fraction = Fraction(0)) -> float | None:
    """The variance of the mean as if votes were independent; None below two votes kept.

    s_w² / (n (1 - 2·trim)²) with s_w the Winsorised deviation (Tukey & McLaughlin 1963); s²/n
    without trimming.
    """
    pairs = valued(votes)
    total = sum(n for _, n in pairs)
    cut = int(trim * total)
    if total - 2 * cut < 2:
        return None
    counts = trimmed_counts(pairs, trim)
    inside = [place for place, n in enumerate(counts) if n]
    counts[inside[0]] += cut
    counts[inside[-1]] += cut
    points = [one for one, _ in pairs]
    centre = sum((p * n for p, n in zip(points, counts, strict=True)), Fraction(0)) / total
    squares = sum(((p - centre) ** 2 * n for p, n in zip(points, counts, strict=True)), Fraction(0))
    return float(squares / (total - 1) / total / (1 - 2 * trim) ** 2)


def interval(
    score: Fraction,
    variance: float | None,
    df: float | None,
    bounds: tuple[float, float],
    plain: tuple[Fraction, float, int] | None = None,
) -> Interval:
    """The standard error and the interval of a score between the ends of its scale.

    Half a vote is added at each end (`analysis.statistics.intervals.scores`): the plain t interval
    misses too often where most are satisfied, and has no width where all agree. df + 1 is the
    number of ballots kept; `plain` are score, variance and ballots without trimming where there was
    some.
    Without a variance no interval.
    """
    if variance is None:
        return Interval(None, None, None)
    n = MANY if df is None else df + 1
    centre, se = float(score), sqrt(max(variance, 0.0))
    if bounds[0] >= bounds[1]:
        return Interval(se, centre, centre)
    if plain is None:
        return Interval(se, *score_interval(centre, variance, n, bounds, LEVEL))
    whole = float(plain[0]), plain[1], float(plain[2])
    return Interval(se, *trimmed_interval(centre, variance, n, whole, bounds, LEVEL))


def whole_interval(
    shares: Sequence[Fraction], scores: Sequence[Fraction | None], parts: Sequence[Interval]
) -> Interval:
    """The interval of Σ share · score from those of its independent parts; None where one lacks.

    Variances add; each side of the interval is put together from the same sides of the parts.
    """
    used = [
        (float(share), float(score), one)
        for share, score, one in zip(shares, scores, parts, strict=True)
        if share and score is not None
    ]
    total, sides = 0.0, []
    for share, _, one in used:
        if one.se is None or one.lo is None or one.hi is None:
            return Interval(None, None, None)
        total += (share * one.se) ** 2
        sides.append((one.lo, one.hi))
    _, lo, hi = combined_interval([one[0] for one in used], [one[1] for one in used], sides)
    return Interval(sqrt(total), lo, hi)


def wilson(k: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a share k/n (Wilson 1927), clipped into 0-1; None for n = 0."""
    if n == 0:
        return None
    lo, hi = score_bounds(k / n, n, Z)
    return 0.0 if k == 0 else max(0.0, float(lo)), 1.0 if k == n else min(1.0, float(hi))
