"""Complaints (举报投诉) about a unit's work. Nothing here leads to a ballot, or from one."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.complaints.words import ACT_NAMES, CHANNEL_NAMES, STATE_NAMES, TOPIC_NAMES
from survey_app.core.database import Base, UtcDateTime
from survey_app.supervision.tables import one_of


class Complaint(Base):
    """One case. Who complained is nobody's business here: no address, no browser, no clock time.

    `code_hash` is SHA-256 of the 128 bits that the complainant looks the case up with; the code
    itself is shown once and not kept.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        CheckConstraint(one_of("channel", tuple(CHANNEL_NAMES)), name="channel"),
        CheckConstraint(one_of("topic", tuple(TOPIC_NAMES)), name="topic"),
        CheckConstraint(one_of("state", tuple(STATE_NAMES)), name="state"),
        CheckConstraint("content <> ''", name="content"),
        CheckConstraint("handling IN ('', 'direct', 'transferred')", name="handling"),
        CheckConstraint("handling <> 'transferred' OR handler <> ''", name="handler"),
        CheckConstraint("state = 'received' OR handling <> ''", name="handled"),
        CheckConstraint("is_informed = (informed_on IS NOT NULL)", name="informed_on"),
        CheckConstraint("is_filed = (filed_on IS NOT NULL)", name="filed_on"),
        CheckConstraint("NOT is_informed OR feedback <> ''", name="informed_of_something"),
        CheckConstraint(
            "state <> 'closed' OR (is_informed AND is_filed AND result <> ''"
            " AND closed_on IS NOT NULL)",
            name="closed_when_informed_and_filed",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    number: Mapped[int]
    channel: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(Text)
    ratee: Mapped[str] = mapped_column(Text, default="", index=True)
    """Key of the unit complained of; "" where the complainant could not tell."""
    content: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text, default="")
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    received_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text, default="received")
    handling: Mapped[str] = mapped_column(Text, default="")
    handler: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[str] = mapped_column(Text, default="")
    feedback: Mapped[str] = mapped_column(Text, default="")
    """What the complainant is told; shown to whoever has the code."""
    is_informed: Mapped[bool] = mapped_column(default=False)
    informed_on: Mapped[date | None]
    is_filed: Mapped[bool] = mapped_column(default=False)
    filed_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    is_simulated: Mapped[bool] = mapped_column(default=False)


class ComplaintAct(Base):
    """What an operator did about a case, one line each, never changed."""

    __tablename__ = "complaint_act"
    __table_args__ = (CheckConstraint(one_of("kind", tuple(ACT_NAMES)), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
