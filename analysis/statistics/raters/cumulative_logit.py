"""The cumulative logit model for ordered marks, with or without raters drawn at random.

    logit P(y ≤ k) = θ_k − x'β − u_r,   θ_1 < … < θ_{K−1},   u_r ~ N(0, σ²)

Sources: McCullagh (1980), JRSS B 42, 109-142, section 2; Tutz & Hennevogl (1996), Computational
Statistics & Data Analysis 22, 537-557 (random effects); Pinheiro & Bates (1995), JCGS 4, 12-35,
section 2.4 (Laplace and adaptive Gauss-Hermite).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize
from scipy.special import expit, log_expit, logsumexp, ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
STEPS, DECREMENT = 100, 1e-16
LARGEST = 30.0
SMALLEST_SD = 1e-3
FEWEST_RATERS = 6


@dataclass(frozen=True, slots=True)
class CumulativeLogit:
    """A fitted cumulative logit model.

    `thresholds` θ_1..θ_{K−1} between the `levels` of y, `coefficients` β (positive: higher
    marks). `var_rater` σ² and `raters`, the conditional modes û_r (positive = lenient: higher
    marks) with conditional SDs, are None and empty without raters. `nodes` is 0 without raters,
    1 for Laplace's approximation.
    """

    levels: tuple[float, ...]
    thresholds: tuple[Estimate, ...]
    coefficients: tuple[Estimate, ...]
    var_rater: Estimate | None
    raters: tuple[Estimate, ...]
    loglik: float
    parameters: int
    nodes: int
    n: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Distinct rows, how often each occurs, and the matrices of the bounds a = Aφ, b = Bφ.

    φ = (θ, β). `open_above` and `open_below`: rows in the last and the first category.
    """

    weight: Floats
    rater: Codes
    upper: Floats
    lower: Floats
    open_above: NDArray[np.bool_]
    open_below: NDArray[np.bool_]
    levels: Floats
    raters: int
    n: int

    def bounds(self, phi: Floats) -> tuple[Floats, Floats]:
        a = np.where(self.open_above, np.inf, self.upper @ phi)
        b = np.where(self.open_below, -np.inf, self.lower @ phi)
        return a, b


def cumulative_logit(
    y: Floats,
    x: Floats | None = None,
    rater: Codes | None = None,
    *,
    nodes: int = 1,
    level: float = 0.95,
) -> CumulativeLogit:
    """Fit by maximum likelihood; with `rater`, a random intercept for every rater.

    `y`: marks, in ascending order of their numbers; `x`: (rows, columns) without a constant;
    `rater`: codes 0, 1, …. Rows with NaN are left out. `nodes`: 1 for Laplace's approximation
    (as ordinal::clmm by default), more for adaptive Gauss-Hermite quadrature; with few ratings
    for each rater Laplace underestimates σ², so compare with 10.

    What goes wrong: a column that separates the marks has no finite coefficient (refused);
    proportional odds is an assumption; σ² from fewer than 6 raters means little (noted); σ² at 0
    says that no differences between raters can be seen. Standard errors with raters come from
    the numerical Hessian, that of σ² by the delta method from log σ.
    """
    rows = _rows(y, x, rater)
    phi, covariance, value = _without_raters(rows)
    thresholds = len(rows.levels) - 1
    if rater is None:
        found = _estimates(phi, covariance, rows.n, level)
        return CumulativeLogit(
            tuple(rows.levels.tolist()),
            found[:thresholds],
            found[thresholds:],
            None,
            (),
            value,
            len(phi),
            0,
            rows.n,
            _notes(len(y) - rows.n),
        )
    return _with_raters(rows, phi, max(int(nodes), 1), level, _notes(len(y) - rows.n))


def _notes(missing: int) -> tuple[Note, ...]:
    return (Note(N_("{n} 行有缺失，未用"), {"n": missing}),) if missing else ()


