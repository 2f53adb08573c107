"""Read one workbook in a process of its own: `python -I spreadsheet_child.py < file > cells`.

Run by core.spreadsheet as a plain script, so that a hostile file can at worst end this process.
Imports nothing of the application. Prints a line of JSON for each sheet, its name, and for each
row, a list of cells, which are [type, text] pairs or plain text; or last of all one line
{"refused": reason, …}.
"""

import contextlib
import datetime
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHUNK = 65_536
# One pass: no part of a tag is looked at twice.
CELL = re.compile(rb"<c\s([^<>]*)>")
PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
# A name of any length in one piece: what a chunk cuts in two, the overlap finds.
OVERLAP = 500
LONGEST_CELL = 32_767  # no spreadsheet program writes more
FORBIDDEN_XML = ("<!DOCTYPE", "<!ENTITY")
FORBIDDEN = {text.encode(encoding) for text in FORBIDDEN_XML for encoding in ("utf-8", "utf-16-le")}
FORBIDDEN |= {text.encode("utf-16-be") for text in FORBIDDEN_XML}


class Refused(Exception):
    """The workbook is refused; `reason` is a key of core.spreadsheet.REASONS."""

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.answer = {"refused": reason, **values}


def set_limits(memory: int, seconds: int) -> None:
    """Cap processor time, and memory beyond what is in use now, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    with contextlib.suppress(OSError):  # elsewhere than on Linux memory has no such cap
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
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
    for tag in CELL.findall(text):
        place = PLACE.search(tag)
        if place is not None and not tag.endswith(b"/") and is_far(place, limits):
            raise Refused("size", rows=limits["rows"], columns=limits["columns"])


def is_far(place: re.Match[bytes], limits: dict[str, int]) -> bool:
    """Whether a cell lies outside of the limits."""
    column = 0
    for letter in place[1]:
        column = column * 26 + letter - 64
    return int(place[2]) > limits["rows"] or column > limits["columns"]


def cell(value: Any) -> Any:
    """A value as JSON that says its type: text as it is, all else as [type, text]."""
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            raise Refused("limits")
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


def read(data: bytes, limits: dict[str, int]) -> Iterator[dict[str, Any] | list[Any]]:
    """Every visible worksheet: its name, then its rows from the first on."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    cells = 0
    for sheet in book.sheets_metadata:
        is_table = sheet.typ == SheetTypeEnum.WorkSheet
        if not is_table or sheet.visible != SheetVisibleEnum.Visible:
            continue
        yield {"name": sheet.name}
        found = book.get_sheet_by_name(sheet.name)
        last_row, last_column = found.end or (0, 0)
        if last_row >= limits["rows"] or last_column >= limits["columns"]:
            raise Refused("size", rows=limits["rows"], columns=limits["columns"])
        left = [""] * (found.start[1] if found.start else 0)
        for row in found.iter_rows():
            cells += len(row)
            if cells > limits["cells"]:
                raise Refused("cells")
            yield left + [cell(value) for value in row]


def tell(data: bytes, limits: dict[str, int]) -> Iterator[dict[str, Any] | list[Any]]:
    """What is read, and at last why reading ended, if it was refused."""
    try:
        scan(data, limits)
        yield from read(data, limits)
    except Refused as refused:
        yield refused.answer
    except MemoryError:
        yield {"refused": "limits"}
    except Exception:  # noqa: BLE001  # whatever a broken file brings up, it is broken
        yield {"refused": "broken"}


def main() -> None:
    """Limits come as the one argument, the workbook on standard input."""
    limits = json.loads(sys.argv[1])
    import python_calamine  # noqa: F401  # what the reader itself weighs is not the file's

    data = sys.stdin.buffer.read(limits["zipped"])
    set_limits(limits["memory"], limits["seconds"])
    said = 0
    for line in tell(data, limits):
        text = json.dumps(line)
        said += len(text)
        if said > limits["unzipped"]:
            text = json.dumps({"refused": "limits"})
        sys.stdout.write(text + "\n")
        if said > limits["unzipped"]:
            return


if __name__ == "__main__":
    main()
