"""Do rater classes and channels answer an item of one questionnaire differently, beyond chance?

Compared within ratees only, for classes may rate different ones. Where a person answers for several
ratees the person counts once: its answers, each against the ratee's mean, are averaged first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cells import FormCells
from analysis.dedupe import counting_statuses
from analysis.round_statistics.rating_groups import FEWEST, in_order
from analysis.round_statistics.tables import ItemMoments, RaterSheets
from analysis.scheme import Scheme
from analysis.statistics.items.mean_scores import MeanScores, mean_scores, over
from analysis.tallies import effective_points

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Anchors = NDArray[np.bool_]
LEAST_ITEMS = 3
SURE = 0.01
WIDE = 0.05
"""Items leave the yardstick where q ≤ 0.01 and the gap is a twentieth of the scale or more."""


@dataclass(frozen=True, slots=True)
class Differences:
    """By item: how the groups (keys, in order) differ, and how they differ on this item beyond what
    they differ on the others (`own`, empty where it cannot be told)."""

    groups: tuple[str, ...]
    items: tuple[MeanScores, ...]
    own: tuple[MeanScores, ...]


def class_differences(
    scheme: Scheme,
    items: ItemMoments,
    sheets: RaterSheets | None,
    kept: set[str],
    scale_range: float,
) -> Differences | None:
    """Between rater classes, over the ratees in `kept`; None where there are not two classes."""
    if sheets is not None:
        return _of_raters(scheme, sheets, kept, scale_range)
    classes = in_order(scheme, {who for _, who in items.units})
    ratees = sorted({ratee for ratee, _ in items.units if ratee in kept})
    if len(classes) < 2 or not ratees:
        return None
    places = {(ratees.index(r), classes.index(c)): u for u, (r, c) in _placed(items, kept)}
    at = np.array(list(places), dtype=np.int64).T
    units = np.array(list(places.values()), dtype=np.int64)
    n, mean, cov = unit_moments(items, units)
    k = len(items.items)

    def compared(place: int, vector: Floats) -> MeanScores:
        n_i, value = n[:, place, place], mean @ vector
        spread = np.maximum(np.einsum("i,uij,j->u", vector, cov, vector), 0)
        tables = np.zeros((3, len(ratees), len(classes)))
        squares = (n_i - 1).clip(0) * spread + n_i * value**2
        tables[:, at[0], at[1]] = n_i, n_i * value, squares
        return mean_scores(*tables)

    def against(anchors: Anchors) -> list[MeanScores]:
        return [compared(i, np.eye(k)[i] - rest_of(i, anchors)) for i in range(k)]

    single = over([compared(i, np.eye(k)[i]) for i in range(k)])
    return Differences(tuple(classes), single, purified(k, against, scale_range))


def rest_of(place: int, anchors: Anchors) -> Floats:
    """The weights that make the mean of the anchors without this item."""
    rest: Floats = anchors.astype(np.float64)
    rest[place] = 0.0
    rest /= max(float(rest.sum()), 1.0)
    return rest


def purified(
    k: int, against: Callable[[Anchors], list[MeanScores]], scale_range: float
) -> tuple[MeanScores, ...]:
    """Each item against the mean of the others, items that differ taken out of the yardstick.

    One item that a group reads in its own way shifts the mean of the others and makes them all look
    different; so the item with the widest sure gap leaves the yardstick, and all is compared again,
    until none is left or half of the items are out (Holland & Thayer 1988, in *Test Validity*, ed.
    Wainer & Braun, ch. 9: purification of the criterion).
    """
    if k < LEAST_ITEMS:
        return ()
    anchors = np.ones(k, dtype=bool)
    while True:
        found = over(against(anchors))
        wide = [
            (one.gap, place)
            for place, one in enumerate(found)
            if anchors[place] and one.q is not None and one.gap is not None
            if one.q <= SURE and one.gap >= WIDE * scale_range
        ]
        if not wide or anchors.sum() - 1 < max(2, k / 2):
            return found
        anchors[max(wide)[1]] = False


def _placed(items: ItemMoments, kept: set[str]) -> list[tuple[int, tuple[str, str]]]:
    return [(u, one) for u, one in enumerate(items.units) if one[0] in kept]


def unit_moments(items: ItemMoments, units: Codes) -> tuple[Floats, Floats, Floats]:
    """Of these units n (u, k, k), the items' means (u, k) and covariances (u, k, k), in points."""
    n = items.n[units].astype(np.float64)
    x, xy = items.x[units] / items.scale, items.xy[units] / items.scale**2
    mean = np.einsum("uii->ui", x) / np.maximum(np.einsum("uii->ui", n), 1)
    cross = xy - x * np.swapaxes(x, 1, 2) / np.maximum(n, 1)
    return n, mean, cross / np.maximum(n - 1, 1)


