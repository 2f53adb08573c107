"""Small units: the direct score drawn towards what the others, and covariates, lead one to expect.

y_u ~ N(θ_u, v_u), θ_u ~ N(x_uᵀβ, τ²). Reliability B_u = τ²/(τ² + v_u), 0 to 1; the shrunken score

    θ̃_u = B_u·y_u + (1 − B_u)·x_uᵀβ̂                                   in the unit of y

`se` is that of metafor's blup, √(B_u·v_u + (1−B_u)²·x_uᵀcov(β̂)x_u): τ² taken as known. `mse` is
Prasad and Rao's, which adds that τ² was estimated: g1 + g2 + 2·g3 with g1 = B_u·v_u, g2 as above,
g3 = v_u²/(τ²+v_u)³·var(τ̂²), and var(τ̂²) = 2/tr W² (the asymptotic variance for REML and ML; for
the moment estimators 2k/(Σw)²).

Fay & Herriot (1979), JASA 74:269-277; Morris (1983), JASA 78:47-55; Prasad & Rao (1990), JASA
85:163-171, (2.15), (3.7); Datta & Lahiri (2000), Statistica Sinica 10:613-627, theorem 1 (ML has a
bias term more, which is left out here: g3 is small against it only for few units).

What goes wrong: v_u itself is an estimate; a unit with five equal votes has v̂ = 0 and would keep
its score whole, so smooth first (`smooth_variances`). Shrinkage pulls small *good* units down: it
is shown beside the direct score, never instead of it, never across comparison groups. Fewer than
8 units: τ² is hardly known, and a note says so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.ranks.between_variance import (
    TauMethod,
    Weighted,
    between_variance,
    degrees,
    log_likelihood,
    q_profile,
)
from forms.problems import N_

Floats = NDArray[np.float64]

FEW = 8


@dataclass(frozen=True, slots=True)
class Shrunken:
    """τ² with its Q-profile interval, β with its covariance, and by unit θ̃, se, mse and B_u.

    `q` is Cochran's Q (at τ² = 0) with `df`; `i2` the share of variance between units in per cent.
    """

    tau2: Estimate
    beta: Floats
    beta_cov: Floats
    blup: Floats
    se: Floats
    mse: Floats
    reliability: Floats
    q: float
    df: int
    i2: float
    log_likelihood: float
    notes: tuple[Note, ...]


def shrink(
    y: Floats,
    errors: Floats,
    x: Floats | None = None,
    *,
    method: TauMethod = "REML",
    level: float = 0.95,
) -> Shrunken:
    """Shrink the scores y with standard errors `errors` (k); x (k × q) has its own intercept.

    NoEstimate where an error is not above 0, the columns of x are dependent, or k <= q.
    """
    y, errors = np.asarray(y, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    x = np.ones((len(y), 1)) if x is None else np.asarray(x, dtype=np.float64)
    _check(y, errors, x)
    scale = float(np.exp(np.log(errors).mean()))
    inner = _fit(y / scale, (errors / scale) ** 2, x, method)
    lo, hi = q_profile(y / scale, (errors / scale) ** 2, x, level)
    tau2 = inner.tau2 * scale**2
    at = Weighted(y, errors**2, x, tau2)
    at_zero = Weighted(y, errors**2, x, 0.0)
    df = degrees(x)
    typical = df / at_zero.trace_p
    trust = tau2 * at.w
    pull = (1 - trust) ** 2 * np.einsum("ij,jk,ik->i", x, at.beta_cov, x)
    known = trust * errors**2 + pull
    notes = _notes(len(y), tau2)
    return Shrunken(
        tau2=Estimate(tau2, None, df, lo * scale**2, hi * scale**2, len(y), method, notes),
        beta=at.beta,
        beta_cov=at.beta_cov,
        blup=trust * y + (1 - trust) * (x @ at.beta),
        se=np.sqrt(known),
        mse=known + 2 * errors**4 * at.w**3 * _tau_variance(at, method),
        reliability=trust,
        q=at_zero.q,
        df=df,
        i2=100 * tau2 / (tau2 + typical),
        log_likelihood=log_likelihood(at, x, is_restricted=method == "REML"),
        notes=notes,
    )


def blup_estimates(found: Shrunken, level: float = 0.95) -> list[Estimate]:
    """θ̃ of each unit with a normal interval from `se`."""
    z = float(ndtri((1 + level) / 2))
    return [
        Estimate(value, se, None, value - z * se, value + z * se, None, "blup")
        for value, se in zip(found.blup.tolist(), found.se.tolist(), strict=True)
    ]


def smooth_variances(variances: Floats, n: Floats) -> Floats:
    """A generalised variance function: the pooled variance of one vote over n_u, for each unit.

    s² = Σ(n_u − 1)·n_u·v_u / Σ(n_u − 1), v_u = s²/n_u. Units with one vote lend nothing and get
    theirs. Wolter (2007), Introduction to Variance Estimation, chapter 7.
    """
    variances, n = np.asarray(variances, dtype=np.float64), np.asarray(n, dtype=np.float64)
    lent = n > 1
    if not lent.any():
        raise NoEstimate("too_few", Note(N_("每个对象都不足2票，估不出一票的方差")))
    pooled = float(((n - 1) * n * variances)[lent].sum() / (n - 1)[lent].sum())
    return pooled / n


def _fit(y: Floats, v: Floats, x: Floats, method: TauMethod) -> Weighted:
    return Weighted(y, v, x, between_variance(y, v, x, method))


def _check(y: Floats, errors: Floats, x: Floats) -> None:
    if len(y) <= x.shape[1]:
        raise NoEstimate(
            "too_few",
            Note(
                N_("只有{n}个对象，至少要{least}个才估得出对象之间的差异"),
                {"n": len(y), "least": x.shape[1] + 1},
            ),
        )
    if not (errors > 0).all():
        raise NoEstimate(
            "undefined",
            Note(
                N_("有{n}个对象的标准误不大于0，请先把方差平滑（合并方差除以票数）"),
                {"n": int((~(errors > 0)).sum())},
            ),
        )
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NoEstimate("undefined", Note(N_("协变量之间线性相关，请去掉多余的列")))


def _tau_variance(at: Weighted, method: TauMethod) -> float:
    if method in ("REML", "ML"):
        return 2.0 / float((at.w**2).sum())
    return 2.0 * len(at.w) / float(at.w.sum()) ** 2


def _notes(k: int, tau2: float) -> tuple[Note, ...]:
    notes = []
    if k < FEW:
        notes.append(Note(N_("只有{n}个对象，对象间方差很不可靠"), {"n": k}))
    if tau2 == 0:
        notes.append(
            Note(N_("对象间方差估计为0：数据分不出对象的高低，全部收缩到预期值；请看它的区间"))
        )
    return tuple(notes)
