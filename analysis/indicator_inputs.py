"""Indicators as handed in: one row an indicator and ratee, and for marks one an assessor."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

from analysis.indicator_rules import parse_bands, parse_per_event, parse_range, parse_step
from analysis.input_columns import (
    DIRECTIONS,
    INDICATOR_COLUMNS,
    INDICATOR_KINDS,
    METHODS,
    YES_NO,
)
from analysis.ratee_rows import RateeRow, Ratees, read_unique_rows
from analysis.tables import Row, Table
from forms.problems import N_, Problem, plain

IndicatorKind = Literal["quantitative", "qualitative"]
IndicatorMethod = Literal[
    "completion",
    "completion_inverse",
    "growth",
    "ratio_to_best",
    "rank",
    "bands",
    "within",
    "deduction",
    "marks",
]
Direction = Literal["higher", "lower", "within"]

COMPLETIONS: frozenset[IndicatorMethod] = frozenset({"completion", "completion_inverse", "growth"})
"""Methods that compare with a target, whose caps and floors the leaf may set."""
SCORE_DECIMALS = 6
TURNS: Mapping[IndicatorMethod, Direction] = {
    "completion": "higher",
    "growth": "higher",
    "marks": "higher",
    "completion_inverse": "lower",
    "deduction": "lower",
    "within": "within",
}
"""The direction a method has by itself; the others take either."""


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator of one ratee. `points` is its full mark; `actual` None is not yet reported.

    For "marks" `actual` is the points awarded by `assessor`, and several assessors have a row
    each. `growth` and `growth_target` are in percent. `rule` says how "bands", "within", "rank"
    and "deduction" score. `cap` and `floor`, in percent of the points, replace those of the leaf.
    `owner` is the 数据采集单位, `base` the figure of the period before, `unit` that of the
    figures; `breakdown_of` is the ratee whose row of this indicator this one is a part of.
    `direction` "" is the one the method has by itself: ask `better`.
    """

    indicator: str
    name: str
    ratee: str
    component: str
    kind: IndicatorKind
    points: Decimal
    target: Decimal | None
    actual: Decimal | None
    method: IndicatorMethod
    base: Decimal | None = None
    assessor: str = ""
    owner: str = ""
    level: str = ""
    attribute: str = ""
    is_certified: bool = False
    direction: Direction | Literal[""] = ""
    rule: str = ""
    growth_target: Decimal | None = None
    growth: Decimal | None = None
    cap: Decimal | None = None
    floor: Decimal | None = None
    standard: str = ""
    unit: str = ""
    breakdown_of: str = ""

    @property
    def better(self) -> Direction:
        """Whether higher or lower figures are better, or those within a range."""
        return self.direction or TURNS.get(self.method, "higher")

    @property
    def is_reported(self) -> bool:
        """Whether everything the method needs has been reported."""
        return self.actual is not None and (self.method != "growth" or self.growth is not None)


def read_indicators(
    table: Table, ratees: Iterable[RateeRow]
) -> tuple[list[IndicatorRow], list[Problem]]:
    """The indicators of the ratees; rows that belong together must fit each other."""
    known = Ratees(ratees)
    read: list[tuple[Row, IndicatorRow]] = []

    def make(row: Row) -> IndicatorRow:
        made = _indicator(row, known)
        read.append((row, made))
        return made

    rows, problems = read_unique_rows(table, INDICATOR_COLUMNS, make, _place)
    _check_together(read)
    return rows, problems


def _place(made: IndicatorRow) -> str:
    by = f" {made.assessor}" if made.method == "marks" and made.assessor else ""
    return f"{made.indicator} {made.ratee}{by}"


def _indicator(row: Row, known: Ratees) -> IndicatorRow:
    kind = cast(IndicatorKind, row.choice("kind", INDICATOR_KINDS, "quantitative"))
    said = row.choice("direction", DIRECTIONS, "")
    method = cast(IndicatorMethod, row.choice("method", METHODS, _usual_method(kind, said)))
    if row.has_column("owner"):
        row.needed("owner")
    made = IndicatorRow(
        indicator=row.needed("indicator"),
        name=row.needed("name"),
        ratee=known.find(row),
        component=row.text("component"),
        kind=kind,
        points=row.positive("points"),
        target=row.number("target"),
        actual=row.number("actual"),
        method=method,
        base=row.number("base"),
        assessor=row.text("assessor"),
        owner=row.text("owner"),
        level=row.text("level"),
        attribute=row.text("attribute"),
        is_certified=row.choice("certified", YES_NO, "") == "yes",
        direction=cast(Direction, said),
        rule=row.text("rule"),
        growth_target=row.number("growth_target"),
        growth=row.number("growth"),
        cap=row.number("cap"),
        floor=row.number("floor"),
        standard=row.text("standard"),
        unit=row.text("unit"),
        breakdown_of=known.find(row, "breakdown_of") if row.text("breakdown_of") else "",
    )
    _check_points(row, made)
    if TURNS.get(method, made.better) != made.better:
        row.report(N_("方向与计分方法不符"), N_("请改正其中之一，或把方向留空"))
    CHECKS[method](row, made)
    return made


