"""An assessment as it may be shown: worked by hand on two ratees and three rater classes."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from analysis.disclosure.classes import hidden_classes
from analysis.disclosure.showing import TOGETHER, shown
from analysis.results import Assessment, NodeScore
from analysis.small_groups import band, hidden_places, is_unanimous
from tests.unit.test_report_tables import assessment as made


def sizes(of: Assessment, **counts: int) -> Assessment:
    """The same assessment with other numbers of ballots in its first ratee's rater classes."""
    first, *rest = of.ratees
    nodes = tuple(
        replace(node, n=counts.get(node.path.rpartition("/")[2], node.n))
        if node.kind == "rater_class"
        else node
        for node in first.nodes
    )
    return replace(of, ratees=(replace(first, nodes=nodes), *rest))


def classes_of(of: Assessment) -> list[NodeScore]:
    return [node for node in of.ratees[0].nodes if node.kind == "rater_class"]


def test_large_classes_hide_nothing() -> None:
    of = sizes(made(), **{node.path.rpartition("/")[2]: 40 for node in classes_of(made())})
    hidden = hidden_classes(of, 5, has_bands=False)
    assert not [path for ratee, path in hidden if ratee == of.ratees[0].key]


def test_a_small_class_takes_another_with_it_and_the_total_stays() -> None:
    few, *others = (node.path.rpartition("/")[2] for node in classes_of(made()))
    of = sizes(made(), **{few: 3}, **dict.fromkeys(others, 40))
    hidden = hidden_classes(of, 5, has_bands=False)
    seen = shown(of, 5, hidden).assessment
    first = of.ratees[0]
    gone = {path for ratee, path in hidden if ratee == first.key}
    assert len(gone) >= 2
    assert seen.ratees[0].total == first.total
    for node in seen.ratees[0].nodes:
        assert not any(node.path.startswith(f"{path}/") for path in gone)
        if node.path in gone:
            assert (node.score, node.n, node.votes, node.suppressed) == (None, 0, (), True)
            assert node.notes
    keys = {path.rpartition("/")[2] for path in gone}
    assert not [
        row for row in seen.cells.rows if row.ratee == first.key and row.rater_class in keys
    ]
    told = {row.rater_class for row in seen.cells.ballots if row.ratee == first.key}
    assert not told & keys
    assert sum(row.n for row in seen.cells.ballots) == sum(row.n for row in of.cells.ballots)
    assert TOGETHER in told or not keys & {row.rater_class for row in of.cells.ballots}


def test_a_ratee_whose_total_would_tell_few_is_in_no_pooled_table() -> None:
    of = made()
    first = of.ratees[0]
    leaf = next(one.path for one in of.scheme.leaves() if one.source == "questionnaire")
    assert [row for row in of.cells.rows if row.ratee == first.key]
    seen = shown(of, 5, {(first.key, f"{leaf}/*"): "difference"}).assessment
    takes = next(one for one in of.scheme.leaves() if one.path == leaf).takes
    assert not [
        row for row in seen.cells.rows if row.ratee == first.key and takes(row.questionnaire)
    ]
    assert seen.ratees[0].nodes == first.nodes


@pytest.mark.parametrize(
    ("score", "said"), [("100", "90–100"), ("90", "90–100"), ("80", "80–90"), ("0", "0–10")]
)
def test_a_band_is_ten_points(score: str, said: str) -> None:
    assert band(Fraction(Decimal(score))) == said


def test_all_alike_is_unanimous() -> None:
    assert is_unanimous([0, 7, 0])
    assert not is_unanimous([1, 7, 0])
    assert not is_unanimous([0, 0])


def test_hidden_parts_make_the_minimum_together() -> None:
    assert hidden_places([3, 20, 40], 5) == {0, 1}
    assert hidden_places([1, 2, 40], 5) == {0, 1, 2}
    assert hidden_places([6, 20, 0], 5) == set()


def test_one_constant_for_all() -> None:
    """No other file may say for itself how few are too few to be shown."""
    root = Path(__file__).parents[3]
    for name in ("analysis/round_statistics", "analysis/attacks", "survey_app/reports"):
        for path in (root / name).glob("*.py"):
            text = path.read_text("utf-8")
            assert "PRIVACY_MINIMUM = " not in text, path
