"""What still waits for somebody, so that nobody assesses without knowing it."""

from dataclasses import dataclass

from sqlalchemy import func, select

from survey_app.core.database import Database
from survey_app.indicators.kept import count, state_is
from survey_app.indicators.tables import Adjustment


@dataclass(frozen=True, slots=True)
class Pending:
    """Rows of a round's inputs that nobody has decided yet.

    Indicators not reported do not score; those not certified count as reported; adjustments not
    approved do not count.
    """

    not_reported: int
    not_certified: int
    not_approved: int

    def __bool__(self) -> bool:
        return bool(self.not_reported or self.not_certified or self.not_approved)


def pending(database: Database, round_id: int) -> Pending:
    """What waits in a round."""
    waiting = select(func.count(Adjustment.id)).where(
        Adjustment.round_id == round_id,
        Adjustment.approved.is_(None),
        Adjustment.withdrawn_reason.is_(None),
    )
    with database.read() as session:
        return Pending(
            count(session, round_id, state_is("due")),
            count(session, round_id, state_is("reported")),
            session.scalar(waiting) or 0,
        )
