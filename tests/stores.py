"""Stores with every table, copied from one that was brought up to date once a process."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from survey_app.core import migrations
from survey_app.core.database import Database


def migrate(url: str, folder: Path) -> None:
    """Bring a store to the newest schema."""
    database = Database(url)
    migrations.upgrade(database, folder / "upgrade.lock")
    database.dispose()


def new_sqlite(path: Path) -> str:
    """The URL of a fresh SQLite store at this path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(_template().name) / "survey.db", path)
    return f"sqlite:///{path}"


@cache
def _template() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="survey-template-")
    migrate(f"sqlite:///{folder.name}/survey.db", Path(folder.name))
    return folder
