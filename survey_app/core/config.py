"""Settings of one installation, read once from the environment."""

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MIN_SECRET_BYTES = 32


class UnsafeSettingsError(Exception):
    """The server refuses to start; `reasons` says every one of them."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("；".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation may choose. Paths are absolute, the URL is SQLAlchemy's."""

    home: Path
    database_url: str
    secret_key: bytes
    is_production: bool
    base_url: str | None
    """Address printed on posters and cards; None: the address of the request."""
    needs_second_factor: bool = False
    """Whether administrators and the three kept apart must sign in with a second factor."""
    is_cheap_hashing: bool = False
    """Passwords hashed with next to no work. For tests; the environment cannot set it."""

    @property
    def keys_dir(self) -> Path:
        """Folder of the rounds' secret keys, outside the database and its backups."""
        return self.home / "keys"

    @property
    def heads_dir(self) -> Path:
        """Folder of the newest signed head of each round's log, outside the database."""
        return self.home / "log-heads"

    @property
    def sealed_dir(self) -> Path:
        return self.home / "sealed"

    @property
    def evidence_dir(self) -> Path:
        """Folder of the files that back indicators and entries of ledgers."""
        return self.home / "evidence"

    @property
    def is_https(self) -> bool:
        return bool(self.base_url and self.base_url.startswith("https://"))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read SURVEY_HOME, SURVEY_DATABASE_URL, SURVEY_SECRET_KEY, SURVEY_ENV, SURVEY_BASE_URL.

        Raises:
            UnsafeSettingsError: production without a secret of its own, or a weak one.
        """
        env = os.environ if environ is None else environ
        home = Path(env.get("SURVEY_HOME") or "var").resolve()
        is_production = env.get("SURVEY_ENV", "development") == "production"
        secret = _secret(env.get("SURVEY_SECRET_KEY"), home, is_production=is_production)
        return cls(
            home=home,
            database_url=env.get("SURVEY_DATABASE_URL") or f"sqlite:///{home / 'survey.db'}",
            secret_key=secret,
            is_production=is_production,
            base_url=(env.get("SURVEY_BASE_URL") or "").rstrip("/") or None,
            needs_second_factor=(
                env.get("SURVEY_SECOND_FACTOR") or ("required" if is_production else "voluntary")
            )
            == "required",
        )


def prepare_home(home: Path) -> None:
    """Make the data folder, readable by its owner alone."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name == "posix" and home.stat().st_uid == os.getuid():
        home.chmod(0o700)


def _secret(given: str | None, home: Path, *, is_production: bool) -> bytes:
    if given:
        if len(given.encode()) < MIN_SECRET_BYTES:
            raise UnsafeSettingsError(
                (f"SURVEY_SECRET_KEY 太短：至少 {MIN_SECRET_BYTES} 字节的随机串",)
            )
        return given.encode()
    if is_production:
        raise UnsafeSettingsError(
            ("正式环境必须设置 SURVEY_SECRET_KEY：运行 openssl rand -hex 32 得到一个",)
        )
    return _own_secret(home / "secret.key")


def _own_secret(path: Path) -> bytes:
    """The secret this installation made for itself at its first start (mode 0600)."""
    prepare_home(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        secret = secrets.token_hex(MIN_SECRET_BYTES).encode()
        file.write(secret)
    return secret
