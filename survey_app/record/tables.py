"""The append-only record of operators' acts and the rounds' logs; the database refuses changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class RecordEntry(Base):
    """One act: who, what, on what, why. Chained: each entry holds the digest of the one before."""

    __tablename__ = "record_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    operator: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text, index=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)


class LogLeaf(Base):
    """One leaf of a round's public log: canonical JSON, in its place for good.

    `subject` is what a leaf is about where it may be about it only once: a ballot's commitment,
    a receipt's hash, a card's nullifier. Places have no gaps: a trigger sees to it.
    """

    __tablename__ = "log_leaf"
    __table_args__ = (
        UniqueConstraint("round_id", "subject"),
        CheckConstraint("place >= 0", name="place"),
        {"sqlite_with_rowid": False},
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class LogCheckpoint(Base):
    """A signed head of a round's log, and the frontier to go on from. No time: sizes order them."""

    __tablename__ = "log_checkpoint"
    __table_args__ = (CheckConstraint("size > 0", name="size"), {"sqlite_with_rowid": False})

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
