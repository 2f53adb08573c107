"""Variance components against hand calculations and against the equations in full."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.mixed_equations import equations, gradient, inverse, solve
from analysis.statistics.raters.variance_components import (
    Components,
    fit_components,
    start,
    summary,
)


def unbalanced(seed: int = 3) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """90 ratings, 12 x 7 x 4 levels, two covariates."""
    drawn = np.random.default_rng(seed)
    factors = [np.r_[np.arange(q), drawn.integers(0, q, 90 - q)] for q in (12, 7, 4)]
    x = drawn.normal(size=(90, 2)) + 3
    effects = sum(drawn.normal(size=one.max() + 1)[one] for one in factors)
    return effects + x @ [0.5, -1] + drawn.normal(size=90) + 40, factors, x


class Dense:
    """The model as the book writes it, with N x N matrices."""

    def __init__(
        self,
        y: np.ndarray,
        factors: list[np.ndarray],
        x: np.ndarray,
        gamma: np.ndarray,
        *,
        reml: bool,
    ) -> None:
        self.z = [np.eye(one.max() + 1)[one] for one in factors]
        n = len(y)
        self.x = np.column_stack([np.ones(n), x])
        h = np.eye(n) + sum(g * z @ z.T for g, z in zip(gamma, self.z, strict=True))
        hi = np.linalg.inv(h)
        self.xhx = self.x.T @ hi @ self.x
        p = hi - hi @ self.x @ np.linalg.solve(self.xhx, self.x.T @ hi)
        self.nu = n - (self.x.shape[1] if reml else 0)
        self.s2 = float(y @ p @ y) / self.nu
        self.beta = np.linalg.solve(self.xhx, self.x.T @ hi @ y)
        self.criterion = np.linalg.slogdet(h)[1] + self.nu * (1 + np.log(2 * np.pi * self.s2))
        self.criterion += np.linalg.slogdet(self.xhx)[1] if reml else 0
        self.blups = [g * z.T @ p @ y for g, z in zip(gamma, self.z, strict=True)]

    def equations(self, gamma: np.ndarray) -> np.ndarray:
        """s2 times the inverse of Henderson's mixed-model equations."""
        w = np.hstack([self.x, *self.z])
        left = w.T @ w
        at = self.x.shape[1]
        for g, z in zip(gamma, self.z, strict=True):
            own = np.arange(at, at + z.shape[1])
            left[own, own] += 1 / g
            at += z.shape[1]
        return self.s2 * np.linalg.inv(left)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("gamma", [(0.3, 0.8, 0.1), (2.0, 0.0, 0.4), (0.0, 0.5, 0.0)])
def test_the_criterion_and_the_predictions_of_the_full_matrices(
    gamma: tuple[float, ...], reml: bool
) -> None:
    y, factors, x = unbalanced()
    g = np.array(gamma)
    full, at = Dense(y, factors, x, g, reml=reml), solve(equations(y, factors, x), g, reml=reml)
    done = summary(at, inverse(at))
    assert done.criterion == pytest.approx(full.criterion, rel=1e-11)
    assert done.residual == pytest.approx(full.s2, rel=1e-10)
    assert done.fixed == pytest.approx(full.beta, rel=1e-9)
    assert done.fixed_se == pytest.approx(
        np.sqrt(full.s2 * np.diag(np.linalg.inv(full.xhx))), rel=1e-9
    )
    for effects, blup in zip(done.effects, full.blups, strict=True):
        assert effects.blup == pytest.approx(blup, rel=1e-9, abs=1e-12)


def test_prediction_errors_of_the_mixed_model_equations() -> None:
    y, factors, x = unbalanced()
    x = x - x.mean(axis=0)  # so that the intercept is the mean at average covariates
    g = np.array([0.3, 0.8, 0.1])
    c = Dense(y, factors, x, g, reml=True).equations(g)
    at = solve(equations(y, factors, x), g)
    done, begin = summary(at, inverse(at)), 3
    for effects in done.effects:
        own = slice(begin, begin + len(effects.blup))
        error = np.diag(c)[own]
        assert effects.se == pytest.approx(np.sqrt(error), rel=1e-9)
        assert effects.score_se == pytest.approx(np.sqrt(error + c[0, 0] + 2 * c[0, own]), rel=1e-8)
        known = np.linalg.inv(np.linalg.inv(c)[3:, 3:])
        conditional = np.diag(known)[begin - 3 : begin - 3 + len(effects.blup)]
        assert effects.conditional_se == pytest.approx(np.sqrt(conditional), rel=1e-9)
        begin += len(effects.blup)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("gamma", [(0.3, 0.8, 0.1), (1e-8, 0.5, 1e-7), (5.0, 1e-3, 2.0)])
