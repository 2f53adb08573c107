"""Ranks under other weights, and shares of variance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.composites.sobol import design, indices, linear_shares
from analysis.statistics.composites.weight_sensitivity import (
    anywhere,
    around,
    beats,
    one_at_a_time,
    ranks_under,
    summary,
)
from analysis.statistics.estimate import NoEstimate

X = np.array([[90.0, 50.0], [70.0, 75.0], [40.0, 40.0]])


def test_ranks_by_hand() -> None:
    """At 1/2 : 1/2 the indices are 70, 72.5, 40; at 0.7 : 0.3 they are 78, 71.5, 40."""
    assert ranks_under(X, np.array([[0.5, 0.5], [0.7, 0.3]])).tolist() == [[2, 1, 3], [1, 2, 3]]
    assert ranks_under(np.ones((3, 2)), np.array([0.3, 0.7])).tolist() == [[1, 1, 1]]


def test_one_weight_at_a_time() -> None:
    """1 is before 2 from w1 = 25/45 on: 0.5 → 0.524 by a tenth more, 0.6 by a half more."""
    tenth = one_at_a_time(X, np.array([0.5, 0.5]))
    assert tenth.largest_change.tolist() == [0, 0]
    half = one_at_a_time(X, np.array([0.5, 0.5]), change=0.5)
    assert half.raised.tolist() == [[1, 2, 3], [2, 1, 3]]
    assert half.lowered.tolist() == [[2, 1, 3], [1, 2, 3]]
    assert half.largest_change.tolist() == [1, 1]


def test_the_whole_simplex_by_hand() -> None:
    """w1 is uniform over 0-1, and unit 1 is first where w1 > 25/45: in 44.4 % of weightings."""
    weights = anywhere(2, 20_000, 1)
    found = summary(X, weights)
    share = 1 - 25 / 45
    assert found.first == pytest.approx([share, 1 - share, 0], abs=0.012)
    assert found.mean_rank == pytest.approx([2 - share, 1 + share, 3], abs=0.012)
    assert (found.lo.tolist(), found.hi.tolist()) == ([1, 1, 3], [2, 2, 3])
    wins = beats(X, weights)
    assert wins[0, 1] + wins[1, 0] == pytest.approx(1.0)
    assert wins[0, 1] == found.first[0]
    assert wins[0, 2] == 1


def test_a_unit_better_in_every_part_is_before_under_all_weights() -> None:
    found = beats(X, anywhere(2, 500, 3))
    assert found[:2, 2].tolist() == [1.0, 1.0]
    assert np.diagonal(found).tolist() == [0.0, 0.0, 0.0]


def test_equal_weights_have_the_stated_spread() -> None:
    drawn = around(np.ones(5), 0.1, 50_000, 1)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(50_000))
    assert drawn.std(axis=0) / drawn.mean(axis=0) == pytest.approx(np.full(5, 0.1), rel=0.02)


def test_unequal_weights_have_it_on_average() -> None:
    w = np.array([0.6, 0.3, 0.1])
    drawn = around(w, 0.1, 50_000, 1)
    spread = drawn.std(axis=0) / drawn.mean(axis=0)
    assert np.sqrt(np.mean(spread**2)) == pytest.approx(0.1, rel=0.03)
    assert drawn.mean(axis=0) == pytest.approx(w, abs=0.003)
    assert (around(np.array([1.0, 0.0]), 0.1, 10, 1) == [1.0, 0.0]).all()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=7))
def test_the_order_of_units_does_not_matter(rows: list[tuple[int, int]]) -> None:
    x, weights = np.array(rows, dtype=np.float64), anywhere(2, 50, 1)
    found, back = summary(x, weights), summary(x[::-1], weights)
    assert back.lo[::-1].tolist() == found.lo.tolist()
    assert back.hi[::-1].tolist() == found.hi.tolist()
    assert (found.lo <= found.hi).all()


def test_weights_are_not_importance() -> None:
    """(0.6·5)² = 9, (0.3·8)² = 5.76, (0.1·12)² = 1.44, together 16.2."""
    shares, variance = linear_shares(np.array([0.6, 0.3, 0.1]), np.array([5.0, 8.0, 12.0]))
    assert variance == pytest.approx(16.2)
    assert shares == pytest.approx([9 / 16.2, 5.76 / 16.2, 1.44 / 16.2])
    with pytest.raises(NoEstimate, match="没有差异"):
        linear_shares(np.ones(2), np.zeros(2))


def test_estimated_shares_of_a_product() -> None:
    """Y = X1·X2 with Xi uniform on 0-1: V = 1/9 − 1/16 = 7/144, S = 3/7 each, T = 4/7 each."""
    points = design(3, 12, seed=1)
    found = indices(*(part[..., 0] * part[..., 1] for part in (points.a, points.b, points.ab)))
    assert found.variance == pytest.approx(7 / 144, rel=0.01)
    assert found.first == pytest.approx([3 / 7, 3 / 7, 0], abs=0.01)
    assert found.total == pytest.approx([4 / 7, 4 / 7, 0], abs=0.01)
    assert found.total_se[2] == 0


def test_a_discrete_choice_is_a_source() -> None:
    """Half the time 10 points are given: variance 25, against 1/12 of the score itself."""
    points = design(2, 10, seed=2)
    values = (
        np.where(p[..., 0] < 0.5, 0.0, 10.0) + p[..., 1] for p in (points.a, points.b, points.ab)
    )
    found = indices(*values)
    assert found.first == pytest.approx([25 / (25 + 1 / 12), (1 / 12) / (25 + 1 / 12)], abs=0.01)


def test_a_constant_model_has_no_shares() -> None:
    with pytest.raises(NoEstimate, match="处处相同"):
        indices(np.ones(4), np.ones(4), np.ones((2, 4)))


def test_the_same_seed_gives_the_same_points() -> None:
    assert (design(2, 4, 7).a == design(2, 4, 7).a).all()
    assert (around(np.ones(3), 0.1, 4, 7) == around(np.ones(3), 0.1, 4, 7)).all()