def _of_raters(
    scheme: Scheme, sheets: RaterSheets, kept: set[str], scale_range: float
) -> Differences | None:
    ratees = sorted({ratee for ratee, _ in sheets.units if ratee in kept})
    number = {ratee: place for place, ratee in enumerate(ratees)}
    classes = in_order(scheme, {who for ratee, who in sheets.units if ratee in kept})
    if len(classes) < 2 or not ratees:
        return None
    of_unit = np.array([number.get(ratee, -1) for ratee, _ in sheets.units])
    class_of = np.array([classes.index(who) if who in classes else -1 for _, who in sheets.units])
    ratee = of_unit[sheets.unit]
    rows = ratee >= 0
    marks = np.column_stack(
        [np.asarray(sheets.points[i])[one] for i, one in enumerate(sheets.codes[rows].T)]
    )
    raters, rater = np.unique(sheets.rater[rows], return_inverse=True)
    who = np.zeros(len(raters), dtype=np.int64)
    who[rater] = class_of[sheets.unit[rows]]
    groups = np.bincount(who, minlength=len(classes))
    if (groups >= FEWEST).sum() < 2:
        return None

    def compared(y: Floats) -> MeanScores:
        return _one(y, ratee[rows], rater, who, groups)

    def against(anchors: Anchors) -> list[MeanScores]:
        return [
            compared(column - _rest(marks, place, anchors)) for place, column in enumerate(marks.T)
        ]

    single = over([compared(column) for column in marks.T])
    return Differences(tuple(classes), single, purified(marks.shape[1], against, scale_range))


def _rest(marks: Floats, place: int, anchors: Anchors) -> Floats:
    """The mean of the anchors without this item, by row; NaN without any."""
    used = anchors.copy()
    used[place] = False
    answered = ~np.isnan(marks[:, used])
    n = answered.sum(axis=1)
    total = np.where(answered, marks[:, used], 0.0).sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _one(y: Floats, ratee: Codes, rater: Codes, who: Codes, groups: Codes) -> MeanScores:
    """One value a rater: the mean of its answers against the ratees' means; classes of five up."""
    has = ~np.isnan(y)
    y, ratee, rater = y[has], ratee[has], rater[has]
    level = np.bincount(ratee, y) / np.maximum(np.bincount(ratee), 1)
    n = np.bincount(rater, minlength=len(who))
    value = np.bincount(rater, y - level[ratee], minlength=len(who)) / np.maximum(n, 1)
    there = (n > 0) & (groups[who] >= FEWEST)
    size = len(groups)
    sums = [np.bincount(who[there], value[there] ** power, minlength=size) for power in (0, 1, 2)]
    return mean_scores(*sums)


def channel_differences(scheme: Scheme, cells: FormCells, kept: set[str]) -> Differences | None:
    """Between channels, within ratee and rater class, from the cells; None where there are not two.

    Not for ballots that rate several ratees: a person's answers are not independent, and the cells
    do not know persons.
    """
    statuses = counting_statuses(scheme.same_device)
    counted = [one.status in statuses and one.ratee in kept for one in cells.keys]
    used_keys = [one for one, is_in in zip(cells.keys, counted, strict=True) if is_in]
    channels = sorted({one.channel for one in used_keys})
    strata = sorted({(one.ratee, one.rater_class) for one in used_keys})
    if len(channels) < 2 or cells.form.has_shared_ballots:
        return None
    number = {one: place for place, one in enumerate(strata)}
    cell = np.array(
        [
            number[one.ratee, one.rater_class] * len(channels) + channels.index(one.channel)
            if is_in
            else -1
            for one, is_in in zip(cells.keys, counted, strict=True)
        ]
    )
    points = effective_points(cells.form, None)
    found = []
    for item, _ in cells.form.scored:
        counts = cells.items[item.key]
        worth = np.full(256, np.nan)
        for option, value in points[item.key].items():
            worth[option] = float(value)
        y, place = worth[counts.option_number], cell[counts.key_number]
        used = ~np.isnan(y) & (place >= 0)
        size = len(strata) * len(channels)
        sums = [
            np.bincount(place[used], counts.n[used] * y[used] ** power, minlength=size).reshape(
                len(strata), -1
            )
            for power in (0, 1, 2)
        ]
        found.append(mean_scores(*sums))
    return Differences(tuple(channels), over(found), ())
