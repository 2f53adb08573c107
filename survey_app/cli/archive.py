"""One file that holds an installation: database, sealed rounds, evidence; without its secrets.

A tar with `backup.json` first: what it is and the SHA-256 of every member. Round keys and the
server's secret come along only where asked for.
"""

import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import URL, inspect

from analysis.sealed_round import IntegrityError
from forms.problems import N_, InputError, Problem, canonical_json
from survey_app.core import clock
from survey_app.core.config import Settings, prepare_home
from survey_app.core.database import Database
from survey_app.core.errors import DomainError

FORMAT = "survey-backup/1"
INDEX = "backup.json"
SQLITE, POSTGRES = "database.sqlite3", "database.dump"
SEALED, EVIDENCE, KEYS, SECRET = "sealed", "evidence", "keys", "secret.key"
BLOCK = 1 << 20


class ToolError(DomainError):
    message = N_("{tool} 没有成功：{why}。")
    remedy = N_("请安装 PostgreSQL 客户端工具（pg_dump、pg_restore），并检查数据库地址。")


class NotEmptyError(DomainError):
    status = 409
    message = N_("这里已经有数据：{place}。")
    remedy = N_("确认要用备份覆盖时，请加 --force；或另设 SURVEY_HOME。")


@dataclass(frozen=True, slots=True)
class Archived:
    """What a backup holds."""

    path: Path
    database: str
    files: int
    has_keys: bool


