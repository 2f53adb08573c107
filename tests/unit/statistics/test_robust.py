"""Trimmed and Winsorised means by hand."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.robust.trimmed import (
    cut_of,
    kept_counts,
    trimmed,
    trimmed_from_counts,
    winsorised_counts,
)
from analysis.statistics.robust.winsorised import (
    quantile_winsorised,
    winsorised,
    winsorised_from_counts,
)


def test_one_highest_and_one_lowest_by_hand() -> None:
    # 1 | 4 6 8 | 20: mean 6; Winsorised 4 4 6 8 8: mean 6, s_w² = (4+4+0+4+4)/4 = 4
    # g = 1/5, se = 2/(0.6 √5), df = 2
    found = trimmed([20, 4, 1, 8, 6], 1)
    assert (found.mean, found.winsor_mean, found.winsor_sd) == (6, 6, 2)
    assert (found.h, found.df, found.share) == (1, 2, 0.2)
    assert found.se == pytest.approx(2 / (0.6 * sqrt(5)))
    one = found.estimate()
    assert one.hi == pytest.approx(6 + stats.t.ppf(0.975, 2) * found.se)
    assert one.lo == pytest.approx(6 - stats.t.ppf(0.975, 2) * found.se)


def test_counts_lose_whole_votes_from_both_ends() -> None:
    # 1 3 6 10 less 2 at each end: 0 2 6 8; put back: 0 4 6 10
    kept = kept_counts([1, 3, 6, 10], 2)
    assert kept.tolist() == [0, 2, 6, 8]
    assert winsorised_counts(kept, 2).tolist() == [0, 4, 6, 10]
    both = kept_counts([[1, 3, 6, 10], [5, 0, 0, 0]], [2, 1])
    assert both.tolist() == [[0, 2, 6, 8], [3, 0, 0, 0]]
    assert winsorised_counts(both, [2, 1]).tolist() == [[0, 4, 6, 10], [5, 0, 0, 0]]


def test_a_share_too_small_to_cut_says_so() -> None:
    found = trimmed([1, 2, 3, 4, 5, 6, 7, 8], 0.1)
    assert (found.h, found.mean) == (0, 4.5)
    assert "没有去掉" in found.estimate().notes[0].text()


def test_shares_are_cut_as_written() -> None:
    # 0.29 · 100 is 28.999999999999996 in floating point
    assert cut_of(100, 0.29) == (29, 0.29)
    assert cut_of(10, 3) == (3, 0.3)


@pytest.mark.parametrize(("n", "cut"), [(4, 2), (4, 0.5), (0, 0.1), (5, -0.1), (5, 1.5)])
def test_what_cannot_be_cut_is_refused(n: int, cut: float) -> None:
    with pytest.raises(NoEstimate):
        trimmed(np.arange(n), cut)


def test_equal_values_and_single_ones() -> None:
    same = trimmed([7.1] * 9, 0.2)
    assert (same.mean, same.se) == (7.1, 0)
    assert "全部相同" in same.estimate().notes[0].text()
    one = trimmed([3.0], 0).estimate()
    assert (one.estimate, one.se, one.lo) == (3, None, None)
    left = trimmed([1, 2, 9], 1)
    assert (left.mean, left.se) == (2, None)


values = st.lists(st.integers(-50, 50), min_size=3, max_size=40)


@given(values, st.sampled_from([0.0, 0.1, 0.2, 0.3]), st.randoms())
def test_the_packages_mean_in_any_order(given_values: list[int], cut: float, random) -> None:
    mixed = list(given_values)
    random.shuffle(mixed)
    found = trimmed(mixed, cut)
    assert found == trimmed(given_values, cut)
    assert found.mean == pytest.approx(stats.trim_mean(given_values, cut), abs=1e-12)
    moved = trimmed([3 * v + 5 for v in given_values], cut)
    assert moved.mean == pytest.approx(3 * found.mean + 5)
    if found.se is not None:
        assert moved.se == pytest.approx(3 * found.se)


@given(values, st.sampled_from([0.0, 0.1, 0.2, 0.3]))
def test_winsorised_as_scipy_does(given_values: list[int], cut: float) -> None:
    expected = np.asarray(stats.mstats.winsorize(np.array(given_values, dtype=float), (cut, cut)))
    found = winsorised(given_values, cut)
    assert found.mean == pytest.approx(expected.mean(), abs=1e-12)
    assert found.sd == pytest.approx(expected.std(ddof=1), abs=1e-9)


def test_winsorised_errors_by_hand() -> None:
    # as above: s_w = 2, n = 5, h = 1: 2/√5, and that times 4/2 for values without ties
    found = winsorised([20, 4, 1, 8, 6], 1)
    assert found.se_points == pytest.approx(2 / sqrt(5))
    assert found.se_continuous == pytest.approx(4 / sqrt(5))
    assert found.estimate().se == found.se_continuous


def test_a_cut_between_two_options_has_no_interval() -> None:
    # 10 % of 100 cut; exactly 10 lie below the second option
    found = winsorised_from_counts([1, 2, 3], [10, 60, 30], 0.1)
    assert not found.is_clear
    one = found.estimate(kind="points")
    assert (one.estimate, one.lo) == (found.mean, None)
    assert "切点" in one.notes[0].text()
    clear = winsorised_from_counts([1, 2, 3], [30, 40, 30], 0.1).estimate(kind="points")
    assert clear.lo is not None
    assert clear.lo < 2 < clear.hi


def test_quantile_type_clips_between_order_statistics() -> None:
    # type 7 quantiles of 1…5 at 0.1: 1.4 and 4.6
    assert quantile_winsorised([5, 1, 2, 3, 4], 0.1) == pytest.approx((1.4 + 2 + 3 + 4 + 4.6) / 5)


def test_order_of_options_does_not_matter() -> None:
    assert trimmed_from_counts([3, 1, 2], [4, 5, 6], 0.1) == trimmed_from_counts(
        [1, 2, 3], [5, 6, 4], 0.1
    )
