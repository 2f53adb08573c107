"""The five steps of an appraisal (平时考核), the acts that make them, and who may do which."""

from dataclasses import dataclass
from typing import Literal

from forms.problems import N_
from survey_app.core.access import Role

STEP_NAMES: tuple[str, ...] = (
    N_("未开始"),
    N_("确定指标"),
    N_("个人小结"),
    N_("审核评鉴"),
    N_("确定等次"),
    N_("反馈备案"),
)
"""By number."""
DONE_NAMES: tuple[str, ...] = (
    N_("未开始"),
    N_("已定指标"),
    N_("已写小结"),
    N_("已评鉴"),
    N_("已定等次"),
    N_("已备案"),
)
"""Where a form stands, by the last step that is done."""
INDICATORS, SUMMARY, REVIEW, DECISION, FILED = 1, 2, 3, 4, 5

Feedback = Literal["", "confirmed", "objected", "answered"]
FEEDBACK_NAMES: dict[str, str] = {
    "": N_("未反馈"),
    "confirmed": N_("本人已确认"),
    "objected": N_("本人有异议，待答复"),
    "answered": N_("异议已答复"),
}
Filing = Literal["", "submitted", "returned", "filed"]
FILING_NAMES: dict[str, str] = {
    "": N_("未报送"),
    "submitted": N_("已报送，待备案"),
    "returned": N_("已退回"),
    "filed": N_("已备案"),
}
FilingKind = Literal["plan", "changes"]
PERIOD_STATES: dict[str, str] = {"open": N_("进行中"), "closed": N_("已结束")}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done to a form: done by these roles, while the last step done is one of `at`.

    Where a role in `proxies` does it, it is marked as entered on behalf of somebody else (代录).
    """

    name: str
    roles: tuple[Role, ...]
    at: tuple[int, ...]
    proxies: tuple[Role, ...] = ()


OFFICE: tuple[Role, ...] = ("admin", "clerk")
ACTS: dict[str, Act] = {
    "indicators": Act(N_("确定指标"), ("unit", *OFFICE), (0, INDICATORS)),
    "summary": Act(N_("个人小结"), ("person", "unit"), (INDICATORS, SUMMARY), ("unit",)),
    "review": Act(N_("审核评鉴"), ("leader",), (SUMMARY, REVIEW)),
    "decision": Act(N_("确定等次"), ("unit",), (REVIEW, DECISION)),
    "confirm": Act(N_("确认反馈"), ("person", "unit"), (DECISION,), ("unit",)),
    "objection": Act(N_("提出异议"), ("person", "unit"), (DECISION,), ("unit",)),
    "answer": Act(N_("答复异议"), ("unit",), (DECISION,)),
    "publish": Act(N_("公布结果"), ("unit",), (DECISION,)),
    "submit": Act(N_("报送备案"), ("unit",), (DECISION,)),
    "accept": Act(N_("同意备案"), OFFICE, (DECISION,)),
    "return": Act(N_("退回"), OFFICE, (DECISION,)),
    "send_back": Act(N_("退回重办"), ("unit", *OFFICE), (SUMMARY, REVIEW, DECISION)),
    "correct": Act(N_("更正"), OFFICE, (FILED,)),
}


def act_names() -> dict[str, str]:
    """What the log calls each act."""
    return {key: act.name for key, act in ACTS.items()}
