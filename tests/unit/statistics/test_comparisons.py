"""Change between years and many comparisons by hand."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.comparisons.multiple_testing import (
    KINDS,
    benjamini_hochberg,
    clear_differences,
    holm,
    pairwise_differences,
    two_sided,
)
from analysis.statistics.comparisons.two_periods import (
    change,
    changes,
    decompose,
    linked_change,
    overlap_covariance,
)
from analysis.statistics.estimate import Estimate, NoEstimate

Z = 1.959963984540054


def test_three_p_values_by_hand() -> None:
    p = [0.03, 0.01, 0.04]
    assert KINDS["bonferroni"](p) == pytest.approx([0.09, 0.03, 0.12])
    # sorted 0.01·3, 0.03·2, 0.04·1 made to rise: 0.03 0.06 0.06
    assert holm(p) == pytest.approx([0.06, 0.03, 0.06])
    # made to fall from the largest: 0.04, min(0.06, 0.04), min(0.03, 0.04)
    assert KINDS["hochberg"](p) == pytest.approx([0.04, 0.03, 0.04])
    # 0.01·3, 0.03·3/2, 0.04·1: 0.03, 0.04, 0.04
    assert benjamini_hochberg(p) == pytest.approx([0.04, 0.03, 0.04])
    # times 1 + 1/2 + 1/3
    assert KINDS["by"](p) == pytest.approx(np.array([0.04, 0.03, 0.04]) * 11 / 6)


@pytest.mark.parametrize("kind", KINDS)
def test_none_and_one(kind: str) -> None:
    assert KINDS[kind]([]).tolist() == []
    assert KINDS[kind]([0.2]).tolist() == [0.2]
    for wrong in ([1.2], [-0.1], [float("nan")]):
        with pytest.raises(NoEstimate):
            KINDS[kind](wrong)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from(sorted(KINDS)))
def test_adjusted_values_are_monotone_capped_and_follow_their_tests(
    p: list[float], kind: str
) -> None:
    q = KINDS[kind](p)
    assert np.all((q >= np.array(p) - 1e-15) & (q <= 1))
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(q[order]) >= 0)
    assert KINDS[kind](p[::-1]) == pytest.approx(q[::-1], rel=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    assert KINDS["bh"](p) == pytest.approx(stats.false_discovery_control(p), rel=1e-12)
    assert KINDS["by"](p) == pytest.approx(stats.false_discovery_control(p, method="by"), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_p_values_come_out_equal(kind: str) -> None:
    q = KINDS[kind]([0.02, 0.5, 0.02, 0.001, 0.02])
    assert q[0] == q[2] == q[4]


def test_the_far_tail_keeps_its_digits() -> None:
    assert float(two_sided(-20.0)) == pytest.approx(5.507248237212467e-89)


def test_pairs_use_their_covariance() -> None:
    # variances 4 and 4: independent √8; covariance 3.5: √(8 - 7) = 1
    (loose,) = pairwise_differences(["a", "b"], [82, 80], [4.0, 4.0])
    (tight,) = pairwise_differences(["a", "b"], [82, 80], [[4, 3.5], [3.5, 4]])
    assert (loose.se, loose.is_clear) == (pytest.approx(sqrt(8)), False)
    assert (tight.se, tight.z, tight.is_clear) == (1, 2, True)
    assert tight.p == pytest.approx(2 * stats.norm.sf(2))


def test_a_difference_without_error_is_clear_unless_it_is_none() -> None:
    same, other = clear_differences([("a", "b"), ("a", "c")], [0.0, 1.0], [0.0, 0.0])
    assert (same.p, same.is_clear) == (1, False)
    assert (other.p, other.is_clear) == (0, True)


def test_change_by_hand() -> None:
    # 80 ± 3, 86 ± 4: 6 ± 5, z = 1.2
    found = changes([80.0], [3.0], [86.0], [4.0])
    assert (found.difference[0], found.se[0], found.z[0]) == (6, 5, 1.2)
    assert found.p[0] == found.q[0] == pytest.approx(2 * stats.norm.sf(1.2))
    # covariance 8: √(25 - 16) = 3
    assert changes([80.0], [3.0], [86.0], [4.0], 8.0).se[0] == 3


def test_half_the_same_people() -> None:
    # ρ π √(v1 v2) √(100/400) = 0.5·0.8·12·0.5
    assert float(overlap_covariance(9, 16, 100, 400, 0.8, 0.5)) == pytest.approx(2.4)
    with pytest.raises(NoEstimate):
        overlap_covariance(9, 16, 100, 400, 1.2, 0.5)


def test_a_change_keeps_the_skew_of_its_years() -> None:
    # later 95 (90 to 97), earlier 80 (76 to 83): below √(5² + 3²), above √(2² + 4²)
    earlier = Estimate(80.0, 2.0, lo=76.0, hi=83.0, n=100)
    later = Estimate(95.0, 2.0, lo=90.0, hi=97.0, n=100)
    found = change(earlier, later)
    assert (found.estimate, found.se) == (15, pytest.approx(sqrt(8)))
    assert found.lo == pytest.approx(15 - sqrt(34))
    assert found.hi == pytest.approx(15 + sqrt(20))
    # all the same people with ρ = 0.5: v = 4 + 4 - 2·0.5·4
    assert change(earlier, later, overlap=1.0).se == pytest.approx(2)


def test_change_without_intervals_is_normal_and_without_errors_has_none() -> None:
    found = change(Estimate(80.0, 3.0), Estimate(86.0, 4.0))
    assert (found.lo, found.hi) == (pytest.approx(6 - Z * 5), pytest.approx(6 + Z * 5))
    bare = change(Estimate(80.0), Estimate(86.0, 4.0))
    assert (bare.estimate, bare.se, bare.lo) == (6, None, None)
    assert bare.notes
    with pytest.raises(NoEstimate):
        change(Estimate(None), Estimate(86.0, 4.0))


def test_linked_people_by_hand() -> None:
    # differences 1, 2, 3 (one person left one year out): mean 2, s = 1, se = 1/√3
    found = linked_change([1, 5, 7, 9], [2, 7, 10, np.nan])
    assert (found.estimate, found.n, found.df) == (2, 3, 2)
    assert found.se == pytest.approx(1 / sqrt(3))
    assert found.hi == pytest.approx(2 + stats.t.ppf(0.975, 2) / sqrt(3))
    with pytest.raises(NoEstimate):
        linked_change([1.0], [2.0])


def test_a_change_of_mix_is_no_change_of_scores() -> None:
    # half and half with 80 and 60, then 0.8 and 0.2 with the same: +6 by the mix alone
    found = decompose([50, 50], [80, 60], [80, 20], [80, 60])
    assert (found.change, found.mix, found.score) == (pytest.approx(6), pytest.approx(6), 0)
    other = decompose([0.5, 0.5], [80, 60], [0.5, 0.5], [82, 64])
    assert (other.change, other.mix, other.score) == (pytest.approx(3), 0, pytest.approx(3))
    with pytest.raises(NoEstimate):
        decompose([0, 0], [1, 1], [1, 1], [1, 1])
