"""Bring a database to the newest schema, by the numbered steps in survey_app/migrations."""

import fcntl
from pathlib import Path

from alembic import command
from alembic.config import Config

from survey_app.core.database import Database

SCRIPTS = Path(__file__).parents[1] / "migrations"


def upgrade(database: Database, lock_file: Path) -> None:
    """Run the missing steps; several processes may call this at once."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with database.engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
