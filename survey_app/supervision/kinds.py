"""The kinds of supervision records, what each must say, and how their numbers read."""

from collections.abc import Mapping
from dataclasses import dataclass

from forms.problems import N_

KIND_NAMES: dict[str, str] = {
    "dispatch": N_("调度"),
    "circular": N_("通报"),
    "publication": N_("公示"),
    "filing": N_("立档"),
    "urging": N_("督办"),
    "spot_check": N_("抽查"),
    "talk": N_("约谈"),
    "self_check": N_("自查"),
    "exemption": N_("容错纠错"),
    "falsification": N_("追究"),
}
KIND_ABOUT: dict[str, str] = {
    "dispatch": N_("调度会议或督查安排的任务，写明期限，到期前后可以催办。"),
    "circular": N_("一次通报可以涉及许多单位；排名写在内容里。"),
    "publication": N_("在简报、报纸、电视或网站上公示了什么。"),
    "filing": N_("每次检查、考核的结果归档，作为年度评分的依据。"),
    "urging": N_("督办通知书逾期，诫勉谈话；再逾期，组织处理。跳级必须写明理由。"),
    "spot_check": N_("任何一天都可以抽查，结果进入全年的考核依据。"),
    "talk": N_("约谈单位负责人，写明谈了什么、要求什么。"),
    "self_check": N_("单位自查的安排和结果。"),
    "exemption": N_("按容错纠错的规定免予扣分或追究，写明免的是什么、谁批准的。"),
    "falsification": N_("数据失实的案件：影响哪个指标，作出什么处理；受影响的得分要重新核定。"),
}
STEP_NAMES: dict[str, str] = {
    "notice": N_("督办通知书"),
    "admonition": N_("诫勉谈话"),
    "measure": N_("组织处理"),
}
STEPS = tuple(STEP_NAMES)
"""The ladder of 督办, lowest first."""
SANCTION_NAMES: dict[str, str] = {
    "circular": N_("通报批评"),
    "measure": N_("组织处理"),
    "discipline": N_("纪律处分"),
}
ACT_NAMES: dict[str, str] = {
    "urge": N_("催办"),
    "reply": N_("回复"),
    "return": N_("退回重报"),
    "accept": N_("审核通过，办结"),
    "reopened": N_("已重新核定"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Which facts beside the common ones a kind has, and which of them it cannot do without."""

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    is_for_one: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        return self.needed + self.optional


FACTS: Mapping[str, Facts] = {
    "dispatch": Facts(("due_on",)),
    "circular": Facts((), ("due_on",)),
    "publication": Facts(("place",)),
    "filing": Facts(("result",)),
    "urging": Facts(("step", "due_on"), ("previous_id", "skip_reason"), is_for_one=True),
    "spot_check": Facts(("result",), ("due_on",)),
    "talk": Facts((), ("result", "due_on")),
    "self_check": Facts((), ("result", "due_on")),
    "exemption": Facts(("exempts", "approved_by"), is_for_one=True),
    "falsification": Facts(("indicator", "sanction"), ("round_id",), is_for_one=True),
}
FACT_NAMES: dict[str, str] = {
    "due_on": N_("期限"),
    "place": N_("公示在哪里"),
    "result": N_("结果"),
    "step": N_("督办步骤"),
    "previous_id": N_("上一步"),
    "skip_reason": N_("跳级的理由"),
    "exempts": N_("免予什么"),
    "approved_by": N_("批准人或批准机关"),
    "indicator": N_("受影响的指标"),
    "sanction": N_("处理结果"),
    "round_id": N_("受影响的轮次"),
}


def number_text(kind: str, year: int, number: int) -> str:
    """A record's number as offices write it, such as 通报〔2026〕3号."""
    return f"{KIND_NAMES[kind]}〔{year}〕{number}号"
