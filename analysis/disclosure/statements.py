"""What a release says: linear statements over cells, exact.

A cell is a name (of a ratee, a rater class, an option, a release …); its value is a whole number
of ballots or votes, or a score. A statement says that a weighted sum of cells lies between two
bounds, which are the same where the sum is known exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Cell = tuple[str, ...]
Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Statement:
    """`lo` ≤ Σ factor · cell ≤ `hi`; `words` say where this stands."""

    terms: tuple[tuple[Cell, Number], ...]
    lo: Number | None
    hi: Number | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """What a cell can be; None where nothing limits it."""

    lo: Number | None
    hi: Number | None

    def is_narrower(self, width: Number) -> bool:
        """Whether this leaves less than `width` between its ends."""
        return self.lo is not None and self.hi is not None and self.hi - self.lo < width


COUNT = Range(0, None)
SCORE = Range(0, 100)


@dataclass(frozen=True, slots=True)
class Sum:
    """A structural fact that everybody knows: the whole is the sum of its parts."""

    whole: Cell
    parts: tuple[Cell, ...]
    words: str = ""

    def statement(self) -> Statement:
        terms: list[tuple[Cell, Number]] = [(self.whole, -1), *((one, 1) for one in self.parts)]
        return Statement(tuple(terms), 0, 0, self.words)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.whole, *self.parts)


def shown(values: Mapping[Cell, Number], hidden: Iterable[Cell]) -> list[Statement]:
    """What a table says of the cells it does not hide."""
    left_out = set(hidden)
    return [
        Statement(((cell, 1),), value, value)
        for cell, value in values.items()
        if cell not in left_out
    ]


def rounded(cell: Cell, value: Fraction, decimals: int = 2) -> Statement:
    """A score shown with so many decimals, half up."""
    half = Fraction(1, 2 * 10**decimals)
    return Statement(((cell, 1),), value - half, value + half)


def blocks(statements: Sequence[Statement]) -> list[list[Statement]]:
    """The statements in groups that share no cell: each can be solved by itself."""
    leader: dict[Cell, Cell] = {}

    def find(cell: Cell) -> Cell:
        leader.setdefault(cell, cell)
        while leader[cell] != cell:
            leader[cell] = leader[leader[cell]]
            cell = leader[cell]
        return cell

    for one in statements:
        first = one.terms[0][0]
        for cell, _ in one.terms:
            leader[find(cell)] = find(first)
    found: dict[Cell, list[Statement]] = {}
    for one in statements:
        found.setdefault(find(one.terms[0][0]), []).append(one)
    return list(found.values())
