"""The probability of each grade and tier: by hand, exact against simulated, degenerate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.statistics.ranks.grade_probabilities import (
    cut_probabilities,
    exact_tiers,
    scheme_probabilities,
    simulated_scores,
    simulated_tiers,
)

CUTS = np.array([60.0, 75.0, 90.0])


def test_cut_points_by_hand() -> None:
    """A score on the cut is above it half the time; Φ(1) = 0.8413 within one error of it."""
    found = cut_probabilities(np.array([75.0, 80.0]), np.array([1.0, 5.0]), CUTS)
    assert found.p[0] == pytest.approx([0, 0.5, 0.5, 0], abs=1e-9)
    above = 1 - ndtr(2.0)
    assert found.p[1] == pytest.approx([0, 1 - ndtr(1.0), ndtr(2.0) - ndtr(-1.0), above], abs=1e-4)
    assert found.likeliest.tolist()[1] == 2
    assert found.is_borderline.tolist() == [True, False]


def test_a_score_without_error_keeps_its_grade() -> None:
    found = cut_probabilities(np.array([60.0, 59.99]), np.zeros(2), CUTS)
    assert found.p.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=5), st.floats(0.1, 20))
def test_grades_add_to_one(scores: list[float], error: float) -> None:
    found = cut_probabilities(np.array(scores), np.full(len(scores), error), CUTS)
    assert found.p.sum(axis=1) == pytest.approx(np.ones(len(scores)))


def test_two_units_by_hand() -> None:
    """P(first) = Φ(gap / √(s1² + s2²)) = Φ(5/5); the mean rank is 1 + P(second)."""
    found = exact_tiers(np.array([85.0, 80.0]), np.array([3.0, 4.0]), np.array([1, 2]))
    assert found.p[:, 0] == pytest.approx([ndtr(1.0), ndtr(-1.0)], abs=1e-9)
    assert found.p[:, 1] == pytest.approx([1.0, 1.0])
    assert found.mean_rank == pytest.approx([1 + ndtr(-1.0), 1 + ndtr(1.0)])


def test_alike_units_share_every_rank() -> None:
    found = exact_tiers(np.zeros(5), np.ones(5), np.array([1, 2, 3]))
    assert found.p == pytest.approx(np.tile([0.2, 0.4, 0.6], (5, 1)), abs=1e-9)
    assert found.mean_rank == pytest.approx(np.full(5, 3.0))


def test_exact_agrees_with_simulation() -> None:
    scores, errors = np.array([80.0, 82, 85, 70, 84]), np.array([2.0, 0.05, 3, 0, 1])
    tiers = np.array([1, 2, 4])
    exact = exact_tiers(scores, errors, tiers)
    drawn = simulated_tiers(simulated_scores(scores, errors, 20_000, 1), tiers)
    assert exact.p == pytest.approx(drawn.p, abs=0.015)
    assert exact.mean_rank == pytest.approx(drawn.mean_rank, abs=0.03)
    assert drawn.mc_se.max() <= 0.5 / np.sqrt(20_000)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), min_size=1, max_size=6))
def test_first_places_add_up(units: list[tuple[float, float]]) -> None:
    """Σ P(rank <= k) = k where nobody ties; the order of units does not matter."""
    scores, errors = np.array(units).T
    tiers = np.arange(1, len(units) + 1)
    found = exact_tiers(scores, errors + 0.5, tiers)
    assert found.p.sum(axis=0) == pytest.approx(tiers, abs=1e-6)
    back = exact_tiers(scores[::-1], errors[::-1] + 0.5, tiers)
    assert back.p[::-1] == pytest.approx(found.p, abs=1e-9)


def test_without_errors_the_ranks_are_certain() -> None:
    found = exact_tiers(np.array([1.0, 2.0, 2.0]), np.zeros(3), np.array([1, 3]))
    assert found.p.tolist() == [[0, 1], [1, 1], [1, 1]]
    assert exact_tiers(np.empty(0), np.empty(0), np.array([1])).p.shape == (0, 1)


def test_a_whole_scheme_with_a_quota() -> None:
    """One of two alike is excellent: each has 1/2, and together exactly one in every draw."""

    def best_of_all(drawn: NDArray[np.float64]) -> NDArray[np.int64]:
        return (drawn == drawn.max(axis=1, keepdims=True)).astype(np.int64)

    drawn = simulated_scores(np.array([80.0, 80.0, 20.0]), np.ones(3), 2000, 5)
    found = scheme_probabilities(drawn, best_of_all, 2)
    assert found.p[:, 1].sum() == pytest.approx(1.0)
    assert found.p[:2, 1] == pytest.approx([0.5, 0.5], abs=0.04)
    assert found.mc_se.max() == pytest.approx(0.5 / np.sqrt(2000), abs=1e-3)
    assert found.p[2].tolist() == [1.0, 0.0]


def test_draws_share_their_errors() -> None:
    """With correlation 1 the order never changes, however large the errors."""
    sigma = np.full((2, 2), 100.0)
    found = simulated_tiers(simulated_scores(np.array([80.0, 81.0]), sigma, 500, 1), np.array([1]))
    assert found.p.tolist() == [[0.0], [1.0]]