def _usual_method(kind: IndicatorKind, direction: str) -> IndicatorMethod:
    if kind == "qualitative":
        return "marks"
    usual: dict[str, IndicatorMethod] = {"lower": "completion_inverse", "within": "within"}
    return usual.get(direction, "completion")


def _check_points(row: Row, made: IndicatorRow) -> None:
    if made.points != round(made.points, SCORE_DECIMALS):
        row.report(N_("分值的小数超过 6 位"), N_("请缩短"))
    floor = Decimal(0) if made.floor is None else made.floor
    if floor < 0 or (made.cap is not None and made.cap < floor):
        row.report(N_("上限和下限不成区间"), N_("应为 0 ≤ 下限 ≤ 上限，单位是百分数"))


def _check_marks(row: Row, made: IndicatorRow) -> None:
    if made.actual is not None and not 0 <= made.actual <= made.points:
        row.report(
            N_("评分 {value} 不在 0 到分值 {points} 之间"),
            N_("请改正完成值或分值"),
            value=plain(made.actual),
            points=plain(made.points),
        )


def _check_completion(row: Row, made: IndicatorRow) -> None:
    if made.target is None:
        if not row.text("target"):
            row.report(N_("缺少「{name}」"), N_("按完成率计分必须有目标值"), name=N_("目标值"))
    elif made.target <= 0:
        row.report(N_("目标值应大于 0"), N_("目标不大于 0 时完成率无意义，请改用评分"))
    if made.method == "completion_inverse":
        _check_not_negative(row, made)


def _check_growth(row: Row, made: IndicatorRow) -> None:
    _check_completion(row, made)
    if made.growth_target is None and not row.text("growth_target"):
        row.report(N_("缺少「{name}」"), N_("按总量加增速计分必须有增速目标"), name=N_("增速目标"))


def _check_not_negative(row: Row, made: IndicatorRow) -> None:
    if made.actual is not None and made.actual < 0:
        row.report(N_("完成值不能小于 0"), N_("请填不小于 0 的数"))


def _check_best(row: Row, made: IndicatorRow) -> None:
    if made.better == "within":
        row.report(N_("方向与计分方法不符"), N_("请改正其中之一，或把方向留空"))
    elif made.method == "ratio_to_best" and made.better == "lower":
        _check_not_negative(row, made)


def _check_rank(row: Row, made: IndicatorRow) -> None:
    _check_best(row, made)
    if parse_step(made.rule) is None:
        _report_rule(row, made, "0.02")


def _check_bands(row: Row, made: IndicatorRow) -> None:
    bands = parse_bands(made.rule)
    if bands is None:
        _report_rule(row, made, "90:20 80:16 0:0")
        return
    points = [points for _, points in bands]
    if max(points) > made.points:
        row.report(N_("档位的得分高于分值"), N_("请改正计分规则或分值"))
    falls = points == sorted(points, reverse=made.better == "higher")
    if made.better != "within" and not falls:
        row.report(N_("档位的得分与方向不符"), N_("越高越好时得分应随完成值升高，越低越好时相反"))


def _check_within(row: Row, made: IndicatorRow) -> None:
    if parse_range(made.rule) is None:
        _report_rule(row, made, "95~105")


def _check_deduction(row: Row, made: IndicatorRow) -> None:
    if parse_per_event(made.rule) is None:
        _report_rule(row, made, "0.5")
    _check_not_negative(row, made)


def _report_rule(row: Row, made: IndicatorRow, example: str) -> None:
    if made.rule:
        row.report(
            N_("计分规则 {rule} 看不懂"),
            N_("这种计分方法的规则写成 {example}"),
            rule=made.rule,
            example=example,
        )
    else:
        row.report(
            N_("缺少「{name}」"),
            N_("这种计分方法的规则写成 {example}"),
            name=N_("计分规则"),
            example=example,
        )


CHECKS: Mapping[IndicatorMethod, Callable[[Row, IndicatorRow], None]] = {
    "completion": _check_completion,
    "completion_inverse": _check_completion,
    "growth": _check_growth,
    "ratio_to_best": _check_best,
    "rank": _check_rank,
    "bands": _check_bands,
    "within": _check_within,
    "deduction": _check_deduction,
    "marks": _check_marks,
}


def _check_together(read: Iterable[tuple[Row, IndicatorRow]]) -> None:
    """Assessors of one indicator mark out of the same points; a part has its whole."""
    first: dict[tuple[str, str], IndicatorRow] = {}
    pairs = list(read)
    for row, made in pairs:
        other = first.setdefault((made.indicator, made.ratee), made)
        common = (made.points, made.method, made.component)
        if common != (other.points, other.method, other.component):
            row.report(
                N_("与同一指标的另一行分值、构成或计分方法不同"), N_("几家评分的，各行应一致")
            )
    for row, made in pairs:
        place = (made.indicator, made.breakdown_of)
        if made.breakdown_of and (place not in first or made.breakdown_of == made.ratee):
            row.report(
                N_("分解自的单位没有编号为 {code} 的指标"),
                N_("请先列出上级的同一指标，或把「分解自」留空"),
                code=made.indicator,
            )


def figure_problems(where: str, made: IndicatorRow) -> list[Problem]:
    """What is wrong with the figures reported for a row whose definition is in order."""
    problems: list[Problem] = []
    CHECKS[made.method](Row(where, {}, {}, problems), made)
    return problems
