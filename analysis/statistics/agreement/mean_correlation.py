"""Mean correlation of all pairs of raters, by values (Pearson) or by ranks (Spearman)."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.agreement.kendall import mid_ranks
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanCorrelation:
    """`estimate` through Fisher's z, `plain` the arithmetic mean of all defined pairs."""

    estimate: Estimate
    plain: float
    pairs: int
    perfect: int


def mean_correlation(table: Floats, *, by_rank: bool = False) -> MeanCorrelation:
    """Mean pairwise correlation of a complete table units × raters.

    tanh of the mean of artanh r. Pairs with r = ±1 have no finite z and are left out, as
    irr::meancor and irr::meanrho do; if all are perfect, the plain mean stands.
    Source: Fisher 1921; Kendall & Gibbons 1990, ch. 6 (mean rho = (mW − 1)/(m − 1) without ties).
    No p is given: the pairs share raters and are not independent, which irr's p overlooks.

    What goes wrong: a rater who gives everybody the same mark correlates with nobody and is left
    out with a note; a severe rater is not seen at all, for correlations ignore level and spread.
    """
    units, raters = table.shape
    if units < 2 or raters < 2:
        raise NoEstimate("too_few", Note(N_("至少要两个对象和两个评分人")))
    rows = mid_ranks(table) if by_rank else table
    rows = rows[np.lexsort(rows.T)]
    centred = rows - rows.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    flat = rows.max(axis=0) == rows.min(axis=0)
    found = sorted(
        float(np.clip(centred[:, g] @ centred[:, h] / (norm[g] * norm[h]), -1, 1))
        for g, h in combinations(range(raters), 2)
        if not flat[g] and not flat[h]
    )
    if not found:
        raise NoEstimate("undefined", Note(N_("没有两个评分人的评分都有高低，相关系数没有定义")))
    inner = [r for r in found if abs(r) < 1 - 1e-12]
    if not inner:
        found = [float(np.sign(r)) for r in found]
    plain = float(np.mean(found))
    value = float(np.tanh(np.mean(np.arctanh(inner)))) if inner else plain
    notes = _notes(int(flat.sum()), len(found) - len(inner) if inner else 0)
    method = "spearman" if by_rank else "pearson"
    return MeanCorrelation(
        Estimate(value, n=units, method=method, notes=notes),
        plain,
        len(found),
        len(found) - len(inner),
    )


def _notes(flat: int, perfect: int) -> tuple[Note, ...]:
    notes = []
    if flat:
        notes.append(Note(N_("{n} 个评分人给所有对象同样的分，未计入"), {"n": flat}))
    if perfect:
        notes.append(Note(N_("{n} 对评分人完全相关，取平均时未计入"), {"n": perfect}))
    return tuple(notes)
