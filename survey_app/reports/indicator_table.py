"""指标完成情况表: every indicator of every ratee, its completion and its score."""

from collections import defaultdict

from analysis.indicators import IndicatorResult
from survey_app.reports.context import Tables
from survey_app.reports.sheets import Column, Mark, Sheet, Value, rounded, score

KINDS = {"quantitative": "定量", "qualitative": "定性"}
METHODS = {"completion": "完成率", "completion_inverse": "反向完成率", "marks": "评分"}
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
        Column("得分", "score"),
        Column("数据采集单位", "text"),
        Column("认定状态", "label"),
    )
    of_ratee: dict[str, list[Row]] = defaultdict(list)
    for one in tables.assessment.indicators:
        of_ratee[one.row.ratee].append(_row(one))
    rows = {
        key: tuple(row for one in ratees for row in of_ratee[one.key])
        for key, ratees in tables.classes.items()
    }
    leaves = [leaf for leaf in tables.scheme.leaves() if leaf.source == "indicators"]
    caps = "；".join(
        f"{leaf.name}：完成率按 {leaf.completion_floor}%–{leaf.completion_cap}% 计"
        for leaf in leaves
    )
    notes = (
        "完成率＝完成值÷目标值（反向指标：目标值÷完成值）；得分＝分值×计分完成率；"
        "评分类指标的得分就是"
        f"评定分。{caps}。单项得分四舍五入到 6 位小数，本表按两位列出。",
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
        METHODS[row.method],
        row.points,
        Mark.NONE if row.target is None else row.target,
        "未报" if row.actual is None else row.actual,
        Mark.NONE if one.rate is None else rounded(one.rate / PERCENT, 4),
        Mark.NONE if one.rate_counted is None else rounded(one.rate_counted / PERCENT, 4),
        score(one.score) if is_reported or one.score is not None else Mark.NONE,
        row.owner or Mark.NONE,
        "已认定" if row.is_certified else "待认定",
    )
