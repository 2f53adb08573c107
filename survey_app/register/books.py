"""The register as a workbook: an empty template with examples, or what it holds now."""

from analysis.inputs import RateeRow
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template
from survey_app.register.names import ratee_class_name, rater_class_names
from survey_app.register.reading import ClassRow, Register, RosterRow

NOTES = (
    "怎样填写：每张工作表第一行是表头，请不要改动；从第二行起每行填一条。",
    "示例行请删去。不需要导入的工作表可以整张删去。所有编号按文本保存，前面的 0 不会丢。",
    "名册只填人员编号（如 人员0001），不要填写姓名、电话或证件号：系统不保存个人信息。",
)
RATEE_COLUMNS = (
    TemplateColumn("编号", "唯一，导入时凭它认出同一个评议对象"),
    TemplateColumn("单位名称", "全称，不能重复"),
    TemplateColumn("类别", "例如 区县、市直单位；要与评估方案中的类别一致"),
    TemplateColumn("分组", "组内排名用，例如 第一组；没有分组可空", required=False),
    TemplateColumn("对象类型", "单位 或 个人，空着算单位", required=False),
    TemplateColumn("所属单位", "个人所在的单位", required=False),
    TemplateColumn("评优池", "按池分配优秀名额时填写", required=False),
)
CLASS_COLUMNS = (
    TemplateColumn("代码", "与评估方案中的评议主体代码一致"),
    TemplateColumn("名称", "显示在页面和表格上的名称"),
)
ROSTER_COLUMNS = (
    TemplateColumn("评议主体", "评议主体的名称或代码"),
    TemplateColumn("人员编号", "例如 人员0001，同一评议主体内不能重复；不要填姓名"),
    TemplateColumn("分层", "抽样或统计的层，例如 第一代表团", required=False),
    TemplateColumn("评议范围", "只评哪些单位或分组，用顿号隔开；空着表示全部", required=False),
)
EXAMPLE = Register(
    (
        RateeRow("001", "示例区", "county", ""),
        RateeRow("101", "示例市教育局", "unit", "第一组"),
        RateeRow("102", "示例市水利局", "unit", "第二组"),
    ),
    tuple(ClassRow(key, name) for key, name in rater_class_names().items()),
    (
        RosterRow("delegate_city", "人员0001", "第一代表团"),
        RosterRow("leader_city", "人员0002", "", ("101", "102")),
    ),
)


def register_book(register: Register) -> bytes:
    """A workbook of this register that can be imported again."""
    classes = {row.key: row.name for row in register.rater_classes}
    names = {row.key: row.name for row in register.ratees}
    sheets = (
        TemplateSheet("评议对象", RATEE_COLUMNS, tuple(_ratee(row) for row in register.ratees)),
        TemplateSheet(
            "评议主体", CLASS_COLUMNS, tuple((row.key, row.name) for row in register.rater_classes)
        ),
        TemplateSheet(
            "名册",
            ROSTER_COLUMNS,
            tuple(
                (
                    classes.get(row.rater_class, row.rater_class),
                    row.label,
                    row.stratum,
                    "、".join(names.get(key, key) for key in row.scope),
                )
                for row in register.roster
            ),
        ),
    )
    return write_template(sheets, NOTES)


def _ratee(row: RateeRow) -> tuple[str, ...]:
    kind = "个人" if row.kind == "person" else "单位"
    ratee_class = ratee_class_name(row.ratee_class)
    return (row.key, row.name, ratee_class, row.group, kind, row.parent, row.pool)
