"""Do the raters of one class agree, and about which ratees least?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.note import Note
from analysis.round_statistics.rating_groups import FEWEST, Crossed, RatingGroup
from analysis.statistics.agreement.anova import two_way
from analysis.statistics.agreement.group_moments import of_counts
from analysis.statistics.agreement.icc import mcgraw_wong
from analysis.statistics.agreement.icc_groups import GroupIcc, icc_groups
from analysis.statistics.agreement.kendall import Kendall, kendall
from analysis.statistics.agreement.krippendorff import alpha
from analysis.statistics.agreement.rwg import awg, rwg_j
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_

LOWEST = 5
FEW_RATEES = 10
FEWEST_NAMED = 8
ONE_IN = 4
DRAWS = 500
COMPLETE = 0.5
FEWEST_ORDERED = 3


@dataclass(frozen=True, slots=True)
class WithinRatee:
    """Agreement about one ratee, both means over the items: 1 is full agreement."""

    key: str
    name: str
    n: int
    awg: float
    rwg_j: float | None


@dataclass(frozen=True, slots=True)
class Complete:
    """Of the `raters` who rated all `ratees`: ICC(A,k), ICC(C,k) and Kendall's W of the scores."""

    raters: int
    ratees: int
    agreement: Estimate
    consistency: Estimate
    w: Kendall | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """`icc` of the ballot scores; `alphas` ordinal by item (item key, alpha, ratings); `lowest`
    the ratees with least agreement inside, the lowest first; `complete` for raters of everything.
    """

    icc: GroupIcc | None
    alphas: tuple[tuple[str, float, int], ...]
    lowest: tuple[WithinRatee, ...]
    middle: float | None
    complete: Complete | None
    sentences: tuple[Note, ...]
    notes: tuple[Note, ...]


def agreement(
    group: RatingGroup, names: Mapping[str, str], seed: int, *, has_shares: bool = False
) -> Agreement:
    """Everything on agreement that the ratings of one class allow.

    At most every fourth ratee, and five of them, is named for its disagreement, and nobody among
    fewer than eight: the lowest of a handful says nothing. `has_shares`: the shares of variance are
    told elsewhere, from a model that knows the raters.
    """
    notes: list[Note] = []
    icc = None
    try:
        icc = _sure(icc_groups(group.moments, seed=seed, draws=DRAWS))
    except NoEstimate as reason:
        notes.append(reason.note)
    alphas = tuple(_alphas(group))
    within = sorted(_within(group, names), key=lambda one: (one.awg, one.key))
    complete = None
    if group.crossed is not None:
        complete = _complete(group.crossed, len(group.ratees), notes)
    middle = float(np.median([one.awg for one in within])) if within else None
    named = [one for one in _lowest(within) if middle is not None and one.awg < middle]
    return Agreement(
        icc=icc,
        alphas=alphas,
        lowest=tuple(named),
        middle=middle,
        complete=complete,
        sentences=tuple(_sentences(None if has_shares else icc, alphas, named, complete)),
        notes=tuple(notes),
    )


def _lowest(within: list[WithinRatee]) -> list[WithinRatee]:
    if len(within) < FEWEST_NAMED:
        return []
    return within[: min(LOWEST, len(within) // ONE_IN)]


def _sure(icc: GroupIcc) -> GroupIcc:
    """The same without intervals where too few ratees make them worthless."""
    if icc.table.groups >= FEW_RATEES:
        return icc
    note = Note(
        N_("只有 {n} 个对象，少于 {least} 个，不给区间"),
        {"n": icc.table.groups, "least": FEW_RATEES},
    )
    icc1, icc2 = (replace(one, lo=None, hi=None, notes=(note,)) for one in (icc.icc1, icc.icc2))
    return replace(icc, icc1=icc1, icc2=icc2)


def _alphas(group: RatingGroup) -> Iterator[tuple[str, float, int]]:
    for item, counts in zip(group.items, group.counts, strict=True):
        try:
            found = alpha(counts, "ordinal")
        except NoEstimate:
            continue
        yield item, found.alpha, found.ratings


def _within(group: RatingGroup, names: Mapping[str, str]) -> Iterator[WithinRatee]:
    """awg and rwg(j) of every ratee over the items; ratees too near an end of the scale for awg to
    see disagreement are left out."""
    if len(group.points) < 2:
        return
    moments = [of_counts(one) for one in group.counts]
    low, high = float(group.points[0]), float(group.points[-1])
    by_item = [awg(one, low, high) for one in moments]
    together = rwg_j(moments, float(np.var(group.points)))
    for place, key in enumerate(group.ratees):
        own = [one[place] for one in by_item]
        sure = [one.estimate for one in own if one.estimate is not None and not one.notes]
        if sure and int(group.moments.n[place]) >= FEWEST:
            yield WithinRatee(
                key=key,
                name=names[key],
                n=int(group.moments.n[place]),
                awg=float(np.mean(sure)),
                rwg_j=together[place].estimate,
            )


def _complete(rated: Crossed, ratees: int, notes: list[Note]) -> Complete | None:
    """ICC and W over the raters who rated every ratee, where at least half of them did."""
    times = np.bincount(rated.rater)
    whole = np.flatnonzero(times == ratees)
    if len(whole) < FEWEST or len(whole) < COMPLETE * len(times) or ratees < FEWEST_ORDERED:
        notes.append(
            Note(
                N_(
                    "评完全部 {ratees} 个对象的评分人不到一半（或不足 {least} 名），"
                    "不给 ICC(A,k)、ICC(C,k) 和 Kendall W；请看名次和分数的可靠性，意思相同。"
                ),
                {"ratees": ratees, "least": FEWEST},
            )
        )
        return None
    table = np.empty((ratees, len(whole)))
    rows = np.isin(rated.rater, whole)
    table[rated.ratee[rows], np.searchsorted(whole, rated.rater[rows])] = rated.score[rows]
    forms = {one.name: one for one in mcgraw_wong(two_way(table))}
    try:
        w = kendall(table)
    except NoEstimate as reason:
        notes.append(reason.note)
        w = None
    return Complete(
        len(whole),
        ratees,
        forms["ICC(A,k)"].estimate(ratees),
        forms["ICC(C,k)"].estimate(ratees),
        w,
    )


def _sentences(
    icc: GroupIcc | None,
    alphas: tuple[tuple[str, float, int], ...],
    named: list[WithinRatee],
    complete: Complete | None,
) -> Iterator[Note]:
    if icc is not None and icc.icc1.estimate is not None:
        yield Note(
            N_("一份评分的差异中有 {icc1} 是对象之间的差别，其余是评分人各不相同。"),
            {"icc1": f"{max(icc.icc1.estimate, 0):.0%}"},
        )
    if alphas:
        values = sorted(one for _, one, _ in alphas)
        yield Note(
            N_(
                "任取两名评分人，看法一致的程度（Krippendorff α）各题在 {lo} 到 {hi} 之间；"
                "各人各评，它本来就低，不能拿 0.8 去衡量。"
            ),
            {"lo": _two(values[0]), "hi": _two(values[-1])},
        )
    if complete is not None and complete.w is not None:
        yield Note(
            N_("评完全部对象的 {n} 名评分人，排出的名次的一致程度（Kendall W）是 {w}。"),
            {"n": complete.raters, "w": f"{complete.w.w:.2f}"},
        )
    if named:
        names = "、".join(one.name for one in named)
        yield Note(
            N_("意见分歧最大的：{names}。分歧大不等于评价差，值得了解分歧在哪里。"),
            {"names": names},
        )


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"
