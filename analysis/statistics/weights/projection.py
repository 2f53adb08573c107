"""What is left of a linearised outcome once the margins explain their part.

A calibrated total has no error in the direction of its margins, so its variance is that of the
residuals e = z − x'B weighted by the calibrated weights ("g-weighted"): u_i = w_i e_i.

Source: Deville & Särndal (1992), JASA 87, §3, (3.4); Särndal, Swensson & Wretman (1992), §6.6.
On the published cluster sample post-stratified to school type, leaving g out gives 23.5037
instead of 23.9204864450904.

R `survey` takes out the means of one margin after the other, rows counting equally, ten times over;
`margin_residuals` does the same on cells, or as many times as wanted. `cell_projection` is the
limit of that, solved at once; ten passes are within about 1e-6 of it for margins as far from
independent as those of the published stratified sample. Where starting weights are unequal, B with
equal and B with design weights differ a little: equal is R's for raking, design-weighted is the
linearisation of Deville & Särndal and what R does after post-stratification and calibration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.statistics.weights.margins import Codes, Floats

PASSES = 10


@dataclass(frozen=True, slots=True)
class CellProjection:
    """Least squares on indicators of the margins' levels, solved on cells.

    `design` (cells × columns) holds the indicators; `inverse` (columns × columns) a pseudo-inverse
    of X'QX with Q the diagonal of `mass` (cells), the sum of regression weights in each cell.
    """

    design: Floats
    inverse: Floats
    mass: Floats

    def fitted(self, sums: Floats) -> Floats:
        """x'B for each cell, from Σ q z by cell; the last axis is the cells."""
        return (sums @ self.design @ self.inverse) @ self.design.T


def cell_projection(levels: Codes, sizes: Sequence[int], mass: Floats) -> CellProjection:
    """The projection for cells with `levels` (cells × margins), margins having `sizes` levels.

    `mass` (cells): the number of rows of each cell ("equal") or the sum of their design weights
    ("design"). The indicators of all margins add up to the same constant, hence the pseudo-inverse.
    """
    rows = np.arange(len(levels))
    design = np.zeros((len(levels), sum(sizes)))
    start = 0
    for place, size in enumerate(sizes):
        design[rows, start + levels[:, place]] = 1.0
        start += size
    gram = design.T @ (design * mass[:, None])
    inverse = np.linalg.pinv(gram, hermitian=True).astype(np.float64)
    return CellProjection(design, inverse, mass)


def margin_residuals(
    weighted: Floats,
    base: Floats,
    cell: Codes,
    levels: Codes,
    regression: Floats | None = None,
    passes: int = PASSES,
) -> Floats:
    """u_i = w_i e_i for rows, from `weighted` (rows × k) = w_i z_i.

    `base` (rows): the calibrated weights w; `cell` (rows): the cell of each row; `levels`
    (cells × margins). `regression` (rows): design weights for B, none for R's equal ones. With one
    margin a single pass is exact. Rows of weight 0 say nothing and keep 0.
    """
    q = np.ones(len(base)) if regression is None else regression
    n = len(levels)
    safe = np.where(base > 0, base, 1.0)
    mass = np.bincount(cell, q, minlength=n).astype(np.float64)
    sums = [np.bincount(cell, q * column / safe, minlength=n) for column in weighted.T]
    means = np.column_stack(sums) / np.where(mass > 0, mass, 1.0)[:, None]
    left = means
    for _ in range(passes if levels.shape[1] > 1 else 1):
        for level in levels.T:
            left = left - _level_means(left, level, mass)[level]
    return weighted - base[:, None] * (means - left)[cell]


def _level_means(values: Floats, level: Codes, mass: Floats) -> Floats:
    total = np.bincount(level, mass)
    sums = [np.bincount(level, mass * column) for column in values.T]
    means: Floats = np.column_stack(sums) / np.where(total > 0, total, 1.0)[:, None]
    return means


def linear_residuals(weighted: Floats, base: Floats, x: Floats, regression: Floats) -> Floats:
    """u_i = w_i e_i with e the residuals of z on numeric variables `x` (rows × p), Q = d."""
    safe = np.where(base > 0, base, 1.0)
    root = np.sqrt(regression)[:, None]
    z = weighted / safe[:, None]
    b = np.linalg.lstsq(x * root, z * root, rcond=None)[0]
    return weighted - base[:, None] * (x @ b)
