"""The cumulative logit model: closed forms, brute-force integrals, invariants, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.cumulative_logit import _Marginal, _rows, cumulative_logit

RNG = np.random.default_rng(12)
RATER = np.repeat(np.arange(15), 8)
X = RNG.normal(size=120)
LATENT = 0.8 * X + RNG.normal(size=15)[RATER] + RNG.logistic(size=120)
Y = np.digitize(LATENT, [-1.0, 0.0, 1.5]).astype(float)


def values(some: object) -> list[float]:
    return [one.estimate for one in some]  # type: ignore[attr-defined]


def test_thresholds_alone_are_logits_of_shares() -> None:
    """10, 20 and 70 of 100: θ = logit 0.1, logit 0.3, with variances 1/(n p (1 − p))."""
    found = cumulative_logit(np.repeat([1.0, 2.0, 3.0], [10, 20, 70]))
    assert values(found.thresholds) == pytest.approx([np.log(1 / 9), np.log(3 / 7)])
    assert found.thresholds[0].se == pytest.approx(1 / 3)
    assert found.thresholds[1].se == pytest.approx(1 / np.sqrt(21))
    expected = 10 * np.log(0.1) + 20 * np.log(0.2) + 70 * np.log(0.7)
    assert found.loglik == pytest.approx(expected)


def test_a_two_by_two_table_is_its_odds_ratio() -> None:
    """30 of 50 against 20 of 60: β = log((30/20)/(20/40)) = log 3."""
    x = np.repeat([1.0, 0.0], [50, 60])
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [30, 20, 20, 40])
    found = cumulative_logit(y, x)
    assert values(found.coefficients) == pytest.approx([np.log(3)])
    assert found.coefficients[0].se == pytest.approx(np.sqrt(1 / 30 + 1 / 20 + 1 / 20 + 1 / 40))


def brute(phi: np.ndarray, sd: float) -> float:
    """log L by a fine sum over u for each rater."""
    u = np.linspace(-8, 8, 4001)
    weight = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi) * (u[1] - u[0])
    cuts = np.concatenate([[-np.inf], phi[:3], [np.inf]])
    total = 0.0
    for rater in range(15):
        like = np.ones_like(u)
        for row in np.flatnonzero(rater == RATER):
            place = phi[3] * X[row] + sd * u
            k = int(Y[row])
            like = like * (expit(cuts[k + 1] - place) - expit(cuts[k] - place))
        total += float(np.log(like @ weight))
    return total


def test_the_integral_over_raters() -> None:
    phi = np.array([-1.0, 0.0, 1.5, 0.8])
    rows = _rows(Y, X, RATER)
    exact = brute(phi, 0.9)
    fine = _Marginal(rows, 15, np.zeros(15)).value(phi, 0.9)
    laplace = _Marginal(rows, 1, np.zeros(15)).value(phi, 0.9)
    assert fine == pytest.approx(exact, abs=1e-6)
    assert laplace == pytest.approx(exact, abs=0.2)
    assert laplace != pytest.approx(exact, abs=1e-4)
    # one node of the quadrature is Laplace's approximation
    points, weights = np.polynomial.hermite.hermgauss(1)
    assert (points[0], weights[0]) == (0, pytest.approx(np.sqrt(np.pi)))


def test_the_maximum_is_one() -> None:
    found = cumulative_logit(Y, X, RATER, nodes=10)
    assert found.var_rater is not None
    phi = np.array(values(found.thresholds + found.coefficients))
    sd = float(np.sqrt(found.var_rater.estimate or 0))
    best = brute(phi, sd)
    assert found.loglik == pytest.approx(best, abs=1e-4)
    for step in np.eye(4) * 0.05:
        assert brute(phi + step, sd) < best
        assert brute(phi - step, sd) < best
    assert brute(phi, sd * 1.1) < best
    assert brute(phi, sd / 1.1) < best


def test_lenient_raters_are_positive() -> None:
    found = cumulative_logit(Y, X, RATER)
    means = [Y[rater == RATER].mean() for rater in range(15)]
    assert np.corrcoef(values(found.raters), means)[0, 1] > 0.8
    assert found.nodes == 1


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(120)), st.floats(0.1, 10), st.floats(-5, 5))
def test_order_unit_and_zero(rows: list[int], unit: float, zero: float) -> None:
    one = cumulative_logit(Y, X)
    other = cumulative_logit(10 * Y[rows] + 3, X[rows] * unit)
    assert values(other.thresholds) == pytest.approx(values(one.thresholds), abs=1e-6)
    assert values(other.coefficients)[0] * unit == pytest.approx(values(one.coefficients)[0])
    moved = cumulative_logit(Y, X + zero)
    shift = zero * values(one.coefficients)[0]
    assert np.array(values(moved.thresholds)) - shift == pytest.approx(
        values(one.thresholds), abs=1e-6
    )


def test_turning_the_scale_turns_the_signs() -> None:
    one, other = cumulative_logit(Y, X, RATER), cumulative_logit(-Y, X, RATER)
    assert values(other.coefficients)[0] == pytest.approx(-values(one.coefficients)[0], abs=1e-4)
    assert values(other.thresholds)[::-1] == pytest.approx(
        [-one for one in values(one.thresholds)], abs=1e-4
    )
    assert other.loglik == pytest.approx(one.loglik, abs=1e-6)


def test_without_differences_the_variance_is_nothing() -> None:
    found = cumulative_logit(np.tile([1.0, 2.0, 3.0, 3.0], 30), None, RATER)
    assert found.var_rater is not None
    assert found.var_rater.estimate == 0
    assert found.var_rater.se is None
    assert found.var_rater.notes
    assert values(found.raters) == [0.0] * 15
    plain = cumulative_logit(np.tile([1.0, 2.0, 3.0, 3.0], 30))
    assert values(found.thresholds) == pytest.approx(values(plain.thresholds), abs=1e-4)


def test_missing_rows_are_left_out_and_counted() -> None:
    holed = np.where(np.arange(120) % 10 == 0, np.nan, Y)
    found = cumulative_logit(holed, X)
    assert found.n == 108
    assert "12" in found.notes[0].text()


def test_refusals() -> None:
    def refused(*arguments: object) -> str:
        with pytest.raises(NoEstimate) as why:
            cumulative_logit(*arguments)  # type: ignore[arg-type]
        return why.value.status

    assert refused(np.empty(0)) == "undefined"
    assert refused(Y * 0) == "undefined"
    assert refused(Y * np.nan, X, RATER) == "undefined"
    assert refused(Y, np.ones(120)) == "not_converged"
    assert refused(Y, np.column_stack([X, 2 * X])) == "not_converged"
    assert refused(Y, (Y > 1).astype(float)) == "not_converged"
    assert refused(Y, X, RATER * 0) == "too_few"


def test_a_rater_without_marks_has_no_effect() -> None:
    found = cumulative_logit(np.where(RATER == 3, np.nan, Y), X, RATER)
    assert found.raters[3].estimate is None
    assert found.raters[3].notes
    assert found.raters[4].estimate is not None


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(NoEstimate):
        cumulative_logit(np.empty(0), np.empty((0, 2)), np.empty(0, dtype=np.int64))
