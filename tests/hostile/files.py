"""The corpus: every hostile file by its name, made on the spot from fixed seeds."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from tests.hostile import workbooks

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0", "＝1+1")
MARKS = "\u0301\u0316"


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file as somebody might upload it."""

    name: str
    data: bytes


def every_file() -> list[HostileFile]:
    """All of them, in a fixed order."""
    makers = ("bombs", "far_cells", "links", "names", "archives")
    books = [one for maker in makers for one in getattr(workbooks, maker)()]
    made = [HostileFile(f"{name}.xlsx", data) for name, data in books]
    return made + [HostileFile(*one) for one in (*_disguises(), *_csv_files())]


def _disguises() -> Iterator[tuple[str, bytes]]:
    """Files whose ending is not what they are."""
    yield "program.xlsx", b"\x7fELF" + bytes(3_000)
    yield "page.xlsx", b"<html><script>alert(1)</script></html>"
    yield "old-excel.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000)
    yield "old-excel.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000)
    yield "document.pdf", b"%PDF-1.7\n"
    yield "table.xlsx", "编号,名称\n1,甲\n".encode()
    yield "book.csv", workbooks.plain_book()
    yield "open-document.xlsx", _open_document()
    yield "both.xlsx", workbooks.with_members(_open_document_members())
    yield (
        "binary-workbook.xlsx",
        _packed({"xl/workbook.bin": bytes(99), "[Content_Types].xml": b""}),
    )
    yield "nothing.xlsx", b""
    yield "nothing.csv", b""
    yield "no-ending", "编号,名称\n".encode()


def _csv_files() -> Iterator[tuple[str, bytes]]:
    """Text tables: encodings, quotes that never close, formulas, signs nobody sees."""
    table = "编号,单位名称\n001,市教育局\n"
    yield "utf-16.csv", table.encode("utf-16")
    yield "utf-16-no-mark.csv", table.encode("utf-16-le")
    yield "utf-32.csv", table.encode("utf-32")
    yield "gbk.csv", table.encode("gbk")
    yield "half-a-character.csv", table.encode()[:-2]
    yield "nul-bytes.csv", table.encode() + b"\x00\x00,\x00\n"
    yield "quote-never-closed.csv", table.encode() + b'"' + b"x,y\n" * 20_000
    yield "quotes-only.csv", b'"' * 999_999
    yield "line-ends-only.csv", b"a,b\n" + b"\n" * 5_000_000
    yield "returns-only.csv", b"a,b\r" + b"\r" * 5_000_000
    yield "commas-only.csv", b"," * 5_000_000
    yield "many-columns.csv", b"a" + b",a" * 70 + b"\n"
    yield "many-rows.csv", b"a,b\n" + b"1,2\n" * 20_001
    yield "many-cells.csv", b"a,b\n" + (b"12" + b",34" * 59 + b"\n") * 6_000
    yield "cell-of-5-MB.csv", b"a,b\n" + b"x" * 5_000_000
    yield "too-heavy.csv", b"a,b\n" + b"x" * 6_000_000
    yield "marks-without-end.csv", f"a,b\n{'e' + MARKS * 60_000},1\n".encode()
    yield "header-of-marks.csv", f"{'e' + MARKS * 60_000},b\n1,2\n".encode()
    yield "formulas.csv", ("编号,单位名称\n" + "".join(f'1,"{one}"\n' for one in FORMULAS)).encode()
    yield "direction-signs.csv", "编号,单位名称\n1,市\u202e局教\u202c育\u2066x\u2069\n".encode()
    yield "control-signs.csv", "编号,单位名称\n1,市\x1b[31m教\x07育\x7f局\x85\n".encode()
    yield "lone-surrogates.csv", b"a,b\n\xed\xa0\x80,1\n"
    yield "noncharacters.csv", "编号,单位名称\n\uffff\ufdd0,\U0010ffff\n".encode()
    yield "markup.csv", "编号,单位名称\n1,<script>alert(1)</script>{{7*7}}%(x)s{x}\n".encode()
    yield "placeholders.csv", "{编号},%(name)s,{0.__class__}\n{x},{y!r},%n\n".encode()
    yield "../../../etc/passwd.csv", table.encode()
    yield "a\r\nX-Evil: 1.csv", table.encode()
    yield "名" * 400 + ".csv", table.encode()


def _open_document_members() -> dict[str, bytes]:
    office = b"urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        workbooks.HEAD + b'<office:document-content xmlns:office="%soffice:1.0" '
        b'xmlns:table="%stable:1.0" xmlns:text="%stext:1.0"><office:body><office:spreadsheet>'
        b'<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576">'
        b'<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
        b"<text:p>x</text:p></table:table-cell></table:table-row></table:table>"
        b"</office:spreadsheet></office:body></office:document-content>" % (office, office, office)
    )
    return {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content}


def _open_document() -> bytes:
    return _packed(_open_document_members())


def _packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()
