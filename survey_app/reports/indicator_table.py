"""指标完成情况表: every indicator of every ratee, its completion and its score."""

from collections import defaultdict

from analysis.indicators import IndicatorResult
from analysis.input_columns import METHOD_NAMES
from analysis.scheme.components import MARKED
from forms.problems import plain
from survey_app.reports.context import Tables
from survey_app.reports.sheets import Column, Mark, Sheet, Value, rounded, score

KINDS = {"quantitative": "定量", "qualitative": "定性"}
PERCENT = 100
Row = tuple[Value, ...]


def indicators(tables: Tables) -> Sheet:
    """One row an indicator and ratee, in sections by class of ratee."""
    columns = (
        Column("编号", "label"),
        Column("指标名称", "text"),
        Column("责任单位", "text"),
        Column("级别", "label"),
        Column("类型", "label"),
        Column("属性", "label"),
        Column("计分方法", "label"),
        Column("分值", "points"),
        Column("目标值", "points"),
        Column("完成值", "points"),
        Column("完成率", "percent"),
        Column("计分完成率", "percent"),
        Column("总量完成率", "percent"),
        Column("增速完成率", "percent"),
        Column("得分", "score"),
        Column("数据采集单位", "text"),
        Column("考核单位", "text"),
        Column("认定状态", "label"),
        Column("备注", "text"),
    )
    of_ratee: dict[str, list[Row]] = defaultdict(list)
    for one in tables.assessment.indicators:
        of_ratee[one.row.ratee].append(_row(one))
    rows = {
        key: tuple(row for one in ratees for row in of_ratee[one.key])
        for key, ratees in tables.classes.items()
    }
    leaves = [leaf for leaf in tables.scheme.leaves() if leaf.source in MARKED]
    caps = "；".join(
        f"{leaf.name}：完成率按 {leaf.completion_floor}%–{leaf.completion_cap}% 计"
        for leaf in leaves
    )
    notes = (
        "得分＝分值×计分完成率。完成率＝完成值÷目标值（反向：目标值÷完成值）；总量加增速＝总量完成率"
        "与增速完成率按比重相加；与最优比＝完成值÷同类最优；名次＝1－级差×（名次－1）；分档按计分规则"
        "取得分；目标区间以外按偏离最近端点的比例扣；按次扣分＝分值－每次分值×次数；评分取评定分，几家"
        f"评分取平均。{caps}。单项得分四舍五入到 6 位小数，本表按两位列出。",
        "指标考核得分＝Σ得分÷Σ分值×100。“未报”的指标没有完成值，"
        + {
            "redistribute": "不计入得分和分值两边的合计。",
            "zero": "按零分计。",
            "fail": "补报之前不出总分。",
        }[tables.scheme.missing],
        tables.scheme_note(),
    )
    return Sheet(
        "指标完成情况",
        "指标完成情况表",
        columns,
        tables.sections(rows),
        notes,
    )


def _row(one: IndicatorResult) -> Row:
    row = one.row
    is_reported = row.actual is not None
    return (
        row.indicator,
        row.name,
        one.ratee_name,
        row.level or Mark.NONE,
        KINDS[row.kind],
        row.attribute or Mark.NONE,
        METHOD_NAMES[row.method],
        row.points,
        Mark.NONE if row.target is None else row.target,
        "未报" if row.actual is None else row.actual,
        Mark.NONE if one.rate is None else rounded(one.rate / PERCENT, 4),
        *(
            Mark.NONE if rate is None else rounded(rate / PERCENT, 4)
            for rate in (one.rate_counted, one.volume_rate, one.growth_rate)
        ),
        score(one.score) if is_reported or one.score is not None else Mark.NONE,
        row.owner or Mark.NONE,
        row.assessor or Mark.NONE,
        "已认定" if row.is_certified else "待认定",
        _remark(one),
    )


def _remark(one: IndicatorResult) -> Value:
    """The marks behind a mean, and what was done differently."""
    marks = "、".join(
        f"{who or '未写明'} {'未评' if mark is None else plain(mark)}" for who, mark in one.marks
    )
    return "；".join(filter(None, (marks, one.note))) or Mark.NONE
