"""The files people open: each sheet can be printed, read by programs, and runs nothing."""

import csv
import hashlib
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from survey_app.assessments.charts import Bar, Interval, caterpillar, stacked
from survey_app.reports.csv_files import csv_rows, safe, write_csv_files
from survey_app.reports.layout import lines_needed, tab_names, text_width
from survey_app.reports.sheets import Column, Mark, Section, Sheet, rounded, score, share
from survey_app.reports.workbook import Heading, write_sheets

HOSTILE = '=HYPERLINK("http://example.org","点我")'
HEADING = Heading("某市2009年度", "某市绩效办", "2009年12月31日", is_simulated=True)


def a_sheet(name: str = "满意度测评汇总表") -> Sheet:
    columns = (
        Column("序号", "count"),
        Column("评议对象", "text"),
        Column("代码", "text"),
        Column("票", "count", "满意"),
        Column("%", "percent", "满意"),
        Column("满意度得分", "score"),
    )
    counties: tuple[tuple[str | int | Decimal | Mark, ...], ...] = (
        (1, "甲区", "001", 3, Decimal("0.7500"), Decimal("92.90")),
        (2, HOSTILE, "002", 1, Mark.NONE, Mark.SUPPRESSED),
    )
    units = ((1, "http://example.org", "003", 1, Decimal("1.0000"), Decimal("-1.50")),)
    sections = (Section("一、区县", counties), Section("二、市直", units))
    return Sheet(name, name, columns, sections, ("满意度＝Σ选项分值×票数÷Σ票数。",))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    write_sheets((a_sheet(),), path, HEADING)
    return path


def opened(path: Path) -> Worksheet:
    return openpyxl.load_workbook(path).worksheets[0]


def test_title_unit_line_and_signature_frame_the_table(book: Path) -> None:
    page = opened(book)
    assert page["A1"].value == "某市2009年度满意度测评汇总表（模拟数据）"
    assert "A1:F1" in {str(area) for area in page.merged_cells.ranges}
    assert page["A2"].value == "填报单位：某市绩效办　　统计截止：2009年12月31日　　单位：分"
    last = page.cell(page.max_row, 1).value
    assert all(role in last for role in ("制表人", "审核人", "监票人"))
    notes = [row[0] for row in page.iter_rows(values_only=True) if str(row[0]).startswith("注：")]
    assert notes == ["注：满意度＝Σ选项分值×票数÷Σ票数。"]


def test_page_is_set_for_print(book: Path) -> None:
    page = opened(book)
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.oddFooter.center.text == "第 &P 页 共 &N 页"
    assert page.freeze_panes == "C5"  # title, unit line and two rows of headings stay; so do names
    assert page.print_title_rows == "$1:$4"
    assert page.print_area == f"'{page.title}'!$A$1:$F${page.max_row}"
    assert page["A1"].font.name == "方正小标宋简体"
    assert page["B6"].font.name == "仿宋"


def test_figures_are_numbers_and_codes_are_text(book: Path) -> None:
    page = opened(book)
    cells = {(cell.value, cell.number_format) for cell in page[6]}
    assert (0.75, "0.00%") in cells
    assert (92.9, "0.00") in cells
    assert ("001", "@") in cells
    assert page["F7"].value == "—（样本不足）"
    assert page["E7"].value == "—"
    assert page["F9"].value == -1.5


def test_a_name_that_looks_like_a_formula_stays_text(book: Path) -> None:
    page = opened(book)
    assert (page["B7"].value, page["B7"].data_type) == (HOSTILE, "s")
    assert (page["B9"].value, page["B9"].hyperlink) == ("http://example.org", None)
    rows = python_calamine.CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    assert rows[6][1] == HOSTILE


def test_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        write_sheets((a_sheet(),), tmp_path / name, HEADING)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_tabs_have_names_excel_takes() -> None:
    long = "满意度" * 15
    names = tab_names(["a/b", long, long, "A B", "'"])
    assert names[0] == "a b"
    assert [len(name) for name in names[1:3]] == [31, 31]
    assert names[2].endswith("(2)")
    assert names[3] == "A B(2)"  # Excel does not tell capitals apart
    assert names[4] == "表"


