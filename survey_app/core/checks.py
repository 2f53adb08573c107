"""What makes an installation unsafe, all of it at once: asked before starting, and shown later.

In production whatever is unsafe stops the start; elsewhere it is only said.
"""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from forms.problems import N_
from survey_app.core.config import MIN_SECRET_BYTES, Settings, UnsafeSettingsError
from survey_app.core.database import Database

State = Literal["ok", "warn", "unsafe"]
EXAMPLES = frozenset(
    {
        "change-me",
        "changeme",
        "0123456789abcdef0123456789abcdef",
        "00000000000000000000000000000000",
        "a secret for tests only, 32 bytes",
        "openssl rand -hex 32",
        "$(openssl rand -hex 32)",
    }
)
"""Secrets that stand in documents and examples."""
MIN_DIFFERENT = 8
MIN_FREE_BYTES = 500 * 1024**2
TRUE = frozenset({"1", "true", "yes", "on"})
AS_IT_IS = "{value}"
"""What is said of a setting that is fine: what it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One setting: its name, its state, and in words what it is and what to do.

    `name`, `said` and `remedy` are message ids; `values` fills the last two.
    """

    key: str
    name: str
    state: State
    said: str
    remedy: str = ""
    is_always: bool = False
    """Whether it stops the start outside production, too."""
    values: Mapping[str, str] = field(default_factory=dict)

    def words(self, message: str, translate: Callable[[str], str] = str) -> str:
        """One of its messages as people read it."""
        return translate(message).format_map(self.values) if message else ""

    @property
    def text(self) -> str:
        said, remedy = self.words(self.said), self.words(self.remedy)
        return f"{self.name}：{said}" + (f"。{remedy}" if remedy else "")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks look at."""

    environ: Mapping[str, str]
    home: Path
    database_url: str
    secret: str
    base_url: str
    is_production: bool
    needs_second_factor: bool

    @classmethod
    def before_start(cls, environ: Mapping[str, str]) -> "Surroundings":
        """As the environment says, before anything is made."""
        home = Path(environ.get("SURVEY_HOME") or "var").resolve()
        is_production = environ.get("SURVEY_ENV", "development") == "production"
        return cls(
            environ,
            home,
            environ.get("SURVEY_DATABASE_URL") or f"sqlite:///{home / 'survey.db'}",
            environ.get("SURVEY_SECRET_KEY") or "",
            environ.get("SURVEY_BASE_URL") or "",
            is_production,
            (environ.get("SURVEY_SECOND_FACTOR") or ("required" if is_production else ""))
            == "required",
        )

    @classmethod
    def running(cls, settings: Settings, environ: Mapping[str, str]) -> "Surroundings":
        """As the running application has it."""
        return cls(
            environ,
            settings.home,
            settings.database_url,
            settings.secret_key.decode(errors="replace"),
            settings.base_url or "",
            settings.is_production,
            settings.needs_second_factor,
        )


def safe_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment. Raises UnsafeSettingsError that names all that is unsafe."""
    env = os.environ if environ is None else environ
    around = Surroundings.before_start(env)
    reasons = refusals(around, look(around))
    if reasons:
        raise UnsafeSettingsError(reasons)
    return Settings.from_environ(env)


def refusals(around: Surroundings, found: tuple[Finding, ...]) -> tuple[str, ...]:
    """What stops the start."""
    return tuple(
        one.text
        for one in found
        if one.state == "unsafe" and (around.is_production or one.is_always)
    )


def look(around: Surroundings) -> tuple[Finding, ...]:
    """Every setting with its state."""
    return (
        _secret(around),
        _base_url(around),
        _debug(around),
        _folder(around.home, "home", N_("数据目录")),
        _folder(around.home / "keys", "keys", N_("密钥目录")),
        *_key_files(around),
        _workers(around),
        _second_factor(around),
        _disk(around),
        *_database(around),
    )


def _secret(around: Surroundings) -> Finding:
    name, remedy = N_("安装密钥"), N_("运行 openssl rand -hex 32，设为 SURVEY_SECRET_KEY 并存好")
    given = around.secret
    if not given:
        if around.is_production:
            return Finding("secret", name, "unsafe", N_("没有设置 SURVEY_SECRET_KEY"), remedy)
        return Finding("secret", name, "ok", N_("第一次启动时自动生成，存在数据目录"))
    if len(given.encode()) < MIN_SECRET_BYTES:
        said = N_("SURVEY_SECRET_KEY 太短，至少要 32 字节的随机串")
        return Finding("secret", name, "unsafe", said, remedy, is_always=True)
    if given.strip().lower() in EXAMPLES:
        said = N_("SURVEY_SECRET_KEY 和文档里的例子一样，谁都知道")
        return Finding("secret", name, "unsafe", said, remedy)
    if len(set(given)) < MIN_DIFFERENT:
        said = N_("SURVEY_SECRET_KEY 太简单，猜得出来")
        return Finding("secret", name, "unsafe", said, remedy)
    return Finding("secret", name, "ok", N_("已设置，够长"))


