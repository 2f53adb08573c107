"""What rules and statuses are called, on pages and in tables."""

from collections.abc import Mapping

from analysis.screening_rules import RULE_NAMES
from forms.problems import N_
from forms.questionnaire import SHORT_SUFFIX, Questionnaire

FLAG_NAMES = RULE_NAMES
FLAG_WORDS = {
    "straight_line": N_("不少于 8 道计分题全部选同一项"),
    "too_many_blank": N_("一半以上计分题空白"),
    "fast_straight_line": N_("作答过快，且不少于 5 道计分题全部选同一项"),
    "repeated_pattern": N_("整份答案在一个对象上重复出现，远多于在其他对象上的比例（按模式计数）"),
    "link_burst": N_("一个入口在短时间内涌入的答卷远多于平时"),
    "one_sided_link": N_("集中涌入的入口给一个对象满分的比例远高于其他入口"),
    "fast_link": N_("一个入口作答过快的比例远高于其他入口"),
}
STATUS_NAMES = {
    "valid": N_("有效"),
    "doubtful": N_("有效，有疑点"),
    "duplicate": N_("同一设备重复"),
    "screened": N_("按方案规则剔除"),
    "excluded": N_("经人核定不计入"),
    "void": N_("经办理手续判为无效"),
}
EVIDENCE_NAMES = {
    "n": N_("集中时段内份数"),
    "expected": N_("预期份数"),
    "ten_minutes": N_("集中的十分钟段数"),
    "full_share": N_("满分比例"),
    "elsewhere": N_("其他入口的满分比例"),
    "fast_share": N_("过快的比例"),
    "fast_elsewhere": N_("其他入口过快的比例"),
    "rater_class": N_("评议主体"),
    "submitted": N_("提交总数"),
}


def form_title(form: Questionnaire) -> str:
    """A questionnaire's title, the short form told from the long one."""
    return f"{form.title}（简版）" if form.key.endswith(SHORT_SUFFIX) else str(form.title)


def form_of_round(forms: Mapping[str, Questionnaire], round_key: str) -> str:
    """The title of a sealed round's questionnaire: the round's key ends in the questionnaire's."""
    keys = [key for key in forms if round_key.endswith(f".{key}")]
    if keys:
        return form_title(forms[max(keys, key=len)])
    return form_title(next(iter(forms.values()))) if len(forms) == 1 else "—"
