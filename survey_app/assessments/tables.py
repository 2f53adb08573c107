"""Runs: each assessment of a round, stored once and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class Run(Base):
    """One assessment (核算). `scores_json` is the result of record.

    The trace is recomputed from the sealed files and from `sheets`, the imported inputs as they
    were ({kind: {headers, rows, digest}}), and must lead to the same digest.
    """

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[int]
    operator: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scheme_digest: Mapped[str] = mapped_column(Text)
    content_digest: Mapped[str] = mapped_column(Text)
    sheets: Mapped[dict[str, Any]] = mapped_column(JSON)
    scores_json: Mapped[str] = mapped_column(Text)
