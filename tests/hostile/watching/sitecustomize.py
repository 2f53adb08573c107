"""Loaded by every Python process that finds it: notes whom it tries to reach, and by what name."""

import os
import sys
from pathlib import Path

SEEN = "WATCHED"
EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def _watch(event: str, given: tuple[object, ...]) -> None:
    if event in EVENTS or event in NAMES:
        whom = given[0] if event in NAMES else given[1]
        with Path(os.environ[SEEN]).open("a", encoding="utf-8") as seen:
            seen.write(f"{event}\t{whom!r}\n")


if SEEN in os.environ:
    sys.addaudithook(_watch)
