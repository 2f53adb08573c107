"""How scores came about, as tables: 得分来历 step by step, 换算过程, and 名义权重与实际作用."""

from fractions import Fraction

from analysis.effective_weights import effective_weights
from analysis.results import RateeResult
from survey_app.assessments.explanation import explain
from survey_app.assessments.steps import Step, exact_text
from survey_app.reports.context import Tables, class_name
from survey_app.reports.sheets import Column, Mark, Section, Sheet, Value, rounded, score

MOST_ROWS = 60_000
"""More would make a workbook nobody can open; the page and its file show every ratee."""
Row = tuple[Value, ...]


def trace(tables: Tables) -> Sheet:
    """One row a step, from the total down; exact values re-add."""
    columns = (
        Column("编号", "text"),
        Column("评议对象", "text"),
        Column("步骤", "text"),
        Column("文字", "prose"),
        Column("精确值", "text"),
        Column("小数", "score"),
        Column("加到上一级（精确值）", "text"),
    )
    rows: list[Row] = []
    left = 0
    for ratees in tables.classes.values():
        for one in ratees:
            if len(rows) > MOST_ROWS:
                left += 1
            else:
                rows += _rows(tables, one)
    notes = (
        "编号以“/”分级。每一级的“加到上一级”相加，等于上一级换算或封顶之前的精确值；换算逐步列在文字里。"
        "小数按两位显示。",
        *((f"另有 {left} 个评议对象的来历没有列出，请在页面上查看或下载。",) if left else ()),
        tables.scheme_note(),
    )
    return Sheet("得分来历", "得分来历表", columns, (Section("", tuple(rows)),), notes)


def _rows(tables: Tables, one: RateeResult) -> list[Row]:
    steps = explain(tables.assessment, one, tables.inputs)
    made = [_step_row(one, step) for step in steps]
    if one.veto:
        names = "、".join(tables.veto_name(key) for key in one.veto)
        made.append(_said(one, "一票否决", names))
    if one.grade_name or one.refusals:
        reasons = "；".join(note.text() for note in (*one.to_decide, *one.refusals))
        made.append(_said(one, f"建议等次：{one.grade_name or '—'}", reasons or "符合条件"))
    return made


def _said(one: RateeResult, step: str, text: str) -> Row:
    return ("等次", one.name, step, text, Mark.NONE, Mark.NONE, Mark.NONE)


def _step_row(one: RateeResult, step: Step) -> Row:
    return (
        f"{one.key}/{step.path}" if step.path else one.key,
        one.name,
        step.label,
        _text(step),
        Mark.SUPPRESSED if step.is_suppressed else step.exact_text,
        score(step.exact),
        step.adds_text,
    )


def _text(step: Step) -> str:
    conversions = [
        f"{each.note.text()}：{each.before_text}"
        f"{f' × {each.factor_text}' if each.factor is not None else ''} → {each.after_text}"
        for each in step.conversions
    ]
    converted = {each.note.text() for each in step.conversions}
    notes = [text for note in step.notes if (text := note.text()) not in converted]
    parts = [step.formula, step.figures, *conversions, *notes]
    return "。".join(part for part in parts if part)


def conversions(tables: Tables) -> tuple[Sheet, ...]:
    """分档与系数: every transform of a component, before and after; none where nothing is."""
    columns = (
        Column("评议对象", "text"),
        Column("构成", "text"),
        Column("换算前", "score"),
        Column("系数", "text"),
        Column("换算后", "score"),
        Column("说明", "text"),
    )
    rows = {
        key: tuple(
            (
                one.name,
                node.name,
                score(step.before),
                Mark.NONE if step.factor is None else exact_text(step.factor),
                score(step.after),
                step.text(),
            )
            for one in ratees
            for node in one.nodes
            for step in node.steps
        )
        for key, ratees in tables.classes.items()
    }
    if not any(rows.values()):
        return ()
    notes = ("按方案对构成的得分逐步换算；精确值见“得分来历”。", tables.scheme_note())
    return (Sheet("换算过程", "分档与系数换算表", columns, tables.sections(rows), notes),)


def weights(tables: Tables) -> tuple[Sheet, ...]:
    """名义权重 beside what really tells totals apart; none where all totals are alike."""
    found = effective_weights(tables.scheme, tables.assessment.ratees)
    if not found:
        return ()
    columns = (
        Column("类别", "text"),
        Column("构成", "text"),
        Column("名义权重", "percent"),
        Column("实际作用", "percent"),
        Column("提醒", "text"),
    )
    rows: list[Row] = []
    for group in found:
        name = class_name(tables.scheme, group.ratee_class)
        for block in group.blocks:
            nominal = Mark.NONE if block.nominal is None else rounded(block.nominal, 4)
            remark = "名次几乎全由它决定" if block.is_decisive else Mark.NONE
            share = rounded(Fraction(block.effective), 4)
            rows.append((name, block.name, nominal, share, remark))
    notes = (
        "实际作用＝该构成折算分与总分的协方差÷总分的方差，各构成相加为 100%；"
        "负数表示它缩小了差距。",
        tables.scheme_note(),
    )
    name = "名义权重与实际作用"
    return (Sheet(name, f"{name}表", columns, (Section("", tuple(rows)),), notes),)
