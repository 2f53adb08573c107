"""A PostgreSQL server for one test run: made in a scratch folder, gone afterwards."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


def find_binaries() -> Path | None:
    """The folder with initdb and pg_ctl of the newest installed version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).parent)
    return next((one for one in folders if (one / "initdb").exists()), None)


@dataclass(frozen=True)
class Server:
    """A running server. It trusts connections from this machine and from nowhere else."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @contextmanager
    def new_database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh copy of a template, dropped afterwards."""
        name = f"t{secrets.token_hex(6)}"
        self._execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template}")
        yield self._url(name)
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def control(self, *arguments: str) -> None:
        """Run pg_ctl on this server."""
        binaries = find_binaries()
        assert binaries is not None
        _run(self.folder, [str(binaries / "pg_ctl"), "-D", str(self.data), "-w", *arguments])

    def is_up(self) -> bool:
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        options += " -c wal_recycle=off"  # as the manual asks for
        self.control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self.control("-m", "immediate", "stop")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


def start_server(folder: Path) -> Server:
    """Make and start a server in an empty folder."""
    binaries = find_binaries()
    assert binaries is not None
    folder.chmod(0o755)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    initdb = [str(binaries / "initdb"), "-k", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    _run(folder, [*initdb, "--locale=C", "-D", str(folder / "data")])
    server = Server(folder, _free_port())
    server.start()
    return server


def _run(folder: Path, command: list[str]) -> None:
    """PostgreSQL refuses to run as root, so root steps down to its user."""
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    log = folder / "commands.log"
    with log.open("ab") as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=folder, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
