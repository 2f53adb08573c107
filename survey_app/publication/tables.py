"""What is open to everybody of a round, and since when it no longer is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


class Publication(Base):
    """A page of results published, or withdrawn with a reason; the last row of a round holds.

    `page` is the page as it was published, so that it never changes under its address.
    """

    __tablename__ = "publication"
    __table_args__ = (
        CheckConstraint("act IN ('publish', 'withdraw')", name="act"),
        CheckConstraint("style IN ('grades', 'scores', 'intervals')", name="style"),
        CheckConstraint("act = 'publish' OR reason <> ''", name="says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    act: Mapped[str] = mapped_column(Text)
    style: Mapped[str] = mapped_column(Text)
    page: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublishedFile(Base):
    """A file that everybody could download beside a page, kept as it was: for the public bundle."""

    __tablename__ = "published_file"

    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
