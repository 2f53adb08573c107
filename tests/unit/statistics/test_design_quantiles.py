"""Weighted quantiles and Woodruff's interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.design.design import make_design
from analysis.statistics.design.quantiles import quantiles, weighted_quantile


@pytest.mark.parametrize(
    ("p", "expected"), [(0, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.51, 3), (0.75, 3), (1, 4)]
)
def test_the_smallest_value_that_reaches_the_share(p, expected):
    assert weighted_quantile(np.array([4.0, 2, 1, 3]), np.ones(4), p) == expected


def test_weights_count_as_so_many_rows():
    x, w = np.array([1.0, 2, 3, 9]), np.array([1.0, 1, 1, 5])
    assert weighted_quantile(x, w, 0.375) == 3
    assert weighted_quantile(x, w, 0.4) == 9
    assert weighted_quantile(x, np.array([1.0, 1, 1, 0]), 1) == 3


def test_a_tie_is_not_decided_by_the_order_of_summation():
    x, w = np.arange(1.0, 11), np.full(10, 0.1)
    assert weighted_quantile(x, w, 0.3) == 3
    assert weighted_quantile(x, w, 0.7) == 7


def test_woodruff_by_hand():
    # SE of F at the median is √(0.25/99), t(99) = 1.984217: F from 0.4003 to 0.5997
    one = quantiles(make_design(100), np.arange(1.0, 101), [0.5])[0]
    assert (one.estimate, one.lo, one.hi, one.df, one.n) == (50, 41, 60, 99, 100)
    assert one.se == pytest.approx(19 / (2 * 1.984217))


def test_an_option_of_a_scale_is_not_certain():
    # 49 fours and 51 fives: 0.5 ± 1.984217·√(0.49·0.51/99) is 0.4003 to 0.5997
    marks = np.repeat([4.0, 5.0], [49, 51])
    one = quantiles(make_design(100), marks, [0.5])[0]
    assert (one.estimate, one.lo, one.hi) == (5, 4, 5)
    sure = quantiles(make_design(100), np.repeat([4.0, 5.0], [10, 90]), [0.5])[0]
    assert (sure.lo, sure.hi) == (5, 5)


def test_an_interval_that_leaves_the_data_has_no_end():
    one = quantiles(make_design(5), np.arange(5.0), [0.9])[0]
    assert (one.estimate, one.hi, one.se) == (4, None, None)
    assert one.lo == 1
    assert one.notes


def test_degenerate_input_is_answered():
    design = make_design(3)
    assert quantiles(design, np.full(3, np.nan), [0.5])[0].estimate is None
    alone = quantiles(make_design(1), np.array([7.0]), [0.5])[0]
    assert (alone.estimate, alone.lo) == (7, None)
    same = quantiles(design, np.full(3, 2.0), [0.5])[0]
    assert (same.estimate, same.lo, same.hi, same.se) == (2, 2, 2, 0)


def test_a_domain_and_missing_values_are_left_out():
    x = np.array([1.0, 2, 3, 100, np.nan, 200])
    inside = np.array([True, True, True, False, True, False])
    one = quantiles(make_design(6), x, [0.5], inside=inside)[0]
    assert (one.estimate, one.n) == (2, 3)


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)), min_size=1, max_size=20),
    st.integers(0, 20),
)
@settings(max_examples=50, deadline=None)
def test_a_weight_is_that_many_rows_in_any_order(rows, twentieths):
    x, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    p = twentieths / 20
    found = weighted_quantile(x, w, p)
    assert found == weighted_quantile(x[::-1], w[::-1], p)
    assert found == weighted_quantile(np.repeat(x, w.astype(int)), np.ones(int(w.sum())), p)
