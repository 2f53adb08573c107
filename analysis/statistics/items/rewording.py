"""Which item to reword, and why: the list an administrator reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.note import Note
from analysis.statistics.items.dif import Dif
from analysis.statistics.items.item_statistics import ItemStatistics
from forms.problems import N_

CEILING = 0.6
UNKNOWN = 0.3
ITEM_REST = 0.3
REDUNDANT = 0.9
FALSE_DISCOVERIES = 0.01
GAP = 0.1
LEAST = 100


@dataclass(frozen=True, slots=True)
class Rewording:
    """An item by its place, how urgent (sum of the reasons' weights) and the reasons in words."""

    item: int
    urgency: float
    reasons: tuple[Note, ...]


def rewording(
    names: Sequence[str],
    items: Sequence[ItemStatistics],
    r: ArrayLike | None = None,
    functioning: Sequence[Dif] = (),
    scale_range: float = 1.0,
) -> tuple[Rewording, ...]:
    """Items with at least one reason, most urgent first, then in their order.

    Reasons, each weighing 1 at its limit and more beyond it: ceiling (or floor) above 60 %; 不了解
    above 30 %; item–rest correlation below 0.3 (negative weighs double: perhaps a reversed item);
    a pair with r above 0.9, r (k, k) item correlations; groups that differ at equal rest scores
    with q ≤ 0.01 and a gap of at least a tenth of `scale_range` (points). Items with fewer than
    100 valued answers are judged on 不了解 alone. The limits are conventions for a talk about the
    wording, not tests.

    Source: limits after Nunnally & Bernstein 1994, ch. 8 (item–rest), Terwee et al. 2007, J. Clin.
    Epidemiol. 60, p. 37 (floor and ceiling), Zwick et al. 1993 (size of a difference).
    """
    correlation = None if r is None else np.asarray(r, dtype=np.float64)
    found = []
    for place, one in enumerate(items):
        reasons = [*_unknown(one)]
        if one.n >= LEAST:
            reasons += _extremes(one) + _rest(one) + _twins(place, names, correlation)
            if functioning:
                reasons += _groups(functioning[place], scale_range)
        if reasons:
            urgency = sum(weight for weight, _ in reasons)
            found.append(Rewording(place, urgency, tuple(note for _, note in reasons)))
    return tuple(sorted(found, key=lambda one: (-one.urgency, one.item)))


Reason = tuple[float, Note]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _unknown(one: ItemStatistics) -> list[Reason]:
    if one.unknown_share is None or one.unknown_share <= UNKNOWN:
        return []
    note = Note(
        N_("{share} 的人选“不了解”：这道题可能问错了人，或说法太专业"),
        {"share": _percent(one.unknown_share)},
    )
    return [(one.unknown_share / UNKNOWN, note)]


def _extremes(one: ItemStatistics) -> list[Reason]:
    reasons: list[Reason] = []
    if one.ceiling is not None and one.ceiling > CEILING:
        text = N_("{share} 的人选最高一档：这道题几乎分不出高低，可以问得更具体")
        reasons.append((one.ceiling / CEILING, Note(text, {"share": _percent(one.ceiling)})))
    if one.floor is not None and one.floor > CEILING:
        text = N_("{share} 的人选最低一档：这道题几乎分不出高低，可以问得更具体")
        reasons.append((one.floor / CEILING, Note(text, {"share": _percent(one.floor)})))
    return reasons


def _rest(one: ItemStatistics) -> list[Reason]:
    if one.item_rest is None or one.item_rest >= ITEM_REST:
        return []
    value = f"{one.item_rest:.2f}"
    if one.item_rest < 0:
        text = N_("与其余题目的相关为 {r}，方向相反：是不是反向题，或者问法让人误解")
        return [(2 - one.item_rest, Note(text, {"r": value}))]
    text = N_("与其余题目的相关只有 {r}：问的可能是另一件事")
    return [(2 - one.item_rest / ITEM_REST, Note(text, {"r": value}))]


def _twins(place: int, names: Sequence[str], r: np.ndarray | None) -> list[Reason]:
    if r is None:
        return []
    row = np.where(np.arange(len(r)) == place, -1.0, np.nan_to_num(r[place], nan=-1.0))
    other = int(row.argmax())
    if row[other] <= REDUNDANT:
        return []
    text = N_("与“{other}”的相关为 {r}：两题几乎在问同一件事，留一道即可")
    return [
        (
            float(row[other]) / REDUNDANT,
            Note(text, {"other": names[other], "r": f"{row[other]:.2f}"}),
        )
    ]


def _groups(one: Dif, scale_range: float) -> list[Reason]:
    if one.q is None or one.gap is None or one.q > FALSE_DISCOVERIES:
        return []
    share = one.gap / scale_range
    if share < GAP:
        return []
    text = N_("其余题目答得一样的人，在这道题上各组仍相差 {gap} 分：各组对题意的理解可能不同")
    return [(share / GAP, Note(text, {"gap": f"{one.gap:.2f}"}))]
