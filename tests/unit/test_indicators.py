"""Indicators: completion with cap and floor, marks, and the sum over a ratee."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.indicators import IndicatorScores, score_indicators
from analysis.inputs import IndicatorMethod, IndicatorRow, RateeRow
from analysis.rounding import half_up
from analysis.scheme import Scheme
from forms.problems import InputError

SCHEME = """
key = "s"
version = "1"
title = "s"
missing = "{missing}"
[[component]]
key = "targets"
name = "指标考核"
weight = "100"
source = "indicators"
completion_cap = "{cap}"
completion_floor = "{floor}"
"""
UNIT = RateeRow("u", "统计局", "unit", "")


def scheme(missing: str = "fail", cap: int = 120, floor: int = 0) -> Scheme:
    return Scheme.load(SCHEME.format(missing=missing, cap=cap, floor=floor).encode())


def row(
    key: str,
    points: str,
    target: str | None,
    actual: str | None,
    method: IndicatorMethod = "completion",
    component: str = "",
) -> IndicatorRow:
    return IndicatorRow(
        indicator=key,
        name=f"指标{key}",
        ratee="u",
        component=component,
        kind="qualitative" if method == "marks" else "quantitative",
        points=Decimal(points),
        target=None if target is None else Decimal(target),
        actual=None if actual is None else Decimal(actual),
        method=method,
        owner="市统计局",
    )


def scored(*rows: IndicatorRow, by: Scheme | None = None) -> IndicatorScores:
    return score_indicators(by or scheme(), [UNIT], rows)


def score_of(made: IndicatorScores) -> Fraction | None:
    return made.leaves["u", "targets"].score


def test_a_ratee_gets_the_sum_of_its_scores_over_the_sum_of_its_points() -> None:
    # 90 of 100 x 10 points = 9; 4.5 of 5 marks; 13.5 / 15 x 100 = 90
    made = scored(row("A", "10", "100", "90"), row("B", "5", None, "4.5", "marks"))
    assert [result.score for result in made.results] == [Decimal(9), Decimal("4.5")]
    assert score_of(made) == 90
    assert made.leaves["u", "targets"].n == 2


@pytest.mark.parametrize(
    ("actual", "counted", "score"),
    [("100", 100, "10"), ("110", 110, "11"), ("200", 120, "12"), ("10", 50, "5"), ("-5", 50, "5")],
)
def test_completion_counts_between_floor_and_cap(actual: str, counted: int, score: str) -> None:
    made = scored(row("A", "10", "100", actual), by=scheme(floor=50)).results[0]
    assert made.rate == Fraction(actual)
    assert (made.rate_counted, made.score) == (counted, Decimal(score))


@pytest.mark.parametrize(
    ("actual", "score"), [("50", "10"), ("40", "12"), ("100", "5"), ("0", "12")]
)
def test_where_less_is_better_completion_is_target_over_actual(actual: str, score: str) -> None:
    # target 50, 10 points: 50/40 = 125 % -> capped at 120 %; an actual of 0 gets the cap
    made = scored(row("A", "10", "50", actual, "completion_inverse"))
    assert made.results[0].score == Decimal(score)


def test_a_score_is_fixed_to_six_decimals_half_up() -> None:
    # 10 x 1/3 = 3.3333333..., 10 x 2/3 = 6.6666666...
    made = scored(row("A", "10", "3", "1"), row("B", "10", "3", "2"))
    assert [result.score for result in made.results] == [Decimal("3.333333"), Decimal("6.666667")]
    assert score_of(made) == 50


@pytest.mark.parametrize(
    ("missing", "score", "problems"), [("redistribute", 90, 0), ("zero", 45, 0), ("fail", 90, 1)]
)
def test_what_was_not_reported_is_treated_as_the_scheme_says(
    missing: str, score: int, problems: int
) -> None:
    # A: 9 of 10 points. B, 10 points, was not reported: 9/10, 9/20, or a problem.
    rows = [row("A", "10", "100", "90"), row("B", "10", "100", None)]
    made = scored(*rows, by=scheme(missing))
    assert score_of(made) == score
    assert len(made.missing) == problems


def test_without_any_report_there_is_no_score() -> None:
    assert score_of(scored(row("B", "10", "100", None), by=scheme("redistribute"))) is None


@pytest.mark.parametrize("component", ["", "targets", "指标考核"])
def test_a_component_is_named_by_key_or_name_or_left_out(component: str) -> None:
    assert score_of(scored(row("A", "10", "100", "90", component=component))) == 90


def test_an_unknown_component_is_told_for_every_row() -> None:
    with pytest.raises(InputError) as caught:
        scored(row("A", "1", "1", "1", component="target"), row("B", "1", "1", "1", component="x"))
    assert [problem.text() for problem in caught.value.problems] == [
        "A u：方案里没有叫 target 的指标构成。请改正「构成」一列，可用的有：targets。",
        "B u：方案里没有叫 x 的指标构成。请改正「构成」一列，可用的有：targets。",
    ]


MARKS = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 4000).map(lambda n: Decimal(n) / 10)),
    min_size=1,
    max_size=6,
)


@given(marks=MARKS, more=st.integers(1, 100), data=st.data())
def test_more_done_never_lowers_the_score_and_order_is_irrelevant(
    marks: list[tuple[int, Decimal]], more: int, data: st.DataObject
) -> None:
    rows = [row(str(n), str(p), "100", str(a)) for n, (p, a) in enumerate(marks)]
    before = score_of(scored(*rows))
    assert score_of(scored(*data.draw(st.permutations(rows)))) == before
    place = data.draw(st.integers(0, len(rows) - 1))
    points, actual = marks[place]
    rows[place] = row(str(place), str(points), "100", str(actual + more))
    after = score_of(scored(*rows))
    assert before is not None
    assert after is not None
    assert before <= after <= 120


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        ("89.995", 2, "90.00"),
        ("89.994", 2, "89.99"),
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("-0.004", 2, "0.00"),
        ("1", 3, "1.000"),
        ("123456789012345678901234567890.125", 2, "123456789012345678901234567890.13"),
    ],
)
def test_halves_are_rounded_up_whatever_the_size(value: str, decimals: int, rounded: str) -> None:
    assert str(half_up(Fraction(value), decimals)) == rounded
