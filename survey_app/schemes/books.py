"""Scheme files handed in and out: TOML, or a workbook with a sheet for each part."""

from analysis.scheme import Scheme
from analysis.scheme.sheets import BASIC, BASIC_HEADERS, SHEETS, Sheet
from analysis.scheme.spreadsheet import read_tables, to_tables
from analysis.scheme.toml_text import to_toml
from forms.problems import N_, InputError, Problem
from survey_app.core.spreadsheet import read_upload
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template

MAX_TOML_BYTES = 200_000
MAX_BOOK_BYTES = 5 * 1024 * 1024
NOTES = (
    "一个方案一个文件；工作表和列的名称不要改。",
    "一行一个构成、等次或条件；固定的词用填写说明里列出的中文。",
    "改好以后在方案页上传，或用 survey scheme toml 文件.xlsx --to 方案.toml 转成 TOML。",
)


def read_file(name: str, data: bytes) -> str:
    """The TOML of an uploaded scheme, checked. InputError with every problem, at its place."""
    if not name.lower().endswith(".xlsx"):
        if not data or len(data) > MAX_TOML_BYTES:
            remedy = N_("请选择一个不超过 200 KB 的 TOML 文件，或一个 Excel 文件")
            raise InputError([Problem(name or N_("文件"), N_("没有内容或太大"), remedy)])
        Scheme.load(data)
        return data.decode("utf-8-sig")
    return to_toml(read_tables(read_upload(name, data)))


def scheme_book(scheme: Scheme) -> bytes:
    """The workbook of a scheme, every sheet of it, to be edited."""
    rows = {
        table.name: tuple(tuple(map(str, row)) for _, row in table.rows)
        for table in to_tables(scheme)
    }
    return write_template([_sheet(one, rows[one.name]) for one in SHEETS], NOTES)


def _sheet(sheet: Sheet, rows: tuple[tuple[str, ...], ...]) -> TemplateSheet:
    if sheet is BASIC:
        item, content = BASIC_HEADERS
        notes = "；".join(f"{one.header}：{one.note}" for one in sheet.fields if one.note)
        columns = (TemplateColumn(item, sheet.about), TemplateColumn(content, notes))
        return TemplateSheet(sheet.name, columns, rows)
    owners = [TemplateColumn(one, sheet.about) for one in sheet.owner]
    fields = [
        TemplateColumn(
            one.header,
            "；".join(filter(None, (one.note, " | ".join((one.choices or {}).values())))),
            required=one.header == "编号",
        )
        for one in sheet.fields
    ]
    return TemplateSheet(sheet.name, (*owners, *fields), rows)
