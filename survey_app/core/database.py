"""The database session: SQLite embedded by default, PostgreSQL by URL, the same guarantees."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import IO, Any

from sqlalchemy import Connection, DateTime, Dialect, MetaData, create_engine, event, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from forms.problems import N_
from survey_app.core.config import UnsafeSettingsError

try:
    import fcntl
except ImportError:  # Windows serves from one process
    fcntl = None  # type: ignore[assignment]

BUSY_SECONDS = 30
# Journal and pragmas that give least away and lose nothing: see docs/decisions/0002.
SQLITE_PRAGMAS: dict[str, str] = {
    "journal_mode": "truncate",
    "synchronous": "3",  # EXTRA
    "secure_delete": "1",
    "foreign_keys": "1",
    "trusted_schema": "0",
}
SQLITE_MINIMUM = (3, 37, 0)  # STRICT-era engine with RETURNING and UPSERT


class Base(DeclarativeBase):
    """Every table. Constraint names are fixed so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One installation's store. `read()` and `write()` are the only ways to a session."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._writing = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        self._looking = self.engine
        if not self.is_sqlite:
            # PostgreSQL shows each statement what is committed by then, with a transaction or
            # without: two round trips less for a page.
            self._looking = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turn = _WriteTurn(Path(f"{self.url.database}.lock")) if self.is_sqlite else None
        self.info: dict[Any, Any] = {}
        """What every session carries along (Session.info)."""
        self.after_write: list[Callable[[Session], None]] = []
        """Told of each session of `write` after its commit; must not raise."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking; nothing it changes is kept."""
        with Session(self.engine, expire_on_commit=False, info=self.info) as session:
            yield session

    @contextmanager
    def read_rows(self) -> Iterator[Connection]:
        """The same for plain rows without objects: the way of a rater's page."""
        with self._looking.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        with (
            self.turn(),
            Session(self._writing, expire_on_commit=False, info=self.info) as session,
            session.begin(),
        ):
            yield session
        for follow in self.after_write:
            follow(session)

    @contextmanager
    def write_rows(self) -> Iterator[Connection]:
        """The same for plain statements without objects: the way of the ballots."""
        with self.turn(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to write, across processes; `write` takes it by itself.

        SQLite has one writer at a time, and lets the others poll with growing pauses. Waiting in
        a queue of the operating system instead wakes the next one at once.
        """
        if self._turn is None:
            yield
        else:
            with self._turn.taken():
                yield

    def lock_round(
        self, session: Session | Connection, round_id: int, *, is_exclusive: bool
    ) -> None:
        """Hold the border between accepting (shared) and closing (exclusive) a round.

        SQLite has one writer at a time already (BEGIN IMMEDIATE); PostgreSQL takes an
        advisory lock, which leaves no trace in the rows and ends with the transaction.
        """
        if not self.is_sqlite:
            shared = "" if is_exclusive else "_shared"
            session.execute(
                text(f"SELECT pg_advisory_xact_lock{shared}(:space, :round)"),
                {"space": 7301, "round": round_id},
            )

    def check(self) -> None:
        """Raise UnsafeSettingsError unless the store gives what acknowledging needs."""
        reasons = self.unsafe()
        if reasons:
            raise UnsafeSettingsError(tuple(said.format_map(values) for said, values in reasons))

    def unsafe(self, *, is_strict: bool = False) -> "list[Reason]":
        """Everything about the store that could lose what was acknowledged.

        `is_strict` asks for checksums of PostgreSQL's pages, too.
        """
        with self.engine.connect() as connection:
            if self.is_sqlite:
                return _check_sqlite(connection)
            return _check_postgres(connection, is_strict=is_strict)

    def keeps_old_wal(self) -> bool:
        """Whether PostgreSQL's write-ahead log stays on the disk after a close or a destruction.

        It tells which card and which ballot were written together.
        """
        if self.is_sqlite:
            return False
        with self.engine.connect() as connection:
            return bool(connection.execute(_KEEPS_OLD_WAL).scalar())

    def dispose(self) -> None:
        self.engine.dispose()


class _WriteTurn:
    """A lock for the threads of this process and, by a lock file, for other processes.

    Taking it again while holding it is allowed. The database's own lock stays the guard: a
    process that does not know of the file is merely slower.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = RLock()
        self._depth = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._threads:
            if self._depth:
                yield
                return
            with self._path.open("w") as file:
                lock_file(file)
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1


def lock_file(file: IO[str]) -> None:
    """Wait until no other process holds this file's lock; closing the file gives it back."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX)


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for name, value in SQLITE_PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))

    return engine


def _postgres_engine(url: str) -> Engine:
    backend = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(backend, pool_size=10, max_overflow=20, pool_pre_ping=True)


Reason = tuple[str, Mapping[str, str]]
"""A message id, and what fills it."""


def _check_sqlite(connection: Connection) -> list[Reason]:
    reasons: list[Reason] = []
    version = tuple(int(part) for part in sqlite3.sqlite_version.split("."))
    if version < SQLITE_MINIMUM:
        said = N_("SQLite {version} 太旧：至少 3.37")
        reasons.append((said, {"version": sqlite3.sqlite_version}))
    for name, wanted in SQLITE_PRAGMAS.items():
        got = str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()).lower()
        if got != wanted:
            said = N_("SQLite 未能设置 {name}={wanted}（实际为 {got}）：请换一个本地磁盘目录")
            reasons.append((said, {"name": name, "wanted": wanted, "got": got}))
    return reasons


_KEEPS_OLD_WAL = text("""
    SELECT current_setting('wal_recycle') <> 'off' OR current_setting('archive_mode') <> 'off'
        OR current_setting('wal_keep_size') <> '0'
        OR NOT has_function_privilege('pg_switch_wal()', 'EXECUTE')
        OR NOT EXISTS (
            SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper
            UNION SELECT 1 FROM pg_roles
                WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'MEMBER'))
""")


def _check_postgres(connection: Connection, *, is_strict: bool) -> list[Reason]:
    def show(name: str) -> str:
        return str(connection.execute(text(f"SHOW {name}")).scalar())

    wanted = {"fsync": "on", "full_page_writes": "on"}
    if is_strict:
        wanted["data_checksums"] = "on"
    must = N_("PostgreSQL 的 {name} 必须为 {wanted}（实际为 {got}）")
    reasons: list[Reason] = [
        (must, {"name": name, "wanted": value, "got": show(name)})
        for name, value in wanted.items()
        if show(name) != value
    ]
    if show("synchronous_commit") not in {"on", "remote_apply", "remote_write"}:
        said = N_("PostgreSQL 的 synchronous_commit 必须为 on，否则断电会丢失已确认的答卷")
        reasons.append((said, {}))
    return reasons


def is_unique_violation(error: Exception) -> bool:
    """Whether a database error says that a unique constraint refused the row."""
    original: Any = getattr(error, "orig", None)
    if isinstance(original, sqlite3.IntegrityError):
        return original.sqlite_errorname in {
            "SQLITE_CONSTRAINT_PRIMARYKEY",
            "SQLITE_CONSTRAINT_UNIQUE",
        }
    return getattr(original, "sqlstate", None) == "23505"


Clock = Callable[[], datetime]
