"""Periods of evaluation: a year, a half, a quarter or a month, as text that sorts and nests.

"2026", "2026-H1", "2026-Q3", "2026-03".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from forms.problems import N_

_PERIOD = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?")
_WORDS = {
    12: N_("{year}年"),
    6: N_("{year}年{part}半年"),
    3: N_("{year}年第{part}季度"),
    1: N_("{year}年{part}月"),
}
_HALVES = (N_("上"), N_("下"))
_NUMERALS = "一二三四"


@dataclass(frozen=True, slots=True)
class Period:
    """Months `first` to `last` (1-12) of a year."""

    year: int
    first: int
    last: int

    @property
    def months(self) -> int:
        return self.last - self.first + 1


@lru_cache(maxsize=4096)
def parse(text: str) -> Period | None:
    """The period a text names; None where it names none."""
    found = _PERIOD.fullmatch(text.strip())
    if found is None:
        return None
    year, half, quarter, month = found.groups()
    if half:
        return Period(int(year), 6 * int(half) - 5, 6 * int(half))
    if quarter:
        return Period(int(year), 3 * int(quarter) - 2, 3 * int(quarter))
    if month:
        return Period(int(year), int(month), int(month))
    return Period(int(year), 1, 12)


def contains(outer: str, inner: str) -> bool:
    """Whether one period lies within another or is the same; never for what is no period."""
    a, b = parse(outer), parse(inner)
    if a is None or b is None:
        return False
    return a.year == b.year and a.first <= b.first and b.last <= a.last


def order(text: str) -> tuple[int, int, int, str]:
    """A key that sorts periods by their end, a longer one after those within it.

    What is no period sorts by its text, before everything else.
    """
    found = parse(text)
    if found is None:
        return (0, 0, 0, text)
    return (found.year, found.last, found.months, text)


def before(first: str, second: str) -> bool:
    """Whether the first period has ended before the second begins."""
    a, b = parse(first), parse(second)
    if a is None or b is None:
        return first < second
    return (a.year, a.last) < (b.year, b.first)


def parts(text: str, months: int) -> tuple[str, ...]:
    """The quarters (3), halves (6) or months (1) a period is made of, in order."""
    found = parse(text)
    if found is None:
        return ()
    return tuple(
        _name(found.year, first, months) for first in range(found.first, found.last + 1, months)
    )


@lru_cache(maxsize=4096)
def in_words(text: str) -> str:
    """The period as offices write it, such as 2026年第三季度; any other text as it is."""
    found = parse(text)
    if found is None:
        return text
    part = {
        12: "",
        6: _HALVES[(found.first - 1) // 6],
        3: _NUMERALS[(found.first - 1) // 3],
        1: str(found.first),
    }[found.months]
    return _WORDS[found.months].format(year=found.year, part=part)


def _name(year: int, first: int, months: int) -> str:
    if months == 12:
        return f"{year:04d}"
    if months == 6:
        return f"{year:04d}-H{first // 6 + 1}"
    if months == 3:
        return f"{year:04d}-Q{first // 3 + 1}"
    return f"{year:04d}-{first:02d}"