def test_the_gradient_is_the_slope_of_the_criterion(gamma: tuple[float, ...], reml: bool) -> None:
    made = equations(*unbalanced())
    g = np.array(gamma)
    at = solve(made, g, reml=reml)
    slope = gradient(at, inverse(at))
    for one in range(3):
        step = np.zeros(3)
        step[one] = max(1e-4 * g[one], 1e-6)
        f = [solve(made, g + k * step, reml=reml).criterion for k in range(5)]
        forward = np.dot([-25 / 12, 4, -3, 4 / 3, -1 / 4], f) / step[one]
        assert slope[one] == pytest.approx(forward, rel=1e-5, abs=1e-4)


def test_one_way_by_hand() -> None:
    # Groups (1 3), (5 7), (9 11): MSB = 2(16+0+16)/2 = 32, MSW = 6/3 = 2, so s2_u = (32-2)/2 = 15.
    done = fit_components(np.array([1.0, 3, 5, 7, 9, 11]), [np.array([0, 0, 1, 1, 2, 2])])
    assert done.variances[0] == pytest.approx(15, rel=1e-6)
    assert done.residual == pytest.approx(2, rel=1e-6)
    assert done.mean == pytest.approx(6)
    assert done.mean_se == pytest.approx((16 / 3) ** 0.5, rel=1e-6)
    # Shrinkage 15/(15 + 2/2) = 15/16 of the deviations -4, 0, 4.
    assert done.effects[0].blup == pytest.approx([-3.75, 0, 3.75], abs=1e-6)


def test_the_large_sample_error_of_a_one_way_fit() -> None:
    # Balanced: var(MSW) = 2 MSW^2/3, var(MSB) = 2 MSB^2/2; s2_u = (MSB - MSW)/2.
    done = fit_components(np.array([1.0, 3, 5, 7, 9, 11]), [np.array([0, 0, 1, 1, 2, 2])])
    between, within = done.variance(0), done.variance(None)
    assert within.se == pytest.approx((2 * 2**2 / 3) ** 0.5, rel=1e-5)
    assert between.se == pytest.approx(((32**2 + 2 * 2**2 / 3) / 4) ** 0.5, rel=1e-5)
    assert within.df == pytest.approx(3, rel=1e-5)  # the interval of MSW is then exact
    assert within.lo == pytest.approx(6 / 9.348404, rel=1e-5)
    assert within.hi == pytest.approx(6 / 0.2157953, rel=1e-5)
    assert "3 个水平" in between.notes[0].text()


def test_two_way_by_hand() -> None:
    # Rows 1 2 3 / 2 4 6 / 3 6 9: mean squares 12 for rows and columns, 4/4 = 1 for the rest.
    y = np.array([1.0, 2, 3, 2, 4, 6, 3, 6, 9])
    done = fit_components(y, [np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)])
    assert done.variances == pytest.approx((11 / 3, 11 / 3), rel=1e-6)
    assert done.residual == pytest.approx(1, rel=1e-6)
    assert done.effects[0].blup == pytest.approx([-2 * 11 / 12, 0, 2 * 11 / 12], abs=1e-6)
    assert done.theta == pytest.approx(((11 / 3) ** 0.5,) * 2, rel=1e-6)


def test_maximum_likelihood_of_a_balanced_one_way() -> None:
    # ML divides the sum of squares between by the groups: (64/3 - 2)/2 = 29/3.
    done = fit_components(
        np.array([1.0, 3, 5, 7, 9, 11]), [np.array([0, 0, 1, 1, 2, 2])], method="ml"
    )
    assert done.variances[0] == pytest.approx(29 / 3, rel=1e-5)
    assert done.residual == pytest.approx(2, rel=1e-5)
    assert done.criterion == pytest.approx(-2 * done.log_likelihood)


def test_the_optimum_is_flat() -> None:
    y, factors, x = unbalanced()
    done = fit_components(y, factors, x)
    gamma = np.array(done.variances) / done.residual
    at = solve(equations(y, factors, x), gamma)
    assert np.all(gamma > 0)
    assert np.abs(gradient(at, inverse(at)) * gamma).max() < 1e-3
    for one in range(3):
        for share in (0.98, 1.02):
            near = gamma.copy()
            near[one] *= share
            assert solve(at.equations, near).criterion > done.criterion


def test_groups_less_different_than_chance_are_on_the_boundary() -> None:
    # Group means all 2, and differences within: (MSB - MSW)/2 would be negative.
    done = fit_components(np.array([1.0, 3, 0, 4, 2, 2]), [np.array([0, 0, 1, 1, 2, 2])])
    assert done.variances == (0.0,)
    assert done.residual == pytest.approx(10 / 5)  # the plain variance of the six
    assert done.effects[0].blup.tolist() == [0, 0, 0]
    shown = done.variance(0)
    assert (shown.estimate, shown.se, shown.lo) == (0.0, None, None)
    assert "看不出差别" in " ".join(note.text() for note in shown.notes)


def test_start_of_balanced_data_is_the_answer() -> None:
    y = np.array([1.0, 2, 3, 2, 4, 6, 3, 6, 9])
    made = equations(y, [np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)])
    assert start(made) == pytest.approx([11 / 3, 11 / 3])


