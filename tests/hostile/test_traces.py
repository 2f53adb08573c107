"""After raters have been there: what every file and every line of output says of them (I14)."""

import base64
import sys
from pathlib import Path

import pytest

from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.hostile.served import Phone, served
from tests.hostile.test_outbound import environ, outside
from tests.rounds import World, make_world
from tests.stores import new_sqlite

ACCESS_LOG = (sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:{port}")
ACCESS_LOG += ("--access-logfile", "-", "wsgi:app")


@pytest.fixture
def world(tmp_path: Path) -> World:
    home = tmp_path / "home"
    database = Database(new_sqlite(home / "survey.db"))
    return make_world(database, home, cards=4)


def spellings(secret: str) -> set[bytes]:
    """How a secret may stand in a file: as text, in small letters, grouped, or as bytes."""
    grouped = "-".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    found = {secret.encode(), secret.lower().encode(), grouped.encode()}
    if len(secret) == 59:  # a nonce; its first sixteen bytes are what is random
        raw = base64.urlsafe_b64decode(secret + "=")
        found |= {raw[:16], raw[:16].hex().encode()}
    return found


def found_in(folder: Path, secret: str) -> list[str]:
    """The files below a folder that hold a secret in any spelling."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    wanted = spellings(secret)
    return [
        str(path.relative_to(folder))
        for path in files
        if any(one in path.read_bytes() for one in wanted)
    ]


def visit(world: World, folder: Path, command: tuple[str, ...] = ()) -> Phone:
    with served(folder / "home", command=command, environ=environ(folder)) as port:
        phone = Phone(port)
        phone.journeys(world)
    return phone


def test_no_file_and_no_line_of_output_tells_of_a_rater(world: World, tmp_path: Path) -> None:
    """And while they were there, the server reached out to nobody (I29)."""
    phone = visit(world, tmp_path)
    assert outside(tmp_path) == []
    places = {name: found_in(tmp_path, secret) for name, secret in phone.secrets.items()}
    assert {name: files for name, files in places.items() if files} == {}
    assert len(phone.receipts) == 6
    for receipt in phone.receipts:
        assert [path for path in found_in(tmp_path, receipt) if "survey.db" not in path] == []


@pytest.mark.long
def test_an_access_log_would_tell(world: World, tmp_path: Path) -> None:
    """The counter-proof: with the log that servers usually keep, the same search finds them."""
    phone = visit(world, tmp_path, ACCESS_LOG)
    for name in ("address", "browser", "unused"):
        assert found_in(tmp_path, phone.secrets[name]) == ["output.log"]


def test_the_secret_of_the_installation_is_no_part_of_the_store(
    tmp_path: Path, world: World
) -> None:
    settings = Settings.from_environ({"SURVEY_HOME": str(tmp_path / "home")})
    assert found_in(tmp_path, settings.secret_key.decode()) == ["home/secret.key"]
    for key in (tmp_path / "home" / "keys").iterdir():
        assert key.stat().st_mode & 0o077 == 0
