"""The rounds' secret keys: files outside the database, destroyed when a round is done with."""

import hmac
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path

from forms.problems import N_
from survey_app.core.errors import DomainError

KEY_BYTES = 32


class KeyLostError(DomainError):
    status = 503
    message = N_("本轮的密钥不在这台服务器上，不能再收答卷，也不能发卡；刚才的内容没有记录。")
    remedy = N_(
        "请管理员从带密钥的备份恢复；没有时只能关闭本轮、另建一轮，已经收到的答卷照常封存和核算。"
    )


class KeyDestroyedError(KeyLostError):
    status = 410
    message = N_("这一轮早已结束，评议人的原始资料已按规定的期限销毁，刚才的内容没有记录。")
    remedy = N_("您以前提交的答卷仍然算数；凭回执号可以在回执查询页核对。")


class KeyStore:
    """One 256-bit key a round, in a file of mode 0600 that no backup of the database holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[int, bytes] = {}

    def create(self, round_id: int) -> None:
        """Make the round's key; an existing one stays."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(
                self._path(round_id),
                os.O_WRONLY | os.O_CREAT | os.O_EXCL,
                stat.S_IRUSR | stat.S_IWUSR,
            )
        except FileExistsError:
            return
        self._gone(round_id).unlink(missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())

    def read(self, round_id: int) -> bytes:
        """The round's key. Raises KeyLostError where it is destroyed or was never restored."""
        if round_id not in self._known:
            try:
                self._known[round_id] = self._path(round_id).read_bytes()
            except FileNotFoundError as error:
                is_destroyed = self._gone(round_id).exists()
                raise (KeyDestroyedError if is_destroyed else KeyLostError) from error
        return self._known[round_id]

    def has(self, round_id: int) -> bool:
        """Whether the round's key exists (and was not destroyed)."""
        return round_id in self._known or self._path(round_id).exists()

    def hash(self, round_id: int, purpose: str, value: bytes) -> bytes:
        """A 256-bit keyed hash, different for each purpose."""
        return hmac.digest(self.read(round_id), purpose.encode() + b"\0" + value, sha256)

    def destroy(self, round_id: int) -> None:
        """Overwrite and remove the key: what it hashed can no longer be tried out.

        An empty file says that this was meant, so that nobody looks for a backup.
        """
        self._known.pop(round_id, None)
        path = self._path(round_id)
        if path.exists():
            path.write_bytes(secrets.token_bytes(KEY_BYTES))
            path.unlink()
            self._gone(round_id).touch(mode=0o600)

    def _gone(self, round_id: int) -> Path:
        return self.folder / f"round-{round_id}.destroyed"

    def _path(self, round_id: int) -> Path:
        return self.folder / f"round-{round_id}.key"
