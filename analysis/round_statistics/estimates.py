"""How sure every score is: its error, interval, and how many independent votes it is worth.

deff = v / v₀: the variance of record over the variance as if all votes behind the score were
independent (Kish 1965, Survey Sampling, §8.2); n_eff = votes / deff. A total of rater classes with
shares a_c has n_eff = (Σ a_c)² / Σ a_c²/n_eff,c (Kish 1992, Journal of Official Statistics 8:183),
what unequal class weights cost included. Nothing here changes a score of record.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from analysis.dedupe import counting_statuses
from analysis.note import Note
from analysis.parts import EVERYBODY
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.round_statistics.leaf_votes import Group, LeafVotes, Unit, Votes, leaf_votes
from analysis.round_statistics.tables import Sufficient
from analysis.round_statistics.who_answered import LEAST, complete_classes
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from analysis.statistics.intervals.scores import MINIMUM_BALLOTS
from forms.problems import N_

ALL_ALIKE = N_("计分的答案全部相同，算不出设计效应，有效票数按份数计")
ONE = N_("只有一份答卷，看不出误差，不给区间")
ENOUGH = 30
"""Ballots from which the design effect of a total is told in words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One score. `path` is "" for the total, else that of a rater class; `n` counts ballots.

    `census_se` is the sampling error left where some rater classes answered in full, None where
    none did; `share` what the score adds to the total, per point.
    """

    key: str
    name: str
    path: str
    what: str
    score: float
    se: float | None
    lo: float | None
    hi: float | None
    n: int
    votes: int
    deff: float | None
    n_eff: float | None
    census_se: float | None
    share: float
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassEstimates:
    """One class of ratees by key: `totals`, and `parts` by ratee and rater class.

    `hidden` counts the scores of rater classes that are not shown, for fewer than five ballots or
    the scheme's minimum.
    """

    ratee_class: str
    totals: tuple[Line, ...]
    parts: tuple[Line, ...]
    hidden: int
    sentences: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A questionnaire leaf with its votes, and those by (ratee, rater class)."""

    component: Component
    votes: LeafVotes
    by_class: Mapping[Unit, Votes]

    def rater_classes(self, name: str) -> frozenset[str]:
        """The rater classes behind one score of the leaf: that one, or everybody who answered."""
        if name != EVERYBODY or self.component.all_rater_classes():
            return frozenset({name})
        return frozenset(key.rater_class for form in self.votes.forms for key in form.keys)

    def group(self) -> Group:
        """The rater class of a ballot, as the leaf weighs them."""
        if self.component.all_rater_classes():
            return lambda key: key.rater_class
        return lambda key: EVERYBODY


def survey_leaves(scheme: Scheme, sufficient: Sufficient) -> tuple[Leaf, ...]:
    """The scheme's questionnaire leaves that have answers here, in its order."""
    statuses = counting_statuses(scheme.same_device)
    found = []
    for leaf in scheme.leaves():
        if leaf.source == "questionnaire":
            votes = leaf_votes(leaf, sufficient.cells, statuses)
            if votes is not None:
                made = Leaf(leaf, votes, {})
                found.append(Leaf(leaf, votes, votes.by(made.group())))
    return tuple(found)


def class_bounds(leaves: Sequence[Leaf]) -> dict[str, tuple[float, float]]:
    """By rater class the ends of the scales it answers on."""
    found: dict[str, tuple[float, float]] = {}
    for leaf in leaves:
        low, high = leaf.votes.bounds
        for rater_class in {key.rater_class for form in leaf.votes.forms for key in form.keys}:
            before = found.get(rater_class, (low, high))
            found[rater_class] = min(low, before[0]), max(high, before[1])
    return found


def shown(assessment: Assessment) -> tuple[RateeResult, ...]:
    """The ratees of which something may be said."""
    return tuple(one for one in assessment.ratees if one.total is not None and not one.suppressed)


def classes_in_order(assessment: Assessment) -> list[str]:
    """The classes of ratees there are, those of the scheme first."""
    named = {one.ratee_class for one in assessment.ratees}
    keys = [key for key in assessment.scheme.ratee_classes if key in named]
    return [*keys, *sorted(named - set(keys))]


def class_estimates(
    assessment: Assessment, leaves: Sequence[Leaf], hidden: Collection[Unit] = ()
) -> tuple[ClassEstimates, ...]:
    """Every class of ratees that has a total with ballots behind it.

    `hidden` are the (ratee, path of a rater class) that are not shown by themselves.
    """
    complete = complete_classes(assessment)
    of = {leaf.component.path: leaf for leaf in leaves}
    ratees = shown(assessment)
    found = []
    for ratee_class in classes_in_order(assessment):
        totals, parts, left_out = [], [], 0
        for one in ratees:
            if one.ratee_class != ratee_class or not one.n:
                continue
            lines = list(_parts(assessment, one, of, complete))
            visible = [
                line
                for line in lines
                if is_visible(of, line.path, line.n) and (one.key, line.path) not in hidden
            ]
            left_out += len(lines) - len(visible)
            totals.append(_total(one, lines))
            parts += visible
        if totals:
            sentences = tuple(_sentences(totals))
            found.append(
                ClassEstimates(ratee_class, tuple(totals), tuple(parts), left_out, sentences)
            )
    return tuple(found)


def is_visible(leaves: Mapping[str, Leaf], path: str, n: int) -> bool:
    """Whether a rater class has enough ballots to be shown by itself."""
    return n >= max(LEAST, leaves[path.rpartition("/")[0]].component.min_n)


