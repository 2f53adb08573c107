"""The tree of components scored for all ratees of one class: weights, missing parts, transforms.

Components that do not apply to the class do not exist for it. Scores are exact; a sum is brought to
one denominator and reduced once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, sqrt
from typing import NamedTuple

from analysis.figures import Figures
from analysis.inputs import RateeRow
from analysis.note import Note
from analysis.results import LeafScore, NodeScore, Step
from analysis.scheme import MissingPolicy
from analysis.scheme.components import Component
from analysis.statistics.intervals.composite import Reach, combined_reach, reach_of
from analysis.transforms import Transformed, transform_class
from forms.problems import N_, Problem

ONE = Fraction(1)
ZERO = Fraction(0)
FULL = 100.0
NOTES: Mapping[MissingPolicy, Note] = {
    "redistribute": Note(N_("没有得分，权重已分给其他构成")),
    "zero": Note(N_("没有得分，按零分计")),
    "fail": Note(N_("没有得分")),
}

NO_SCORE = LeafScore(None)
Interval = tuple[float | None, float | None, float | None]
NO_INTERVAL: Interval = (None, None, None)
NO_REACH = Reach(0.0, 0.0)
SAMPLED = ("questionnaire", "parent")

Leaves = Mapping[tuple[str, str], LeafScore]
Shares = Sequence[tuple[Fraction, Fraction, float]]
"""Of each sibling: its weight, its part of the parent (0-1), and that as a float for errors."""


class Part(NamedTuple):
    """A component's score for one ratee, before its parent gives it a share.

    `variance` is 0 for a figure without sampling error, None where the error is not known; `reach`
    is how far its interval goes to either side. `n` are the answers the trace shows, `ballots`
    those of raters among them. `top` is the highest score there can be. `below` is the trace below.
    """

    component: Component
    score: Fraction | None
    variance: float | None
    reach: Reach
    n: int
    ballots: int
    top: float
    steps: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()
    below: tuple[NodeScore, ...] = ()
    problems: tuple[Problem, ...] = ()


class Sum(NamedTuple):
    """Siblings added up: the score (times `scale`), its error out of 100, and the trace."""

    score: Fraction | None
    variance: float | None
    reach: Reach
    ballots: int
    top: float
    nodes: tuple[NodeScore, ...]
    problems: tuple[Problem, ...]


class Siblings:
    """Components under one parent for one class of ratees, and how they share it."""

    def __init__(
        self, components: Sequence[Component], ratee_class: str, policy: MissingPolicy
    ) -> None:
        given = [(one, one.weight.of(ratee_class)) for one in components]
        self.components = [one for one, weight in given if weight is not None]
        self.weights = [Fraction(weight) for _, weight in given if weight is not None]
        self.policy = policy
        self._shares: dict[tuple[bool, ...], Shares] = {}

    def shares(self, present: tuple[bool, ...]) -> Shares:
        """What each gets, given which of them have a score."""
        if present not in self._shares:
            self._shares[present] = self._share_out(present)
        return self._shares[present]

    def _share_out(self, present: tuple[bool, ...]) -> Shares:
        counts = present if self.policy == "redistribute" else [True] * len(present)
        counted = [
            weight if is_counted else ZERO
            for weight, is_counted in zip(self.weights, counts, strict=True)
        ]
        whole = sum(counted, ZERO)
        used = [weight / whole if whole else ZERO for weight in counted]
        return list(zip(self.weights, used, map(float, used), strict=True))


@dataclass(frozen=True, slots=True)
class Peers:
    """The ratees of one class and what their scores are made from."""

    ratee_class: str
    ratees: Sequence[RateeRow]
    leaves: Leaves
    figures: Figures
    policy: MissingPolicy

    def score(self, components: Sequence[Component], scale: Fraction = ONE) -> dict[str, Sum]:
        """Siblings added up for every ratee, by key; what they add is times `scale`."""
        siblings = Siblings(components, self.ratee_class, self.policy)
        columns = [self._parts(one) for one in siblings.components]
        return {
            ratee.key: _add_up(siblings, [column[ratee.key] for column in columns], scale)
            for ratee in self.ratees
        }

    def _parts(self, component: Component) -> dict[str, Part]:
        """One component for every ratee: its children first, then its own transforms."""
        if component.components:
            sums = self.score(component.components)
            parts = {key: _inner(component, one) for key, one in sums.items()}
        else:
            parts = {ratee.key: self._leaf(component, ratee) for ratee in self.ratees}
        for transform in component.transforms:
            scores = {key: one.score for key, one in parts.items() if one.score is not None}
            made = transform_class(transform, scores, self.figures)
            for ratee in self.ratees:
                if ratee.key in made:
                    parts[ratee.key] = _transformed(ratee, parts[ratee.key], made[ratee.key])
        return parts

    def _leaf(self, leaf: Component, ratee: RateeRow) -> Part:
        found = self.leaves.get((ratee.key, leaf.path), NO_SCORE)
        score = found.score
        is_sampled = found.n > 0 and leaf.source in SAMPLED
        return Part(
            component=leaf,
            score=score,
            variance=(found.se if found.se is None else found.se**2) if is_sampled else 0.0,
            reach=_reach(found) if is_sampled else NO_REACH,
            n=found.n,
            ballots=found.n if is_sampled else 0,
            top=_top(leaf, score),
            notes=found.notes,
            below=found.nodes,
            problems=() if score is not None else (_no_score(ratee, leaf),),
        )


def _top(leaf: Component, score: Fraction | None) -> float:
    if leaf.source == "parent":
        return float("inf")
    if (
        score is None
        or leaf.source == "questionnaire"
        or score.numerator <= 100 * score.denominator
    ):
        return FULL
    return float(score)


def _inner(component: Component, one: Sum) -> Part:
    return Part(
        component=component,
        score=one.score,
        variance=one.variance,
        reach=one.reach,
        n=one.ballots,
        ballots=one.ballots,
        top=one.top,
        below=one.nodes,
        problems=one.problems,
    )


def _add_up(siblings: Siblings, parts: Sequence[Part], scale: Fraction) -> Sum:
    present = tuple(part.score is not None for part in parts)
    shares = siblings.shares(present)
    weighs = any(share for _, share, _ in shares)  # a part of weight 0 makes no total by itself
    fails = not weighs or (siblings.policy == "fail" and not all(present))
    nodes: list[NodeScore] = []
    converted: list[Fraction] = []
    for part, (weight, share, _) in zip(parts, shares, strict=True):
        adds = _adds(part.score, share, scale, siblings.policy) if not fails else None
        nodes.append(_node(part, siblings.policy, weight, share, adds))
        nodes += part.below
        if adds is not None:
            converted.append(adds)
    counted = [
        (by, part) for part, (_, _, by) in zip(parts, shares, strict=True) if part.score is not None
    ]
    return Sum(
        score=_added(converted) if converted else None,
        variance=_variance(counted),
        reach=combined_reach([by for by, _ in counted], [part.reach for _, part in counted]),
        ballots=sum([part.ballots for part in parts]),
        top=sum([by * part.top for by, part in counted]),
        nodes=tuple(nodes),
        problems=tuple([problem for part in parts for problem in part.problems]),
    )


def _adds(
    score: Fraction | None, share: Fraction, scale: Fraction, policy: MissingPolicy
) -> Fraction | None:
    """What a part adds to its parent."""
    if score is None:
        return ZERO if policy == "zero" else None
    return score * share if scale is ONE else score * share * scale


def _variance(counted: Sequence[tuple[float, Part]]) -> float | None:
    """Σ share² · variance, the parts being independent; None where a part's is not known."""
    total = 0.0
    for by, part in counted:
        if part.variance is None:
            return None
        total += by**2 * part.variance
    return total


