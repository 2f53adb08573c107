"""What if: the same answers weighed otherwise, by hand; and the parts explain the whole."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.changes import Change, changed_scheme
from analysis.inputs import AdjustmentRow, IndicatorRow, Inputs, RateeRow
from analysis.scheme import Scheme
from analysis.studies import Study, study
from forms.problems import InputError
from tests.unit.sealing import Row, seal

SCHEME = """
key = "test"
version = "1"
title = "试行方案"
missing = "redistribute"

[rater_class]
citizen = "市民"
delegate = "代表"

[ratee_class]
unit = "单位"

[[component]]
key = "indicators"
name = "指标考核"
weight = "60"
source = "indicators"

[[component]]
key = "public"
name = "公众评议"
weight = "30"
source = "questionnaire"
rater_classes = { citizen = "50", delegate = "50" }

[[component]]
key = "internal"
name = "内部评估"
weight = "10"
source = "appraisal"
"""
NESTED = """
key = "nested"
version = "1"
title = "合并方案"
missing = "redistribute"

[ratee_class]
unit = "单位"

[[component]]
key = "ratings"
name = "评议得分"
weight = "40"

[[component.component]]
key = "public"
name = "群众评议"
weight = "75"
source = "questionnaire"

[[component.component]]
key = "internal"
name = "内部评估"
weight = "25"
source = "appraisal"

