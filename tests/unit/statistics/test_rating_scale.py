"""Rating scale and partial credit models: hand-worked cases, brute force, invariants, refusals."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.conditional_fit import ScaleModel
from analysis.statistics.raters.conditional_likelihood import (
    count,
    derivatives,
    log_likelihood,
    polynomial,
    symmetric_functions,
    without_each,
)
from analysis.statistics.raters.partial_credit import partial_credit
from analysis.statistics.raters.person_measures import person_measures
from analysis.statistics.raters.rating_scale import erm_parameters, rating_scale

Floats = NDArray[np.float64]
RNG = np.random.default_rng(9)
MARKS = np.clip(RNG.normal(size=(60, 1)) + RNG.normal(size=(60, 4)) + 1.5, 0, 3).round()
HOLED = np.where(RNG.random(MARKS.shape) < 0.2, np.nan, MARKS)


def locations(model: ScaleModel) -> list[float | None]:
    return [one.estimate for one in model.locations]


def test_symmetric_functions_by_hand() -> None:
    """(1 + z)(1 + 2z)(1 + 3z) = 1 + 6z + 11z² + 6z³."""
    factors = [polynomial(-np.log([easy])) for easy in (1.0, 2.0, 3.0)]
    gamma = symmetric_functions(factors)
    assert gamma.scaled * np.exp(gamma.log_scale) == pytest.approx([1, 6, 11, 6])
    rest = without_each(factors)[1]
    assert rest.scaled * np.exp(rest.log_scale) == pytest.approx([1, 4, 3])
    assert without_each([]) == []


def test_symmetric_functions_do_not_overflow() -> None:
    gamma = symmetric_functions([polynomial(np.array([-400.0, -800.0]))] * 5)
    assert gamma.log_scale == pytest.approx(4000)
    assert np.isfinite(gamma.scaled).all()


@pytest.mark.parametrize("fit", [rating_scale, partial_credit])
def test_two_questions_by_hand(fit: object) -> None:
    """20 pass only the first, 10 only the second: δ₂ − δ₁ = log 2 with variance 1/20 + 1/10."""
    marks = np.array([[1, 0]] * 20 + [[0, 1]] * 10 + [[1, 1]] * 7 + [[0, 0]] * 5, dtype=float)
    model = fit(marks)  # type: ignore[operator]
    assert locations(model) == pytest.approx([-np.log(2) / 2, np.log(2) / 2])
    assert model.locations[0].se == pytest.approx(np.sqrt(1 / 20 + 1 / 10) / 2)
    assert model.loglik == pytest.approx(20 * np.log(2 / 3) + 10 * np.log(1 / 3))


def test_the_likelihood_by_listing_every_pattern() -> None:
    b = [np.array([0.0, 0.3, -0.2, 0.9]) + i * np.arange(4) / 5 for i in range(4)]
    total = 0.0
    for row in HOLED:
        items = np.flatnonzero(~np.isnan(row))
        if len(items) < 2:
            continue
        own = np.exp(-sum(b[i][int(row[i])] for i in items))
        same = [
            np.exp(-sum(b[i][x] for i, x in zip(items, pattern, strict=True)))
            for pattern in product(range(4), repeat=len(items))
            if sum(pattern) == row[items].sum()
        ]
        total += float(np.log(own / np.sum(same)))
    counts = count(HOLED, np.array([3, 3, 3, 3]))
    at = np.concatenate([one[1:] for one in b])
    assert log_likelihood(counts, at) == pytest.approx(total)


def test_derivatives() -> None:
    counts = count(HOLED, np.array([3, 3, 3, 3]))
    at = np.random.default_rng(1).normal(size=12)
    steps = np.eye(12) * 1e-5
    slope = [
        (log_likelihood(counts, at + s) - log_likelihood(counts, at - s)) / 2e-5 for s in steps
    ]
    bend = [(derivatives(counts, at - s)[0] - derivatives(counts, at + s)[0]) / 2e-5 for s in steps]
    gradient, information = derivatives(counts, at)
    assert gradient == pytest.approx(slope, abs=1e-5)
    assert information == pytest.approx(np.array(bend), abs=1e-5)


def test_thresholds_are_location_and_step() -> None:
    model = rating_scale(HOLED)
    table = np.array([[one.estimate for one in some] for some in model.thresholds], dtype=float)
    assert table.mean(axis=1) == pytest.approx(locations(model))
    assert table.sum() == pytest.approx(0, abs=1e-10)
    steps = table - table.mean(axis=1, keepdims=True)
    assert steps == pytest.approx(np.tile(steps[0], (4, 1)))
    erm = erm_parameters(model)
    assert erm.eta[:3] == pytest.approx(locations(model)[1:])
    assert erm.shift == pytest.approx(table[:, 0].mean())


def test_partial_credit_contains_the_rating_scale() -> None:
    assert partial_credit(MARKS).loglik > rating_scale(MARKS).loglik
    assert len(partial_credit(MARKS).parameters) == 11
    assert len(rating_scale(MARKS).parameters) == 5


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(60)), st.permutations(range(4)))
def test_neither_order_nor_unit_matter(rows: list[int], items: list[int]) -> None:
    one = rating_scale(HOLED)
    other = rating_scale(50 + 10 * HOLED[rows][:, items])
    assert locations(other) == pytest.approx([locations(one)[i] for i in items], abs=1e-8)
    assert other.loglik == pytest.approx(one.loglik)


def test_people_at_the_ends_say_nothing() -> None:
    ends = np.vstack([MARKS, np.zeros((5, 4)), np.full((5, 4), 3.0), [[1, *[np.nan] * 3]]])
    assert locations(rating_scale(ends)) == pytest.approx(locations(rating_scale(MARKS)))


def test_persons_by_hand() -> None:
    """Two questions at ∓½ log 2: with one of two passed θ̂ = 0, V = 2·p(1−p), p = √2/(1+√2)."""
    marks = np.array([[1, 0]] * 20 + [[0, 1]] * 10 + [[1, 1]], dtype=float)
    found = person_measures(rating_scale(marks))
    p = np.sqrt(2) / (1 + np.sqrt(2))
    assert found.theta[0] == pytest.approx(0, abs=1e-9)
    assert found.se[0] == pytest.approx(1 / np.sqrt(2 * p * (1 - p)))
    assert found.se[30] is None
    assert found.persons.infit[30] is None
    # as expected (1 − p)²/(p(1 − p)) = (1 − p)/p for both answers of the first person
    assert found.persons.outfit[0] == pytest.approx((1 - p) / p)
    assert found.persons.outfit[20] == pytest.approx(p / (1 - p))
    item = (20 * (1 - p) / p + 10 * p / (1 - p)) / 30
    assert found.items.outfit == pytest.approx((item, item))


def test_persons_with_holes_have_measures_of_their_own() -> None:
    found = person_measures(rating_scale(HOLED))
    given_up = np.isnan(HOLED).all(axis=1)
    assert [one is None for one in found.theta] == given_up.tolist()
    full = [
        (total, theta)
        for total, theta, row in zip(found.raw, found.theta, HOLED, strict=True)
        if not np.isnan(row).any()
    ]
    ordered = [theta for _, theta in sorted(set(full))]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize("fit", [rating_scale, partial_credit])
def test_refusals(fit: object) -> None:
    def refused(marks: Floats) -> str:
        with pytest.raises(NoEstimate) as why:
            fit(marks)  # type: ignore[operator]
        return why.value.status

    assert refused(np.empty((0, 4))) == "too_few"
    assert refused(np.empty((4, 0))) == "too_few"
    assert refused(MARKS * np.nan) == "too_few"
    assert refused(MARKS * 0) == "too_few"
    assert refused(MARKS[:1]) == "too_few"
    apart = np.full((120, 4), np.nan)
    apart[:60, :2], apart[60:, 2:] = MARKS[:, :2], MARKS[:, 2:]
    assert refused(apart) == "not_converged"
    always = np.column_stack([MARKS[:, 0], np.minimum(MARKS[:, 0] + 1, 3)])
    assert refused(always) == "not_converged"


@pytest.mark.parametrize("fit", [rating_scale, partial_credit])
def test_a_question_without_differences_is_left_out(fit: object) -> None:
    marks = np.column_stack([MARKS, np.zeros(60)])
    model = fit(marks)  # type: ignore[operator]
    assert model.locations[4].estimate is None
    assert model.locations[4].notes
    assert model.notes
    assert locations(model)[:4] == pytest.approx(locations(fit(MARKS)))  # type: ignore[operator]
    found = person_measures(model)
    assert found.items.infit[4] is None
