"""Sheets beside the ballots: indicators, adjustments, vetoes, earlier grades, as imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.inputs import (
    RateeRow,
    read_adjustments,
    read_history,
    read_indicators,
    read_vetoes,
)
from analysis.scheme import Scheme
from analysis.tables import Table, cell_text
from forms.problems import N_, InputError, Problem, digest
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.spreadsheet import read_upload, sheet_name
from survey_app.core.template_books import NOTES
from survey_app.core.uploads import Upload
from survey_app.indicators.tables import InputSheet
from survey_app.record import service as record
from survey_app.register.service import load_register
from survey_app.rounds import life
from survey_app.rounds.frozen import load_round, read_config
from survey_app.rounds.tables import Round

Kind = Literal["indicators", "adjustments", "vetoes", "history"]
KIND_NAMES: dict[Kind, str] = {
    "indicators": N_("指标完成情况"),
    "adjustments": N_("加减分"),
    "vetoes": N_("一票否决"),
    "history": N_("历年等次"),
}
SHEET_NAMES: dict[str, Kind] = {
    **{key: key for key in KIND_NAMES},
    **{name: key for key, name in KIND_NAMES.items()},
    "指标": "indicators",
    "指标完成情况表": "indicators",
    "加减分台账": "adjustments",
    "一票否决台账": "vetoes",
    "历史等次": "history",
    "往年等次": "history",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet read and found good: what is stored, and how many rows it replaces."""

    kind: Kind
    headers: list[str]
    rows: list[list[str]]
    n_before: int

    @property
    def name(self) -> str:
        return KIND_NAMES[self.kind]


@dataclass(frozen=True, slots=True)
class Plan:
    """An import that may be carried out, or everything that stands against it."""

    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Basis:
    """What sheets are checked against: the ratees and the scheme of the round."""

    ratees: tuple[RateeRow, ...]
    scheme: Scheme | None
    n_before: Mapping[str, int]


def stored_sheets(database: Database, round_id: int) -> dict[str, InputSheet]:
    """The sheets of a round by kind."""
    with database.read() as session:
        load_round(session, round_id)
        return {one.kind: one for one in _sheets(session, round_id)}


def _sheets(session: Session, round_id: int) -> Sequence[InputSheet]:
    return session.scalars(select(InputSheet).where(InputSheet.round_id == round_id)).all()


def preview_import(database: Database, round_id: int, upload: Upload, kind: Kind | None) -> Plan:
    """What this file would store, or all that is wrong with it; nothing is changed."""
    with database.read() as session:
        basis = _basis(session, round_id)
    try:
        tables = read_upload(upload.name, upload.data)
    except InputError as error:
        return Plan((), error.problems, ())
    return _plan(basis, upload.name, tables, kind)


def carry_out(
    database: Database, operator: str, round_id: int, upload: Upload, kind: Kind | None
) -> Plan:
    """Read the file again and replace the sheets it holds, all or nothing, on record.

    Raises ProblemsError where something came in between.
    """
    tables = read_upload(upload.name, upload.data)
    with database.write() as session:
        plan = _plan(_basis(session, round_id), upload.name, tables, kind)
        if not plan.is_ready:
            raise ProblemsError(list(plan.problems))
        for sheet in plan.sheets:
            store_sheet(session, operator, round_id, sheet, upload.name)
        return plan


def store_sheet(
    session: Session, operator: str, round_id: int, sheet: Sheet, file_name: str
) -> None:
    """Replace one sheet within the caller's transaction, on record."""
    mark = digest({"headers": sheet.headers, "rows": sheet.rows})
    session.merge(
        InputSheet(
            round_id=round_id,
            kind=sheet.kind,
            headers=sheet.headers,
            rows=sheet.rows,
            digest=mark,
        )
    )
    record.append(
        session,
        operator,
        "input.import",
        round_id=round_id,
        kind=sheet.kind,
        file=file_name,
        rows=len(sheet.rows),
        digest=mark,
    )


def _basis(session: Session, round_id: int) -> _Basis:
    row = load_round(session, round_id)
    n_before = {one.kind: len(one.rows) for one in _sheets(session, round_id)}
    if row.frozen_config is not None:
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config)
        ratees = tuple(
            RateeRow(one.key, one.name, one.ratee_class, one.group) for one in frozen.ratees
        )
        return _Basis(ratees, Scheme.from_json(frozen.scheme), n_before)
    scheme, _problems = life.read_scheme(row)
    return _Basis(_bound_ratees(session, row), scheme, n_before)


def _bound_ratees(session: Session, row: Round) -> tuple[RateeRow, ...]:
    classes = {one["ratee_class"] for one in row.bindings}
    present = load_register(session).ratees
    return tuple(one for one in present if not classes or one.ratee_class in classes)


def _plan(basis: _Basis, file_name: str, tables: Sequence[Table], kind: Kind | None) -> Plan:
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
        problems += check_table(its_kind, table, basis.ratees, basis.scheme)
        sheets.append(_sheet(its_kind, table, basis.n_before.get(its_kind, 0)))
    return Plan(tuple(sheets), tuple(problems), tuple(ignored))


def check_table(
    kind: Kind, table: Table, ratees: Sequence[RateeRow], scheme: Scheme | None
) -> list[Problem]:
    """Everything wrong with a sheet of this kind, by row."""
    if kind == "indicators":
        return read_indicators(table, ratees)[1]
    if kind == "adjustments":
        return read_adjustments(table, ratees)[1]
    if kind == "history":
        return read_history(table, ratees)[1]
    rows, problems = read_vetoes(table, ratees)
    if scheme is None:
        return problems
    known = {name for veto in scheme.vetoes for name in (veto.key, str(veto.name))}
    strangers = sorted({row.veto for row in rows if row.veto} - known)
    allowed = "、".join(str(veto.name) for veto in scheme.vetoes) or "—"
    return problems + [
        Problem(
            table.name,
            N_("方案里没有否决事项“{name}”"),
            N_("请改为方案中的事项：{allowed}"),
            {"name": name, "allowed": allowed},
        )
        for name in strangers
    ]


def _sheet(kind: Kind, table: Table, n_before: int) -> Sheet:
    width = len(table.headers)
    rows: list[list[str]] = []
    for _line, cells in table.rows:
        texts: list[Any] = [cell_text(cell) for cell in cells[:width]]
        if any(texts):
            rows.append(texts + [""] * (width - len(texts)))
    return Sheet(kind, [cell_text(header) for header in table.headers], rows, n_before)
