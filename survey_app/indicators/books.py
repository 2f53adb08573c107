"""The template workbook of indicators, adjustments, vetoes and earlier grades."""

from collections.abc import Mapping, Sequence

from analysis.input_columns import (
    ADJUSTMENT_COLUMNS,
    HISTORY_COLUMNS,
    INDICATOR_COLUMNS,
    VETO_COLUMNS,
)
from analysis.tables import Column
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template

COLUMN_NOTES: Mapping[str, str] = {
    "indicator": "指标编号，同一指标可以考核多个单位",
    "name": "指标名称",
    "ratee": "评议对象的编号或名称，与名册一致",
    "component": "方案里有几个指标构成时，写明属于哪一个",
    "kind": "指标：定量 或 定性；加减分：加分 或 减分",
    "points": "分值，大于 0",
    "target": "定量指标必填",
    "actual": "定量填完成值，定性填评分；还没有可空",
    "method": "完成率、反向完成率（越低越好）或 评分；空着按类型决定",
    "base": "上年同期值，只用于表格",
    "assessor": "牵头考核的单位",
    "owner": "提供数据的单位",
    "level": "例如 省、市",
    "attribute": "例如 共性、个性",
    "certified": "已认定 或 待认定",
    "matter": "加减分的事由",
    "source": "例如 表彰、媒体、督查",
    "evidence": "文件号、证书或链接；加分必填",
    "on": "例如 2026-03-01",
    "veto": "方案中的否决事项名称",
    "document": "认定文件的文号",
    "period": "例如 2025",
    "grade": "例如 优秀",
}
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "指标完成情况": {
        "indicator": "A01",
        "name": "重点项目完成投资",
        "ratee": "示例市教育局",
        "kind": "定量",
        "points": "20",
        "target": "100",
        "actual": "96.5",
        "method": "完成率",
        "owner": "市统计局",
        "level": "市",
        "attribute": "共性",
        "certified": "已认定",
    },
    "加减分": {
        "ratee": "示例市教育局",
        "kind": "加分",
        "points": "2",
        "matter": "获省级表彰",
        "source": "表彰",
        "evidence": "示例文号〔2026〕1号",
        "on": "2026-03-01",
    },
    "一票否决": {
        "ratee": "示例市水利局",
        "veto": "重大安全事故",
        "document": "示例文号〔2026〕2号",
        "on": "2026-05-01",
    },
    "历年等次": {"ratee": "示例市教育局", "period": "2025", "grade": "优秀"},
}
NOTES = (
    "怎样填写：每张工作表第一行是表头，请不要改动；从第二行起每行填一条，示例行请删去。",
    "不需要导入的工作表可以整张删去。导入时，文件里出现的每一张表都整张替换原来的内容。",
    "数字只填数字，不要千分位、百分号和单位。",
)


def template_book() -> bytes:
    """Four sheets with their headers, an example each, and notes on every column."""
    columns: Mapping[str, Sequence[Column]] = {
        "指标完成情况": INDICATOR_COLUMNS,
        "加减分": ADJUSTMENT_COLUMNS,
        "一票否决": VETO_COLUMNS,
        "历年等次": HISTORY_COLUMNS,
    }
    return write_template([_sheet(name, its) for name, its in columns.items()], NOTES)


def _sheet(name: str, columns: Sequence[Column]) -> TemplateSheet:
    return TemplateSheet(
        name,
        tuple(
            TemplateColumn(column.name, COLUMN_NOTES.get(column.key, ""), column.required)
            for column in columns
        ),
        (tuple(EXAMPLES[name].get(column.key, "") for column in columns),),
    )
