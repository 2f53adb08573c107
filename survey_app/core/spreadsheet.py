"""Spreadsheets handed in by people become tables; a hostile one becomes a sentence.

What a zip's headers say is checked here before anything is unzipped; unzipping and reading happen
in a child process with limits on memory and time (core.spreadsheet_child).
"""

import datetime
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from analysis.tables import Cell, Table, table_from_csv
from forms.problems import N_, InputError, Problem

CHILD = Path(__file__).with_name("spreadsheet_child.py")
ZIP_MAGIC = b"PK\x03\x04"
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may weigh: bytes, members, cells; seconds and bytes for reading a workbook."""

    zipped: int = 5 * 1024 * 1024
    unzipped: int = 20 * 1024 * 1024
    members: int = 50
    ratio: int = 100
    rows: int = 20_000
    columns: int = 60
    cells: int = 400_000
    seconds: int = 10
    memory: int = 56 * 1024 * 1024


LIMITS = Limits()
SIMPLER = N_("请另存为不含宏和外部链接的 .xlsx，或另存为 CSV 后再上传")
REASONS: dict[str, tuple[str, str]] = {
    "kind": (N_("不是 .xlsx 或 .csv 文件"), N_("请在表格软件中另存为 .xlsx 再上传")),
    "old": (N_("是旧版 .xls 或加了密码的文件"), N_("请去掉密码，另存为 .xlsx 再上传")),
    "empty": (N_("文件是空的"), N_("请检查选中的文件")),
    "zipped": (N_("文件超过 5 MB"), N_("请分成几个文件上传")),
    "unzipped": (N_("展开后超过 20 MB"), N_("请删去图片和多余的工作表，或分成几个文件")),
    "members": (N_("内部文件太多"), SIMPLER),
    "ratio": (N_("压缩比异常，可能是恶意文件"), SIMPLER),
    "macro": (N_("含有宏"), SIMPLER),
    "external": (N_("含有指向外部文件的链接"), SIMPLER),
    "dtd": (N_("含有外部定义，可能是恶意文件"), SIMPLER),
    "broken": (N_("已损坏或不是真正的表格文件"), SIMPLER),
    "limits": (N_("太大或太复杂，读取超过了时间或内存限制"), SIMPLER),
    "size": (
        N_("有工作表超过 {rows} 行或 {columns} 列"),
        N_("请删去多余的行和列，或分成几个文件"),
    ),
    "cells": (N_("格子太多，超过 40 万个"), N_("请删去多余的行和列，或分成几个文件")),
    "encoding": (N_("文字编码认不出来"), N_("请在表格软件中另存为“CSV UTF-8”")),
}


def read_upload(name: str, data: bytes, limits: Limits = LIMITS) -> list[Table]:
    """The tables of an uploaded file: one for a CSV, one for each visible sheet of a workbook.

    A table's name is "file" or "file·sheet"; its first row is the header. Blank sheets are left
    out. Raises InputError with a sentence that says what is wrong and what to do.
    """
    if not data:
        raise _refusal(name, "empty")
    if len(data) > limits.zipped:
        raise _refusal(name, "zipped")
    if data.startswith(OLD_EXCEL_MAGIC):
        raise _refusal(name, "old")
    if data.startswith(ZIP_MAGIC):
        check_archive(name, data, limits)
        return _with_headers(name, _read_in_child(name, data, limits))
    if name.lower().endswith((".xlsx", ".xlsm", ".xls")):
        raise _refusal(name, "broken")
    if not name.lower().endswith((".csv", ".txt")):
        raise _refusal(name, "kind")
    return [_csv_table(name, data, limits)]


def sheet_name(table: Table) -> str:
    """The sheet a table came from; the file's name without ending for a CSV."""
    _file, separator, sheet = table.name.partition("·")
    return sheet if separator else Path(table.name).stem


