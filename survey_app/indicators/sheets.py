"""The sheets a run reads beside the ballots, composed from what is kept for a round."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms.problems import N_, digest
from survey_app.indicators.kept import COLUMNS, count, load
from survey_app.indicators.tables import Adjustment, InputSheet, VetoEntry

Kind = Literal["indicators", "adjustments", "vetoes", "history", "figures"]
KIND_NAMES: dict[Kind, str] = {
    "indicators": N_("指标完成情况"),
    "adjustments": N_("加减分"),
    "vetoes": N_("一票否决"),
    "history": N_("历年等次"),
    "figures": N_("依据数据"),
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
ADJUSTMENT_HEADERS = (
    *("ratee", "kind", "points", "matter", "source", "evidence", "on"),
    "multiplier",
)
VETO_HEADERS = ("ratee", "veto", "document", "on")
OWNER = "owner"


class SheetForRun(NamedTuple):
    """A sheet as a run keeps it: whole, with the fingerprint of its content."""

    headers: list[str]
    rows: list[list[Any]]
    digest: str


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


def sheets_for_run(session: Session, round_id: int) -> dict[str, SheetForRun]:
    """Kind → sheet, of every kind that has rows.

    Only approved adjustments that were not withdrawn are in it, and no withdrawn veto.
    """
    composed: dict[str, SheetForRun] = {
        "indicators": _without_owners(_sheet(COLUMNS, indicator_rows(session, round_id))),
        "adjustments": _sheet(ADJUSTMENT_HEADERS, _adjustment_rows(session, round_id)),
        "vetoes": _sheet(VETO_HEADERS, _veto_rows(session, round_id)),
    }
    stored = session.scalars(select(InputSheet).where(InputSheet.round_id == round_id))
    composed |= {one.kind: SheetForRun(one.headers, one.rows, one.digest) for one in stored}
    return {kind: sheet for kind, sheet in composed.items() if sheet.rows}


def count_rows(session: Session, round_id: int) -> dict[str, int]:
    """Kind → how many rows an import of it would replace."""
    stored = session.scalars(select(InputSheet).where(InputSheet.round_id == round_id))
    return {
        "indicators": count(session, round_id),
        "adjustments": _n_standing(session, Adjustment, round_id),
        "vetoes": _n_standing(session, VetoEntry, round_id),
        **{one.kind: len(one.rows) for one in stored},
    }


def _n_standing(session: Session, ledger: type[Adjustment] | type[VetoEntry], round_id: int) -> int:
    found = select(func.count(ledger.id)).where(
        ledger.round_id == round_id, ledger.withdrawn_reason.is_(None)
    )
    return session.scalar(found) or 0


def _sheet(headers: tuple[str, ...], rows: list[list[str]]) -> SheetForRun:
    mark = digest({"headers": headers, "rows": rows}) if rows else ""
    return SheetForRun(list(headers), [list(row) for row in rows], mark)


def _without_owners(sheet: SheetForRun) -> SheetForRun:
    """The sheet without the column of data owners where nobody has one.

    A sheet that has the column must fill it; one imported without it names no owner at all.
    """
    at = COLUMNS.index(OWNER)
    if any(row[at] for row in sheet.rows):
        return sheet
    headers = tuple(one for one in COLUMNS if one != OWNER)
    return _sheet(headers, [row[:at] + row[at + 1 :] for row in sheet.rows])


def indicator_rows(session: Session, round_id: int) -> list[list[str]]:
    """The indicators with their newest values, a list of cells each, as COLUMNS name them."""
    return [list(kept.cells.values()) for kept in load(session, round_id)]


def _adjustment_rows(session: Session, round_id: int) -> list[list[str]]:
    found = select(Adjustment).where(
        Adjustment.round_id == round_id,
        Adjustment.approved.is_not(None),
        Adjustment.withdrawn_reason.is_(None),
    )
    return [
        [
            *(one.ratee, one.kind, one.approved or "", one.matter, one.source),
            *(one.evidence, one.on.isoformat() if one.on else "", one.multiplier),
        ]
        for one in session.scalars(found.order_by(Adjustment.id))
    ]


def _veto_rows(session: Session, round_id: int) -> list[list[str]]:
    found = select(VetoEntry).where(
        VetoEntry.round_id == round_id, VetoEntry.withdrawn_reason.is_(None)
    )
    return [
        [one.ratee, one.veto, one.document, one.on.isoformat() if one.on else ""]
        for one in session.scalars(found.order_by(VetoEntry.id))
    ]
