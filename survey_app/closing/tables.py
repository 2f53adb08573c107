"""Who holds the shares of a sealed round's key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class KeyHolder(Base):
    """One of the three persons with a share. The share itself exists on their paper only.

    `share_hash` tells a right share from a wrong one; 128 random bits cannot be found from it.
    """

    __tablename__ = "key_holder"
    __table_args__ = (
        CheckConstraint("number IN (1, 2, 3)", name="number"),
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("confirmed_at IS NULL OR shown_at IS NOT NULL", name="confirmed_shown"),
        UniqueConstraint("round_id", "name"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    share_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
