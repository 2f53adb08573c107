"""Other treatments, shrunken scores and last year, beside the score of record."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt

import pytest

from analysis.inputs import HistoryRow
from analysis.results import Alternative
from analysis.round_statistics.alternatives import class_alternatives
from analysis.round_statistics.shrunken import steady_scores
from analysis.round_statistics.years import EarlierScore, last_scores, year_changes
from tests.unit import hand_made
from tests.unit.round_statistics.worked import row, worked

ONE_CLASS = 'rater_classes = {citizen = "1"}'


def texts(notes) -> str:
    return "".join(note.text() for note in notes)


def two_of_a_class(other: dict[str, str | None]):
    """市教育局 92.90 ± 1.25 and a second unit of 92.00, under one other treatment."""
    second = replace(hand_made.U1, key="u2", name="市卫健委", total=Decimal("92.00"), rank_class=2)
    totals = {key: None if text is None else Decimal(text) for key, text in other.items()}
    return replace(
        hand_made.assessment(),
        ratees=(hand_made.U1, second),
        alternatives=(Alternative("verified", "只计凭码和凭卡的答卷", 40, totals),),
    )


def test_both_totals_and_both_ranks_stand_side_by_side():
    (made,) = class_alternatives(two_of_a_class({"u1": "90.00", "u2": "92.50"}))
    first, second = made.lines
    assert (first.key, first.total, first.rank) == ("u1", Decimal("92.90"), 1)
    assert (first.totals, first.ranks) == ((Decimal("90.00"),), (2,))
    assert second.ranks == (1,)
    # 2.9 is more than twice 1.25, 0.5 is not
    said = texts(made.sentences)
    assert "市教育局（-2.90 分）" in said
    assert "超过两倍标准误的有 1 个" in said
    assert "名次不同的有 2 个" in said


def test_a_ratee_without_the_other_total_or_suppressed_has_none():
    found = two_of_a_class({"u1": "92.90", "u2": None})
    (made,) = class_alternatives(found)
    assert made.lines[1].totals == (None,)
    assert made.lines[1].ranks == (None,)
    hidden = replace(found.ratees[1], total=None, suppressed=True)
    (made,) = class_alternatives(replace(found, ratees=(found.ratees[0], hidden)))
    assert [one.key for one in made.lines] == ["u1"]
    assert class_alternatives(replace(found, alternatives=())) == ()


def units(sizes: list[int], **more):
    """Units of which every second answer is 20 points below the other; unit u at 60, 60, 80…"""
    return [
        row(points, f"u{u}", **more)
        for u, size in enumerate(sizes)
        for points in ((80, 60) if u % 2 else (100, 80)) * (size // 2)
    ]


def test_small_units_are_drawn_further_and_equal_errors_alike(tmp_path):
    found = worked(tmp_path / "r", units([6, 60, 60, 60, 60, 60, 60, 60]), ONE_CLASS)
    (made,) = steady_scores(found.assessment, found.leaves)
    by_key = {one.key: one for one in made.lines}
    small, large = by_key["u0"], by_key["u2"]
    assert small.score == large.score == 90
    # one ballot's variance pooled over all units, over n: errors as √(60/6)
    assert small.se / large.se == pytest.approx(sqrt(10))
    assert small.reliability < large.reliability < 1
    assert made.centre < small.steady < large.steady < 90
    drawn = small.reliability * 90 + (1 - small.reliability) * made.centre
    assert small.steady == pytest.approx(drawn)
    assert small.lo < small.steady < small.hi
    assert small.rank == 1
    assert "单位u0" in texts(made.sentences)


def test_a_unit_of_equal_votes_does_not_pass_for_certain(tmp_path):
    rows = [row for row in units([20] * 8) if row.ratee != "u0"]
    rows += [row(100, "u0") for _ in range(5)]
    found = worked(tmp_path / "r", rows, ONE_CLASS)
    (made,) = steady_scores(found.assessment, found.leaves)
    equal = next(one for one in made.lines if one.key == "u0")
    assert equal.se > 0
    assert equal.reliability < 1


def test_fewer_than_eight_units_or_none_that_differ_have_no_shrunken_score(tmp_path):
    few = worked(tmp_path / "r", units([6] * 7), ONE_CLASS)
    (made,) = steady_scores(few.assessment, few.leaves)
    assert made.lines == ()
    assert "少于 8 个" in texts(made.sentences)
    same = worked(tmp_path / "s", [row(80, f"u{u}") for u in range(9) for _ in range(6)], ONE_CLASS)
    (made,) = steady_scores(same.assessment, same.leaves)
    assert made.lines == ()
    assert made.sentences


def test_units_of_a_handful_of_ballots_are_not_listed(tmp_path):
    found = worked(tmp_path / "r", units([4] + [8] * 8), ONE_CLASS)
    (made,) = steady_scores(found.assessment, found.leaves)
    assert {one.key for one in made.lines} == {f"u{u}" for u in range(1, 9)}
    assert min(one.rank for one in made.lines) == 1


def history(*rows: tuple[str, str, str]) -> list[HistoryRow]:
    return [
        HistoryRow(key, period, "", score=Decimal(score) if score else None)
        for key, period, score in rows
    ]


def test_the_last_period_of_the_same_length_with_scores():
    rows = history(("u1", "2007", "80"), ("u1", "2008", ""), ("u1", "2008-Q1", "70"))
    assert last_scores(rows, "hand", "2009") == ("2007", {"u1": 80.0})
    other = [replace(one, series="other") for one in rows]
    assert last_scores(other, "hand", "2009") == ("", {})
    assert last_scores(rows, "hand", "2007") == ("", {})
    assert last_scores(rows, "hand", "") == ("", {})


def changes(earlier: dict[str, EarlierScore]):
    found = year_changes(two_of_a_class({"u1": None, "u2": None}), "2008", earlier)
    return {line.key: line for one in found for line in one.lines}, texts(
        note for one in found for note in one.sentences
    )


def test_two_years_with_errors_are_tested_over_all_ratees():
    before = {"u1": EarlierScore(85.0, 1.0), "u2": EarlierScore(91.0, 1.0)}
    lines, said = changes(before)
    first, second = lines["u1"], lines["u2"]
    assert first.difference == pytest.approx(7.9)
    assert first.se == pytest.approx(sqrt(1 + 1.25**2))
    # z = 4.9 and 0.62; with two tests q of the first is 2 p
    assert first.q == pytest.approx(2 * 7.96e-7, rel=0.02)
    assert (first.verdict, second.verdict) == ("clear", "unclear")
    assert first.lo < 7.9 < first.hi
    assert "变化超出偶然的有 1 个" in said
    assert "向均数回归" in said


def test_an_interval_with_nought_in_it_is_not_clear_whatever_q():
    # errors 1 and 1.25 alone would say so; the earlier interval reaches up to 99
    lines, _ = changes({"u1": EarlierScore(85.0, 1.0, 60.0, 99.0)})
    assert lines["u1"].q < 0.001
    assert lines["u1"].lo == pytest.approx(7.9 - sqrt(2.45**2 + 14**2))
    assert lines["u1"].verdict == "unclear"


def test_an_unknown_error_allows_only_half_a_verdict():
    lines, said = changes({"u1": EarlierScore(91.0), "u2": EarlierScore(80.0)})
    # 1.9 is within 1.96 · 1.25, so that no earlier error could make it clear
    assert (lines["u1"].verdict, lines["u2"].verdict) == ("unclear", "unknown")
    assert lines["u2"].se is None
    assert lines["u2"].q is None
    assert "误差不知道" in said


def test_another_scheme_is_a_break_and_no_test():
    lines, said = changes({"u1": EarlierScore(80.0, 0.1, is_comparable=False)})
    assert lines["u1"].verdict == "break"
    assert (lines["u1"].se, lines["u1"].q) == (None, None)
    assert "不能直接相比" in said
    assert changes({}) == ({}, "")
