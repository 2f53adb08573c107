"""The detail export: answers row by row, comments as written. Two people, a reason, the ledger."""

import hashlib
import io
import zipfile
from pathlib import Path

from forms.problems import N_
from survey_app.accounts import two_persons
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.disclosure import ledger
from survey_app.rounds.frozen import load_round

DETAIL = "detail_export"
FILE = "detail.zip"
EPOCH = (2000, 1, 1, 0, 0, 0)
two_persons.register(
    DETAIL, N_("导出逐份答卷明细"), askers=("admin", "clerk"), approvers=("admin",)
)


class NotSealedError(DomainError):
    status = 409
    message = N_("本轮还没有封存，没有明细可以导出。")
    remedy = N_("请先关闭并封存。")


def ask(database: Database, operator: str, round_id: int, reason: str) -> None:
    """Ask another person for a permit, good once within a day."""
    with database.write() as session:
        _sealed(load_round(session, round_id).sealed_at)
        two_persons.ask(session, operator, DETAIL, reason, round_id)


def has_permit(database: Database, operator: str, round_id: int) -> bool:
    """Whether this operator can export now."""
    with database.read() as session:
        return two_persons.find_permit(session, operator, DETAIL, round_id) is not None


def export(database: Database, settings: Settings, operator: str, round_id: int) -> bytes:
    """The sealed files of a round as one archive; uses the permit up, and enters the ledger.

    Raises PermitNeededError without an approved, unused permit.
    """
    with database.read() as session:
        row = load_round(session, round_id)
        _sealed(row.sealed_at)
        key = row.key
    content = _packed(settings.sealed_dir / key)
    with database.write() as session:
        two_persons.require_permit(session, operator, DETAIL, round_id)
        digest = hashlib.sha256(content).hexdigest()
        ledger.enter(session, round_id, FILE, "detail", digest, operator=operator)
    return content


def _sealed(at: object) -> None:
    if at is None:
        raise NotSealedError


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.glob("*/*")):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), date_time=EPOCH)
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
