"""Cards by batch: issued, used and replaced. A few used of a known group are not told."""

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from analysis.small_groups import is_few
from survey_app.ballots.tables import Admission
from survey_app.rounds.channels import COUNTED
from survey_app.rounds.tables import Batch, Card


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """One batch of cards that people hold. `replaced` are lost cards that died for new ones."""

    batch: Batch
    used: int
    replaced: int

    @property
    def is_hidden(self) -> bool:
        """Few have answered, or few have not: which of them could be guessed."""
        left = self.batch.issued - self.used
        return is_few(self.used) or is_few(left)


def batch_progress(session: Session, round_id: int) -> tuple[BatchProgress, ...]:
    """Every batch of a round, in the order in which they were issued."""
    rows = session.execute(
        select(
            Batch,
            func.count(Admission.card_id),
            func.sum(case((Card.is_void, 1), else_=0)),
        )
        .join(Card, Card.batch_id == Batch.id)
        .outerjoin(Admission, Admission.card_id == Card.id)
        .where(Batch.round_id == round_id, Batch.channel.not_in(COUNTED))
        .group_by(Batch.id)
        .order_by(Batch.id)
    )
    return tuple(BatchProgress(batch, used, int(void)) for batch, used, void in rows)
