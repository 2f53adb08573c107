"""Who signs the heads of the logs, and remembers outside the database what was signed.

The key and the heads are files: a database put back from an older backup does not bring back an
older head, so the same tree size is never signed with another root.
"""

import os
import secrets
import stat
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analysis.round_log.notes import Checkpoint, checkpoint_text, open_checkpoint, sign_note

KEY_NAME = "log.key"
SEED_BYTES = 32
NO_HOST = "survey"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Notary:
    """The one signer of an installation. The key is made at its first use, mode 0600."""

    def __init__(self, keys: Path, heads: Path, base_url: str | None = None) -> None:
        self._heads = heads
        self._host = urlsplit(base_url or "").netloc or NO_HOST
        self._key = _read_or_make(keys / KEY_NAME)

    @property
    def public_key(self) -> bytes:
        """What everybody checks signatures with: 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def origin(self, round_key: str) -> str:
        """The name of a round's log: first line of its heads and name of their signer."""
        return f"{self._host}/round/{quote(round_key, safe='')}"

    def sign(self, head: Checkpoint) -> str:
        """The signed note of a head."""
        text = checkpoint_text(head.origin, head.size, head.root)
        return sign_note(text, head.origin, self._key)

    def open(self, note: str, origin: str) -> Checkpoint:
        """A head signed here; raises NoteError otherwise."""
        return open_checkpoint(note, origin, self.public_key)

    def last_note(self, round_key: str) -> str | None:
        """The newest head signed for a round, as kept outside the database."""
        try:
            return self._head_file(round_key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def age(self, round_key: str) -> float | None:
        """Seconds since the newest head was signed; None where none is kept."""
        try:
            return time.time() - self._head_file(round_key).stat().st_mtime
        except FileNotFoundError:
            return None

    def remember(self, round_key: str, note: str) -> None:
        """Keep a head before anybody may see it; the file is whole at every moment."""
        self._heads.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._head_file(round_key)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        _write_new(draft, note.encode())
        draft.replace(path)
        _settle(self._heads)

    def _head_file(self, round_key: str) -> Path:
        return self._heads / f"{quote(round_key, safe='')}.note"


def _read_or_make(path: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made whole under another name first: a second process must never read half a key.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_new(draft, secrets.token_bytes(SEED_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _settle(path.parent)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def _write_new(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, _NEW, stat.S_IRUSR | stat.S_IWUSR), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the folder itself on the disk, where the system knows how."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
