"""An imported ledger against the one that is kept: what is in both stays with its evidence."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.inputs import AdjustmentRow, VetoRow
from forms.problems import plain
from survey_app.core import clock
from survey_app.indicators.tables import Adjustment, VetoEntry

REPLACED = "导入的新台账里没有这一条"
Content = tuple[object, ...]


def replace_adjustments(
    session: Session,
    round_id: int,
    operator: str,
    rows: Sequence[AdjustmentRow],
    *,
    is_approved: bool,
) -> None:
    """Make the ledger say these rows; what it no longer says is withdrawn, never removed.

    Approved rows count as declared; others wait for their approval.
    """
    wanted = Counter(_content(row) for row in rows)
    present = session.scalars(
        select(Adjustment).where(
            Adjustment.round_id == round_id, Adjustment.withdrawn_reason.is_(None)
        )
    )
    for one in present:
        content = _kept_content(one)
        if wanted[content] > 0:
            wanted[content] -= 1
            if is_approved and one.approved is None:
                _approve(one, operator)
        else:
            one.withdrawn_reason = REPLACED
    for row in rows:
        content = _content(row)
        if wanted[content] <= 0:
            continue
        wanted[content] -= 1
        made = Adjustment(
            round_id=round_id,
            ratee=row.ratee,
            kind=row.kind,
            declared=plain(row.points),
            multiplier=plain(row.multiplier),
            matter=row.matter,
            source=row.source,
            evidence=row.evidence,
            on=row.on,
            operator=operator,
            at=clock.now(),
        )
        if is_approved:
            _approve(made, operator)
        session.add(made)
    session.flush()


def _approve(one: Adjustment, operator: str) -> None:
    one.approved, one.approved_by, one.approved_at = one.declared, operator, clock.now()


def _content(row: AdjustmentRow) -> Content:
    figures = (plain(row.points), plain(row.multiplier))
    return (row.ratee, row.kind, *figures, row.matter, row.source, row.evidence, row.on)


def _kept_content(one: Adjustment) -> Content:
    figures = (one.approved or one.declared, one.multiplier)
    return (one.ratee, one.kind, *figures, one.matter, one.source, one.evidence, one.on)


def replace_vetoes(session: Session, round_id: int, operator: str, rows: Sequence[VetoRow]) -> None:
    """The same for vetoes."""
    wanted: Counter[Content] = Counter((row.ratee, row.veto, row.document, row.on) for row in rows)
    present = session.scalars(
        select(VetoEntry).where(
            VetoEntry.round_id == round_id, VetoEntry.withdrawn_reason.is_(None)
        )
    )
    for one in present:
        content = (one.ratee, one.veto, one.document, one.on)
        if wanted[content] > 0:
            wanted[content] -= 1
        else:
            one.withdrawn_reason = REPLACED
    session.add_all(
        VetoEntry(
            round_id=round_id,
            ratee=row.ratee,
            veto=row.veto,
            document=row.document,
            on=row.on,
            operator=operator,
            at=clock.now(),
        )
        for row in rows
        if _take(wanted, (row.ratee, row.veto, row.document, row.on))
    )
    session.flush()


def _take(wanted: Counter[Content], content: Content) -> bool:
    """Whether one more of these is to be made; counts it off."""
    if wanted[content] <= 0:
        return False
    wanted[content] -= 1
    return True
