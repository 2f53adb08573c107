"""Every method of scoring an indicator, worked by hand, and what must hold for all of them."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.indicator_inputs import IndicatorMethod
from analysis.indicators import IndicatorScores, score_indicators
from analysis.inputs import IndicatorRow, RateeRow
from analysis.scheme import Scheme

SCHEME = """
key = "s"
version = "1"
title = "s"
missing = "{missing}"
[[component]]
key = "targets"
name = "指标考核"
weight = "100"
source = "{source}"
completion_cap = "{cap}"
"""
CLASSES = {"a": "unit", "b": "unit", "c": "unit", "q": "county"}
PEOPLE = [RateeRow(key, f"{key}局", kind, "") for key, kind in CLASSES.items()]


def scheme(cap: int = 120, missing: str = "redistribute", source: str = "indicators") -> Scheme:
    return Scheme.load(SCHEME.format(cap=cap, missing=missing, source=source).encode())


def row(method: IndicatorMethod, actual: str | None, ratee: str = "a", **more: Any) -> IndicatorRow:
    numbers = ("points", "target", "growth", "growth_target", "cap", "floor")
    given = {key: Decimal(value) if key in numbers else value for key, value in more.items()}
    usual: dict[str, Any] = {"points": Decimal(100), "target": None}
    return IndicatorRow(
        indicator="A",
        name="指标",
        ratee=ratee,
        component="",
        kind="qualitative" if method == "marks" else "quantitative",
        actual=None if actual is None else Decimal(actual),
        method=method,
        **{**usual, **given},
    )


def scores(*rows: IndicatorRow, by: Scheme | None = None) -> dict[str, Decimal | None]:
    return {one.row.ratee: one.score for one in scored(*rows, by=by).results}


def scored(*rows: IndicatorRow, by: Scheme | None = None) -> IndicatorScores:
    return score_indicators(by or scheme(), PEOPLE, rows)


@pytest.mark.parametrize(("cap", "score"), [(1000, "102.181818"), (100, "98.181818")])
def test_001_a_volume_80_percent_and_growth_20_percent(cap: int, score: str) -> None:
    """105 x 0.8 + 10/11 x 100 x 0.2 = 84 + 18.18; with sub-rates capped at 100: 80 + 18.18."""
    gdp = row("growth", "105", target="100", growth="10", growth_target="11")
    (made,) = scored(gdp, by=scheme(cap)).results
    assert made.score == Decimal(score)
    assert made.rate == 84 + Fraction(200, 11)
    assert made.growth_rate == Fraction(1000, 11)
    assert made.volume_rate == (105 if cap > 100 else 100)
    assert made.note == ""


@pytest.mark.parametrize(("growth", "score"), [("1", "100.6"), ("-5", "99.4"), ("-2", "100")])
def test_a_growth_target_that_is_not_above_0_counts_by_difference_and_says_so(
    growth: str, score: str
) -> None:
    """Target -2 %: reached 1 % is 3 points above, 103 x 0.2 + 80 = 100.6."""
    made = scored(row("growth", "100", target="100", growth=growth, growth_target="-2")).results[0]
    assert made.score == Decimal(score)
    assert made.note == "增速目标不大于 0，增速按差额计分"


def test_growth_needs_both_figures() -> None:
    assert scores(row("growth", "105", target="100", growth_target="11")) == {"a": None}


def test_ratio_to_the_best_within_the_class() -> None:
    """The best of the units is 80, the county's 400 is another race."""
    rows = [
        row("ratio_to_best", n, key)
        for key, n in zip("abcq", ["80", "60", "0", "400"], strict=True)
    ]
    assert scores(*rows) == {"a": 100, "b": 75, "c": 0, "q": 100}


def test_ratio_to_the_best_where_lower_is_better() -> None:
    rows = [
        row("ratio_to_best", n, key, direction="lower")
        for key, n in zip("abc", ["20", "40", "50"], strict=True)
    ]
    assert scores(*rows) == {"a": 100, "b": 50, "c": 40}


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_a_best_of_0_leaves_no_ratio(direction: str) -> None:
    other = "-3" if direction == "higher" else "3"
    rows = [
        row("ratio_to_best", n, key, direction=direction) for key, n in (("a", "0"), ("b", other))
    ]
    assert scores(*rows) == {"a": 100, "b": 0}


