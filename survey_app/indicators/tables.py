"""Indicator results, adjustments and vetoes of a round, as imported."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base


class InputSheet(Base):
    """One imported sheet: the rows an assessment reads, whole or not at all.

    `kind` names the reader in analysis.inputs; a new import of a kind replaces the old one and
    is on record.
    """

    __tablename__ = "input_sheet"
    __table_args__ = (
        CheckConstraint("kind IN ('indicators', 'adjustments', 'vetoes', 'history')", name="kind"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    headers: Mapped[list[str]] = mapped_column(JSON)
    rows: Mapped[list[list[Any]]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(Text)
