"""Files that back an indicator or an entry of a ledger: checked, kept apart, handed out whole."""

import hashlib
import io
import os
import secrets
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.core.uploads import Upload
from survey_app.indicators.tables import MAX_EVIDENCE_BYTES, EvidenceFile
from survey_app.record import service as record

__all__ = ["EvidenceStore", "File", "Subject", "Upload", "by_subject"]

SubjectKind = Literal["indicator", "adjustment", "veto"]
MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAGIC: Mapping[bytes, str] = {
    b"%PDF-": "pdf",
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
}
PARTS: Mapping[str, str] = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
ACTIVE = ("vbaproject", "activex", "macrosheet")
ALIASES = {"jpeg": "jpg"}
NOT_TAKEN = N_("只收 PDF、JPG、PNG 和不含宏的 DOCX、XLSX，请另存为其中一种")


class DamagedEvidenceError(DomainError):
    status = 410
    message = N_("附件“{name}”与上传时的校验值不符，或已经不在。")
    remedy = N_("请从备份恢复数据目录里的 evidence 文件夹。")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a file backs."""

    kind: SubjectKind
    id: int
    round_id: int


@dataclass(frozen=True, slots=True)
class File:
    """A file as listed."""

    key: str
    name: str
    kind: str
    n_bytes: int
    sha256: str
    operator: str
    at: datetime


def kind_of(data: bytes) -> str | None:
    """What the bytes are, whatever the name says; None for anything not taken."""
    for magic, kind in MAGIC.items():
        if data.startswith(magic):
            return kind
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return None
    if any(word in name for name in names for word in ACTIVE):
        return None
    return next((kind for part, kind in PARTS.items() if part in names), None)


class EvidenceStore:
    """The folder of the files, outside whatever is served; their names there are random."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.evidence_dir

    def problems(self, file: Upload | None) -> list[Problem]:
        """What stands against taking a file; nothing where there is none."""
        if file is None:
            return []
        if not file.data:
            return [Problem(file.name, N_("附件是空的"), N_("请检查选中的文件"))]
        if len(file.data) > MAX_EVIDENCE_BYTES:
            return [Problem(file.name, N_("附件超过 5 MB"), N_("请压缩或分成几个文件"))]
        kind = kind_of(file.data)
        if kind is None:
            return [Problem(file.name, N_("不收这种文件"), NOT_TAKEN)]
        ending = Path(file.name).suffix.lower().lstrip(".")
        if ALIASES.get(ending, ending) != kind:
            values = {"ending": ending or "—", "kind": kind}
            return [
                Problem(
                    file.name,
                    N_("名称以 {ending} 结尾，内容却是 {kind}"),
                    N_("请改正文件名后再传"),
                    values,
                )
            ]
        return []

    def add(self, session: Session, operator: str, subject: Subject, file: Upload) -> str:
        """Keep a file that has no problems, on record; the key names it from now on."""
        key = secrets.token_hex(16)
        sha256 = hashlib.sha256(file.data).hexdigest()
        session.add(
            EvidenceFile(
                key=key,
                round_id=subject.round_id,
                name=file.name,
                kind=kind_of(file.data) or "",
                n_bytes=len(file.data),
                sha256=sha256,
                operator=operator,
                at=clock.now(),
                **{f"{subject.kind}_id": subject.id},
            )
        )
        session.flush()
        facts = {"subject": subject.kind, "id": subject.id, "file": file.name, "sha256": sha256}
        record.append(session, operator, "evidence.add", round_id=subject.round_id, **facts)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(file.data)
            handle.flush()
            os.fsync(handle.fileno())
        return key

    def read(self, database: Database, round_id: int, key: str) -> tuple[EvidenceFile, bytes]:
        """A file of a round with its bytes. Raises NotFoundError or DamagedEvidenceError."""
        with database.read() as session:
            row = session.get(EvidenceFile, key)
        if row is None or row.round_id != round_id:
            raise NotFoundError
        try:
            data = (self._folder / row.key).read_bytes()
        except OSError as error:
            raise DamagedEvidenceError(name=row.name) from error
        if hashlib.sha256(data).hexdigest() != row.sha256:
            raise DamagedEvidenceError(name=row.name)
        return row, data


def by_subject(session: Session, round_id: int) -> dict[tuple[str, int], list[File]]:
    """(kind, id) → the files of a round, oldest first."""
    found: dict[tuple[str, int], list[File]] = defaultdict(list)
    rows = select(EvidenceFile).where(EvidenceFile.round_id == round_id)
    for row in session.scalars(rows.order_by(EvidenceFile.at, EvidenceFile.key)):
        owners = {
            "indicator": row.indicator_id,
            "adjustment": row.adjustment_id,
            "veto": row.veto_id,
        }
        for kind, its_id in owners.items():
            if its_id is not None:
                found[kind, its_id].append(
                    File(row.key, row.name, row.kind, row.n_bytes, row.sha256, row.operator, row.at)
                )
    return found
