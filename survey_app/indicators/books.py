"""The template workbook of indicators, adjustments, vetoes, earlier grades and figures."""

from collections.abc import Mapping, Sequence

from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template
from survey_app.indicators.sheets import KIND_NAMES, Kind
from survey_app.indicators.showing import SHEET_COLUMNS, ShownSheet

COLUMN_NOTES: Mapping[str, str] = {
    "indicator": "指标编号，同一指标可以考核多个单位",
    "name": "指标名称",
    "ratee": "评议对象的编号或名称，与名册一致",
    "component": "方案里有几个指标构成时，写明属于哪一个",
    "kind": "指标：定量 或 定性；加减分：加分 或 减分",
    "points": "分值，大于 0",
    "target": "定量指标必填",
    "actual": "定量填完成值，定性填评分；还没有可空",
    "method": "完成率、反向完成率、总量加增速、与最优比、名次、分档、目标区间、按次扣分、评分；"
    "空着按类型和方向决定",
    "direction": "越高越好、越低越好 或 在区间内；空着按计分方法决定",
    "rule": "分档写 90:20 80:16 0:0；目标区间写 95~105；名次写每名扣的比例 0.02；"
    "按次扣分写每次扣的分",
    "unit": "例如 万元、%",
    "growth_target": "总量加增速用，单位是百分数，例如 11",
    "growth": "总量加增速用，实际增速，例如 10.5",
    "cap": "这一项得分最多算到分值的百分之几；空着按方案",
    "floor": "这一项得分最少算到分值的百分之几；空着按方案",
    "standard": "评分标准的原文；不要写“酌情扣分”一类的话",
    "breakdown_of": "由哪个上级的同一指标分解而来，写上级的编号或名称",
    "multiplier": "成倍加减分时填写，例如 3；空着按 1",
    "figure": "方案中系数所依据的项目，例如 差异系数档次",
    "value": "这个评议对象在该项目上的数或档次",
    "base": "上年同期值，只用于表格",
    "assessor": "牵头考核的单位；评分指标由它评分，几家评分时每家一行",
    "owner": "提供数据的单位",
    "level": "例如 省、市",
    "attribute": "例如 共性、个性",
    "certified": "已认定 或 待认定；由管理员导入时才算认定",
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
    "依据数据": {"ratee": "示例市教育局", "figure": "差异系数档次", "value": "三档"},
}
NOTES = (
    "怎样填写：每张工作表第一行是表头，请不要改动；从第二行起每行填一条，示例行请删去。",
    "不需要导入的工作表可以整张删去。导入时，文件里出现的每一张表都整张替换原来的内容。",
    "数字只填数字，不要千分位、百分号和单位。",
)


def template_book() -> bytes:
    """Five sheets with their headers, an example each, and notes on every column."""
    return write_template(
        [
            _sheet(kind, [tuple(EXAMPLES[name].get(one.key, "") for one in SHEET_COLUMNS[kind])])
            for kind, name in KIND_NAMES.items()
        ],
        NOTES,
    )


def present_book(shown: Sequence[ShownSheet]) -> bytes:
    """The same workbook with what is kept, to be changed and imported again."""
    rows = {one.kind: one for one in shown}
    return write_template([_present(kind, rows.get(kind)) for kind in KIND_NAMES], NOTES)


def _present(kind: Kind, shown: ShownSheet | None) -> TemplateSheet:
    if shown is None:
        return _sheet(kind, [])
    places = {header: place for place, header in enumerate(shown.headers)}
    return _sheet(
        kind,
        [
            tuple(
                row[places[column.name]] if column.name in places else ""
                for column in SHEET_COLUMNS[kind]
            )
            for row in shown.rows
        ],
    )


def _sheet(kind: Kind, rows: Sequence[tuple[str, ...]]) -> TemplateSheet:
    columns = tuple(
        TemplateColumn(column.name, COLUMN_NOTES.get(column.key, ""), column.required)
        for column in SHEET_COLUMNS[kind]
    )
    return TemplateSheet(KIND_NAMES[kind], columns, tuple(rows))
