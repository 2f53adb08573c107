"""What is kept of a submission. No time, no order, no address, no browser, no code.

Keys are random and tables have no hidden row number (WITHOUT ROWID), so neither tells who came
when. No column leads from a receipt, an admission or a draft to a ballot.
"""

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base

SECRET_TABLE = {"sqlite_with_rowid": False}


class Ballot(Base):
    """One answer sheet (答卷): `payload` holds its ratings, see ballots.payload.

    `device_mark` and `pace` exist for open entrances only, `link_id` for these and for paper
    sessions and telephone batches, which count or fall as a whole. A ballot that came with a code
    has nothing beside its answers, class, stratum, channel and evidence level.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        CheckConstraint("evidence IN ('code', 'card', 'open')", name="evidence"),
        CheckConstraint(
            "(evidence = 'open' OR channel IN ('paper', 'phone')) = (link_id IS NOT NULL)",
            name="link_if_open",
        ),
        CheckConstraint(
            "evidence = 'open' OR (device_mark IS NULL AND pace IS NULL)", name="no_traces_of_codes"
        ),
        CheckConstraint("pace IN ('fast', 'normal')", name="pace"),
        SECRET_TABLE,
    )

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    rater_class: Mapped[str] = mapped_column(Text)
    stratum: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    ratee_number: Mapped[int | None] = mapped_column(SmallInteger)
    """The one ratee of a form about one ratee, so that progress can be watched; else None."""
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("link.id"))
    device_mark: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    pace: Mapped[str | None] = mapped_column(Text)
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    """What stands for this ballot in the round's log, see ballots.commitments."""
    opening: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Shows that the commitment is to this content."""


class Receipt(Base):
    """One nonce, one ballot, one receipt: the primary key is what refuses a second."""

    __tablename__ = "receipt"
    __table_args__ = (SECRET_TABLE,)

    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    """What stands for this receipt in the round's log: a hash of the number."""


class Admission(Base):
    """One card, one ballot: the primary key is what refuses a second."""

    __tablename__ = "admission"
    __table_args__ = (SECRET_TABLE,)

    card_id: Mapped[bytes] = mapped_column(ForeignKey("card.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)


class Draft(Base):
    """A saved form, encrypted under a key only the card's codes open."""

    __tablename__ = "draft"
    __table_args__ = (SECRET_TABLE,)

    card_id: Mapped[bytes] = mapped_column(ForeignKey("card.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Comment(Base):
    """A free text about a ratee, apart from the ratings it came with."""

    __tablename__ = "comment"
    __table_args__ = (SECRET_TABLE,)

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    ratee_number: Mapped[int] = mapped_column(SmallInteger)
    item: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column("content", Text)


class Arrival(Base):
    """How many ballots came through a link in ten minutes: bursts show here, persons do not."""

    __tablename__ = "arrival"
    __table_args__ = (CheckConstraint("n > 0", name="n"), SECRET_TABLE)

    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), primary_key=True)
    bin: Mapped[int] = mapped_column(primary_key=True)
    """Number of the ten minutes since 1970-01-01 UTC."""
    n: Mapped[int]


class Asked(Base):
    """How many submissions through a link were asked to wait in ten minutes, see ballots.fence."""

    __tablename__ = "asked"
    __table_args__ = (CheckConstraint("n > 0", name="n"), SECRET_TABLE)

    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), primary_key=True)
    bin: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


class Refusal(Base):
    """How many submissions a round turned away, by reason: counted, never described."""

    __tablename__ = "refusal"
    __table_args__ = (SECRET_TABLE,)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text, primary_key=True)
    n: Mapped[int]
