"""A list of people to draw from, and the one file that it is: the same for any order of its rows.

The file is UTF-8 CSV with a byte order mark, sorted by 编号, so that it opens in any spreadsheet
and its SHA-256 can be taken with any tool.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analysis.tables import Column, Row, Table, read_rows
from forms.problems import N_, InputError, Problem, plain
from survey_app.core.spreadsheet import read_upload
from survey_app.core.template_books import NOTES, TemplateColumn, TemplateSheet, write_template

COLUMNS = (
    Column("id", N_("编号"), ("人员编号", "代码", "key", "label")),
    Column("stratum", N_("层"), ("分层", "层级", "代表团", "界别", "strata"), required=False),
    Column("size", N_("规模"), ("人数", "服务人次"), required=False),
)
HEADERS = ("编号", "层", "规模")
MAX_TEXT = 60
RUNS_AS_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: a person by alias, or a unit."""

    key: str
    stratum: str = ""
    size: Decimal | None = None

    @property
    def cells(self) -> tuple[str, str, str]:
        return (self.key, self.stratum, "" if self.size is None else plain(self.size))


def read_list(name: str, data: bytes) -> tuple[Listed, ...]:
    """The people of an uploaded file. Raises InputError with everything that is wrong."""
    tables = [one for one in read_upload(name, data) if not one.name.endswith(f"·{NOTES}")]
    if len(tables) != 1:
        raise InputError([Problem(name, N_("有几张工作表"), N_("请只留一张，名单都写在上面"))])
    problems: list[Problem] = []
    found = _read(tables[0], problems)
    if not found and not problems:
        problems.append(Problem(name, N_("名单是空的"), N_("从第二行起每行写一个编号")))
    if problems:
        raise InputError(problems)
    return found


def _read(table: Table, problems: list[Problem]) -> tuple[Listed, ...]:
    first: dict[str, str] = {}
    found = []
    for row in read_rows(table, COLUMNS, problems):
        one = Listed(row.needed("id"), row.text("stratum"), row.number("size"))
        for text in (one.key, one.stratum):
            _check_text(row, text)
        if one.size is not None and one.size < 0:
            row.report(N_("规模不能是负数"), N_("请改正"))
        if one.key in first:
            row.report(
                N_("{key} 与 {first} 重复"),
                N_("请删去其中一行"),
                key=one.key,
                first=first[one.key],
            )
        first.setdefault(one.key, row.where)
        found.append(one)
    return tuple(found)


def _check_text(row: Row, text: str) -> None:
    if text.startswith(RUNS_AS_FORMULA):
        row.report(
            N_("“{text}”会被表格软件当作公式"), N_("请不要用 = + - @ 开头"), text=text[:MAX_TEXT]
        )
    if len(text) > MAX_TEXT:
        row.report(N_("“{text}”太长"), N_("不超过 60 个字"), text=text[:MAX_TEXT])


def list_file(people: Iterable[Listed]) -> bytes:
    """The list as the one file that it is."""
    return csv_file(HEADERS, sorted(one.cells for one in people))


def csv_file(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark; lines end with one line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def digest_of(file: bytes) -> str:
    """SHA-256 of a whole file in hexadecimal."""
    return hashlib.sha256(file).hexdigest()


def template_book() -> bytes:
    """An empty list with examples and notes."""
    columns = (
        TemplateColumn("编号", "每人一个，不能重复，例如 人员0001；不要写姓名和电话"),
        TemplateColumn("层", "分层抽样时填写，例如 第一代表团", required=False),
        TemplateColumn("规模", "按规模抽样时填写，例如 单位人数", required=False),
    )
    examples = (("人员0001", "第一代表团", ""), ("人员0002", "第二代表团", ""))
    sheet = TemplateSheet("名单", columns, examples)
    return write_template((sheet,), ("示例行请删去。名单只在抽样时读取，系统不保存。",))