def _rows(y: Floats, x: Floats | None, rater: Codes | None) -> _Rows:
    """Distinct rows in sorted order, so that nothing depends on the order given."""
    columns = np.empty((len(y), 0)) if x is None else np.atleast_2d(x.T).T
    who = np.zeros(len(y)) if rater is None else rater.astype(float)
    table = np.column_stack([who, y, columns])
    table = table[~np.isnan(table).any(axis=1)]
    levels = np.unique(table[:, 1]) if len(table) else np.empty(0)
    if len(levels) < 2:
        raise NoEstimate(
            "undefined",
            Note(N_("分数至少要有两个不同的等级；现在有 {n} 个"), {"n": len(levels)}),
        )
    distinct, weight = np.unique(table, axis=0, return_counts=True)
    category = np.searchsorted(levels, distinct[:, 1])
    cuts = len(levels) - 1
    size = cuts + columns.shape[1]
    upper, lower = np.zeros((len(distinct), size)), np.zeros((len(distinct), size))
    above, below = category == cuts, category == 0
    upper[np.flatnonzero(~above), category[~above]] = 1
    lower[np.flatnonzero(~below), category[~below] - 1] = 1
    upper[:, cuts:] = lower[:, cuts:] = -distinct[:, 2:]
    raters = 0 if rater is None else int(rater.max()) + 1
    return _Rows(
        weight.astype(float),
        distinct[:, 0].astype(np.int64),
        upper,
        lower,
        above,
        below,
        levels,
        raters,
        len(table),
    )


def _log_probability(a: Floats, b: Floats) -> Floats:
    """log(F(a) − F(b)) = log F(a) + log(1 − F(b)) + log(1 − exp(b − a)), without cancellation."""
    found: Floats = log_expit(a) + log_expit(-b) + np.log(-np.expm1(b - a))
    return found


def _without_raters(rows: _Rows) -> tuple[Floats, Floats, float]:
    """Newton's method; the log-likelihood is concave in (θ, β)."""
    cuts = len(rows.levels) - 1
    share = np.bincount(
        np.where(rows.open_above, cuts, rows.upper[:, :cuts].argmax(axis=1)), weights=rows.weight
    )
    below = np.cumsum(share)[:-1] / share.sum()
    phi = np.concatenate([np.log(below / (1 - below)), np.zeros(rows.upper.shape[1] - cuts)])
    value = _plain_value(rows, phi)
    for _ in range(STEPS):
        gradient, information = _derivatives(rows, phi)
        factor = _factor(information)
        step = linalg.cho_solve(factor, gradient)
        decrement = float(step @ gradient)
        size = 1.0
        while (tried := _plain_value(rows, phi + size * step)) < value and size > 1e-8:
            size /= 2
        if tried >= value:
            phi, value = phi + size * step, tried
        if np.abs(phi).max() > LARGEST * max(1.0, float(np.ptp(rows.levels))):
            raise _separated()
        if decrement < DECREMENT * max(1.0, abs(value)) or size <= 1e-8:
            covariance = linalg.cho_solve(_factor(_derivatives(rows, phi)[1]), np.eye(len(phi)))
            return phi, covariance, value
    raise _separated()


def _plain_value(rows: _Rows, phi: Floats) -> float:
    if np.any(np.diff(phi[: len(rows.levels) - 1]) <= 0):
        return -np.inf
    return float(rows.weight @ _log_probability(*rows.bounds(phi)))


def _derivatives(rows: _Rows, phi: Floats) -> tuple[Floats, Floats]:
    """Gradient and information by (θ, β)."""
    a, b = rows.bounds(phi)
    gap = np.exp(b - a)
    odds = gap / (1 - gap)
    curve = gap / (1 - gap) ** 2
    up = rows.weight * np.where(rows.open_above, 0.0, expit(-a) + odds)
    down = rows.weight * np.where(rows.open_below, 0.0, -expit(b) - odds)
    first = expit(a) * expit(-a) + curve
    last = expit(b) * expit(-b) + curve
    cross = rows.upper.T @ ((rows.weight * curve)[:, None] * rows.lower)
    information = (
        rows.upper.T @ ((rows.weight * first)[:, None] * rows.upper)
        + rows.lower.T @ ((rows.weight * last)[:, None] * rows.lower)
        - cross
        - cross.T
    )
    return rows.upper.T @ up + rows.lower.T @ down, information


