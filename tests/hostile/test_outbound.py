"""The product reaches out to nobody: whom each of its processes connects to, and asks names of.

That a server does not while raters are there, test_traces.py shows.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.prove.traced import need_strace
from tests.prove.trial import CannotTryError

WATCHING = Path(__file__).with_name("watching")
ROOT = Path(__file__).parents[2]
NEAR = re.compile(r"'(127\.[0-9.]+|::1|localhost)'|None|'/|b'/|\('::1'")
NOBODY = "('192.0.2.1', 9)"
"""An address for documents: the demonstration learns from it, without a packet, which of its own
addresses a phone in the same network would use."""
KNOCK = (
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
    "s.connect(('192.0.2.9', 9))"
)


def environ(folder: Path) -> dict[str, str]:
    (folder / "seen").touch()
    return {"PYTHONPATH": str(WATCHING), "WATCHED": str(folder / "seen")}


def outside(folder: Path) -> list[str]:
    """What was reached for beyond this machine."""
    lines = (folder / "seen").read_text(encoding="utf-8").splitlines()
    return [one for one in lines if not NEAR.search(one) and not one.endswith(NOBODY)]


def run(arguments: list[str], folder: Path, **more: str) -> None:
    given = {**os.environ, **environ(folder), "SURVEY_HOME": str(folder / "home"), **more}
    done = subprocess.run(arguments, env=given, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def survey(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "survey_app.cli", *arguments]


def test_the_watch_sees_an_attempt(tmp_path: Path) -> None:
    """The counter-proof: a process that reaches out is noted."""
    run([sys.executable, "-c", KNOCK], tmp_path)
    assert len(outside(tmp_path)) == 1


@pytest.mark.long
def test_a_whole_demonstration_reaches_out_to_nobody(tmp_path: Path) -> None:
    """Rounds, ballots, sealing, sums and files, as Python sees it and as the system does."""
    command = survey("demo", "--ballots", "600", "--no-serve", "--quiet")
    run(traced(command, tmp_path), tmp_path)
    assert outside(tmp_path) == []
    assert outside_calls(tmp_path) == []


@pytest.mark.long
def test_the_trace_sees_an_attempt(tmp_path: Path) -> None:
    run(traced([sys.executable, "-c", KNOCK], tmp_path), tmp_path)
    assert len(outside_calls(tmp_path)) == 1


def traced(command: list[str], folder: Path) -> list[str]:
    """The command under strace, which also sees what libraries do by themselves."""
    try:
        need_strace()
    except CannotTryError as error:
        missing(str(error))
    calls = ["--trace=connect,sendto", "--seccomp-bpf", "-f"]
    return ["strace", *calls, "-o", str(folder / "calls"), *command]


def outside_calls(folder: Path) -> list[str]:
    """Calls of the system that lead beyond this machine."""
    lines = (folder / "calls").read_text(errors="replace").splitlines()
    return [
        line
        for line in lines
        if "sa_family=AF_INET" in line and not re.search(r'"(127\.[0-9.]+|::1|192\.0\.2\.1)"', line)
    ]
