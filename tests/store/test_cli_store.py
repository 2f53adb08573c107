"""Commands on a store: first steps, closing, sealing, backing up, restoring, serving."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from survey_app.cli import group
from survey_app.cli.presence import nobody_else
from survey_app.core.config import Settings
from survey_app.factory import start_services
from survey_app.rounds import service as rounds
from tests.cities import survey
from tests.conftest import missing
from tests.postgres import Server
from tests.rounds import make_world

COMMANDS = (
    *("demo", "serve", "init", "operator", "seal-csv", "assess", "verify"),
    *("close", "seal", "backup", "restore", "attacks"),
    *("witness", "bundle", "check", "verify-round"),
    *("ceremony", "open-ballots", "destroyed"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def with_round(home: Path, database_url: str) -> str:
    """A store with one open round, `test-round`; its URL."""
    environment = {"SURVEY_HOME": str(home), "SURVEY_DATABASE_URL": database_url}
    services = start_services(Settings.from_environ(environment))
    make_world(services.database, home)
    services.database.dispose()
    return database_url


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(home: Path, name: str) -> None:
    done = survey(home, name, "--help")
    assert done.exit_code == 0
    assert "例：" in done.output
    assert f"survey {name}" in done.output
    for flag in ("--json", "--quiet"):
        assert flag in done.output
    assert set(COMMANDS) | {"scheme", "stats"} == set(group.commands)


def test_first_steps(home: Path, database_url: str) -> None:
    first = survey(home, "init", "--json", SURVEY_DATABASE_URL=database_url)
    assert first.exit_code == 0
    assert json.loads(first.stdout)["created"] is True
    again = survey(home, "init", "--json", SURVEY_DATABASE_URL=database_url)
    assert json.loads(again.stdout)["created"] is False
    added = survey(home, "operator", "li", "--role", "viewer", SURVEY_DATABASE_URL=database_url)
    assert added.exit_code == 0
    twice = survey(home, "operator", "li", SURVEY_DATABASE_URL=database_url)
    assert twice.exit_code == 3
    assert "已经有登录名“li”" in twice.stderr


def test_closing_and_sealing(home: Path, with_round: str) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = survey(home, *arguments, SURVEY_DATABASE_URL=with_round)
        return done.exit_code, done.output

    assert run("close", "elsewhere") == (
        3,
        "没有编号为“elsewhere”的轮次。现有轮次：test-round。\n",
    )
    code, told = run("seal", "test-round")
    assert (code, "不能封存" in told) == (3, True)
    assert run("close", "test-round")[0] == 0
    assert run("close", "test-round")[0] == 3
    code, told = run("seal", "test-round", "--json")
    assert code == 0
    folders = json.loads(told)["folders"]
    assert folders
    assert all(survey(home, "verify", one).exit_code == 0 for one in folders)


def test_a_backup_restores_elsewhere_without_secrets(
    home: Path, tmp_path: Path, with_round: str
) -> None:
    if with_round.startswith("postgresql") and not _has_tools():
        missing("pg_dump")
    survey(home, "close", "test-round", SURVEY_DATABASE_URL=with_round)
    survey(home, "seal", "test-round", SURVEY_DATABASE_URL=with_round)
    (home / "evidence").mkdir()
    (home / "evidence" / "a1").write_bytes(b"%PDF-")
    file = tmp_path / "b.tar.gz"
    made = survey(home, "backup", str(file), "--json", SURVEY_DATABASE_URL=with_round)
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["keys"] is False
    with tarfile.open(file) as archive:
        names = archive.getnames()
    assert not [name for name in names if name.startswith("keys") or "secret" in name]
    assert [name for name in names if name.endswith("ballots.parquet")]
    assert file.stat().st_mode & 0o077 == 0

    again = survey(home, "backup", str(file), SURVEY_DATABASE_URL=with_round)
    assert again.exit_code == 3

    refused = survey(home, "restore", str(file), SURVEY_DATABASE_URL=with_round)
    assert refused.exit_code == 3
    assert "--force" in refused.stderr
    shutil.rmtree(home / "sealed")
    shutil.rmtree(home / "evidence")
    done = survey(home, "restore", str(file), "--force", SURVEY_DATABASE_URL=with_round)
    assert done.exit_code == 0, done.output
    assert (home / "evidence" / "a1").read_bytes() == b"%PDF-"
    assert survey(home, "verify", str(home / "sealed")).exit_code == 0
    told = survey(home, "close", "test-round", SURVEY_DATABASE_URL=with_round)
    assert "现在是“已关闭”" in told.stderr  # the rounds are back, in their state


def _has_tools() -> bool:
    folders = Path("/usr/lib/postgresql").glob("*/bin/pg_dump")
    return shutil.which("pg_dump") is not None or any(folders)


def small_store(home: Path) -> Path:
    """A home with a SQLite store; the backup of it, keys included."""
    services = start_services(Settings.from_environ({"SURVEY_HOME": str(home)}))
    make_world(services.database, home)
    services.database.dispose()
    file = home.parent / "full.tar.gz"
    assert survey(home, "backup", str(file), "--with-keys").exit_code == 0
    return file


def test_keys_come_along_only_where_asked_for(home: Path, tmp_path: Path) -> None:
    file = small_store(home)
    other = tmp_path / "other"
    done = survey(other, "restore", str(file), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["keys"] is True
    assert (other / "secret.key").read_bytes() == (home / "secret.key").read_bytes()
    keys = list((other / "keys").iterdir())
    assert [one.read_bytes() for one in keys] == [
        one.read_bytes() for one in (home / "keys").iterdir()
    ]
    assert all(one.stat().st_mode & 0o077 == 0 for one in (*keys, other / "secret.key"))
    with closing(sqlite3.connect(other / "survey.db")) as connection:
        assert connection.execute("SELECT key FROM round").fetchall() == [("test-round",)]


def test_a_damaged_backup_restores_nothing(home: Path, tmp_path: Path) -> None:
    file = small_store(home)
    rebuilt = tmp_path / "changed.tar.gz"
    scratch = tmp_path / "scratch"
    with tarfile.open(file) as archive:
        archive.extractall(scratch, filter="data")
    (scratch / "database.sqlite3").write_bytes(b"something else")
    with tarfile.open(rebuilt, "w:gz") as archive:
        for one in ("backup.json", "database.sqlite3"):
            archive.add(scratch / one, arcname=one)
    done = survey(tmp_path / "other", "restore", str(rebuilt))
    assert done.exit_code == 4
    assert "database.sqlite3" in done.stderr
    assert not (tmp_path / "other" / "survey.db").exists()


def test_a_backup_that_climbs_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar.gz"
    index = {"format": "survey-backup/1", "files": [{"name": "../out.txt", "sha256": "0"}]}
    (tmp_path / "backup.json").write_text(json.dumps(index))
    (tmp_path / "out").write_text("x")
    with tarfile.open(evil, "w:gz") as archive:
        archive.add(tmp_path / "backup.json", arcname="backup.json")
        archive.add(tmp_path / "out", arcname="../out.txt")
    done = survey(tmp_path / "home", "restore", str(evil))
    assert done.exit_code == 4
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x1f\x8bbroken"])
def test_what_is_no_backup_is_bad_input(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar.gz").write_bytes(content)
    done = survey(tmp_path / "home", "restore", str(tmp_path / "b.tar.gz"))
    assert done.exit_code == 3
    assert "不是完整的备份" in done.stderr
    missing = survey(tmp_path / "home", "restore", str(tmp_path / "none.tar.gz"))
    assert missing.exit_code == 3
    assert "没有这个文件" in missing.stderr


def test_a_store_that_is_served_is_not_replaced(home: Path) -> None:
    with nobody_else(home):
        done = survey(home, "demo", "--no-serve", "--ballots", "600")
    assert done.exit_code == 3
    assert "正在提供服务" in done.stderr


def test_unusable_settings_and_stores_say_so_without_a_stack_trace(home: Path) -> None:
    weak = survey(home, "init", SURVEY_SECRET_KEY="short")
    assert weak.exit_code == 3
    assert "SURVEY_SECRET_KEY" in weak.stderr
    gone = survey(
        home, "init", SURVEY_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"
    )
    assert gone.exit_code == 3
    assert "SURVEY_DATABASE_URL" in gone.stderr
    assert "Traceback" not in gone.output


def test_an_error_nobody_foresaw_has_no_stack_trace_either(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "survey.db").write_bytes(b"this is no database, whatever its name says" * 100)
    done = survey(home, "init")
    assert done.exit_code in (1, 3)
    assert "Traceback" not in done.output
    assert done.stderr.strip()


def test_the_command_serves_and_keeps_its_store(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "SURVEY_HOME": str(home), "PYTHONUTF8": "1"}
    environment.pop("SURVEY_DATABASE_URL", None)
    command = [sys.executable, "-m", "survey_app.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*command, "--workers", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            status = _wait_for(f"http://127.0.0.1:{port}/c")
            busy = survey(home, "demo", "--no-serve", "--ballots", "600")
        finally:
            server.terminate()
        printed = server.communicate(timeout=30)[0]
    assert status == 200
    assert busy.exit_code == 3
    assert "正在提供服务" in busy.stderr
    assert f"http://127.0.0.1:{port}/" in printed
    assert "GET /c" not in printed  # no access log: it would tell who came when


def _wait_for(address: str) -> int:
    """The status of a page, as soon as the server answers."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return int(answer.status)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_the_module_runs_as_a_command(home: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SURVEY_HOME": str(home), "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "survey_app.cli", *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )

    assert run("--help").returncode == 0
    wrong = run("assess")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    bad = run("verify", str(home / "nowhere"))
    assert bad.returncode == 3
    assert "Traceback" not in bad.stderr


