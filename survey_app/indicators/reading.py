"""Reading the file of an import: which sheets it holds, and everything wrong with each row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.binding import adjustment_problem
from analysis.inputs import (
    IndicatorRow,
    read_adjustments,
    read_figures,
    read_history,
    read_indicators,
    read_vetoes,
)
from analysis.tables import Table, cell_text
from forms.problems import N_, Problem
from survey_app.core.spreadsheet import sheet_name
from survey_app.core.template_books import NOTES
from survey_app.indicators import kept
from survey_app.indicators.basis import Basis
from survey_app.indicators.sheets import KIND_NAMES, SHEET_NAMES, Kind, Sheet


@dataclass(frozen=True, slots=True)
class Plan:
    """An import that may be carried out, or everything that stands against it."""

    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.problems


def plan_import(basis: Basis, file_name: str, tables: Sequence[Table], kind: Kind | None) -> Plan:
    """What the tables of a file would store; `kind` is what a single one holds."""
    found: dict[Kind, Table] = {}
    problems: list[Problem] = []
    ignored: list[str] = []
    for table in tables:
        its_kind = SHEET_NAMES.get(sheet_name(table).strip())
        if its_kind is None and len(tables) == 1:
            its_kind = kind
        if its_kind is None:
            if sheet_name(table) != NOTES:
                ignored.append(sheet_name(table))
        elif its_kind in found:
            values = {"kind": KIND_NAMES[its_kind]}
            problems.append(
                Problem(table.name, N_("有两张“{kind}”工作表"), N_("请只留一张"), values)
            )
        else:
            found[its_kind] = table
    if not found:
        problems.append(
            Problem(
                file_name,
                N_("没有找到可以导入的工作表"),
                N_("请用模板里的工作表名称，CSV 文件请选明内容"),
            )
        )
    sheets = []
    for its_kind, table in found.items():
        problems += check_table(its_kind, table, basis)
        sheets.append(_sheet(its_kind, table, basis.n_before.get(its_kind, 0)))
    return Plan(tuple(sheets), tuple(problems), tuple(ignored))


def check_table(kind: Kind, table: Table, basis: Basis) -> list[Problem]:
    """Everything wrong with a sheet of this kind, by row."""
    return CHECKS[kind](table, basis)


def _check_indicators(table: Table, basis: Basis) -> list[Problem]:
    rows, problems = read_indicators(table, basis.ratees)
    if problems:
        return problems
    places = lines(table)
    return [
        problem
        for place, row in zip(places, rows, strict=True)
        if (problem := _locked_problem(f"{table.name}:{place}", row, basis))
    ]


def lines(table: Table) -> list[int]:
    """The lines of the rows that are not blank, in order."""
    return [line for line, cells in table.rows if any(cell_text(cell) for cell in cells)]


def _locked_problem(where: str, row: IndicatorRow, basis: Basis) -> Problem | None:
    """A certified value is corrected by reopening it, not by importing another."""
    known = basis.certified.get(kept.place_of(row))
    if known is None or row.actual is None:
        return None
    given = (kept.text_of(row.actual), kept.text_of(row.growth))
    if given == (known.cells["actual"], known.cells["growth"]):
        return None
    return Problem(
        where,
        N_("已认定的完成值是 {before}，不能用导入改成 {after}"),
        N_("请先在“指标填报”重新开放这一行，或改回原值"),
        {"before": known.cells["actual"], "after": given[0]},
    )


def _check_adjustments(table: Table, basis: Basis) -> list[Problem]:
    rows, problems = read_adjustments(table, basis.ratees)
    if problems or basis.scheme is None:
        return problems
    return [
        problem
        for line, row in zip(lines(table), rows, strict=True)
        if (problem := adjustment_problem(basis.scheme, f"{table.name}:{line}", row))
    ]


def _check_vetoes(table: Table, basis: Basis) -> list[Problem]:
    rows, problems = read_vetoes(table, basis.ratees)
    if basis.scheme is None:
        return problems
    known = {name for veto in basis.scheme.vetoes for name in (veto.key, str(veto.name))}
    strangers = sorted({row.veto for row in rows if row.veto} - known)
    allowed = "、".join(str(veto.name) for veto in basis.scheme.vetoes) or "—"
    return problems + [
        Problem(
            table.name,
            N_("方案里没有否决事项“{name}”"),
            N_("请改为方案中的事项：{allowed}"),
            {"name": name, "allowed": allowed},
        )
        for name in strangers
    ]


def _check_history(table: Table, basis: Basis) -> list[Problem]:
    return read_history(table, basis.ratees)[1]


def _check_figures(table: Table, basis: Basis) -> list[Problem]:
    return read_figures(table, basis.ratees)[1]


CHECKS: Mapping[Kind, Callable[[Table, Basis], list[Problem]]] = {
    "indicators": _check_indicators,
    "adjustments": _check_adjustments,
    "vetoes": _check_vetoes,
    "history": _check_history,
    "figures": _check_figures,
}


def _sheet(kind: Kind, table: Table, n_before: int) -> Sheet:
    width = len(table.headers)
    rows: list[list[str]] = []
    for _line, cells in table.rows:
        texts: list[Any] = [cell_text(cell) for cell in cells[:width]]
        if any(texts):
            rows.append(texts + [""] * (width - len(texts)))
    return Sheet(kind, [cell_text(header) for header in table.headers], rows, n_before)
