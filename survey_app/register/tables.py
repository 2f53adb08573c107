"""Who is rated, who rates, and in which classes and groups."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base


class Ratee(Base):
    """A unit or person that is rated (评议对象)."""

    __tablename__ = "ratee"
    __table_args__ = (CheckConstraint("kind IN ('unit', 'person')", name="kind"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    ratee_class: Mapped[str] = mapped_column(Text)
    group: Mapped[str] = mapped_column("group_name", Text)
    kind: Mapped[str] = mapped_column(Text, default="unit")
    parent: Mapped[str | None] = mapped_column(Text)
    pool: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int]


class RaterClass(Base):
    """A class of raters (评议主体)."""

    __tablename__ = "rater_class"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int]


class RosterEntry(Base):
    """One expected rater: an alias such as 人员0001, never more, and never a code.

    `scope` lists the keys of the ratees this rater is asked about; empty means all.
    """

    __tablename__ = "roster_entry"
    __table_args__ = (UniqueConstraint("rater_class", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rater_class: Mapped[str] = mapped_column(ForeignKey("rater_class.key"), index=True)
    label: Mapped[str] = mapped_column(Text)
    stratum: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[list[str]] = mapped_column(JSON, default=list)
