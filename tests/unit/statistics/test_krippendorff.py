"""Krippendorff's alpha by hand, its invariants, and ratings that have no answer."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.statistics.agreement import krippendorff, value_counts
from analysis.statistics.agreement.krippendorff import LEVELS, alpha, interval, irr_form
from analysis.statistics.estimate import NoEstimate
from tests.unit.statistics.finite import assert_finite

HAND = value_counts.of_counts(np.array([[2, 0], [1, 1], [0, 2]]), np.array([1.0, 2.0]))
cells = arrays(np.int64, (6, 4), elements=st.integers(0, 3))


def made(counts: np.ndarray) -> value_counts.ValueCounts:
    values = np.array([1.0, 2.0, 3.0, 5.0])[: counts.shape[1]]
    return value_counts.of_counts(counts, values)


def answer(counts: np.ndarray, level: str) -> float | None:
    try:
        return alpha(made(counts), level).alpha
    except NoEstimate:
        return None


def test_nominal_by_hand():
    found = alpha(HAND, "nominal")
    assert found.observed == pytest.approx(1 / 3)
    assert found.expected == pytest.approx(0.6)
    assert found.alpha == pytest.approx(4 / 9)
    assert (found.units, found.ratings) == (3, 6)


def test_all_levels_agree_on_two_values():
    assert [alpha(HAND, one).alpha for one in LEVELS] == pytest.approx([4 / 9] * 4)


def brute(table: list[list[float]], level: str) -> float:
    """Pair by pair, as the definition says."""
    units = [unit for unit in table if len(unit) > 1]
    every = sorted(one for unit in units for one in unit)

    def distance(a: float, b: float) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        if level == "ratio":
            return ((a - b) / (a + b)) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(low <= one <= high for one in every)
        return (between - (every.count(low) + every.count(high)) / 2) ** 2 if a != b else 0.0

    n = len(every)
    observed = sum(
        distance(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)
    )
    expected = sum(distance(a, b) for a, b in permutations(every, 2)) / (n - 1)
    return 1 - observed / expected


@pytest.mark.parametrize("level", LEVELS)
def test_against_pair_by_pair(level):
    table = [[1, 1, 3], [2, 2], [3, 5, 5, 5], [4], [1, 2, 5], [2, 3]]
    unit = np.repeat(np.arange(6), [len(one) for one in table])
    ratings = value_counts.of_ratings(unit, np.array([v for one in table for v in one], float), 6)
    assert alpha(ratings, level).alpha == pytest.approx(brute(table, level), rel=1e-12)


@given(cells, st.permutations(range(6)), st.sampled_from(LEVELS))
@settings(max_examples=25, deadline=None)
def test_order_of_units_changes_no_digit(counts, order, level):
    assert answer(counts, level) == answer(counts[list(order)], level)


@given(cells, st.permutations(range(4)))
@settings(max_examples=25, deadline=None)
def test_names_of_nominal_categories_do_not_matter(counts, order):
    one, other = answer(counts, "nominal"), answer(counts[:, list(order)], "nominal")
    assert one == pytest.approx(other, abs=1e-12)


@given(cells, st.floats(-5, 5), st.sampled_from([0.1, 3.0]))
@settings(max_examples=25, deadline=None)
def test_shift_and_scale_of_values(counts, shift, scale):
    ratings = made(counts)
    try:
        before = alpha(ratings, "interval").alpha
    except NoEstimate:
        assume(False)
    moved = value_counts.of_counts(counts, ratings.values * scale + shift)
    assert alpha(moved, "interval").alpha == pytest.approx(before, abs=1e-8)
    assert alpha(moved, "ordinal").alpha == alpha(ratings, "ordinal").alpha


@given(cells, st.sampled_from(LEVELS))
@settings(max_examples=25, deadline=None)
def test_never_above_one_and_finite(counts, level):
    value = answer(counts, level)
    assert value is None or value <= 1 + 1e-12


def test_units_with_one_rating_do_not_enter():
    more = np.vstack([HAND.counts, [[1, 0]]])
    assert alpha(value_counts.of_counts(more, HAND.values), "ordinal") == alpha(HAND, "ordinal")


def test_full_agreement_is_one():
    assert alpha(made(np.array([[3, 0], [0, 3]])), "ordinal").alpha == 1


@pytest.mark.parametrize(
    ("counts", "status"),
    [([[3, 0], [2, 0]], "undefined"), ([[1, 0], [0, 1]], "too_few"), ([[0, 0]], "too_few")],
)
def test_without_an_answer(counts, status):
    with pytest.raises(NoEstimate) as why:
        alpha(made(np.array(counts)), "ordinal")
    assert why.value.status == status


def test_no_units_at_all():
    with pytest.raises(NoEstimate):
        alpha(value_counts.of_table(np.empty((0, 3))))


def test_negative_ratings_have_no_ratio():
    with pytest.raises(NoEstimate):
        alpha(value_counts.of_counts(HAND.counts, np.array([-1.0, 2.0])), "ratio")


def test_zero_has_a_ratio():
    found = alpha(value_counts.of_counts(HAND.counts, np.array([0.0, 2.0])), "ratio")
    assert found.alpha == pytest.approx(4 / 9)


def test_interval_follows_the_seed_and_not_the_order():
    counts = np.random.default_rng(3).integers(0, 4, (40, 5))
    ratings = value_counts.of_counts(counts, np.arange(1.0, 6.0))
    turned = value_counts.of_counts(counts[::-1], np.arange(1.0, 6.0))
    one = interval(ratings, seed=5, draws=200)
    assert one == interval(turned, seed=5, draws=200)
    assert one != interval(ratings, seed=6, draws=200)
    assert one.lo < one.estimate < one.hi
    assert one.se > 0


def test_interval_of_few_units_is_finite_or_not_given():
    assert interval(made(np.array([[2, 1]])), seed=1, draws=20).lo is None
    assert_finite(interval(HAND, seed=1, draws=50))


def test_form_of_irr_is_the_same_for_two_raters():
    found = alpha(HAND, "nominal")
    assert irr_form(found, 2) == pytest.approx(found.alpha)
    assert irr_form(found, 3) < found.alpha


def test_missing_values_in_a_table():
    table = np.array([[1.0, np.nan, 1.0], [2.0, 1.0, np.nan], [np.nan, 2.0, 2.0]])
    assert value_counts.of_table(table).counts.tolist() == HAND.counts.tolist()
    assert krippendorff.alpha(value_counts.of_table(table)).alpha == pytest.approx(4 / 9)
