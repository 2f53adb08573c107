"""What goes into an assessment beside ballots: ratees, indicators, adjustments, vetoes, history.

Every reader takes a table and gives its rows and every problem in them. Ratees are named in the
other tables by key or by name. Rows carry no line and have no order.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal, TypeVar, cast

from analysis.input_columns import (
    ADJUSTMENT_COLUMNS,
    ADJUSTMENT_KINDS,
    HISTORY_COLUMNS,
    INDICATOR_COLUMNS,
    INDICATOR_KINDS,
    METHODS,
    RATEE_COLUMNS,
    RATEE_KINDS,
    VETO_COLUMNS,
    YES_NO,
)
from analysis.tables import Cell, Column, Row, Table, read_rows, table_from_csv
from forms.definition import nearest
from forms.problems import N_, InputError, Problem, canonical_json, plain

__all__ = ["Cell", "Inputs", "Table", "read_inputs", "table_from_csv"]

RateeKind = Literal["unit", "person"]
IndicatorKind = Literal["quantitative", "qualitative"]
IndicatorMethod = Literal["completion", "completion_inverse", "marks"]
AdjustmentKind = Literal["bonus", "deduction"]

MAX_KEY = 100
MEDIA = "媒体"


@dataclass(frozen=True, slots=True)
class RateeRow:
    """A unit or person to be rated. `group` "" means the class as a whole is compared."""

    key: str
    name: str
    ratee_class: str
    group: str
    kind: RateeKind = "unit"
    parent: str = ""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator of one ratee. `points` is its full mark; `actual` None is not yet reported.

    For "marks" `actual` is the points awarded. `owner` is the 数据采集单位; `base` is the figure
    of the period before, carried for the table.
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


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """Points added or taken, with what they rest on; `points` is above 0 in both cases."""

    ratee: str
    kind: AdjustmentKind
    points: Decimal
    matter: str
    source: str
    evidence: str
    on: datetime.date | None


@dataclass(frozen=True, slots=True)
class VetoRow:
    """A veto (一票否决) established against a ratee; `veto` is its key or name in the scheme."""

    ratee: str
    veto: str
    document: str
    on: datetime.date | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A grade of an earlier period."""

    ratee: str
    period: str
    grade: str


