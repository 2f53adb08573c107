"""Tables, regression, t test and kappa under a design."""

import numpy as np
import pytest

from analysis.statistics.design.design import make_design
from analysis.statistics.design.kappa import kappa
from analysis.statistics.design.linearisation import covariance, means
from analysis.statistics.design.regression import regression
from analysis.statistics.design.tests_of_tables import rao_scott
from analysis.statistics.design.ttest import one_mean, two_groups
from analysis.statistics.estimate import NoEstimate


def rows_of(table):
    """Codes of rows and columns, one row for each count."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    a, b = zip(*pairs, strict=True)
    return np.array(a), np.array(b)


def test_a_simple_sample_gives_pearsons_statistic():
    # [[10, 20], [30, 40]]: X² = 100·200²/(30·70·40·60); V is n/(n−1) the multinomial's
    a, b = rows_of([[10, 20], [30, 40]])
    found = rao_scott(make_design(100), a, b)
    x2 = 100 * 200**2 / (30 * 70 * 40 * 60)
    assert found.x2 == pytest.approx(x2)
    assert found.deffs == pytest.approx(100 / 99)
    assert found.f == pytest.approx(x2 * 99 / 100)
    assert (found.ndf, found.ddf, found.df) == (pytest.approx(1), pytest.approx(99), 1)


def test_doubled_answers_of_the_same_person_are_not_new_evidence():
    a, b = rows_of([[10, 20], [30, 40]])
    person = np.arange(100)
    twice = make_design(200, clusters=[np.repeat(person, 2)])
    found = rao_scott(twice, np.repeat(a, 2), np.repeat(b, 2))
    single = rao_scott(make_design(100), a, b)
    assert found.x2 == pytest.approx(2 * single.x2)
    assert (found.f, found.p_f, found.p_chisq) == pytest.approx(
        (single.f, single.p_f, single.p_chisq)
    )


def test_codes_may_be_renamed_and_an_empty_cell_is_allowed():
    a, b = rows_of([[5, 0, 3], [4, 6, 7]])
    design = make_design(25)
    found, renamed = rao_scott(design, a, b), rao_scott(design, 5 - a, 2 - b)
    assert (found.f, found.ndf) == pytest.approx((renamed.f, renamed.ndf))
    swapped = rao_scott(design, b, a)
    assert swapped.f == pytest.approx(found.f)


def test_tables_without_two_rows_or_units_have_no_test():
    with pytest.raises(NoEstimate):
        rao_scott(make_design(4), np.zeros(4, dtype=int), np.array([0, 1, 0, 1]))
    a = np.array([0, 1, 0, 1])
    with pytest.raises(NoEstimate):
        rao_scott(make_design(4, strata=[1, 2, 3, 4]), a, np.array([0, 1, 1, 0]))


def test_regression_by_hand():
    # slope 3/2, residuals 1/2, −1, 1/2, z of the slope −1/4, 0, 1/4: v = 3/2 · 1/8
    x = np.column_stack([np.ones(3), [-1.0, 0, 1]])
    found = regression(make_design(3), np.array([0.0, 0, 3]), x)
    assert found.of.value == pytest.approx([1, 1.5])
    assert found.residual == pytest.approx([0.5, -1, 0.5])
    assert found.covariance[1, 1] == pytest.approx(1.5 / 8)
    assert (found.df, found.n) == (1, 3)


def test_a_constant_alone_is_the_mean_and_missing_rows_stay_outside():
    design = make_design(5, [1, 2, 3, 1, 1], [1, 1, 1, 2, 2])
    y = np.array([2.0, 3, 7, 1, np.nan])
    found, mean = regression(design, y, np.ones((5, 1))), means(design, y)
    assert found.of.value == pytest.approx(mean.value)
    assert found.covariance == pytest.approx(covariance(design, mean))
    assert found.n == 4


def test_very_different_scales_are_not_mistaken_for_the_same():
    x = np.column_stack([np.ones(4), [1e9, 2e9, 3e9, 5e9], [1e-6, 3e-6, 2e-6, 1e-6]])
    found = regression(make_design(4), x @ [1, 2e-9, 3e6], x)
    assert found.of.value == pytest.approx([1, 2e-9, 3e6], rel=1e-6)


def test_columns_that_say_the_same_are_refused():
    x = np.column_stack([np.ones(4), [1.0, 2, 3, 4], [2.0, 4, 6, 8]])
    with pytest.raises(NoEstimate, match="相关"):
        regression(make_design(4), np.arange(4.0), x)
    with pytest.raises(NoEstimate):
        regression(make_design(4), np.full(4, np.nan), x[:, :2])


def test_two_groups_by_hand():
    # z = ±1/2: v = 4/3 · 1
    found = two_groups(make_design(4), np.array([1.0, 3, 6, 8]), np.array([0, 0, 1, 1]))
    assert found.difference.estimate == pytest.approx(5)
    assert found.difference.se**2 == pytest.approx(4 / 3)
    assert (found.t, found.df) == (pytest.approx(5 / (4 / 3) ** 0.5), 2)
    # p of t with 2 degrees of freedom: 1 − t/√(2 + t²)
    assert found.p == pytest.approx(1 - found.t / (2 + found.t**2) ** 0.5)


def test_one_mean_against_a_figure():
    found = one_mean(make_design(3), np.array([1.0, 2, 6]), mu=1)
    assert (found.difference.estimate, found.df) == (pytest.approx(2), 2)
    assert found.t == pytest.approx(2 / (7 / 3) ** 0.5)


@pytest.mark.parametrize(
    ("y", "group"),
    [([1, 1, 2, 2], [0, 0, 1, 1]), ([1, 2, 3, 4], [0, 0, 0, 0]), ([1, 2, 3, 4], [0, 1, -1, -1])],
)
def test_groups_that_cannot_be_tested(y, group):
    with pytest.raises(NoEstimate):
        two_groups(make_design(4), np.array(y, dtype=float), np.array(group))


def test_kappa_and_its_large_sample_error():
    table = np.array([[20, 5], [10, 15]])
    a, b = rows_of(table)
    design = make_design(50)
    found = kappa(design, a, b)
    assert found.value[0] == pytest.approx(0.4)
    # Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72, eq. 13, with n − 1 for n
    p, k = table / 50, 0.4
    r, c = p.sum(axis=1), p.sum(axis=0)
    expected = r @ c
    inner = sum(p[i, i] * (1 - (r[i] + c[i]) * (1 - k)) ** 2 for i in range(2))
    outer = (1 - k) ** 2 * sum(p[i, j] * (c[i] + r[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    v = (inner + outer - (k - expected * (1 - k)) ** 2) / ((1 - expected) ** 2 * 49)
    assert covariance(design, found)[0, 0] == pytest.approx(v)


def test_kappa_of_perfect_agreement_and_of_one_level():
    design = make_design(4)
    same = kappa(design, np.array([0, 1, 0, 1]), np.array([0, 1, 0, 1]))
    assert same.value[0] == 1
    assert covariance(design, same)[0, 0] == pytest.approx(0, abs=1e-20)
    with pytest.raises(NoEstimate, match="kappa"):
        kappa(design, np.zeros(4, dtype=int), np.zeros(4, dtype=int))
    with pytest.raises(NoEstimate):
        kappa(design, np.full(4, -1), np.zeros(4, dtype=int))
