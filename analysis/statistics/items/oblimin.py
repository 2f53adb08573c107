"""Oblique rotation of loadings to simple structure."""

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.items.moments import Floats
from forms.problems import N_

STEPS = 2000
SLACK = 1e-6


def quartimin(loadings: Floats) -> tuple[Floats, Floats]:
    """Pattern L = A(Tᵀ)⁻¹ (k, m) and factor correlations Φ = TᵀT that make
    Σ_i Σ_{p<q} L²_ip L²_iq least, by gradient projection from T = I.

    This is direct oblimin with γ = 0, the rotation `psych::omega` starts from. A (k, m) unrotated
    loadings. No Kaiser normalisation. The start at I makes the answer repeatable; another local
    minimum is possible with badly separated factors.

    Source: Jennrich & Sampson 1966, Psychometrika 31, p. 313; Bernaards & Jennrich 2005, Educ.
    Psychol. Meas. 65, p. 676 (gradient projection, algorithm GPFoblq).
    """
    m = loadings.shape[1]
    turn = np.eye(m)
    if m == 1:
        return loadings, turn
    step = 1.0
    pattern = loadings.copy()
    value, gradient = _criterion(pattern)
    for _ in range(STEPS):
        slope = -(pattern.T @ gradient @ np.linalg.inv(turn)).T
        projected = slope - turn * (turn * slope).sum(axis=0)
        size = float(np.sqrt((projected**2).sum()))
        if size < SLACK:
            return pattern, turn.T @ turn
        step *= 2
        for _ in range(40):
            trial = turn - step * projected
            trial /= np.sqrt((trial**2).sum(axis=0))
            moved = loadings @ np.linalg.inv(trial).T
            new_value, new_gradient = _criterion(moved)
            if value - new_value > 0.5 * size**2 * step:
                break
            step /= 2
        turn, pattern, value, gradient = trial, moved, new_value, new_gradient
    raise NoEstimate("not_converged", Note(N_("因子旋转没有收敛；减少因子后再算")))


def _criterion(pattern: Floats) -> tuple[float, Floats]:
    square = pattern**2
    others = square.sum(axis=1, keepdims=True) - square
    return float((square * others).sum()) / 4, pattern * others