def test_rank_as_in_ruian() -> None:
    """200 for the first, 2 % less a place; equal figures share the better rank."""
    rows = [
        row("rank", n, key, points="200", rule="0.02")
        for key, n in zip("abc", ["90", "95", "90"], strict=True)
    ]
    assert scores(*rows) == {"a": 196, "b": 200, "c": 196}
    people = [RateeRow(str(n), str(n), "unit", "") for n in range(10)]
    ten = [row("rank", str(n), str(n), points="200", rule="0.02") for n in range(10)]
    made = score_indicators(scheme(), people, ten)
    assert [one.score for one in made.results][::-1] == [200 - 4 * n for n in range(10)]


def test_below_all_bands_is_the_best_where_lower_is_better() -> None:
    fewer = {"points": "20", "rule": "1:20 5:10 10:0", "direction": "lower"}
    for actual, score in (("0", 20), ("1", 20), ("5", 10), ("10", 0)):
        assert scores(row("bands", actual, **fewer))["a"] == score
    assert scores(row("bands", "0", **{**fewer, "rule": "1:10", "direction": "higher"}))["a"] == 0


@pytest.mark.parametrize("method", ["rank", "ratio_to_best"])
def test_five_thousand_peers_are_compared(method: IndicatorMethod) -> None:
    people = [RateeRow(f"{n}", f"{n}", "unit", "") for n in range(5000)]
    rows = [row(method, str(n + 1), f"{n}", rule="0.0002") for n in range(5000)]
    made = score_indicators(scheme(), people, rows)
    first = {one.row.ratee: one.score for one in made.results}["0"]
    assert first == Decimal("0.02")


@pytest.mark.parametrize(
    ("actual", "score"),
    [("100", 20), ("90", 20), ("89.99", 16), ("80", 16), ("0", 0), ("-1", 0)],
)
def test_bands(actual: str, score: int) -> None:
    made = scores(row("bands", actual, points="20", rule="90:20 80：16，0:0"))
    assert made == {"a": score}


@pytest.mark.parametrize(
    ("actual", "score"),
    [("95", 10), ("105", 10), ("100", 10), ("76", 8), ("115.5", 9), ("0", 0), ("300", 0)],
)
def test_within_a_range_and_the_linear_loss_outside(actual: str, score: int) -> None:
    """76 misses the nearest end 95 by a fifth: 8 of 10."""
    assert scores(row("within", actual, points="10", rule="95~105")) == {"a": score}


@pytest.mark.parametrize(("actual", "score"), [("0", "5"), ("3", "3.5"), ("10", "0"), ("99", "0")])
def test_deduction_per_event_never_falls_below_0(actual: str, score: str) -> None:
    assert scores(row("deduction", actual, points="5", rule="0.5")) == {"a": Decimal(score)}


def test_deduction_stops_at_the_floor() -> None:
    made = scores(row("deduction", "99", points="5", rule="0.5", floor="40"))
    assert made == {"a": 2}


def test_marks_of_several_assessors_are_averaged_exactly() -> None:
    """(8 + 9 + 9) / 3 = 8.666667, fixed once; the points count once."""
    rows = [
        row("marks", n, points="10", assessor=who)
        for who, n in (("督查室", "8"), ("组织部", "9"), ("办公室", "9"))
    ]
    made = scored(*rows)
    (one,) = made.results
    assert one.score == Decimal("8.666667")
    assert [mark for _, mark in one.marks] == [9, 8, 9]  # in the order of the assessors' names
    assert made.leaves["a", "targets"].score == Fraction(8666667, 100000)
    assert made.leaves["a", "targets"].n == 1


