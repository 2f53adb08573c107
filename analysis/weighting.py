"""From votes to the score of a questionnaire leaf: dimensions, rater classes, their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from analysis.cells import Detail, Moments
from analysis.estimation import (
    Interval,
    Vote,
    ballot_variance,
    interval,
    mean,
    used_shares,
    vote_variance,
    weighted,
    whole_interval,
)
from analysis.note import Note
from analysis.results import LeafScore, NodeScore
from forms.problems import N_

MissingPolicy = Literal["fail", "redistribute", "zero"]

NO_BALLOTS: Mapping[MissingPolicy, str] = {
    "fail": N_("没有有效答卷"),
    "redistribute": N_("没有有效答卷，权重已分给其他评议主体"),
    "zero": N_("没有有效答卷，按零分计"),
}
TOO_FEW: Mapping[MissingPolicy, str] = {
    "fail": N_("有效答卷少于最低份数，不显示得分"),
    "redistribute": N_("有效答卷少于最低份数，不显示得分，权重已分给其他评议主体"),
    "zero": N_("有效答卷少于最低份数，不显示得分，按零分计"),
}
ONE_BALLOT = N_("只有一份答卷，无法估计抽样误差")
NO_SPREAD = N_("计分的答案全部相同，标准误为零；区间按最高分和最低分各加半票估计，不是零")
NO_PART = N_("没有有效答卷，权重已分给其他部分")
BY_PARTS: Mapping[str, str] = {
    "stratum": N_("各层按方案的权重合成，不按份数"),
    "channel": N_("各渠道按方案的权重合成，不按份数"),
    "evidence": N_("各种凭据按方案的权重合成，不按份数"),
}
HIDDEN_PARTS = N_("有的部分不足 {min_n} 份，各部分不分别显示")
NO_VOTES = N_("没有可计分的票，权重已分给其他维度")
NOTHING = Interval(None, None, None)


@dataclass(frozen=True, slots=True)
class LeafRules:
    """How a leaf scores questionnaires; `bounds` are the lowest and highest points there are.

    With `detail` "scores" neither errors nor dimensions are worked out.
    """

    path: str
    min_n: int
    trim: Fraction
    missing: MissingPolicy
    bounds: tuple[float, float]
    class_names: Mapping[str, str] = field(default_factory=dict)
    detail: Detail = "full"


@dataclass(frozen=True, slots=True)
class DimensionTally:
    """Votes of one rater class on one dimension of one ratee."""

    key: str
    name: str
    weight: Fraction
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class ClassTally:
    """What one rater class said of one ratee. `moments` has the dimensions in the same order."""

    dimensions: tuple[DimensionTally, ...]
    moments: Moments

    @property
    def shape(self) -> tuple[tuple[str, Fraction], ...]:
        """Keys and weights of the dimensions; equal shapes may be pooled."""
        return tuple((one.key, one.weight) for one in self.dimensions)

    def pooled(self, other: "ClassTally") -> "ClassTally":
        """Both tallies as one; ValueError where the dimensions differ."""
        if self.shape != other.shape:
            raise ValueError("tallies of different dimensions")
        dimensions = tuple(
            replace(mine, votes=_pooled_votes(mine.votes, theirs.votes))
            for mine, theirs in zip(self.dimensions, other.dimensions, strict=True)
        )
        return ClassTally(dimensions, self.moments + other.moments)


def _pooled_votes(first: Sequence[Vote], second: Sequence[Vote]) -> tuple[Vote, ...]:
    if [(one.text, one.points) for one in first] == [(one.text, one.points) for one in second]:
        return tuple(
            Vote(mine.text, mine.points, mine.n + theirs.n)
            for mine, theirs in zip(first, second, strict=True)
        )
    counts: dict[tuple[str, Fraction | None], int] = {}
    for vote in (*first, *second):
        counts[vote.text, vote.points] = counts.get((vote.text, vote.points), 0) + vote.n
    return tuple(Vote(text, points, n) for (text, points), n in counts.items())


@dataclass(frozen=True, slots=True)
class Missing:
    """A rater class that a ratee's score in a leaf needs and that has too few ballots.

    `leaf` is the leaf's path, `path` that of the rater class below it.
    """

    ratee: str
    leaf: str
    path: str
    n: int
    min_n: int


@dataclass(frozen=True, slots=True)
class ClassScore:
    """The score of one rater class, how sure it is and the nodes of its dimensions."""

    score: Fraction | None
    n: int
    found: Interval = NOTHING
    dimensions: tuple[NodeScore, ...] = ()
    is_suppressed: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """What the parts of one rater class (strata, channels) said of one ratee, with their weights.

    A part without a weight is not among the tallies. `by` says what the parts are.
    """

    by: str
    weights: Mapping[str, Fraction]
    tallies: Mapping[str, ClassTally]


def parts_score(path: str, parts: Parts, rules: LeafRules) -> ClassScore:
    """Σ W_g S_g over the parts with ballots (post-stratification, Cochran 1977, §5A.9), exactly.

    The parts are samples of their own, so variances add. A part with fewer than `min_n` ballots
    counts, but then no part is shown by itself.
    """
    keys = list(parts.weights)
    n = sum(one.moments.ballots for one in parts.tallies.values())
    if n < rules.min_n:
        return ClassScore(None, n, is_suppressed=n > 0)
    open_rules = replace(rules, min_n=1)
    found = [class_score(f"{path}/{key}", parts.tallies.get(key), open_rules) for key in keys]
    scores = [one.score for one in found]
    shares = used_shares([parts.weights[key] for key in keys], scores)
    if shares is None:
        return ClassScore(None, n)
    note = Note(BY_PARTS[parts.by])
    if any(0 < one.n < rules.min_n for one in found):
        hidden = Note(HIDDEN_PARTS, {"min_n": rules.min_n})
        nodes: tuple[NodeScore, ...] = ()
        notes: tuple[Note, ...] = (note, hidden)
    else:
        nodes = tuple(
            node
            for key, share, one in zip(keys, shares, found, strict=True)
            for node in (_part_node(path, key, parts, share, one), *one.dimensions)
        )
        notes = (note,)
    whole = whole_interval(shares, scores, [one.found for one in found])
    return ClassScore(weighted(shares, scores), n, whole, nodes, notes=notes)


def _part_node(path: str, key: str, parts: Parts, share: Fraction, one: ClassScore) -> NodeScore:
    note = _spread_note(one.found) if one.score is not None else NO_PART
    return NodeScore(
        path=f"{path}/{key}",
        kind="part",
        name=key,
        weight=parts.weights[key],
        share=share,
        score=one.score,
        converted=None if one.score is None else one.score * share,
        se=one.found.se,
        lo=one.found.lo,
        hi=one.found.hi,
        n=one.n,
        notes=(Note(note),) if note else (),
    )


def class_score(path: str, tally: ClassTally | Parts | None, rules: LeafRules) -> ClassScore:
    """Σ W_d S_d over the dimensions with votes; no score for fewer than `min_n` ballots."""
    if isinstance(tally, Parts):
        return parts_score(path, tally, rules)
    n = tally.moments.ballots if tally else 0
    if tally is None or n == 0:
        return ClassScore(None, 0)
    if n < rules.min_n:
        return ClassScore(None, n, is_suppressed=True)
    scores = [mean(one.votes, rules.trim) for one in tally.dimensions]
    shares = used_shares([one.weight for one in tally.dimensions], scores)
    if shares is None:
        return ClassScore(None, n)
    if rules.detail == "scores":
        return ClassScore(weighted(shares, scores), n)
    score = weighted(shares, scores)
    found = _found(tally, shares, score, n, rules)
    nodes = tuple(
        _dimension_node(path, place, tally, share, score, rules)
        for place, (share, score) in enumerate(zip(shares, scores, strict=True))
    )
    return ClassScore(score, n, found, nodes)


def _found(
    tally: ClassTally, shares: Sequence[Fraction], score: Fraction, n: int, rules: LeafRules
) -> Interval:
    """How sure Σ share · S_d is, from `n` ballots."""
    variance = ballot_variance(tally.moments, shares, n)
    if not rules.trim or variance is None:
        return interval(score, variance, n - 1, rules.bounds)
    whole = weighted(shares, [mean(one.votes) for one in tally.dimensions])
    kept = n - 2 * int(rules.trim * n)
    trimmed = variance * _trim_factor(tally, shares, rules.trim)
    return interval(score, trimmed, kept - 1, rules.bounds, (whole, variance, n))


def _trim_factor(tally: ClassTally, shares: Sequence[Fraction], trim: Fraction) -> float:
    """How trimming changes the variance, as if votes were independent; the clustering is kept.

    An approximation: the untrimmed score's design effect times Tukey and McLaughlin's variance.
    """
    plain = trimmed = 0.0
    for share, one in zip(shares, tally.dimensions, strict=True):
        before, after = vote_variance(one.votes), vote_variance(one.votes, trim)
        if share and before is not None and after is not None:
            plain += float(share) ** 2 * before
            trimmed += float(share) ** 2 * after
    return trimmed / plain if plain else 1.0


def _dimension_node(
    path: str,
    place: int,
    tally: ClassTally,
    share: Fraction,
    score: Fraction | None,
    rules: LeafRules,
) -> NodeScore:
    one = tally.dimensions[place]
    found, note = NOTHING, NO_VOTES
    if score is not None:
        alone = [Fraction(int(d == place)) for d in range(len(tally.dimensions))]
        n = tally.moments.answered[place]
        found = _found(tally, alone, score, n, rules)
        note = _spread_note(found)
    return NodeScore(
        path=f"{path}/{one.key}",
        kind="dimension",
        name=one.name,
        weight=one.weight,
        share=share,
        score=score,
        converted=None if score is None else score * share,
        se=found.se,
        lo=found.lo,
        hi=found.hi,
        n=sum(vote.n for vote in one.votes if vote.points is not None),
        votes=tuple((vote.text, vote.n) for vote in one.votes),
        notes=(Note(note),) if note else (),
    )


def _spread_note(found: Interval) -> str:
    return ONE_BALLOT if found.se is None else NO_SPREAD if found.se == 0 else ""


def leaf_score(
    ratee: str,
    rules: LeafRules,
    weights: Mapping[str, Fraction],
    tallies: Mapping[str, ClassTally | Parts],
) -> tuple[LeafScore, list[Missing]]:
    """P = Σ W_c S_c / Σ W_c over rater classes (class means, never pooled heads).

    A class with no or too few ballots is missing: under "redistribute" its weight goes to the
    others and the node says so, under "zero" it counts 0, under "fail" it is returned and there is
    no score. Classes are independent samples, so variances add.
    """
    classes = [key for key, weight in weights.items() if weight]
    found = [class_score(f"{rules.path}/{key}", tallies.get(key), rules) for key in classes]
    missing = [
        Missing(ratee, rules.path, f"{rules.path}/{key}", one.n, rules.min_n)
        for key, one in zip(classes, found, strict=True)
        if one.score is None
    ]
    nominal = [weights[key] for key in classes]
    scores = [one.score for one in found]
    shares = used_shares(nominal, scores)
    if rules.missing == "zero" and nominal:
        total = sum(nominal, Fraction(0))
        shares = [weight / total for weight in nominal] if shares is not None else None
    is_refused = shares is None or (rules.missing == "fail" and bool(missing))
    nodes: list[NodeScore] = []
    for place, one in enumerate(found):
        share = Fraction(0) if shares is None or is_refused else shares[place]
        nodes.append(_class_node(classes[place], nominal[place], share, one, rules))
        nodes += one.dimensions
    if shares is None or is_refused:
        return LeafScore(None, nodes=tuple(nodes)), missing
    score = weighted(shares, scores)
    used = [
        share if one.score is not None else Fraction(0)
        for share, one in zip(shares, found, strict=True)
    ]
    n = sum(one.n for one in found if one.score is not None)
    result = whole_interval(used, scores, [one.found for one in found])
    return LeafScore(score, result.se, n, tuple(nodes), lo=result.lo, hi=result.hi), missing


def _class_node(
    key: str, weight: Fraction, share: Fraction, one: ClassScore, rules: LeafRules
) -> NodeScore:
    if one.score is None:
        notes = TOO_FEW if one.is_suppressed else NO_BALLOTS
        found, note = NOTHING, notes[rules.missing]
        converted = Fraction(0) if rules.missing == "zero" else None
    else:
        found = one.found
        note, converted = _spread_note(found), one.score * share
    return NodeScore(
        path=f"{rules.path}/{key}",
        kind="rater_class",
        name=rules.class_names.get(key, key),
        weight=weight,
        share=share,
        score=one.score,
        converted=converted,
        se=found.se,
        lo=found.lo,
        hi=found.hi,
        n=one.n,
        suppressed=one.is_suppressed,
        notes=(*one.notes, *((Note(note),) if note else ())),
    )
