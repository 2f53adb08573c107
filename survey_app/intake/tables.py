"""Papers and calls that are counted before they count, and the tablets of service halls.

A session brings a batch of nameless cards, one for each paper or call that may count: entering a
paper uses one up. So no more can come in than people signed for, and the papers' numbers are not
kept beside what they say.
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base


class CountedSession(Base):
    """A session with paper forms (现场纸质票), or a batch of interviews by telephone.

    `issued`, `collected` and `spoiled` are what the tellers signed for. More collected than
    issued makes the session void: its forms cannot count.
    """

    __tablename__ = "counted_session"
    __table_args__ = (
        CheckConstraint("kind IN ('paper', 'phone')", name="kind"),
        CheckConstraint("issued > 0", name="issued"),
        CheckConstraint("(collected IS NULL) = (spoiled IS NULL)", name="counted_whole"),
        CheckConstraint("spoiled IS NULL OR spoiled BETWEEN 0 AND collected", name="spoiled"),
        CheckConstraint(
            "collected IS NULL OR collected <= issued OR is_void", name="no_more_than_issued"
        ),
        CheckConstraint("is_void = (void_reason <> '')", name="void_says_why"),
        CheckConstraint(
            "entered BETWEEN 0 AND coalesce(collected - spoiled, 0)", name="entered_was_valid"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    held_on: Mapped[date]
    tellers: Mapped[str] = mapped_column(Text)
    """Names of those who watched over it (监票人), or who is answerable for the interviews."""
    issued: Mapped[int]
    collected: Mapped[int | None]
    spoiled: Mapped[int | None]
    entered: Mapped[int] = mapped_column(default=0)
    """Admissions of its cards, counted by the store itself (a trigger)."""
    is_void: Mapped[bool] = mapped_column(default=False)
    void_reason: Mapped[str] = mapped_column(Text, default="")
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), unique=True)
    """What its ballots carry; nobody can open it."""
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), unique=True)


class Kiosk(Base):
    """How a tablet lets people in: everybody, with a number an attendant gives, or with a card."""

    __tablename__ = "kiosk"
    __table_args__ = (CheckConstraint("release IN ('free', 'number', 'card')", name="release"),)

    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), primary_key=True)
    release: Mapped[str] = mapped_column(Text)
