"""The files that are published beside a page: workbook and tables of the same run."""

from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.assessments.service import OpenedRun
from survey_app.assessments.statistics.opening import OpenedStatistics
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.disclosure import ledger
from survey_app.disclosure.tables import Release
from survey_app.publication.tables import PublishedFile
from survey_app.reports import released

MAKERS = {released.WORKBOOK: released.workbook, released.TABLES: released.tables}


def make(database: Database, of: OpenedStatistics) -> dict[str, bytes]:
    """The files of a run as they may be seen, by name."""
    return {name: maker(database, of) for name, maker in MAKERS.items()}


def listed(files: dict[str, bytes]) -> list[dict[str, str]]:
    """What the page says of its files."""
    return [
        {"name": name, "sha256": sha256(content).hexdigest()} for name, content in files.items()
    ]


def keep(session: Session, run: OpenedRun, files: dict[str, bytes], operator: str) -> None:
    """Put the files into the ledger, each once, and keep their bytes."""
    for name, content in files.items():
        release = ledger.enter(
            session,
            run.frozen.id,
            name,
            released.KINDS[name],
            sha256(content).hexdigest(),
            run.guarded.cells,
            reasons=run.guarded.reasons,
            operator=operator,
        )
        if session.get(PublishedFile, release) is None:
            session.add(PublishedFile(release_id=release, content=content))


def kept(session: Session, round_id: int) -> list[bytes]:
    """The bytes of every file that was published of a round."""
    found = (
        select(PublishedFile.content)
        .join(Release, Release.id == PublishedFile.release_id)
        .where(Release.round_id == round_id)
        .order_by(PublishedFile.release_id)
    )
    return list(session.scalars(found))


def content_of(database: Database, digest: str) -> bytes:
    """A published file by its digest in hex. Raises NotFoundError."""
    with database.read() as session:
        found = session.scalar(
            select(PublishedFile.content)
            .join(Release, Release.id == PublishedFile.release_id)
            .where(Release.digest == digest)
        )
    if found is None:
        raise NotFoundError
    return found
