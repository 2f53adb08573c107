"""Straight-line regression under a design.

Binder (1983), Int. Stat. Review 51, pp. 279-292; Särndal, Swensson & Wretman (1992) §5.10;
Lumley (2010) §5.2.
"""

from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.statistics.design.design import Design, Floats, Rows
from analysis.statistics.design.linearisation import Linear, covariance
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class Regression:
    """`of.value` the coefficients (k,), `covariance` theirs (k, k), `df` = #PSU − #strata + 1 − k.

    `residual` (rows,) is 0 outside; `n` the rows used.
    """

    of: Linear
    covariance: Floats
    df: int
    residual: Floats
    n: int


def regression(design: Design, y: Floats, x: Floats, inside: Rows | None = None) -> Regression:
    """b = (XᵀWX)⁻¹ XᵀW y for X (rows, k), the column of ones included by the caller.

    z = w e x (XᵀWX)⁻¹ with e = y − x b; V(b) is the design covariance of the totals of z, right
    also where the line does not fit. Rows with a missing value stay in the design with z = 0.
    """
    taken = ~(np.isnan(y) | np.isnan(x).any(axis=1)) & (design.weights > 0)
    taken = taken if inside is None else taken & inside
    full = np.where(taken[:, None], x, 0.0)
    w = np.where(taken, design.weights, 0.0)
    root = np.sqrt(w)[:, None] * full
    lengths = np.sqrt((root**2).sum(axis=0))
    if (lengths == 0).any() or np.linalg.matrix_rank(root / lengths) < x.shape[1]:
        note = Note(N_("自变量之间完全相关，或行数少于系数，无法回归；请去掉多余的自变量"))
        raise NoEstimate("undefined", note)
    target = np.where(taken, y, 0.0)
    scaled = np.linalg.lstsq(root / lengths, np.sqrt(w) * target, rcond=None)[0]
    b = scaled / lengths
    residual = target - full @ b
    inverse = np.linalg.inv((root / lengths).T @ (root / lengths)) / np.outer(lengths, lengths)
    z = (w * residual)[:, None] * full @ inverse
    of = Linear(b, z, np.repeat(taken[:, None], len(b), axis=1))
    df = design.degrees(taken) + 1 - len(b)
    return Regression(of, covariance(design, of), df, residual, int(taken.sum()))
