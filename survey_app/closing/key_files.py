"""The files of a sealed round's key, outside the database and readable by the server alone.

`round-N.sealed` is the private key, wrapped under a key that exists only as shares on paper.
`round-N.share-K` holds a share from the ceremony's beginning until its holder has seen it.
"""

import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class WrongKeyError(ValueError):
    """The file does not open under this key."""


class KeyFiles:
    """The key files of one round."""

    def __init__(self, folder: Path, round_id: int) -> None:
        self._folder = folder
        self.wrapped = folder / f"round-{round_id}.sealed"
        self._share = f"round-{round_id}.share-"

    def wrap(self, private_key: bytes, key: bytes, public_key: bytes) -> None:
        """Keep the private key, readable only with `key`."""
        nonce = os.urandom(NONCE_BYTES)
        self._write(self.wrapped, nonce + AESGCM(key).encrypt(nonce, private_key, public_key))

    def unwrap(self, key: bytes, public_key: bytes) -> bytes:
        """The private key. Raises WrongKeyError, or FileNotFoundError where it is destroyed."""
        content = self.wrapped.read_bytes()
        try:
            return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], public_key)
        except InvalidTag as error:
            raise WrongKeyError from error

    def keep_share(self, number: int, text: str) -> None:
        """Keep a share until its holder comes to the screen."""
        self._write(self._folder / f"{self._share}{number}", text.encode())

    def take_share(self, number: int) -> str | None:
        """A share, for the one time it is shown: its file is destroyed. None where it was."""
        path = self._folder / f"{self._share}{number}"
        if not path.exists():
            return None
        text = path.read_text()
        _destroy(path)
        return text

    def left(self) -> list[Path]:
        """What of the key still lies on the disk."""
        shares = sorted(self._folder.glob(f"{self._share}*"))
        return [*([self.wrapped] if self.wrapped.exists() else []), *shares]

    def destroy(self) -> None:
        """Overwrite and remove everything of the key."""
        for path in self.left():
            _destroy(path)

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _destroy(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
