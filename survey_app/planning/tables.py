"""Draws from rosters, on record: how each was made and what came of it, never who was drawn."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class RosterDraw(Base):
    """One draw (抽样). Whoever has the list draws the same people again from seed and method.

    The digests are SHA-256 of the two files the operator was given: the list in its one order,
    and the people drawn. The same draw of the same list is one row.
    """

    __tablename__ = "roster_draw"
    __table_args__ = (
        UniqueConstraint("round_id", "number"),
        UniqueConstraint(
            "round_id",
            "purpose",
            "method",
            "n",
            "allocation",
            "seed",
            "list_digest",
            name="uq_roster_draw_once",
        ),
        CheckConstraint("method IN ('simple', 'stratified', 'systematic', 'pps')", name="method"),
        CheckConstraint("allocation IN ('', 'proportional', 'equal')", name="allocation"),
        CheckConstraint("(method = 'stratified') = (allocation <> '')", name="allocated"),
        CheckConstraint("n > 0 AND n <= people", name="n"),
        CheckConstraint("purpose <> '' AND seed <> '' AND announced <> ''", name="said"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]
    """Counted within the round, so that a draw kept back would leave a gap."""
    purpose: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default="")
    """Key of the rater class whose roster it was, "" for a file."""
    method: Mapped[str] = mapped_column(Text)
    allocation: Mapped[str] = mapped_column(Text, default="")
    n: Mapped[int]
    people: Mapped[int]
    strata: Mapped[dict[str, list[int]]] = mapped_column(JSON, default=dict)
    """Stratum → [people, drawn]."""
    seed: Mapped[str] = mapped_column(Text)
    announced: Mapped[str] = mapped_column(Text)
    """Where the seed comes from and when it was made public."""
    list_digest: Mapped[str] = mapped_column(Text)
    drawn_digest: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
