"""The mixed-model equations of any number of random factors, from sufficient statistics.

    y = X beta + Z_1 u_1 + ... + Z_k u_k + e,   u_i ~ N(0, s2 g_i I),   e ~ N(0, s2 I)

`g_i` is the variance of factor i over the residual variance (lme4's theta_i squared). With
H = I + sum g_i Z_i Z_i' the criterion is minus twice the restricted log-likelihood, profiled over
beta and s2 (N ratings, p fixed effects):

    log|H| + log|X'H^-1 X| + (N-p) (1 + log(2 pi r2/(N-p))),   r2 = y'Py,
    P = H^-1 - H^-1 X (X'H^-1 X)^-1 X'H^-1,                    s2 = r2/(N-p);

for ML the second term is left out and N-p is N. Only counts and sums by level enter. The factor
with the most levels has a diagonal block and is eliminated by division; the others, q levels in
all, remain as one dense Cholesky of S = I + L (Z2'H1^-1 Z2) L, L = diag(sqrt g): q^3/3
multiplications, which is the cost of one evaluation.

Sources: Searle, Casella & McCulloch 1992, *Variance Components*, ch. 6-7 (likelihoods, equations,
prediction); Bates et al. 2015, J. Stat. Softw. 67(1), sec. 3 (profiled criterion); Gilmour,
Thompson & Cullis 1995, Biometrics 51, 1440-1450 (average information).
What goes wrong: X not of full rank (refused); y without variation (refused).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_solve, lapack

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
DENSE_LIMIT = 8_000
SPARSE_GAIN = 20
ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Sums over the ratings. Factor `order[0]` is eliminated; `order[1:]` share `rest`.

    `b` is [X, y] with X = 1 and the covariates centred and scaled, y less its mean `shift`:
    `first_b` q1 x (p+1), `rest_b` q x (p+1), `bb` (p+1) x (p+1). `first_n` are the ratings per
    level, `cross` (q1 x q) and `rest` (q x q) the counts per pair of levels.
    """

    n: int
    levels: tuple[int, ...]
    order: tuple[int, ...]
    first_n: Floats
    cross: sp.csr_matrix
    rest: Floats
    first_b: Floats
    rest_b: Floats
    bb: Floats
    shift: float
    centre: Floats
    scale: Floats

    @property
    def p(self) -> int:
        """Fixed effects, the intercept among them."""
        return len(self.bb) - 1

    def span(self, factor: int) -> slice:
        """The columns of a factor that is not eliminated."""
        before = self.order[1 : self.order.index(factor)]
        begin = sum(self.levels[one] for one in before)
        return slice(begin, begin + self.levels[factor])

    def sums(self, factor: int) -> Floats:
        """Z_i'[X, y] of one factor."""
        return self.first_b if factor == self.order[0] else self.rest_b[self.span(factor)]

    def gram(self, weight: Floats) -> Floats:
        """cross' diag(weight) cross, dense. The weights are not negative."""
        counts = np.diff(self.cross.indptr).astype(float)
        root = np.sqrt(weight)
        if counts @ counts * SPARSE_GAIN > float(self.cross.shape[0]) * self.cross.shape[1] ** 2:
            dense = self.cross.toarray() * root[:, None]
            return np.asarray(dense.T @ dense)
        scaled = self.cross.copy()
        scaled.data = scaled.data * np.repeat(root, np.diff(self.cross.indptr))
        return np.asarray((scaled.T @ scaled).toarray())


