"""Stuart–Maxwell: do two raters use the categories equally often?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StuartMaxwell:
    chisq: float
    df: int
    p: float
    n: int


def stuart_maxwell(counts: Floats) -> StuartMaxwell:
    """Test of marginal homogeneity of the square table of joint counts n_ij of two raters.

    d_i = n_i. − n_.i, V_ii = n_i. + n_.i − 2n_ii, V_ij = −(n_ij + n_ji); χ² = dᵀV⁻¹d over all
    categories but one, whichever, with rank(V) degrees of freedom.
    Source: Stuart 1955; Maxwell 1970, p. 652; with two categories it is McNemar's test.

    What goes wrong: categories on whose use both agree in every unit (V row zero) carry no
    information; the rank takes care of them and of blocks that never mix. Deliberate difference:
    irr::stuart.maxwell.mh drops every category with equal margins before inverting, which loses
    its covariances; the two agree where no margins are equal.
    """
    n = float(counts.sum())
    if n < 1:
        raise NoEstimate("too_few", Note(N_("没有一个对象同时得到两个人的评分")))
    row, column = counts.sum(axis=1), counts.sum(axis=0)
    difference = row - column
    variance = np.diag(row + column) - (counts + counts.T)
    rank = int(np.linalg.matrix_rank(variance))
    if rank == 0:
        raise NoEstimate("undefined", Note(N_("两个人的评分处处相同，没有可检验的差别")))
    chisq = float(difference @ np.linalg.pinv(variance, hermitian=True) @ difference)
    return StuartMaxwell(chisq, rank, float(special.chdtrc(rank, chisq)), int(n))
