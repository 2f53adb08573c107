"""加减分台账 and 一票否决台账: every entry with what it rests on, and what of it was counted."""

from analysis.inputs import AdjustmentRow, VetoRow
from forms.problems import plain
from survey_app.reports.context import Tables
from survey_app.reports.score_tables import cap
from survey_app.reports.sheets import Column, Mark, Section, Sheet, Value

KINDS = {"bonus": "加分", "deduction": "减分"}
EFFECTS = {
    "no_excellent": "不能评为最高等次",
    "lowest_grade": "评为最低等次",
    "zero": "总分记零",
}


def ledger(tables: Tables) -> Sheet:
    """What was added and taken, in order of units."""
    columns = (
        Column("单位", "text"),
        Column("类别", "label"),
        Column("事项", "text"),
        Column("依据", "text"),
        Column("来源", "text"),
        Column("核定分", "points"),
        Column("倍数", "points"),
        Column("该单位合计", "points"),
        Column("计入分（封顶后）", "points"),
        Column("日期", "label"),
    )
    rules = tables.scheme.adjustments
    caps = "；".join(
        f"{source.name}不超过 {plain(source.cap)} 分" for source in rules.sources if source.cap
    )
    notes = (
        f"计入加分不超过 {cap(rules.bonus_cap)}，计入减分不超过 {cap(rules.deduction_cap)}；"
        "超过的部分不计，合计照列。" + (f"各来源的上限：{caps}。" if caps else ""),
        tables.scheme_note(),
    )
    rows = sorted(_rows(tables), key=lambda row: (row.ratee, row.kind, str(row.on or "")))
    made = tuple(_ledger_row(tables, row) for row in rows)
    return Sheet("加减分台账", "加减分台账", columns, (Section("", made),), notes)


def _rows(tables: Tables) -> tuple[AdjustmentRow, ...]:
    return tables.inputs.adjustments if tables.inputs else ()


def _ledger_row(tables: Tables, row: AdjustmentRow) -> tuple[Value, ...]:
    one = tables.results[row.ratee]
    is_bonus = row.kind == "bonus"
    raw = one.bonus_raw if is_bonus else one.deduction_raw
    counted = one.bonus_counted if is_bonus else one.deduction_counted
    source = tables.scheme.adjustments.source(row.source)
    return (
        one.name,
        KINDS[row.kind],
        row.matter,
        row.evidence or "—",
        str(source.name) if source else row.source or "—",
        row.points,
        row.multiplier,
        raw,
        counted,
        _day(row.on),
    )


def vetoes(tables: Tables) -> Sheet:
    """What stands against a unit's grade or score, and what follows from it."""
    columns = (
        Column("单位", "text"),
        Column("事项", "text"),
        Column("文号", "text"),
        Column("处理方式", "text"),
        Column("日期", "label"),
    )
    rows = sorted(
        tables.inputs.vetoes if tables.inputs else (), key=lambda row: (row.ratee, row.veto)
    )
    notes = ("一票否决不改变总分的计算过程；处理方式按方案。", tables.scheme_note())
    made = tuple(_veto_row(tables, row) for row in rows)
    return Sheet("一票否决台账", "一票否决台账", columns, (Section("", made),), notes)


def _veto_row(tables: Tables, row: VetoRow) -> tuple[Value, ...]:
    known = {word: veto for veto in tables.scheme.vetoes for word in (veto.key, str(veto.name))}
    veto = known.get(row.veto)
    return (
        tables.names[row.ratee],
        str(veto.name) if veto else row.veto,
        row.document,
        EFFECTS[veto.effect if veto else "no_excellent"],
        _day(row.on),
    )


def _day(on: object) -> Value:
    return Mark.NONE if on is None else str(on)
