"""How much room text takes: widths in Excel's unit, a Latin digit, with Chinese signs twice it."""

import re
import unicodedata
from collections.abc import Sequence
from math import ceil

from survey_app.reports.sheets import Column, Mark, Sheet, Value

NARROWEST = 6.0
WIDEST = 30.0
PROSE = 90.0
REMARK = 64.0
MARGIN = 1.6
PAGE = 118.0
MOST_STRETCH = 1.8
TAB_LENGTH = 31
_UNSAFE_IN_TAB = re.compile(r"[\[\]:*?/\\']")


def text_width(text: str) -> int:
    """Columns of a fixed-width screen the text takes: wide East Asian signs count two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def lines_needed(text: str, width: float) -> int:
    """Lines the text takes when wrapped in a cell this wide, at least one."""
    return sum(max(1, ceil(text_width(line) / max(width - 1, 1))) for line in text.split("\n"))


def column_widths(sheet: Sheet) -> list[float]:
    """The width of each column: all figures on one line, headings wrapped to two lines.

    A narrow table is stretched towards the width of a page.
    """
    widths = [
        _width(column, [row[number] for _, row in sheet.rows()])
        for number, column in enumerate(sheet.columns)
    ]
    stretch = min(max(PAGE / sum(widths), 1.0), MOST_STRETCH)
    return [width * stretch for width in widths]


def _width(column: Column, values: Sequence[Value]) -> float:
    if column.kind == "prose":
        return PROSE
    if column.kind == "remark":
        return REMARK
    # A heading takes two lines at most where its figures are narrower.
    heading = ceil(text_width(column.title) / 4) * 2
    widest = max([heading, *(_shown_width(column, value) for value in values)])
    return min(max(widest + MARGIN, NARROWEST), WIDEST)


def _shown_width(column: Column, value: Value) -> int:
    if isinstance(value, str):
        return text_width(value)
    if isinstance(value, Mark):
        return ceil(text_width(value.value) / 2)  # a mark may take two lines
    if column.kind == "percent":
        return len(f"{value:.2%}")
    return len(f"{value}" if column.kind in ("count", "ordinal") else f"{value:.2f}")


def tab_names(names: Sequence[str]) -> list[str]:
    """The names as Excel takes them for worksheets: without its signs, at most 31, no two alike."""
    taken: set[str] = set()
    result = []
    for name in names:
        clean = _UNSAFE_IN_TAB.sub(" ", name).strip()[:TAB_LENGTH] or "表"
        unique, number = clean, 2
        while unique.casefold() in taken:
            ending = f"({number})"
            unique, number = clean[: TAB_LENGTH - len(ending)] + ending, number + 1
        taken.add(unique.casefold())
        result.append(unique)
    return result
