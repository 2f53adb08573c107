"""Reading a long file of ratings: the rows come in, and every row that is wrong is named."""

import csv
import datetime
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import IO, Protocol, cast

import duckdb
import numpy as np

from analysis.engine.duckdb_engine import file_list
from analysis.engine.protocol import literal, quoted
from analysis.sealed_round.columns import OPEN_COLUMNS
from analysis.tables import cell_text
from forms.problems import N_, InputError, Problem
from forms.questionnaire import Item, Questionnaire

REQUIRED = ("rater", "ratee", "rater_class", "item", "option")
OPTIONAL = ("ballot", "stratum", "channel", "evidence", *OPEN_COLUMNS)
CHINESE = {
    "评议人": "rater",
    "评议对象": "ratee",
    "评议主体": "rater_class",
    "题目": "item",
    "选项": "option",
    "答卷": "ballot",
    "分层": "stratum",
    "渠道": "channel",
    "凭据": "evidence",
    "入口": "link",
    "同一设备": "same_device",
    "用时": "pace",
}
SHOWN = 500
LONGEST_SHOWN = 80


class RatingTable(Protocol):
    """Rows of a sheet: headers, and each row with its line number and cells."""

    @property
    def name(self) -> str: ...
    @property
    def headers(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[tuple[int, Sequence[object]]]: ...


@dataclass(frozen=True, slots=True)
class _Rule:
    """A query for the rows that break a rule: the line, then the values that `names` names."""

    query: str
    message: str
    remedy: str
    names: tuple[str, ...]


_RULES = (
    _Rule(
        """SELECT line, CASE WHEN ratee = '' THEN 'ratee' WHEN rater_class = '' THEN 'rater_class'
             WHEN item = '' THEN 'item' ELSE 'rater' END
           FROM rating WHERE ratee = '' OR rater_class = '' OR item = '' OR ballot = ''""",
        N_("{column} 是空的"),
        N_("请填写"),
        ("column",),
    ),
    _Rule(
        """SELECT line, item FROM rating
           WHERE item <> '' AND item NOT IN (SELECT item FROM known_item)""",
        N_("问卷里没有题目 {item}"),
        N_("请核对题目编号"),
        ("item",),
    ),
    _Rule(
        """SELECT line, item, option FROM rating
           WHERE item IN (SELECT item FROM known_option) AND option <> '' AND number IS NULL""",
        N_("题目 {item} 没有选项 {option}"),
        N_("请填写选项的代码或文字"),
        ("item", "option"),
    ),
    _Rule(
        """SELECT line, item, CAST(first AS VARCHAR) FROM (
             SELECT line, item, MIN(line) OVER (PARTITION BY ballot, ratee, item) AS first
             FROM rating WHERE ballot <> '') WHERE line > first""",
        N_("与第 {first} 行重复：同一答卷对同一评议对象的题目 {item} 只能有一行"),
        N_("请删去其中一行，或用 ballot 列分开两份答卷"),
        ("item", "first"),
    ),
    _Rule(
        """SELECT line, CAST(first AS VARCHAR) FROM (
             SELECT line, MIN(line) OVER (PARTITION BY ballot, ratee) AS first, described,
               FIRST_VALUE(described) OVER (PARTITION BY ballot, ratee ORDER BY line) AS wanted
             FROM (SELECT line, ballot, ratee, CONCAT_WS(CHR(31), rater_class, stratum, channel,
                     evidence, link, same_device, pace) AS described
                   FROM rating WHERE ballot <> ''))
           WHERE described <> wanted""",
        N_("与第 {first} 行是同一份答卷，评议主体、渠道等却不同"),
        N_("请改成一致，或用 ballot 列分开两份答卷"),
        ("first",),
    ),
    _Rule(
        "SELECT line, pace FROM rating WHERE pace NOT IN ('fast', 'normal')",
        N_("pace 不能是 {pace}"),
        N_("请填 fast 或 normal"),
        ("pace",),
    ),
)


def stage_ratings(
    connection: duckdb.DuckDBPyConnection,
    ratings: Path | RatingTable,
    questionnaire: Questionnaire,
) -> frozenset[str]:
    """Make the table `rating` (line, the named columns as text, number) of every row handed in.

    Returns the columns that were there. Raises InputError with every problem by row, the first 500
    of a kind.
    """
    name, headers = (
        _stage_csv(connection, ratings)
        if isinstance(ratings, Path)
        else _stage_table(connection, ratings)
    )
    given = _given_columns(name, headers)
    _register_questionnaire(connection, questionnaire)
    select = ", ".join(
        f"COALESCE(TRIM(CAST({quoted(given[key])} AS VARCHAR)), '') AS {key}"
        if key in given
        else f"'' AS {key}"
        for key in (*REQUIRED, *OPTIONAL)
    )
    connection.execute(
        f"CREATE VIEW trimmed AS SELECT {quoted('#')} AS line, {select} FROM staged"  # noqa: S608 -- our own names
    )
    connection.execute(_RATING)
    line_of = _lines_of(ratings) if isinstance(ratings, Path) else int
    problems = [p for rule in _RULES for p in _broken(connection, rule, name, line_of)]
    if problems:
        raise InputError(problems)
    return frozenset(given)


_RATING = """
CREATE TABLE rating AS
SELECT t.*, COALESCE(k.number, CASE WHEN t.option = '' THEN 0 END) AS number
FROM (SELECT * REPLACE (COALESCE(NULLIF(ballot, ''), rater) AS ballot,
                        COALESCE(NULLIF(pace, ''), 'normal') AS pace) FROM trimmed) t
LEFT JOIN known_option k ON k.item = t.item AND k.option = t.option
"""

_CSV = """
CREATE TABLE staged AS
SELECT row_number() OVER () + 1 AS "#", *
FROM read_csv({files}, auto_detect = false, columns = {columns}, header = true, delim = ',',
              quote = '"', escape = '"')
"""


def _stage_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, list[str]]:
    """Read the file as its first line says; nothing is guessed, no line is left out but blanks."""
    try:
        headers = _headers(path)
        _given_columns(path.name, headers)
        kinds = ", ".join(f"{literal(one)}: 'VARCHAR'" for one in headers)
        connection.execute(_CSV.format(files=file_list([path]), columns=f"{{{kinds}}}"))
    except (duckdb.Error, csv.Error, UnicodeDecodeError) as error:
        detail = str(error).splitlines()[0]
        raise InputError(
            [
                Problem(
                    path.name,
                    N_("不是能读的 CSV：{detail}"),
                    N_("请另存为 UTF-8 编码、逗号分隔、首行为列名的 CSV"),
                    {"detail": detail},
                )
            ]
        ) from error
    return path.name, headers


