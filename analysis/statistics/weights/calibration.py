"""Calibration: the weights closest to the design weights that reproduce known totals.

min Σ d_i G(w_i/d_i) subject to Σ w_i x_i = X. The solution is w_i = d_i F(x_i'λ) with
linear F(u) = 1 + u (GREG; closed form), raking F(u) = exp u, and
logit F(u) = [L(U−1) + U(1−L)e^{Au}] / [(U−1) + (1−L)e^{Au}], A = (U−L)/((1−L)(U−1)), which
keeps L < w/d < U. Bounds on the linear and raking distance cut F at L and U.

Source: Deville & Särndal (1992), JASA 87, 376–382, §2 (cases 1, 2, 6, 7); Deville, Särndal &
Sautory (1993). λ by Newton's method with halved steps; at most 500 steps, relative gap 1e-12.
Standard errors: g-weighted residuals on x with Q = d (`projection.linear_residuals`).

What goes wrong: linear weights may be negative (said in a note); bounds too narrow for the totals
have no solution – not_converged, never the last step. Difference from R `survey::calibrate`: the
gap is |Σw x − X| / max(|X|, Σ d|x|) instead of |·|/(1+|X|).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import Floats
from forms.problems import N_

Distance = Literal["linear", "raking", "logit"]
Curve = Callable[[Floats], tuple[Floats, Floats]]
TOLERANCE = 1e-12
STEPS = 500
HALVINGS = 60
STEEPEST = 700.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights` (rows), `factor` g = w/d (rows), Newton steps and the largest relative gap."""

    weights: Floats
    factor: Floats
    iterations: int
    deviation: float
    notes: tuple[Note, ...] = ()


def calibrate(
    weights: Floats,
    x: Floats,
    totals: Floats,
    distance: Distance = "linear",
    bounds: tuple[float, float] | None = None,
    *,
    tolerance: float = TOLERANCE,
    steps: int = STEPS,
) -> Calibration:
    """Calibrate design `weights` d (rows) on `x` (rows × p) with population `totals` X (p).

    x usually has a column of ones, X then the number of persons. `bounds` (L, U) hold for w/d;
    logit needs them, with L < 1 < U.
    """
    curve = _curve(distance, bounds)
    scale = np.maximum(np.abs(totals), np.abs(x).T @ weights)
    scale = np.where(scale > 0, scale, 1.0)
    scaled, wanted = x / scale, totals / scale
    factor, done, gap = _newton(weights, scaled, wanted, curve, tolerance, steps)
    made = weights * factor
    notes: tuple[Note, ...] = ()
    if (made < 0).any():
        notes = (
            Note(
                N_("有 {n} 个权数为负；可改用 raking 距离，或给出上下限"),
                {"n": int((made < 0).sum())},
            ),
        )
    return Calibration(made, factor, done, gap, notes)


def _newton(
    d: Floats, x: Floats, wanted: Floats, curve: Curve, tolerance: float, steps: int
) -> tuple[Floats, int, float]:
    """Solve Σ d F(x'λ) x = X for λ; each step is halved until the misfit is smaller."""
    slope = np.zeros(x.shape[1])
    factor, rise = curve(x @ slope)
    misfit = wanted - x.T @ (d * factor)
    gap = float(np.abs(misfit).max(initial=0.0))
    for done in range(steps):
        if gap < tolerance:
            return factor, done, gap
        hessian = x.T @ (x * (d * rise)[:, None])
        step = np.linalg.lstsq(hessian, misfit, rcond=None)[0]
        for _ in range(HALVINGS):
            trial, rise = curve(x @ (slope + step))
            rest = wanted - x.T @ (d * trial)
            size = float(np.abs(rest).max(initial=0.0))
            if size < gap:
                break
            step = step / 2
        else:
            break
        slope, factor, misfit, gap = slope + step, trial, rest, size
    if gap < tolerance * 100:
        return factor, steps, gap
    raise NoEstimate(
        "not_converged",
        Note(
            N_("校准没有解（最大相对偏差 {gap}）：请放宽上下限，或去掉互相矛盾、几乎重复的总量"),
            {"gap": f"{gap:.3g}"},
        ),
    )


def _curve(distance: Distance, bounds: tuple[float, float] | None) -> Curve:
    """F and its derivative."""
    low, high = bounds if bounds is not None else (-np.inf, np.inf)
    if not low < 1 < high:
        raise NoEstimate("undefined", Note(N_("上下限必须把 1 夹在中间，例如 0.6,1.6")))
    if distance == "logit":
        if bounds is None or not np.isfinite([low, high]).all():
            raise NoEstimate("undefined", Note(N_("logit 校准需要上下限，例如 0.6,1.6")))
        return _logit(low, high)
    if distance == "linear":
        return _cut(lambda u: (1 + u, np.ones(len(u))), low, high)
    return _cut(lambda u: (np.exp(np.clip(u, -STEEPEST, STEEPEST)),) * 2, low, high)


def _cut(curve: Curve, low: float, high: float) -> Curve:
    def bounded(u: Floats) -> tuple[Floats, Floats]:
        value, rise = curve(u)
        return np.clip(value, low, high), np.where((value > low) & (value < high), rise, 0.0)

    return bounded


def _logit(low: float, high: float) -> Curve:
    a = (high - low) / ((1 - low) * (high - 1))

    def curve(u: Floats) -> tuple[Floats, Floats]:
        # Divided by e^{Au} where u > 0, so that no exponential overflows.
        small = np.exp(-np.abs(a * u))
        up, down = np.where(u > 0, 1.0, small), np.where(u > 0, small, 1.0)
        below = (high - 1) * down + (1 - low) * up
        value = (low * (high - 1) * down + high * (1 - low) * up) / below
        rise = a * (high - low) * (1 - low) * (high - 1) * up * down / below**2
        return value, rise

    return curve