def _node(
    part: Part, policy: MissingPolicy, weight: Fraction, share: Fraction, adds: Fraction | None
) -> NodeScore:
    component, score, variance, reach, n, ballots, top, steps, notes, _, _ = part
    se, lo, hi = interval(score, variance, reach) if ballots else NO_INTERVAL
    return NodeScore(
        path=component.path,
        kind="component",
        name=component.name,
        weight=weight,
        share=share,
        score=score,
        converted=adds,
        se=se,
        lo=None if lo is None or score is None else max(min(0.0, float(score)), lo),
        hi=None if hi is None else min(top, hi),
        n=n,
        steps=steps,
        notes=notes if score is not None else (*notes, NOTES[policy]),
    )


def interval(score: Fraction | None, variance: float | None, reach: Reach) -> Interval:
    """Standard error and 95 % interval; nothing where either is not known."""
    if score is None or variance is None:
        return NO_INTERVAL
    centre = float(score)
    return sqrt(variance), centre - sqrt(reach.below), centre + sqrt(reach.above)


def _reach(found: LeafScore) -> Reach:
    """How far a leaf's interval goes; the normal one where it brings none of its own."""
    if found.score is None or found.se is None:
        return NO_REACH
    if found.lo is None or found.hi is None:
        from analysis.estimation import Z  # brings scipy, which no rater's page waits for

        side = (Z * found.se) ** 2
        return Reach(side, side)
    return reach_of(float(found.score), found.lo, found.hi)


def _added(numbers: Sequence[Fraction]) -> Fraction:
    unit = lcm(*[one.denominator for one in numbers])
    return Fraction(sum([one.numerator * (unit // one.denominator) for one in numbers]), unit)


def _transformed(ratee: RateeRow, part: Part, made: Transformed) -> Part:
    variance, reach, top = None, part.reach, part.top
    if part.variance is not None and made.scale is not None:
        scale = float(made.scale)
        variance = part.variance * scale**2
        reach = combined_reach([scale], [reach])
        top *= scale
    part = part._replace(
        score=made.score,
        variance=variance,
        reach=reach,
        top=top if made.top is None else float(made.top),
    )
    if made.step is not None:
        part = part._replace(steps=(*part.steps, made.step))
    if made.lacking is not None:
        problem = _no_factor(ratee, part.component, made.lacking)
        part = part._replace(notes=(*part.notes, made.lacking), problems=(*part.problems, problem))
    return part


def _no_score(ratee: RateeRow, component: Component) -> Problem:
    return Problem(
        ratee.name,
        N_("没有「{component}」的得分"),
        N_("请补齐数据，或在方案中改变缺项的处理"),
        {"component": component.name},
    )


def _no_factor(ratee: RateeRow, component: Component, lacking: Note) -> Problem:
    values = {key: value for key, value in lacking.values.items() if not isinstance(value, Note)}
    return Problem(
        f"{ratee.name} {component.name}",
        lacking.message,
        N_("请在「依据数据」补入或改正，或在方案里写默认系数"),
        {**values, "component": component.name},
    )