@pytest.mark.postgres
def test_a_server_reached_by_its_socket_is_backed_up_too(
    postgres_server: Server, tmp_path: Path
) -> None:
    if not _has_tools():
        missing("pg_dump")
    with postgres_server.new_database() as url:
        name = url.rsplit("/", 1)[1]
        place = f"host={postgres_server.folder}&port={postgres_server.port}&user=postgres"
        address = f"postgresql:///{name}?{place}"
        assert survey(tmp_path / "home", "init", SURVEY_DATABASE_URL=address).exit_code == 0
        done = survey(
            tmp_path / "home", "backup", str(tmp_path / "b.tar.gz"), SURVEY_DATABASE_URL=address
        )
    assert done.exit_code == 0, done.output


def test_a_sealed_round_is_held_and_opened_by_commands(home: Path, database_url: str) -> None:
    environment = {"SURVEY_HOME": str(home), "SURVEY_DATABASE_URL": database_url}
    services = start_services(Settings.from_environ(environment))
    world = make_world(services.database, home, is_sealed=True, state="draft")
    asked = ("ceremony", "test-round", "--holders")
    few = survey(home, *asked, "赵一,钱二", SURVEY_DATABASE_URL=database_url)
    assert few.exit_code == 3
    done = survey(home, *asked, "赵一,钱二,孙三", "--json", SURVEY_DATABASE_URL=database_url)
    shares = json.loads(done.output)["shares"]
    rounds.freeze(services.database, "tests", world.round_id)
    rounds.open_round(services.database, "tests", world.round_id)
    services.database.dispose()
    closed = survey(home, "close", "test-round", SURVEY_DATABASE_URL=database_url)
    assert "survey open-ballots test-round" in closed.output
    opening = ("open-ballots", "test-round")
    wrong = survey(home, *opening, shares[0], shares[0], SURVEY_DATABASE_URL=database_url)
    assert wrong.exit_code == 3
    assert "同一份" in wrong.stderr
    done = survey(home, *opening, shares[0], shares[2], SURVEY_DATABASE_URL=database_url)
    assert done.exit_code == 0
    assert survey(home, "seal", "test-round", SURVEY_DATABASE_URL=database_url).exit_code == 0
    looked = survey(home, "destroyed", "test-round", SURVEY_DATABASE_URL=database_url)
    assert looked.exit_code == 4
    assert "不符合" in looked.output
