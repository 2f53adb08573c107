"""等次评定表, and what the grades lead to: 结果运用表 with the columns of the scheme."""

from collections.abc import Mapping

from analysis.results import RateeResult
from survey_app.assessments.grading import GradeLine, count_places, grade_lines, with_grades
from survey_app.reports.context import Tables, count
from survey_app.reports.sheets import Column, Mark, Sheet, Value, score


def grades(tables: Tables) -> tuple[Sheet, ...]:
    """Proposal, decision and reason; nothing where the scheme has no grades."""
    if not tables.scheme.grades:
        return ()
    columns = (
        Column("序号", "ordinal"),
        Column("单位", "text"),
        Column("总分", "score"),
        Column("类内名次", "ordinal"),
        Column("建议等次", "label"),
        Column("审定等次", "label"),
        Column("调整理由", "text"),
        Column("允许的等次", "text"),
        Column("未评更高等次的原因", "text"),
    )
    lines = _lines(tables)
    rows = {
        key: tuple(_grade_row(tables, n, lines[one.key]) for n, one in enumerate(ratees, 1))
        for key, ratees in tables.classes.items()
    }
    state = "审定等次已经审定。" if tables.beside.is_approved else "审定等次一栏还没有审定。"
    notes = (
        f"{state}没有调整的按建议等次；调整的写明理由。",
        *_places_note(tables, lines),
        tables.scheme_note(),
    )
    return (Sheet("等次评定表", "等次评定表", columns, tables.sections(rows), notes),)


def _lines(tables: Tables) -> dict[str, GradeLine]:
    proposed = {line.one.key: line for line in grade_lines(tables.assessment, {})}
    return proposed | dict(tables.beside.lines)


def _grade_row(tables: Tables, number: int, line: GradeLine) -> tuple[Value, ...]:
    one = line.one
    is_decided = tables.beside.is_approved or line.is_saved
    return (
        number,
        one.name,
        score(one.total),
        count(one.rank_class),
        line.proposed_name or Mark.NONE,
        (line.grade_name if is_decided else "") or Mark.NONE,
        line.reason or Mark.NONE,
        "、".join(name for _, name in line.allowed) or Mark.NONE,
        "；".join(note.text() for note in (*one.to_decide, *one.refusals)) or Mark.NONE,
    )


def _places_note(tables: Tables, lines: Mapping[str, GradeLine]) -> tuple[str, ...]:
    if tables.inputs is None:
        return ()
    counted = count_places(tables.assessment, tables.inputs, list(lines.values()))
    places = [f"{one.grade}（{one.where}）{one.places} 个，已评 {one.taken} 个" for one in counted]
    return (f"名额：{'；'.join(places)}。",) if places else ()


def linkages(tables: Tables) -> tuple[Sheet, ...]:
    """结果运用: a column for each linkage the scheme names, such as 四个挂钩."""
    names = list(dict.fromkeys(str(one.column) for one in tables.scheme.consequences if one.column))
    if not names or tables.inputs is None:
        return ()
    results = with_grades(tables.assessment, tables.inputs, _lines(tables))
    found = {one.key: one for one in results}
    columns = (
        Column("序号", "ordinal"),
        Column("单位", "text"),
        Column("等次", "label"),
        *(Column(name, "text") for name in names),
        Column("其他建议", "text"),
    )
    rows = {
        key: tuple(_linkage_row(n, found[one.key], names) for n, one in enumerate(ratees, 1))
        for key, ratees in tables.classes.items()
    }
    notes = ("由方案按等次等条件提出，供决定时参考；是否执行由人决定。", tables.scheme_note())
    return (Sheet("结果运用", "结果运用表", columns, tables.sections(rows), notes),)


def _linkage_row(number: int, one: RateeResult, names: list[str]) -> tuple[Value, ...]:
    said: dict[str, list[str]] = {}
    for each in one.consequences:
        column = str(each.column)
        said.setdefault(column, []).append(str(each.value) or str(each.name))
    return (
        number,
        one.name,
        one.grade_name or Mark.NONE,
        *("；".join(said.get(name, ())) or Mark.NONE for name in names),
        "；".join(said.get("", ())) or Mark.NONE,
    )
