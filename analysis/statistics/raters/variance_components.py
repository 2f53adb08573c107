"""Variance components of any number of random factors, crossed or nested, by REML or ML.

    y = X beta + sum_i Z_i u_i + e,   u_i ~ N(0, s2_i I),   e ~ N(0, s2 I)

A nested factor is given as the codes of the combination (item within subtest, person by subtest).
The ratios g_i = s2_i/s2 >= 0 minimise the profiled criterion of `mixed_equations` by Newton steps
with the average-information matrix in place of the second derivatives:

    step = -A^-1 grad,  A_ij = nu (q_ij/r2 - a_i a_j/r2^2),
    a_i = |Z_i'Py|^2,   q_ij = y'P Z_i Z_i' P Z_j Z_j' P y,   nu = N-p (N for ML),

started at Henderson's method 1, halved until the criterion falls, projected on g >= 0. A component
whose ratio ends at 0 with the slope pointing outwards is a boundary fit: its estimate is 0.

Intervals: Satterthwaite's, s2_i df/chi2 with df = 2 (s2_i/se_i)^2, se from the inverse of the
average information in (s2, s2_i). They are asymptotic and wide for few levels, as they should be.

Sources: Patterson & Thompson 1971, Biometrika 58, 545-554 (REML); Gilmour, Thompson & Cullis 1995,
Biometrics 51, 1440-1450 (average information); Searle, Casella & McCulloch 1992, sec. 5.1
(method 1), 6.6 and 7.2; Satterthwaite 1946, Biometrics Bull. 2, 110-114.
What goes wrong: fewer than about six levels estimate a variance poorly; two factors with the same
groups cannot be told apart (refused); a factor with one rating per level is the residual (refused).
Deliberate difference from lme4: derivatives instead of BOBYQA, so the optimum is nearer and
variances agree to lme4's own slack (1e-4); prediction errors carry the uncertainty of beta too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.raters.mixed_equations import (
    Codes,
    Equations,
    Floats,
    Solution,
    average_information,
    conditional_diagonal,
    equations,
    gradient,
    inverse,
    solve,
)
from forms.problems import N_

MAX_STEPS = 200
CLOSE = 1e-9
LEAST_CURVATURE = 0.05
RIDGE = 1e-10
FEW_LEVELS = 6
NO_DIFFERENCE = N_("看不出差别：方差估计为 0")
FEW = N_("只有 {levels} 个水平，少于 {least} 个，方差估计得不准")
FLAT = N_("数据太少，给不出方差的标准误")


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """The predictions of one factor, one per level, in the unit of y.

    `blup` is E(u|y); `se` the root of its prediction variance, fixed effects estimated;
    `conditional_se` the same with the fixed effects known (lme4's condVar); `score_se` that of
    mean + u, the level's score at average covariates.
    """

    blup: Floats
    se: Floats
    conditional_se: Floats
    score_se: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """A fit. `variances` by factor and `residual` in the unit of y squared; `fixed` holds the
    intercept and the slopes, `mean` the level at average covariates; `criterion` is minus twice
    the (restricted) log-likelihood; `covariance` that of (variances..., residual), None where the
    information is singular; `effects` by factor, empty where they were not asked for."""

    method: str
    n: int
    levels: tuple[int, ...]
    variances: tuple[float, ...]
    residual: float
    fixed: Floats
    fixed_se: Floats
    mean: float
    mean_se: float
    criterion: float
    iterations: int
    covariance: Floats | None
    effects: tuple[Effects, ...]

    @property
    def theta(self) -> tuple[float, ...]:
        """Standard deviations of the factors over the residual one, as lme4 states them."""
        return tuple(float(np.sqrt(one / self.residual)) for one in self.variances)

    @property
    def log_likelihood(self) -> float:
        return -self.criterion / 2

    def variance(self, factor: int | None, level: float = 0.95) -> Estimate:
        """A variance (None: the residual) with its Satterthwaite interval."""
        at = len(self.variances) if factor is None else factor
        value = self.residual if factor is None else self.variances[factor]
        n = self.n if factor is None else self.levels[factor]
        notes = []
        if factor is not None and n < FEW_LEVELS:
            notes.append(Note(FEW, {"levels": n, "least": FEW_LEVELS}))
        if value == 0:
            notes.append(Note(NO_DIFFERENCE))
            return Estimate(0.0, n=n, method=self.method, notes=tuple(notes))
        if self.covariance is None:
            notes.append(Note(FLAT))
            return Estimate(value, n=n, method=self.method, notes=tuple(notes))
        se = float(np.sqrt(self.covariance[at, at]))
        df = 2 * (value / se) ** 2
        lo, hi = (_bound(value, df, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
        return Estimate(value, se, df, lo, hi, n, self.method, tuple(notes))


def _bound(value: float, df: float, tail: float) -> float | None:
    """value df/chi2, None where so few degrees of freedom bound nothing."""
    quantile = float(chi2.ppf(tail, df))
    return value * df / quantile if quantile > 1e-12 * df else None


def fit_components(
    y: Floats,
    factors: Sequence[Codes],
    x: Floats | None = None,
    method: str = "reml",
    *,
    effects: bool = True,
) -> Components:
    """Fit y (N) on random factors (codes 0..q-1, N each, every level used) and covariates x.

    The intercept is always in the model. Raises NoEstimate(too_few | undefined | not_converged).
    """
    codes = [np.asarray(one, dtype=np.int64) for one in factors]
    refuse_equal_groups(codes)
    return fit(equations(y, codes, x), method, effects=effects)


def fit(made: Equations, method: str = "reml", *, effects: bool = True) -> Components:
    """The fit from the sums alone."""
    if method not in ("reml", "ml"):
        raise ValueError(method)
    at, upside, steps = _minimise(made, reml=method == "reml")
    return summary(at, upside, steps, effects=effects)


def summary(at: Solution, upside: Floats, steps: int = 0, *, effects: bool = True) -> Components:
    """What a solution says, at whatever ratios it was solved; `upside` is `inverse(at)`."""
    made = at.equations
    factors = range(len(made.levels) if effects else 0)
    inside = np.linalg.inv(at.xhx) * at.residual
    back = np.diag(np.r_[1.0, 1 / made.scale])
    back[0, 1:] = -made.centre / made.scale
    fixed = back @ at.beta
    fixed[0] += made.shift
    spread = np.sqrt(np.diag(back @ inside @ back.T))
    return Components(
        method="reml" if at.is_reml else "ml",
        n=made.n,
        levels=made.levels,
        variances=tuple(float(one) for one in at.gamma * at.residual),
        residual=at.residual,
        fixed=fixed,
        fixed_se=spread,
        mean=float(at.beta[0]) + made.shift,
        mean_se=float(np.sqrt(inside[0, 0])),
        criterion=at.criterion,
        iterations=steps,
        covariance=_covariance(at),
        effects=tuple(_effects(at, upside, one) for one in factors),
    )


def refuse_equal_groups(factors: Sequence[Codes]) -> None:
    """Two factors that group the rows alike have one variance between them."""
    for at, one in enumerate(factors):
        for other in factors[:at]:
            if not len(one):
                continue
            pairs = np.unique(one * (int(other.max()) + 1) + other).size
            if pairs == int(one.max()) + 1 == int(other.max()) + 1:
                raise NoEstimate(
                    "undefined", Note(N_("有两个因子的分组完全相同，分不开它们的方差；请去掉一个"))
                )


def _minimise(made: Equations, *, reml: bool) -> tuple[Solution, Floats, int]:
    """The solution at the optimum, its `inverse`, and the steps taken."""
    at = solve(made, start(made), reml=reml)
    for step in range(1, MAX_STEPS + 1):
        upside = inverse(at)
        slope = gradient(at, upside)
        free = (at.gamma > 0) | (slope < 0)
        if not free.any():
            return at, upside, step
        direction = np.zeros(len(slope))
        direction[free] = _newton(at, free, slope)
        if -slope @ direction < CLOSE:
            return at, upside, step
        below = _search(at, direction) or _search(at, _multiplied(at, slope))
        if below is None:
            if -slope @ direction < CLOSE * abs(at.criterion):
                return at, upside, step
            break
        at = below
    raise NoEstimate(
        "not_converged", Note(N_("方差估计没有收敛；评分太少或几乎没有随机误差时会这样"))
    )


def _newton(at: Solution, free: NDArray[np.bool_], slope: Floats) -> Floats:
    """-A^-1 slope for the free ratios. The data can show no curvature at all (every prediction 0);
    a share of the least expected information, tr(Z'PZ)^2/(2q) by Cauchy and Schwarz, then stands
    in."""
    a, q = average_information(at)
    curve = at.freedom * (q / at.r2 - np.outer(a, a) / at.r2**2)
    trace = slope + at.freedom * a / at.r2
    least = LEAST_CURVATURE * trace**2 / np.array(at.equations.levels)
    own = np.diag(curve)
    curve = (curve + np.diag(np.maximum(least - own, 0)))[np.ix_(free, free)]
    root = np.sqrt(np.diag(curve))
    scaled = curve / root / root[:, None] + RIDGE * np.eye(len(root))
    return np.asarray(-np.linalg.solve(scaled, slope[free] / root) / root)


def _multiplied(at: Solution, slope: Floats) -> Floats:
    """The step of the fixed point g <- g sqrt(drawn/trace), which falls where Newton fails
    (Zhou, Hu, Zhou & Lange 2019, J. Comput. Graph. Stat. 28, 350-361)."""
    drawn = np.array([float(np.sum(at.score(one) ** 2)) for one in range(len(slope))])
    drawn *= at.freedom / at.r2
    trace = np.maximum(slope + drawn, 1e-300)
    return np.asarray(at.gamma * (np.sqrt(drawn / trace) - 1))


def _search(at: Solution, direction: Floats) -> Solution | None:
    """The first lower point along the projected direction, halving."""
    share = 1.0
    for _ in range(30):
        gamma = np.maximum(at.gamma + share * direction, 0)
        trial = solve(at.equations, gamma, reml=at.is_reml)
        if trial.criterion < at.criterion:
            return trial
        share /= 2
    return None


def start(made: Equations) -> Floats:
    """Henderson's method 1: sums of squares between the levels equated to their expectations.

    With t_i = sum over levels of (sum of y - mean)^2/n, E t_i = s2 (q_i - 1) + sum_j s2_j
    (k_ij - k_0j), k_ij = sum of n_lm^2/n_l over the pairs of levels, k_0j = sum n_m^2/N.
    """
    k = len(made.levels)
    counts = [made.first_n if one == made.order[0] else _counts(made, one) for one in range(k)]
    lift = np.array([float(one @ one) / made.n for one in counts])
    left, right = np.empty((k + 1, k + 1)), np.empty(k + 1)
    for i in range(k):
        left[i, :k] = [_overlap(made, counts, i, j) - lift[j] for j in range(k)]
        left[i, k] = made.levels[i] - 1
        right[i] = float(np.sum(made.sums(i)[:, -1] ** 2 / counts[i]))
    left[k, :k], left[k, k], right[k] = made.n - lift, made.n - 1, made.bb[-1, -1]
    found = np.linalg.lstsq(left, right, rcond=None)[0]
    whole = right[k] / made.n
    residual = min(max(found[k], 0.05 * whole), whole)
    return np.asarray(np.clip(found[:k] / residual, 0.01, 20.0))


def _counts(made: Equations, factor: int) -> Floats:
    return np.asarray(np.diag(made.rest)[made.span(factor)])


def _overlap(made: Equations, counts: Sequence[Floats], i: int, j: int) -> float:
    """k_ij of `start`."""
    first = made.order[0]
    if i == j:
        return float(made.n)
    if first in (i, j):
        table = made.cross[:, made.span(j if i == first else i)]
        squared = table.multiply(table)
        along = np.asarray(squared.sum(axis=1 if i == first else 0)).ravel()
    else:
        along = np.sum(made.rest[made.span(i), made.span(j)] ** 2, axis=1)
    return float(np.sum(along / counts[i]))


def _covariance(at: Solution) -> Floats | None:
    """Of (s2_1..s2_k, s2), zero for factors on the boundary, by the average information in
    (g, s2) and the delta method."""
    inner = np.flatnonzero(at.gamma > 0)
    a, q = average_information(at)
    k, s2 = len(inner), at.residual
    information = np.empty((k + 1, k + 1))
    information[:k, :k] = q[np.ix_(inner, inner)] / (2 * s2)
    information[k, :k] = information[:k, k] = a[inner] / (2 * s2**2)
    information[k, k] = at.freedom / (2 * s2**2)
    root = np.sqrt(np.diag(information))
    scaled = information / root / root[:, None]
    if np.linalg.eigvalsh(scaled)[0] < 1e-10:
        return None
    inside = np.linalg.inv(scaled) / root / root[:, None]
    outward = np.diag(np.r_[np.full(k, s2), 1.0])
    outward[:k, k] = at.gamma[inner]
    found = np.zeros((len(a) + 1, len(a) + 1))
    found[np.ix_([*inner, len(a)], [*inner, len(a)])] = outward @ inside @ outward.T
    return found


def _effects(at: Solution, upside: Floats, factor: int) -> Effects:
    """Predictions with their variances (Searle, Casella & McCulloch 1992, sec. 7.4c)."""
    own = at.gamma[factor] * at.residual
    h, inside = at.h(factor), np.linalg.inv(at.xhx)
    given = own * conditional_diagonal(at, upside, factor)
    moved = at.gamma[factor] * h @ inside
    whole = given + at.residual * at.gamma[factor] * np.sum(moved * h, axis=1)
    score = whole + at.residual * (inside[0, 0] - 2 * moved[:, 0])
    roots = [np.sqrt(np.maximum(one, 0)) for one in (whole, given, score)]
    return Effects(at.blup(factor), *roots)
