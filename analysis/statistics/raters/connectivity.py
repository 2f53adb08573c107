"""Whether raters and ratees hang together, so that severities can be compared at all.

Raters and ratees are the nodes of a bipartite graph, ratings its edges. A severity is only known
against the other raters of the same ratees, so scores are comparable within a connected component
("island") and nowhere else. A rater whose removal would split the ratees is a cut vertex
("bridge"): everything across it rests on one person.

Found by depth-first search: with d the order of discovery and low(v) the earliest node reached
from v's subtree by one further edge, v is a cut vertex where a child c has low(c) >= d(v).

Sources: Tarjan 1972, SIAM J. Comput. 1, 146-160 (cut vertices); Weeks & Williams 1964,
Technometrics 6, 319-324 (connected designs); Linacre 1989, *Many-Facet Rasch Measurement*, ch. 7.
What goes wrong: random effects hide disconnection; a mixed model fits happily and calls the
difference between islands chance. Hence `require_connected` before any correction.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, depth_first_order

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Codes = NDArray[np.int64]
ISLANDS = N_(
    "评分人和评议对象分成互不相连的 {islands} 组，组与组之间没有共同的评分人，"
    "宽严和高低分不开，不能跨组校正；请安排一些评分人同时评几个组的对象，或者分组计算"
)
BRIDGES = N_(
    "有 {n} 名评分人各自是一部分对象与其余对象之间唯一的联系，"
    "去掉其中一人就无法比较；请增加共同的评分人"
)


@dataclass(frozen=True, slots=True, eq=False)
class Connectivity:
    """Islands are numbered by their smallest ratee. `bridges` counts the raters that are cut
    vertices; it is a count, because a bridge is a person. `pairs` counts the edges."""

    islands: int
    ratee_island: Codes
    rater_island: Codes
    bridges: int
    pairs: int

    @property
    def notes(self) -> tuple[Note, ...]:
        """What to say of a connected design."""
        return (Note(BRIDGES, {"n": self.bridges}),) if self.bridges else ()

    def members(self, island: int) -> list[int]:
        """The ratees of an island."""
        return [int(one) for one in np.flatnonzero(self.ratee_island == island)]


def connectivity(rater: Codes, ratee: Codes) -> Connectivity:
    """The islands and bridges of ratings by `rater` (0..R-1) of `ratee` (0..U-1), each used."""
    if not len(ratee):
        empty = np.empty(0, dtype=np.int64)
        return Connectivity(0, empty, empty, 0, 0)
    ratees, raters = int(ratee.max()) + 1, int(rater.max()) + 1
    nodes = ratees + raters
    pairs = np.unique(np.asarray(ratee, dtype=np.int64) * raters + rater)
    one, other = pairs // raters, pairs % raters + ratees
    half = sp.csr_matrix((np.ones(len(pairs)), (one, other)), shape=(nodes, nodes))
    graph = (half + half.T).tocsr()
    islands, label = connected_components(graph, directed=False)
    first = np.unique(label[:ratees], return_index=True)[1]
    number = np.empty(islands, dtype=np.int64)
    number[label[np.sort(first)]] = np.arange(islands)
    cut = set()
    for root in np.sort(first).tolist():
        cut |= _cut_below(graph, root)
    bridges = sum(node >= ratees for node in cut)
    label = number[label]
    return Connectivity(int(islands), label[:ratees], label[ratees:], bridges, len(pairs))


def require_connected(found: Connectivity) -> None:
    """Raise NoEstimate("disconnected") where there is more than one island."""
    if found.islands > 1:
        raise NoEstimate("disconnected", Note(ISLANDS, {"islands": found.islands}))


def _cut_below(graph: sp.csr_matrix, root: int) -> set[int]:
    """Cut vertices of the component of `root`, the root itself aside (it is a ratee)."""
    order, parent = depth_first_order(graph, root, directed=False)
    found = np.full(graph.shape[0], graph.shape[0])
    found[order] = np.arange(len(order))
    earliest = np.minimum.reduceat(found[graph.indices], graph.indptr[:-1])
    low = np.minimum(found, earliest).tolist()
    when, above = found.tolist(), parent.tolist()
    cut = set()
    for node in order[:0:-1].tolist():
        over = above[node]
        if low[node] >= when[over] and over != root:
            cut.add(over)
        low[over] = min(low[over], low[node])
    return cut
