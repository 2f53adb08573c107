"""Tables handed in by people: CSV files and sheets, with the problems of each row.

A spreadsheet and a CSV file become the same `Table`, so that both are read by the same rules.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from forms.definition import exact, nearest
from forms.normal import normal
from forms.problems import N_, InputError, Problem, plain

Cell = str | int | float | Decimal | datetime.date | None

MAX_CSV_BYTES = 20_000_000
MAX_CELL = 1000
_SURE = 0.8
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]+")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: `name` for messages, headers, and each row with its line (the header is line 1)."""

    name: str
    headers: list[str]
    rows: list[tuple[int, list[Cell]]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its key, its Chinese name and further headers it is known under."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    required: bool = True

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.key, self.name, *self.aliases)


def cell_text(cell: Cell) -> str:
    """A cell as text: NFC, no control characters, numbers in usual notation, dates as ISO.

    A binary float is read with 15 significant digits, which is what a spreadsheet shows of it.
    """
    if cell is None:
        return ""
    if isinstance(cell, float):
        number = Decimal(f"{cell:.15g}")
        return plain(number) if number.is_finite() else str(number)
    if isinstance(cell, Decimal):
        return plain(cell) if cell.is_finite() else str(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return " ".join(normal(_CONTROL.sub(" ", str(cell))).split())


def table_from_csv(data: bytes, name: str) -> Table:
    """A CSV file (UTF-8, with or without BOM) as a table; InputError where it is none."""
    if len(data) > MAX_CSV_BYTES:
        raise InputError([Problem(name, N_("文件太大"), N_("CSV 文件不超过 20 MB"))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        remedy = N_("请在表格软件中另存为“CSV UTF-8”")
        raise InputError([Problem(name, N_("编码不是 UTF-8"), remedy)]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[Cell]]] = []
    line = 1
    try:
        for cells in reader:
            rows.append((line, list(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        place = f"{name}:{line}"
        values = {"why": str(error)}
        raise InputError(
            [Problem(place, N_("不是合法的 CSV：{why}"), N_("请检查引号和换行"), values)]
        ) from None
    if not rows:
        raise InputError([Problem(name, N_("文件是空的"), N_("第一行应为表头"))])
    return Table(name, [cell_text(cell) for cell in rows[0][1]], rows[1:])


@dataclass(frozen=True, slots=True)
class Row:
    """One row while it is being read; what cannot be read is added to `problems`."""

    where: str
    cells: Mapping[str, str]
    columns: Mapping[str, Column]
    problems: list[Problem]

    def has_column(self, key: str) -> bool:
        return key in self.cells

    def report(self, message: str, remedy: str, /, **values: str | int) -> None:
        self.problems.append(Problem(self.where, message, remedy, values))

    def text(self, key: str) -> str:
        """The cell's text, "" where it is blank or the column is missing."""
        return self.cells.get(key, "")

    def needed(self, key: str) -> str:
        """A text that must be there."""
        text = self.text(key)
        if not text:
            self.report(N_("缺少「{name}」"), N_("请填写该格"), name=self.columns[key].name)
        return text

    def number(self, key: str) -> Decimal | None:
        """An exact number, None where the cell is blank."""
        text = self.text(key)
        if not text:
            return None
        number = exact(text)
        if number is None:
            self.report(
                N_("「{name}」{value} 不是数"),
                N_("请只填数字，不要千分位、百分号和单位"),
                name=self.columns[key].name,
                value=text,
            )
        return number

    def positive(self, key: str) -> Decimal:
        """A number above 0 that must be there."""
        number = self.number(key)
        if self.needed(key) and number is not None and number <= 0:
            self.report(N_("「{name}」应大于 0"), N_("请改为正数"), name=self.columns[key].name)
        return number if number is not None and number > 0 else Decimal(1)

    def choice(self, key: str, words: Mapping[str, str], default: str | None = None) -> str:
        """One of several words, in any spelling `words` knows; `default` where it is blank."""
        text = self.text(key) if default is not None else self.needed(key)
        if not text:
            return default or ""
        if text in words:
            return words[text]
        self.report(
            N_("「{name}」不能是 {value}"),
            N_("可选：{allowed}"),
            name=self.columns[key].name,
            value=text,
            allowed="、".join(words),
        )
        return default or ""

    def date(self, key: str) -> datetime.date | None:
        """A date (2025-03-01, 2025/3/1 or 2025年3月1日), None where the cell is blank."""
        text = self.text(key)
        match = _DATE.fullmatch(text)
        try:
            if match:
                return datetime.date(*(int(part) for part in match.groups()))
        except ValueError:
            match = None
        if text:
            self.report(
                N_("「{name}」{value} 不是日期"),
                N_("请写成 2025-03-01"),
                name=self.columns[key].name,
                value=text,
            )
        return None


def read_rows(table: Table, columns: Sequence[Column], problems: list[Problem]) -> Iterator[Row]:
    """The rows of a table by column key; blank rows are left out, missing columns reported."""
    places = _places(table, columns, problems)
    by_key = {column.key: column for column in columns}
    if any(column.required and column.key not in places for column in columns):
        return
    for line, cells in table.rows:
        texts = [cell_text(cell) for cell in cells]
        if not any(texts):
            continue
        where = f"{table.name}:{line}"
        problems += _shape_problems(where, texts, len(table.headers))
        texts += [""] * (len(table.headers) - len(texts))
        yield Row(where, {key: texts[place] for key, place in places.items()}, by_key, problems)


def _shape_problems(where: str, texts: list[str], width: int) -> Iterator[Problem]:
    if any(texts[width:]):
        yield Problem(where, N_("这一行的格数多于表头"), N_("请检查逗号或多余的格"))
    if any(len(text) > MAX_CELL for text in texts):
        yield Problem(where, N_("有一格超过 1000 个字"), N_("请缩短"))


def _places(table: Table, columns: Sequence[Column], problems: list[Problem]) -> dict[str, int]:
    """Where each column stands; problems for what is missing, doubled or nearly right."""
    known = {header: column.key for column in columns for header in column.headers}
    places: dict[str, int] = {}
    strangers = []
    for place, header in enumerate(cell_text(header) for header in table.headers):
        key = known.get(header) or known.get(header.lower())
        if key is None:
            strangers.append(header)
        elif key in places:
            problems.append(
                Problem(
                    f"{table.name}:1",
                    N_("「{header}」一列出现两次"),
                    N_("请只保留一列"),
                    {"header": header},
                )
            )
        else:
            places[key] = place
    problems += _header_problems(table.name, columns, places, strangers)
    return places


def _header_problems(
    name: str, columns: Sequence[Column], places: Mapping[str, int], strangers: Sequence[str]
) -> Iterator[Problem]:
    missing = [column for column in columns if column.key not in places]
    for column in missing:
        if column.required:
            values = {"name": column.name, "key": column.key}
            yield Problem(
                f"{name}:1", N_("缺少「{name}」一列"), N_("表头请写 {name} 或 {key}"), values
            )
    free = [header for column in missing for header in column.headers]
    for header in strangers:
        guess = nearest(header, free, likeness=_SURE)
        if guess:
            values = {"header": header, "guess": guess}
            yield Problem(f"{name}:1", N_("不认识「{header}」一列"), N_("是否想写 {guess}"), values)
