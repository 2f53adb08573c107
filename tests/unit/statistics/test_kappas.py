"""Kappas and Gwet's coefficients by hand, against each other, and without an answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.statistics.agreement import (
    cohen,
    conger,
    fleiss,
    gwet,
    krippendorff,
    light,
    value_counts,
)
from analysis.statistics.estimate import NoEstimate
from tests.unit.statistics.finite import assert_finite

SQUARE = np.array([[20.0, 5.0], [10.0, 15.0]])
TABLE = np.array([[1.0, 1, 1], [1, 2, 2], [3, 3, 1], [2, 2, 2], [3, 1, 3]])
tables = st.tuples(st.integers(2, 7), st.integers(2, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(1, 3).map(float))
)


def value_or_none(function, *given_):
    try:
        return function(*given_)
    except NoEstimate:
        return None


def pair(table: np.ndarray, kind: cohen.Weights = "unweighted") -> cohen.Cohen:
    return cohen.cohen(cohen.joint(table[:, 0], table[:, 1], np.unique(table[:, :2])), kind)


def test_cohen_by_hand():
    found = cohen.cohen(SQUARE)
    assert (found.agreement, found.chance) == pytest.approx((0.7, 0.5))
    assert found.test.kappa == pytest.approx(0.4)
    assert found.test.se0 == pytest.approx(np.sqrt(0.0192))
    assert found.variance == pytest.approx(0.016128)


def test_weights_by_hand():
    assert cohen.weights(3, "equal").tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert cohen.weights(3, "squared")[0].tolist() == [1, 0.75, 0]
    assert cohen.weights(3, "unweighted").tolist() == np.eye(3).tolist()
    assert gwet.weights(np.array([1.0, 2.0, 5.0]), "equal")[0].tolist() == [1, 0.75, 0]


def test_squared_weights_by_hand():
    counts = np.array([[4.0, 1, 0], [1, 2, 1], [0, 0, 1]])
    agreement = (7 + 0.75 * 3) / 10
    row, column = [0.5, 0.4, 0.1], [0.5, 0.3, 0.2]
    chance = 0.25 + 0.12 + 0.02 + 0.75 * (0.15 + 0.2 + 0.08 + 0.03)
    found = cohen.cohen(counts, "squared")
    assert sum(row) == sum(column) == pytest.approx(1)
    assert found.test.kappa == pytest.approx((agreement - chance) / (1 - chance))


def test_variance_of_weighted_kappa_against_the_slope():
    """The delta method with numeric slopes of kappa in the cell shares."""
    counts = np.array([[14.0, 3, 1], [2, 9, 4], [1, 2, 8]])
    n = counts.sum()
    p, step = counts / n, 1e-6
    slope = np.zeros_like(p)
    for cell in np.ndindex(p.shape):
        high, low = p.copy(), p.copy()
        high[cell] += step
        low[cell] -= step
        # Shares must add up to 1; the kappa of a table does not depend on its total.
        slope[cell] = (
            cohen.cohen(high * n, "squared").test.kappa - cohen.cohen(low * n, "squared").test.kappa
        ) / (2 * step)
    mean = (p * slope).sum()
    wanted = (p * (slope - mean) ** 2).sum() / n
    assert cohen.cohen(counts, "squared").variance == pytest.approx(wanted, rel=1e-5)
    assert cohen.psych_variance(counts) != pytest.approx(wanted, rel=1e-2)


def test_fleiss_by_hand():
    ratings = value_counts.of_counts(np.array([[3, 0], [1, 2]]), np.array([1.0, 2.0]))
    found = fleiss.fleiss(ratings)
    assert (found.agreement, found.chance) == pytest.approx((2 / 3, 5 / 9))
    assert found.overall.kappa == pytest.approx(0.25)
    assert found.overall.se0 == pytest.approx(np.sqrt(1 / 6))
    assert [one.kappa for one in found.by_category] == pytest.approx([0.25, 0.25])


def test_gwet_by_hand():
    ratings = value_counts.of_counts(np.array([[2, 0], [1, 1], [0, 2]]), np.array([1.0, 2.0]))
    found = gwet.coefficients(ratings)
    assert (found["gwet_ac1"].agreement, found["gwet_ac1"].chance) == pytest.approx((2 / 3, 0.5))
    assert found["gwet_ac1"].estimate.estimate == pytest.approx(1 / 3)
    # Symmetric shares: κ*_i = κ_i = 1, −1, 1, so Σ(κ_i − 1/3)² = 24/9 over n(n − 1) = 6.
    assert found["gwet_ac1"].estimate.se == pytest.approx(2 / 3)
    assert found["krippendorff"].estimate.estimate == pytest.approx(4 / 9)


def test_an_unused_category_counts_for_gwet():
    ratings = value_counts.of_counts(
        np.array([[2, 0, 0], [1, 1, 0], [0, 2, 0]]), np.array([1.0, 2.0, 3.0])
    )
    assert gwet.coefficients(ratings)["gwet_ac1"].chance == pytest.approx(0.25)
    assert gwet.coefficients(ratings)["bp"].chance == pytest.approx(1 / 3)


@given(tables)
@settings(max_examples=25, deadline=None)
def test_two_raters_give_one_kappa(table):
    two = table[:, :2]
    one = value_or_none(pair, two)
    other, third = value_or_none(conger.conger, two), value_or_none(light.light, two)
    assert (one is None) == (other is None) == (third is None)
    if one is not None:
        assert one.test.kappa == pytest.approx(other.kappa, abs=1e-12)
        assert one.test.kappa == pytest.approx(third.kappa, abs=1e-12)


@given(tables)
@settings(max_examples=25, deadline=None)
def test_the_family_agrees_with_its_members(table):
    ratings = value_counts.of_table(table)
    family = value_or_none(gwet.coefficients, ratings)
    if family is None:
        assert value_or_none(fleiss.fleiss, ratings) is None
        return
    assert_finite(family)
    got = {name: one.estimate.estimate for name, one in family.items()}
    assert got["fleiss"] == pytest.approx(fleiss.fleiss(ratings).overall.kappa, abs=1e-12)
    nominal = krippendorff.alpha(ratings, "nominal").alpha
    assert got["krippendorff"] == pytest.approx(nominal, abs=1e-12)
    exact = value_or_none(gwet.conger, table)
    if exact is not None:
        assert_finite(exact)
        assert exact.estimate.estimate == pytest.approx(conger.conger(table).kappa, abs=1e-12)


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_of_units_changes_no_digit(table, chance):
    rows = list(range(len(table)))
    chance.shuffle(rows)
    for function in (pair, conger.conger, light.light, gwet.conger):
        assert value_or_none(function, table) == value_or_none(function, table[rows])
    one, other = value_counts.of_table(table), value_counts.of_table(table[rows])
    for function in (fleiss.fleiss, gwet.coefficients):
        assert value_or_none(function, one) == value_or_none(function, other)


@given(tables)
@settings(max_examples=15, deadline=None)
def test_weighted_squares_of_two_equal_raters_are_one(table):
    same = np.column_stack([table[:, 0], table[:, 0]])
    for kind in ("unweighted", "equal", "squared"):
        found = value_or_none(pair, same, kind)
        assert found is None or found.test.kappa == pytest.approx(1)
        assert_finite(found)


def test_linearised_error_against_the_jackknife():
    """On many units the linearised standard error is close to that of leaving units out."""
    chance = np.random.default_rng(11)
    true = chance.integers(1, 4, 60)
    table = np.where(chance.random((60, 4)) < 0.7, true[:, None], chance.integers(1, 4, (60, 4)))
    table = np.where(chance.random((60, 4)) < 0.1, np.nan, table.astype(float))

    def jackknife(function) -> float:
        left = np.array([function(np.delete(table, i, axis=0)) for i in range(len(table))])
        return float(np.sqrt((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum()))

    for name in ("gwet_ac1", "fleiss", "bp", "krippendorff"):

        def of(rows: np.ndarray, name: str = name) -> float:
            return gwet.coefficients(value_counts.of_table(rows))[name].estimate.estimate

        se = gwet.coefficients(value_counts.of_table(table))[name].estimate.se
        assert se == pytest.approx(jackknife(of), rel=0.05), name
    assert gwet.conger(table).estimate.se == pytest.approx(
        jackknife(lambda rows: gwet.conger(rows).estimate.estimate), rel=0.05
    )


def test_one_rater_against_all_is_seen_in_the_pairs():
    table = np.array([[1.0, 1, 2], [2, 2, 1], [1, 1, 2], [2, 2, 1]])
    found = light.light(table)
    assert found.pairs == {(0, 1): 1, (0, 2): -1, (1, 2): -1}
    assert found.kappa == pytest.approx(-1 / 3)


ALIKE = np.full((4, 3), 2.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda t: cohen.cohen(cohen.joint(t[:, 0], t[:, 1], np.unique(t))),
        lambda t: fleiss.fleiss(value_counts.of_table(t)),
        conger.conger,
        light.light,
        gwet.conger,
        lambda t: gwet.coefficients(value_counts.of_table(t)),
    ],
)
def test_all_alike_and_nobody_have_no_answer(function):
    with pytest.raises(NoEstimate) as why:
        function(ALIKE)
    assert why.value.status == "undefined"
    with pytest.raises(NoEstimate) as why:
        function(np.empty((0, 3)))
    assert why.value.status == "too_few"


def test_unequal_numbers_of_ratings_have_no_fleiss():
    ratings = value_counts.of_counts(np.array([[3, 0], [1, 1]]), np.array([1.0, 2.0]))
    with pytest.raises(NoEstimate):
        fleiss.fleiss(ratings)


def test_one_unit_has_no_standard_error():
    ratings = value_counts.of_counts(np.array([[2, 1]]), np.array([1.0, 2.0]))
    found = gwet.coefficients(ratings)["gwet_ac1"]
    assert found.estimate.se is None
    assert found.estimate.notes


def test_raters_without_ratings_are_left_out():
    empty = np.column_stack([TABLE, np.full(len(TABLE), np.nan)])
    assert gwet.conger(empty) == gwet.conger(TABLE)