def _base_url(around: Surroundings) -> Finding:
    name, remedy = N_("网址"), N_("把 SURVEY_BASE_URL 设为 https:// 开头的正式网址")
    if around.base_url.startswith("https://"):
        return Finding("base_url", name, "ok", AS_IT_IS, values={"value": around.base_url})
    if around.environ.get("SURVEY_ALLOW_HTTP") in TRUE:
        said = N_(
            "没有加密：SURVEY_ALLOW_HTTP=1 允许了 http，答卷和密码在网上是明文，只能用于封闭内网"
        )
        return Finding("base_url", name, "warn", said, remedy)
    if not around.base_url:
        said = N_("没有设置 SURVEY_BASE_URL，海报上的网址和登录的加密都没有保证")
    else:
        said = N_("SURVEY_BASE_URL 不是 https，答卷和密码在网络上是明文")
    closed = N_(
        "把 SURVEY_BASE_URL 设为 https:// 开头的正式网址。"
        "封闭的内网确实没有证书时，设 SURVEY_ALLOW_HTTP=1"
    )
    return Finding("base_url", name, "unsafe", said, closed)


def _debug(around: Surroundings) -> Finding:
    on = [
        key
        for key in ("FLASK_DEBUG", "SURVEY_DEBUG", "PYTHONDEVMODE")
        if around.environ.get(key, "").lower() in TRUE
    ]
    if on:
        said, remedy = N_("{names} 开着，出错时会泄露内部信息"), N_("请去掉这个环境变量")
        values = {"names": "、".join(on)}
        return Finding("debug", N_("调试"), "unsafe", said, remedy, values=values)
    return Finding("debug", N_("调试"), "ok", N_("关闭"))


def _folder(path: Path, key: str, name: str) -> Finding:
    if os.name != "posix" or not path.exists():
        said = N_("尚未建立") if os.name == "posix" else AS_IT_IS
        return Finding(key, name, "ok", said, values={"value": str(path)})
    mode = stat.S_IMODE(path.stat().st_mode)
    values = {"value": str(path), "mode": f"{mode:03o}"}
    if mode & 0o077:
        said, remedy = N_("{value} 别的用户也能读（权限 {mode}）"), N_("运行 chmod 700 {value}")
        return Finding(key, name, "unsafe", said, remedy, values=values)
    return Finding(key, name, "ok", AS_IT_IS, values=values)


def _key_files(around: Surroundings) -> Iterator[Finding]:
    name = N_("密钥文件")
    files = [around.home / "secret.key", *sorted((around.home / "keys").glob("*"))]
    loose = [
        one
        for one in files
        if os.name == "posix" and one.is_file() and stat.S_IMODE(one.stat().st_mode) & 0o077
    ]
    if loose:
        said, remedy = N_("{names} 别的用户也能读"), N_("运行 chmod 600，并考虑换掉密钥")
        values = {"names": "、".join(one.name for one in loose[:5])}
        yield Finding("key_files", name, "unsafe", said, remedy, values=values)
    else:
        yield Finding("key_files", name, "ok", N_("只有本程序能读"))


def _workers(around: Surroundings) -> Finding:
    name = N_("进程数")
    said = around.environ.get("WEB_CONCURRENCY", "")
    if sys.platform == "win32" and said.isdigit() and int(said) > 1:
        words = N_("Windows 上只能用一个进程，现在设了多个")
        return Finding("workers", name, "unsafe", words, N_("请去掉 WEB_CONCURRENCY"))
    words = AS_IT_IS if said else N_("按启动命令")
    return Finding("workers", name, "ok", words, values={"value": said})


def _second_factor(around: Surroundings) -> Finding:
    name = N_("动态码")
    if around.needs_second_factor:
        return Finding("second_factor", name, "ok", N_("管理员和三员必须开通"))
    said = N_("自愿开通；密码泄露时没有第二道门")
    return Finding("second_factor", name, "warn", said, N_("设 SURVEY_SECOND_FACTOR=required"))


def _disk(around: Surroundings) -> Finding:
    name, home = N_("磁盘空间"), around.home
    free = shutil.disk_usage(home if home.exists() else home.anchor).free
    said, values = N_("剩余 {n} MB"), {"n": str(free // 1024**2)}
    if free < MIN_FREE_BYTES:
        remedy = N_("请清理或扩充，满了就收不了答卷")
        return Finding("disk", name, "warn", said, remedy, values=values)
    return Finding("disk", name, "ok", said, values=values)


def _is_missing(url: str) -> bool:
    """Whether a SQLite store has not been made yet; looking must not make it."""
    made = make_url(url)
    file = made.database or ""
    return made.get_backend_name() == "sqlite" and bool(file) and not Path(file).exists()


def _database(around: Surroundings) -> Iterator[Finding]:
    name = N_("数据库")
    if _is_missing(around.database_url):
        yield Finding("database", name, "ok", N_("尚未建立"))
        return
    database = Database(around.database_url)
    try:
        reasons = database.unsafe(is_strict=around.is_production)
        is_wal_kept = database.keeps_old_wal()
    except SQLAlchemyError:
        said = N_("连不上")
        yield Finding("database", name, "unsafe", said, N_("请检查 SURVEY_DATABASE_URL"))
        return
    finally:
        database.dispose()
    for reason, values in reasons:
        yield Finding("database", name, "unsafe", reason, is_always=True, values=values)
    if not reasons:
        kind = f"SQLite {sqlite3.sqlite_version}" if database.is_sqlite else "PostgreSQL"
        said = N_("{kind}，断电不丢已确认的答卷")
        yield Finding("database", name, "ok", said, values={"kind": kind})
    if is_wal_kept:
        said = N_("旧的预写日志（WAL）会留在磁盘上，从中能看出哪张卡和哪份答卷是一起写的")
        remedy = N_("请数据库管理员照手册09设 wal_recycle=off 并授予两项权限")
        yield Finding("wal", name, "warn", said, remedy)
