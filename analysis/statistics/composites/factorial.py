"""Which of a few choices decides a result: shares of variance over every combination of them.

Y is known at all 2^k combinations of k choices, each of them with two levels of equal weight. Then
the variance splits exactly, with nothing drawn at random:

    S_i = V[E(Y|X_i)] / V(Y)        what is gone once choice i is known
    T_i = E[V(Y|all but X_i)] / V(Y)    what is left once all others are known

T_i − S_i is the part that choice i has only together with others; 1 − ΣS_i is all of that. These
are the indices of `sobol` with a design that leaves nothing out, and the shares of the sums of
squares of a 2^k factorial experiment.

Saltelli et al. (2008), Global Sensitivity Analysis: The Primer, §1.2.10-1.2.15; Box, Hunter &
Hunter (2005), Statistics for Experimenters, ch. 5. What goes wrong: levels that nobody would
choose weigh as much as likely ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """First-order and total shares of each choice, and the variance of Y."""

    first: tuple[float, ...]
    total: tuple[float, ...]
    variance: float

    @property
    def joint(self) -> float:
        """The share that choices have only together."""
        return max(0.0, 1 - sum(self.first))


def factorial_shares(y: Floats) -> Shares:
    """The shares from the results `y`, one axis of length 2 for each choice."""
    values = np.asarray(y, dtype=np.float64)
    if values.ndim == 0 or not np.ptp(values) > 0:
        raise NoEstimate("undefined", Note(N_("所有组合的结果相同，没有方差可分解")))
    variance = float(values.var())
    axes = range(values.ndim)
    first = [
        float(values.mean(axis=tuple(one for one in axes if one != axis)).var()) for axis in axes
    ]
    total = [float(values.var(axis=axis).mean()) for axis in axes]
    return Shares(
        tuple(one / variance for one in first), tuple(one / variance for one in total), variance
    )
