"""Acts of two persons: what was asked, what another person decided, and which permits were used.

Append-only, all three: triggers refuse every change (migration 0013).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.core.database import Base, UtcDateTime


class TwoPersonAct(Base):
    """Something one operator asked for and only another may bring about."""

    __tablename__ = "two_person_act"
    __table_args__ = (
        UniqueConstraint("id", "asked_by"),
        CheckConstraint("kind <> ''", name="kind"),
        CheckConstraint("reason <> ''", name="says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_by: Mapped[str] = mapped_column(ForeignKey("operator.login"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    decision: Mapped["ActDecision | None"] = relationship(lazy="joined", viewonly=True)


class ActDecision(Base):
    """The one decision on an act. `asked_by` is the act's own, held there by the foreign key."""

    __tablename__ = "act_decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["act_id", "asked_by"], ["two_person_act.id", "two_person_act.asked_by"]
        ),
        CheckConstraint("verdict IN ('approve', 'decline')", name="verdict"),
        CheckConstraint("verdict = 'decline' OR approved_by <> asked_by", name="two_persons"),
    )

    act_id: Mapped[int] = mapped_column(primary_key=True)
    asked_by: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[str] = mapped_column(ForeignKey("operator.login"))
    """Who decided, for or against."""
    verdict: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    use: Mapped["PermitUse | None"] = relationship(lazy="joined", viewonly=True)


class PermitUse(Base):
    """An approved act that was a permit, used: the primary key lets that happen once."""

    __tablename__ = "permit_use"

    act_id: Mapped[int] = mapped_column(ForeignKey("act_decision.act_id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
