"""Evidence levels (code, card, open entrance) and channels, each reported apart.

For one ratee and one leaf the score of a level is Σ W_c S_c,level / Σ W_c over the rater classes
with ballots at that level, W_c the scheme's weights: what the leaf would be had only they answered.
The others' score is the same of all ballots at other levels. Ballots at different levels are those
of different people, so the variance of the difference is the sum of both (two independent samples);
flags go through Benjamini and Hochberg over all ratees, leaves and levels of one question.

The variance of a rater class at one level is v₀ · deff: v₀ as if votes were independent, times the
design effect of that rater class over all ratees and levels, at least 1. Votes that are all equal
do not pass for certain: their error is a quarter of the interval with half a vote at each end of
the scale. Where a rater class always
comes by the same level, levels differ in who answers as well as in how.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

import numpy as np

from analysis.cells import Key
from analysis.estimation import Z
from analysis.note import Note
from analysis.results import Assessment, RateeResult
from analysis.round_statistics.estimates import Leaf, classes_in_order, shown
from analysis.round_statistics.leaf_votes import Unit, Votes
from analysis.round_statistics.who_answered import LEAST
from analysis.scheme.mix import EVIDENCE
from analysis.small_groups import hidden_places
from analysis.statistics.comparisons.multiple_testing import clear_differences
from analysis.statistics.intervals.scores import score_interval
from forms.problems import N_

By = Literal["evidence", "channel"]
SHARE = 0.05
BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class LevelScore:
    """One ratee at one level: score, error, interval, ballots, and the others' score beside it.

    `difference` is less the others, `q` its p-value adjusted over the family (None: nobody else to
    compare with), `is_clear` where q is at most 0.05.
    """

    key: str
    name: str
    level: str
    score: float
    se: float
    lo: float
    hi: float
    n: int
    others: float | None
    difference: float | None
    difference_se: float | None
    q: float | None
    is_clear: bool


@dataclass(frozen=True, slots=True)
class LevelMean:
    """One level over a class of ratees: ballots, ratees, and the mean difference to the others
    within the same ratee with its error and 95 % bounds.
    """

    level: str
    n: int
    ratees: int
    mean: float
    difference: float | None
    difference_se: float | None
    lo: float | None
    hi: float | None


@dataclass(frozen=True, slots=True)
class LevelsApart:
    """One leaf and class of ratees, taken apart by one column of the ballots.

    `hidden` counts levels of a ratee and rater class that do not count: too few ballots, or what
    would give others away. `is_same_people` says that some rater class comes by several levels.
    """

    by: By
    leaf: str
    ratee_class: str
    means: tuple[LevelMean, ...]
    lines: tuple[LevelScore, ...]
    clear: int
    hidden: int
    is_same_people: bool
    sentences: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A score of some ballots of one ratee, its variance, and how many ballots."""

    score: float
    variance: float
    n: int
    answered: int


def levels_apart(assessment: Assessment, leaves: Sequence[Leaf], by: By) -> tuple[LevelsApart, ...]:
    """Every leaf and class of ratees whose ballots come by two levels at least."""
    raw: list[_Raw] = []
    for leaf in leaves:
        sides = _sides(leaf, by)
        deffs = class_deffs(assessment, leaf)
        for ratee_class in classes_in_order(assessment):
            one = _class_levels(assessment, leaf, ratee_class, by, sides, deffs)
            raw += [] if one is None else [one]
    flat = [(leaf, line) for leaf, _, lines, _ in raw for line in lines]
    tested = [line for _, line in flat if line.difference_se]
    judged = clear_differences(
        [(line.key, line.level) for line in tested],
        np.array([line.difference or 0.0 for line in tested]),
        np.array([line.difference_se or 0.0 for line in tested]),
        share=SHARE,
    )
    flags = {id(line): (one.q, one.is_clear) for line, one in zip(tested, judged, strict=True)}
    return tuple(_whole(by, *one, flags) for one in raw)


_Raw = tuple[Leaf, str, list[LevelScore], int]


def _class_levels(
    assessment: Assessment,
    leaf: Leaf,
    ratee_class: str,
    by: By,
    sides: "_Sides",
    deffs: Mapping[str, float],
) -> _Raw | None:
    ratees = [one for one in shown(assessment) if one.ratee_class == ratee_class]
    keys = {one.key for one in ratees}
    levels = _levels(leaf, keys, by)
    if len(levels) < 2:
        return None
    weights = {key: float(one) for key, one in leaf.component.rater_classes.of(ratee_class)}
    ends = leaf.votes.bounds
    own = {one: _scores(sides.own.get(one, {}), keys, weights, deffs, ends) for one in levels}
    rest = {one: _scores(sides.rest.get(one, {}), keys, weights, deffs, ends) for one in levels}
    lines = [
        _line(one, level, own[level][one.key], rest[level].get(one.key), ends)
        for one in ratees
        for level in levels
        if one.key in own[level]
    ]
    hidden = sum(len(of) for (ratee, _), of in sides.hidden.items() if ratee in keys)
    return leaf, ratee_class, lines, hidden