[[component]]
key = "indicators"
name = "指标考核"
weight = "60"
source = "indicators"
"""


def scheme(text: str = SCHEME) -> Scheme:
    return Scheme.load(text.encode())


def mark(ratee: str, component: str, points: int) -> IndicatorRow:
    return IndicatorRow(
        indicator=component,
        name=component,
        ratee=ratee,
        component=component,
        kind="qualitative",
        points=Decimal(100),
        target=None,
        actual=Decimal(points),
        method="marks",
        is_certified=True,
    )


INPUTS = Inputs(
    tuple(RateeRow(key, f"单位{key}", "unit", "") for key in ("u1", "u2")),
    indicators=tuple(
        mark(*row)
        for row in (
            ("u1", "indicators", 90),
            ("u2", "indicators", 80),
            ("u1", "internal", 70),
            ("u2", "internal", 90),
        )
    ),
    adjustments=(AdjustmentRow("u2", "bonus", Decimal(2), "获奖", "表彰", "文", None),),
)
# u1: 市民 60, 代表 60: 60. u2: 市民 100 online, 60 by paper: 80; 代表 100: 90.
ROWS = [
    Row("u1", (3, 3, 3, 3, 3)),
    Row("u1", (3, 3, 3, 3, 3), "delegate"),
    Row("u2", (5, 5, 5, 5, 5)),
    Row("u2", (3, 3, 3, 3, 3), channel="paper"),
    Row("u2", (5, 5, 5, 5, 5), "delegate"),
]
# Before: u1 54 + 18 + 7 = 79; u2 48 + 27 + 9 + 2 = 86.


def tried(path: Path, change: Change, plan: Scheme | None = None) -> Study:
    seal(path, ROWS)
    return study([path], INPUTS, plan or scheme(), change)


def totals(found: Study) -> list[tuple[Decimal | None, Decimal | None]]:
    return [(line.before.total, line.after.total) for line in found.lines]


def test_other_weights_change_ranks_and_say_why(tmp_path: Path) -> None:
    """指标 90: the rest 10 at 30 : 10. u1 81 + 4.5 + 1.75; u2 72 + 6.75 + 2.25 + 2."""
    found = tried(tmp_path / "r", Change(weights=(("indicators", Decimal(90)),)))
    assert totals(found) == [
        (Decimal("79.00"), Decimal("87.25")),
        (Decimal("86.00"), Decimal("83.00")),
    ]
    first = found.lines[0]
    assert (first.before.rank, first.after.rank, first.places_won) == (2, 1, 1)
    assert [(block.name, block.difference) for block in first.blocks] == [
        ("指标考核", Fraction(27)),
        ("公众评议", Fraction("-13.5")),
        ("内部评估", Fraction("-5.25")),
        ("加减分", Fraction(0)),
    ]
    assert found.differences == (
        "指标考核 权重 60 → 90",
        "公众评议 权重 30 → 7.5",
        "内部评估 权重 10 → 2.5",
    )


@pytest.mark.parametrize(
    ("change", "u1", "u2"),
    [
        (Change(has_adjustments=False), "79.00", "84.00"),
        # u2 without 代表: 市民 80: 48 + 24 + 9 + 2
        (Change(rater_classes=("delegate",)), "79.00", "83.00"),
        # u2 without paper: 100 and 100: 48 + 30 + 9 + 2
        (Change(channels=("paper",)), "79.00", "89.00"),
        # 60 : 30 becomes 66.666667 : 33.333333
        (Change(without="internal"), "80.00", "85.33"),
    ],
    ids=["without adjustments", "without a class", "without a channel", "without a component"],
)
def test_what_is_left_out(tmp_path: Path, change: Change, u1: str, u2: str) -> None:
    found = tried(tmp_path / "r", change)
    assert [after for _, after in totals(found)] == [Decimal(u1), Decimal(u2)]


def test_another_scheme_as_a_whole(tmp_path: Path) -> None:
    """评议 40 = 群众 75 % + 内部 25 %. u1 54 + 40·0.625; u2 48 + 40·(0.75·86.67 + 22.5)."""
    found = tried(tmp_path / "r", Change(scheme=scheme(NESTED).as_json()))
    # All ballots alike: u1 60; u2 (100 + 60 + 100) / 3. 0.4·(45 + 17.5) = 25; 0.4·(65 + 22.5) = 35
    assert [after for _, after in totals(found)] == [Decimal("79.00"), Decimal("85.00")]
    assert found.titles == ("试行方案（1）", "合并方案（1）")
    names = {block.name: (block.before, block.after) for block in found.lines[0].blocks}
    assert names["公众评议"] == (18, None)
    assert names["评议得分"] == (None, 25)


def test_a_treatment_of_unknown(tmp_path: Path) -> None:
    seal(tmp_path / "r", [Row("u1", (5, 9, 5, 9, 5))])
    people = Inputs(INPUTS.ratees[:1])
    found = study([tmp_path / "r"], people, scheme(), Change(unknown="60"))
    assert totals(found) == [(Decimal("100.00"), Decimal("80.00"))]


def test_a_study_survives_storing(tmp_path: Path) -> None:
    found = tried(tmp_path / "r", Change(weights=(("indicators", Decimal(70)),)))
    assert Study.from_json(json.loads(json.dumps(found.as_json()))) == found
    change = Change(scheme=scheme().as_json(), weights=(("public", Decimal("1.5")),), unknown="60")
    assert Change.from_json(json.loads(json.dumps(change.as_json()))) == change


def test_a_change_that_makes_no_scheme_is_told() -> None:
    with pytest.raises(InputError, match="应为 100"):
        changed_scheme(scheme(), Change(weights=(("public", Decimal(50)),), is_exact=True))
    with pytest.raises(InputError, match="没有这个构成"):
        changed_scheme(scheme(), Change(weights=(("nothing", Decimal(50)),)))
    with pytest.raises(InputError, match="应为 100"):
        changed_scheme(scheme(), Change(weights=(("public", Decimal(150)),)))


def test_the_last_part_of_a_branch_takes_the_branch_with_it() -> None:
    once = changed_scheme(scheme(NESTED), Change(without="ratings/public"))
    assert [leaf.path for leaf in once.leaves()] == ["ratings/internal", "indicators"]
    twice = changed_scheme(once, Change(without="ratings/internal"))
    assert [(leaf.path, leaf.weight.words()) for leaf in twice.leaves()] == [("indicators", "100")]
    with pytest.raises(InputError, match="没有总分"):
        changed_scheme(twice, Change(without="indicators"))


def test_weights_by_class_of_ratee_are_shared_out_in_each() -> None:
    text = SCHEME.replace('weight = "30"', 'weight = { unit = "30", county = "20" }')
    text = text.replace('weight = "10"', 'weight = { unit = "10", county = "20" }')
    text = text.replace('unit = "单位"', 'unit = "单位"\ncounty = "区县"')
    made = changed_scheme(scheme(text), Change(weights=(("indicators", Decimal(80)),)))
    weights = {
        part.key: (part.weight.of("unit"), part.weight.of("county")) for part in made.components
    }
    assert weights["indicators"] == (80, 80)
    assert weights["public"] == (15, 10)
    assert weights["internal"] == (5, 10)


@given(st.integers(0, 100), st.sampled_from(["indicators", "public", "internal"]))
def test_weights_always_add_to_100(weight: int, path: str) -> None:
    made = changed_scheme(scheme(), Change(weights=((path, Decimal(weight)),)))
    assert sum(part.weight.of("unit") or 0 for part in made.components) == 100


def test_the_blocks_explain_the_difference_exactly(tmp_path: Path) -> None:
    seal(tmp_path / "r", ROWS)
    for weight in (0, 1, 33, 77, 100):
        for path in ("indicators", "public", "internal"):
            change = Change(weights=((path, Decimal(weight)),))
            for line in study([tmp_path / "r"], INPUTS, scheme(), change).lines:
                assert sum(block.difference for block in line.blocks) == line.difference
