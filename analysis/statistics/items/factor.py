"""Exploratory factor analysis of a correlation matrix: minimum residuals or maximum likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.items.moments import Floats, inverse_diagonal
from forms.problems import N_

Method = Literal["minres", "ml"]
LOWEST = 0.005
SLACK = 1e-4


@dataclass(frozen=True, slots=True)
class Factors:
    """Unrotated loadings (k, m), uniquenesses (k,) and whether one of them hit its bound."""

    loadings: Floats
    uniqueness: Floats
    is_heywood: bool


def factors(r: Floats, m: int, method: Method = "minres") -> Factors:
    """R ≈ ΛΛᵀ + diag(ψ), Λ (k, m), 0.005 ≤ ψ ≤ 1.

    minres: the sum of squared off-diagonal residuals is least; as a function of ψ it is the sum of
    squares of the k − m smallest eigenvalues of R − diag(ψ). ml: F = Σ_{j>m} (e_j − ln e_j − 1)
    over the smallest eigenvalues of ψ^−½ R ψ^−½. Both are minimised over ψ by L-BFGS-B with
    their gradients. Each factor is signed so that its loadings add to something positive.

    What goes wrong: too few items for the factors (needs (k − m)² ≥ k + m, refused otherwise
    except the just-identified three items of one factor); ψ at its bound ("Heywood case") is
    reported; ml needs R positive definite.

    Source: Harman & Jones 1966, Psychometrika 31, p. 351; Jöreskog 1967, Psychometrika 32,
    eq. (12)–(15); Lawley & Maxwell 1971, ch. 4. Agrees with psych::fa to its stopping rule.
    """
    k = len(r)
    if (k - m) ** 2 < k + m:
        raise NoEstimate(
            "too_few",
            Note(N_("{k} 道题不足以估计 {m} 个因子，请增加题目或减少因子"), {"k": k, "m": m}),
        )
    diagonal = inverse_diagonal(r)
    if method == "ml" and diagonal is None:
        raise NoEstimate("undefined", Note(N_("题目之间有完全重复的关系，不能用极大似然法")))
    loss = _least_squares if method == "minres" else _likelihood
    start = np.full(k, 0.5) if diagonal is None else np.clip(1 / diagonal, LOWEST, 1.0)
    psi = _minimise(loss, r, m, start)
    loadings = _minres_loadings(r, psi, m) if method == "minres" else _ml_loadings(r, psi, m)
    sign = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return Factors(loadings * sign, psi, bool((psi <= LOWEST * 1.001).any()))


Loss = Callable[[Floats, Floats, int], tuple[float, Floats]]


def _minimise(loss: Loss, r: Floats, m: int, start: Floats) -> Floats:
    psi = start
    for _ in range(3):  # a fresh start of the quasi-Newton memory polishes the last digits
        found = optimize.minimize(
            loss,
            psi,
            args=(r, m),
            jac=True,
            method="L-BFGS-B",
            bounds=[(LOWEST, 1.0)] * len(r),
            options={"maxiter": 2000, "ftol": 1e-16, "gtol": 1e-9},
        )
        psi = np.asarray(found.x)
    gradient = loss(psi, r, m)[1]
    free = ~((psi <= LOWEST) & (gradient > 0)) & ~((psi >= 1.0) & (gradient < 0))
    if np.abs(gradient[free]).max(initial=0.0) > SLACK:
        raise NoEstimate("not_converged", Note(N_("因子分析没有收敛；减少因子或增加答卷后再算")))
    return psi


def _least_squares(psi: Floats, r: Floats, m: int) -> tuple[float, Floats]:
    values, vectors = np.linalg.eigh(r - np.diag(psi))
    kept = np.maximum(values[-m:], 0.0)
    residual = r - np.diag(psi) - (vectors[:, -m:] * kept) @ vectors[:, -m:].T
    return float((residual**2).sum()), -2 * np.diag(residual)


def _minres_loadings(r: Floats, psi: Floats, m: int) -> Floats:
    values, vectors = np.linalg.eigh(r - np.diag(psi))
    return _largest(values, vectors, m, 0.0)


def _largest(values: Floats, vectors: Floats, m: int, less: float) -> Floats:
    """The m largest axes, greatest first, each scaled by the root of its eigenvalue less `less`."""
    scale = np.sqrt(np.maximum(values[-m:] - less, 0.0))
    loadings: Floats = (vectors[:, -m:] * scale)[:, ::-1]
    return loadings


def _likelihood(psi: Floats, r: Floats, m: int) -> tuple[float, Floats]:
    root = np.sqrt(psi)
    values = np.linalg.eigvalsh(r / np.outer(root, root))
    small = np.maximum(values[: len(r) - m], 1e-300)
    loadings = _ml_loadings(r, psi, m)
    residual = loadings @ loadings.T + np.diag(psi) - r
    return float((small - np.log(small) - 1).sum()), np.diag(residual) / psi**2


def _ml_loadings(r: Floats, psi: Floats, m: int) -> Floats:
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(r / np.outer(root, root))
    return root[:, None] * _largest(values, vectors, m, 1.0)