def test_an_assessor_who_has_not_marked_is_told_and_the_mean_is_of_the_others() -> None:
    rows = [
        row("marks", n, points="10", assessor=who) for who, n in (("督查室", "8"), ("组织部", None))
    ]
    made = scored(*rows, by=scheme(missing="fail"))
    assert [problem.where for problem in made.missing] == ["A a 组织部"]
    assert made.results[0].score == 8


def test_caps_of_an_indicator_replace_those_of_its_leaf() -> None:
    assert scores(row("completion", "300", target="100")) == {"a": 120}
    assert scores(row("completion", "300", target="100", cap="150")) == {"a": 150}
    assert scores(row("completion", "10", target="100", floor="30")) == {"a": 30}


def test_an_appraisal_leaf_adds_up_marks_alike() -> None:
    """002-i: 38 of 40 common and 54 of 60 specific points are 92."""
    rows = [
        replace(row("marks", "38", points="40"), indicator="共性"),
        replace(row("marks", "54", points="60"), indicator="个性"),
    ]
    made = scored(*rows, by=scheme(source="appraisal"))
    assert made.leaves["a", "targets"].score == 92


HIGHER: dict[IndicatorMethod, dict[str, str]] = {
    "completion": {"target": "100"},
    "growth": {"target": "100", "growth": "5", "growth_target": "10"},
    "ratio_to_best": {},
    "rank": {"rule": "0.1"},
    "bands": {"rule": "90:100 60:50 0:10"},
    "marks": {},
}
LOWER: dict[IndicatorMethod, dict[str, str]] = {
    "completion_inverse": {"target": "100"},
    "ratio_to_best": {"direction": "lower"},
    "rank": {"rule": "0.1", "direction": "lower"},
    "deduction": {"rule": "0.7"},
}
FIGURES = st.integers(0, 10_000).map(lambda n: Decimal(n) / 100)


@given(
    method=st.sampled_from(sorted(HIGHER)),
    figures=st.tuples(FIGURES, FIGURES, FIGURES),
    more=FIGURES,
    data=st.data(),
)
def test_a_raised_figure_never_lowers_the_score_where_higher_is_better(
    method: IndicatorMethod,
    figures: tuple[Decimal, ...],
    more: Decimal,
    data: st.DataObject,
) -> None:
    rows = [
        row(method, str(n), key, **HIGHER[method]) for key, n in zip("abc", figures, strict=True)
    ]
    before = scores(*data.draw(st.permutations(rows)))
    if method == "marks":
        more = min(more, 100 - figures[0])
    after = scores(replace(rows[0], actual=figures[0] + more), *rows[1:])
    _never_worse(before["a"], after["a"])


@given(
    method=st.sampled_from(sorted(LOWER)),
    figures=st.tuples(FIGURES, FIGURES, FIGURES),
    less=FIGURES,
)
def test_a_lowered_figure_never_lowers_the_score_where_lower_is_better(
    method: IndicatorMethod, figures: tuple[Decimal, ...], less: Decimal
) -> None:
    rows = [
        row(method, str(n), key, **LOWER[method]) for key, n in zip("abc", figures, strict=True)
    ]
    before = scores(*rows)
    after = scores(replace(rows[0], actual=max(figures[0] - less, Decimal(0))), *rows[1:])
    _never_worse(before["a"], after["a"])


def _never_worse(before: Decimal | None, after: Decimal | None) -> None:
    assert before is not None
    assert after is not None
    assert before <= after


@given(
    method=st.sampled_from(sorted({**HIGHER, **LOWER, "within": {}})),
    figure=st.decimals(0, 10**6, places=2),
    floor=st.integers(0, 50),
    width=st.integers(0, 100),
)
def test_caps_and_floors_are_never_crossed(
    method: IndicatorMethod, figure: Decimal, floor: int, width: int
) -> None:
    more = {**HIGHER, **LOWER, "within": {"rule": "95~105"}}[method]
    bounds = {"floor": str(floor), "cap": str(floor + width)}
    made = scores(row(method, str(figure), points="50", **more, **bounds))["a"]
    assert made is not None
    assert Decimal(floor) / 2 <= made <= Decimal(floor + width) / 2
