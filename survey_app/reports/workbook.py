"""The tables as an Excel workbook that can be printed, signed and filed as it is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from survey_app.reports.layout import column_widths, lines_needed, tab_names
from survey_app.reports.sheets import Column, Sheet, Value, as_text
from survey_app.reports.styles import Styles

A4 = 9
# Properties carry no clock: the same tables give the same bytes.
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001
LINE_POINTS = 15.0
TITLE_POINTS = 34.0
_LINE = "＿" * 8
_DATE = "日期：＿＿＿＿年＿＿月＿＿日"
SIGNATURE = "　　".join([*(f"{role}：{_LINE}" for role in ("制表人", "审核人", "监票人")), _DATE])


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above every table: titles start with `title`, the second row has the rest."""

    title: str
    organiser: str
    cutoff: str = ""
    is_simulated: bool = False

    def title_of(self, sheet: Sheet) -> str:
        mark = "（模拟数据）" if self.is_simulated else ""
        return f"{self.title}{sheet.title}{mark}"

    @property
    def unit_line(self) -> str:
        return f"填报单位：{self.organiser or '—'}　　统计截止：{self.cutoff or '—'}　　单位：分"


def write_sheets(sheets: tuple[Sheet, ...], path: Path, heading: Heading) -> None:
    """Write the tables to `path`, a worksheet each, set for A4 landscape.

    Every text goes in as text, whatever it looks like; figures go in as numbers.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.set_properties({"title": heading.title, "created": CREATED})
        styles = Styles(workbook)
        names = tab_names([sheet.name for sheet in sheets])
        for name, sheet in zip(names, sheets, strict=True):
            SheetWriter(workbook, workbook.add_worksheet(name), styles, sheet, heading).write()


class SheetWriter:
    """Writes one table from top to bottom; `row` is the next free row, counted from 0."""

    def __init__(
        self,
        workbook: Workbook,
        worksheet: Worksheet,
        styles: Styles,
        sheet: Sheet,
        heading: Heading,
    ) -> None:
        self.worksheet = worksheet
        self.styles = styles
        self.sheet = sheet
        self.heading = heading
        self.last = len(sheet.columns) - 1
        self.widths = column_widths(sheet)
        self.row = 0

    def write(self) -> None:
        for number, width in enumerate(self.widths):
            self.worksheet.set_column(number, number, width)
        self._title()
        self._header()
        self._freeze()
        for section in self.sheet.sections:
            if section.title:
                self._section(section.title)
            for sentence in section.lead:
                self._sentence(sentence, "lead")
            for values in section.rows:
                self._values(values)
        self._notes()
        self._page()

    def _wide(self, text: str, style: str, height: float) -> None:
        """One text across the whole table."""
        self.worksheet.set_row(self.row, height)
        form = self.styles.text(style)
        if self.last > 0:
            self.worksheet.merge_range(self.row, 0, self.row, self.last, "", form)
        self.worksheet.write_string(self.row, 0, text, form)
        self.row += 1

    def _title(self) -> None:
        total = sum(self.widths)
        title = self.heading.title_of(self.sheet)
        # The title is set in type twice as large as the cells', so it needs twice the room.
        lines = lines_needed(title, total / 2)
        self._wide(title, "title", TITLE_POINTS * lines)
        self._wide(self.heading.unit_line, "unit", LINE_POINTS * 1.2)

    def _header(self) -> None:
        columns = self.sheet.columns
        top = self.row
        titles = zip(columns, self.widths, strict=True)
        lines = max(lines_needed(column.title, width) for column, width in titles)
        if self.sheet.has_bands:
            self._bands(top)
            self.row += 1
        self.worksheet.set_row(self.row, LINE_POINTS * lines + 5)
        for number, column in enumerate(columns):
            if column.band or not self.sheet.has_bands:
                self._head(self.row, number, self.row, number, column.title)
            else:
                self._head(top, number, self.row, number, column.title)
        self.row += 1

    def _bands(self, row: int) -> None:
        lines = 1
        first = 0
        columns = self.sheet.columns
        while first <= self.last:
            end = first
            while end < self.last and columns[end + 1].band == columns[first].band:
                end += 1
            if columns[first].band:
                self._head(row, first, row, end, columns[first].band)
                room = sum(self.widths[first : end + 1])
                lines = max(lines, lines_needed(columns[first].band, room))
            first = end + 1
        self.worksheet.set_row(row, LINE_POINTS * lines + 5)

    def _head(self, top: int, left: int, bottom: int, right: int, text: str) -> None:
        form = self.styles.text("head")
        if (top, left) != (bottom, right):
            self.worksheet.merge_range(top, left, bottom, right, "", form)
        self.worksheet.write_string(top, left, text, form)

    def _freeze(self) -> None:
        names = 2 if len(self.sheet.columns) > 3 else 0
        self.worksheet.freeze_panes(self.row, names)
        self.worksheet.repeat_rows(0, self.row - 1)

    def _section(self, title: str) -> None:
        self._wide(title, "section", LINE_POINTS * 1.3)

    def _sentence(self, text: str, style: str) -> None:
        lines = lines_needed(text, sum(self.widths))
        self._wide(text, style, LINE_POINTS * lines + 2)

    def _values(self, values: tuple[Value, ...]) -> None:
        cells = list(zip(self.sheet.columns, values, self.widths, strict=True))
        lines = max(
            lines_needed(value, width) if isinstance(value, str) else 1 for _, value, width in cells
        )
        self.worksheet.set_row(self.row, LINE_POINTS * lines + 3)
        for number, (column, value, _) in enumerate(cells):
            self._cell(number, column, value)
        self.row += 1

    def _cell(self, number: int, column: Column, value: Value) -> None:
        if isinstance(value, int | Decimal):
            form = self.styles.figure(column.kind)
            self.worksheet.write_number(self.row, number, float(value), form)
        else:
            form = self.styles.words(column.kind, is_mark=not isinstance(value, str))
            self.worksheet.write_string(self.row, number, as_text(value), form)

    def _notes(self) -> None:
        for number, note in enumerate(self.sheet.notes):
            self._sentence(f"注：{note}" if number == 0 else f"　　{note}", "note")
        self.row += 1
        self._wide(SIGNATURE, "signature", LINE_POINTS * 1.6)

    def _page(self) -> None:
        page = self.worksheet
        page.set_landscape()
        page.set_paper(A4)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        page.center_horizontally()
        page.set_footer("&C第 &P 页 共 &N 页")
        page.print_area(0, 0, self.row - 1, self.last)
        page.hide_gridlines(2)
