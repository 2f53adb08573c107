"""The indicators one reports as an Excel file, and the file read back row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.tables import Column, Row, read_rows
from forms.problems import N_, InputError, Problem
from survey_app.core.spreadsheet import read_upload
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template
from survey_app.core.uploads import Upload
from survey_app.indicators.kept import Kept
from survey_app.indicators.values import Entry

SHEET = "指标填报"
SHOWN: Mapping[str, str] = {
    "indicator": "不要改动",
    "name": "不要改动",
    "ratee": "不要改动",
    "assessor": "不要改动；几家评分时用来分辨各行",
    "points": "满分，只供参考",
    "unit": "完成值的单位，只供参考",
    "target": "只供参考",
    "base": "只供参考",
    "growth_target": "只供参考",
    "actual": "在这里填完成值；评分指标填评分。空着的行不读取",
    "growth": "按总量加增速计分的指标填增速，单位是百分数",
}
COLUMNS = (
    Column("indicator", N_("编号")),
    Column("name", N_("指标名称"), required=False),
    Column("ratee", N_("责任单位")),
    Column("assessor", N_("考核单位"), required=False),
    Column("points", N_("分值"), required=False),
    Column("unit", N_("计量单位"), required=False),
    Column("target", N_("目标值"), required=False),
    Column("base", N_("基数"), required=False),
    Column("growth_target", N_("增速目标"), required=False),
    Column("actual", N_("完成值")),
    Column("growth", N_("增速"), required=False),
)
NOTES = (
    "只填“完成值”和“增速”两列，其余各列用来核对，改动不起作用。",
    "已认定的行不能改；改动已填报的数，导入时要写明更正原因。",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The entries of a file, or everything wrong with its rows."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def rows_book(rows: Sequence[Kept], names: Mapping[str, str]) -> bytes:
    """A workbook of exactly these rows."""
    columns = tuple(
        TemplateColumn(column.name, SHOWN[column.key], column.key == "actual") for column in COLUMNS
    )
    lines = tuple(
        tuple(
            names.get(one.cells["ratee"], one.cells["ratee"])
            if column.key == "ratee"
            else one.cells[column.key]
            for column in COLUMNS
        )
        for one in rows
    )
    return write_template([TemplateSheet(SHEET, columns, lines)], NOTES)


def read_book(upload: Upload, rows: Sequence[Kept], names: Mapping[str, str]) -> Reading:
    """What was filled in, for these rows; a row that is none of them is told."""
    try:
        table = read_upload(upload.name, upload.data)[0]
    except InputError as error:
        return Reading((), error.problems)
    known = _by_words(rows, names)
    problems: list[Problem] = []
    entries: dict[int, Entry] = {}
    for row in read_rows(table, COLUMNS, problems):
        one = _find(row, known)
        if one is None:
            row.report(
                N_("没有由您填报的这一行：{code} {ratee}"),
                N_("请用“下载我的指标”得到的表，不要改动前几列"),
                code=row.text("indicator") or "—",
                ratee=row.text("ratee") or "—",
            )
        elif one.id in entries:
            row.report(N_("这一行出现了两次"), N_("请删去其中一行"))
        elif row.text("actual") or row.text("growth"):
            entries[one.id] = Entry(one.id, row.text("actual"), row.text("growth"), where=row.where)
    return Reading(tuple(entries.values()), tuple(problems))


def _by_words(
    rows: Sequence[Kept], names: Mapping[str, str]
) -> dict[tuple[str, str, str], list[Kept]]:
    known: dict[tuple[str, str, str], list[Kept]] = {}
    for one in rows:
        code, key, marked_by = one.place
        for ratee in {key, names.get(key, key)}:
            for assessor in {marked_by, ""}:
                known.setdefault((code, ratee, assessor), []).append(one)
    return known


def _find(row: Row, known: Mapping[tuple[str, str, str], list[Kept]]) -> Kept | None:
    """The row these words mean; None where there is none, or more than one."""
    place = (row.text("indicator"), row.text("ratee"))
    found = known.get((*place, row.text("assessor"))) or known.get((*place, ""), [])
    return found[0] if len(found) == 1 else None
