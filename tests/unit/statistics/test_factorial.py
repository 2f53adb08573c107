"""Shares of variance over all combinations, against sums a pencil can do."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.composites.factorial import factorial_shares
from analysis.statistics.estimate import NoEstimate


def test_choices_that_add() -> None:
    """Y = 3a + b: V = 9/4 + 1/4; shares 0.9 and 0.1, nothing together."""
    found = factorial_shares(np.array([[0.0, 1.0], [3.0, 4.0]]))
    assert found.variance == 2.5
    assert found.first == pytest.approx((0.9, 0.1), abs=1e-12)
    assert found.total == pytest.approx((0.9, 0.1), abs=1e-12)
    assert found.joint == pytest.approx(0, abs=1e-12)


def test_choices_that_only_count_together() -> None:
    """Y = ab: V = 3/16, E(Y|a) is 0 or 1/2: S = (1/16)/(3/16); V(Y|b) is 0 or 1/4: T = 2/3."""
    found = factorial_shares(np.array([[0.0, 0.0], [0.0, 1.0]]))
    assert found.first == pytest.approx((1 / 3, 1 / 3), abs=1e-12)
    assert found.total == pytest.approx((2 / 3, 2 / 3), abs=1e-12)
    assert found.joint == pytest.approx(1 / 3, abs=1e-12)


def test_exclusive_choices_are_all_joint() -> None:
    """Y = 1 where exactly one of two is chosen: no choice says anything by itself."""
    found = factorial_shares(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert found.first == (0.0, 0.0)
    assert found.total == (1.0, 1.0)


def test_nothing_to_split_is_said() -> None:
    for same in (np.zeros((2, 2)), np.array(1.0)):
        with pytest.raises(NoEstimate):
            factorial_shares(same)


@given(st.lists(st.integers(-50, 50), min_size=8, max_size=8).filter(lambda one: len(set(one)) > 1))
def test_shares_are_shares_whatever_the_order_and_the_scale(values: list[int]) -> None:
    y = np.array(values, dtype=np.float64).reshape(2, 2, 2)
    found = factorial_shares(y)
    assert sum(found.first) <= 1 + 1e-9
    for first, total in zip(found.first, found.total, strict=True):
        assert -1e-9 <= first <= total + 1e-9 <= 1 + 2e-9
    for order in permutations(range(3)):
        turned = factorial_shares(3 - 2 * y.transpose(order))
        assert turned.total == pytest.approx([found.total[axis] for axis in order], abs=1e-9)
