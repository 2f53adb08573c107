"""Spreadsheets from people: honest ones become tables, hostile ones a sentence."""

import datetime
import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from analysis.tables import Table, cell_text
from forms.problems import InputError
from survey_app.core.spreadsheet import LIMITS, read_upload, sheet_name
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template

WORKBOOK = (
    b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    b'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    b'<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    b'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument'
    b'/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    b'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
)
SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    b'main"><sheetData>%s</sheetData></worksheet>'
)


def book(sheets: Mapping[str, Iterable[Iterable[object]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def archive(members: Mapping[str, bytes], cells: bytes = b"") -> bytes:
    """A minimal workbook with further members, by hand, so that it may be as bad as wanted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        content = {
            "[Content_Types].xml": TYPES,
            "xl/workbook.xml": WORKBOOK,
            "xl/_rels/workbook.xml.rels": RELATIONS,
            "xl/worksheets/sheet1.xml": SHEET % cells,
        }
        for name, data in {**content, **members}.items():
            packed.writestr(name, data)
    return out.getvalue()


def refusal(data: bytes, name: str = "名单.xlsx") -> str:
    with pytest.raises(InputError) as caught:
        read_upload(name, data)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def texts(table: Table) -> list[list[str]]:
    return [[cell_text(cell) for cell in row] for _line, row in table.rows]


def test_types_of_cells_survive() -> None:
    rows = [
        ["编号", "分值", "日期", "说明"],
        ["0012", 92.9, datetime.date(2026, 3, 1), "  首都\u3000"],
        [12, 0.1 + 0.2, None, True],
        [None, 100, None, None],
    ]
    (table,) = read_upload("表.xlsx", book({"一": rows}))
    assert table.name == "表.xlsx·一"
    assert sheet_name(table) == "一"
    assert table.headers == ["编号", "分值", "日期", "说明"]
    assert texts(table) == [
        ["0012", "92.9", "2026-03-01", "首都"],
        ["12", "0.3", "", "是"],
        ["", "100", "", ""],
    ]
    assert [line for line, _row in table.rows] == [2, 3, 4]


def test_sheets_keep_their_lines_and_blank_sheets_are_left_out() -> None:
    data = book({"空": [], "二": [["a"], [None], ["x"]]})
    (table,) = read_upload("表.xlsx", data)
    assert table.rows[-1] == (3, ["x"])


def test_a_hidden_sheet_is_not_read() -> None:
    made = openpyxl.Workbook()
    made.worksheets[0].append(["看得见"])
    hidden = made.create_sheet("藏")
    hidden.append(["看不见"])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    assert [table.headers for table in read_upload("表.xlsx", out.getvalue())] == [["看得见"]]


def test_a_formula_in_a_name_is_its_cached_text_and_nothing_runs() -> None:
    rows = [["名称"], ["=HYPERLINK(0)"], ["+1"], ["@SUM(A1)"]]
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    for cell in made.worksheets[0]["A"]:
        cell.data_type = "s"
    out = io.BytesIO()
    made.save(out)
    (table,) = read_upload("表.xlsx", out.getvalue())
    assert texts(table) == [["=HYPERLINK(0)"], ["+1"], ["@SUM(A1)"]]


def test_a_template_keeps_formulas_as_text_and_can_be_read_again() -> None:
    sheet = TemplateSheet(
        "评议对象",
        (TemplateColumn("编号", "唯一"), TemplateColumn("名称", "全称")),
        (("001", "=1+1"),),
    )
    data = write_template([sheet], ["说明"])
    cell = openpyxl.load_workbook(io.BytesIO(data))["评议对象"]["B2"]
    assert (cell.data_type, cell.value) == ("s", "=1+1")
    first, notes = read_upload("模板.xlsx", data)
    assert first.headers == ["编号", "名称"]
    assert texts(first) == [["001", "=1+1"]]
    assert sheet_name(notes) == "填写说明"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_encodings_offices_use(encoding: str) -> None:
    data = "编号,名称\r\n001,市教育局\r\n".encode(encoding)
    (table,) = read_upload("评议对象.csv", data)
    assert table.headers == ["编号", "名称"]
    assert table.rows == [(2, ["001", "市教育局"])]
    assert sheet_name(table) == "评议对象"


@pytest.mark.parametrize(
    "data",
    ["编号,名称\n1,甲".encode("utf-16"), b"a,b\n\xff\xff\xff,1", b"a,b\n\x00\x00,1", b"\x80" * 9],
)
def test_csv_in_an_unknown_encoding(data: bytes) -> None:
    assert "文字编码认不出来" in refusal(data, "名单.csv")


def test_what_is_no_spreadsheet() -> None:
    assert "文件是空的" in refusal(b"")
    assert "已损坏" in refusal(b"not a zip at all")
    assert "已损坏" in refusal(b"PK\x03\x04 and then nothing")
    assert "不是 .xlsx 或 .csv" in refusal(b"%PDF-1.4", "名单.pdf")
    assert "旧版 .xls 或加了密码" in refusal(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "超过 5 MB" in refusal(b"x" * (5 * 1024 * 1024 + 1), "名单.csv")
    plain_zip = io.BytesIO()
    with zipfile.ZipFile(plain_zip, "w") as packed:
        packed.writestr("readme.txt", "hello")
    assert "已损坏" in refusal(plain_zip.getvalue())
    assert "已损坏" in refusal(archive({"xl/workbook.xml": b"<oops"}))


def test_a_bomb_is_refused_by_its_table_of_contents() -> None:
    # 15 MB of zeros pack to about 15 kB: a thousand to one, though under 20 MB.
    assert "压缩比异常" in refusal(archive({"xl/media/a.bin": bytes(15_000_000)}))
    assert "展开后超过 20 MB" in refusal(archive({"xl/media/a.bin": bytes(30_000_000)}))


def test_a_bomb_that_lies_about_its_size() -> None:
    """Both places that state the size of the member say 1 000 bytes; there are 40 million."""
    honest = archive({"xl/media/a.bin": bytes(40_000_000)})
    size = struct.pack("<L", 40_000_000)
    assert honest.count(size) == 2
    lying = honest.replace(size, struct.pack("<L", 1_000))
    assert refusal(lying)


def test_ten_thousand_members() -> None:
    members = {f"xl/media/{n}.txt": b"x" for n in range(10_000)}
    assert "内部文件太多" in refusal(archive(members))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst/>'
    assert "含有外部定义" in refusal(archive({"xl/sharedStrings.xml": text.encode(encoding)}))


def test_macros_and_links_to_other_files_are_refused() -> None:
    assert "含有宏" in refusal(archive({"xl/vbaProject.bin": b"macro"}))
    link = {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}
    assert "指向外部文件" in refusal(archive(link))


@pytest.mark.parametrize("place", ["A20001", "A1048576", "BI1", "XFD1048576"])
def test_a_cell_far_away_is_refused_before_it_costs_memory(place: str) -> None:
    """Column BI is the 61st."""
    cells = f'<row r="1"><c r="A1"><v>1</v></c><c r="{place}"><v>1</v></c></row>'.encode()
    assert "超过 20000 行或 60 列" in refusal(archive({}, cells))


def test_a_formatted_but_empty_cell_far_away_is_no_matter() -> None:
    made = openpyxl.Workbook()
    made.worksheets[0].append(["名称"])
    made.worksheets[0]["XFD1048576"].font = Font(bold=True)
    out = io.BytesIO()
    made.save(out)
    (table,) = read_upload("表.xlsx", out.getvalue())
    assert table.headers == ["名称"]
    assert table.rows == []


@pytest.mark.long
def test_the_largest_sheet_that_is_allowed() -> None:
    rows = [[f"c{n}" for n in range(3)], *([n, "x", "y"] for n in range(19_999))]
    (table,) = read_upload("表.xlsx", book({"大": rows}))
    assert len(table.rows) == 19_999
    with pytest.raises(InputError, match="超过 20000 行"):
        read_upload("表.xlsx", book({"大": [*rows, [1, 2, 3]]}))


def test_a_reader_that_needs_too_much_is_stopped() -> None:
    data = book({"一": [[f"第{n}行"] * 20 for n in range(2_000)]})
    for tight in (replace(LIMITS, memory=1_000_000), replace(LIMITS, seconds=0)):
        with pytest.raises(InputError, match="时间或内存限制"):
            read_upload("表.xlsx", data, tight)


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.sampled_from(["a.csv", "a.xlsx", "a.doc"]))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes, name: str) -> None:
    try:
        tables = read_upload(name, data)
    except InputError as error:
        said = str(error)
    else:
        said = tables[0].name
    assert said.startswith(name)
