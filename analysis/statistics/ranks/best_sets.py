"""Who is certainly, or could be, among the τ best or the τ worst.

The set of units that could be among the τ best holds all of the true τ best with the stated
probability: those whose simultaneous rank set reaches rank τ or better, {j : L_j <= τ}; for the
worst {j : U_j > p − τ}. The other way round, a unit whose whole set is at τ or better (U_j <= τ) is
certainly among the best.

Mogstad, Romano, Shaikh & Wilhelm (2024), section 3.5 (τ-best by projection); csranks::cstaubest.
With τ >= p every unit belongs. What goes wrong: reading membership as "is among the best".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.ranks.rank_sets import RankSets

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BestSets:
    """Masks over units: could be among the τ best, is certainly; the same for the τ worst."""

    best: Bools
    surely_best: Bools
    worst: Bools
    surely_worst: Bools


def best_sets(sets: RankSets, tau: int) -> BestSets:
    """Read the sets off simultaneous rank sets; marginal ones do not carry the probability."""
    p = len(sets.lo)
    return BestSets(
        best=sets.lo <= tau,
        surely_best=sets.hi <= tau,
        worst=sets.hi > p - tau,
        surely_worst=sets.lo > p - tau,
    )
