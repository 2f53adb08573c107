"""Agreement inside one ratee, and the small coefficients beside the intraclass correlations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.agreement import (
    anova,
    finn,
    group_moments,
    kendall,
    mean_correlation,
    percent_agreement,
    robinson,
    rwg,
    stuart_maxwell,
    value_counts,
)
from analysis.statistics.estimate import NoEstimate
from tests.unit.statistics.finite import assert_finite

TABLE = np.array([[1.0, 2.0], [3.0, 5.0], [5.0, 5.0]])
TWO = anova.two_way(TABLE)
ratings = st.lists(st.integers(1, 5), min_size=0, max_size=12)


def counts(*units: list[int]) -> value_counts.ValueCounts:
    unit = np.repeat(np.arange(len(units)), [len(one) for one in units])
    value = np.array([v for one in units for v in one], dtype=float)
    return value_counts.of_ratings(unit, value, len(units))


def moments(*units: list[int]) -> group_moments.GroupMoments:
    return group_moments.of_counts(counts(*units))


def test_rwg_by_hand():
    low, none, far = rwg.rwg(moments([2, 3], [1, 3], [1, 5]), 2.0)
    assert (low.estimate, none.estimate, far.estimate) == pytest.approx((0.75, 0, 0))
    assert far.notes
    assert not low.notes
    assert rwg.uniform_variance(5) == 2


def test_rwg_of_items_by_hand():
    two = rwg.rwg_j([moments([2, 3]), moments([3, 4])], 2.0)
    assert two[0].estimate == pytest.approx(6 / 7)
    assert rwg.rwg_j([moments([1, 5]), moments([3, 4])], 2.0)[0].estimate == 0
    assert rwg.rwg_j([moments([2, 3])], 2.0)[0].estimate == pytest.approx(0.75)


def test_awg_by_hand():
    found = rwg.awg(moments([2, 3], [5, 5, 5], [1, 5], [1, 1, 1, 1, 2], [2, 3, 3, 4]), 1, 5)
    assert found[0].estimate == pytest.approx(13 / 15)
    assert found[1].estimate == 1
    assert found[2].estimate == pytest.approx(-1)
    assert found[3].notes
    # Mean 3, variance 2/3, widest (18 − 9 − 5)·4/3 = 16/3.
    assert found[4].estimate == pytest.approx(0.75)
    assert not found[4].notes


def test_awg_of_a_scale_that_does_not_hold_the_marks():
    assert rwg.awg(moments([6, 7]), 1, 5)[0].estimate is None
    assert rwg.awg(moments([0, 2]), 1, 5)[0].notes


def test_average_deviation_by_hand():
    found = rwg.average_deviation(counts([1, 1, 4], [2, 3, 5, 5]))
    assert [one.estimate for one in found] == pytest.approx([4 / 3, 1.25])
    about = rwg.average_deviation(counts([1, 1, 4], [2, 3, 5, 5]), about_median=True)
    assert [one.estimate for one in about] == pytest.approx([1, 1.25])


@given(ratings)
@settings(max_examples=60, deadline=None)
def test_median_of_counts_is_the_median(marks):
    found = rwg.average_deviation(counts(marks), about_median=True)[0]
    if marks:
        wanted = np.abs(np.array(marks) - np.median(marks)).mean()
        assert found.estimate == pytest.approx(wanted)
    else:
        assert found.estimate is None
        assert found.notes


@given(ratings)
@settings(max_examples=60, deadline=None)
def test_ratees_nobody_or_one_rated_get_a_reason(marks):
    one = moments(marks, [1, 5])
    every = (*rwg.rwg(one, 2.0), *rwg.awg(one, 1, 5), *rwg.rwg_j([one, one], 2.0))
    assert_finite(every)
    for found in (rwg.rwg(one, 2.0)[0], rwg.awg(one, 1, 5)[0]):
        assert (found.estimate is None) == (len(marks) < 2)
        assert found.notes or len(marks) >= 2


def test_no_chance_variance_is_said():
    assert rwg.rwg(moments([2, 3]), 0.0)[0].estimate is None
    assert rwg.rwg_j([moments([2, 3])], 0.0)[0].notes


def test_order_of_items_changes_no_digit():
    chance = np.random.default_rng(2)
    items = [moments(list(chance.integers(1, 6, 9))) for _ in range(7)]
    assert rwg.rwg_j(items, 2.0) == rwg.rwg_j(items[::-1], 2.0)


def test_finn_by_hand():
    found = finn.finn(TWO, 5)
    assert (found.value, found.f, found.df2) == pytest.approx((0.75, 4, 3))
    # F with infinitely many degrees of freedom above.
    assert found.p == pytest.approx(stats.f.sf(4, 1e9, 3), rel=1e-5)
    assert finn.finn(TWO, 5, is_two_way=False).value == pytest.approx(1 - 2.5 / 6)


def test_finn_of_full_agreement_and_of_one_level():
    assert finn.finn(anova.two_way(np.full((3, 2), 4.0)), 5) == finn.Finn(1.0, None, 3, None)
    with pytest.raises(NoEstimate):
        finn.finn(TWO, 1)


def test_robinson_by_hand():
    assert robinson.robinson(TWO) == pytest.approx(13 / 14)
    with pytest.raises(NoEstimate):
        robinson.robinson(anova.two_way(np.full((3, 2), 4.0)))


def test_percent_by_hand():
    found = percent_agreement.percent_agreement(np.array([[1.0, 1, 2], [3, 3, 3], [1, 2, 3]]))
    assert (found.full, found.pairs) == pytest.approx((100 / 3, 400 / 9))
    near = percent_agreement.percent_agreement(np.array([[1.0, 1, 2], [1, 2, 3]]), 1)
    assert (near.full, near.pairs) == pytest.approx((50, 500 / 6))
    with pytest.raises(NoEstimate):
        percent_agreement.percent_agreement(np.empty((0, 2)))


def test_two_categories_are_mcnemar():
    found = stuart_maxwell.stuart_maxwell(np.array([[20.0, 5.0], [10.0, 15.0]]))
    assert (found.chisq, found.df, found.n) == (pytest.approx(25 / 15), 1, 50)
    assert found.p == pytest.approx(stats.chi2.sf(25 / 15, 1))


def test_an_unused_category_and_order_change_nothing():
    counts_ = np.array([[5.0, 3, 1], [1, 4, 2], [0, 2, 6]])
    wider = np.zeros((4, 4))
    wider[np.ix_([0, 1, 3], [0, 1, 3])] = counts_
    one, other = stuart_maxwell.stuart_maxwell(counts_), stuart_maxwell.stuart_maxwell(wider)
    turned = stuart_maxwell.stuart_maxwell(counts_[::-1, ::-1])
    assert (one.chisq, one.df) == (pytest.approx(other.chisq), other.df)
    assert one.chisq == pytest.approx(turned.chisq)
    # Leaving out any one category gives the same figure.
    keep = [0, 2]
    d = (counts_.sum(axis=1) - counts_.sum(axis=0))[keep]
    v = np.diag(counts_.sum(axis=1) + counts_.sum(axis=0)) - counts_ - counts_.T
    assert one.chisq == pytest.approx(d @ np.linalg.solve(v[np.ix_(keep, keep)], d))


@pytest.mark.parametrize("counts_", [np.eye(3), np.zeros((3, 3))])
def test_nothing_to_test(counts_):
    with pytest.raises(NoEstimate):
        stuart_maxwell.stuart_maxwell(counts_)


def test_kendall_by_hand():
    found = kendall.kendall(np.array([[1.0, 1], [2, 3], [3, 2]]))
    assert (found.w, found.chisq, found.df) == pytest.approx((0.75, 3, 2))
    assert found.p == pytest.approx(stats.chi2.sf(3, 2))
    tied = np.array([[1.0, 1], [1, 2], [2, 3]])
    assert kendall.kendall(tied).w == pytest.approx(78 / 84)
    assert kendall.kendall(tied, is_tie_corrected=False).w == pytest.approx(78 / 96)


def test_mid_ranks_are_those_of_scipy():
    table = np.random.default_rng(6).integers(1, 5, (9, 3)).astype(float)
    assert kendall.mid_ranks(table).tolist() == stats.rankdata(table, axis=0).tolist()


def test_same_order_with_ties_is_full_concordance():
    same = np.array([[1.0, 10], [1, 10], [2, 40], [3, 50]])
    assert kendall.kendall(same).w == pytest.approx(1)
    assert kendall.kendall(same, is_tie_corrected=False).w < 1


def test_mean_rho_follows_from_w_without_ties():
    table = np.argsort(np.random.default_rng(4).random((8, 5)), axis=0).astype(float)
    w = kendall.kendall(table).w
    found = mean_correlation.mean_correlation(table, by_rank=True)
    assert found.plain == pytest.approx((5 * w - 1) / 4)
    assert found.pairs == 10


def test_mean_correlation_by_hand():
    table = np.array([[1.0, 2, 1], [2, 1, 3], [3, 3, 2]])
    found = mean_correlation.mean_correlation(table)
    rs = [0.5, 0.5, -0.5]
    assert found.plain == pytest.approx(np.mean(rs))
    assert found.estimate.estimate == pytest.approx(np.tanh(np.mean(np.arctanh(rs))))


def test_perfect_and_flat_raters_are_left_out_and_said():
    table = np.array([[1.0, 1, 2, 4], [2, 2, 1, 4], [3, 3, 3, 4]])
    found = mean_correlation.mean_correlation(table)
    assert (found.pairs, found.perfect) == (3, 1)
    assert found.estimate.estimate == pytest.approx(0.5)
    assert len(found.estimate.notes) == 2
    assert mean_correlation.mean_correlation(table[:, :2]).estimate.estimate == 1


@pytest.mark.parametrize("function", [kendall.kendall, mean_correlation.mean_correlation])
def test_flat_and_tiny_tables_have_no_answer(function):
    with pytest.raises(NoEstimate) as why:
        function(np.full((4, 3), 2.0))
    assert why.value.status == "undefined"
    for shape in ((0, 3), (1, 3), (4, 1)):
        with pytest.raises(NoEstimate) as why:
            function(np.ones(shape))
        assert why.value.status == "too_few"


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_order_of_units_changes_no_digit(order):
    table = np.array([[1.0, 2, 2], [3, 5, 1], [5, 5, 4], [2, 2, 3], [4, 1, 1], [3, 3, 5]])
    rows = table[list(order)]
    assert kendall.kendall(rows) == kendall.kendall(table)
    assert mean_correlation.mean_correlation(rows) == mean_correlation.mean_correlation(table)
    assert percent_agreement.percent_agreement(rows) == percent_agreement.percent_agreement(table)