def figures(done: Components) -> list[float]:
    return [*done.variances, done.residual, done.criterion, *done.fixed, *done.effects[0].blup]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter_at_all(seed: int) -> None:
    y, factors, x = unbalanced()
    order = np.random.default_rng(seed).permutation(len(y))
    moved = fit_components(y[order], [one[order] for one in factors], x[order])
    assert figures(moved) == figures(fit_components(y, factors, x))


@settings(max_examples=15, deadline=None)
@given(st.floats(-100, 100), st.floats(0.01, 100))
def test_shift_and_scale(shift: float, scale: float) -> None:
    y, factors, _ = unbalanced()
    base, moved = fit_components(y, factors), fit_components(scale * y + shift, factors)
    assert moved.variances == pytest.approx(np.array(base.variances) * scale**2, rel=1e-4)
    assert moved.mean == pytest.approx(scale * base.mean + shift, rel=1e-6, abs=1e-6)
    assert moved.effects[1].blup == pytest.approx(scale * base.effects[1].blup, rel=1e-3, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(7)))
def test_names_of_levels_and_the_order_of_factors_do_not_matter(names: list[int]) -> None:
    y, factors, x = unbalanced()
    base = fit_components(y, factors, x)
    new = np.array(names)
    moved = fit_components(y, [new[factors[1]], factors[2], factors[0]], x)
    assert moved.criterion == pytest.approx(base.criterion, rel=1e-10)
    assert moved.variances[0] == pytest.approx(base.variances[1], rel=1e-4)
    assert moved.effects[0].blup[new] == pytest.approx(base.effects[1].blup, rel=1e-3, abs=1e-5)


def test_dense_and_sparse_tables_give_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    y, factors, x = unbalanced()
    found = []
    for gain in (0.0, 1e9):  # never dense, always dense
        monkeypatch.setattr("analysis.statistics.raters.mixed_equations.SPARSE_GAIN", gain)
        found.append(figures(fit_components(y, factors, x)))
    assert found[0] == pytest.approx(found[1], rel=1e-8)


def rng(n: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=n)


A, B = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)


@pytest.mark.parametrize(
    ("made", "status", "words"),
    [
        (lambda: fit_components(np.empty(0), [np.empty(0, dtype=int)]), "too_few", "评分太少"),
        (lambda: fit_components(rng(12), []), "undefined", "随机因子"),
        (lambda: fit_components(rng(2), [np.array([0, 1])]), "too_few", "评分太少"),
        (lambda: fit_components(rng(12), [np.zeros(12, dtype=int)]), "too_few", "只有一个水平"),
        (lambda: fit_components(rng(12), [np.arange(12)]), "undefined", "只有一条评分"),
        (lambda: fit_components(np.full(12, 0.1), [A]), "undefined", "都相同"),
        (lambda: fit_components(A + 2.0 * B, [A, B]), "undefined", "没有剩余误差"),
        (lambda: fit_components(rng(12), [A, (A + 1) % 4]), "undefined", "完全相同"),
        (lambda: fit_components(rng(12), [A], np.full((12, 1), 0.1)), "undefined", "没有变化"),
        (lambda: fit_components(rng(12), [A], np.c_[B, 2 * B]), "undefined", "完全相关"),
    ],
)
def test_what_has_no_answer_says_why(made: Callable[[], object], status: str, words: str) -> None:
    with pytest.raises(NoEstimate) as refused:
        made()
    assert refused.value.status == status
    assert words in str(refused.value)


def test_a_method_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="moments"):
        fit_components(rng(12), [A], method="moments")


@pytest.mark.parametrize("seed", range(30))
def test_small_odd_designs_give_figures_or_a_reason(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    n = int(drawn.integers(3, 25))
    factors = [
        np.unique(drawn.integers(0, q, n), return_inverse=True)[1] for q in drawn.integers(2, 8, 2)
    ]
    y = drawn.integers(1, 4, n) * 10.0 ** drawn.integers(-6, 7)
    try:
        done = fit_components(y, factors)
    except NoEstimate:
        return  # a reason is given; test_what_has_no_answer_says_why reads them
    assert np.all(np.isfinite(figures(done)))
    for factor in (0, 1, None):
        shown = done.variance(factor)
        bounds = [one for one in (shown.se, shown.df, shown.lo, shown.hi) if one is not None]
        assert np.all(np.isfinite(bounds))
        assert shown.estimate is not None
        assert shown.estimate >= 0


def test_an_interval_that_bounds_nothing_is_left_open() -> None:
    # Two groups of two, barely apart: the variance has a small fraction of a degree of freedom.
    done = fit_components(np.array([1.0, 3, 2.75, 4]), [np.array([0, 0, 1, 1])])
    shown = done.variance(0)
    assert shown.df is not None
    assert shown.df < 1
    tiny = replace(done, variances=(1e-9,)).variance(0)
    assert (tiny.hi, tiny.estimate) == (None, 1e-9)
