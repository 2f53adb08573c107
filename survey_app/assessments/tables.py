"""Runs, and what follows them: decisions, approvals, results carried on, and studies."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
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


class Decision(Base):
    """The grade people give a ratee of a run; no row is the proposal as it stands.

    `proposed` is the machine's proposal ("" for none), `is_open` whether the rules left the ratee
    to people. While the run is approved nothing changes.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("run_id", "ratee"),
        CheckConstraint("grade <> ''", name="grade"),
        CheckConstraint("reason <> '' OR (grade = proposed AND NOT is_open)", name="says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    ratee: Mapped[str] = mapped_column(Text)
    proposed: Mapped[str] = mapped_column(Text)
    is_open: Mapped[bool]
    grade: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Approval(Base):
    """The approval (审定) of a run's grades, or its reopening with a reason; the last one holds."""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("act IN ('approve', 'reopen')", name="act"),
        CheckConstraint("act = 'approve' OR reason <> ''", name="says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    act: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Result(Base):
    """An approved result, carried on into later rounds; the highest version holds.

    `series` is the key of its scheme, `grade` the grade's name, `score` the score of record.
    """

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("series", "period", "ratee", "version"),
        CheckConstraint("series <> '' AND period <> ''", name="named"),
        CheckConstraint("grade <> '' OR score <> ''", name="said"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    ratee: Mapped[str] = mapped_column(Text, index=True)
    version: Mapped[int]
    grade: Mapped[str] = mapped_column(Text)
    score: Mapped[str] = mapped_column(Text)
    rank_class: Mapped[int | None]
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScreeningDecision(Base):
    """What people decided about a finding of the screens; the last row about it holds.

    The finding is named by the sealed round ("" for all), the rule, the rater class, the link or
    the pattern, and the ratee; never a ballot. `run_id` is the run whose pile it was decided on.
    "withdraw" takes back what held before. What changes results has a second person,
    `approved_by`: a trigger refuses it otherwise (migration 0013).
    """

    __tablename__ = "screening_decision"
    __table_args__ = (
        CheckConstraint("act IN ('exclude', 'keep', 'withdraw')", name="act"),
        CheckConstraint("reason <> ''", name="says_why"),
        CheckConstraint("rule <> ''", name="rule"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    sealed_round: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    rater_class: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    ratee: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredStudy(Base):
    """A study (推演) of a run: what was changed and what came of it. Never a result."""

    __tablename__ = "study"
    __table_args__ = (CheckConstraint("name <> ''", name="name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    name: Mapped[str] = mapped_column(Text)
    change: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)
    operator: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