AnyRow = RateeRow | IndicatorRow | AdjustmentRow | VetoRow | HistoryRow


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything beside the ballots, read and consistent."""

    ratees: tuple[RateeRow, ...]
    indicators: tuple[IndicatorRow, ...] = ()
    adjustments: tuple[AdjustmentRow, ...] = ()
    vetoes: tuple[VetoRow, ...] = ()
    history: tuple[HistoryRow, ...] = ()

    def as_json(self) -> dict[str, object]:
        """A form without order of rows, for digests; numbers as text."""
        return {
            "ratees": _sorted_json(self.ratees),
            "indicators": _sorted_json(self.indicators),
            "adjustments": _sorted_json(self.adjustments),
            "vetoes": _sorted_json(self.vetoes),
            "history": _sorted_json(self.history),
        }


def _sorted_json(rows: Sequence[AnyRow]) -> list[dict[str, object]]:
    return sorted((_row_json(row) for row in rows), key=canonical_json)


def _row_json(row: AnyRow) -> dict[str, object]:
    return {
        key: value.isoformat() if isinstance(value, datetime.date) else value
        for key, value in asdict(row).items()
    }


class Ratees:
    """Finds a ratee by its key, or by its name where only one has it."""

    def __init__(self, rows: Iterable[RateeRow]) -> None:
        self.by_key = {row.key: row for row in rows}
        self.by_name: dict[str, list[str]] = {}
        for row in self.by_key.values():
            self.by_name.setdefault(row.name, []).append(row.key)

    def find(self, row: Row, column: str = "ratee") -> str:
        """The key of the ratee a row names; a problem where it is nobody or not one alone."""
        text = row.needed(column)
        if not text or text in self.by_key:
            return text
        keys = self.by_name.get(text, [])
        if len(keys) == 1:
            return keys[0]
        if keys:
            row.report(N_("有 {n} 个评议对象叫 {name}"), N_("请改写编号"), n=len(keys), name=text)
            return text
        guess = nearest(text, [*self.by_name, *self.by_key])
        row.report(
            N_("评议对象 {name} 不在名册里"),
            N_("请改为名册里的名称或编号，或先补入名册（最接近：{guess}）"),
            name=text,
            guess=guess or "—",
        )
        return text


AnyInput = TypeVar("AnyInput", bound=AnyRow)


def _read(
    table: Table,
    columns: Sequence[Column],
    make: Callable[[Row], AnyInput],
    key: Callable[[AnyInput], str] | None,
) -> tuple[list[AnyInput], list[Problem]]:
    """Rows and problems; the same key twice names both lines."""
    problems: list[Problem] = []
    rows: list[AnyInput] = []
    first: dict[str, str] = {}
    for row in read_rows(table, columns, problems):
        made = make(row)
        rows.append(made)
        same = key(made) if key else row.where
        if same in first:
            row.report(
                N_("{key} 与 {first} 重复"), N_("请删去其中一行"), key=same, first=first[same]
            )
        first.setdefault(same, row.where)
    return rows, problems


def read_ratees(table: Table) -> tuple[list[RateeRow], list[Problem]]:
    """The register of ratees; parents must be ratees themselves."""
    parents: list[tuple[Row, str]] = []
    rows, problems = _read(
        table, RATEE_COLUMNS, lambda row: _ratee(row, parents), lambda made: made.key
    )
    known = {row.key for row in rows} | {row.name for row in rows}
    for row, parent in parents:
        if parent and parent not in known:
            row.report(
                N_("所属单位 {parent} 不在名册里"), N_("请补入该单位，或改正名称"), parent=parent
            )
    return rows, problems


def _ratee(row: Row, parents: list[tuple[Row, str]]) -> RateeRow:
    parents.append((row, row.text("parent")))
    key = row.needed("ratee")
    if len(key) > MAX_KEY:
        row.report(N_("「{name}」超过 100 个字"), N_("请缩短"), name=N_("评议对象"))
    return RateeRow(
        key=key,
        name=row.text("name") or key,
        ratee_class=row.needed("class"),
        group=row.text("group"),
        kind=cast(RateeKind, row.choice("kind", RATEE_KINDS, "unit")),
        parent=row.text("parent"),
        pool=row.text("pool"),
    )


def read_indicators(
    table: Table, ratees: Iterable[RateeRow]
) -> tuple[list[IndicatorRow], list[Problem]]:
    """The indicators of the ratees, one row an indicator and ratee."""
    known = Ratees(ratees)
    return _read(
        table,
        INDICATOR_COLUMNS,
        lambda row: _indicator(row, known),
        lambda made: f"{made.indicator} {made.ratee}",
    )


def _indicator(row: Row, known: Ratees) -> IndicatorRow:
    kind = cast(IndicatorKind, row.choice("kind", INDICATOR_KINDS, "quantitative"))
    usual = "completion" if kind == "quantitative" else "marks"
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
        method=cast(IndicatorMethod, row.choice("method", METHODS, usual)),
        base=row.number("base"),
        assessor=row.text("assessor"),
        owner=row.text("owner"),
        level=row.text("level"),
        attribute=row.text("attribute"),
        is_certified=row.choice("certified", YES_NO, "") == "yes",
    )
    _check_indicator(row, made)
    return made


def _check_indicator(row: Row, made: IndicatorRow) -> None:
    if made.method == "marks":
        if made.actual is not None and not 0 <= made.actual <= made.points:
            row.report(
                N_("评分 {value} 不在 0 到分值 {points} 之间"),
                N_("请改正完成值或分值"),
                value=plain(made.actual),
                points=plain(made.points),
            )
        return
    if made.target is None:
        if not row.text("target"):
            row.report(N_("缺少「{name}」"), N_("按完成率计分必须有目标值"), name=N_("目标值"))
    elif made.target <= 0:
        row.report(N_("目标值应大于 0"), N_("目标不大于 0 时完成率无意义，请改用评分"))
    if made.method == "completion_inverse" and made.actual is not None and made.actual < 0:
        row.report(N_("完成值不能小于 0"), N_("反向完成率请填不小于 0 的数"))


def read_adjustments(
    table: Table, ratees: Iterable[RateeRow]
) -> tuple[list[AdjustmentRow], list[Problem]]:
    """The ledger of bonuses and deductions; the same matter may occur twice."""
    known = Ratees(ratees)
    return _read(table, ADJUSTMENT_COLUMNS, lambda row: _adjustment(row, known), None)


def _adjustment(row: Row, known: Ratees) -> AdjustmentRow:
    made = AdjustmentRow(
        ratee=known.find(row),
        kind=cast(AdjustmentKind, row.choice("kind", ADJUSTMENT_KINDS)),
        points=row.positive("points"),
        matter=row.needed("matter"),
        source=row.text("source"),
        evidence=row.text("evidence"),
        on=row.date("on"),
    )
    if not made.evidence and made.kind == "bonus":
        row.report(N_("加分没有依据"), N_("请在「依据」填写文件、证书或链接"))
    elif not made.evidence and MEDIA in made.source:
        row.report(N_("媒体来源的减分没有依据"), N_("请在「依据」填写报道的链接或附件"))
    return made


def read_vetoes(table: Table, ratees: Iterable[RateeRow]) -> tuple[list[VetoRow], list[Problem]]:
    """The register of vetoes."""
    known = Ratees(ratees)
    return _read(
        table,
        VETO_COLUMNS,
        lambda row: VetoRow(
            known.find(row), row.needed("veto"), row.needed("document"), row.date("on")
        ),
        lambda made: f"{made.ratee} {made.veto} {made.document}",
    )


def read_history(
    table: Table, ratees: Iterable[RateeRow]
) -> tuple[list[HistoryRow], list[Problem]]:
    """Grades of earlier periods, one a ratee and period."""
    known = Ratees(ratees)
    return _read(
        table,
        HISTORY_COLUMNS,
        lambda row: HistoryRow(known.find(row), row.needed("period"), row.needed("grade")),
        lambda made: f"{made.ratee} {made.period}",
    )


def read_inputs(
    ratees: Table,
    *,
    indicators: Table | None = None,
    adjustments: Table | None = None,
    vetoes: Table | None = None,
    history: Table | None = None,
) -> Inputs:
    """All tables together; InputError with the problems of every one of them."""
    people, problems = read_ratees(ratees)
    if not people and not problems:
        problems.append(Problem(ratees.name, N_("名册是空的"), N_("请至少写一个评议对象")))

    def rows(
        table: Table | None,
        read: Callable[[Table, Iterable[RateeRow]], tuple[list[AnyInput], list[Problem]]],
    ) -> tuple[AnyInput, ...]:
        if table is None:
            return ()
        found, wrong = read(table, people)
        problems.extend(wrong)
        return tuple(found)

    inputs = Inputs(
        tuple(people),
        rows(indicators, read_indicators),
        rows(adjustments, read_adjustments),
        rows(vetoes, read_vetoes),
        rows(history, read_history),
    )
    if problems:
        raise InputError(problems)
    return inputs
