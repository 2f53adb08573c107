"""Ledgers of the follow-up room: items, linkages, accountability."""

from collections.abc import Sequence

from survey_app.followup.linkages import Linkages
from survey_app.followup.reading import ItemLine
from survey_app.supervision.books import SIMULATED, Ledger, write_ledger
from survey_app.supervision.kinds import SANCTION_NAMES
from survey_app.supervision.reading import Reopening

Rows = Sequence[tuple[str, ...]]


def item_ledger(lines: Sequence[ItemLine], year: int | None) -> bytes:
    """结果运用台账."""
    headers = (
        *("对象", "事项", "类型", "内容", "理由", "时期", "状态"),
        *("决定的理由", "期限", "办理结果", "办结日期"),
    )
    rows = [
        (
            line.ratee_name,
            line.item.name,
            line.kind_name,
            line.item.value,
            line.item.reason,
            line.item.period,
            line.state_name + ("（逾期）" if line.is_overdue else ""),
            line.item.decision,
            line.item.due_on.isoformat() if line.item.due_on else "",
            line.item.outcome,
            line.item.closed_on.isoformat() if line.item.closed_on else "",
        )
        for line in lines
    ]
    mark = _mark(*(line.item.is_simulated for line in lines))
    title = f"{f'{year}年度' if year else ''}结果运用台账{mark}"
    widths = (18, 18, 12, 22, 36, 10, 14, 24, 12, 30, 12)
    return write_ledger(Ledger("结果运用台账", title, headers, widths, rows))


def linkage_table(table: Linkages) -> bytes:
    """挂钩情况表, a column for each linkage of the scheme."""
    headers = ("单位", *table.columns)
    widths = (22, *(26 for _ in table.columns))
    note = "注：标“（建议）”的还没有确认；不采纳的不列。"
    title = f"{table.title}结果挂钩情况表{_mark(table.is_simulated)}"
    if not table.columns:
        headers, widths = ("单位", "挂钩"), (22, 26)
    rows = table.rows if table.columns else [(row[0], "—") for row in table.rows]
    return write_ledger(Ledger("结果挂钩情况表", title, headers, widths, rows, note))


def accountability_ledger(lines: Sequence[ItemLine], cases: Sequence[Reopening]) -> bytes:
    """行政问责台账: items of that kind, and cases of falsified data."""
    rows = [
        (
            line.ratee_name,
            line.item.name,
            line.item.reason,
            line.item.period,
            line.state_name,
            line.item.outcome,
        )
        for line in lines
    ]
    rows += [
        (
            case.ratee_name,
            case.number_text,
            f"数据失实：{case.indicator}",
            case.period,
            SANCTION_NAMES[case.sanction],
            "得分已重新核定" if case.is_done else "得分待重新核定",
        )
        for case in cases
    ]
    headers = ("对象", "事项", "事由", "时期", "处理", "结果")
    mark = _mark(*(line.item.is_simulated for line in lines))
    ledger = Ledger("行政问责台账", f"行政问责台账{mark}", headers, (20, 24, 40, 10, 14, 34), rows)
    return write_ledger(ledger)


def _mark(*simulated: bool) -> str:
    return SIMULATED if any(simulated) else ""
