"""Indicators of a round with their reported values, evidence, adjustments and vetoes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime

MAX_EVIDENCE_BYTES = 5 * 1024 * 1024


class InputSheet(Base):
    """One imported sheet: the rows an assessment reads, whole or not at all.

    `kind` names the reader in analysis.inputs; a new import of a kind replaces the old one and
    is on record.
    """

    __tablename__ = "input_sheet"
    __table_args__ = (CheckConstraint("kind IN ('history', 'figures')", name="kind"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    headers: Mapped[list[str]] = mapped_column(JSON)
    rows: Mapped[list[list[Any]]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(Text)


class Indicator(Base):
    """What is asked of one ratee: the definition of an indicator, and whether its value is locked.

    Columns are named as in analysis.input_columns; numbers are text, "" where there is none.
    `marked_by` is the assessor whose mark the row holds, "" for every other method; `reporter` is
    who hands in the value: the assessor for marks, the data owner otherwise. A row an import no
    longer lists is not active; its values stay.
    """

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("round_id", "indicator", "ratee", "marked_by"),
        CheckConstraint("kind IN ('quantitative', 'qualitative')", name="kind"),
        CheckConstraint("certified_version > 0", name="certified_version"),
        CheckConstraint("marked_by = '' OR method = 'marks'", name="marked_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    position: Mapped[int]
    indicator: Mapped[str] = mapped_column(Text)
    ratee: Mapped[str] = mapped_column(Text)
    marked_by: Mapped[str] = mapped_column(Text, default="")
    reporter: Mapped[str] = mapped_column(Text, default="")
    name: Mapped[str] = mapped_column(Text)
    component: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(Text)
    attribute: Mapped[str] = mapped_column(Text, default="")
    points: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text, default="")
    target: Mapped[str] = mapped_column(Text, default="")
    base: Mapped[str] = mapped_column(Text, default="")
    growth_target: Mapped[str] = mapped_column(Text, default="")
    method: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text, default="")
    rule: Mapped[str] = mapped_column(Text, default="")
    cap: Mapped[str] = mapped_column(Text, default="")
    floor: Mapped[str] = mapped_column(Text, default="")
    standard: Mapped[str] = mapped_column(Text, default="")
    owner: Mapped[str] = mapped_column(Text, default="")
    assessor: Mapped[str] = mapped_column(Text, default="")
    breakdown_of: Mapped[str] = mapped_column(Text, default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    certified_version: Mapped[int | None]
    """The version that is certified (已认定): no further value is taken until it is reopened."""


class IndicatorValue(Base):
    """One reported value; a correction is the next version and says why."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("version = 1 OR reason <> ''", name="reason"),
    )

    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    actual: Mapped[str] = mapped_column(Text)
    growth: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Certification(Base):
    """A version was certified, or reopened for a reason."""

    __tablename__ = "certification"
    __table_args__ = (
        ForeignKeyConstraint(
            ["indicator_id", "version"],
            ["indicator_value.indicator_id", "indicator_value.version"],
        ),
        CheckConstraint("act IN ('certify', 'reopen')", name="act"),
        CheckConstraint("act = 'certify' OR reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[int] = mapped_column(index=True)
    version: Mapped[int]
    act: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Confirmation(Base):
    """A warning that was looked at and stands, with the reason; `key` is the warning's."""

    __tablename__ = "confirmation"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Adjustment(Base):
    """An entry of the ledger of bonuses and deductions (加减分台账).

    It counts once `approved` points are given; numbers are text, exact. An entry is never
    removed, only withdrawn with a reason.
    """

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint("kind IN ('bonus', 'deduction')", name="kind"),
        CheckConstraint(
            "(approved IS NULL) = (approved_by IS NULL) AND (approved IS NULL) = "
            "(approved_at IS NULL)",
            name="approved",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    ratee: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    declared: Mapped[str] = mapped_column(Text)
    multiplier: Mapped[str] = mapped_column(Text, default="1")
    matter: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    on: Mapped[date | None] = mapped_column("on_date", Date)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved: Mapped[str | None] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)


class VetoEntry(Base):
    """An entry of the ledger of vetoes (一票否决台账)."""

    __tablename__ = "veto_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    ratee: Mapped[str] = mapped_column(Text)
    veto: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[str] = mapped_column(Text)
    handling: Mapped[str] = mapped_column(Text, default="")
    on: Mapped[date | None] = mapped_column("on_date", Date)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)


class EvidenceFile(Base):
    """A file that backs an indicator, an adjustment or a veto; `key` is its name on the disk."""

    __tablename__ = "evidence_file"
    __table_args__ = (
        CheckConstraint(
            "(indicator_id IS NOT NULL AND adjustment_id IS NULL AND veto_id IS NULL)"
            " OR (indicator_id IS NULL AND adjustment_id IS NOT NULL AND veto_id IS NULL)"
            " OR (indicator_id IS NULL AND adjustment_id IS NULL AND veto_id IS NOT NULL)",
            name="one_subject",
        ),
        CheckConstraint(f"n_bytes > 0 AND n_bytes <= {MAX_EVIDENCE_BYTES}", name="n_bytes"),
    )

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    indicator_id: Mapped[int | None] = mapped_column(ForeignKey("indicator.id"), index=True)
    adjustment_id: Mapped[int | None] = mapped_column(ForeignKey("adjustment.id"), index=True)
    veto_id: Mapped[int | None] = mapped_column(ForeignKey("veto_entry.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    n_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
