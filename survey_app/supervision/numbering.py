"""Running numbers without gaps: whoever numbers takes turns."""

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session


def next_number(
    session: Session, column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]
) -> int:
    """One more than the highest number so far where the conditions hold.

    The turn lasts until the commit; SQLite's write transactions take turns already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(7303)"))
    return (session.scalar(select(func.max(column)).where(*conditions)) or 0) + 1
