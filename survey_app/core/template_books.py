"""Template workbooks to download: headers, examples and notes, ready to fill in."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOTES = "填写说明"


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """A column to fill in: its header, what goes in, and whether it may stay blank."""

    header: str
    note: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class TemplateSheet:
    """A sheet to fill in, with example rows, or with rows to be edited."""

    name: str
    columns: tuple[TemplateColumn, ...]
    examples: tuple[tuple[str, ...], ...]


def write_template(sheets: Sequence[TemplateSheet], notes: Sequence[str]) -> bytes:
    """A workbook: one sheet each, every cell text, and a last sheet of notes."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format(
            {"bold": True, "bg_color": "#dbe7f3", "border": 1, "valign": "vcenter"}
        )
        text = book.add_format({"num_format": "@", "border": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, head, text)
        page = book.add_worksheet(NOTES)
        page.set_column(0, 0, 24, wrap)
        page.set_column(1, 1, 12, wrap)
        page.set_column(2, 2, 80, wrap)
        for line, row in enumerate(_note_rows(sheets, notes)):
            page.write_row(line, 0, row)
    return buffer.getvalue()


def _write_sheet(page: object, sheet: TemplateSheet, head: object, text: object) -> None:
    page.freeze_panes(1, 0)  # type: ignore[attr-defined]
    page.set_landscape()  # type: ignore[attr-defined]
    page.set_paper(9)  # type: ignore[attr-defined]
    for place, column in enumerate(sheet.columns):
        width = max(12, 2 * len(column.header) + 4)
        page.set_column(place, place, width, text)  # type: ignore[attr-defined]
        page.write_string(0, place, column.header, head)  # type: ignore[attr-defined]
        for line, example in enumerate(sheet.examples, start=1):
            page.write_string(line, place, example[place], text)  # type: ignore[attr-defined]


def _note_rows(sheets: Sequence[TemplateSheet], notes: Sequence[str]) -> list[list[str]]:
    rows = [[note] for note in notes]
    for sheet in sheets:
        rows += [[], [f"工作表“{sheet.name}”"], ["列", "是否必填", "说明"]]
        rows += [
            [column.header, "必填" if column.required else "可空", column.note]
            for column in sheet.columns
        ]
    return rows
