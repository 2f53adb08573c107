"""Rounds, their entrances (links) and the cards that carry codes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class Round(Base):
    """One round of evaluation (轮次). What raters see and what results use is `frozen_config`."""

    __tablename__ = "round"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','testing','frozen','open','closed','assessed')", name="state"
        ),
        CheckConstraint(
            "(state = 'draft') = (frozen_config IS NULL)", name="config_frozen_unless_draft"
        ),
        CheckConstraint(
            "state NOT IN ('closed','assessed') OR closed_at IS NOT NULL", name="closed_has_moment"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    organiser: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    is_simulated: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Text, default="draft")
    period: Mapped[str] = mapped_column(Text, default="")
    """What the round evaluates: 2026, 2026-H1, 2026-Q3 or 2026-03; "" where nobody said."""
    scheme_toml: Mapped[str] = mapped_column(Text, default="")
    bindings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{rater_class, ratee_class, questionnaire, short}]: which form who fills in for whom."""
    target_per_ratee: Mapped[int] = mapped_column(default=0)
    frozen_config: Mapped[str | None] = mapped_column(Text)
    """Canonical JSON, see rounds.frozen; its digest is what results quote."""
    config_digest: Mapped[str | None] = mapped_column(Text)
    close_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_sealed: Mapped[bool] = mapped_column(default=False)
    """Ballots are encrypted until two of three key holders open them (密封轮次)."""
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """What they are encrypted to, made by the key ceremony."""
    rehearsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When two shares had opened a trial envelope."""
    unsealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the ballots were decrypted (开封), after the close."""
    keep_days: Mapped[int] = mapped_column(default=30)
    """How many days after the first assessment the raters' material may be destroyed (销毁)."""
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Link(Base):
    """An open entrance: a poster's QR code. Everybody who scans it sees the same form."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    rater_class: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    stratum: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Keys of the ratees on the form; empty means all of the round."""
    is_active: Mapped[bool] = mapped_column(default=True)


class Batch(Base):
    """Cards of one kind: the same rater class, channel, stratum and rating list.

    `valid_from` and `valid_until` are the first and the last day it may be used, in local time;
    `place_id` the one entrance (a service hall's tablet) where it may be.
    """

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint("issued > 0", name="issued"),
        CheckConstraint("evidence IN ('code', 'card')", name="evidence"),
        CheckConstraint("valid_from <= valid_until", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    rater_class: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    stratum: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text)
    scope: Mapped[list[str]] = mapped_column(JSON, default=list)
    issued: Mapped[int]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("link.id"))


class Card(Base):
    """One card: two independent codes, each kept only as a keyed hash.

    Whether a card was used is not written here: that is an admission (ballots), and a card
    knows neither a person nor a ballot. `draft_key_*` are the card's draft key, wrapped under
    each code, so that either code opens a saved draft and the store cannot.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("qr_hash"),
        UniqueConstraint("typed_hash"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    qr_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    typed_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    draft_key_qr: Mapped[bytes] = mapped_column(LargeBinary(60))
    draft_key_typed: Mapped[bytes] = mapped_column(LargeBinary(60))
    is_void: Mapped[bool] = mapped_column(default=False)
