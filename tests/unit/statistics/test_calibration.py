import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.calibration import calibrate
from analysis.statistics.weights.margins import Margin
from analysis.statistics.weights.poststratification import poststratify
from analysis.statistics.weights.raking import rake
from forms.problems import InputError

X = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])


def test_linear_by_hand() -> None:
    """Σd = 3, Σdx = 6, Σdx² = 14; X = (3, 7): λ = (−1, 1/2), g = 1 + λ0 + λ1 x."""
    fit = calibrate(np.ones(3), X, np.array([3.0, 7.0]))
    assert fit.factor == pytest.approx([0.5, 1.0, 1.5], rel=1e-12)
    assert fit.iterations == 1


def test_raking_distance_is_an_exponential_of_a_line() -> None:
    fit = calibrate(np.ones(3), X, np.array([3.0, 7.0]), "raking")
    logs = np.log(fit.factor)
    assert logs[2] - logs[1] == pytest.approx(logs[1] - logs[0], rel=1e-9)
    assert fit.weights @ X == pytest.approx([3.0, 7.0], rel=1e-12)


@pytest.mark.parametrize("distance", ["linear", "raking", "logit"])
def test_bounds_hold(distance: str) -> None:
    x = np.column_stack([np.ones(50), np.linspace(0, 9, 50)])
    totals = np.array([50.0, 270.0])
    fit = calibrate(np.ones(50), x, totals, distance, (0.6, 1.4))  # type: ignore[arg-type]
    assert fit.factor.min() >= 0.6
    assert fit.factor.max() <= 1.4
    assert fit.weights @ x == pytest.approx(totals, rel=1e-10)


def test_totals_out_of_reach_of_the_bounds_have_no_solution() -> None:
    with pytest.raises(NoEstimate) as caught:
        calibrate(np.ones(3), X, np.array([3.0, 8.9]), "logit", (0.9, 1.1))
    assert caught.value.status == "not_converged"
    with pytest.raises(NoEstimate):
        calibrate(np.ones(3), np.ones((3, 2)), np.array([3.0, 4.0]))


@pytest.mark.parametrize("bounds", [None, (1.2, 2.0), (0.2, 0.9)])
def test_bounds_that_cannot_be_meant(bounds: tuple[float, float] | None) -> None:
    with pytest.raises(NoEstimate) as caught:
        calibrate(np.ones(3), X, np.array([3.0, 6.0]), "logit", bounds)
    assert caught.value.status == "undefined"


def test_negative_weights_are_said() -> None:
    fit = calibrate(np.ones(3), X, np.array([3.0, 9.5]))
    assert fit.weights.min() < 0
    assert len(fit.notes) == 1


def test_a_repeated_variable_is_no_obstacle_where_totals_agree() -> None:
    fit = calibrate(np.ones(3), np.column_stack([X, X[:, 1]]), np.array([3.0, 7.0, 7.0]))
    assert fit.factor == pytest.approx([0.5, 1.0, 1.5], rel=1e-10)


@given(st.floats(0.01, 1000))
def test_units_of_a_variable_do_not_matter(unit: float) -> None:
    scale = np.array([1.0, unit])
    fit = calibrate(np.ones(3), X * scale, np.array([3.0, 7.0]) * scale, "raking")
    alike = calibrate(np.ones(3), X, np.array([3.0, 7.0]), "raking")
    assert fit.factor == pytest.approx(alike.factor, rel=1e-9)


def test_raking_distance_on_indicators_is_raking() -> None:
    rng = np.random.default_rng(5)
    codes = np.column_stack([rng.integers(0, 2, 60), rng.integers(0, 3, 60)])
    d = rng.uniform(1, 3, 60)
    margins = [Margin("a", ("0", "1"), (70, 50)), Margin("b", ("0", "1", "2"), (30, 40, 50))]
    x = np.column_stack(
        [codes[:, 0] == 0, codes[:, 0] == 1, codes[:, 1] == 0, codes[:, 1] == 1]
    ).astype(float)
    fit = calibrate(d, x, np.array([70.0, 50.0, 30.0, 40.0]), "raking")
    assert fit.weights == pytest.approx(rake(d, codes, margins)[0], rel=1e-9)


def test_poststrata_by_hand() -> None:
    margin = Margin("sex", ("f", "m"), (60, 30))
    fit = poststratify(np.array([1.0, 3.0, 2.0]), np.array([0, 0, 1]), margin)
    assert fit.factor.tolist() == [15.0, 15.0]
    assert fit.weights.tolist() == [15.0, 45.0, 30.0]
    assert fit.margin.before == (4.0, 2.0)
    assert fit.margin.deviation == 0


def test_a_poststratum_nobody_is_in_is_named() -> None:
    with pytest.raises(InputError) as caught:
        poststratify(np.ones(2), np.zeros(2, dtype=int), Margin("sex", ("f", "m"), (1, 1)))
    assert [one.values["level"] for one in caught.value.problems] == ["m"]
