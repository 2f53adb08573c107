"""The life of a follow-up item: proposed by the product, decided and carried out by people."""

from dataclasses import dataclass
from typing import Literal

from forms.problems import N_

State = Literal["proposed", "confirmed", "declined", "in_progress", "done"]
STATE_NAMES: dict[str, str] = {
    "proposed": N_("建议"),
    "confirmed": N_("已确认"),
    "declined": N_("不采纳"),
    "in_progress": N_("办理中"),
    "done": N_("已办结"),
}
OPEN_STATES = ("proposed", "confirmed", "in_progress")
DECIDED_STATES = ("confirmed", "in_progress", "done")
"""What a unit may see of itself: nothing that people have not decided."""
KIND_NAMES: dict[str, str] = {
    "talk": N_("谈话提醒"),
    "admonition": N_("诫勉谈话"),
    "circular": N_("通报"),
    "post": N_("岗位调整"),
    "demotion": N_("降职"),
    "training": N_("培训补课"),
    "quota": N_("评优名额"),
    "award": N_("奖金"),
    "honour": N_("评先评优资格"),
    "pay": N_("绩效工资"),
    "accountability": N_("行政问责"),
    "note": N_("其他"),
}
ACT_NAMES: dict[str, str] = {
    "open": N_("提出"),
    "change": N_("核算更新了建议"),
    "drop": N_("最新核算不再提出"),
    "confirm": N_("确认"),
    "decline": N_("不采纳"),
    "reconsider": N_("重新考虑"),
    "start": N_("开始办理"),
    "note": N_("办理记录"),
    "report": N_("单位回复"),
    "finish": N_("办结"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A decision: from which states, to which one, and whether it must be given words."""

    sources: tuple[State, ...]
    target: State | None
    needs_words: bool = False


STEPS: dict[str, Step] = {
    "confirm": Step(("proposed",), "confirmed"),
    "decline": Step(("proposed", "confirmed"), "declined", needs_words=True),
    "reconsider": Step(("declined",), "proposed", needs_words=True),
    "start": Step(("confirmed",), "in_progress"),
    "note": Step(("confirmed", "in_progress"), None, needs_words=True),
    "report": Step(("confirmed", "in_progress"), None, needs_words=True),
    "finish": Step(("in_progress",), "done", needs_words=True),
}
"""What may be done in which state; a target of None leaves the state as it is."""
