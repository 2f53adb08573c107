"""月度考核排名表: volume and growth of every stretch indicator, coefficients, rank, who is last."""

from analysis.indicators import IndicatorResult
from analysis.results import RateeResult, Step
from survey_app.reports.context import Rows, Tables, count
from survey_app.reports.sheets import Column, Mark, Sheet, Value, rounded, score

PERCENT = 100
LAST = "末位"


def monthly(tables: Tables) -> tuple[Sheet, ...]:
    """Where the scheme turns months around: indicators of growth, or coefficients."""
    growing = _growing(tables)
    figures = _figures(tables)
    if not growing and not figures:
        return ()
    columns = [Column("序号", "ordinal"), Column("单位", "text")]
    for name in growing.values():
        columns += [
            Column("总量完成率", "percent", name),
            Column("增速完成率", "percent", name),
            Column("得分", "score", name),
        ]
    columns.append(Column("加减分", "points"))
    columns += [Column(f"系数（{figure}）", "label") for figure in figures]
    columns += [Column("得分", "score"), Column("名次", "ordinal"), Column("末位提醒", "label")]
    found = {(one.row.ratee, one.row.indicator): one for one in tables.assessment.indicators}
    rows: dict[str, Rows] = {
        key: tuple(
            _row(n, one, growing, figures, found, is_last=one.rank_class == len(ratees) > 1)
            for n, one in enumerate(ratees, 1)
        )
        for key, ratees in tables.classes.items()
    }
    notes = (
        "总量完成率和增速完成率按方案的比重相加；系数按依据数据取值，乘在对应的构成上。",
        tables.scheme_note(),
    )
    name = "月度考核排名表" if tables.scheme.rhythm in ("", "month") else "考核排名表"
    return (Sheet(name, name, tuple(columns), tables.sections(rows), notes),)


def _growing(tables: Tables) -> dict[str, str]:
    """The indicators scored by volume and growth, in order."""
    return {
        one.row.indicator: one.row.name
        for one in tables.assessment.indicators
        if one.row.method == "growth"
    }


def _figures(tables: Tables) -> list[str]:
    """The figures that coefficients follow."""
    rules = [step.coefficient for node in tables.scheme.nodes() for step in node.transforms]
    return list(dict.fromkeys(rule.figure for rule in rules if rule is not None))


def _row(
    number: int,
    one: RateeResult,
    growing: dict[str, str],
    figures: list[str],
    found: dict[tuple[str, str], IndicatorResult],
    *,
    is_last: bool,
) -> tuple[Value, ...]:
    values: list[Value] = [number, one.name]
    for indicator in growing:
        values += _rates(found.get((one.key, indicator)))
    values.append(one.bonus_counted - one.deduction_counted)
    steps = [step for node in one.nodes for step in node.steps if step.kind == "coefficient"]
    values += [_factor(steps, figure) for figure in figures]
    return (*values, score(one.total), count(one.rank_class), LAST if is_last else Mark.NONE)


def _rates(one: IndicatorResult | None) -> list[Value]:
    if one is None:
        return [Mark.NONE] * 3
    rates: list[Value] = [
        Mark.NONE if rate is None else rounded(rate / PERCENT, 4)
        for rate in (one.volume_rate, one.growth_rate)
    ]
    return [*rates, score(one.score)]


def _factor(steps: list[Step], figure: str) -> Value:
    """The factor, with the figure it follows; a ratee without the figure has the default."""
    for step in steps:
        if step.values.get("figure") == figure:
            value = str(step.values.get("value") or "默认")
            return f"{step.values.get('factor')}（{value}）"
    return Mark.NONE
