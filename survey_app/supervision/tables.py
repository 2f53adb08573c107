"""Supervision records and what came of them, service promises, and daily and weekly entries."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime
from survey_app.supervision.kinds import ACT_NAMES, KIND_NAMES, SANCTION_NAMES, STEPS


def one_of(column: str, words: tuple[str, ...]) -> str:
    """A CHECK that a column holds one of these words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class SupervisionRecord(Base):
    """One record (督查记录), never changed: a correction is a new version that says why.

    Numbers run by year and kind and stay with every version. `first_id` of a later version is
    the id of the first, under which acts and the next step of a ladder refer to the record.
    """

    __tablename__ = "supervision_record"
    __table_args__ = (
        UniqueConstraint("kind", "year", "number", "version"),
        UniqueConstraint("previous_id", "version"),
        CheckConstraint(one_of("kind", tuple(KIND_NAMES)), name="kind"),
        CheckConstraint("number > 0 AND version > 0", name="numbers"),
        CheckConstraint("(version = 1) = (first_id IS NULL)", name="first_version"),
        CheckConstraint("version = 1 OR correction <> ''", name="correction_has_reason"),
        CheckConstraint("title <> '' AND period <> ''", name="named"),
        CheckConstraint("due_on IS NULL OR due_on >= issued_on", name="due_after_issue"),
        CheckConstraint(
            "kind NOT IN ('dispatch', 'urging') OR due_on IS NOT NULL", name="has_deadline"
        ),
        CheckConstraint("kind <> 'publication' OR place <> ''", name="publication_place"),
        CheckConstraint("kind NOT IN ('filing', 'spot_check') OR result <> ''", name="has_result"),
        CheckConstraint(
            f"(kind = 'urging' AND {one_of('step', STEPS)}) OR (kind <> 'urging' AND step = '')",
            name="ladder_step",
        ),
        CheckConstraint(
            "step IN ('', 'notice') OR previous_id IS NOT NULL OR skip_reason <> ''",
            name="ladder_skips_with_reason",
        ),
        CheckConstraint(
            "kind <> 'exemption' OR (exempts <> '' AND approved_by <> '')", name="exemption"
        ),
        CheckConstraint(
            "kind <> 'falsification' OR"
            f" (indicator <> '' AND {one_of('sanction', tuple(SANCTION_NAMES))})",
            name="falsification",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    year: Mapped[int]
    number: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    first_id: Mapped[int | None] = mapped_column(ForeignKey("supervision_record.id"), index=True)
    correction: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[str] = mapped_column(Text, default="")
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    period: Mapped[str] = mapped_column(Text)
    """What the record counts for: 2026, 2026-H1, 2026-Q3 or 2026-03."""
    place: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[str] = mapped_column(Text, default="")
    step: Mapped[str] = mapped_column(Text, default="")
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("supervision_record.id"))
    skip_reason: Mapped[str] = mapped_column(Text, default="")
    exempts: Mapped[str] = mapped_column(Text, default="")
    approved_by: Mapped[str] = mapped_column(Text, default="")
    indicator: Mapped[str] = mapped_column(Text, default="")
    sanction: Mapped[str] = mapped_column(Text, default="")
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    evidence: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(Text, default="")
    is_simulated: Mapped[bool] = mapped_column(default=False)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def file_id(self) -> int:
        """The id all versions of the record go by."""
        return self.first_id or self.id


class SupervisionObject(Base):
    """A unit that a version of a record concerns. `ratee` is its key in the register."""

    __tablename__ = "supervision_object"

    record_id: Mapped[int] = mapped_column(ForeignKey("supervision_record.id"), primary_key=True)
    ratee: Mapped[str] = mapped_column(Text, primary_key=True, index=True)


class SupervisionAct(Base):
    """What happened to a record afterwards, one line each, never changed.

    `record_id` is the record's first version; `ratee` the unit it is about, "" for all of it.
    """

    __tablename__ = "supervision_act"
    __table_args__ = (
        CheckConstraint(one_of("kind", tuple(ACT_NAMES)), name="kind"),
        CheckConstraint("kind IN ('urge', 'accept') OR content <> ''", name="has_words"),
        CheckConstraint("(kind = 'reopened') = (ratee = '')", name="concerns_a_unit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("supervision_record.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    ratee: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServicePromise(Base):
    """One version of a service promise (服务承诺); the newest of a code is the one that holds."""

    __tablename__ = "service_promise"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        CheckConstraint("code <> '' AND matter <> '' AND promise <> ''", name="said"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    ratee: Mapped[str] = mapped_column(Text, index=True)
    post: Mapped[str] = mapped_column(Text, default="")
    matter: Mapped[str] = mapped_column(Text)
    promise: Mapped[str] = mapped_column(Text)
    time_limit: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkEntry(Base):
    """One line of 日考勤 or 周记录, by post; people go by alias.

    `hundredths` is the value × 100.
    """

    __tablename__ = "work_entry"
    __table_args__ = (
        UniqueConstraint("unit", "person", "post", "kind", "on_date"),
        CheckConstraint("kind IN ('attendance', 'weekly')", name="kind"),
        CheckConstraint("person <> '' OR post <> ''", name="whose"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(Text, index=True)
    person: Mapped[str] = mapped_column(Text, default="")
    post: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(Text)
    on: Mapped[date] = mapped_column("on_date", index=True)
    hundredths: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
