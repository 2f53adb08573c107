"""Intraclass correlations by hand, their invariants, and tables that have no answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from analysis.statistics.agreement import anova, group_moments, icc, icc_groups, value_counts
from analysis.statistics.estimate import NoEstimate
from tests.unit.statistics.finite import assert_finite

TABLE = np.array([[1.0, 2.0], [3.0, 5.0], [5.0, 5.0]])
GROUP = np.array([0, 0, 1, 1, 1])
VALUE = np.array([1.0, 3.0, 5.0, 7.0, 9.0])
tables = st.tuples(st.integers(2, 6), st.integers(2, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(1, 5).map(float))
)


def forms(table: np.ndarray) -> dict[str, icc.Form]:
    two = anova.two_way(table)
    return {one.name: one for one in (*icc.shrout_fleiss(two), *icc.mcgraw_wong(two))}


def groups(value: np.ndarray = VALUE, group: np.ndarray = GROUP, **options) -> icc_groups.GroupIcc:
    moments = group_moments.of_values(group, value, int(group.max()) + 1)
    return icc_groups.icc_groups(moments, seed=1, **options)


def test_mean_squares_by_hand():
    two = anova.two_way(TABLE)
    assert (two.ms_rows, two.ms_columns, two.ms_error) == pytest.approx((6.5, 1.5, 0.5))
    assert two.ms_within == pytest.approx(2.5 / 3)


def test_six_forms_by_hand():
    found = forms(TABLE)
    wanted = {"ICC1": 17 / 22, "ICC2": 18 / 23, "ICC3": 6 / 7}
    wanted |= {"ICC1k": 34 / 39, "ICC2k": 36 / 41, "ICC3k": 12 / 13}
    wanted |= {"ICC(A,1)": 18 / 23, "ICC(A,k)": 36 / 41, "ICC(C,1)": 6 / 7, "ICC(C,k)": 12 / 13}
    assert {k: found[k].icc for k in wanted} == pytest.approx(wanted)
    assert (found["ICC3"].f, found["ICC3"].df1, found["ICC3"].df2) == pytest.approx((13, 2, 2))
    assert found["ICC3"].p == pytest.approx(stats.f.sf(13, 2, 2))


def test_limits_are_those_where_f_is_just_significant():
    form = forms(TABLE)["ICC3"]
    for limit, tail in ((form.lo, 0.975), (form.hi, 0.025)):
        ratio = (1 + limit) / (1 - limit)
        assert 13 / ratio == pytest.approx(stats.f.ppf(tail, 2, 2), rel=1e-10)


def test_limits_of_the_mean_of_raters_by_both_schools():
    found = forms(np.array([[9.0, 2, 5], [6, 1, 3], [8, 4, 6], [7, 1, 2], [10, 5, 6]]))
    single, stepped = found["ICC2"], found["ICC2k"]
    assert stepped.lo == pytest.approx(3 * single.lo / (1 + 2 * single.lo))
    assert stepped.icc == pytest.approx(found["ICC(A,k)"].icc)
    assert stepped.lo != pytest.approx(found["ICC(A,k)"].lo, rel=1e-3)


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_order_of_rows_changes_no_digit_and_nothing_is_infinite(table, chance):
    rows = list(range(len(table)))
    chance.shuffle(rows)
    assert forms(table) == forms(table[rows])
    assert_finite(tuple(forms(table).values()))


@given(tables, st.integers(-100, 100), st.sampled_from([0.5, 2.0, 20.0]))
@settings(max_examples=25, deadline=None)
def test_shift_and_scale_change_nothing(table, shift, scale):
    for one, other in zip(
        forms(table).values(), forms(table * scale + shift).values(), strict=True
    ):
        assert (one.icc is None) == (other.icc is None)
        if one.icc is not None:
            assert one.icc == pytest.approx(other.icc, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("table", [[[4, 1], [2, 3], [5, 1]], [[1, 4], [2, 2]]])
def test_limits_that_run_away_are_not_given(table):
    assert_finite(tuple(forms(np.array(table, dtype=float) * 0.5).values()))


def test_raters_who_differ_by_a_constant_are_consistent_but_do_not_agree():
    found = forms(np.array([[1.0, 2], [2, 3], [3, 4], [5, 6]]))
    assert found["ICC3"].icc == found["ICC3k"].icc == 1
    assert found["ICC3"].f is None
    assert found["ICC3"].notes
    assert 0 < found["ICC2"].icc < 1


def test_no_differences_between_ratees_have_no_answer():
    found = forms(np.array([[1.0, 2, 3], [1, 2, 3]]))
    assert found["ICC3"].icc is None
    assert found["ICC3"].notes


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (0, 3)])
def test_too_small_tables_are_refused(shape):
    with pytest.raises(NoEstimate) as why:
        anova.two_way(np.ones(shape))
    assert why.value.status == "too_few"


def test_unequal_groups_by_hand():
    found = groups()
    assert (found.table.ms_between, found.table.ms_within) == pytest.approx((30, 10 / 3))
    assert (found.table.k, found.table.k0) == pytest.approx((2.5, 2.4))
    assert found.icc1.estimate == pytest.approx(16 / 21)
    assert found.icc2.estimate == pytest.approx(8 / 9)
    assert groups(size="k0").icc1.estimate == pytest.approx(10 / 13)
    assert found.p == pytest.approx(stats.f.sf(9, 1, 3))


def test_equal_groups_get_the_exact_interval_of_the_table():
    table = np.array([[9.0, 2, 5], [6, 1, 3], [8, 4, 6], [7, 1, 2], [10, 5, 6]])
    found = groups(table.ravel(), np.repeat(np.arange(5), 3))
    wanted = forms(table)
    assert found.icc1.estimate == pytest.approx(wanted["ICC1"].icc)
    assert (found.icc1.lo, found.icc1.hi) == pytest.approx((wanted["ICC1"].lo, wanted["ICC1"].hi))
    assert (found.icc2.lo, found.icc2.hi) == pytest.approx((wanted["ICC1k"].lo, wanted["ICC1k"].hi))


def test_moments_from_integer_sums_are_those_of_the_values():
    integers = VALUE.astype(int)
    sums = [[one[g == GROUP].sum() for g in (0, 1)] for one in (integers, integers**2)]
    made = group_moments.of_sums(np.array([2, 3]), np.array(sums[0]), np.array(sums[1]))
    assert made.mean.tolist() == [2, 7]
    assert made.squares.tolist() == [2, 8]
    counted = group_moments.of_counts(value_counts.of_ratings(GROUP, VALUE, 2))
    assert counted.squares.tolist() == [2, 8]


def test_sums_beyond_64_bits_keep_every_digit():
    n, total = 4 * 10**8, 4 * 10**10
    made = group_moments.of_sums(np.array([n]), np.array([total]), np.array([total * 100 + 2]))
    assert made.squares[0] == 2


@given(st.permutations(range(5)))
def test_order_of_ratings_changes_no_digit(order):
    shuffled = groups(VALUE[list(order)], GROUP[list(order)])
    assert shuffled == groups()


def test_bootstrap_interval_holds_the_estimate_and_follows_its_seed():
    chance = np.random.default_rng(7)
    group = np.repeat(np.arange(30), chance.integers(3, 12, 30))
    value = chance.normal(size=30)[group] + chance.normal(size=len(group))
    one, other = groups(value, group), groups(value, group)
    assert one == other
    assert one.icc1.method == "bootstrap"
    assert one.icc1.lo < one.icc1.estimate < one.icc1.hi
    assert one.icc1.lo < 0.5 < one.icc1.hi


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ([3, 3, 3, 3, 3], "undefined"),
        ([np.nan] * 5, "too_few"),
        ([1, np.nan, 2, np.nan, np.nan], "too_few"),
    ],
)
def test_groups_without_an_answer(value, status):
    with pytest.raises(NoEstimate) as why:
        groups(np.array(value, dtype=float))
    assert why.value.status == status


@pytest.mark.parametrize("value", [[1, 1, 2, 2, 2], [1, 3, 2, 1, 3], [1, 3, 2, 2, 2]])
def test_groups_at_the_edge_are_finite(value):
    assert_finite(groups(np.array(value, dtype=float)))


def test_equal_means_are_said_to_have_no_reliability():
    found = groups(np.array([1.0, 3, 1, 2, 3]))
    assert found.icc2.estimate is None
    assert found.icc1.estimate < 0
    assert len(found.icc1.notes) == 3
