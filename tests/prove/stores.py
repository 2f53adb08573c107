"""Stores for one trial, gone afterwards: a SQLite file, or a PostgreSQL server of its own."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.postgres import Server, find_binaries, start_server
from tests.prove.trial import CannotTryError, Task
from tests.stores import migrate, new_sqlite

SECRET = b"a secret for trials only, 32 byte"


@dataclass(frozen=True)
class Store:
    """A scratch installation with every table, and the server under it if there is one."""

    settings: Settings
    database: Database
    server: Server | None = None

    @property
    def home(self) -> Path:
        return self.settings.home


@contextmanager
def sqlite_store(task: Task) -> Iterator[Store]:
    """A scratch installation on SQLite."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=task.folder))
    with _opened(home, new_sqlite(home / "survey.db"), None) as store:
        yield store


@contextmanager
def postgres_store(task: Task) -> Iterator[Store]:
    """A scratch installation on a PostgreSQL server that belongs to the trials.

    Raises CannotTryError where PostgreSQL is not installed.
    """
    if find_binaries() is None:
        raise CannotTryError("PostgreSQL is not installed")
    server = _server()
    if not server.is_up():  # a trial that broke may have left it stopped
        server.start()
    with server.new_database(_template().rpartition("/")[2]) as url:
        home = Path(tempfile.mkdtemp(prefix="home-", dir=task.folder))
        with _opened(home, url, server) as store:
            yield store


@cache
def _server() -> Server:
    folder = Path(tempfile.mkdtemp(prefix="prove-pg-"))
    server = start_server(folder)

    def end() -> None:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return server


@cache
def _template() -> str:
    """The URL of a database with every table, to be copied."""
    made = ExitStack()
    url = made.enter_context(_server().new_database())
    made.pop_all()  # it goes with the server
    with tempfile.TemporaryDirectory() as folder:
        migrate(url, Path(folder))
    return url


STORES = {"sqlite": sqlite_store, "postgres": postgres_store}


@contextmanager
def _opened(home: Path, url: str, server: Server | None) -> Iterator[Store]:
    settings = Settings(
        home=home, database_url=url, secret_key=SECRET, is_production=False, base_url=None
    )
    database = Database(url)
    try:
        yield Store(settings, database, server)
    finally:
        database.dispose()
