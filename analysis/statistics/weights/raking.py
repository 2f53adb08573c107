"""Raking (iterative proportional fitting): weights that meet several margins at once.

w_c = d_c · Π_m a_m[level of c in m]; the factors a of one margin after the other are set so that
Σ w over each level equals its total, and so on until all margins hold at the same time.

Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427–444; as a calibration
with exponential distance Deville, Särndal & Sautory (1993), JASA 88, §2. Standard errors: the
residuals of the outcome on the margins' indicators, weighted by the raked weights (`projection`).

What goes wrong: zero cells can make margins contradict each other – then there is no answer; it
cannot repair selection on the answer itself. Differences from R `survey::rake`: the criterion is
relative to each target, max |Σw − N|/N < 1e-12, instead of the absolute change of cells; margins
that disagree in total are rescaled to the first with a note instead of ending without convergence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import (
    Codes,
    Floats,
    Margin,
    agreed,
    check,
    level_sums,
    numbered,
)
from forms.problems import N_

TOLERANCE = 1e-12
ROUNDS = 2000


@dataclass(frozen=True, slots=True)
class MarginReport:
    """One margin before and after: sums of weights and targets by level."""

    name: str
    levels: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    target: tuple[float, ...]
    deviation: float
    """The largest |after − target| / target."""


@dataclass(frozen=True, slots=True)
class CellWeights:
    """Weights by cell: `factor[c]` multiplies every starting weight in cell c.

    With counts of persons as starting weights the factor is the weight of each person.
    """

    factor: Floats
    iterations: int
    margins: tuple[MarginReport, ...]
    notes: tuple[Note, ...] = ()

    @property
    def deviation(self) -> float:
        """The largest relative deviation left in any margin."""
        return max((one.deviation for one in self.margins), default=0.0)


def rake_cells(
    counts: Floats | Codes,
    levels: Codes,
    targets: Sequence[Sequence[float] | Floats | Margin],
    *,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
) -> CellWeights:
    """Rake cells to margins. Cost depends on the number of cells, not of persons.

    `counts` (cells): persons in each cell, or the sum of their design weights. `levels`
    (cells × margins): the level of each cell in each margin, as numbers from 0. `targets`: for
    each margin the totals by level, in persons or shares.
    Raises InputError naming each category without target or target without data, NoEstimate
    ("not_converged") where the margins contradict each other in these cells.
    """
    start = np.asarray(counts, dtype=np.float64)
    named = [
        one if isinstance(one, Margin) else numbered(str(place + 1), np.asarray(one).tolist())
        for place, one in enumerate(targets)
    ]
    codes = [np.asarray(levels)[:, place] for place in range(len(named))]
    _require_known(codes, named)
    before = [level_sums(start, code, one) for code, one in zip(codes, named, strict=True)]
    check(named, before)
    margins, notes = agreed(named)
    factor, done = _fit(start, codes, margins, tolerance, rounds)
    reports = tuple(
        report(one, was, level_sums(start * factor, code, one))
        for one, code, was in zip(margins, codes, before, strict=True)
    )
    return CellWeights(factor, done, reports, notes)


def rake(
    weights: Floats,
    codes: Codes,
    margins: Sequence[Margin],
    *,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
) -> tuple[Floats, CellWeights, Codes]:
    """Rake rows: the raked weights, the fit by cell, and the cell of each row.

    `codes` (rows × margins) are brought to cells first; a cell is one combination of levels found.
    """
    shape = [len(one.levels) for one in margins]
    key = np.zeros(len(weights), dtype=np.int64)
    for size, code in zip(shape, codes.T, strict=True):
        key = key * size + code
    found, first, cell = np.unique(key, return_index=True, return_inverse=True)
    sums = np.bincount(cell, weights, minlength=len(found))
    fit = rake_cells(sums, codes[first], margins, tolerance=tolerance, rounds=rounds)
    return weights * fit.factor[cell], fit, cell


def report(margin: Margin, before: Floats, after: Floats) -> MarginReport:
    """A margin's sums of weights beside its targets."""
    target = np.array(margin.totals)
    has = target > 0
    gap = np.abs(after[has] - target[has]) / target[has]
    return MarginReport(
        margin.name,
        margin.levels,
        tuple(before.tolist()),
        tuple(after.tolist()),
        margin.totals,
        float(gap.max(initial=0.0)),
    )


def _fit(
    start: Floats, codes: list[Codes], margins: Sequence[Margin], tolerance: float, rounds: int
) -> tuple[Floats, int]:
    targets = [np.array(one.totals) for one in margins]
    factor = np.ones(len(start))
    worst = np.inf
    for done in range(rounds + 1):
        worst = 0.0
        for code, target in zip(codes, targets, strict=True):
            sums = np.bincount(code, start * factor, minlength=len(target))
            ratio = np.divide(target, sums, out=np.ones(len(target)), where=sums > 0)
            worst = max(worst, float(np.abs(ratio[target > 0] - 1).max(initial=0.0)))
            factor = factor * ratio[code]
        if worst < tolerance:
            return factor, done
        if not np.isfinite(worst):
            break
    raise NoEstimate(
        "not_converged",
        Note(
            N_(
                "加权迭代 {rounds} 轮仍未收敛（最大相对偏差 {gap}）："
                "各边际在现有单元格中互相矛盾，请合并过小的类别"
            ),
            {"rounds": rounds, "gap": f"{worst:.3g}"},
        ),
    )


def _require_known(codes: list[Codes], margins: Sequence[Margin]) -> None:
    """Levels beyond the end of the targets, told by name like any other without a target."""
    for code, margin in zip(codes, margins, strict=True):
        top = int(code.max(initial=-1)) + 1
        if top > len(margin.levels):
            extra = tuple(map(str, range(len(margin.levels), top)))
            longer = Margin(margin.name, margin.levels + extra, margin.totals + (0.0,) * len(extra))
            check([longer], [level_sums(np.ones(len(code)), code, longer)])
