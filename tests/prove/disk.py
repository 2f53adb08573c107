"""A disk that keeps what was synced, and of the rest what it likes.

Bytes written but not synced may be there after a power cut, or not, or in part: whole writes or
single sectors of 512 bytes, in any order. A name made or removed is sure once its folder was
synced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

SECTOR = 512
LUCK = ("nothing", "everything", "writes", "sectors")
"""What a cut leaves of unsynced bytes."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at a place; with `data` None the file is cut or grown to `place` bytes."""

    place: int
    data: bytes | None

    def sectors(self) -> list["Write"]:
        if self.data is None:
            return [self]
        first = -self.place % SECTOR or SECTOR
        cuts = [0, *range(first, len(self.data), SECTOR), len(self.data)]
        return [Write(self.place + a, self.data[a:b]) for a, b in pairwise(cuts) if b > a]


@dataclass(slots=True)
class File:
    """What is surely on the disk, and what was written since."""

    kept: bytearray = field(default_factory=bytearray)
    unsynced: list[Write] = field(default_factory=list)

    def sync(self) -> None:
        for one in self.unsynced:
            put(self.kept, one)
        self.unsynced.clear()

    def after_cut(self, random: Random) -> bytes:
        content, luck = bytearray(self.kept), random.choice(LUCK)
        if luck == "nothing":
            return bytes(content)
        parts = self.unsynced
        if luck == "sectors":
            parts = [part for one in parts for part in one.sectors()]
        for one in parts:
            if luck == "everything" or random.random() < 0.5:
                put(content, one)
        return bytes(content)


def put(content: bytearray, write: Write) -> None:
    end = write.place if write.data is None else write.place + len(write.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if write.data is None:
        del content[end:]
    else:
        content[write.place : end] = write.data


class Disk:
    """The files of one folder, by name."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = {name: File(bytearray(content)) for name, content in files.items()}
        self._kept = dict(self.files)
        self._unsynced: list[tuple[str, File | None]] = []

    def open(self, name: str) -> File:
        """The file of this name, made where there is none."""
        if name not in self.files:
            self.files[name] = File()
            self._unsynced.append((name, self.files[name]))
        return self.files[name]

    def remove(self, name: str) -> None:
        if self.files.pop(name, None) is not None:
            self._unsynced.append((name, None))

    def sync_names(self) -> None:
        for name, file in self._unsynced:
            self._name(self._kept, name, file)
        self._unsynced.clear()

    def cut(self, random: Random, folder: Path) -> None:
        """Write what a power cut now would leave into a folder."""
        names = dict(self._kept)
        for name, file in self._unsynced:
            if random.random() < 0.5:
                self._name(names, name, file)
        for name, file in names.items():
            (folder / name).write_bytes(file.after_cut(random))

    @staticmethod
    def _name(names: dict[str, File], name: str, file: File | None) -> None:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file