def check_archive(name: str, data: bytes, limits: Limits = LIMITS) -> None:
    """Refuse a workbook by its table of contents, before anything is unzipped."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise _refusal(name, "broken") from error
    reason = _suspicion(members, limits)
    if reason:
        raise _refusal(name, reason)


def _suspicion(members: list[zipfile.ZipInfo], limits: Limits) -> str | None:
    names = [member.filename.lower() for member in members]
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > limits.members:
        return "members"
    if total > limits.unzipped:
        return "unzipped"
    if total > limits.ratio * max(packed, 1):
        return "ratio"
    if any("vbaproject" in one or "macrosheet" in one for one in names):
        return "macro"
    if any(one.startswith("xl/externallinks/") for one in names):
        return "external"
    is_odd = any(one.flag_bits & 1 or one.compress_type not in (0, 8) for one in members)
    if is_odd or len(set(names)) < len(names) or "xl/workbook.xml" not in names:
        return "broken"
    return None


def _read_in_child(name: str, data: bytes, limits: Limits) -> list[Table]:
    """The sheets as tables that still have their blank rows and columns."""
    # sys.executable and our own script, no shell; the file goes through a pipe, not the disk.
    command = [sys.executable, "-I", str(CHILD), json.dumps(asdict(limits))]
    try:
        done = subprocess.run(  # noqa: S603 -- our own script, the file is only its input
            command, input=data, capture_output=True, timeout=limits.seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _refusal(name, "limits") from error
    if done.returncode != 0:
        raise _refusal(name, "limits")
    tables: list[Table] = []
    for line in io.BytesIO(done.stdout):
        said: dict[str, Any] | list[Any] = json.loads(line)
        if isinstance(said, list):
            rows = tables[-1].rows
            rows.append((len(rows) + 1, [_cell(value) for value in said]))
        elif "refused" in said:
            raise _refusal(name, said.pop("refused"), **said)
        else:
            tables.append(Table(f"{name}·{said['name']}", [], []))
    return tables


def _with_headers(name: str, sheets: list[Table]) -> list[Table]:
    """Sheets that are not blank, their first rows as headers."""
    tables = []
    for sheet in sheets:
        if not any(cell not in (None, "") for _line, row in sheet.rows for cell in row):
            continue
        headers = [str(cell or "") for cell in sheet.rows[0][1]]
        while headers and not headers[-1].strip():
            headers.pop()
        tables.append(Table(sheet.name, headers, sheet.rows[1:]))
    if not tables:
        raise _refusal(name, "empty")
    return tables


def _cell(value: str | list[str]) -> Cell:
    if isinstance(value, str):
        return value
    kind, text = value
    if kind == "date":
        return datetime.date.fromisoformat(text)
    number = float(text)
    return Decimal(text) if number.is_integer() and abs(number) < 1e15 else number


def _csv_table(name: str, data: bytes, limits: Limits) -> Table:
    """One table; what signs alone show to be too much is refused before it is taken apart."""
    line_ends = max(data.count(b"\n"), data.count(b"\r"))
    if line_ends > 2 * limits.rows:  # a cell may hold line ends too
        raise _refusal(name, "size", rows=limits.rows, columns=limits.columns)
    if data.count(b",") > limits.cells:
        raise _refusal(name, "cells")
    table = table_from_csv(_as_utf8(name, data), name)
    too_wide = len(table.headers) > limits.columns
    if too_wide or len(table.rows) > limits.rows:
        raise _refusal(name, "size", rows=limits.rows, columns=limits.columns)
    return table


def _as_utf8(name: str, data: bytes) -> bytes:
    """What Excel saves as plain "CSV" on a Chinese machine is GB 18030; that is taken too."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise _refusal(name, "encoding") from error
        if not any("\u4e00" <= character <= "\u9fff" for character in text):
            raise _refusal(name, "encoding") from None
    if "\x00" in text or "\ufffd" in text:
        raise _refusal(name, "encoding")
    return text.encode()


def _refusal(name: str, reason: str, **values: str | int) -> InputError:
    message, remedy = REASONS[reason]
    return InputError([Problem(name, message, remedy, values)])


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem as a row of a table: file, sheet, row (each may be ""), what, and what to do."""

    file: str
    sheet: str
    row: str
    message: str
    remedy: str


def findings(problems: Iterable[Problem], translate: Callable[[str], str]) -> list[Finding]:
    """Problems with their places taken apart: "file·sheet:12" is a file, a sheet and a row."""
    return [_finding(problem, translate) for problem in problems]


def _finding(problem: Problem, translate: Callable[[str], str]) -> Finding:
    place, _colon, row = problem.where.rpartition(":")
    if not place or not row.isdigit():
        place, row = problem.where, ""
    file, _dot, sheet = place.partition("·")
    values = {
        name: translate(value) if isinstance(value, str) and value else value
        for name, value in problem.values.items()
    }
    return Finding(
        translate(file) if file else "",
        sheet,
        row,
        translate(problem.message).format_map(values),
        translate(problem.remedy).format_map(values),
    )