@dataclass(frozen=True, slots=True)
class _Sides:
    """By level the votes of (ratee, rater class) at that level, and at all others.

    `hidden` are the levels of each unit that count on neither side: few ballots, or what would give
    them away together with the score of the whole rater class, which is shown.
    """

    own: Mapping[str, Mapping[Unit, Votes]]
    rest: Mapping[str, Mapping[Unit, Votes]]
    hidden: Mapping[Unit, frozenset[str]]


def _sides(leaf: Leaf, by: By) -> _Sides:
    of_class = leaf.group()
    votes = leaf.votes.by(lambda key: f"{_level(key, by)}{BETWEEN}{of_class(key)}")
    found: dict[Unit, dict[str, Votes]] = defaultdict(dict)
    for (ratee, name), one in votes.items():
        level, _, rater_class = name.partition(BETWEEN)
        found[ratee, rater_class][level] = one
    minimum = max(LEAST, leaf.component.min_n)
    hidden = {unit: _hidden(leaf.by_class[unit], of, minimum) for unit, of in found.items()}
    own: dict[str, dict[Unit, Votes]] = defaultdict(dict)
    for unit, of in found.items():
        for level, one in of.items():
            if level not in hidden[unit]:
                own[level][unit] = one
    several = {unit for unit, of in found.items() if len(of) > 1}
    rest: dict[str, dict[Unit, Votes]] = {}
    for level in sorted({level for of in found.values() for level in of}):
        # who comes by one level only is whole on one side; the others are counted again
        rest[level] = {
            unit: one
            for unit, one in leaf.by_class.items()
            if unit not in several and level not in found[unit] and not hidden[unit]
        }
        shown_here = {
            unit
            for unit in several
            if level not in hidden[unit] and hidden[unit] != frozenset(found[unit])
        }
        rest[level] |= _others(leaf, level, by, shown_here)
    return _Sides(own, rest, hidden)


def _hidden(whole: Votes, levels: Mapping[str, Votes], minimum: int) -> frozenset[str]:
    names = sorted(levels)
    if whole.answered < minimum:
        return frozenset(names)
    places = hidden_places([levels[one].answered for one in names], minimum)
    return frozenset(names[place] for place in places)


def _others(leaf: Leaf, level: str, by: By, units: set[Unit]) -> dict[Unit, Votes]:
    """The votes of these units at other levels."""
    if not units:
        return {}
    of_class = leaf.group()

    def label(key: Key) -> str | None:
        name = of_class(key) or ""
        return name if _level(key, by) != level and (key.ratee, name) in units else None

    return leaf.votes.by(label)


def _level(key: Key, by: By) -> str:
    return key.evidence if by == "evidence" else key.channel


def _levels(leaf: Leaf, ratees: set[str], by: By) -> list[str]:
    """The levels that occur, codes first; others by name."""
    found = {
        _level(key, by) for form in leaf.votes.forms for key in form.keys if key.ratee in ratees
    }
    order = {name: place for place, name in enumerate(EVIDENCE)}
    return sorted(found, key=lambda one: (order.get(one, len(order)), one))


def class_deffs(assessment: Assessment, leaf: Leaf) -> dict[str, float]:
    """By rater class Σ v / Σ v₀ over its ratees: its design effect, at least 1."""
    record: dict[str, float] = defaultdict(float)
    alone: dict[str, float] = defaultdict(float)
    for one in assessment.ratees:
        for node in one.nodes:
            path, _, rater_class = node.path.rpartition("/")
            found = leaf.by_class.get((one.key, rater_class))
            if path != leaf.component.path or node.kind != "rater_class" or node.se is None:
                continue
            if found is not None and found.variance:
                record[rater_class] += node.se**2
                alone[rater_class] += found.variance
    return {key: max(1.0, record[key] / alone[key]) for key in sorted(alone)}


