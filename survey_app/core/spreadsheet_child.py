"""Read one workbook in a process of its own: `python -I spreadsheet_child.py < file > cells`.

Run by core.spreadsheet as a plain script, so that a hostile file can at worst end this process.
Imports nothing of the application. Prints JSON: {"sheets": [{"name", "rows"}]} or
{"refused": reason, …}. Cells are [type, text] pairs or plain text.
"""

import datetime
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

CHUNK = 65_536
CELL = re.compile(rb'<c\b[^>]{0,200}?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]{0,200}?(/?)>')
# A name of any length in one piece: what a chunk cuts in two, the overlap finds.
OVERLAP = 500
FORBIDDEN_XML = ("<!DOCTYPE", "<!ENTITY")
FORBIDDEN = {text.encode(encoding) for text in FORBIDDEN_XML for encoding in ("utf-8", "utf-16-le")}
FORBIDDEN |= {text.encode("utf-16-be") for text in FORBIDDEN_XML}


class Refused(Exception):
    """The workbook is refused; `reason` is a key of core.spreadsheet.REASONS."""

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.answer = {"refused": reason, **values}


def set_limits(memory: int, seconds: int) -> None:
    """Cap memory and processor time where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def scan(data: bytes, limits: dict[str, int]) -> None:
    """Unzip every member into nothing, counting: what headers say of sizes may be a lie."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            is_sheet = member.filename.startswith("xl/worksheets/")
            with archive.open(member) as stream:
                rest = b""
                while chunk := stream.read(CHUNK):
                    total += len(chunk)
                    if total > limits["unzipped"]:
                        raise Refused("unzipped")
                    text = rest + chunk
                    check_text(text, limits if is_sheet else None)
                    rest = text[-OVERLAP:]


def check_text(text: bytes, limits: dict[str, int] | None) -> None:
    """Refuse a document type; in a worksheet also a cell that lies outside of the limits."""
    if any(mark in text for mark in FORBIDDEN):
        raise Refused("dtd")
    if limits is None:
        return
    for letters, row, is_empty in CELL.findall(text):
        if is_empty:
            continue
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        if int(row) > limits["rows"] or column > limits["columns"]:
            raise Refused("size", rows=limits["rows"], columns=limits["columns"])


def cell(value: Any) -> Any:
    """A value as JSON that says its type: text as it is, all else as [type, text]."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float | int):
        return ["number", repr(value)]
    if isinstance(value, datetime.datetime):
        is_date = value.time() == datetime.time()
        return ["date", value.date().isoformat()] if is_date else value.isoformat(" ")
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    return str(value)


def read(data: bytes, limits: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Every visible worksheet's cells, from its first row on."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for sheet in book.sheets_metadata:
        is_table = sheet.typ == SheetTypeEnum.WorkSheet
        if not is_table or sheet.visible != SheetVisibleEnum.Visible:
            continue
        rows = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
        if len(rows) > limits["rows"] or any(len(row) > limits["columns"] for row in rows):
            raise Refused("size", rows=limits["rows"], columns=limits["columns"])
        yield {"name": sheet.name, "rows": [[cell(value) for value in row] for row in rows]}


def main() -> None:
    """Limits come as the one argument, the workbook on standard input."""
    limits = json.loads(sys.argv[1])
    set_limits(limits["memory"], limits["seconds"])
    data = sys.stdin.buffer.read()
    try:
        scan(data, limits)
        answer: dict[str, Any] = {"sheets": list(read(data, limits))}
    except Refused as refused:
        answer = refused.answer
    except MemoryError:
        answer = {"refused": "limits"}
    except Exception:  # noqa: BLE001  # whatever a broken file brings up, it is broken
        answer = {"refused": "broken"}
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
