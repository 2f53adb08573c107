"""The feasible interval of each hidden cell, from all statements together.

First by intervals alone, exactly: each statement bounds each of its cells by the bounds of the
others, until nothing changes (Fischetti and Salazar 2001, §2, call this the protection problem of
one cell). What is still wide is then solved: the smallest and the largest value a cell can have
is a linear programme, in whole numbers where the cell counts something.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from analysis.disclosure.statements import COUNT, Cell, Number, Range, Statement, blocks

MOST_PASSES = 60
Ranges = dict[Cell, Range]


def feasible(
    statements: Sequence[Statement],
    targets: Collection[Cell],
    kinds: Mapping[Cell, Range] | None = None,
    width: Number | None = None,
) -> Ranges:
    """What each target can be. `kinds` are what a cell can be at all: a count, where nothing is
    said; cells with a kind are not whole numbers.

    With `width` the search for a cell ends where it is known to be narrower than that.
    Statements that contradict each other leave a target the range the intervals gave.
    """
    scores = kinds or {}
    found: Ranges = {}
    for block in blocks(statements):
        cells = {cell for one in block for cell, _ in one.terms}
        wanted = [one for one in targets if one in cells]
        if wanted:
            found |= _of_block(block, cells, wanted, scores, width)
    return found | {one: scores.get(one, COUNT) for one in targets if one not in found}


def _of_block(
    block: Sequence[Statement],
    cells: Iterable[Cell],
    wanted: Sequence[Cell],
    scores: Mapping[Cell, Range],
    width: Number | None,
) -> Ranges:
    ranges = {cell: scores.get(cell, COUNT) for cell in cells}
    whole = {cell for cell in ranges if cell not in scores}
    propagate(block, ranges, whole)
    loose = [
        one
        for one in wanted
        if ranges[one].lo != ranges[one].hi
        and not (width is not None and ranges[one].is_narrower(width))
    ]
    solved = _solve(block, ranges, whole, loose, width) if loose else {}
    return {one: solved.get(one, ranges[one]) for one in wanted}


def propagate(statements: Sequence[Statement], ranges: Ranges, whole: Collection[Cell]) -> None:
    """Narrow `ranges` in place until no statement narrows any further."""
    for _ in range(MOST_PASSES):
        changed = False
        for one in statements:
            changed |= _narrow(one, ranges, whole)
        if not changed:
            return


def _narrow(one: Statement, ranges: Ranges, whole: Collection[Cell]) -> bool:
    """Bound each cell of a statement by the bounds of the others; whether that helped."""
    lows = [_times(factor, ranges[cell], is_low=True) for cell, factor in one.terms]
    highs = [_times(factor, ranges[cell], is_low=False) for cell, factor in one.terms]
    low, high = _Total.of(lows), _Total.of(highs)
    changed = False
    for place, (cell, factor) in enumerate(one.terms):
        most = _over(_minus(one.hi, low.without(lows[place])), factor)
        least = _over(_minus(one.lo, high.without(highs[place])), factor)
        lo, hi = (least, most) if factor > 0 else (most, least)
        changed |= _tighten(ranges, cell, lo, hi, is_whole=cell in whole)
    return changed


@dataclass(frozen=True, slots=True)
class _Total:
    """A sum of ends, and how many of them there are not."""

    known: Number
    unknown: int

    @classmethod
    def of(cls, ends: Sequence[Number | None]) -> "_Total":
        return cls(sum((one for one in ends if one is not None), 0), ends.count(None))

    def without(self, end: Number | None) -> Number | None:
        """The sum of the others; None where one of them has no end."""
        if self.unknown > (end is None):
            return None
        return self.known if end is None else self.known - end


def _times(factor: Number, of: Range, *, is_low: bool) -> Number | None:
    end = of.lo if (factor > 0) == is_low else of.hi
    return None if end is None else factor * end


def _over(value: Number | None, factor: Number) -> Number | None:
    if value is None or factor == 1:
        return value
    return -value if factor == -1 else Fraction(value) / Fraction(factor)


def _minus(bound: Number | None, others: Number | None) -> Number | None:
    return None if bound is None or others is None else bound - others


def _tighten(
    ranges: Ranges, cell: Cell, lo: Number | None, hi: Number | None, *, is_whole: bool
) -> bool:
    before = ranges[cell]
    if is_whole:
        lo = None if lo is None else ceil(lo)
        hi = None if hi is None else floor(hi)
    if lo is None or (before.lo is not None and before.lo >= lo):
        lo = before.lo
    if hi is None or (before.hi is not None and before.hi <= hi):
        hi = before.hi
    if lo is not None and hi is not None and lo > hi:
        return False  # contradictory statements pin nothing
    ranges[cell] = Range(lo, hi)
    return ranges[cell] != before


def _solve(
    block: Sequence[Statement],
    ranges: Mapping[Cell, Range],
    whole: Collection[Cell],
    targets: Sequence[Cell],
    width: Number | None,
) -> Ranges:
    """The smallest and largest value of each target, by linear programming."""
    solver = _Solver(block, ranges, whole)
    return {one: solver.ends(one, width) for one in targets}


class _Solver:
    """One block as a linear programme. Every solution found says something of all its cells."""

    def __init__(
        self, block: Sequence[Statement], ranges: Mapping[Cell, Range], whole: Collection[Cell]
    ) -> None:
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint

        self.ranges = ranges
        free = sorted(cell for cell, one in ranges.items() if one.lo != one.hi)
        self.number = {cell: place for place, cell in enumerate(free)}
        matrix, lows, highs = _matrix(block, ranges, self.number)
        self.limits = LinearConstraint(matrix, lows, highs) if lows else None
        self.box = Bounds(
            [_float(ranges[cell].lo, is_low=True) for cell in free],
            [_float(ranges[cell].hi, is_low=False) for cell in free],
        )
        self.kinds = [int(cell in whole) for cell in free]
        self.least = np.full(len(free), np.inf)
        self.most = np.full(len(free), -np.inf)

    def ends(self, target: Cell, width: Number | None) -> Range:
        """What the target can be; where it is seen to have `width` room, the room seen."""
        place = self.number[target]
        for is_low in (True, False):
            if width is not None and self.most[place] - self.least[place] >= float(width):
                return Range(self._exact(place, self.least), self._exact(place, self.most))
            if not self._search(place, is_low=is_low):
                # no end in this direction, or nothing fits at all: what the intervals say
                return self.ranges[target]
        return Range(self._exact(place, self.least), self._exact(place, self.most))

    def _search(self, place: int, *, is_low: bool) -> bool:
        import numpy as np
        from scipy.optimize import milp

        costs = np.zeros(len(self.number))
        costs[place] = 1 if is_low else -1
        got = milp(costs, constraints=self.limits, bounds=self.box, integrality=self.kinds)
        if got.x is None:
            return False
        self.least = np.minimum(self.least, got.x)
        self.most = np.maximum(self.most, got.x)
        return True

    def _exact(self, place: int, ends: Any) -> Number:
        value = float(ends[place])
        return round(value) if self.kinds[place] else Fraction(value).limit_denominator(10**9)


def _matrix(
    block: Sequence[Statement], ranges: Mapping[Cell, Range], number: Mapping[Cell, int]
) -> tuple[object, list[float], list[float]]:
    from scipy.sparse import csr_array

    rows: list[int] = []
    columns: list[int] = []
    factors: list[float] = []
    lows: list[float] = []
    highs: list[float] = []
    for one in block:
        loose = [(number[cell], factor) for cell, factor in one.terms if cell in number]
        if not loose:
            continue
        known: Number = 0
        for cell, factor in one.terms:
            if cell not in number:
                known += factor * (ranges[cell].lo or 0)
        rows += [len(lows)] * len(loose)
        columns += [place for place, _ in loose]
        factors += [float(factor) for _, factor in loose]
        lows.append(_float(_minus(one.lo, known), is_low=True))
        highs.append(_float(_minus(one.hi, known), is_low=False))
    return csr_array((factors, (rows, columns)), shape=(len(lows), len(number))), lows, highs


def _float(value: Number | None, *, is_low: bool) -> float:
    if value is None:
        return float("-inf") if is_low else float("inf")
    return float(value)
