"""Indicators: every row scored, and the score of each leaf that adds up rows. Exact throughout."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from analysis.indicator_points import leaves_of, points_problems
from analysis.indicator_scoring import Scored, score_row
from analysis.indicator_sums import MICRO, Micro, sum_scores
from analysis.inputs import IndicatorRow, RateeRow
from analysis.results import LeafScore
from analysis.rounding import half_up
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from forms.problems import N_, InputError, Problem

SCORE_DECIMALS = 6
Peers = Mapping[tuple[str, str], Sequence[Decimal]]


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """One row of the table of indicators (指标完成情况表): an indicator of one ratee.

    `rate` is the completion in percent as it is, None where the method has none or nothing was
    reported; `rate_counted` the percent of the points that count. `volume_rate` and `growth_rate`
    are those of "growth", as counted. `score` is fixed to six decimals; None leaves the indicator
    out of its ratee's sums. `marks` are the assessors' marks behind their mean, where several
    marked; `row.actual` is then the mean. `note` is a msgid.
    """

    row: IndicatorRow
    ratee_name: str
    path: str
    component_name: str
    rate: Fraction | None
    rate_counted: Fraction | None
    score: Decimal | None
    volume_rate: Fraction | None = None
    growth_rate: Fraction | None = None
    marks: tuple[tuple[str, Decimal | None], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorScores:
    """Leaf scores by (ratee, leaf path), every row behind them, and what was not reported."""

    leaves: Mapping[tuple[str, str], LeafScore]
    results: tuple[IndicatorResult, ...]
    missing: tuple[Problem, ...]


def score_indicators(
    scheme: Scheme, ratees: Iterable[RateeRow], rows: Sequence[IndicatorRow]
) -> IndicatorScores:
    """Score every indicator, and each ratee's leaves of indicators and appraisals.

    A leaf's score is Σ score ÷ Σ points × 100. What was not reported stays out of both sums,
    counts 0 or is listed as missing, as the scheme says. InputError where a row's component is
    no such leaf of the scheme, or full marks do not add up to what the leaf demands.
    """
    people = list(ratees)
    leaves = leaves_of(scheme, rows)
    by_key = {ratee.key: ratee for ratee in people}
    wrong = points_problems(by_key, [(row, leaves[row.component]) for row in rows])
    if wrong:
        raise InputError(wrong)
    return score_known(scheme, people, rows)


def score_known(
    scheme: Scheme, ratees: Iterable[RateeRow], rows: Sequence[IndicatorRow]
) -> IndicatorScores:
    """The same whatever full marks add up to."""
    people = {ratee.key: ratee for ratee in ratees}
    leaves = leaves_of(scheme, rows)
    grouped = _by_indicator(rows)
    peers = _peers(people, rows)
    results = [_result(scheme, people, leaves, marked, peers) for marked in grouped]
    missing: list[Problem] = []
    if scheme.missing == "fail":
        missing = [_not_reported(row) for some in grouped for row in some if not row.is_reported]
    return IndicatorScores(_sum_up(results), tuple(results), tuple(missing))


def _by_indicator(rows: Iterable[IndicatorRow]) -> list[list[IndicatorRow]]:
    """The rows in order, those of several assessors of one indicator together."""
    grouped: list[list[IndicatorRow]] = []
    for row in sorted(rows, key=lambda row: (row.indicator, row.ratee, row.assessor)):
        last = grouped[-1][0] if grouped else None
        if last and row.method == last.method == "marks" and _place(row) == _place(last):
            grouped[-1].append(row)
        else:
            grouped.append([row])
    return grouped


def _place(row: IndicatorRow) -> tuple[str, str, str]:
    return row.indicator, row.ratee, row.component


def _peers(people: Mapping[str, RateeRow], rows: Iterable[IndicatorRow]) -> Peers:
    """The figures reported for each indicator in each class of ratees, in ascending order."""
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row in rows:
        if row.actual is not None:
            found[_peer_place(people, row)].append(row.actual)
    return {place: sorted(figures) for place, figures in found.items()}


def _peer_place(people: Mapping[str, RateeRow], row: IndicatorRow) -> tuple[str, str]:
    ratee = people.get(row.ratee)
    return row.indicator, ratee.ratee_class if ratee else ""


def _result(
    scheme: Scheme,
    people: Mapping[str, RateeRow],
    leaves: Mapping[str, Component],
    marked: Sequence[IndicatorRow],
    peers: Peers,
) -> IndicatorResult:
    row = marked[0] if len(marked) == 1 else _mean_of(marked)
    leaf = leaves[row.component]
    scored = score_row(row, leaf, peers.get(_peer_place(people, row), ()))
    score = scored.score if scored else None
    if score is None and scheme.missing == "zero":
        score = Decimal(0)
    made = scored or Scored(Decimal(0), None, Fraction(0))
    return IndicatorResult(
        row=row,
        ratee_name=people[row.ratee].name if row.ratee in people else row.ratee,
        path=leaf.path,
        component_name=leaf.name,
        rate=made.rate,
        rate_counted=made.counted if scored else None,
        score=score,
        volume_rate=made.volume,
        growth_rate=made.growth,
        marks=tuple((one.assessor, one.actual) for one in marked) if len(marked) > 1 else (),
        note=made.note,
    )


def _mean_of(marked: Sequence[IndicatorRow]) -> IndicatorRow:
    """The assessors' rows as one: the mean of the marks given, fixed like a score."""
    given = [Fraction(row.actual) for row in marked if row.actual is not None]
    return replace(
        marked[0],
        actual=half_up(sum(given) / Fraction(len(given)), SCORE_DECIMALS) if given else None,
        assessor="、".join(row.assessor for row in marked),
        is_certified=all(row.is_certified for row in marked),
    )


def _sum_up(results: Sequence[IndicatorResult]) -> dict[tuple[str, str], LeafScore]:
    places: dict[str, int] = {}
    paths: dict[str, int] = {}
    for one in results:
        places.setdefault(one.row.ratee, len(places))
        paths.setdefault(one.path, len(paths))
    counted = [one for one in results if one.score is not None]
    sums = sum_scores(
        np.array([places[one.row.ratee] for one in counted], dtype=np.int64),
        np.array([paths[one.path] for one in counted], dtype=np.int64),
        _micro(one.score for one in counted if one.score is not None),
        _micro(one.row.points for one in counted),
    )
    scores, counts = sums.scores(), sums.counts()
    made: dict[tuple[str, str], LeafScore] = {}
    for one in results:
        place = (places[one.row.ratee], paths[one.path])
        made[one.row.ratee, one.path] = LeafScore(scores.get(place), n=counts.get(place, 0))
    return made


def _micro(numbers: Iterable[Decimal]) -> Micro:
    """Numbers in millionths, as int64 where they fit."""
    whole = []
    for number in numbers:
        exact = Fraction(number) * MICRO
        if exact.denominator != 1:
            raise ValueError(f"{number} has more than six decimals")
        whole.append(exact.numerator)
    try:
        return np.array(whole, dtype=np.int64)
    except OverflowError:
        return np.array(whole, dtype=object)


def _not_reported(row: IndicatorRow) -> Problem:
    return Problem(
        f"{row.indicator} {row.ratee}" + (f" {row.assessor}" if row.method == "marks" else ""),
        N_("指标「{name}」没有完成值"),
        N_("请补报，或在方案中改变缺项的处理"),
        {"name": row.name},
    )
