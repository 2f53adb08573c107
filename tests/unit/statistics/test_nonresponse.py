import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.nonresponse import (
    adjust_by_class,
    adjust_by_propensity,
    early_late,
    inverse_odds,
    propensity_classes,
    r_indicator,
)
from analysis.statistics.weights.propensity import logit
from analysis.statistics.weights.response_rates import (
    Dispositions,
    census_bounds,
    response_rate,
    response_rates,
)


def test_rates_by_hand() -> None:
    cases = Dispositions(complete=40, partial=10, refusal=20, noncontact=5, other=5, unknown=20)
    rates = response_rates(cases, eligible_share=0.5)
    expected = [40 / 100, 50 / 100, 40 / 90, 50 / 90, 40 / 80, 50 / 80]
    assert list(rates.values()) == pytest.approx(expected)
    assert list(rates) == ["RR1", "RR2", "RR3", "RR4", "RR5", "RR6"]
    with pytest.raises(NoEstimate):
        response_rates(Dispositions(0, unknown=3))


def test_a_rate_leaves_out_what_never_arrived() -> None:
    """9 of 10: the published Wilson bound is 0.5958499732047614."""
    rate = response_rate(9, 12, undeliverable=2)
    assert rate.estimate == 0.9
    assert rate.n == 10
    assert rate.lo == pytest.approx(0.5958499732047614, rel=1e-12)
    assert response_rate(10, 10).hi == 1
    assert response_rate(0, 10).lo == 0
    assert response_rate(0, 3, undeliverable=3).estimate is None


def test_census_bounds_by_hand() -> None:
    assert census_bounds(80, 0.4, 0, 100) == pytest.approx((32, 92))
    assert census_bounds(80, 1.0, 0, 100) == (80, 80)
    for wrong in ((80, 1.2, 0, 100), (120, 0.5, 0, 100)):
        with pytest.raises(NoEstimate):
            census_bounds(*wrong)


def test_r_indicator_by_hand() -> None:
    """Half answer with 0.2 and half with 0.6: SD² = 4 · 0.04 / 3."""
    rho = np.array([0.2, 0.2, 0.6, 0.6])
    assert r_indicator(rho) == pytest.approx(1 - 2 * np.sqrt(0.16 / 3))
    assert r_indicator(np.array([0.2, 0.6]), np.array([2.0, 2.0])) == pytest.approx(
        r_indicator(rho)
    )
    assert r_indicator(np.full(5, 0.3)) == pytest.approx(1)
    with pytest.raises(NoEstimate):
        r_indicator(np.array([0.5]))


def test_answerers_stand_for_their_class() -> None:
    answered, code = np.array([1.0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1])
    made = adjust_by_class(answered, code, np.array([1.0, 1, 2, 1, 1]))
    assert made.factor.tolist() == [4.0, 1.0]
    assert made.weights.tolist() == [4.0, 0, 0, 1, 1]


def test_a_silent_class_is_said() -> None:
    made = adjust_by_class(np.array([1.0, 0.0]), np.array([0, 1]), np.ones(2))
    assert made.weights.tolist() == [1, 0]
    assert len(made.notes) == 1


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.7]), min_size=5, max_size=60))
def test_propensity_classes_follow_the_values_alone(values: list[float]) -> None:
    rho = np.array(values)
    code = propensity_classes(rho)
    order = np.argsort(rho, kind="stable")
    assert (np.diff(code[order]) >= 0).all()
    assert 1 <= code.max() + 1 <= 5
    for value in set(values):
        assert len(set(code[rho == value].tolist())) == 1
    assert propensity_classes(rho[::-1])[::-1].tolist() == code.tolist()


def test_five_classes_of_equal_size() -> None:
    code = propensity_classes(np.linspace(0.1, 0.9, 50))
    assert np.bincount(code).tolist() == [10] * 5
    made = adjust_by_propensity(np.ones(50), np.linspace(0.1, 0.9, 50), np.ones(50))
    assert made.weights == pytest.approx(np.ones(50))


def test_logit_of_one_group_variable_is_the_log_odds() -> None:
    """4 of 10 and 8 of 10: β0 = log(4/6), β1 = log 4 − β0; SE² of β0 = 1/4 + 1/6."""
    x = np.column_stack([np.ones(20), np.repeat([0.0, 1.0], 10)])
    y = np.array([1.0] * 4 + [0.0] * 6 + [1.0] * 8 + [0.0] * 2)
    fit = logit(y, x)
    assert fit.coefficients == pytest.approx([np.log(4 / 6), np.log(4) - np.log(4 / 6)], rel=1e-9)
    expected = [np.sqrt(1 / 4 + 1 / 6), np.sqrt(1 / 4 + 1 / 6 + 1 / 8 + 1 / 2)]
    assert fit.se == pytest.approx(expected, rel=1e-8)
    assert fit.fitted[[0, 10]] == pytest.approx([0.4, 0.8])
    value = 4 * np.log(0.4) + 6 * np.log(0.6) + 8 * np.log(0.8) + 2 * np.log(0.2)
    assert fit.log_likelihood == pytest.approx(value, rel=1e-12)
    assert len(fit.notes) == 1
    assert inverse_odds(fit.fitted)[[0, 10]] == pytest.approx([1.5, 0.25])


def test_units_and_order_leave_propensities_alone() -> None:
    rng = np.random.default_rng(8)
    x = np.column_stack([np.ones(80), rng.normal(size=80)])
    y = (rng.uniform(size=80) < 0.5).astype(float)
    fit = logit(y, x)
    order = rng.permutation(80)
    other = logit(y[order], x[order] * np.array([1.0, 1e4]))
    assert other.fitted == pytest.approx(fit.fitted[order], rel=1e-8)
    assert other.coefficients[1] * 1e4 == pytest.approx(fit.coefficients[1], rel=1e-8)


def test_models_without_an_answer_say_why() -> None:
    one = np.ones((6, 1))
    with pytest.raises(NoEstimate) as caught:
        logit(np.ones(6), one)
    assert caught.value.status == "undefined"
    with pytest.raises(NoEstimate) as caught:
        logit(np.array([0.0, 1, 0, 1, 0, 1]), np.ones((6, 2)))
    assert caught.value.status == "undefined"
    split = np.column_stack([np.ones(6), np.arange(6.0)])
    with pytest.raises(NoEstimate) as caught:
        logit(np.array([0.0, 0, 0, 1, 1, 1]), split)
    assert caught.value.status == "not_converged"


def test_late_against_early_by_hand() -> None:
    """Means 2 and 5, variances 1 and 1 of three each: SE² = 2/3, df = 4."""
    found = early_late(np.array([1.0, 2, 3]), np.array([4.0, 5, 6]))
    assert found.estimate == 3
    assert found.se == pytest.approx(np.sqrt(2 / 3))
    assert found.df == pytest.approx(4)
    assert early_late(np.ones(1), np.ones(3)).estimate is None
    alike = early_late(np.ones(2), np.ones(3))
    assert (alike.estimate, alike.se) == (0, 0)