def make_backup(settings: Settings, path: Path, *, has_keys: bool) -> Archived:
    """Write the archive, complete or not at all. FileExistsError where the file is there."""
    if path.exists():
        raise FileExistsError(17, "exists", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as scratch:
        dump = _dump_database(settings, Path(scratch))
        members = [
            (dump.name, dump),
            *_files_below(settings.sealed_dir, SEALED),
            *_files_below(settings.evidence_dir, EVIDENCE),
        ]
        secrets = _files_below(settings.keys_dir, KEYS) if has_keys else []
        if has_keys and (settings.home / SECRET).is_file():
            secrets.append((SECRET, settings.home / SECRET))
        members += secrets
        draft = Path(scratch) / "archive.tar.gz"
        _write_tar(draft, members)
        draft.chmod(0o600)
        draft.replace(path)
    return Archived(path, dump.name, len(members), bool(secrets))


def _files_below(folder: Path, name: str) -> list[tuple[str, Path]]:
    return [
        (f"{name}/{one.relative_to(folder).as_posix()}", one)
        for one in sorted(folder.rglob("*"))
        if one.is_file() and not any(part.startswith(".") for part in one.relative_to(folder).parts)
    ]


def _write_tar(path: Path, members: list[tuple[str, Path]]) -> None:
    index = {
        "format": FORMAT,
        "made_at": clock.now().isoformat(),
        "files": [{"name": name, "sha256": _sha256(source)} for name, source in members],
    }
    content = canonical_json(index)
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        entry = tarfile.TarInfo(INDEX)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        for name, source in members:
            archive.add(source, arcname=name, recursive=False, filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """No owner's name goes along, and nothing but the owner may read it again."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def _sha256(path: Path) -> str:
    state = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            state.update(block)
    return state.hexdigest()


def _dump_database(settings: Settings, scratch: Path) -> Path:
    database = Database(settings.database_url)
    try:
        if not database.is_sqlite:
            target = scratch / POSTGRES
            _run_tool(
                "pg_dump", database.url, ["--format=custom", "--no-owner", f"--file={target}"]
            )
            return target
        source = Path(str(database.url.database))
        if not source.is_file():
            raise FileNotFoundError(2, "missing", str(source))
        target = scratch / SQLITE
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
        return target
    finally:
        database.dispose()


def _run_tool(tool: str, url: URL, arguments: list[str]) -> None:
    """Run a PostgreSQL tool; the password goes by the environment, not the command line."""
    program = shutil.which(tool)
    if program is None:
        found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"), reverse=True)
        program = str(found[0]) if found else None
    if program is None:
        raise ToolError(tool=tool, why=N_("没有安装"))
    environment = {"PGPASSWORD": str(url.password or ""), "PATH": "/usr/bin:/bin"}
    # As the application connects, a socket's folder or TLS options included.
    address = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 -- a program of the system, arguments of our own
        [program, "--no-password", f"--dbname={address}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolError(tool=tool, why=(done.stderr.strip().splitlines() or ["?"])[-1])


def restore_backup(settings: Settings, path: Path, *, is_forced: bool) -> Archived:
    """Put an archive's content in place, after every digest is checked.

    Raises:
        NotEmptyError: there is data already and nobody said to overwrite it.
        IntegrityError: the archive is damaged. InputError: it is none, or of another database.
    """
    database = Database(settings.database_url)
    try:
        if not is_forced:
            _refuse_overwriting(settings, database)
        prepare_home(settings.home)
        with tempfile.TemporaryDirectory(dir=settings.home, prefix=".restore-") as scratch:
            names = _unpack(path, Path(scratch))
            dump = _fitting_dump(path, names, database)
            _put_database(Path(scratch) / dump, database)
            # Sealed rounds the database knows nothing of would be assessed as if they were its own.
            shutil.rmtree(settings.sealed_dir, ignore_errors=True)
            for name, target in (
                (SEALED, settings.sealed_dir),
                (EVIDENCE, settings.evidence_dir),
                (KEYS, settings.keys_dir),
            ):
                if (Path(scratch) / name).is_dir():
                    shutil.copytree(Path(scratch) / name, target, dirs_exist_ok=True)
            if SECRET in names:
                shutil.copy(Path(scratch) / SECRET, settings.home / SECRET)
            _keep_private(settings)
    finally:
        database.dispose()
    return Archived(path, dump, len(names), any(name.startswith(KEYS) for name in names))


def _keep_private(settings: Settings) -> None:
    """Secrets and evidence are readable by their owner only."""
    folders = (settings.keys_dir, settings.evidence_dir)
    for folder in folders:
        if folder.is_dir():
            folder.chmod(0o700)
    for one in (*(one for folder in folders for one in folder.glob("*")), settings.home / SECRET):
        if one.is_file():
            one.chmod(0o600)


def _refuse_overwriting(settings: Settings, database: Database) -> None:
    if database.is_sqlite:
        place = Path(str(database.url.database))
        is_used = place.exists() and place.stat().st_size > 0
        where = str(place)
    else:
        is_used = bool(inspect(database.engine).get_table_names())
        where = database.url.render_as_string(hide_password=True)
    if is_used:
        raise NotEmptyError(place=where)
    if settings.sealed_dir.is_dir() and any(settings.sealed_dir.iterdir()):
        raise NotEmptyError(place=str(settings.sealed_dir))


def _unpack(path: Path, scratch: Path) -> list[str]:
    """Unpack and check every member; the names."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            index = _read_index(path, archive)
            names = [one["name"] for one in index["files"]]
            for member in archive.getmembers():
                if member.name != INDEX and (member.name not in names or not member.isfile()):
                    raise _damaged(path, N_("有清单以外的内容 {name}"), member.name)
                archive.extract(member, scratch, filter="data")
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            [Problem(str(path), N_("不是完整的备份文件"), N_("请换一个备份"), {})]
        ) from error
    for one in index["files"]:
        member_path = scratch / one["name"]
        if not member_path.is_file() or _sha256(member_path) != one["sha256"]:
            raise _damaged(path, N_("{name} 与清单不符"), one["name"])
    return names


def _read_index(path: Path, archive: tarfile.TarFile) -> dict[str, list[dict[str, str]]]:
    stream = archive.extractfile(INDEX)
    index = json.loads(stream.read()) if stream else {}
    if index["format"] != FORMAT:
        raise ValueError(index["format"])
    for one in index["files"]:
        parts = PurePosixPath(one["name"]).parts
        if ".." in parts or PurePosixPath(one["name"]).is_absolute():
            raise _damaged(path, N_("有清单以外的内容 {name}"), one["name"])
    return dict(index)


def _damaged(path: Path, message: str, name: str) -> IntegrityError:
    return IntegrityError((Problem(str(path), message, N_("请换一个完好的备份"), {"name": name}),))


def _fitting_dump(path: Path, names: list[str], database: Database) -> str:
    wanted = SQLITE if database.is_sqlite else POSTGRES
    if wanted not in names:
        raise InputError(
            [
                Problem(
                    str(path),
                    N_("备份里是另一种数据库"),
                    N_("请让 SURVEY_DATABASE_URL 指向与备份同类的数据库"),
                )
            ]
        )
    return wanted


def _put_database(dump: Path, database: Database) -> None:
    if not database.is_sqlite:
        arguments = ["--clean", "--if-exists", "--no-owner", "--single-transaction", str(dump)]
        _run_tool("pg_restore", database.url, arguments)
        return
    with closing(sqlite3.connect(dump)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise _damaged(dump, N_("数据库 {name} 已损坏"), dump.name)
    target = Path(str(database.url.database))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".restoring")
    shutil.copy(dump, draft)
    for one in _companions(target):
        one.unlink(missing_ok=True)
    draft.replace(target)


def _companions(path: Path) -> Iterator[Path]:
    """What may lie beside a SQLite file and belongs to its old content."""
    for suffix in ("-journal", "-wal", "-shm"):
        yield path.with_name(path.name + suffix)
