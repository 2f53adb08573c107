import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import numbered
from analysis.statistics.weights.raking import rake
from analysis.statistics.weights.trimming import default_bounds, trim, trim_and_rake

WEIGHTS = np.array([1.0, 2.0, 3.0, 14.0])


def test_the_excess_goes_to_the_others_in_proportion() -> None:
    """14 is cut to 8; the 6 are split 1 : 2 : 3."""
    assert trim(WEIGHTS, (0.5, 8.0)) == pytest.approx([2.0, 4.0, 6.0, 8.0])


def test_the_excess_goes_to_the_others_evenly() -> None:
    """14 is cut to 8; each of the others gets 2."""
    assert trim(WEIGHTS, (0.5, 8.0), evenly=True) == pytest.approx([3.0, 4.0, 5.0, 8.0])


def test_weights_below_are_raised_at_the_cost_of_the_others() -> None:
    """1 is raised to 2; the 1 comes off 2, 3 and 14 in proportion, then 2 is too low again."""
    made = trim(WEIGHTS, (2.0, 20.0))
    assert made.min() == pytest.approx(2.0)
    assert made.sum() == pytest.approx(20.0)
    assert made[3] / made[2] == pytest.approx(14 / 3)


def test_counts_stand_for_repeated_weights() -> None:
    counts = np.array([3.0, 1.0, 2.0, 1.0])
    rows = np.repeat(WEIGHTS, counts.astype(int))
    for evenly in (False, True):
        short = trim(WEIGHTS, (1.5, 6.0), counts, evenly=evenly)
        long = trim(rows, (1.5, 6.0), evenly=evenly)
        assert np.repeat(short, counts.astype(int)) == pytest.approx(long, rel=1e-7)
    assert default_bounds(WEIGHTS, counts) == pytest.approx(default_bounds(rows))


@given(
    st.lists(st.floats(0.01, 100), min_size=2, max_size=40),
    st.floats(0.05, 0.9),
    st.floats(1.1, 20),
    st.booleans(),
)
def test_bounds_and_sum_hold(values: list[float], low: float, high: float, evenly: bool) -> None:
    weights = np.array(values)
    mean = weights.mean()
    made = trim(weights, (low * mean, high * mean), evenly=evenly)
    assert made.min() >= low * mean * (1 - 1e-9)
    assert made.max() <= high * mean * (1 + 1e-9)
    assert made.sum() == pytest.approx(weights.sum(), rel=1e-6)


def test_bounds_that_miss_the_mean_cannot_keep_the_sum() -> None:
    with pytest.raises(NoEstimate) as caught:
        trim(WEIGHTS, (6.0, 8.0))
    assert caught.value.status == "undefined"
    assert "5" in caught.value.note.text()


def cells() -> tuple[np.ndarray, np.ndarray, list[object]]:
    codes = np.array([[a, b] for a in range(2) for b in range(3)] * 20)
    codes = np.concatenate([codes, np.array([[0, 0]] * 300)])
    return np.ones(len(codes)), codes, [numbered("a", [100, 320]), numbered("b", [100, 120, 200])]


def test_margins_hold_after_trimming_and_raking() -> None:
    start, codes, margins = cells()
    raked = rake(start, codes, margins)[0]  # type: ignore[arg-type]
    calls = []

    def again(weights: np.ndarray) -> np.ndarray:
        calls.append(1)
        return rake(weights, codes, margins)[0]  # type: ignore[arg-type]

    made = trim_and_rake(raked, again)
    assert (made.low, made.high) == pytest.approx((0.2, 5.0))
    assert made.trimmed > 0
    assert 1 <= made.rounds == len(calls) <= 10
    assert np.bincount(codes[:, 0], made.weights) == pytest.approx([100, 320])
    reached = made.weights.max() <= 5 * (1 + 1e-8) and made.weights.min() >= 0.2 * (1 - 1e-8)
    assert reached != bool(made.notes)


def test_weights_within_bounds_are_left_alone() -> None:
    weights = np.array([0.5, 1.0, 1.5])
    made = trim_and_rake(weights, lambda _: pytest.fail("nothing to rake"))
    assert made.weights is weights
    assert (made.trimmed, made.rounds, made.notes) == (0, 0, ())
