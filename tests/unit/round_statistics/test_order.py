"""What is said of the order of a class, from a small sealed round."""

import numpy as np
import pytest

from analysis.assessment import assess
from analysis.inputs import Inputs, RateeRow
from analysis.round_statistics.order import class_orders
from analysis.round_statistics.tables import collect
from analysis.scheme import Scheme
from analysis.sealed_round import open_sealed_rounds
from tests.unit.sealing import Row, seal

SCHEME = """
key = "o"
version = "1"
title = "次序"
missing = "redistribute"
[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
{min_n}
[[grade]]
key = "top"
name = "优秀"
quota = {{scope = "class", count = 1}}
[[grade]]
key = "rest"
name = "合格"
"""
# Shares of the best option: far ahead, two alike, far behind.
LEVELS = {"u1": 0.95, "u2": 0.6, "u3": 0.58, "u4": 0.1}


def rows(n: int = 80) -> list[Row]:
    draw = np.random.default_rng(3)
    return [
        Row(ratee, tuple(np.where(draw.random(5) < level, 5, 3).tolist()))
        for ratee, level in LEVELS.items()
        for _ in range(n)
    ]


def orders(path, ballots, min_n=""):
    seal(path, ballots)
    scheme = Scheme.load(SCHEME.format(min_n=min_n).encode())
    ratees = tuple(RateeRow(key, f"单位{key}", "unit", "") for key in LEVELS)
    inputs = Inputs(ratees)
    found = assess([path], inputs, scheme)
    sufficient = collect(open_sealed_rounds([path]), inputs, scheme)
    return found, class_orders(found, ratees, sufficient, seed=1)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    _, (found,) = orders(tmp_path_factory.mktemp("order") / "r", rows())
    return found


def test_who_is_clearly_apart_has_one_rank_and_who_is_not_has_a_range(order):
    assert order.lines[0].key == "u1"
    ranges = {one.key: one.together for one in order.lines}
    assert ranges == {"u1": (1, 1), "u2": (2, 3), "u3": (2, 3), "u4": (4, 4)}
    assert all(
        one.together[0] <= one.alone[0] <= one.rank <= one.alone[1] <= one.together[1]
        for one in order.lines
    )
    assert [one.is_clear for one in order.gaps] == [True, False, True]
    assert ("u2", "u3") in {tuple(sorted(run)) for run in order.bands}


def test_probabilities_of_grades_add_to_one_and_places_to_their_number(order):
    for one in order.lines:
        assert sum(one.grades) == pytest.approx(1)
    assert sum(one.grades[0] for one in order.lines) == pytest.approx(1)
    assert order.lines[0].grades[0] > 0.999


def test_the_sentences_say_it(order):
    said = [note.text() for note in order.sentences]
    assert "4 个对象两两相邻的 3 处差别中，可以断定高低的有 2 处。" in said
    assert "名次确定的有 2 个：1 单位u1、4 单位u4。" in said
    assert "第2名与第3名之间的差别不足以区分。" in said


def test_the_gap_that_can_be_seen_is_that_of_the_errors(order):
    gap = order.smallest_gap
    assert gap.critical[0] <= gap.critical[1] <= gap.critical[2]
    assert all(seen > decided for seen, decided in zip(gap.detectable, gap.critical, strict=True))


def test_the_same_for_the_same_seed_whatever_the_order_of_ballots(tmp_path):
    first = orders(tmp_path / "a", rows())[1]
    again = orders(tmp_path / "b", rows()[::-1])[1]
    assert first == again


def test_hidden_scores_are_not_ordered(tmp_path):
    few = [one for one in rows() if one.ratee != "u4"] + rows()[-3:]
    found, (order,) = orders(tmp_path / "r", few, "min_n = 5")
    assert next(one for one in found.ratees if one.key == "u4").suppressed
    assert "u4" not in {one.key for one in order.lines}


def test_two_ratees_are_no_order(tmp_path):
    few = [one for one in rows() if one.ratee in ("u1", "u2")]
    assert orders(tmp_path / "r", few)[1] == ()


def test_answers_all_alike_do_not_pass_for_certain(tmp_path):
    """Eight ballots of 100 leave room down to about 70 (`analysis.statistics.intervals.scores`)."""
    alike = [Row(key, (5,) * 5) for key in ("u1", "u2", "u3") for _ in range(8)]
    others = [Row("u4", (5, 5, 5, 5 - i % 2, 5)) for i in range(8)]
    found, (order,) = orders(tmp_path / "r", alike + others)
    first = next(one for one in found.ratees if one.key == "u1")
    assert first.se == 0
    by_key = {one.key: one for one in order.lines}
    assert by_key["u1"].se == 0
    assert {one.together for one in order.lines} == {(1, 4)}
    assert (first.rank_lo, first.rank_hi) == (1, 4)
    # one place for three that are alike: nobody has it for certain
    assert all(one.grades[0] < 0.8 for one in order.lines)
    assert all(one.is_borderline for one in order.lines if one.key != "u4")
