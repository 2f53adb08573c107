"""What a table hides, and why: few ballots first, then what would give them away.

Primary: 0 < n < k. Complementary: as long as a hidden cell's feasible interval is narrower than k,
one more cell that helps to work it out is hidden, the smallest first (cell suppression,
Hundepool et al. 2012, ch. 4). The same table always hides the same cells.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from analysis.disclosure.bounds import feasible
from analysis.disclosure.statements import Cell, Range, Statement, Sum, shown
from analysis.small_groups import is_few

Why = Literal["few", "complement", "difference", "unanimous"]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A hidden cell that the statements leave too little room, and by what it is worked out."""

    cell: Cell
    range: Range
    words: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """What to hide, each cell with the reason; `saved` are pins that hiding more prevented."""

    cells: Mapping[Cell, Why]
    saved: tuple[Pinned, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Cells with their counts, totals among them, and which of them add up to which.

    `secret` are counts that nobody publishes and that must not come out either, such as what came
    in between two releases; `fixed` counts are shown whatever comes; `kept` are cells that earlier
    releases hid. `said` is what those say, `kinds` what a cell can be that is no count.
    """

    values: Mapping[Cell, int]
    sums: Sequence[Sum]
    secret: Mapping[Cell, int] = field(default_factory=dict)
    fixed: Mapping[Cell, int] = field(default_factory=dict)
    kept: Collection[Cell] = ()
    said: Sequence[Statement] = ()
    kinds: Mapping[Cell, Range] = field(default_factory=dict)

    def statements(self, hidden: Collection[Cell]) -> list[Statement]:
        """All that can be known: what is shown, what was, and what adds up."""
        known = [one.statement() for one in self.sums]
        return [*known, *self.said, *shown(self.fixed, ()), *shown(self.values, hidden)]

    def value(self, cell: Cell) -> int:
        return self.values[cell] if cell in self.values else self.secret.get(cell, 0)


def suppress(counts: Counts, k: int, hidden: Mapping[Cell, Why] | None = None) -> Hidden:
    """What to hide so that no hidden cell can be worked out to a range narrower than `k`.

    What earlier releases give away already is lost: nothing more is hidden for its sake.
    """
    cells: dict[Cell, Why] = dict(hidden or {})
    cells |= {cell: "few" for cell, n in counts.values.items() if is_few(n, k)}
    lost = {one.cell for one in pinned(counts, counts.values, k)} if counts.said else set()
    _pair(counts, cells, k, lost)
    saved: list[Pinned] = []
    while True:
        found = pinned(counts, cells, k, lost)
        more = {one.cell: _next(counts, cells, one.cell) for one in found}
        chosen = {cell for cell in more.values() if cell is not None}
        saved += [one for one in found if more[one.cell] is not None]
        if not chosen:
            return Hidden(cells, tuple(saved))
        cells |= dict.fromkeys(sorted(chosen), "complement")


def protected(counts: Counts, hidden: Collection[Cell], k: int) -> list[Cell]:
    """What must stay unknown: the hidden counts, and the secret ones that are few."""
    secret = [cell for cell, n in counts.secret.items() if is_few(abs(n), k)]
    return sorted({*(cell for cell in hidden if counts.values.get(cell)), *secret, *counts.kept})


def pinned(
    counts: Counts, hidden: Collection[Cell], k: int, lost: Collection[Cell] = ()
) -> list[Pinned]:
    """The cells, other than those `lost`, that are worked out to a range narrower than `k`."""
    targets = [cell for cell in protected(counts, hidden, k) if cell not in lost]
    ranges = feasible(counts.statements(hidden), targets, counts.kinds, k)
    return [
        Pinned(cell, ranges[cell], _difference(counts.sums, hidden, cell))
        for cell in targets
        if ranges[cell].is_narrower(k)
    ]


def _pair(counts: Counts, cells: dict[Cell, Why], k: int, lost: Collection[Cell]) -> None:
    """Let every sum with a hidden cell have two that make `k`: the simplest subtraction."""
    is_open = True
    while is_open:
        is_open = False
        for one in counts.sums:
            gone = [cell for cell in one.cells if cell in cells and counts.value(cell)]
            gone = [cell for cell in gone if cell not in lost]
            unknown = not all(cell in counts.values or cell in counts.fixed for cell in one.cells)
            enough = len(gone) > 1 and sum(counts.value(cell) for cell in gone) >= k
            if not gone or unknown or enough:
                continue
            best = _smallest(counts, cells, one.cells)
            if best is not None:
                cells[best] = "complement"
                is_open = True


def _next(counts: Counts, hidden: Collection[Cell], cell: Cell) -> Cell | None:
    """The next cell to hide for this one: of the sums it is in, else of those next to them."""
    reach, seen = {cell}, set()
    while True:
        near = [one for one in counts.sums if reach & set(one.cells) and one not in seen]
        if not near:
            return None
        best = _smallest(counts, hidden, (each for one in near for each in one.cells))
        if best is not None:
            return best
        seen |= set(near)
        reach |= {each for one in near for each in one.cells}


def _smallest(counts: Counts, hidden: Collection[Cell], cells: Iterable[Cell]) -> Cell | None:
    """The shown cell that loses least; an empty one hides nothing."""
    left = {cell for cell in cells if counts.values.get(cell) and cell not in hidden}
    return min(left, key=lambda cell: (counts.values[cell], cell), default=None)


def _difference(sums: Sequence[Sum], hidden: Collection[Cell], cell: Cell) -> str:
    """The subtraction that gives a cell away, in words; "" where it takes more than one."""
    for one in sums:
        if cell in one.cells and not any(each in hidden for each in one.cells if each != cell):
            return "把各部分相加" if cell == one.whole else "用合计减去其余各部分"
    return ""


def name(cell: Cell, names: Mapping[str, str]) -> str:
    """A cell in words."""
    return " · ".join(names.get(part, "合计" if part == "*" else part) for part in cell if part)
