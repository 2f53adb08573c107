"""Reading what strace saw of one process: the calls on the files of one folder, in order."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.prove.disk import Disk, File, Write
from tests.prove.trial import CannotTryError

CALLS = "openat,open,close,lseek,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate"
CALLS += ",unlink,unlinkat,rename,renameat,renameat2"
STRACE = ("strace", "-f", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o")
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def need_strace() -> None:
    """Raise CannotTryError where it is not installed or may not trace."""
    if shutil.which("strace") is None:
        raise CannotTryError("strace is not installed")
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if tried.returncode:
        raise CannotTryError("strace may not trace here")


class NotFollowedError(Exception):
    """The process did something to the files that this model does not know."""


class Replay:
    """Calls played on a disk, one after the other."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.disk = disk
        self._folder = str(folder)
        self._files: dict[int, File] = {}
        self._places: dict[int, int] = {}
        self._folders: set[int] = set()

    def play(self, log: Path) -> Iterator[str]:
        """Play the calls; yields "write" after each call that changed something, and a said line
        ("said …") whenever the process wrote to standard output.
        """
        with log.open() as lines:
            for line in lines:
                if "<unfinished" in line and self._folder.encode().hex() in line:
                    raise NotFollowedError(line[:200])
                found = _LINE.match(line)
                if found and not found[3].startswith("-"):
                    yield from self._call(found[1], found[2], int(found[3]))

    def _call(self, name: str, words: str, result: int) -> Iterator[str]:
        if name in ("openat", "open"):
            self._open(_text(words), words, result)
        elif name in ("unlink", "unlinkat"):
            self.disk.remove(self._name(_text(words)) or "")
        elif name.startswith("rename") and self._name(_text(words)):
            raise NotFollowedError(words[:200])
        else:
            number = int(words.split(",", 1)[0])
            if number == 1 and name == "write":
                yield f"said {_text(words).decode()}"
            elif number in self._folders and name in ("fsync", "fdatasync"):
                self.disk.sync_names()
            elif number in self._files:
                self._on_file(name, number, words, result)
                if name != "lseek":
                    yield "write"
            if name == "close":
                self._files.pop(number, None)
                self._folders.discard(number)

    def _open(self, path: bytes, words: str, number: int) -> None:
        self._files.pop(number, None)
        self._folders.discard(number)
        if path.decode() == self._folder:
            self._folders.add(number)
        name = self._name(path)
        if not name:
            return
        self._files[number] = self.disk.open(name)
        self._places[number] = 0
        if "O_TRUNC" in words:
            self._files[number].unsynced.append(Write(0, None))

    def _on_file(self, name: str, number: int, words: str, result: int) -> None:
        file = self._files[number]
        if name in ("fsync", "fdatasync"):
            file.sync()
        elif name == "ftruncate":
            file.unsynced.append(Write(int(words.split(",")[1]), None))
        elif name == "pwrite64":
            file.unsynced.append(Write(int(words.rsplit(",", 1)[1]), _text(words)[:result]))
        elif name == "write":
            file.unsynced.append(Write(self._places[number], _text(words)[:result]))
            self._places[number] += result
        elif name == "lseek":
            self._places[number] = result
        elif name != "close":
            raise NotFollowedError(f"{name}({words[:100]}")

    def _name(self, path: bytes) -> str | None:
        """The file's name if it is one of the store's."""
        folder, _, name = path.decode(errors="replace").rpartition("/")
        is_store = name.startswith("survey.db") and not name.endswith(".lock")
        return name if folder == self._folder and is_store else None


def _text(words: str) -> bytes:
    found = _TEXT.search(words)
    return bytes.fromhex(found[1].replace("\\x", "")) if found else b""
