"""What goes into an assessment beside ballots: ratees, indicators, ledgers, history, decisions.

Every reader takes a table and gives its rows and every problem in them. Ratees are named in the
other tables by key or by name. Rows carry no line and have no order.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal, TypeVar, cast

from analysis.indicator_inputs import (
    IndicatorKind,
    IndicatorMethod,
    IndicatorRow,
    read_indicators,
)
from analysis.input_columns import (
    ADJUSTMENT_COLUMNS,
    ADJUSTMENT_KINDS,
    FIGURE_COLUMNS,
    HISTORY_COLUMNS,
    RATEE_COLUMNS,
    RATEE_KINDS,
    VETO_COLUMNS,
)
from analysis.periods import parse
from analysis.ratee_rows import RateeKind, RateeRow, Ratees, read_unique_rows
from analysis.screened_rows import ScreenedRow, read_screened
from analysis.tables import Cell, Row, Table, table_from_csv
from forms.definition import nearest
from forms.problems import N_, InputError, Problem, canonical_json

__all__ = [
    "Cell",
    "IndicatorKind",
    "IndicatorMethod",
    "IndicatorRow",
    "Inputs",
    "RateeKind",
    "RateeRow",
    "Table",
    "read_indicators",
    "read_inputs",
    "table_from_csv",
]

AdjustmentKind = Literal["bonus", "deduction"]

MAX_KEY = 100
ALIKE = 0.7
MEDIA = "媒体"


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
    multiplier: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class VetoRow:
    """A veto (一票否决) established against a ratee; `veto` is its key or name in the scheme."""

    ratee: str
    veto: str
    document: str
    on: datetime.date | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A result of an earlier period: its grade (as the office calls it), its score, or both.

    `series` is the key of the scheme the result was made under, or a word the office uses; ""
    means the scheme of the round itself.
    """

    ratee: str
    period: str
    grade: str
    series: str = ""
    score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of a ratee that a coefficient follows: a word of its table, or a number."""

    ratee: str
    figure: str
    value: str


AnyRow = RateeRow | IndicatorRow | AdjustmentRow | VetoRow | HistoryRow | FigureRow | ScreenedRow


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything beside the ballots, read and consistent.

    `period` is what is evaluated ("2026", "2026-H1", "2026-Q3", "2026-03"), "" where nobody said.
    `screened` are people's decisions on findings of the screens.
    """

    ratees: tuple[RateeRow, ...]
    indicators: tuple[IndicatorRow, ...] = ()
    adjustments: tuple[AdjustmentRow, ...] = ()
    vetoes: tuple[VetoRow, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    figures: tuple[FigureRow, ...] = ()
    period: str = ""
    screened: tuple[ScreenedRow, ...] = ()

    def as_json(self) -> dict[str, object]:
        """A form without order of rows, for digests; numbers as text.

        Without decisions on findings nothing is said of them: taking every one back leads to the
        digest from before.
        """
        decided = {"screened": _sorted_json(self.screened)} if self.screened else {}
        return {
            "ratees": _sorted_json(self.ratees),
            "indicators": _sorted_json(self.indicators),
            "adjustments": _sorted_json(self.adjustments),
            "vetoes": _sorted_json(self.vetoes),
            "history": _sorted_json(self.history),
            "figures": _sorted_json(self.figures),
            "period": self.period,
            **decided,
        }


def _sorted_json(rows: Sequence[AnyRow]) -> list[dict[str, object]]:
    return sorted((_row_json(row) for row in rows), key=canonical_json)


def _row_json(row: AnyRow) -> dict[str, object]:
    return {
        key: value.isoformat() if isinstance(value, datetime.date) else value
        for key, value in asdict(row).items()
    }


AnyInput = TypeVar("AnyInput", bound=AnyRow)


def read_ratees(table: Table, *, is_register: bool = True) -> tuple[list[RateeRow], list[Problem]]:
    """Ratees. In a register parents must be ratees themselves; a round may have persons whose unit
    is none of its ratees, and then only a parent like one of them is taken for misspelt.
    """
    parents: list[tuple[Row, str]] = []
    rows, problems = read_unique_rows(
        table, RATEE_COLUMNS, lambda row: _ratee(row, parents), lambda made: made.key
    )
    known = {row.key for row in rows} | {row.name for row in rows}
    for row, parent in parents:
        if parent and parent not in known and (is_register or nearest(parent, known, ALIKE)):
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


def read_adjustments(
    table: Table, ratees: Iterable[RateeRow]
) -> tuple[list[AdjustmentRow], list[Problem]]:
    """The ledger of bonuses and deductions; the same matter may occur twice."""
    known = Ratees(ratees)
    return read_unique_rows(table, ADJUSTMENT_COLUMNS, lambda row: _adjustment(row, known), None)


def _adjustment(row: Row, known: Ratees) -> AdjustmentRow:
    made = AdjustmentRow(
        ratee=known.find(row),
        kind=cast(AdjustmentKind, row.choice("kind", ADJUSTMENT_KINDS)),
        points=row.positive("points"),
        matter=row.needed("matter"),
        source=row.text("source"),
        evidence=row.text("evidence"),
        on=row.date("on"),
        multiplier=row.positive("multiplier") if row.text("multiplier") else Decimal(1),
    )
    if not made.evidence and made.kind == "bonus":
        row.report(N_("加分没有依据"), N_("请在「依据」填写文件、证书或链接"))
    elif not made.evidence and MEDIA in made.source:
        row.report(N_("媒体来源的减分没有依据"), N_("请在「依据」填写报道的链接或附件"))
    return made


def read_vetoes(table: Table, ratees: Iterable[RateeRow]) -> tuple[list[VetoRow], list[Problem]]:
    """The register of vetoes."""
    known = Ratees(ratees)
    return read_unique_rows(
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
    """Results of earlier periods, one a ratee, series and period; grades or scores."""
    known = Ratees(ratees)
    return read_unique_rows(
        table,
        HISTORY_COLUMNS,
        lambda row: _earlier_result(row, known),
        lambda made: " ".join(filter(None, (made.ratee, made.series, made.period))),
    )


def _earlier_result(row: Row, known: Ratees) -> HistoryRow:
    score = row.number("score")
    return HistoryRow(
        ratee=known.find(row),
        period=row.needed("period"),
        grade=row.text("grade") if row.text("score") else row.needed("grade"),
        series=row.text("series"),
        score=score,
    )


def read_figures(table: Table, ratees: Iterable[RateeRow]) -> tuple[list[FigureRow], list[Problem]]:
    """Figures that coefficients follow, one a ratee and figure."""
    known = Ratees(ratees)
    return read_unique_rows(
        table,
        FIGURE_COLUMNS,
        lambda row: FigureRow(known.find(row), row.needed("figure"), row.needed("value")),
        lambda made: f"{made.ratee} {made.figure}",
    )


def read_inputs(
    ratees: Table,
    *,
    indicators: Table | None = None,
    adjustments: Table | None = None,
    vetoes: Table | None = None,
    history: Table | None = None,
    figures: Table | None = None,
    screened: Table | None = None,
    period: str = "",
) -> Inputs:
    """All tables together; InputError with the problems of every one of them."""
    people, problems = read_ratees(ratees, is_register=False)
    if not people and not problems:
        problems.append(Problem(ratees.name, N_("名册是空的"), N_("请至少写一个评议对象")))
    period = period.strip()
    if period and parse(period) is None:
        remedy = N_("请写成 2026、2026-H1、2026-Q3 或 2026-03")
        problems.append(Problem(period, N_("不是年、半年、季度或月"), remedy))

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
        rows(figures, read_figures),
        period,
        rows(screened, read_screened),
    )
    if problems:
        raise InputError(problems)
    return inputs