def _factor(information: Floats) -> tuple[Floats, bool]:
    try:
        factor: tuple[Floats, bool] = linalg.cho_factor(information)
    except linalg.LinAlgError:
        raise _separated() from None
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    if (np.abs(np.diag(factor[0])) < 1e-6 * scale).any():
        raise _separated()
    return factor


def _separated() -> NoEstimate:
    return NoEstimate(
        "not_converged",
        Note(
            N_("没有有限的估计：某个自变量把分数完全分开，或几个自变量互相重复；请去掉或合并它们")
        ),
    )


# --- raters at random


@dataclass(slots=True)
class _Marginal:
    """The marginal log-likelihood; remembers the modes of the raters as the next start."""

    rows: _Rows
    nodes: int
    modes: Floats

    def value(self, phi: Floats, sd: float) -> float:
        """log L, each rater's integral by Laplace or adaptive Gauss-Hermite at its mode."""
        a, b = self.rows.bounds(phi)
        curvature = self.settle(a, b, sd)
        if self.nodes == 1:
            return float(np.sum(self._joint(a, b, sd, self.modes) - np.log(curvature) / 2))
        points, weights = np.polynomial.hermite.hermgauss(self.nodes)
        spread = np.sqrt(2 / curvature)
        parts = np.array(
            [
                self._joint(a, b, sd, self.modes + spread * point) + np.log(weight) + point**2
                for point, weight in zip(points, weights, strict=True)
            ]
        )
        return float(np.sum(logsumexp(parts, axis=0) + np.log(spread / np.sqrt(2 * np.pi))))

    def _joint(self, a: Floats, b: Floats, sd: float, v: Floats) -> Floats:
        """Σ log P + log of the normal density of v but for −½ log 2π, by rater."""
        shift = sd * v[self.rows.rater]
        log = self.rows.weight * _log_probability(a - shift, b - shift)
        return np.bincount(self.rows.rater, weights=log, minlength=len(v)) - v**2 / 2

    def settle(self, a: Floats, b: Floats, sd: float) -> Floats:
        """Newton's method for all modes v̂ at once; the curvatures there."""
        rows = self.rows
        v = self.modes.copy()
        for _ in range(STEPS):
            shift = sd * v[rows.rater]
            up, down = expit(a - shift), expit(b - shift)
            slope = np.bincount(rows.rater, weights=rows.weight * (up + down - 1), minlength=len(v))
            bend = rows.weight * (up * (1 - up) + down * (1 - down))
            load = np.bincount(rows.rater, weights=bend, minlength=len(v)).astype(np.float64)
            curvature: Floats = 1 + sd**2 * load
            step = np.clip((sd * slope - v) / curvature, -2, 2)
            v += step
            if np.abs(step).max() < 1e-12:
                break
        self.modes = v
        return curvature


def _with_raters(
    rows: _Rows, phi: Floats, nodes: int, level: float, notes: tuple[Note, ...]
) -> CumulativeLogit:
    """Quasi-Newton over (θ_1, log gaps, β, log σ), then the Hessian in (θ, β, log σ)."""
    present = len(np.unique(rows.rater))
    if present < 2:
        raise NoEstimate("too_few", Note(N_("至少要有两位评分人；现在有 {n} 位"), {"n": present}))
    cuts = len(rows.levels) - 1
    marginal = _Marginal(rows, nodes, np.zeros(rows.raters))

    def natural(free: Floats) -> tuple[Floats, float]:
        gaps = np.exp(np.clip(free[1:cuts], -30, 30))
        theta = free[0] + np.concatenate([[0.0], np.cumsum(gaps)])
        sd = float(np.exp(np.clip(free[-1], np.log(SMALLEST_SD), 5.0)))
        return np.concatenate([theta, free[cuts:-1]]), sd

    def cost(free: Floats) -> float:
        return -marginal.value(*natural(free))

    start = np.concatenate([phi[:1], np.log(np.diff(phi[:cuts])), phi[cuts:], [np.log(0.5)]])
    done = optimize.minimize(
        cost, start, jac=lambda free: _slope(cost, free), method="BFGS", options={"gtol": 1e-6}
    )
    phi, sd = natural(done.x)
    if np.abs(_slope(cost, done.x)).max() > 1e-2 or sd > 50:
        raise _separated()
    value = marginal.value(phi, sd)
    is_flat = sd < 10 * SMALLEST_SD
    whole = np.append(phi, np.log(sd))

    def natural_cost(one: Floats) -> float:
        return -marginal.value(one[:-1], float(np.exp(one[-1])))

    kept = len(whole) - is_flat
    hessian = _curvature(natural_cost, whole)[:kept, :kept]
    covariance = linalg.cho_solve(_factor(hessian), np.eye(kept))
    return _reported(rows, marginal, whole, covariance, value, level, notes, is_flat=is_flat)


