"""Bring a database to the newest schema, by the numbered steps in survey_app/migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from survey_app.core.database import Database, lock_file

SCRIPTS = Path(__file__).parents[1] / "migrations"


def upgrade(database: Database, lock_path: Path) -> None:
    """Run the missing steps; several processes may call this at once."""
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    with lock_path.open("w") as lock:
        lock_file(lock)
        with database.engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
