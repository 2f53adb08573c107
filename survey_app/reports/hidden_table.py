"""未显示的格子: every rater class of a ratee that the tables hide, and why."""

from survey_app.reports.context import Tables
from survey_app.reports.sheets import Column, Mark, Section, Sheet, Value

MEAN = (
    "总分是记录分，照常公布；表中隐去的评议主体，它的票数也不在各合计表之内，所以不能用合计去减。"
    "隐去的格子和理由一起登记在“发布记录”里。"
)


def hidden(tables: Tables) -> tuple[Sheet, ...]:
    """One row a cell; no sheet where nothing is hidden."""
    rows: list[tuple[Value, ...]] = [
        (one.name, node.name, node.band or Mark.NONE, "；".join(n.text() for n in node.notes))
        for one in tables.assessment.ratees
        for node in one.nodes
        if (one.key, node.path) in tables.hidden
    ]
    if not rows:
        return ()
    columns = (
        Column("评议对象", "text"),
        Column("评议主体", "text"),
        Column("区段", "label"),
        Column("不显示的理由", "prose"),
    )
    name = "未显示的格子"
    notes = (MEAN, tables.scheme_note())
    return (Sheet(name, f"{name}一览表", columns, (Section("", tuple(rows)),), notes),)
