"""Grades of many drawn rounds at once, by the scheme's lines and places.

For every draw the ratees of all classes stand in order of their scores, and each grade, the best
first, goes down that order to whoever reaches its line and has a place left in each of its quotas.
What the scheme leaves open to a ratee (vetoes, limits, conditions on earlier years) is taken as it
is in the round itself, and so are conditions that ask for this round's own ranks; places do not go
first to those with priority. Equal scores do not happen among draws.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.inputs import RateeRow
from analysis.results import RateeResult
from analysis.scheme import Scheme
from analysis.scheme.grades import Quota
from analysis.standing import cell_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def drawn_grades(
    scheme: Scheme,
    results: Sequence[RateeResult],
    ratees: Sequence[RateeRow],
    drawn: Floats,
) -> Ints:
    """The place of each grade in the scheme, shaped draws × ratees; len(grades) stands for none.

    `results` and `ratees` are in the order of the columns of `drawn`; ratees without a score are
    not among the columns but count in shares of places, so `ratees` may be longer.
    """
    scores = _scores(scheme, drawn)
    order = np.argsort(-drawn, axis=1, kind="stable")
    given = np.full(drawn.shape, len(scheme.grades), dtype=np.int64)
    for number, grade in enumerate(scheme.grades):
        is_open = np.array([grade.key in one.allowed for one in results])
        is_forced = np.array([_is_forced(scheme, one) for one in results])
        line = -np.inf if grade.min is None else float(grade.min)
        may = is_open & (is_forced | (scores >= line)) & (given == len(scheme.grades))
        if not grade.quotas:
            given[may] = number
            continue
        seats = [_seats(quota, ratees, len(results)) for quota in grade.quotas]
        _take_places(given, number, may, order, seats)
    return given


def _scores(scheme: Scheme, drawn: Floats) -> Floats:
    """What the lines are held against: the score of record, rounded, or as it is."""
    if scheme.grade_on != "record":
        return drawn
    unit = 10.0**scheme.decimals
    return np.floor(drawn * unit + 0.5) / unit


def _is_forced(scheme: Scheme, one: RateeResult) -> bool:
    effects = {veto.key: veto.effect for veto in scheme.vetoes}
    return any(effects.get(key, "no_excellent") != "no_excellent" for key in one.veto)


def _seats(quota: Quota, ratees: Sequence[RateeRow], columns: int) -> tuple[Ints, Ints]:
    """For each column the number of its cell, and the places of every cell."""
    cells = [cell_of(one, quota.scope) for one in ratees]
    sizes = {cell: cells.count(cell) for cell in sorted(set(cells))}
    places = quota.all_places(sizes)
    number = {cell: place for place, cell in enumerate(sizes)}
    return (
        np.array([number[cell] for cell in cells[:columns]], dtype=np.int64),
        np.array([places[cell] for cell in sizes], dtype=np.int64),
    )


def _take_places(
    given: Ints,
    number: int,
    may: NDArray[np.bool_],
    order: Ints,
    seats: Sequence[tuple[Ints, Ints]],
) -> None:
    """Go down the order of every draw at once and take the places left."""
    rows = np.arange(len(given))
    left = [np.tile(places, (len(given), 1)) for _, places in seats]
    for column in order.T:
        gets = may[rows, column]
        for (cell, _), free in zip(seats, left, strict=True):
            gets &= free[rows, cell[column]] > 0
        takers = rows[gets]
        given[takers, column[gets]] = number
        for (cell, _), free in zip(seats, left, strict=True):
            free[takers, cell[column[gets]]] -= 1