def _slope(cost: Callable[[Floats], float], at: Floats, h: float = 1e-4) -> Floats:
    """Central differences."""
    steps = np.eye(len(at)) * h
    return np.array([(cost(at + one) - cost(at - one)) / (2 * h) for one in steps])


def _curvature(cost: Callable[[Floats], float], at: Floats, h: float = 1e-3) -> Floats:
    """The Hessian from central differences of the gradient."""
    steps = np.eye(len(at)) * h
    rows = [(_slope(cost, at + one, h) - _slope(cost, at - one, h)) / (2 * h) for one in steps]
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _reported(
    rows: _Rows,
    marginal: _Marginal,
    whole: Floats,
    covariance: Floats,
    value: float,
    level: float,
    notes: tuple[Note, ...],
    *,
    is_flat: bool,
) -> CumulativeLogit:
    phi, sd = whole[:-1], float(np.exp(whole[-1]))
    size, cuts = len(phi), len(rows.levels) - 1
    found = _estimates(phi, covariance[:size, :size], rows.n, level)
    z = float(ndtri((1 + level) / 2))
    raters = len(np.unique(rows.rater))
    if raters < FEWEST_RATERS:
        notes += (Note(N_("只有 {n} 位评分人，评分人方差不可靠"), {"n": raters}),)
    flat = (Note(N_("看不出评分人之间的差别：评分人方差为 0")),)
    if is_flat:
        variance = Estimate(0.0, n=raters, method="ml", notes=flat)
    else:
        error = float(np.sqrt(covariance[-1, -1]))
        lo, hi = (sd**2 * float(np.exp(2 * sign * z * error)) for sign in (-1, 1))
        variance = Estimate(sd**2, 2 * sd**2 * error, lo=lo, hi=hi, n=raters, method="ml")
    return CumulativeLogit(
        tuple(rows.levels.tolist()),
        found[:cuts],
        found[cuts:],
        variance,
        _modes(rows, marginal, phi, 0.0 if is_flat else sd),
        value,
        len(whole),
        marginal.nodes,
        rows.n,
        notes,
    )


def _modes(rows: _Rows, marginal: _Marginal, phi: Floats, sd: float) -> tuple[Estimate, ...]:
    curvature = marginal.settle(*rows.bounds(phi), sd)
    times = np.bincount(rows.rater, weights=rows.weight, minlength=rows.raters)
    return tuple(
        Estimate(float(sd * v), float(sd / np.sqrt(c)), n=round(n), method="mode")
        if n
        else Estimate(None, n=0, notes=(Note(N_("这位评分人没有可用的分数")),))
        for v, c, n in zip(marginal.modes, curvature, times, strict=True)
    )


def _estimates(phi: Floats, covariance: Floats, n: int, level: float) -> tuple[Estimate, ...]:
    z = float(ndtri((1 + level) / 2))
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return tuple(
        Estimate(float(v), float(e), lo=float(v - z * e), hi=float(v + z * e), n=n, method="ml")
        for v, e in zip(phi, errors, strict=True)
    )
