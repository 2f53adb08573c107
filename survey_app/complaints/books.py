"""举报投诉台账."""

from collections.abc import Sequence

from survey_app.complaints.tables import Complaint
from survey_app.complaints.words import (
    CHANNEL_NAMES,
    HANDLING_NAMES,
    STATE_NAMES,
    TOPIC_NAMES,
    case_number,
)
from survey_app.supervision.books import SIMULATED, Ledger, write_ledger


def complaint_ledger(cases: Sequence[Complaint], names: dict[str, str]) -> bytes:
    """举报投诉台账, without what could tell who complained."""
    headers = (
        *("编号", "来源", "方面", "单位", "受理日期", "状态"),
        *("办理方式", "结论", "反馈投诉人", "报监察人事备案", "办结日期"),
    )
    rows = [
        (
            case_number(one.year, one.number),
            CHANNEL_NAMES[one.channel],
            TOPIC_NAMES[one.topic],
            names.get(one.ratee, one.ratee),
            one.received_on.isoformat(),
            STATE_NAMES[one.state],
            HANDLING_NAMES.get(one.handling, ""),
            one.result,
            one.informed_on.isoformat() if one.informed_on else "",
            one.filed_on.isoformat() if one.filed_on else "",
            one.closed_on.isoformat() if one.closed_on else "",
        )
        for one in cases
    ]
    mark = SIMULATED if any(one.is_simulated for one in cases) else ""
    title = f"举报投诉台账{mark}"
    widths = (18, 10, 12, 20, 12, 10, 16, 36, 14, 16, 12)
    return write_ledger(Ledger("举报投诉台账", title, headers, widths, rows))