def equations(y: Floats, factors: Sequence[Codes], x: Floats | None = None) -> Equations:
    """Sums of `y` (N) and the covariates `x` (N x p-1, without an intercept) over the factors.

    `factors` are level numbers 0..q-1, each level used. Rows are sorted first, so that the sums
    do not depend on their order. Raises NoEstimate where the model has no answer.
    """
    x = np.asarray(np.empty((len(y), 0)) if x is None else x, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    levels = tuple(int(one.max()) + 1 if len(one) else 0 for one in factors)
    _check(y, levels, x.shape[1] + 1)
    order = tuple(sorted(range(len(levels)), key=lambda one: (-levels[one], one)))
    if sum(levels) - levels[order[0]] > DENSE_LIMIT:
        raise NoEstimate("undefined", Note(N_("除最大的因子外，其余因子的水平太多，无法计算")))
    rows = np.lexsort((*x.T, y, *factors))
    y, x = np.asarray(y, dtype=float)[rows], x[rows]
    codes = [np.asarray(factors[one], dtype=np.int64)[rows] for one in order]
    centre, scale, z = _standardised(x)
    shift = float(y.mean())
    b = np.column_stack([np.ones(len(y)), z, y - shift])
    first, *others = codes
    offset = np.cumsum([0, *(levels[one] for one in order[1:])])
    columns = [one + begin for one, begin in zip(others, offset[:-1], strict=True)]
    q1, q = levels[order[0]], int(offset[-1])
    cross, rest = _tables(first, columns, (q1, q))
    return Equations(
        n=len(y),
        levels=levels,
        order=order,
        first_n=np.bincount(first, minlength=q1).astype(float),
        cross=cross,
        rest=rest,
        first_b=_by_level(first, b, q1),
        rest_b=np.vstack(
            [np.empty((0, b.shape[1]))]
            + [_by_level(one, b, levels[at]) for one, at in zip(others, order[1:], strict=True)]
        ),
        bb=b.T @ b,
        shift=shift,
        centre=centre,
        scale=scale,
    )


def _check(y: Floats, levels: tuple[int, ...], p: int) -> None:
    if not levels:
        raise NoEstimate("undefined", Note(N_("没有给出随机因子")))
    if len(y) <= p + 1:
        raise NoEstimate("too_few", Note(N_("评分太少，至少要比固定效应的个数多两条")))
    if np.ptp(y) == 0:
        raise NoEstimate("undefined", Note(N_("所有评分都相同，没有差别可以分解")))
    if min(levels) < 2:
        raise NoEstimate(
            "too_few",
            Note(N_("有一个因子只有一个水平，看不出它的差别；至少要有两个水平")),
        )
    if max(levels) >= len(y):
        raise NoEstimate(
            "undefined",
            Note(N_("有一个因子的每个水平只有一条评分，它的差别与随机误差分不开；需要重复的评分")),
        )


def _standardised(x: Floats) -> tuple[Floats, Floats, Floats]:
    centre = x.mean(axis=0)
    z = x - centre
    scale = np.sqrt((z * z).mean(axis=0))
    size = np.abs(x).max(axis=0, initial=0.0)
    if np.any(scale <= 1e-12 * np.maximum(size, 1e-300)):
        raise NoEstimate("undefined", Note(N_("有一个协变量没有变化，请去掉它")))
    z = z / scale
    if z.shape[1] and np.linalg.eigvalsh(z.T @ z / len(z))[0] < 1e-10:
        raise NoEstimate("undefined", Note(N_("协变量之间完全相关，请去掉多余的")))
    return centre, scale, z


def _tables(
    first: Codes, columns: Sequence[Codes], shape: tuple[int, int]
) -> tuple[sp.csr_matrix, Floats]:
    ones = np.ones(len(first))
    cross = sp.csr_matrix(shape)
    rest = np.zeros((shape[1], shape[1]))
    for one in columns:
        cross = cross + sp.csr_matrix((ones, (first, one)), shape=shape)
        for other in columns:
            pairs = sp.coo_matrix((ones, (one, other)), shape=rest.shape)
            rest += pairs.toarray()
    return cross, rest


def _by_level(code: Codes, b: Floats, levels: int) -> Floats:
    return np.column_stack([np.bincount(code, weights=one, minlength=levels) for one in b.T])


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The equations solved at stated ratios `gamma` (one per factor, in the caller's order)."""

    equations: Equations
    gamma: Floats
    is_reml: bool
    criterion: float
    r2: float
    beta: Floats
    xhx: Floats
    down: Floats
    root: Floats
    m: Floats
    lower: Floats
    t: Floats
    h_first: Floats
    h_rest: Floats

    @property
    def freedom(self) -> int:
        """N-p under REML, N under ML."""
        return self.equations.n - (self.equations.p if self.is_reml else 0)

    @property
    def residual(self) -> float:
        """The residual variance, in the unit of y squared."""
        return self.r2 / self.freedom

    def h(self, factor: int) -> Floats:
        """Z_i'H^-1 X."""
        made = self.h_first if factor == self.equations.order[0] else self._rest(factor)
        return made[:, :-1]

    def score(self, factor: int) -> Floats:
        """Z_i'Py; times gamma_i it is the best linear unbiased prediction of u_i."""
        made = self.h_first if factor == self.equations.order[0] else self._rest(factor)
        found: Floats = made[:, -1] - made[:, :-1] @ self.beta
        return found

    def blup(self, factor: int) -> Floats:
        """The prediction of u_i, in the unit of y."""
        return np.asarray(self.gamma[factor] * self.score(factor))

    def _rest(self, factor: int) -> Floats:
        return self.h_rest[self.equations.span(factor)]


def solve(made: Equations, gamma: Floats, *, reml: bool = True) -> Solution:
    """Solve at ratios `gamma` >= 0; the criterion agrees with lme4's at theta = sqrt(gamma)."""
    first = float(gamma[made.order[0]])
    rest = np.array([gamma[one] for one in made.order[1:]], dtype=float)
    root = np.sqrt(np.repeat(rest, [made.levels[one] for one in made.order[1:]]))
    down = 1 / (1 + first * made.first_n)
    inner = (first * down)[:, None] * made.first_b
    m = made.rest - made.gram(first * down)
    s = root[:, None] * m * root
    s[np.diag_indices_from(s)] += 1
    lower = lapack.dpotrf(s.T, lower=1, clean=1, overwrite_a=1)[0] if len(s) else s
    b2 = made.rest_b - made.cross.T @ inner
    scaled = root[:, None] * b2
    t = cho_solve((lower, True), scaled) if len(s) else scaled
    inside = made.bb - made.first_b.T @ inner - scaled.T @ t
    xhx, xhy = inside[:-1, :-1], inside[:-1, -1]
    beta = np.linalg.solve(xhx, xhy)
    r2 = float(inside[-1, -1] - xhy @ beta)
    if r2 <= 1e-13 * made.bb[-1, -1]:
        raise NoEstimate("undefined", Note(N_("评分由各因子完全决定，没有剩余误差，方差无从比较")))
    freedom = made.n - (made.p if reml else 0)
    criterion = np.log1p(first * made.first_n).sum() + 2 * np.log(np.diag(lower)).sum()
    criterion += freedom * (1 + np.log(2 * np.pi * r2 / freedom))
    if reml:
        criterion += np.linalg.slogdet(xhx)[1] + 2 * np.log(made.scale).sum()
    back = root[:, None] * t
    return Solution(
        equations=made,
        gamma=np.asarray(gamma, dtype=float),
        is_reml=reml,
        criterion=float(criterion),
        r2=r2,
        beta=beta,
        xhx=xhx,
        down=down,
        root=root,
        m=m,
        lower=lower,
        t=t,
        h_first=down[:, None] * (made.first_b - made.cross @ back),
        h_rest=b2 - m @ back,
    )


def inverse(at: Solution) -> Floats:
    """The lower triangle of S^-1; zeros above."""
    if not len(at.lower):
        return at.lower
    found: Floats = lapack.dpotri(at.lower, lower=1)[0]
    return found


def gradient(at: Solution, upside: Floats) -> Floats:
    """d criterion / d gamma_i = tr(Z_i'PZ_i) - nu |Z_i'Py|^2 / r2 (nu = N-p; H^-1 for P in ML).

    `upside` is `inverse(at)`.
    """
    made = at.equations
    slope = np.empty(len(made.levels))
    for factor in range(len(slope)):
        if factor == made.order[0]:
            trace = _first_trace(at, upside)
        else:
            trace = _rest_trace(at, factor, np.diag(upside))
        if at.is_reml:
            h = at.h(factor)
            trace -= float(np.sum(h * np.linalg.solve(at.xhx, h.T).T))
        score = at.score(factor)
        slope[factor] = trace - at.freedom * float(score @ score) / at.r2
    return slope


def _first_trace(at: Solution, upside: Floats) -> float:
    """tr(Z1'H^-1 Z1); the inverse holds one triangle, the other product both."""
    made = at.equations
    plain = float(made.first_n @ at.down)
    product = at.root[:, None] * made.gram(at.down**2) * at.root
    twice = 2 * float(np.vdot(upside.T, product))
    return plain - twice + float(np.diag(upside) @ np.diag(product))


def _rest_trace(at: Solution, factor: int, diagonal: Floats) -> float:
    """tr(Z_i'H^-1 Z_i) = (q_i - tr S^-1_ii)/g_i, or directly where that would cancel."""
    span = at.equations.span(factor)
    gamma, size = at.gamma[factor], float(np.diag(at.m)[span].sum())
    if gamma * size > 1e-5 * at.equations.levels[factor]:
        return float((1 - diagonal[span]).sum()) / float(gamma)
    half = lapack.dtrtrs(at.lower, at.root[:, None] * at.m[:, span], lower=1)[0]
    return size - float(np.sum(half * half))


def average_information(at: Solution) -> tuple[Floats, Floats]:
    """a_i = |Z_i'Py|^2 and q_ij = y'P Z_i Z_i' P Z_j Z_j' P y, the average-information terms."""
    made = at.equations
    first_w, rest_w, x_w, scores = [], [], [], []
    for factor in range(len(made.levels)):
        score = at.score(factor)
        if factor == made.order[0]:
            first_w.append(made.first_n * score)
            rest_w.append(made.cross.T @ score)
        else:
            span = made.span(factor)
            long = np.zeros(len(made.rest))
            long[span] = score
            first_w.append(made.cross @ long)
            rest_w.append(made.rest[:, span] @ score)
        x_w.append(made.sums(factor)[:, :-1].T @ score)
        scores.append(score)
    return (
        np.array([float(one @ one) for one in scores]),
        _quadratic(at, np.column_stack(first_w), np.column_stack(rest_w), x_w, scores),
    )


def _quadratic(
    at: Solution, first_w: Floats, rest_w: Floats, x_w: Sequence[Floats], scores: Sequence[Floats]
) -> Floats:
    """w_i'P w_j of the vectors w_i = Z_i Z_i'Py, from their sums by level."""
    made = at.equations
    k = len(scores)
    plain = np.empty((k, k))
    for i in range(k):
        own = first_w if i == made.order[0] else rest_w[made.span(i)]
        plain[i] = scores[i] @ own
    weight = (at.gamma[made.order[0]] * at.down)[:, None] * first_w
    c = at.root[:, None] * (rest_w - made.cross.T @ weight)
    solved = cho_solve((at.lower, True), c) if len(c) else c
    inside = plain - first_w.T @ weight - c.T @ solved
    xhw = np.column_stack(x_w) - made.first_b[:, :-1].T @ weight - at.t[:, :-1].T @ c
    found: Floats = inside - xhw.T @ np.linalg.solve(at.xhx, xhw)
    return (found + found.T) / 2


def conditional_diagonal(at: Solution, upside: Floats, factor: int) -> Floats:
    """diag of (I + L Z'Z L)^-1 for one factor: s2 g_i times it is the variance of u_i given y,
    the fixed effects and the ratios (the square of lme4's condVar). `upside` is `inverse(at)`."""
    made = at.equations
    if factor != made.order[0]:
        return np.diag(upside)[made.span(factor)].copy()
    full = upside + np.tril(upside, -1).T
    full = at.root[:, None] * full * at.root
    found = np.empty(len(made.first_n))
    for begin in range(0, len(found), ROWS_AT_ONCE):
        some = made.cross[begin : begin + ROWS_AT_ONCE]
        found[begin : begin + ROWS_AT_ONCE] = np.asarray(some.multiply(some @ full).sum(1)).ravel()
    return np.asarray(at.down + at.gamma[factor] * at.down**2 * found)
