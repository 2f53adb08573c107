"""`survey serve`: the web server."""

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from survey_app.cli.console import NO_ANSWER, Console, command
from survey_app.cli.presence import stay_present

CHECKOUT = Path(__file__).parents[2]
DEFAULT_BIND = "127.0.0.1:8000"
THREADS = 8


def default_workers() -> int:
    """One process a core, four at most: the store is shared, so more would only wait."""
    return min(os.cpu_count() or 1, 4)


@command(
    "serve",
    "提供网页服务（gunicorn；Windows 上用 waitress）。",
    ("survey serve", "survey serve --bind 0.0.0.0:8000 --workers 4"),
)
@click.option("--bind", default=DEFAULT_BIND, show_default=True, help="地址：端口")
@click.option("--workers", type=click.IntRange(1, 64), help="进程数，默认每核一个、最多四个")
def serve(bind: str, workers: int | None, *, as_json: bool, is_quiet: bool) -> None:
    """Serve this installation."""
    from survey_app.core.checks import safe_settings

    host, port = split_bind(bind)
    settings = safe_settings()
    console = Console(as_json, is_quiet)
    address = f"http://{host}:{port}/"
    console.result({"address": address}, [f"服务地址：{address}（按 Ctrl+C 停止）"])
    run_server(bind, workers or default_workers(), settings.home)


@command(
    "check",
    "检查运行设置：每一项的状态，不安全的列出来。正式环境有不安全的项就不能启动。",
    "survey check",
)
def check(*, as_json: bool, is_quiet: bool) -> None:
    """List every setting with its state."""
    from survey_app.core.checks import Surroundings, look, refusals

    around = Surroundings.before_start(os.environ)
    found = look(around)
    marks = {"ok": "正常", "warn": "提醒", "unsafe": "不安全"}
    Console(as_json, is_quiet).result(
        {"findings": [{"key": one.key, "state": one.state, "said": one.text} for one in found]},
        [f"{marks[one.state]}　{one.text}" for one in found],
    )
    if refusals(around, found):
        raise SystemExit(NO_ANSWER)


def split_bind(bind: str) -> tuple[str, int]:
    """Host and port; a usage error where the text is neither."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise click.UsageError(f"--bind 应写成 地址：端口，例如 {DEFAULT_BIND}")
    return host, int(port)


def run_server(bind: str, workers: int, home: Path) -> None:
    """Become the server; returns only where the system cannot replace a process."""
    sys.stdout.flush()
    if sys.platform == "win32":
        _run_waitress(bind)
        return
    stay_present(home)
    environment = {**os.environ, "SURVEY_HOME": str(home)}
    os.execve(sys.executable, server_command(bind, workers), environment)  # noqa: S606 -- our own command


def server_command(bind: str, workers: int) -> list[str]:
    """gunicorn with threads on wsgi:app; no access log, nor any other line on who came when."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--chdir",
        str(CHECKOUT),
        "--bind",
        bind,
        "--workers",
        str(workers),
        "--worker-class",
        "gthread",
        "--threads",
        str(THREADS),
        "--log-level",
        "warning",
        "--logger-class",
        "survey_app.cli.server_log.ServerLog",
        "wsgi:app",
    ]


def _run_waitress(bind: str) -> None:
    sys.path.insert(0, str(CHECKOUT))
    app = import_module("wsgi").app
    import_module("waitress").serve(app, listen=bind, threads=THREADS * 2)
