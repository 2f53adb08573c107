"""Ratings made ready for a many-facet model: categories, facets without a measure, connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.connectivity import connectivity, require_connected
from analysis.statistics.raters.rating_categories import Categories, categories
from forms.problems import N_

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
FEWEST_RATINGS = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rated:
    """Ratings that carry information, with codes that have no gaps.

    `items`, `raters`, `ratees` are the codes kept, `all_*` how many there were. `values[set]`:
    the marks of the categories, one set when the steps are common. `top[item]`: highest category.
    `lacking`: why an item, a rater, a ratee without a measure has none.
    """

    ratee: Codes
    rater: Codes
    item: Codes
    step: Codes
    top: Codes
    values: tuple[Floats, ...]
    items: Codes
    raters: Codes
    ratees: Codes
    all_items: int
    all_raters: int
    all_ratees: int
    by_item: bool
    lacking: tuple[Note, Note, Note]
    notes: tuple[Note, ...]


def spread(found: Sequence[T], places: Codes, size: int, empty: T) -> tuple[T, ...]:
    """`found` at its places in a list of this size, `empty` elsewhere."""
    whole = [empty] * size
    for place, one in zip(places.tolist(), found, strict=True):
        whole[place] = one
    return tuple(whole)


def prepared(
    ratee: Codes, rater: Codes, item: Codes, mark: Floats, *, by_item: bool, collapse: int
) -> Rated:
    """Leave out what says nothing, number the categories and refuse what cannot be compared."""
    all_items, all_raters, all_ratees = (
        int(codes.max(initial=-1)) + 1 for codes in (item, rater, ratee)
    )
    present = ~np.isnan(mark)
    notes = _missing(int((~present).sum()))
    ratee, rater, item, mark = ratee[present], rater[present], item[present], mark[present]
    order = np.lexsort((mark, item, rater, ratee))
    ratee, rater, item, mark = ratee[order], rater[order], item[order], mark[order]
    marks, joined = _joined(item, mark, collapse, by_item=by_item)
    kept = _informative(item, rater, marks, by_item=by_item)
    if len(np.unique(rater[kept])) < 2 or len(np.unique(ratee[kept])) < 2:
        raise _too_few(len(np.unique(ratee)), len(np.unique(rater)))
    ratee, rater, item, marks = ratee[kept], rater[kept], item[kept], marks[kept]
    (items, item), (raters, rater), (ratees, ratee) = (
        np.unique(codes, return_inverse=True) for codes in (item, rater, ratee)
    )
    item, rater, ratee = (codes.reshape(-1) for codes in (item, rater, ratee))
    links = connectivity(rater, ratee)
    require_connected(links)
    sets = _numbered(item, marks, by_item=by_item)
    step = np.empty(len(marks), dtype=np.int64)
    for number, one in enumerate(sets):
        step[item == number if by_item else slice(None)] = one.step
    tops = [len(one.values) - 1 for one in sets]
    top = np.array(tops if by_item else tops * len(items), dtype=np.int64)
    notes += list(links.notes) + _joined_note(joined) + _rare(sets) + _few(rater)
    notes += _left_out(all_items - len(items), all_raters - len(raters))
    return Rated(
        ratee,
        rater,
        item,
        step,
        top,
        tuple(one.values for one in sets),
        items,
        raters,
        ratees,
        all_items,
        all_raters,
        all_ratees,
        by_item,
        _lacking(),
        tuple(notes),
    )


def _numbered(item: Codes, mark: Floats, *, by_item: bool) -> list[Categories]:
    if not by_item:
        return [categories(mark)]
    return [categories(mark[item == number]) for number in range(int(item.max()) + 1)]


def _joined(item: Codes, mark: Floats, least: int, *, by_item: bool) -> tuple[Floats, int]:
    """The marks after rare categories are joined, and how many categories were given up."""
    if least <= 0 or not len(mark):
        return mark, 0
    new = mark.copy()
    joined = 0
    for number in np.unique(item) if by_item else [None]:
        rows = slice(None) if number is None else item == number
        one = categories(mark[rows], least)
        new[rows] = one.values[one.step]
        joined += one.joined
    return new, joined


def _informative(item: Codes, rater: Codes, mark: Floats, *, by_item: bool) -> NDArray[np.bool_]:
    """Rows of raters and items that do not have the lowest mark only, or the highest only."""
    kept = np.ones(len(mark), dtype=bool)
    while kept.any():
        scale = item if by_item else np.zeros_like(item)
        low = np.full(int(scale.max()) + 1, np.inf)
        high = -low
        np.minimum.at(low, scale[kept], mark[kept])
        np.maximum.at(high, scale[kept], mark[kept])
        is_low, is_high = mark == low[scale], mark == high[scale]
        extreme = np.zeros(len(mark), dtype=bool)
        for facet in (item, rater):
            times = np.bincount(facet[kept])
            for at_end in (is_low, is_high):
                all_of = np.bincount(facet[kept], weights=at_end[kept]) == times
                extreme |= kept & np.append(all_of, [False] * (facet.max() + 1))[facet]
        if not extreme.any():
            break
        kept &= ~extreme
    return kept


def _too_few(ratees: int, raters: int) -> NoEstimate:
    return NoEstimate(
        "too_few",
        Note(
            N_(
                "至少要有两位评分人、两个对象和不全相同的分数才能比较宽严；"
                "现在有 {raters} 位评分人、{ratees} 个对象"
            ),
            {"raters": raters, "ratees": ratees},
        ),
    )


def _missing(rows: int) -> list[Note]:
    return [Note(N_("{n} 个缺失的分数未用"), {"n": rows})] if rows else []


def _joined_note(joined: int) -> list[Note]:
    return [Note(N_("合并了 {n} 个很少使用的等级"), {"n": joined})] if joined else []


def _rare(sets: list[Categories]) -> list[Note]:
    """Warn of categories with fewer than 10 ratings."""
    rare = sum(int((one.uses < FEWEST_RATINGS).sum()) for one in sets)
    if not rare:
        return []
    return [
        Note(
            N_("{n} 个等级的使用不到 {least} 次，其阶梯不可靠；可以合并相邻等级"),
            {"n": rare, "least": FEWEST_RATINGS},
        )
    ]


def _few(rater: Codes) -> list[Note]:
    """Warn of raters with fewer than 10 ratings."""
    few = int((np.bincount(rater) < FEWEST_RATINGS).sum())
    if not few:
        return []
    return [
        Note(
            N_("{n} 位评分人的评分不到 {least} 次，其宽严不可靠"),
            {"n": few, "least": FEWEST_RATINGS},
        )
    ]


def _lacking() -> tuple[Note, Note, Note]:
    return (
        Note(N_("这道题的评分全是最低、全是最高或全部缺失，没有有限的难度")),
        Note(N_("这位评分人的评分全是最低、全是最高或全部缺失，没有有限的宽严")),
        Note(N_("这个对象没有可用的评分")),
    )


def _left_out(items: int, raters: int) -> list[Note]:
    notes = []
    if items:
        notes.append(Note(N_("{n} 道题的评分全是最低或全是最高，没有有限的难度"), {"n": items}))
    if raters:
        notes.append(
            Note(N_("{n} 位评分人给的全是最低分或全是最高分，没有有限的宽严"), {"n": raters})
        )
    return notes
