"""Which source decides the result: shares of variance, alone and with interactions.

Y = f(X_1 … X_d) with independent X_i. First order S_i = V[E(Y|X_i)]/V(Y): what is gone once X_i is
known. Total T_i = E[V(Y|all but X_i)]/V(Y): what is left once all others are known. T_i = 0 means
X_i does not matter; ΣS_i = 1 means no interactions. From n points A, n points B, and A with column
i out of B (AB_i), (d + 2)·n evaluations:

    S_i = mean(f_B·(f_ABi − f_A)) / V      Saltelli et al. (2010), table 2 (b)
    T_i = mean((f_A − f_ABi)²) / (2·V)     Jansen (1999), table 2 (f)

with f centred at its mean and V the variance over A and B. Points are scrambled Sobol' sequences,
whose error falls nearly as 1/n; `se` is that of plain sampling and so errs on the safe side.

Discrete choices (which transform, whether to trim) are sources too: u in [0, 1) picks one.

Linear composite Σ a_i·X_i: S_i = T_i = a_i²·σ_i²/Σ a_j²·σ_j², in closed form (`linear_shares`).
With weights 0.6/0.3/0.1 and SDs 5/8/12 the shares are 0.556/0.356/0.089: weights are not
importance. Correlated parts have no such split: analysis.effective_weights then gives
Cov(part, total)/V(total).

Saltelli, Annoni, Azzini, Campolongo, Ratto & Tarantola (2010), Computer Physics Communications
181:259-270; agrees with SALib (which does not scramble). What goes wrong: correlated inputs; n not
a power of 2; a small S_i of either sign, which is noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Design:
    """Points in the unit cube: `a` and `b` (n × d), `ab[i]` is a with column i out of b."""

    a: Floats
    b: Floats
    ab: Floats


@dataclass(frozen=True, slots=True)
class Indices:
    """First-order and total indices (d) with standard errors, and the variance of Y."""

    first: Floats
    first_se: Floats
    total: Floats
    total_se: Floats
    variance: float


def design(d: int, exponent: int, seed: int) -> Design:
    """2^exponent points for d sources."""
    points = qmc.Sobol(2 * d, scramble=True, rng=np.random.default_rng(seed)).random_base2(exponent)
    a, b = points[:, :d], points[:, d:]
    mixed = np.repeat(a[None], d, axis=0)
    for i in range(d):
        mixed[i, :, i] = b[:, i]
    return Design(a, b, mixed)


def indices(f_a: Floats, f_b: Floats, f_ab: Floats) -> Indices:
    """The indices from the model's values at a (n), b (n) and ab (d × n)."""
    both = np.concatenate([f_a, f_b])
    centre, variance = float(both.mean()), float(both.var())
    if not np.ptp(both) > 0:
        raise NoEstimate("undefined", Note(N_("模型的结果处处相同，没有方差可分解")))
    f_a, f_b, f_ab = f_a - centre, f_b - centre, f_ab - centre
    first = f_b * (f_ab - f_a) / variance
    total = (f_a - f_ab) ** 2 / (2 * variance)
    root = float(np.sqrt(len(f_a)))
    return Indices(
        first.mean(axis=1),
        first.std(axis=1) / root,
        total.mean(axis=1),
        total.std(axis=1) / root,
        variance,
    )


def linear_shares(coefficients: Floats, sds: Floats) -> tuple[Floats, float]:
    """S_i of Σ a_i·X_i with independent sources of these standard deviations, and V."""
    parts = (np.asarray(coefficients, dtype=np.float64) * np.asarray(sds, dtype=np.float64)) ** 2
    variance = float(parts.sum())
    if not variance > 0:
        raise NoEstimate("undefined", Note(N_("各来源都没有差异，没有方差可分解")))
    return parts / variance, variance
