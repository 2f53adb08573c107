"""Transforms, outliers, aggregation and what comes before: by hand, invariants, degenerate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.composites.aggregation import (
    Mean,
    Part,
    aggregate,
    leaf_weights,
    lift,
    weighted_mean,
)
from analysis.statistics.composites.chain import denominate, fill_by_group
from analysis.statistics.composites.normalisation import METHODS, minmax
from analysis.statistics.composites.outliers import log_shift, shape, treat, winsorise
from analysis.statistics.estimate import NoEstimate

X = np.array([2.0, 4.0, np.nan, 4.0, 10.0])
HIGHER = {
    "minmax": [0, 0.25, None, 0.25, 1],
    "rank": [1, 2, None, 2, 4],
    "prank": [0, 1 / 3, None, 1 / 3, 1],
    "borda": [0, 1, None, 1, 3],
    "dist2max": [0, 0.25, None, 0.25, 1],
    "fracmax": [0.2, 0.4, None, 0.4, 1],
    "zscore": [-3 / 12**0.5, -1 / 12**0.5, None, -1 / 12**0.5, 5 / 12**0.5],
}
LOWER = {
    "minmax": [1, 0.75, None, 0.75, 0],
    "rank": [4, 2, None, 2, 1],
    "prank": [1, 1 / 3, None, 1 / 3, 0],
    "borda": [3, 1, None, 1, 0],
    "dist2max": [1, 0.75, None, 0.75, 0],
    "fracmax": [1, 2, None, 2, 5],
    "zscore": [3 / 12**0.5, 1 / 12**0.5, None, 1 / 12**0.5, -5 / 12**0.5],
}


@pytest.mark.parametrize("how", METHODS)
@pytest.mark.parametrize(("direction", "expected"), [(1.0, HIGHER), (-1.0, LOWER)])
def test_by_hand(how: str, direction: float, expected: dict[str, list[float | None]]) -> None:
    """Mean 5, squares 9 + 1 + 1 + 25 = 36, s² = 12; the third unit has no value."""
    values = [np.nan if one is None else one for one in expected[how]]
    assert METHODS[how](X, direction) == pytest.approx(values, nan_ok=True)


@pytest.mark.parametrize("how", METHODS)
@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=8, unique=True), st.integers(1, 9))
def test_scale_does_not_matter_and_order_is_kept(how: str, values: list[int], scale: int) -> None:
    x = np.array(values, dtype=np.float64)
    found = METHODS[how](x, 1.0)
    assert METHODS[how](scale * x, 1.0) == pytest.approx(found)
    assert np.argsort(found).tolist() == np.argsort(x).tolist()
    assert METHODS[how](x[::-1], 1.0)[::-1] == pytest.approx(found)


@pytest.mark.parametrize("how", ["minmax", "zscore", "dist2max"])
def test_all_alike_have_no_scale(how: str) -> None:
    assert np.isnan(METHODS[how](np.full(4, 0.1), 1.0)).all()


@pytest.mark.parametrize("how", METHODS)
@pytest.mark.parametrize("x", [np.full(3, np.nan), np.empty(0)])
def test_nothing_known(how: str, x: np.ndarray) -> None:
    assert np.isnan(METHODS[how](x, 1.0)).all()


def test_no_ratio_to_a_best_of_nothing() -> None:
    assert np.isnan(METHODS["fracmax"](np.array([0.0, 3.0]), -1.0)).all()


def test_a_table_has_its_directions() -> None:
    x = np.array([[1.0, 1.0], [3.0, 3.0]])
    assert minmax(x, np.array([1.0, -1.0]), (0, 100)).tolist() == [[0, 100], [100, 0]]


def test_shape_by_other_formulas() -> None:
    x = np.array([1.0, 2, 2, 3, 4, 9, 30])
    found = shape(x)
    assert found.skewness == pytest.approx(stats.skew(x, bias=False))
    assert found.kurtosis == pytest.approx(stats.kurtosis(x, bias=False))
    assert shape(np.array([1.0, 2.0, np.nan, 3.0])).skewness is None
    assert shape(np.full(9, 0.1)).passes


TAIL = np.array([*range(1, 21), 500.0, 100.0])


def test_a_long_end_is_pulled_in() -> None:
    """500 becomes 100, and then both become 20: two points at the new end pass."""
    found = treat(TAIL)
    assert (found.how, found.moved) == ("winsorise", 2)
    assert found.x.tolist() == [*range(1, 21), 20, 20]
    assert not found.before.passes
    assert found.after.passes


def test_a_long_lower_end() -> None:
    assert winsorise(-TAIL).tolist() == (-winsorise(TAIL)).tolist()


def test_logarithms_where_pulling_does_not_help() -> None:
    """Doubling from 1 to 2^29: after one point the rest is as skew, so logarithms it is."""
    x = 4.0 ** np.arange(20)
    found = treat(x, most=1)
    assert found.how == "log"
    assert found.x == pytest.approx(np.log(x - 1 + 0.01 * (x[-1] - 1)))
    assert treat(x, most=1, or_log=False).how == "winsorise"


def test_a_harmless_column_stays() -> None:
    x = np.array([1.0, 2, 3, np.nan, 5])
    found = treat(x)
    assert (found.how, found.moved) == ("", 0)
    assert found.x == pytest.approx(x, nan_ok=True)
    assert log_shift(np.full(3, 2.0)).tolist() == [2, 2, 2]


TREE = (
    Part("Index", "", 1),
    Part("A", "Index", 3),
    Part("B", "Index", 1),
    Part("a1", "A", 1),
    Part("a2", "A", 1),
    Part("b1", "B", 1),
)
COLUMNS = {
    "a1": np.array([4.0, 9.0]),
    "a2": np.array([16.0, np.nan]),
    "b1": np.array([20.0, 9.0]),
}


@pytest.mark.parametrize(
    ("mean", "a", "index"),
    [
        ("amean", 10.0, 12.5),
        ("gmean", 8.0, (8.0**3 * 20) ** 0.25),
        ("hmean", 6.4, 4 / (3 / 6.4 + 1 / 20)),
    ],
)
def test_up_the_tree_by_hand(mean: Mean, a: float, index: float) -> None:
    """4 and 16: 10, √64 = 8, 2/(1/4 + 1/16) = 6.4; then 3 : 1 with 20. Unit 2 has 9 throughout."""
    found = aggregate(COLUMNS, TREE, mean)
    assert found["A"] == pytest.approx([a, 9.0])
    assert found["Index"] == pytest.approx([index, 9.0])


def test_weights_of_the_leaves() -> None:
    assert leaf_weights(TREE) == {"a1": 0.375, "a2": 0.375, "b1": 0.25}


def test_what_cannot_be_aggregated() -> None:
    with pytest.raises(NoEstimate, match="大于0"):
        weighted_mean(np.array([[0.0, 1.0]]), np.ones(2), "gmean")
    with pytest.raises(NoEstimate, match="a2"):
        aggregate({"a1": np.ones(1), "b1": np.ones(1)}, TREE)
    assert np.isnan(weighted_mean(np.array([[np.nan, np.nan]]), np.ones(2))).all()
    assert np.isnan(weighted_mean(np.array([[1.0]]), np.zeros(1), "hmean")).all()


def test_lifting_keeps_the_best() -> None:
    assert lift(np.array([0.0, 100.0])).tolist() == [1.0, 100.0]


def test_per_head_and_filled_gaps() -> None:
    per_head = denominate(np.array([10.0, 9.0, 8.0]), np.array([5.0, 0.0, np.nan]))
    assert per_head == pytest.approx([2.0, np.nan, np.nan], nan_ok=True)
    x = np.array([1.0, np.nan, 3.0, np.nan, 9.0])
    filled = fill_by_group(x, ["a", "a", "a", "b", "c"])
    assert filled == pytest.approx([1, 2, 3, np.nan, 9], nan_ok=True)