def _headers(path: Path) -> list[str]:
    with _opened(path) as stream:
        return next((cells for cells in csv.reader(stream) if cells), [])


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _lines_of(path: Path) -> Callable[[int], int]:
    """From the number of a row (2 is the first below the headers) to its line in the file.

    They differ after a blank line, which is no row, and after a cell of several lines.
    """

    @cache
    def starts() -> list[int]:
        found, line = [], 1
        with _opened(path) as stream:
            reader = csv.reader(stream)
            for cells in reader:
                if cells:
                    found.append(line)
                line = reader.line_num + 1
        return found

    def line_of(number: int) -> int:
        try:
            return starts()[number - 1]
        except (csv.Error, IndexError):  # a cell too long for this reader
            return number

    return line_of


def _stage_table(
    connection: duckdb.DuckDBPyConnection, table: RatingTable
) -> tuple[str, list[str]]:
    headers = [str(one) for one in table.headers]
    columns = {
        header: np.array([str(_cell(cells, place)) for _, cells in table.rows], dtype=object)
        for place, header in enumerate(headers)
    }
    lines = np.array([line for line, _ in table.rows], dtype=np.int64)
    connection.register("staged", {"#": lines, **columns})
    return table.name, headers


def _cell(cells: Sequence[object], place: int) -> object:
    value = cells[place] if place < len(cells) else None
    if isinstance(value, (float, Decimal, datetime.date)):
        return cell_text(value)
    return "" if value is None else value


def _given_columns(name: str, headers: Sequence[str]) -> dict[str, str]:
    """Which header stands for which column; InputError for missing, unknown and doubled ones."""
    found: dict[str, str] = {}
    problems = []
    for header in headers:
        key = CHINESE.get(header.strip(), header.strip())
        if key not in (*REQUIRED, *OPTIONAL) or key in found:
            problems.append(
                Problem(
                    f"{name}:1",
                    N_("列 {column} 重复或不认识"),
                    N_("请只用这些列名：{known}"),
                    {"column": header, "known": "、".join((*REQUIRED, *OPTIONAL))},
                )
            )
        found.setdefault(key, header)
    problems += [
        Problem(f"{name}:1", N_("缺少列 {column}"), N_("请补上这一列"), {"column": key})
        for key in REQUIRED
        if key not in found
    ]
    if problems:
        raise InputError(problems)
    return found


def _register_questionnaire(
    connection: duckdb.DuckDBPyConnection, questionnaire: Questionnaire
) -> None:
    rows = [
        (item.key, spelling, number)
        for item in questionnaire.coded_items
        for spelling, number in _spellings(questionnaire, item).items()
    ]
    connection.execute("CREATE TABLE known_option (item VARCHAR, option VARCHAR, number UTINYINT)")
    connection.execute("CREATE TABLE known_item (item VARCHAR)")
    connection.executemany("INSERT INTO known_option VALUES (?, ?, ?)", rows)
    connection.executemany(
        "INSERT INTO known_item VALUES (?)", [[i.key] for i in questionnaire.items]
    )


def _spellings(questionnaire: Questionnaire, item: Item) -> dict[str, int]:
    options = questionnaire.scale_of(item).options
    if item.kind == "multiple":
        return {
            ";".join(one.code for place, one in enumerate(options) if mask >> place & 1): mask
            for mask in range(1, 1 << len(options))
        }
    texts = {str(option.text): option.number for option in options}
    return texts | {option.code: option.number for option in options}


def _broken(
    connection: duckdb.DuckDBPyConnection, rule: _Rule, name: str, line_of: Callable[[int], int]
) -> Iterator[Problem]:
    rows = connection.execute(f"{rule.query} ORDER BY line LIMIT {SHOWN}").fetchall()
    for number, *values in rows:
        filled = dict(zip(rule.names, map(_shortened, values), strict=True))
        if "first" in filled:
            filled["first"] = str(line_of(int(filled["first"])))
        yield Problem(f"{name}:{line_of(number)}", rule.message, rule.remedy, filled)


def _shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
