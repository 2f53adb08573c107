"""Who works on an installation: many may serve it, only one alone may replace its store.

A lock on a file of the home folder; the server keeps it while it runs, through `exec` too.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from forms.problems import N_
from survey_app.core.config import prepare_home
from survey_app.core.errors import DomainError

if sys.platform != "win32":
    import fcntl

LOCK = "in-use.lock"


class InUseError(DomainError):
    status = 409
    message = N_("这个目录正在提供服务，或正有另一个命令在写：{place}。")
    remedy = N_("请先停止它（在那个窗口按 Ctrl+C），或另设 SURVEY_HOME。")


@contextmanager
def nobody_else(home: Path) -> Iterator[None]:
    """Work on a home folder alone. Raises InUseError where somebody serves or changes it."""
    with _open(home) as lock:
        _take(lock, home, alone=True)
        yield


def stay_present(home: Path) -> None:
    """Hold on to the home folder until this process, or what it becomes, ends."""
    lock = _open(home)
    _take(lock, home, alone=False)
    kept = os.dup(lock.fileno())
    os.set_inheritable(kept, True)  # noqa: FBT003 -- the standard library's own signature


def _open(home: Path) -> IO[str]:
    prepare_home(home)
    return (home / LOCK).open("a")


def _take(lock: IO[str], home: Path, *, alone: bool) -> None:
    if sys.platform == "win32":  # where open files cannot be replaced anyway
        return
    try:
        fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InUseError(place=str(home)) from error
