"""After the close, rows lose what the store noted underneath: which transaction wrote them.

PostgreSQL keeps a transaction's number in every row (xmin), so a card's admission and its ballot,
written together, could be told to belong together. All rows of a round are therefore written
again in one transaction, in the order of their random keys, and then into new files; the
write-ahead log of before is let go. SQLite's tables here have no such number.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, insert, select, text
from sqlalchemy.exc import ProgrammingError

from survey_app.ballots.tables import Admission, Ballot, Comment, Receipt
from survey_app.core.database import Base, Database

REWRITTEN = (Ballot, Comment, Receipt, Admission)


def rewrite(database: Database, round_id: int) -> None:
    """Write a closed round's rows again, so that they all come from one transaction."""
    if database.is_sqlite:
        return
    with database.write_rows() as connection:
        database.lock_round(connection, round_id, is_exclusive=True)
        for table in REWRITTEN:
            _again(connection, table.__table__, round_id)  # type: ignore[arg-type]
    vacuum(database, REWRITTEN)


def vacuum(database: Database, tables: Sequence[type[Base]]) -> None:
    """PostgreSQL: files without the rows that were deleted. SQLite's were overwritten already.

    A plain VACUUM leaves their bytes where they lay, in the order in which they came. The tables
    are locked for as long as the copy takes.
    """
    if database.is_sqlite:
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            connection.execute(text(f"VACUUM (FULL) {table.__tablename__}"))
        _let_go_of_wal(connection)


def _let_go_of_wal(connection: Connection) -> None:
    """Begin a new segment of the write-ahead log, so that a checkpoint removes all before it.

    They go where the server does not recycle them and this role may ask for it
    (Database.keeps_old_wal); elsewhere they stay until they are written over.
    """
    for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        try:
            connection.execute(text(statement))
        except ProgrammingError:  # a matter for the server's administrator
            connection.rollback()


def _again(connection: Connection, table: Table, round_id: int) -> None:
    of_round = table.c.round_id == round_id
    key = next(iter(table.primary_key.columns))
    rows = connection.execute(select(table).where(of_round).order_by(key)).mappings().all()
    if rows:
        connection.execute(delete(table).where(of_round))
        connection.execute(insert(table), [dict(row) for row in rows])