def _scores(
    found: Mapping[Unit, Votes],
    ratees: set[str],
    weights: Mapping[str, float],
    deffs: Mapping[str, float],
    bounds: tuple[float, float],
) -> dict[str, _Found]:
    """By ratee the weighted mean over rater classes."""
    parts: dict[str, list[tuple[float, Votes, float]]] = defaultdict(list)
    for (ratee, rater_class), votes in sorted(found.items()):
        weight = weights.get(rater_class, 0.0) if weights else 1.0
        if ratee not in ratees or not weight or votes.score is None:
            continue
        variance = (votes.variance or 0.0) * deffs.get(rater_class, 1.0)
        if not variance:
            lo, hi = score_interval(votes.score, 0.0, votes.answered, bounds)
            variance = ((hi - lo) / 4) ** 2
        parts[ratee].append((weight, votes, variance))
    made = {}
    for ratee, of in parts.items():
        whole = sum(weight for weight, _, _ in of)
        made[ratee] = _Found(
            sum(weight * (votes.score or 0.0) for weight, votes, _ in of) / whole,
            sum(weight**2 * variance for weight, _, variance in of) / whole**2,
            sum(votes.rows for _, votes, _ in of),
            sum(votes.answered for _, votes, _ in of),
        )
    return made


def _line(
    one: RateeResult, level: str, own: _Found, rest: _Found | None, bounds: tuple[float, float]
) -> LevelScore:
    lo, hi = score_interval(own.score, own.variance, own.answered, bounds)
    return LevelScore(
        key=one.key,
        name=one.name,
        level=level,
        score=own.score,
        se=sqrt(own.variance),
        lo=lo,
        hi=hi,
        n=own.n,
        others=None if rest is None else rest.score,
        difference=None if rest is None else own.score - rest.score,
        difference_se=None if rest is None else sqrt(own.variance + rest.variance),
        q=None,
        is_clear=False,
    )


def _whole(
    by: By,
    leaf: Leaf,
    ratee_class: str,
    lines: list[LevelScore],
    hidden: int,
    flags: Mapping[int, tuple[float, bool]],
) -> LevelsApart:
    judged = []
    for line in lines:
        q, is_clear = flags.get(id(line), (None, False))
        judged.append(replace(line, q=q, is_clear=is_clear))
    several: dict[str, set[str]] = defaultdict(set)
    for form in leaf.votes.forms:
        for key in form.keys:
            several[key.rater_class].add(_level(key, by))
    is_same_people = any(len(one) > 1 for one in several.values())
    levels = list(dict.fromkeys(line.level for line in judged))
    means = tuple(
        _mean(level, [one for one in judged if one.level == level], is_shared=leaf.votes.is_shared)
        for level in levels
    )
    clear = [one for one in judged if one.is_clear]
    return LevelsApart(
        by=by,
        leaf=str(leaf.component.name),
        ratee_class=ratee_class,
        means=means,
        lines=tuple(judged),
        clear=len(clear),
        hidden=hidden,
        is_same_people=is_same_people,
        sentences=tuple(_sentences(judged, is_same_people=is_same_people, hidden=hidden)),
    )


def _mean(level: str, lines: Sequence[LevelScore], *, is_shared: bool) -> LevelMean:
    """The mean over ratees. Where raters rate several of them, errors may all go the same way: the
    error is then the mean of the single ones, the most it can be.
    """
    compared = [one for one in lines if one.difference is not None]
    difference = error = lo = hi = None
    if compared:
        difference = float(np.mean([one.difference for one in compared]))
        errors = [one.difference_se or 0.0 for one in compared]
        error = (
            float(np.mean(errors)) if is_shared else sqrt(sum(e * e for e in errors)) / len(errors)
        )
        lo, hi = difference - Z * error, difference + Z * error
    return LevelMean(
        level,
        sum(one.n for one in lines),
        len(lines),
        float(np.mean([one.score for one in lines])),
        difference,
        error,
        lo,
        hi,
    )


def _sentences(lines: Sequence[LevelScore], *, is_same_people: bool, hidden: int) -> Iterator[Note]:
    # of two levels each is the other's rest: one comparison, not two
    is_pair = len({one.level for one in lines}) == 2
    tested = {one.key if is_pair else (one.key, one.level) for one in lines if one.q is not None}
    clear = {one.key if is_pair else (one.key, one.level) for one in lines if one.is_clear}
    yield Note(
        N_(
            "共比较 {n} 处，相差超出偶然的有 {clear} 处"
            "（同一问题的全部比较里标出来的，预计至多约 5% 是误报）。"
        ),
        {"n": len(tested), "clear": len(clear)},
    )
    if not is_same_people:
        yield Note(N_("各类评议主体只用一种方式作答，所以差别可能来自人不同，不一定来自方式不同。"))
    else:
        yield Note(N_("差别可能来自方式，也可能来自用这种方式的人不同；它不说明哪一种更真实。"))
    if hidden:
        yield Note(
            N_("有 {n} 处份数太少，或会让人推算出份数太少的部分，不显示，也不计入。"), {"n": hidden}
        )