def test_csv_is_one_header_row_and_values(tmp_path: Path) -> None:
    (path,) = write_csv_files((a_sheet(),), tmp_path / "csv")
    assert path.name == "满意度测评汇总表.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["类别", "序号", "评议对象", "代码", "满意·票", "满意·%", "满意度得分"],
        ["一、区县", "1", "甲区", "001", "3", "0.7500", "92.90"],
        ["一、区县", "2", "'" + HOSTILE, "002", "1", "—", "—（样本不足）"],
        ["二、市直", "1", "http://example.org", "003", "1", "1.0000", "-1.50"],
    ]


def test_sheets_of_one_name_become_two_files(tmp_path: Path) -> None:
    paths = write_csv_files((a_sheet("分维度"), a_sheet("分维度")), tmp_path)
    assert [path.stem for path in paths] == ["分维度", "分维度(2)"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_csv_text_never_starts_a_formula(text: str) -> None:
    sheet = Sheet("表", "表", (Column("名", "text"),), (Section("", ((text,),)),))
    assert csv_rows(sheet)[1] == ["'" + text]


@given(st.text())
def test_neutralised_text_keeps_every_sign(text: str) -> None:
    assert safe(text).removeprefix("'") == text.removeprefix("'")
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values, 1 columns"):
        Sheet("表", "表", (Column("名", "text"),), (Section("", (("a", "b"),)),))


def test_rounding_is_half_up_and_exact() -> None:
    assert rounded(Fraction("92.895"), 2) == Decimal("92.90")  # the float 92.895 is below the half
    assert rounded(Decimal("0.125"), 2) == Decimal("0.13")
    assert rounded(Fraction(-1, 200), 2) == Decimal("-0.01")
    assert rounded(Fraction(2, 3), 4) == Decimal("0.6667")
    assert str(score(Fraction(90))) == "90.00"
    assert share(1, 3) == Decimal("0.3333")
    assert share(0, 0) is Mark.NONE


@given(st.fractions(min_value=-1000, max_value=1000))
def test_rounding_moves_a_value_by_half_a_unit_at_most(value: Fraction) -> None:
    assert abs(Fraction(rounded(value, 2)) - value) <= Fraction(1, 200)


def test_chinese_signs_take_two_columns() -> None:
    assert text_width("甲区A1") == 6
    assert lines_needed("满意度得分", 6) == 2  # ten columns of text in five of room
    assert lines_needed("", 6) == 1


def test_charts_are_well_formed_and_say_their_figures() -> None:
    hostile = '<script>"&'
    svg = caterpillar(
        "c", "总分", [Interval(hostile, 92.9, 91.0, 94.5), Interval("乙", 80, None, None)]
    )
    root = ElementTree.fromstring(svg)
    text = "".join(root.itertext())
    assert root.attrib["role"] == "img"
    assert "92.90（91.00–94.50）" in text
    assert hostile in text
    assert "style=" not in svg
    bars = stacked("s", "选项", ["满意", "不满意"], [Bar("甲", (3, 1)), Bar("乙", (0, 0))])
    drawn = ElementTree.fromstring(bars)
    widths = [part.attrib["width"] for part in drawn.iter() if part.tag.endswith("rect")]
    assert widths == ["75.000%", "25.000%"]
    assert "甲 满意 3 票、不满意 1 票" in "".join(drawn.itertext())


def test_an_interval_is_drawn_around_its_value() -> None:
    # The axis runs from 85 to 95 with 1 % of room at each end: 87 stands at 1 + 98 · 2/10 = 20.6 %.
    root = ElementTree.fromstring(caterpillar("c", "总分", [Interval("甲", 90, 87, 94)]))
    circle = next(part for part in root.iter() if part.tag.endswith("circle"))
    bar = next(part for part in root.iter() if part.attrib.get("stroke-width"))
    assert circle.attrib["cx"] == "50.000%"
    assert (bar.attrib["x1"], bar.attrib["x2"]) == ("20.600%", "89.200%")
