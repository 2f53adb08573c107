"""How many wrong codes the whole installation has met, minute by minute.

Codes have 60 and 128 random bits, so guessing is hopeless anyway (with 100 000 cards out, a guess
hits with 9 in 10^14). Still nobody should try at leisure: beyond a budget every code waits a
little, right ones too, or the wait itself would tell. Counts live in a small file that all workers
of this machine map into memory; nothing is written to the store, for looking changes nothing.
"""

import mmap
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from survey_app.core.database import lock_file

MINUTES = 60
BUDGET = 30
"""Wrong codes a minute. A meeting of 500 that types its codes at once makes about 10: one in 50
is misread in a way that the check character does not catch."""
WAIT_SECONDS = 10
_SLOT = struct.Struct("<III")


class CodeBudget:
    """The last hour's wrong codes. `note_wrong` and `note_asked` count, the rest looks."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._door = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        size = MINUTES * _SLOT.size
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            file.truncate(size)
            self._map = mmap.mmap(file.fileno(), size)
        self._lock_path = path.with_suffix(".lock")

    def is_spent(self) -> bool:
        """Whether codes must wait now: this minute or the one before went over the budget."""
        minute = int(self._now()) // 60
        return any(self._read(one)[0] >= BUDGET for one in (minute, minute - 1))

    def note_wrong(self) -> None:
        """One more code that no good card has."""
        self._add(1, 0)

    def note_asked(self) -> None:
        """One more code that was asked to wait."""
        self._add(0, 1)

    def last_hour(self) -> tuple[int, int]:
        """(wrong codes, codes that were asked to wait) within the last hour."""
        minute = int(self._now()) // 60
        found = [self._read(one) for one in range(minute - MINUTES + 1, minute + 1)]
        return sum(one[0] for one in found), sum(one[1] for one in found)

    def _add(self, wrong: int, asked: int) -> None:
        minute = int(self._now()) // 60
        with self._alone():
            had = self._read(minute)
            _SLOT.pack_into(self._map, self._place(minute), minute, had[0] + wrong, had[1] + asked)

    def _read(self, minute: int) -> tuple[int, int]:
        held, wrong, asked = _SLOT.unpack_from(self._map, self._place(minute))
        return (wrong, asked) if held == minute else (0, 0)

    def _place(self, minute: int) -> int:
        return minute % MINUTES * _SLOT.size

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._door, self._lock_path.open("w") as file:
            lock_file(file)
            yield
