"""Mean squares, Guttman errors, O+ and the fence for skewed figures, worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.statistics.raters.fit_statistics import (
    category_moments,
    guttman_errors,
    mean_squares,
    medcouple,
    outlier_scores,
    upper_fence,
)

SCORES = arrays(
    np.int64, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.integers(0, 3)
)


def test_moments_by_hand() -> None:
    mean, variance = category_moments(np.array([0.25, 0.5, 0.25]))
    assert mean == 1
    assert variance == 0.5


def test_mean_squares_by_hand() -> None:
    """Two ratings: residuals 1 and −0.5, variances 0.5 and 0.25: infit 1.25/0.75, outfit 3/2."""
    found = mean_squares(
        np.array([1.25, 0.0]), np.array([0.75, 0.0]), np.array([3.0, 0.0]), np.array([2.0, 0.0])
    )
    assert found.infit == (pytest.approx(5 / 3), None)
    assert found.outfit == (pytest.approx(1.5), None)


def test_guttman_errors_by_hand() -> None:
    """Item 1 is passed by 3 of 4, item 2 by 1 of 4: only the last person passes the hard one
    and fails the easy one, which is the worst that is possible with a total of 1."""
    found = guttman_errors(np.array([[1, 0], [1, 0], [1, 0], [0, 1]]))
    assert found.errors.tolist() == [0, 0, 0, 1]
    assert found.normed.tolist() == [0, 0, 0, 1]


def test_polytomous_errors_count_pairs_of_steps() -> None:
    scores = np.random.default_rng(4).integers(0, 4, (40, 4))
    popular = [[int((scores[:, i] >= k).sum()) for k in (1, 2, 3)] for i in range(4)]
    steps = [(popular[i][k - 1], i, k) for i in range(4) for k in (1, 2, 3)]
    by_hand = []
    for person in scores:
        errors = 0.0
        for often, i, k in steps:
            for seldom, j, m in steps:
                if person[i] < k and person[j] >= m and often >= seldom:
                    errors += 1 if often > seldom else 0.5
        by_hand.append(errors)
    assert guttman_errors(scores).errors == pytest.approx(by_hand)


@settings(max_examples=40, deadline=None)
@given(SCORES)
def test_errors_stay_in_bounds_whatever_the_order(scores: np.ndarray) -> None:
    found = guttman_errors(scores)
    assert (found.errors >= 0).all()
    assert (found.normed >= 0).all()
    assert (found.normed <= 1 + 1e-12).all()
    turned = guttman_errors(scores[::-1, ::-1])
    assert turned.errors[::-1].tolist() == found.errors.tolist()
    assert outlier_scores(scores[::-1, ::-1])[::-1].tolist() == outlier_scores(scores).tolist()


def test_rare_categories_by_hand() -> None:
    """Item 1: 0 used three times, 1 once, 2 twice, so they score 0, 2, 1."""
    scores = np.array([[0], [0], [0], [1], [2], [2]])
    assert outlier_scores(scores).tolist() == [0, 0, 0, 2, 1, 1]
    # turned around: x takes the ascending rank of 2 − x, less one
    assert outlier_scores(scores, mirrored=True).tolist() == [1, 1, 1, 0, 2, 2]


def test_nothing_gives_nothing() -> None:
    empty = np.empty((0, 3), dtype=np.int64)
    assert guttman_errors(empty).errors.shape == (0,)
    assert outlier_scores(empty).shape == (0,)
    assert guttman_errors(np.zeros((2, 3), dtype=np.int64)).normed.tolist() == [0, 0]
    assert upper_fence(np.empty(0)) is None


def test_medcouple_by_hand() -> None:
    """1, 2, 6 about 2: kernels −1, 3/5, 1 and 0 for the median with itself; median 0.3."""
    assert medcouple(np.array([1.0, 2, 6])) == pytest.approx(0.3)
    assert medcouple(np.array([1.0, 2, 3, 4, 5])) == 0


def test_fence_by_hand() -> None:
    assert upper_fence(np.array([1.0, 2, 3, 4, 5])) == pytest.approx(4 + 1.5 * 2)
    assert upper_fence(np.array([1.0, 2, 6])) == pytest.approx(4 + 1.5 * np.exp(0.9) * 2.5)
