"""Indicators: completion, points, and the score of an indicator leaf. Exact throughout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analysis.inputs import IndicatorRow, RateeRow
from analysis.results import LeafScore
from analysis.rounding import half_up
from analysis.scheme import Scheme
from analysis.scheme.parts import Component
from forms.definition import nearest
from forms.problems import N_, InputError, Problem

SCORE_DECIMALS = 6
HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """One row of the table of indicators (指标完成情况表).

    `rate` is the completion in percent as it is, `rate_counted` within the leaf's cap and floor;
    both None for marks and where nothing was reported. `score` is fixed to six decimals; None
    leaves the indicator out of its ratee's sums.
    """

    row: IndicatorRow
    ratee_name: str
    path: str
    component_name: str
    rate: Fraction | None
    rate_counted: Fraction | None
    score: Decimal | None


@dataclass(frozen=True, slots=True)
class IndicatorScores:
    """Leaf scores by (ratee, leaf path), every row behind them, and what was not reported."""

    leaves: Mapping[tuple[str, str], LeafScore]
    results: tuple[IndicatorResult, ...]
    missing: tuple[Problem, ...]


def completion(row: IndicatorRow) -> Fraction | None:
    """The completion in percent: actual ÷ target, or target ÷ actual where less is better.

    None for marks, without a figure, and for an actual of 0 where less is better: that completion
    has no bound.
    """
    if row.method == "marks" or row.target is None or row.actual is None:
        return None
    target, actual = Fraction(row.target), Fraction(row.actual)
    if row.method == "completion":
        return HUNDRED * actual / target
    return HUNDRED * target / actual if actual else None


def score_indicator(row: IndicatorRow, leaf: Component) -> tuple[Fraction | None, Decimal | None]:
    """The completion that counts, in percent, and the score: points × completion, or the marks.

    The score is rounded half up to six decimals, once; None where nothing was reported.
    """
    if row.actual is None:
        return None, None
    if row.method == "marks":
        return None, half_up(Fraction(row.actual), SCORE_DECIMALS)
    floor, cap = Fraction(leaf.completion_floor), Fraction(leaf.completion_cap)
    rate = completion(row)
    counted = cap if rate is None else min(max(rate, floor), cap)
    return counted, half_up(Fraction(row.points) * counted / HUNDRED, SCORE_DECIMALS)


def score_indicators(
    scheme: Scheme, ratees: Iterable[RateeRow], rows: Sequence[IndicatorRow]
) -> IndicatorScores:
    """Score every indicator, and each ratee's indicator leaves: Σ score ÷ Σ points × 100.

    What was not reported stays out of both sums, counts 0 or is listed as missing, as the scheme
    says. InputError where a row's component is no indicator leaf of the scheme.
    """
    names = {ratee.key: ratee.name for ratee in ratees}
    leaves = _leaves_of(scheme, rows)
    results = []
    missing = []
    for row in sorted(rows, key=lambda row: (row.indicator, row.ratee)):
        leaf = leaves[row.component]
        counted, score = score_indicator(row, leaf)
        if score is None and scheme.missing == "zero":
            score = Decimal(0)
        elif score is None and scheme.missing == "fail":
            missing.append(_not_reported(row))
        results.append(
            IndicatorResult(
                row=row,
                ratee_name=names.get(row.ratee, row.ratee),
                path=leaf.path,
                component_name=leaf.name,
                rate=completion(row),
                rate_counted=counted,
                score=score,
            )
        )
    return IndicatorScores(_sum_up(results), tuple(results), tuple(missing))


def _sum_up(results: Iterable[IndicatorResult]) -> dict[tuple[str, str], LeafScore]:
    sums: dict[tuple[str, str], tuple[Fraction, Fraction, int]] = {}
    for result in results:
        place = (result.row.ratee, result.path)
        score, points, n = sums.get(place, (Fraction(0), Fraction(0), 0))
        if result.score is not None:
            score += Fraction(result.score)
            points += Fraction(result.row.points)
            n += 1
        sums[place] = (score, points, n)
    return {
        place: LeafScore(HUNDRED * score / points if points else None, n=n)
        for place, (score, points, n) in sums.items()
    }


def _leaves_of(scheme: Scheme, rows: Iterable[IndicatorRow]) -> dict[str, Component]:
    """The indicator leaf each named component means, by path, key or name; "" is the only one."""
    leaves = [leaf for leaf in scheme.leaves() if leaf.source == "indicators"]
    known: dict[str, Component] = {}
    for leaf in reversed(leaves):
        known |= {str(leaf.name): leaf, leaf.key: leaf, leaf.path: leaf}
    if len(leaves) == 1:
        known[""] = leaves[0]
    problems = [
        _unknown_component(row, [leaf.path for leaf in leaves])
        for row in rows
        if row.component not in known
    ]
    if problems:
        raise InputError(problems)
    return known


def _unknown_component(row: IndicatorRow, paths: Sequence[str]) -> Problem:
    values = {
        "component": row.component or "—",
        "guess": nearest(row.component, paths) or "、".join(paths) or "—",
    }
    return Problem(
        f"{row.indicator} {row.ratee}",
        N_("方案里没有叫 {component} 的指标构成"),
        N_("请改正「构成」一列，可用的有：{guess}"),
        values,
    )


def _not_reported(row: IndicatorRow) -> Problem:
    return Problem(
        f"{row.indicator} {row.ratee}",
        N_("指标「{name}」没有完成值"),
        N_("请补报，或在方案中改变缺项的处理"),
        {"name": row.name},
    )
