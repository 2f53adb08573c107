"""答卷去留: what people decided about findings, in the columns `assess --screened` reads."""

from analysis.screened_rows import VERDICT_NAMES, ScreenedRow
from survey_app.assessments.wording import FLAG_NAMES
from survey_app.reports.context import Tables
from survey_app.reports.sheets import Column, Section, Sheet, Value


def decisions(tables: Tables) -> tuple[Sheet, ...]:
    """One row a decision; no sheet where nobody decided anything."""
    rows = sorted(tables.inputs.screened if tables.inputs else (), key=lambda row: row.place)
    if not rows:
        return ()
    titles = ("轮次", "规则", "评议主体", "入口或答案模式", "评议对象", "决定", "理由")
    columns = tuple(Column(title, "text") for title in titles)
    notes = (
        f"决定不计入的答卷不参加计算，也不删除，本次共 {excluded(tables)} 份次；"
        "连同它们计算的总分见“经人核定不计入的也计入”。",
        "本表另存为 CSV，用 survey assess --screened 可以重算。",
        tables.scheme_note(),
    )
    made = tuple(_row(tables, row) for row in rows)
    return (Sheet("答卷去留", "答卷去留决定表", columns, (Section("", made),), notes),)


def _row(tables: Tables, row: ScreenedRow) -> tuple[Value, ...]:
    return (
        row.round,
        str(FLAG_NAMES[row.rule]),
        str(tables.scheme.rater_class_name(row.rater_class)) if row.rater_class else "",
        row.subject,
        tables.names.get(row.ratee, row.ratee),
        str(VERDICT_NAMES[row.decision]),
        row.reason,
    )


def excluded(tables: Tables) -> int:
    """How many rows people's decisions took out."""
    return sum(
        n
        for one in tables.assessment.quality
        for reason, n in one.reasons.items()
        if reason.startswith("said:")
    )


def excluded_words(tables: Tables) -> tuple[str, ...]:
    """That sum as a sentence; none where it is 0."""
    n = excluded(tables)
    return (f"作废中有 {n} 份次是经人核定不计入的，理由见“答卷去留”。",) if n else ()
