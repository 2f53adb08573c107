"""Ledgers (台账) as Excel files that can be printed and signed, and the templates to fill in."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analysis.tables import Column
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template
from survey_app.supervision import promises, work
from survey_app.supervision.kinds import KIND_NAMES
from survey_app.supervision.lines import Line, today

RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LINE = "＿" * 6
SIGNATURE = "　　".join(
    [
        *(f"{role}：{_LINE}" for role in ("制表人", "审核人", "监票人")),
        "日期：＿＿＿＿年＿＿月＿＿日",
    ]
)
A4 = 9
SIMULATED = "（模拟数据）"


@dataclass(frozen=True, slots=True)
class Ledger:
    """A table as it is printed: `widths` in Latin characters, one for each header."""

    name: str
    title: str
    headers: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


def safe(text: str) -> str:
    """Text that no spreadsheet program takes for a formula: a leading ' where one might."""
    return "'" + text if text.startswith(RUNS_AS_FORMULA) else text


def write_ledger(ledger: Ledger) -> bytes:
    """The ledger as a workbook: title, unit line, frozen header, every cell text, signatures."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        _write_page(book, book.add_worksheet(ledger.name), ledger)
    return buffer.getvalue()


def _write_page(book: Workbook, page: Worksheet, ledger: Ledger) -> None:
    plain = {"font_name": "仿宋", "font_size": 11, "valign": "vcenter"}
    title = book.add_format(
        {"font_name": "方正小标宋简体", "font_size": 20, "align": "center", "valign": "vcenter"}
    )
    line = book.add_format(plain)
    head = book.add_format(
        {
            **plain,
            "font_name": "黑体",
            "bold": True,
            "border": 1,
            "align": "center",
            "text_wrap": True,
            "bg_color": "#F2F2F2",
        }
    )
    cell = book.add_format({**plain, "border": 1, "num_format": "@", "text_wrap": True})
    for place, width in enumerate(ledger.widths):
        page.set_column(place, place, width)
    _across(page, 0, ledger, ledger.title, title)
    page.set_row(0, 36)
    unit = f"填报单位：＿＿＿＿＿＿＿＿　　统计截止：{today():%Y年%m月%d日}"
    _across(page, 1, ledger, unit, line)
    page.write_row(2, 0, ledger.headers, head)
    for number, row in enumerate(ledger.rows, start=3):
        for place, text in enumerate(row):
            page.write_string(number, place, safe(text), cell)
    last = 3 + len(ledger.rows)
    if ledger.note:
        _across(page, last, ledger, ledger.note, line)
        last += 1
    _across(page, last + 1, ledger, SIGNATURE, line)
    _set_up(page, last + 1, len(ledger.headers) - 1)


def _across(page: Worksheet, row: int, ledger: Ledger, text: str, form: Format) -> None:
    page.merge_range(row, 0, row, len(ledger.headers) - 1, "", form)
    page.write_string(row, 0, safe(text), form)


def _set_up(page: Worksheet, last_row: int, last_column: int) -> None:
    page.freeze_panes(3, 1)
    page.repeat_rows(0, 2)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.set_footer("&C第 &P 页 共 &N 页")
    page.print_area(0, 0, last_row, last_column)


def supervision_ledger(lines: Sequence[Line], year: int | None) -> bytes:
    """督办通报台账, a row for each unit of each record."""
    mark = SIMULATED if any(line.is_simulated for line in lines) else ""
    rows = [
        (
            line.number_text,
            KIND_NAMES[line.kind] + (f"（{line.step_name}）" if line.step else ""),
            line.ratee_name,
            line.title,
            line.issued_on.isoformat(),
            line.due_on.isoformat() if line.due_on else "",
            line.reply,
            line.state_name + ("（逾期）" if line.is_overdue else ""),
        )
        for line in lines
    ]
    return write_ledger(
        Ledger(
            "督办通报台账",
            f"{f'{year}年度' if year else ''}督办通报台账{mark}",
            ("编号", "类型", "单位", "事项", "下发日期", "期限", "回复", "状态"),
            (18, 18, 20, 36, 12, 12, 36, 16),
            rows,
            "注：逾期指期限已过而没有回复，或者回复被退回。",
        )
    )


def work_ledger(sums: Sequence[work.WorkSum], period: str) -> bytes:
    """Daily attendance and weekly records, summed over the period."""
    rows = [
        (one.unit_name, one.person, one.post, one.kind_name, str(one.n), f"{one.total:.2f}")
        for one in sums
    ]
    headers = ("单位", "人员编号", "岗位", "类型", "条数", "合计")
    name = "日考勤周记录汇总"
    return write_ledger(Ledger(name, f"{period} {name}", headers, (24, 16, 20, 12, 8, 12), rows))


def promise_template() -> bytes:
    """An empty sheet of service promises with examples and notes."""
    columns = _columns(
        promises.COLUMNS,
        {
            "code": "唯一；再次导入时凭它认出同一条",
            "ratee": "单位的编号或名称，与名册一致",
            "post": "由哪个岗位办理",
            "matter": "服务事项的名称",
            "promise": "向群众承诺什么，写具体",
            "time_limit": "例如 3个工作日",
            "phone": "公示牌上的监督电话",
        },
    )
    example = (
        *("C001", "示例市教育局", "窗口一", "教师资格认定"),
        *("材料齐全的一次办结", "3个工作日", "12345"),
    )
    note = "怎样填写：第一行是表头，请不要改动；从第二行起每行填一条，示例行请删去。"
    return write_template([TemplateSheet(promises.SHEET, columns, (example,))], (note,))


def work_template() -> bytes:
    """An empty sheet of daily and weekly entries with examples and notes."""
    columns = _columns(
        work.COLUMNS,
        {
            "unit": "单位的编号或名称，与名册一致",
            "person": "例如 人员0001；不要填姓名。和岗位至少填一项",
            "post": "例如 窗口一",
            "on": "例如 2026-03-02；周记录填那一周的星期一",
            "kind": "日考勤 或 周记录",
            "value": "出勤 1、半天 0.5；周记录填得分",
            "note": "说明",
        },
    )
    examples = (
        ("示例市教育局", "人员0001", "窗口一", "2026-03-02", "日考勤", "1", ""),
        ("示例市教育局", "人员0001", "窗口一", "2026-03-02", "周记录", "8.5", "办件 32 件"),
    )
    note = "同一人（岗位）同一天的同一种记录只留一条；再次导入时用新的数值。"
    return write_template([TemplateSheet(work.SHEET, columns, examples)], (note,))


def _columns(columns: Sequence[Column], notes: dict[str, str]) -> tuple[TemplateColumn, ...]:
    return tuple(TemplateColumn(one.name, notes[one.key], one.required) for one in columns)
