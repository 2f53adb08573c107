"""A file between its preview and its confirmation: kept here, named by its digest.

The page carries a signed ticket, so that a browser can neither ask for another file nor change
the name that messages show. What is confirmed is read and checked again from these very bytes.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from forms.problems import N_
from survey_app.core.config import Settings
from survey_app.core.errors import DomainError

KEEP_SECONDS = 24 * 3600
MAX_NAME = 80


class StaleUploadError(DomainError):
    status = 410
    message = N_("上传的文件已经不在了。")
    remedy = N_("请回到导入页面，重新选择文件上传。")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was uploaded; `name` is for messages only, never a path."""

    name: str
    data: bytes


def keep(settings: Settings, login: str, upload: Upload) -> str:
    """Store a file for a day and give the ticket that fetches it for this operator."""
    folder = settings.home / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_old(folder)
    digest = hashlib.sha256(upload.data).hexdigest()
    path = folder / digest
    scratch = folder / f"{digest}.{os.getpid()}.part"
    scratch.write_bytes(upload.data)
    scratch.chmod(0o600)
    scratch.replace(path)
    return _signer(settings).dumps([login, digest, upload.name])


def fetch(settings: Settings, login: str, ticket: str) -> Upload:
    """The file behind a ticket. Raises StaleUploadError: forged, another's, too old or gone."""
    try:
        owner, digest, name = _signer(settings).loads(ticket, max_age=KEEP_SECONDS)
        data = (settings.home / "uploads" / digest).read_bytes()
    except (BadData, OSError, ValueError) as error:
        raise StaleUploadError from error
    if owner != login or hashlib.sha256(data).hexdigest() != digest:
        raise StaleUploadError
    return Upload(name, data)


def discard(settings: Settings, upload: Upload) -> None:
    """Remove a file that has been carried out; its tickets are stale from now on."""
    digest = hashlib.sha256(upload.data).hexdigest()
    (settings.home / "uploads" / digest).unlink(missing_ok=True)


def clean_name(name: str | None) -> str:
    """The last part of a file's name without control characters, to be shown in messages."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(character for character in last if character.isprintable()).replace("·", " ")
    stem, dot, ending = shown.rpartition(".")
    return (stem[-MAX_NAME:] + dot + ending[:8]).strip() or "file"


def _forget_old(folder: Path) -> None:
    oldest = time.time() - KEEP_SECONDS
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="upload")
