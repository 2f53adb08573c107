"""What an assessment says, as values without behaviour."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

NodeKind = Literal["component", "rater_class", "dimension"]


@dataclass(frozen=True, slots=True)
class NodeScore:
    """One node of a score's trace, from the root's children down to the counts of votes.

    `weight` is the weight as given in the scheme, `share` the part of the parent actually used
    (0-1, after a missing part's weight went to its siblings). `score` and its interval are out of
    100. `converted` is what the node adds to its parent, score times share; for the root's children
    also times base / 100. So the children's `converted` re-add to the parent's score, and the
    root's children with the counted bonus and deduction to the total.
    """

    path: str
    kind: NodeKind
    name: str
    weight: Fraction | None = None
    share: Fraction | None = None
    score: Fraction | None = None
    converted: Fraction | None = None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int = 0
    votes: tuple[tuple[str, int], ...] = ()
    suppressed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeafScore:
    """The score of one leaf of the scheme for one ratee, with the nodes below the leaf.

    The score is None where there is nothing to score; `nodes` carry paths below the leaf's own
    ("public/citizen/duty") in tree order.
    """

    score: Fraction | None
    se: float | None = None
    n: int = 0
    nodes: tuple[NodeScore, ...] = ()
