"""The ledger of everything released of a round, and the minimum its groups must have."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from analysis.small_groups import COMMENT_MINIMUM, PRIVACY_MINIMUM
from survey_app.core.database import Base, UtcDateTime


class Release(Base):
    """Something handed out or published: which file, by whom, what it says of which cell.

    `cells` are [[cell, n]], `hidden` [[cell, why]], `reasons` sentences. `content` is the digest
    of the answers it speaks of. The same file again is the same release.
    """

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("round_id", "kind", "digest"),
        CheckConstraint("name <> '' AND kind <> ''", name="named"),
        CheckConstraint("length(digest) = 64", name="digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[Any]] = mapped_column(JSON)
    hidden: Mapped[list[Any]] = mapped_column(JSON)
    reasons: Mapped[list[str]] = mapped_column(JSON)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrivacyMinimum(Base):
    """How many ballots a group must have to be shown: rows are added, and only ever tighter ones.

    The last row of a round holds; without any the usual minimum does.
    """

    __tablename__ = "privacy_minimum"
    __table_args__ = (
        CheckConstraint(f"scores >= {PRIVACY_MINIMUM}", name="scores"),
        CheckConstraint(f"comments >= {COMMENT_MINIMUM}", name="comments"),
        CheckConstraint("reason <> ''", name="says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    scores: Mapped[int]
    comments: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
