"""Importing indicators, adjustments, vetoes, earlier grades and figures: whole or not at all."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis.inputs import IndicatorRow, read_adjustments, read_indicators, read_vetoes
from analysis.tables import Cell, Table
from forms.problems import InputError, digest
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.spreadsheet import read_upload
from survey_app.core.uploads import Upload
from survey_app.indicators import kept, ledger_import
from survey_app.indicators.basis import Basis, read_basis
from survey_app.indicators.reading import Plan, plan_import
from survey_app.indicators.sheets import KIND_NAMES, Kind, Sheet, SheetForRun, sheets_for_run
from survey_app.indicators.tables import InputSheet
from survey_app.record import service as record
from survey_app.rounds.frozen import hold_round, load_round

__all__ = ["KIND_NAMES", "Kind", "Plan", "carry_out", "preview_import", "sheets_for_run"]


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports what file into which round.

    Whoever `may_decide` certifies the values marked so and approves the adjustments by importing
    them; what others import waits for a decision.
    """

    operator: str
    round_id: int
    file_name: str
    may_decide: bool


def stored_sheets(database: Database, round_id: int) -> dict[str, SheetForRun]:
    """The sheets of a round by kind."""
    with database.read() as session:
        load_round(session, round_id)
        return sheets_for_run(session, round_id)


def preview_import(database: Database, round_id: int, upload: Upload, kind: Kind | None) -> Plan:
    """What this file would store, or all that is wrong with it; nothing is changed."""
    with database.read() as session:
        basis = read_basis(session, round_id)
    try:
        tables = read_upload(upload.name, upload.data)
    except InputError as error:
        return Plan((), error.problems, ())
    return plan_import(basis, upload.name, tables, kind)


def carry_out(
    database: Database,
    operator: str,
    round_id: int,
    upload: Upload,
    kind: Kind | None,
    *,
    may_decide: bool = True,
) -> Plan:
    """Read the file again and replace the sheets it holds, all or nothing, on record.

    Raises ProblemsError where something came in between. `may_decide` as in Importer.
    """
    tables = read_upload(upload.name, upload.data)
    with database.write() as session:
        hold_round(session, round_id)
        basis = read_basis(session, round_id)
        plan = plan_import(basis, upload.name, tables, kind)
        if not plan.is_ready:
            raise ProblemsError(list(plan.problems))
        importer = Importer(operator, round_id, upload.name, may_decide)
        for sheet in plan.sheets:
            store_sheet(session, importer, basis, sheet)
        return plan


def store_sheet(session: Session, importer: Importer, basis: Basis, sheet: Sheet) -> None:
    """Replace one sheet within the caller's transaction, on record."""
    rows: list[tuple[int, list[Cell]]] = [(n, list(row)) for n, row in enumerate(sheet.rows, 2)]
    table = Table(sheet.kind, sheet.headers, rows)
    mark = digest({"headers": sheet.headers, "rows": sheet.rows})
    if sheet.kind == "indicators":
        _store_indicators(session, importer, read_indicators(table, basis.ratees)[0])
    elif sheet.kind == "adjustments":
        entries = read_adjustments(table, basis.ratees)[0]
        ledger_import.replace_adjustments(
            session,
            importer.round_id,
            importer.operator,
            entries,
            is_approved=importer.may_decide,
        )
    elif sheet.kind == "vetoes":
        vetoes = read_vetoes(table, basis.ratees)[0]
        ledger_import.replace_vetoes(session, importer.round_id, importer.operator, vetoes)
    else:
        session.merge(
            InputSheet(
                round_id=importer.round_id,
                kind=sheet.kind,
                headers=sheet.headers,
                rows=sheet.rows,
                digest=mark,
            )
        )
    record.append(
        session,
        importer.operator,
        "input.import",
        round_id=importer.round_id,
        kind=sheet.kind,
        file=importer.file_name,
        rows=len(sheet.rows),
        digest=mark,
    )


def _store_indicators(session: Session, importer: Importer, rows: list[IndicatorRow]) -> None:
    """Definitions are replaced; a value that differs from the newest is a new version."""
    kept.replace_definitions(session, importer.round_id, rows)
    now = {one.place: one for one in kept.load(session, importer.round_id)}
    values = []
    for row in rows:
        one = now[kept.place_of(row)]
        given = (kept.text_of(row.actual), kept.text_of(row.growth))
        if row.actual is not None and given != (one.cells["actual"], one.cells["growth"]):
            reason = f"导入 {importer.file_name}"
            values.append(kept.NewValue(one.id, one.version, *given, reason))
    kept.add_values(session, importer.operator, values)
    if importer.may_decide:
        added = {value.indicator_id for value in values}
        chosen = [
            (one.id, one.version + (one.id in added))
            for row in rows
            if row.is_certified and row.is_reported
            if (one := now[kept.place_of(row)]).certified_version is None
        ]
        kept.certify_values(session, importer.operator, chosen)
