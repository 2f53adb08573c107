"""How far the ranks of a run can be trusted, all ratees of a class at once."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.rank_ranges import rank_ranges
from analysis.shared_raters import Covariance


def ranges(values, errors, covariance=None, seed=1):
    """Of ratees r0, r1, … with these totals and standard errors."""
    keys = tuple(f"r{place}" for place in range(len(values)))
    rows = [SimpleNamespace(key=key, ratee_class="unit") for key in keys]
    composed = {
        row.key: SimpleNamespace(ratee=row, counted_exact=Fraction(value), se=error, n=9)
        for row, value, error in zip(rows, values, errors, strict=True)
    }
    if covariance is None:
        covariance = np.diag([(error or 0.0) ** 2 for error in errors])
    return list(rank_ranges(rows, composed, Covariance(keys, covariance), seed).values())


def test_far_apart_is_certain_and_close_is_not():
    assert ranges([90.0, 89.9, 60.0], [0.5, 0.5, 0.5]) == [(1, 2), (1, 2), (3, 3)]


def test_without_error_the_scores_decide_and_ties_share():
    assert ranges([90.0, 80.0, 80.0, 70.0], [0.0] * 4) == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_an_unknown_error_has_no_range_and_leaves_the_others_undecided():
    assert ranges([90.0, 80.0, 60.0], [0.1, None, 0.1]) == [(1, 2), None, (2, 3)]


def test_one_alone_is_first_and_nobody_is_nothing():
    assert ranges([70.0], [3.0]) == [(1, 1)]
    assert ranges([], []) == []


def test_raters_shared_by_all_tell_apart_what_independent_ones_cannot():
    values, errors = [72.0, 70.0], [2.0, 2.0]
    assert ranges(values, errors) == [(1, 2), (1, 2)]
    together = np.array([[4.0, 3.9], [3.9, 4.0]])
    assert ranges(values, errors, together) == [(1, 1), (2, 2)]


scores = st.lists(
    st.tuples(st.floats(20, 100), st.floats(0.0625, 5)), min_size=1, max_size=30, unique=True
)


@settings(deadline=None)
@given(scores, st.integers(0, 9))
def test_the_own_rank_is_always_inside(given_scores, seed):
    values = [value for value, _ in given_scores]
    found = ranges(values, [error for _, error in given_scores], seed=seed)
    for value, (lo, hi) in zip(values, found, strict=True):
        best = 1 + sum(other > value for other in values)
        worst = sum(other >= value for other in values)
        assert 1 <= lo <= best <= worst <= hi <= len(values)


@settings(deadline=None)
@given(scores)
def test_the_order_of_ratees_does_not_matter(given_scores):
    forward = ranges([v for v, _ in given_scores], [e for _, e in given_scores])
    backward = ranges([v for v, _ in given_scores[::-1]], [e for _, e in given_scores[::-1]])
    assert forward == backward[::-1]
