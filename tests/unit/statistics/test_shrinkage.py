"""Shrinkage and τ²: worked examples, recovered truth, invariants, degenerate input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.ranks.between_variance import (
    TauMethod,
    Weighted,
    between_variance,
    log_likelihood,
    q_profile,
)
from analysis.statistics.ranks.shrinkage import blup_estimates, shrink, smooth_variances

METHODS: tuple[TauMethod, ...] = ("REML", "ML", "DL", "PM", "EB", "SJ", "HE")
ALL = pytest.mark.parametrize("method", METHODS)


@pytest.mark.parametrize(
    ("method", "tau2"),
    [("REML", 9.0), ("DL", 9.0), ("PM", 9.0), ("EB", 9.0), ("HE", 9.0), ("ML", 7.0)],
)
def test_equal_errors_by_hand(method: TauMethod, tau2: float) -> None:
    """v = 1, mean 74, squares 16 + 4 + 0 + 4 + 16 = 40: τ² = 40/4 − 1, and 40/5 − 1 by ML."""
    y = np.array([70.0, 72.0, 74.0, 76.0, 78.0])
    found = shrink(y, np.ones(5), method=method)
    assert found.tau2.estimate == pytest.approx(tau2)
    assert found.reliability == pytest.approx(np.full(5, tau2 / (tau2 + 1)))
    assert found.blup == pytest.approx(74 + (y - 74) * tau2 / (tau2 + 1))


def test_two_parts_of_the_error_by_hand() -> None:
    """τ² = 9, v = 1, B = 0.9: B·v = 0.9 and (1 − B)²·(10/5) = 0.02."""
    found = shrink(np.array([70.0, 72.0, 74.0, 76.0, 78.0]), np.ones(5))
    assert found.se == pytest.approx(np.full(5, np.sqrt(0.92)))
    more = 2 * 1 / 10**3 * 2 / (5 / 100)
    assert found.mse == pytest.approx(np.full(5, 0.92 + more))
    assert found.q == pytest.approx(40.0)
    assert found.i2 == pytest.approx(90.0)


def test_sidik_jonkman_by_hand() -> None:
    """τ0² = 40/5 = 8; weights 1/(1/8 + 1) = 8/9; 40·8/9 ÷ 4."""
    found = shrink(np.array([70.0, 72.0, 74.0, 76.0, 78.0]), np.ones(5), method="SJ")
    assert found.tau2.estimate == pytest.approx(80 / 9)


def test_interval_of_the_variance_by_hand() -> None:
    """Equal errors: (k−1)·s²/(v + τ²) = χ², so the ends are 40/χ² − 1 at 11.143 and 0.4844."""
    found = shrink(np.array([70.0, 72.0, 74.0, 76.0, 78.0]), np.ones(5)).tau2
    assert found.lo == pytest.approx(40 / 11.1433 - 1, rel=1e-4)
    assert found.hi == pytest.approx(40 / 0.484419 - 1, rel=1e-4)


def test_a_small_unit_is_drawn_in_further() -> None:
    y, errors = np.array([60.0, 70, 80, 90, 100]), np.array([1.0, 1, 1, 1, 10])
    found = shrink(y, errors)
    drawn = np.abs(found.blup - y)
    assert drawn[4] > 10 * drawn[0]
    assert found.reliability.argmin() == 4


def test_a_covariate_says_what_to_expect() -> None:
    """Scores exactly on a line: nothing is left between units, and all go to the line."""
    x = np.column_stack([np.ones(6), np.arange(6.0)])
    y = 60 + 5 * np.arange(6.0)
    found = shrink(y, np.linspace(1, 2, 6), x)
    assert found.tau2.estimate == 0
    assert found.beta == pytest.approx([60, 5])
    assert found.blup == pytest.approx(y)


@ALL
def test_no_difference_beyond_chance_draws_everyone_to_the_mean(method: TauMethod) -> None:
    found = shrink(np.array([80.0, 80.5, 79.5, 80.0]), np.full(4, 3.0), method=method)
    if method == "SJ":
        assert 0 < (found.tau2.estimate or 0) < 1
        return
    assert found.tau2.estimate == 0
    assert found.blup == pytest.approx(np.full(4, 80.0))
    assert any("为0" in note.text() for note in found.notes)


@ALL
def test_all_equal(method: TauMethod) -> None:
    found = shrink(np.full(9, 80.0), np.ones(9), method=method)
    assert found.tau2.estimate == 0
    assert (found.tau2.lo, found.tau2.hi) == (0, 0)
    assert found.blup == pytest.approx(np.full(9, 80.0))


@ALL
def test_truth_is_recovered(method: TauMethod) -> None:
    rng = np.random.default_rng(2)
    errors = rng.uniform(0.5, 3, 4000)
    theta = 80 + 2 * rng.normal(size=4000)
    y = theta + errors * rng.normal(size=4000)
    found = shrink(y, errors, method=method)
    if method != "SJ":
        assert found.tau2.estimate == pytest.approx(4.0, abs=0.5)
        inside = np.abs(found.blup - theta) <= 1.96 * found.se
        assert 0.94 <= inside.mean() <= 0.96
    assert np.mean((found.blup - theta) ** 2) < np.mean((y - theta) ** 2)


def test_the_interval_covers() -> None:
    """Q-profile is exact: 95 % of 400 rounds hold τ² = 4, within two Monte-Carlo errors."""
    rng = np.random.default_rng(4)
    v, x = rng.uniform(0.5, 6, 12), np.ones((12, 1))
    held = 0
    for _ in range(400):
        y = rng.normal(scale=np.sqrt(4 + v))
        lo, hi = q_profile(y, v, x, 0.95)
        held += lo <= 4 <= hi
    assert held / 400 == pytest.approx(0.95, abs=2 * np.sqrt(0.95 * 0.05 / 400))


units = st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 30)), min_size=3, max_size=12)


@ALL
@settings(deadline=None, max_examples=15)
@given(made=units)
def test_invariants(method: TauMethod, made: list[tuple[int, int]]) -> None:
    """The order of units does not matter; unit and origin of the scores only carry through."""
    y, errors = np.array(made, dtype=np.float64).T
    found = shrink(y, errors, method=method)
    tau2 = found.tau2.estimate or 0.0
    back = shrink(y[::-1], errors[::-1], method=method)
    assert back.blup[::-1] == pytest.approx(found.blup, rel=1e-6, abs=1e-6)
    scaled = shrink(4 * y + 20, 4 * errors, method=method)
    assert scaled.tau2.estimate == pytest.approx(16 * tau2, rel=1e-5, abs=1e-5)
    assert scaled.blup == pytest.approx(4 * found.blup + 20, rel=1e-5, abs=1e-4)
    low, high = np.minimum(y, found.beta[0]), np.maximum(y, found.beta[0])
    assert (found.blup >= low - 1e-9).all()
    assert (found.blup <= high + 1e-9).all()


def test_reml_is_the_top_of_its_likelihood() -> None:
    y, errors = np.array([70.0, 73, 71, 80, 90, 60]), np.array([1.0, 2, 3, 1, 2, 4])
    best = shrink(y, errors).log_likelihood
    tau2 = between_variance(y, errors**2, np.ones((6, 1)), "REML")
    for other in (0.9 * tau2, 1.1 * tau2):
        at = Weighted(y, errors**2, np.ones((6, 1)), other)
        assert log_likelihood(at, np.ones((6, 1)), is_restricted=True) < best


def test_what_has_no_answer() -> None:
    with pytest.raises(NoEstimate, match="至少要2个"):
        shrink(np.array([1.0]), np.array([1.0]))
    with pytest.raises(NoEstimate, match="平滑"):
        shrink(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    with pytest.raises(NoEstimate, match="线性相关"):
        shrink(np.arange(4.0), np.ones(4), np.ones((4, 2)))


def test_few_units_are_told() -> None:
    assert any("7" in note.text() for note in shrink(np.arange(7.0), np.ones(7)).notes)


def test_pooled_variances_by_hand() -> None:
    """v = 2 of 3 votes and 0 of 5: s² = (2·3·2 + 4·5·0)/6 = 2, over 3, 5 and 1 votes."""
    found = smooth_variances(np.array([2.0, 0.0, 0.0]), np.array([3.0, 5.0, 1.0]))
    assert found == pytest.approx([2 / 3, 2 / 5, 2.0])
    with pytest.raises(NoEstimate, match="不足2票"):
        smooth_variances(np.array([0.0]), np.array([1.0]))


def test_intervals_of_units() -> None:
    found = shrink(np.array([70.0, 72.0, 74.0, 76.0, 78.0]), np.ones(5))
    first = blup_estimates(found)[0]
    assert first.estimate == pytest.approx(70.4)
    assert (first.hi or 0) - (first.lo or 0) == pytest.approx(2 * 1.959964 * np.sqrt(0.92))