def passed_on(one: RateeResult, base: float) -> dict[str, float]:
    """By path of a rater class, how many points of the total one point of its score makes.

    Nothing where a transform has no factor: the total's own error is not known then either.
    """
    passed: dict[str, float] = {"": base / 100}
    found = {}
    for node in one.nodes:
        above = passed.get(node.path.rpartition("/")[0])
        if above is None or node.share is None or any(step.factor is None for step in node.steps):
            continue
        factor = above * float(node.share)
        for step in node.steps:
            factor *= float(step.factor or 0)
        passed[node.path] = factor
        if node.kind == "rater_class":
            found[node.path] = factor
    return found


def _parts(
    assessment: Assessment, one: RateeResult, leaves: Mapping[str, Leaf], complete: frozenset[str]
) -> Iterator[Line]:
    passed = passed_on(one, float(assessment.scheme.base))
    for node in one.nodes:
        path, _, rater_class = node.path.rpartition("/")
        if node.kind != "rater_class" or node.score is None or path not in leaves:
            continue
        found = leaves[path].by_class.get((one.key, rater_class))
        is_whole = leaves[path].rater_classes(rater_class) <= complete
        yield _part(one, node, found, passed.get(node.path, 0.0), is_whole=is_whole)


def _part(
    one: RateeResult, node: NodeScore, found: Votes | None, share: float, *, is_whole: bool
) -> Line:
    deff, notes = None, []
    votes = found.votes if found else node.n
    if node.se is None or node.n < MINIMUM_BALLOTS:
        notes.append(Note(ONE))
    elif found is not None and found.variance:
        deff = node.se**2 / found.variance or None
    if deff is None and not notes:
        notes.append(Note(ALL_ALIKE))
    has_bounds = node.lo is not None and node.n >= MINIMUM_BALLOTS
    return Line(
        key=one.key,
        name=one.name,
        path=node.path,
        what=node.name,
        score=float(node.score or 0),
        se=node.se,
        lo=node.lo if has_bounds else None,
        hi=node.hi if has_bounds else None,
        n=node.n,
        votes=votes,
        deff=deff,
        n_eff=float(node.n) if deff is None else votes / deff,
        census_se=0.0 if is_whole else None,
        share=share,
        notes=tuple(notes),
    )


def _total(one: RateeResult, parts: Sequence[Line]) -> Line:
    used = [(line, abs(line.share)) for line in parts if line.share and line.n_eff]
    votes = sum(line.votes for line, _ in used)
    below = sum(share**2 / (line.n_eff or 1.0) for line, share in used)
    n_eff = sum(share for _, share in used) ** 2 / below if below else None
    whole = [line for line in parts if line.census_se is not None]
    left = None
    if one.se is not None and whole:
        gone = sum((line.share * (line.se or 0.0)) ** 2 for line in whole)
        left = sqrt(max(0.0, one.se**2 - gone))
        # what is left of a sum of parts that all answered in full is rounding
        left = 0.0 if left <= 1e-6 * one.se else left
    return Line(
        key=one.key,
        name=one.name,
        path="",
        what="",
        score=float(one.total or 0),
        se=one.se,
        lo=one.lo,
        hi=one.hi,
        n=one.n,
        votes=votes,
        deff=votes / n_eff if n_eff else None,
        n_eff=n_eff,
        census_se=left,
        share=1.0,
        notes=() if one.se is not None else (Note(N_("有的构成误差不知道，总分也就不知道")),),
    )


def _sentences(totals: Sequence[Line]) -> Iterator[Note]:
    errors = sorted(line.se for line in totals if line.se is not None)
    reaches = [line.hi - line.lo for line in totals if line.hi is not None and line.lo is not None]
    if reaches and not errors[len(errors) // 2]:
        yield Note(
            N_(
                "{n} 个对象的总分，95% 区间宽 {narrow} 到 {wide} 分。多数对象的答案全部相同，"
                "标准误是 0，看不出误差；区间是按各加半票算的。"
            ),
            {"n": len(reaches), "narrow": f"{min(reaches):.2f}", "wide": f"{max(reaches):.2f}"},
        )
    elif reaches:
        yield Note(
            N_(
                "{n} 个对象的总分，95% 区间宽 {narrow} 到 {wide} 分，"
                "标准误一般是 {se} 分：同样多的另一批人来评，总分会这样上下。"
            ),
            {
                "n": len(reaches),
                "narrow": f"{min(reaches):.2f}",
                "wide": f"{max(reaches):.2f}",
                "se": f"{errors[len(errors) // 2]:.2f}",
            },
        )
    # from two or three ballots a design effect is chance, and equal answers show none
    worth = sorted(
        line.n_eff / line.votes
        for line in totals
        if line.n_eff and line.votes and line.se and line.n >= ENOUGH
    )
    if worth and worth[len(worth) // 2] < 1:
        yield Note(
            N_(
                "一个人在一张表上的各题答得相像，各类评议主体权重又不同，"
                "所以 100 票一般只抵 {worth} 张互不相干的票。"
            ),
            {"worth": f"{100 * worth[len(worth) // 2]:.0f}"},
        )
    if any(line.census_se is not None for line in totals):
        yield Note(
            N_(
                "有的评议主体名册上的人全部评了，这部分没有抽样误差；同一批人换一天会不会改主意，看不出来。"
            )
        )
