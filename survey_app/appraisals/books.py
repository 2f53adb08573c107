"""The result lists (结果一览表) as Excel files and CSV, and the template of a roster."""

import csv
import io
from collections.abc import Callable, Sequence

from survey_app.appraisals import roster, steps
from survey_app.appraisals.reading import Found
from survey_app.appraisals.year import YearPage, YearRow
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template
from survey_app.supervision.books import SIMULATED, Ledger, safe, write_ledger

NAME = "平时考核结果一览表"
PLACES = "一二三四"
NO_RESULT = "—"
ROSTER_NOTES = {
    "person": "例如 人员0001，同一期内不能重复；不要填姓名、电话或证件号",
    "unit": "单位的编号或名称，与名册一致",
    "pool": "同组比较、分配名额，例如 中层干部、一般干部；乡镇可填 包村工作、机关工作、站所工作",
    "post": "岗位名称，例如 文秘岗；按岗位套用指标",
    "leader": "分管领导的编号，例如 领导01；不要填姓名",
}
EXAMPLES = (
    ("人员0001", "示例县教育局", "中层干部", "办公室主任岗", "领导01"),
    ("人员0002", "示例县教育局", "一般干部", "文秘岗", "领导01"),
)


def lines_ledger(found: Found, title: str) -> Ledger:
    """The list of filings, a row a person and period."""
    lines = found.lines
    mark = SIMULATED if any(line.is_simulated for line in lines) else ""
    rows = [
        (
            line.period,
            line.unit_name,
            line.person,
            line.post,
            line.pool,
            line.score,
            found.grades.get(line.proposed, line.proposed),
            found.grades.get(line.grade, line.grade),
            line.stage,
            line.reason,
        )
        for line in lines
    ]
    return Ledger(
        NAME,
        f"{title}{NAME}{mark}",
        (
            "时期",
            "单位",
            "姓名（编号）",
            "职务（岗位）",
            "类别",
            "得分",
            "建议等次",
            "审定等次",
            "状态",
            "备注",
        ),
        (10, 22, 14, 18, 14, 9, 10, 10, 14, 24),
        rows,
        "注：本表只用编号，不写姓名。",
    )


def year_headers(page: YearPage) -> tuple[str, ...]:
    """The columns of a year's list."""
    quarters = [part_name(part) for part in page.parts]
    return (
        "单位",
        "姓名（编号）",
        "职务（岗位）",
        "类别",
        *(f"{name}等次" for name in quarters),
        f"{page.best_name}次数",
        f"{page.low_names}次数",
        "年度评优资格",
        "优先",
        "备注",
    )


def part_name(part: str) -> str:
    """第一季度 for 2021-Q1; another period as it is."""
    _year, dash, rest = part.partition("-")
    if dash and rest[:1] == "Q":
        return f"第{PLACES[int(rest[1:]) - 1]}季度"
    return part


def year_row(
    page: YearPage, row: YearRow, translate: Callable[[str], str] = str
) -> tuple[str, ...]:
    """A person's line in a year's list."""
    eligible = page.is_eligible(row)
    limit = page.limit(row)
    notes = [f"只能评为{limit}" if limit else "", page.why_not(row, translate)]
    return (
        row.unit_name,
        row.person,
        row.post,
        row.pool,
        *(page.names.get(grade, grade) or NO_RESULT for grade in row.grades),
        str(row.times([page.best])),
        str(row.times(page.low)),
        NO_RESULT if eligible is None else "有" if eligible else "无",
        "优先" if eligible and row.outlook and row.outlook.has_priority else "",
        "；".join(note for note in notes if note),
    )


def year_ledger(page: YearPage) -> Ledger:
    """The year's list, a row a person."""
    mark = SIMULATED if page.is_simulated else ""
    headers = year_headers(page)
    widths = (22, 14, 18, 14, *(11 for _ in page.parts), 9, 12, 12, 8, 40)
    return Ledger(
        NAME,
        f"{page.year}年度{NAME}{mark}",
        headers,
        widths,
        [year_row(page, row) for row in page.rows],
        "注：只列已备案的结果，“—”表示当期没有已备案的结果。",
    )


def as_xlsx(ledger: Ledger) -> bytes:
    """The table as a workbook that can be printed and signed."""
    return write_ledger(ledger)


def as_csv(ledger: Ledger) -> bytes:
    """The table as CSV (UTF-8 with BOM); nothing in it runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(ledger.headers)
    writer.writerows([safe(text) for text in row] for row in ledger.rows)
    return out.getvalue().encode("utf-8-sig")


def roster_template(rows: Sequence[roster.MemberRow] = ()) -> bytes:
    """A sheet to fill in, with examples, or with a roster to be edited."""
    columns = tuple(
        TemplateColumn(one.name, ROSTER_NOTES[one.key], one.required) for one in roster.COLUMNS
    )
    held = tuple((one.person, one.unit, one.pool, one.post, one.leader) for one in rows)
    notes = (
        "怎样填写：第一行是表头，请不要改动；从第二行起每行填一人，示例行请删去。",
        "整张表就是这一期的名册：文件里没有的人会从名册里去掉。单位经办只填本单位的人。",
        f"考核表已经开始填写（到了“{steps.STEP_NAMES[1]}”）的人不能去掉，也不能改单位和考核组。",
    )
    return write_template([TemplateSheet(roster.SHEET, columns, held or EXAMPLES)], notes)
