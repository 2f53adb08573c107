"""Whoever adds to the record or to a round's log waits for the others."""

from sqlalchemy import text
from sqlalchemy.orm import Session

RECORD_LOCK = 7302


def one_at_a_time(session: Session) -> None:
    """Hold the only right to append until the commit; SQLite's write transactions do already.

    One lock for both, as an act is written to both: two taken crosswise would wait for ever.
    Who also needs the round's lock (Database.lock_round) takes that one first.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": RECORD_LOCK})
