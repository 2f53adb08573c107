"""The columns of the tables handed in, and the words their cells may hold.

Each column has its key, its Chinese name and further headers found in offices' own sheets.
"""

from analysis.tables import Column
from forms.problems import N_

RATEE_KINDS = {"unit": "unit", "单位": "unit", "person": "person", "个人": "person"}
INDICATOR_KINDS = {
    "quantitative": "quantitative",
    "定量": "quantitative",
    "qualitative": "qualitative",
    "定性": "qualitative",
}
METHOD_NAMES = {
    "completion": N_("完成率"),
    "completion_inverse": N_("反向完成率"),
    "growth": N_("总量加增速"),
    "ratio_to_best": N_("与最优比"),
    "rank": N_("名次"),
    "bands": N_("分档"),
    "within": N_("目标区间"),
    "deduction": N_("按次扣分"),
    "marks": N_("评分"),
}
METHODS = {
    **{key: key for key in METHOD_NAMES},
    **{name: key for key, name in METHOD_NAMES.items()},
    "排名": "rank",
    "扣分": "deduction",
    "区间": "within",
}
DIRECTION_NAMES = {
    "higher": N_("越高越好"),
    "lower": N_("越低越好"),
    "within": N_("在区间内"),
}
DIRECTIONS = {
    **{key: key for key in DIRECTION_NAMES},
    **{name: key for key, name in DIRECTION_NAMES.items()},
    "正向": "higher",
    "反向": "lower",
}
ADJUSTMENT_KINDS = {
    "bonus": "bonus",
    "加分": "bonus",
    "加": "bonus",
    "deduction": "deduction",
    "减分": "deduction",
    "扣分": "deduction",
    "减": "deduction",
}
YES_NO = {
    "true": "yes",
    "1": "yes",
    "yes": "yes",
    "是": "yes",
    "已认定": "yes",
    "false": "",
    "0": "",
    "no": "",
    "否": "",
    "待认定": "",
    "未认定": "",
}

_RATEE = Column("ratee", N_("评议对象"), ("单位名称", "单位", "单位编号", "编号", "姓名"))
RATEE_COLUMNS = (
    Column("ratee", N_("评议对象"), ("单位编号", "编号", "代码")),
    Column("name", N_("单位名称"), ("名称", "姓名"), required=False),
    Column("class", N_("类别")),
    Column("group", N_("分组"), ("组别",), required=False),
    Column("kind", N_("对象类型"), ("性质",), required=False),
    Column("parent", N_("所属单位"), ("上级单位",), required=False),
    Column("pool", N_("评优池"), ("名额池",), required=False),
)
INDICATOR_COLUMNS = (
    Column("indicator", N_("编号"), ("指标编号",)),
    Column("name", N_("指标名称"), ("指标",)),
    Column("ratee", N_("责任单位"), ("评议对象", "单位名称", "单位")),
    Column("component", N_("构成"), ("所属构成", "考核方面"), required=False),
    Column("level", N_("级别"), required=False),
    Column("kind", N_("类型"), required=False),
    Column("attribute", N_("属性"), required=False),
    Column("points", N_("分值"), ("满分",)),
    Column("unit", N_("计量单位"), required=False),
    Column("target", N_("目标值"), required=False),
    Column("actual", N_("完成值"), ("实际值",)),
    Column("base", N_("基数"), ("上年值",), required=False),
    Column("growth_target", N_("增速目标"), ("目标增速",), required=False),
    Column("growth", N_("增速"), ("实际增速",), required=False),
    Column("method", N_("计分方法"), ("方法",), required=False),
    Column("direction", N_("方向"), required=False),
    Column("rule", N_("计分规则"), ("规则",), required=False),
    Column("cap", N_("上限"), ("完成率上限",), required=False),
    Column("floor", N_("下限"), ("完成率下限",), required=False),
    Column("standard", N_("评分标准"), ("考核标准", "评分细则"), required=False),
    Column("owner", N_("数据采集单位"), ("采集单位",), required=False),
    Column("assessor", N_("考核单位"), ("评分单位",), required=False),
    Column("breakdown_of", N_("分解自"), ("上级指标单位",), required=False),
    Column("certified", N_("认定状态"), ("认定", "是否认定"), required=False),
)
ADJUSTMENT_COLUMNS = (
    _RATEE,
    Column("kind", N_("加减"), ("加/减", "类别")),
    Column("points", N_("分数"), ("分值", "核定分")),
    Column("matter", N_("事项")),
    Column("source", N_("来源"), required=False),
    Column("evidence", N_("依据"), ("证明材料",)),
    Column("on", N_("日期"), required=False),
    Column("multiplier", N_("倍数"), required=False),
)
VETO_COLUMNS = (
    _RATEE,
    Column("veto", N_("否决事项"), ("事项", "一票否决")),
    Column("document", N_("文号"), ("认定文件",)),
    Column("on", N_("日期"), required=False),
)
HISTORY_COLUMNS = (
    _RATEE,
    Column("period", N_("年度"), ("考核周期", "期间", "周期")),
    Column("grade", N_("等次"), ("评定等次",), required=False),
    Column("series", N_("系列"), ("结果系列", "方案"), required=False),
    Column("score", N_("得分"), ("总分", "分数"), required=False),
)
SCREENED_COLUMNS = (
    Column("round", N_("轮次"), ("评议轮次",), required=False),
    Column("rule", N_("规则"), ("筛查规则",)),
    Column("rater_class", N_("评议主体"), required=False),
    Column("subject", N_("入口或答案模式"), ("线索", "入口", "答案模式"), required=False),
    Column("ratee", N_("评议对象"), ("单位名称", "单位", "编号"), required=False),
    Column("decision", N_("决定"), ("去留",)),
    Column("reason", N_("理由")),
)
FIGURE_COLUMNS = (
    _RATEE,
    Column("figure", N_("项目")),
    Column("value", N_("数值"), ("值",)),
)
