"""A figure of the sheet 统计说明 as a row: what it is of, its n, its interval, and what it says."""

from collections.abc import Iterable

from analysis.note import Note
from survey_app.reports.sheets import Column, Mark, Section, Value

COLUMNS = (
    Column("对象", "text"),
    Column("项目", "text"),
    Column("数值", "label"),
    Column("n", "count"),
    Column("下限", "label", "95%区间"),
    Column("上限", "label", "95%区间"),
    Column("说明", "remark"),
)
Row = tuple[Value, ...]


def row(
    name: str,
    what: str,
    value: str,
    n: int | None,
    interval: tuple[str, str] | None,
    *says: str,
) -> Row:
    """One figure. Without an interval the remark has to say why."""
    bounds: tuple[Value, Value] = interval or (Mark.NONE, Mark.NONE)
    return name, what, value, Mark.NONE if n is None else n, *bounds, joined(says)


def span(lo: float | None, hi: float | None, form: str = ".2f") -> tuple[str, str] | None:
    """The bounds of an interval as text; None where one of them is not known."""
    if lo is None or hi is None:
        return None
    return format(lo, form), format(hi, form)


def joined(says: Iterable[str]) -> str:
    """Clauses as one text, each ended by a full stop."""
    return "".join(one if one.endswith("。") else f"{one}。" for one in says if one)


def texts(notes: Iterable[Note]) -> tuple[str, ...]:
    """Notes in Chinese, each a sentence."""
    return tuple(joined([note.text()]) for note in notes)


def section(title: str, lead: Iterable[str], rows: Iterable[Row]) -> Section:
    """Sentences, then the rows."""
    return Section(title, tuple(rows), lead=tuple(lead))
