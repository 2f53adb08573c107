"""Appraisals of persons: periods, rosters, forms with their acts, and what units file."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class AppraisalPeriod(Base):
    """A period, such as 2021-Q1, with the scheme it was opened with, which never changes.

    `annual_json` is the scheme that judges the year by the quarters' grades, "" where none does.
    """

    __tablename__ = "appraisal_period"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        CheckConstraint("objection_days > 0", name="objection_days"),
        CheckConstraint("period <> '' AND title <> '' AND scheme_json <> ''", name="said"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    organiser: Mapped[str] = mapped_column(Text)
    scheme_json: Mapped[str] = mapped_column(Text)
    scheme_digest: Mapped[str] = mapped_column(Text)
    annual_json: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date]
    objection_days: Mapped[int]
    state: Mapped[str] = mapped_column(Text, default="open")
    is_simulated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def year(self) -> int:
        return int(self.period[:4])


class AppraisalMember(Base):
    """Somebody on the roster of a period: an alias, the post, and who is compared with whom.

    `version` is that of the form that counts, 0 where none has been begun.
    """

    __tablename__ = "appraisal_member"
    __table_args__ = (
        Index("ix_appraisal_member_period_id_unit_person", "period_id", "unit", "person"),
        CheckConstraint("person <> '' AND unit <> ''", name="named"),
    )

    period_id: Mapped[int] = mapped_column(ForeignKey("appraisal_period.id"), primary_key=True)
    person: Mapped[str] = mapped_column(Text, primary_key=True, index=True)
    unit: Mapped[str] = mapped_column(Text)
    pool: Mapped[str] = mapped_column(Text, default="")
    post: Mapped[str] = mapped_column(Text, default="")
    leader: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)


class AppraisalForm(Base):
    """One version of a person's form; a filed one stays as it is.

    `items` and `marks` are JSON texts (see sheets); `score_hundredths` is the sum of the marks
    × 100. `step` is the last step done; the checks hold that none is done before the one before.
    """

    __tablename__ = "appraisal_form"
    __table_args__ = (
        UniqueConstraint("period_id", "person", "version"),
        ForeignKeyConstraint(
            ["period_id", "person"], ["appraisal_member.period_id", "appraisal_member.person"]
        ),
        CheckConstraint("version = 1 OR correction <> ''", name="correction_has_reason"),
        CheckConstraint("step BETWEEN 0 AND 5", name="step"),
        CheckConstraint("step < 1 OR items <> ''", name="has_indicators"),
        CheckConstraint("step < 2 OR summary <> ''", name="has_summary"),
        CheckConstraint("step < 3 OR (marks <> '' AND proposed <> '')", name="has_review"),
        CheckConstraint("(step >= 4) = (grade <> '')", name="has_grade"),
        CheckConstraint(
            "grade = '' OR grade = proposed OR decision_reason <> ''", name="difference_has_reason"
        ),
        CheckConstraint("(step = 5) = (filing = 'filed')", name="filed"),
        CheckConstraint("filing IN ('', 'submitted', 'returned', 'filed')", name="filing"),
        CheckConstraint("filing = '' OR step >= 4", name="filing_has_grade"),
        CheckConstraint(
            "filing NOT IN ('submitted', 'filed') OR"
            " (published_on IS NOT NULL AND feedback IN ('confirmed', 'answered'))",
            name="filing_has_feedback",
        ),
        CheckConstraint(
            "feedback IN ('', 'confirmed', 'objected', 'answered')"
            " AND (feedback = '' OR step >= 4)",
            name="feedback",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    period_id: Mapped[int]
    person: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    correction: Mapped[str] = mapped_column(Text, default="")
    step: Mapped[int] = mapped_column(default=0)
    items: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    marks: Mapped[str] = mapped_column(Text, default="")
    score_hundredths: Mapped[int | None]
    opinion: Mapped[str] = mapped_column(Text, default="")
    proposed: Mapped[str] = mapped_column(Text, default="")
    grade: Mapped[str] = mapped_column(Text, default="")
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    decided_on: Mapped[date | None]
    feedback: Mapped[str] = mapped_column(Text, default="")
    objection: Mapped[str] = mapped_column(Text, default="")
    objected_on: Mapped[date | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    published_on: Mapped[date | None]
    filing: Mapped[str] = mapped_column(Text, default="")


class AppraisalAct(Base):
    """What was done to a form, by whom and when; never changed."""

    __tablename__ = "appraisal_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("appraisal_form.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_proxy: Mapped[bool] = mapped_column(default=False)
    """Entered on behalf of the one whose step it is (代录)."""
    words: Mapped[str] = mapped_column(Text, default="")


class AppraisalTemplate(Base):
    """Items to start a sheet with: of a unit ("" is every unit) and a post ("" is every post)."""

    __tablename__ = "appraisal_template"

    period_id: Mapped[int] = mapped_column(ForeignKey("appraisal_period.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(Text, primary_key=True)
    post: Mapped[str] = mapped_column(Text, primary_key=True)
    items: Mapped[str] = mapped_column(Text)


class AppraisalFiling(Base):
    """What a unit has filed (双备案): its plan of a year, or a period's changes of persons."""

    __tablename__ = "appraisal_filing"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'plan' AND period_id IS NULL) OR (kind = 'changes' AND period_id IS NOT NULL)",
            name="kind",
        ),
        CheckConstraint("kind <> 'plan' OR content <> ''", name="plan_has_words"),
        Index("ix_appraisal_filing_year_unit", "year", "unit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    year: Mapped[int]
    period_id: Mapped[int | None] = mapped_column(ForeignKey("appraisal_period.id"), index=True)
    unit: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
