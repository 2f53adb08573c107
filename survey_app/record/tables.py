"""The append-only record of operators' acts; the database itself refuses to change it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, Text
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
