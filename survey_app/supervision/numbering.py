"""Running numbers without gaps: whoever numbers takes turns."""

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session


def take_turn(session: Session) -> None:
    """Wait until nobody else numbers or decides; the turn lasts until the commit.

    SQLite's write transactions take turns already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(7303)"))


def next_number(
    session: Session, column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]
) -> int:
    """One more than the highest number so far where the conditions hold."""
    take_turn(session)
    return (session.scalar(select(func.max(column)).where(*conditions)) or 0) + 1
