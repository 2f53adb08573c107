"""Small units: scores drawn towards the mean of their class by as much as chance suggests.

y_u the score of a questionnaire leaf, θ̃_u = B_u y_u + (1 - B_u) μ with the reliability
B_u = τ²/(τ² + v_u) (Fay & Herriot 1979, JASA 74:269). The v_u are smoothed first, for each class of
raters apart: v_uc = s_c²/n_uc with the pooled variance s_c² of one ballot (Wolter 2007,
Introduction to Variance Estimation, ch. 7), v_u = Σ a_uc² v_uc. Shown beside the score of record,
never instead of it, within one class of ratees, and only from eight ratees on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.round_statistics.estimates import Leaf, classes_in_order, shown
from analysis.round_statistics.who_answered import LEAST
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.ranks.shrinkage import (
    FEW,
    Shrunken,
    blup_estimates,
    shrink,
    smooth_variances,
)
from forms.problems import N_

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steadied:
    """One ratee: the score as it is, its smoothed error, and the shrunken one with its interval.

    `rank` and `steady_rank` are the places by the one and by the other.
    """

    key: str
    name: str
    score: float
    se: float
    n: int
    reliability: float
    steady: float
    steady_se: float
    lo: float
    hi: float
    rank: int
    steady_rank: int


@dataclass(frozen=True, slots=True)
class SteadyScores:
    """One leaf and class of ratees; no lines where it cannot be said, and `sentences` say why.

    `centre` is what scores are drawn towards, `spread` τ with its interval.
    """

    leaf: str
    ratee_class: str
    lines: tuple[Steadied, ...]
    centre: float | None
    spread: Estimate | None
    sentences: tuple[Note, ...]


def steady_scores(assessment: Assessment, leaves: Sequence[Leaf]) -> tuple[SteadyScores, ...]:
    """Every questionnaire leaf and class of ratees that has scores in it."""
    found = []
    for leaf in leaves:
        for ratee_class in classes_in_order(assessment):
            ratees = [one for one in shown(assessment) if one.ratee_class == ratee_class]
            scored = [(one, nodes) for one in ratees if (nodes := _nodes(one, leaf))]
            if scored:
                found.append(_steady(leaf, ratee_class, scored))
    return tuple(found)


def _nodes(one: RateeResult, leaf: Leaf) -> list[NodeScore]:
    """The rater classes' nodes that make the leaf's score of this ratee."""
    prefix = f"{leaf.component.path}/"
    return [
        node
        for node in one.nodes
        if node.kind == "rater_class"
        and node.path.startswith(prefix)
        and node.score is not None
        and node.share
    ]


def _steady(
    leaf: Leaf, ratee_class: str, scored: Sequence[tuple[RateeResult, list[NodeScore]]]
) -> SteadyScores:
    name = str(leaf.component.name)
    if len(scored) < FEW:
        few = Note(
            N_("只有 {n} 个对象，少于 {few} 个，不算稳健得分。"), {"n": len(scored), "few": FEW}
        )
        return SteadyScores(name, ratee_class, (), None, None, (few,))
    y = np.array([_score(nodes) for _, nodes in scored])
    try:
        errors = np.sqrt(_variances(scored))
        made = shrink(y, errors)
    except NoEstimate as error:
        return SteadyScores(name, ratee_class, (), None, None, (error.note,))
    ranks, steady_ranks = _ranks(y), _ranks(made.blup)
    lines = [
        Steadied(
            key=one.key,
            name=one.name,
            score=float(y[u]),
            se=float(errors[u]),
            n=sum(node.n for node in nodes),
            reliability=float(made.reliability[u]),
            steady=float(made.blup[u]),
            steady_se=float(made.se[u]),
            lo=float(estimate.lo or 0.0),
            hi=float(estimate.hi or 0.0),
            rank=ranks[u],
            steady_rank=steady_ranks[u],
        )
        for u, ((one, nodes), estimate) in enumerate(zip(scored, blup_estimates(made), strict=True))
    ]
    # the ranks are among all; a handful of ballots is not shown by itself
    lines = [one for one in lines if one.n >= max(LEAST, leaf.component.min_n)]
    lines.sort(key=lambda one: (one.rank, one.key))
    sentences = tuple(_sentences(lines, made)) if lines else ()
    return SteadyScores(name, ratee_class, tuple(lines), float(made.beta[0]), made.tau2, sentences)


def _score(nodes: Sequence[NodeScore]) -> float:
    return sum(float(node.share or 0) * float(node.score or 0) for node in nodes)


def _variances(scored: Sequence[tuple[RateeResult, list[NodeScore]]]) -> Floats:
    """v_u = Σ_c a_uc² s_c²/n_uc. NoEstimate where a class of raters shows no spread anywhere."""
    by_class: dict[str, list[tuple[int, float, float, float]]] = defaultdict(list)
    for u, (_, nodes) in enumerate(scored):
        for node in nodes:
            row = (u, float(node.share or 0), (node.se or 0.0) ** 2, float(node.n))
            by_class[node.path].append(row)
    total = np.zeros(len(scored))
    for path in sorted(by_class):
        table = np.array(by_class[path], dtype=np.float64)
        smooth = smooth_variances(table[:, 2], table[:, 3])
        total[table[:, 0].astype(np.int64)] += table[:, 1] ** 2 * smooth
    return total


def _ranks(values: Floats) -> list[int]:
    rounded = np.round(values, 9)
    return [1 + int((rounded > value).sum()) for value in rounded]


def _sentences(lines: Sequence[Steadied], made: Shrunken) -> Iterator[Note]:
    least = min(lines, key=lambda one: (one.reliability, one.key))
    moved = max(lines, key=lambda one: (abs(one.steady - one.score), one.key))
    yield Note(
        N_(
            "稳健得分把每个得分向同类的平均分 {centre} 拉近，份数越少、差别越像偶然，拉得越多；"
            "它只供对照，不代替得分，也不参与评等次。"
        ),
        {"centre": f"{float(made.beta[0]):.2f}"},
    )
    yield Note(
        N_(
            "最不可靠的是 {least}（可靠性 {reliability}，{n} 份）；"
            "拉动最多的是 {moved}：{score} → {steady}。"
        ),
        {
            "least": least.name,
            "reliability": f"{least.reliability:.2f}",
            "n": least.n,
            "moved": moved.name,
            "score": f"{moved.score:.2f}",
            "steady": f"{moved.steady:.2f}",
        },
    )
    yield Note(N_("份数少而得分高的对象会被拉低：这不是说它不好，只是说凭这些份数还不能断定。"))
    yield from made.notes
