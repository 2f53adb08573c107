"""Months and quarters that make a year: what counts, what is missing, what is told."""

from fractions import Fraction

import pytest

from analysis.composition import Composed, compose
from analysis.inputs import HistoryRow
from analysis.run_leaves import score_run_leaves
from analysis.scheme import Scheme
from tests.unit.composing import leaf, months, node_of, ratee, readds, scheme_of

MARKS = {"2026-01": "90", "2026-02": "96", "2026-04": "93"}


def year(more: str = "") -> Scheme:
    return scheme_of(leaf("m", "100", "runs", f'series = "monthly"\n{more}'))


def made_of(scheme: Scheme, rows: list[HistoryRow], period: str = "2026") -> Composed:
    people = [ratee("u"), ratee("v")]
    return compose(scheme, people, score_run_leaves(scheme, people, rows, period))["u"]


@pytest.mark.parametrize(
    ("combine", "score"),
    [("mean", "93"), ("sum", "279"), ("last", "93")],
)
def test_scores_are_combined_as_the_scheme_says_and_re_add(combine: str, score: str) -> None:
    made = made_of(year(f'combine = "{combine}"'), months("u", MARKS))
    assert node_of(made, "m").score == Fraction(score)
    assert [node.path for node in made.nodes] == ["m", "m/2026-01", "m/2026-02", "m/2026-04"]
    assert [node.name for node in made.nodes[1:]] == ["2026年1月", "2026年2月", "2026年4月"]
    assert readds(made)


def test_only_the_series_and_the_period_count() -> None:
    rows = [
        *months("u", MARKS),
        *months("u", {"2025-12": "10"}),
        *months("u", {"2026-03": "10"}, series="other"),
        HistoryRow("u", "2026-05", "好", "monthly"),
    ]
    made = made_of(year(), rows)
    assert node_of(made, "m").n == 3
    assert node_of(made, "m").score == 93
    # January and February of the first quarter; every period where nobody said which one counts
    assert node_of(made_of(year(), rows, "2026-Q1"), "m").score == 93
    assert node_of(made_of(year(), rows, ""), "m").score == Fraction(289, 4)


def test_missing_months_are_named_stay_out_of_the_mean_and_show_in_the_trace() -> None:
    made = made_of(year("expected = 4"), months("u", {"2026-Q1": "90", "2026-Q4": "94"}))
    node = node_of(made, "m")
    assert node.score == 92
    assert node.note == "缺 2 期：2026年第二季度、2026年第三季度"
    absent = node_of(made, "m/2026-Q2")
    assert (absent.name, absent.note, absent.score) == ("2026年第二季度", "缺", None)
    assert readds(made)


def test_what_others_of_the_class_have_is_missed_where_no_number_was_said() -> None:
    made = made_of(year(), [*months("u", {"2026-01": "90"}), *months("v", {"2026-02": "80"})])
    assert node_of(made, "m").note == "缺 1 期：2026年2月"


def test_a_number_that_makes_no_periods_is_told_as_a_number() -> None:
    made = made_of(year("expected = 5"), months("u", MARKS))
    assert node_of(made, "m").note == "应有 5 期，只有 3 期"


def test_periods_of_different_lengths_in_one_series_are_told() -> None:
    made = made_of(year(), months("u", {"2026-01": "90", "2026-Q2": "96"}))
    assert "各期长短不一" in node_of(made, "m").note


def test_nothing_at_all_is_no_score_and_no_zero() -> None:
    made = made_of(year("expected = 4"), months("v", {"2026-Q1": "90"}))
    assert made.total is None
    assert "缺 4 期" in node_of(made, "m").note


def test_the_scheme_s_own_series_may_go_without_its_key_and_leaves_out_the_round_itself() -> None:
    scheme = scheme_of(leaf("m", "100", "runs", 'series = "t"'))
    rows = [*months("u", {"2026-01": "90"}, ""), *months("u", {"2026": "10", "2026-02": "94"}, "t")]
    assert node_of(made_of(scheme, rows), "m").score == 92
