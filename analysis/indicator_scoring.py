"""The score of one indicator under each method. Exact; fixed to six decimals at the end."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analysis.indicator_inputs import COMPLETIONS, SCORE_DECIMALS, IndicatorMethod, IndicatorRow
from analysis.indicator_rules import parse_bands, parse_per_event, parse_range, parse_step
from analysis.rounding import half_up
from analysis.scheme.components import Component
from forms.problems import N_

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of one figure.

    `rate` is the completion in percent as it is, None where the method has none; `counted` the
    percent of the points that count, within cap and floor. `volume` and `growth` are the two
    rates behind "growth", as counted. `note` says what was done differently.
    """

    score: Decimal
    rate: Fraction | None
    counted: Fraction
    volume: Fraction | None = None
    growth: Fraction | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """A reported row with what its method looks at: bounds in percent, and the peers' figures.

    `peers` are in ascending order.
    """

    row: IndicatorRow
    figure: Decimal
    actual: Fraction
    peers: Sequence[Decimal]
    floor: Fraction
    cap: Fraction
    volume_share: Fraction

    def within(self, rate: Fraction) -> Fraction:
        return min(max(rate, self.floor), self.cap)

    def best(self) -> Fraction:
        return Fraction(self.peers[0 if self.row.better == "lower" else -1])


def score_row(row: IndicatorRow, leaf: Component, peers: Sequence[Decimal] = ()) -> Scored | None:
    """Score a row; None where its figures were not reported.

    `peers` are the figures reported for the same indicator in the same class of ratees in
    ascending order, this row's among them: only "ratio_to_best" and "rank" look at them.
    """
    if row.actual is None or not row.is_reported:
        return None
    low, high = (
        (leaf.completion_floor, leaf.completion_cap)
        if row.method in COMPLETIONS
        else (Decimal(0), Decimal(100))
    )
    case = _Case(
        row=row,
        figure=row.actual,
        actual=Fraction(row.actual),
        peers=peers or (row.actual,),
        floor=Fraction(low if row.floor is None else row.floor),
        cap=Fraction(high if row.cap is None else row.cap),
        volume_share=Fraction(leaf.volume_share),
    )
    return METHODS[row.method](case)


def _made(case: _Case, rate: Fraction, *, is_completion: bool = False) -> Scored:
    """The score at a percentage of the points, once cap and floor have had their say."""
    counted = case.within(rate)
    score = half_up(Fraction(case.row.points) * counted / HUNDRED, SCORE_DECIMALS)
    return Scored(score, rate if is_completion else None, counted)


def _percent(part: Fraction, whole: Fraction) -> Fraction:
    return HUNDRED * part / whole


def _completion(case: _Case) -> Scored:
    return _made(case, _percent(case.actual, _target(case)), is_completion=True)


def _completion_inverse(case: _Case) -> Scored:
    """target ÷ actual; an actual of 0 has no bound and gets the cap."""
    if case.actual > 0:
        return _made(case, _percent(_target(case), case.actual), is_completion=True)
    return _made(case, case.cap)


def _target(case: _Case) -> Fraction:
    assert case.row.target is not None, "the reader refuses completion without a target"
    return Fraction(case.row.target)


def _growth(case: _Case) -> Scored:
    """总量 and 增速, each within cap and floor, then by their shares.

    A growth target of 0 or less has no completion: every percentage point above or below it
    counts one percent.
    """
    assert case.row.growth is not None
    assert case.row.growth_target is not None
    growth, target = Fraction(case.row.growth), Fraction(case.row.growth_target)
    is_rate = target > 0
    fast = _percent(growth, target) if is_rate else HUNDRED + growth - target
    volume = _percent(case.actual, _target(case))
    share = case.volume_share
    counted = share * case.within(volume) + (1 - share) * case.within(fast)
    return Scored(
        score=half_up(Fraction(case.row.points) * counted / HUNDRED, SCORE_DECIMALS),
        rate=share * volume + (1 - share) * fast,
        counted=counted,
        volume=case.within(volume),
        growth=case.within(fast),
        note="" if is_rate else N_("增速目标不大于 0，增速按差额计分"),
    )


def _ratio_to_best(case: _Case) -> Scored:
    """The best has all points; the others by their ratio to it.

    Where the best leaves no ratio (not above 0, or a cost of 0), only its equals have points.
    """
    best = case.best()
    if case.actual == best:
        return _made(case, HUNDRED)
    part, whole = (best, case.actual) if case.row.better == "lower" else (case.actual, best)
    return _made(case, _percent(part, whole) if whole > 0 else Fraction(0))


def _rank(case: _Case) -> Scored:
    """full × (1 − step × (rank − 1)); equal figures share the better rank."""
    is_lower = case.row.better == "lower"
    ahead = (
        bisect_left(case.peers, case.figure)
        if is_lower
        else len(case.peers) - bisect_right(case.peers, case.figure)
    )
    step = Fraction(parse_step(case.row.rule) or 0)
    return _made(case, HUNDRED * max(1 - step * ahead, Fraction(0)))


def _bands(case: _Case) -> Scored:
    """The points of the highest band that is reached; below all of them 0.

    Where lower is better, what lies below all of them is no worse than the lowest band.
    """
    bands = parse_bands(case.row.rule) or ()
    below = bands[-1][1] if bands and case.row.better == "lower" else Decimal(0)
    points = next((points for low, points in bands if case.actual >= low), below)
    return _made(case, _percent(Fraction(points), Fraction(case.row.points)))


def _within(case: _Case) -> Scored:
    """All points inside the range; outside, what is missed in proportion to the nearest end."""
    low, high = map(Fraction, parse_range(case.row.rule) or (Decimal(0), Decimal(0)))
    if low <= case.actual <= high:
        return _made(case, HUNDRED)
    nearest = low if case.actual < low else high
    if not nearest:
        return _made(case, Fraction(0))
    missed = abs(case.actual - nearest) / abs(nearest)
    return _made(case, HUNDRED * max(1 - missed, Fraction(0)))


def _deduction(case: _Case) -> Scored:
    """Points less those each event costs, not below 0 or the floor."""
    lost = Fraction(parse_per_event(case.row.rule) or 0) * case.actual
    points = Fraction(case.row.points)
    return _made(case, _percent(max(points - lost, Fraction(0)), points))


def _marks(case: _Case) -> Scored:
    return _made(case, _percent(case.actual, Fraction(case.row.points)))


METHODS: Mapping[IndicatorMethod, Callable[[_Case], Scored]] = {
    "completion": _completion,
    "completion_inverse": _completion_inverse,
    "growth": _growth,
    "ratio_to_best": _ratio_to_best,
    "rank": _rank,
    "bands": _bands,
    "within": _within,
    "deduction": _deduction,
    "marks": _marks,
}
