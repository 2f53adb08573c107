"""What offices call the fixed words of a scheme. Message ids; the words of files stay as keys."""

from collections.abc import Mapping

from forms.problems import N_

Words = Mapping[str, str]

MISSING: Words = {
    "fail": N_("不出结果"),
    "redistribute": N_("按其余构成重新分配权重"),
    "zero": N_("记零分"),
}
SAME_DEVICE: Words = {"first": N_("只计第一份"), "count": N_("全部计入")}
GRADE_ON: Words = {"record": N_("公布的得分"), "exact": N_("未修约的得分")}
RHYTHM: Words = {
    "month": N_("每月"),
    "quarter": N_("每季度"),
    "half": N_("每半年"),
    "year": N_("每年"),
}
SOURCE: Words = {
    "indicators": N_("指标"),
    "questionnaire": N_("问卷"),
    "appraisal": N_("平时考核"),
    "runs": N_("从前各期结果"),
    "parent": N_("所属单位得分"),
}
EVIDENCE: Words = {"code": N_("验证码"), "card": N_("评议卡"), "open": N_("公开入口")}
MIX_BY: Words = {"stratum": N_("层"), "channel": N_("渠道"), "evidence": N_("凭据")}
COMBINE: Words = {"mean": N_("取平均"), "sum": N_("相加"), "last": N_("取最近一期")}
UNKNOWN: Words = {"exclude": N_("不计入分母"), "zero": N_("记零分")}
TRANSFORM: Words = {
    "rank": N_("按名次"),
    "ratio_to_best": N_("与最好者之比"),
    "bands": N_("按档位"),
    "coefficient": N_("乘系数"),
}
STEPS: Words = {"table": N_("按词"), "bands": N_("按档"), "line": N_("按折线")}
ADJUSTMENT: Words = {
    "bonus": N_("加分"),
    "deduction": N_("减分"),
    "both": N_("加分或减分"),
}
VETO_EFFECT: Words = {
    "no_excellent": N_("不能评为最高等次"),
    "lowest_grade": N_("评为最低等次"),
    "zero": N_("总分记零"),
}
SCOPE: Words = {
    "class": N_("同类"),
    "group": N_("同组"),
    "pool": N_("同池"),
    "all": N_("全部"),
    "parent": N_("同一单位"),
}
ROUNDING: Words = {"down": N_("舍去小数"), "largest_remainder": N_("最大余数")}
SPAN: Words = {"earlier": N_("本期以前"), "period": N_("本期之内"), "all": N_("本期之内和以前")}
SUBJECT: Words = {
    "grades": N_("评过的等次"),
    "parent": N_("所属单位的等次"),
    "last": N_("末位"),
    "first": N_("前列"),
    "score": N_("得分"),
    "veto": N_("一票否决"),
}
CONSEQUENCE: Words = {
    "talk": N_("谈话提醒"),
    "admonition": N_("诫勉谈话"),
    "circular": N_("通报"),
    "post": N_("岗位调整"),
    "demotion": N_("降职"),
    "training": N_("培训补课"),
    "quota": N_("评优名额"),
    "award": N_("奖励份额"),
    "honour": N_("评先评优"),
    "pay": N_("绩效工资"),
    "accountability": N_("行政问责"),
    "note": N_("备注"),
}
FLAG: Words = {"true": N_("是"), "false": N_("否")}
VOID: Words = {
    "straight_line": N_("全部选同一档"),
    "too_many_blank": N_("空白太多"),
    "fast_straight_line": N_("很快填完且全部选同一档"),
    "link_burst": N_("同一海报短时间集中到达"),
    "one_sided_link": N_("同一海报一边倒"),
}
