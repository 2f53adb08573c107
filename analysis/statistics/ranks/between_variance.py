"""The variance between units, τ², of the normal-normal (Fay-Herriot) model, by seven methods.

y_u ~ N(θ_u, v_u) with known v_u, θ_u ~ N(x_uᵀβ, τ²); k units, q columns of X, w_u = 1/(v_u + τ²),
P = W − WX(XᵀWX)⁻¹XᵀW, all in the squared unit of the scores:

    ML, REML  scoring on the (restricted) likelihood: τ² += [yᵀPPy − tr W or tr P] / tr(W² or PP)
    DL        (Q − (k−q)) / tr P at τ² = 0, with Q = yᵀPy       DerSimonian & Laird 1986
    HE        (residual sum of squares − tr((I−H)V)) / (k−q), unweighted       Hedges 1985
    SJ        τ0²·yᵀPy / (k−q) at τ² = τ0² = Σ(y−ȳ)²/k                    Sidik & Jonkman 2005
    PM, EB    the τ² at which yᵀPy = k − q (one equation, two derivations)
              Paule & Mandel 1982; Morris 1983

Source: Viechtbauer (2005), JEBS 30(3):261-293, section 2; Rao & Molina (2015), section 6.1.2.
Negative solutions are 0. What goes wrong: τ² = 0 on the boundary says "nothing to tell the units
apart" far too confidently: show its interval. SJ is never 0, by construction.

Interval: Q-profile, the τ² at which yᵀPy equals the quantiles of χ²(k−q); exact for normal data,
whatever the estimator (Viechtbauer 2007, Statistics in Medicine 26:37-52). It may leave out the
estimate, and both its ends may be 0.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtri

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
TauMethod = Literal["REML", "ML", "DL", "PM", "EB", "SJ", "HE"]

STEPS = 200
CLOSE = 1e-12


class Weighted:
    """The regression at one τ²: β, its covariance, residual quadratic forms and traces."""

    def __init__(self, y: Floats, v: Floats, x: Floats, tau2: float) -> None:
        self.tau2 = tau2
        self.w: Floats = 1.0 / (v + tau2)
        self._weighted = x * self.w[:, None]
        self.information = x.T @ self._weighted
        self.beta_cov: Floats = np.asarray(np.linalg.inv(self.information), dtype=np.float64)
        self.beta: Floats = self.beta_cov @ (self._weighted.T @ y)
        self.residual: Floats = y - x @ self.beta
        self.q = float(self.w @ self.residual**2)

    @property
    def trace_p(self) -> float:
        """tr P = Σw − tr((XᵀWX)⁻¹XᵀW²X)."""
        return float(self.w.sum() - np.sum(self.beta_cov * self._squares()))

    @property
    def trace_pp(self) -> float:
        """tr PP."""
        second = self.beta_cov @ self._squares()
        cubes = (self._weighted * self.w[:, None]).T @ self._weighted
        twice = float(np.sum(self.beta_cov * cubes))
        return float((self.w**2).sum()) - 2 * twice + float(np.trace(second @ second))

    @property
    def py(self) -> Floats:
        """Py = W(y − Xβ)."""
        product: Floats = self.w * self.residual
        return product

    def _squares(self) -> Floats:
        squares: Floats = self._weighted.T @ self._weighted
        return squares


def between_variance(y: Floats, v: Floats, x: Floats, method: TauMethod = "REML") -> float:
    """τ² by one of the methods. y, v: (k,); x: (k, q) of full rank with k > q; all v > 0."""
    if method in ("PM", "EB"):
        return _root(y, v, x, float(degrees(x)))
    if method == "DL":
        at_zero = Weighted(y, v, x, 0.0)
        return max(0.0, (at_zero.q - degrees(x)) / at_zero.trace_p)
    if method == "HE":
        return _hedges(y, v, x)
    if method == "SJ":
        return _sidik_jonkman(y, v, x)
    return _scoring(y, v, x, is_restricted=method == "REML")


def degrees(x: Floats) -> int:
    """k − q: units less columns."""
    return int(x.shape[0] - x.shape[1])


def q_profile(y: Floats, v: Floats, x: Floats, level: float) -> tuple[float, float]:
    """The interval of τ² at this level."""
    df = degrees(x)
    tail = (1 - level) / 2
    return _root(y, v, x, float(chdtri(df, tail))), _root(y, v, x, float(chdtri(df, 1 - tail)))


def log_likelihood(at: Weighted, x: Floats, *, is_restricted: bool) -> float:
    """ln L; restricted with +½ ln|XᵀX| as metafor has it, so that it is comparable with lm."""
    k, df = len(x), degrees(x)
    whole = float(np.log(at.w).sum()) - at.q
    if not is_restricted:
        return 0.5 * (whole - k * float(np.log(2 * np.pi)))
    _, plain = np.linalg.slogdet(x.T @ x)
    _, weighted = np.linalg.slogdet(at.information)
    return 0.5 * (whole - df * float(np.log(2 * np.pi)) + float(plain) - float(weighted))


def _root(y: Floats, v: Floats, x: Floats, target: float) -> float:
    """The τ² >= 0 at which the falling yᵀPy meets the target; 0 where it starts below."""

    def excess(tau2: float) -> float:
        return float(Weighted(y, v, x, tau2).q) - target

    if excess(0.0) <= 0:
        return 0.0
    above = float(v.max())
    while excess(above) > 0:
        above *= 4
    return float(brentq(excess, 0.0, above, xtol=1e-14 * above, rtol=1e-13))


def _hedges(y: Floats, v: Floats, x: Floats) -> float:
    basis, _ = np.linalg.qr(x)
    residual = y - basis @ (basis.T @ y)
    leverage = (basis**2).sum(axis=1)
    return max(0.0, float(residual @ residual - ((1 - leverage) * v).sum()) / degrees(x))


def _sidik_jonkman(y: Floats, v: Floats, x: Floats) -> float:
    start = float(np.mean((y - y.mean()) ** 2))
    if start <= 0:
        return 0.0
    return Weighted(y, v / start, x, 1.0).q / degrees(x)


def _scoring(y: Floats, v: Floats, x: Floats, *, is_restricted: bool) -> float:
    """Fisher scoring, steps halved where they would leave τ² >= 0."""
    tau2 = _hedges(y, v, x)
    scale = float(v.mean()) + tau2
    for _ in range(STEPS):
        at = Weighted(y, v, x, tau2)
        square = float(at.py @ at.py)
        if is_restricted:
            step = (square - at.trace_p) / at.trace_pp
        else:
            step = (square - float(at.w.sum())) / float((at.w**2).sum())
        if tau2 == 0 and step <= 0:
            return 0.0
        after = max(0.0, tau2 + step)
        if abs(after - tau2) <= CLOSE * scale:
            return after
        tau2 = after
    raise NoEstimate(
        "not_converged",
        Note(N_("{n}步之内单位间方差没有收敛，可改用 PM 方法"), {"n": STEPS}),
    )
