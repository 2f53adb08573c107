"""A table for print and for reading on, as a value: what the workbook and the CSV files write."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Literal

from analysis.rounding import half_up

Kind = Literal["text", "label", "prose", "remark", "count", "ordinal", "score", "points", "percent"]
"""A label is a short text and an ordinal a place in an order: both stand in the middle. Prose is as
wide as a page allows, a remark half of that.
"""


class Mark(Enum):
    """A cell that has no figure says why; it is never a blank that looks like a nought."""

    SUPPRESSED = "—（样本不足）"
    ALIKE = "—（答案一致）"
    NONE = "—"


Value = str | int | Decimal | Mark


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `band` is the heading it shares with its neighbours in print."""

    title: str
    kind: Kind
    band: str = ""

    @property
    def full_title(self) -> str:
        """The heading in one line, for files with a single header row."""
        return f"{self.band}·{self.title}" if self.band else self.title


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together, such as the ratees of one class; one value per column.

    `title` stands above them in print, `label` (the title where there is none) in files. `lead` are
    sentences before the rows; in files each is a row whose last column says it.
    """

    title: str
    rows: tuple[tuple[Value, ...], ...]
    label: str = ""
    lead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `name` is the tab and file name, `title` what is printed above it."""

    name: str
    title: str
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    section_heading: str = "类别"

    def __post_init__(self) -> None:
        for section in self.sections:
            for row in section.rows:
                if len(row) != len(self.columns):
                    raise ValueError(f"{self.name}: {len(row)} values, {len(self.columns)} columns")

    @property
    def is_sectioned(self) -> bool:
        """Whether sections are told apart by a title of their own."""
        return any(section.title for section in self.sections)

    @property
    def has_bands(self) -> bool:
        return any(column.band for column in self.columns)

    def rows(self) -> Iterator[tuple[str, tuple[Value, ...]]]:
        """Every row with the label of its section."""
        for section in self.sections:
            for row in section.rows:
                yield section.label or section.title, row


def rounded(value: Fraction | Decimal | float, decimals: int) -> Decimal:
    """The value to so many decimals, half up; exact for fractions and decimals."""
    return half_up(Fraction(value), decimals)


def score(value: Fraction | Decimal | float | None) -> Value:
    """A score or points with two decimals, or the dash of a figure that does not exist."""
    return Mark.NONE if value is None else rounded(value, 2)


def share(part: int, whole: int) -> Value:
    """A part of a whole as a fraction of one, shown in print as a percentage."""
    return Mark.NONE if whole == 0 else rounded(Fraction(part, whole), 4)


def as_text(value: Value) -> str:
    """The value as a file without formats spells it."""
    if isinstance(value, Mark):
        return value.value
    return format(value, "f") if isinstance(value, Decimal) else str(value)
