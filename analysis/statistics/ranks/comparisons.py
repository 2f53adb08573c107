"""Which neighbours in the table are really different, and the smallest gap this round can see.

Built on simultaneous rank sets: every decision holds together with all others at their level.

Bands: units in order of their scores; a band is a longest run of consecutive units of which no two
are clearly different. Every unit is in at least one band, bands overlap, and two units in a common
band cannot be told apart. (Compact letter display, Piepho 2004, Journal of Computational and
Graphical Statistics 13(2):456-466, restricted to runs.) The restriction matters only where standard
errors differ much: then two distant units may be undecided although some between them are not;
`RankSets.better` has every pair.

The smallest gap. A pair is told apart when its gap exceeds c·se_jk, the critical gap; a true gap is
seen with probability 1 − β when it is (c + z_{1−β})·se_jk, the minimum detectable difference
(Bloom 1995, Evaluation Review 19(5):547-556, with c in place of one pair's quantile). The gaps are
in the unit of the scores. What goes wrong: overlapping intervals of single scores say nothing of
the difference; only se_jk with its covariance does.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.ranks.rank_sets import RankSets, difference_errors
from forms.problems import N_

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Two units next to each other in the table. `upper` and `lower` are their places in the input.

    `is_clear`: the difference is certain at the level of the sets. `se` is that of the gap.
    """

    upper: int
    lower: int
    gap: float
    se: float | None
    critical_gap: float | None
    is_clear: bool


@dataclass(frozen=True, slots=True)
class SmallestGap:
    """Critical gap and detectable difference over all pairs: smallest, median and largest."""

    critical: tuple[float, float, float]
    detectable: tuple[float, float, float]
    power: float


def table_order(scores: Floats) -> Ints:
    """The units from best to worst; ties in the order given."""
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")


def neighbours(scores: Floats, uncertainty: Floats, sets: RankSets) -> tuple[Neighbour, ...]:
    """Each adjacent pair of the table, best first, with the decision of `sets`."""
    scores = np.asarray(scores, dtype=np.float64)
    order = table_order(scores).tolist()
    errors = difference_errors(uncertainty)
    c = float(sets.critical.max(initial=0.0))
    found = []
    for upper, lower in pairwise(order):
        se = None if np.isnan(errors[upper, lower]) else float(errors[upper, lower])
        found.append(
            Neighbour(
                upper,
                lower,
                float(scores[upper] - scores[lower]),
                se,
                None if se is None else c * se,
                bool(sets.better[lower, upper]),
            )
        )
    return tuple(found)


def bands(scores: Floats, sets: RankSets) -> tuple[tuple[int, ...], ...]:
    """The longest runs of units that cannot be told apart, best first, as places in the input."""
    order = table_order(scores)
    p = len(order)
    if not p:
        return ()
    clear = (sets.better | sets.better.T)[np.ix_(order, order)]
    later = np.triu(clear, 1)
    first_clear = np.where(later.any(axis=1), later.argmax(axis=1), p)
    ends = np.minimum.accumulate(first_clear[::-1])[::-1]
    found = []
    reached = 0
    for start, end in enumerate(ends.tolist()):
        if end > reached:
            found.append(tuple(order[start:end].tolist()))
            reached = end
    return tuple(found)


def smallest_gap(uncertainty: Floats, sets: RankSets, power: float = 0.8) -> SmallestGap:
    """The smallest gap this round can see, over all pairs whose difference has an error."""
    errors = difference_errors(uncertainty)
    pairs = errors[np.triu_indices(len(errors), 1)]
    pairs = pairs[pairs > 0]
    if not len(pairs):
        raise NoEstimate("undefined", Note(N_("没有哪两个对象的差带有误差，谈不上最小可辨差距")))
    c = float(sets.critical.max())
    smallest, median, largest = np.quantile(pairs, (0.0, 0.5, 1.0)).tolist()
    spread = (smallest, median, largest)
    seen = c + float(ndtri(power))
    return SmallestGap(
        (c * spread[0], c * spread[1], c * spread[2]),
        (seen * spread[0], seen * spread[1], seen * spread[2]),
        power,
    )
