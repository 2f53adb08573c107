"""The library of schemes: every version that was ever saved, and how far each is in use."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.core.database import Base, UtcDateTime


def _one(status: str) -> Index:
    """At most one version of a scheme has this status."""
    held = text(f"status = '{status}'")
    return Index(
        f"uq_stored_scheme_{status}", "key", unique=True, sqlite_where=held, postgresql_where=held
    )


class StoredScheme(Base):
    """One version of a scheme. Its content never changes; only `status` does.

    A scheme on trial (pilot) names the ratees it is limited to, one in full use names none.
    """

    __tablename__ = "stored_scheme"
    __table_args__ = (
        UniqueConstraint("key", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("status IN ('draft', 'pilot', 'full', 'retired')", name="status"),
        CheckConstraint("pilot_ratees >= 0", name="pilot_ratees"),
        CheckConstraint("status <> 'pilot' OR pilot_ratees > 0", name="pilot_names_ratees"),
        CheckConstraint("status <> 'full' OR pilot_ratees = 0", name="full_has_no_limit"),
        CheckConstraint("note <> ''", name="note"),
        _one("pilot"),
        _one("full"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    toml: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    pilot_ratees: Mapped[int]
    """How many ratees the scheme is limited to; 0: everybody."""
    status: Mapped[str] = mapped_column(Text, default="draft")
    note: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
