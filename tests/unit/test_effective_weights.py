"""Which block decides: shares of variance, beside the weights the scheme names."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.effective_weights import ADJUSTMENTS, effective_weights
from analysis.results import NodeScore, RateeResult
from analysis.scheme import Scheme

SCHEME = Scheme.load(
    """
key = "hangzhou"
version = "1"
title = "综合考评"

[[component]]
key = "goals"
name = "目标考核"
weight = "55"
source = "indicators"

[[component]]
key = "social"
name = "社会评价"
weight = "45"
source = "questionnaire"
""".encode()
)


def result(key: str, goals: str, social: str, bonus: str = "0", cls: str = "unit") -> RateeResult:
    points = {"goals": Fraction(goals), "social": Fraction(social)}
    return RateeResult(
        key,
        key,
        cls,
        "",
        None,
        sum(points.values(), Fraction(bonus)),
        bonus_counted=Decimal(bonus),
        nodes=tuple(NodeScore(path, "component", path, converted=p) for path, p in points.items()),
    )


def test_hangzhou_2005_the_social_score_decided_92_percent() -> None:
    """First 42.61, last 37.12: 5.49 of a gap of 5.95 came from a block of less than half."""
    first, last = result("first", "50.46", "42.61"), result("last", "50.00", "37.12")
    (found,) = effective_weights(SCHEME, [first, last])
    goals, social = found.blocks
    assert social.effective == pytest.approx(5.49 / 5.95)
    assert goals.effective == pytest.approx(0.46 / 5.95)
    assert (goals.nominal, social.nominal) == (Fraction(55, 100), Fraction(45, 100))
    assert found.decisive == social


def test_a_block_that_decides_by_its_weight_is_no_surprise() -> None:
    found = effective_weights(SCHEME, [result("a", "50", "40"), result("b", "40", "40")])
    assert found[0].blocks[0].effective == 1
    assert found[0].decisive is None


def test_adjustments_are_a_block_of_their_own() -> None:
    (found,) = effective_weights(SCHEME, [result("a", "50", "40", "10"), result("b", "49", "40")])
    last = found.blocks[-1]
    assert (last.name, last.nominal) == (ADJUSTMENTS, None)
    assert last.effective == pytest.approx(10 / 11)
    assert found.decisive == last


def test_classes_stand_apart_and_equal_totals_decide_nothing() -> None:
    rows = [result("a", "50", "40"), result("b", "50", "30"), result("c", "50", "40", cls="county")]
    assert [one.ratee_class for one in effective_weights(SCHEME, rows)] == ["unit"]
    assert effective_weights(SCHEME, rows[:1] * 2) == ()


points = st.integers(0, 5000).map(lambda n: str(Decimal(n) / 100))


@given(st.lists(st.tuples(points, points, points), min_size=2, max_size=12))
def test_the_shares_add_up_to_one(rows: list[tuple[str, str, str]]) -> None:
    made = [result(str(n), *row) for n, row in enumerate(rows)]
    for found in effective_weights(SCHEME, made):
        assert sum(block.effective for block in found.blocks) == pytest.approx(1)
