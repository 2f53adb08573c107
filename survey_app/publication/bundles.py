"""Bundles of a round: what anybody, or an auditor, needs to check it (docs/round-log.md §6).

The public bundle is made without a look at any answer. The auditor's holds single answer sheets;
who takes it out is on record.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import analysis.round_log
from analysis.round_log.bundle_files import Audit, Kind, Material, RunFiles, write_bundle
from forms.problems import N_, canonical_json, digest
from survey_app.accounts import two_persons
from survey_app.assessments.screened import decided_by_two
from survey_app.assessments.tables import Run
from survey_app.closing.cards_issued import issued_nullifiers, kept_nullifiers
from survey_app.closing.openings import OPENINGS
from survey_app.closing.service import sealed_folders
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.intake import voiding
from survey_app.intake.tables import CountedSession
from survey_app.publication import files
from survey_app.publication.tables import Publication
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.record.tables import LogCheckpoint, LogLeaf, RecordEntry
from survey_app.rounds import log_opening
from survey_app.rounds.frozen import load_round
from survey_app.rounds.tables import Link, Round

KIND = "auditor_bundle"
HOME = Path(analysis.round_log.__file__).parent
SPECIFICATION = HOME.parents[1] / "docs" / "round-log.md"
VERIFIER = HOME / "verify_round.py"
ELSEWHERE = b"docs/round-log.md of the program, in the version that leaf 0 names\n"


class NoLogError(DomainError):
    status = 409
    message = N_("本轮没有公开日志：它开放的时候，系统还没有这一项。")
    remedy = N_("请用“导出明细”和封存文件夹核对；以后开放的轮次都有日志。")


class NotClosedError(DomainError):
    status = 409
    message = N_("本轮还没有关闭，没有可以核验的日志。")
    remedy = N_("请在关闭以后再导出核验包。")


class NotSealedError(DomainError):
    status = 409
    message = N_("本轮还没有封存，没有可以交给审计人员的答卷。")
    remedy = N_("请先封存，再导出审计包；公开包在关闭以后就可以导出。")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: for telling people, and for others to keep."""

    size: int
    root: str
    n_absent: int


def write(
    database: Database,
    settings: Settings,
    round_id: int,
    folder: Path,
    *,
    published: Path | None = None,
) -> Written:
    """Write the public bundle of a closed round into a new folder.

    `published` is a folder with files that were handed out; those the log knows are put in.
    Raises NoLogError, NotClosedError, LogBehindError, and InputError for a folder in use.
    """
    round_log.checkpoint(database, round_id)
    return _write(database, settings, round_id, folder, published, "public")


def write_for_auditor(
    database: Database,
    settings: Settings,
    operator: str,
    round_id: int,
    folder: Path,
    *,
    published: Path | None = None,
    needs_permit: bool = True,
) -> Written:
    """Write the auditor's bundle of a sealed round into a new folder, on record.

    It needs the permit of a second person (kind `KIND`); at the machine itself, where whoever
    types can read the files anyhow, it is put on record alone. Raises what `write` does,
    NotSealedError and PermitNeededError.
    """
    with database.read() as session:
        _refuse_unsealed(settings, load_round(session, round_id))
    with database.write() as session:
        if needs_permit:
            two_persons.require_permit(session, operator, KIND, round_id)
        record.append(session, operator, "bundle.auditor", round_id=round_id)
    round_log.checkpoint(database, round_id)
    return _write(database, settings, round_id, folder, published, "auditor")


def has_permit(database: Database, operator: str, round_id: int) -> bool:
    """Whether this operator can take an auditor's bundle now."""
    with database.read() as session:
        return two_persons.find_permit(session, operator, KIND, round_id) is not None


def _write(
    database: Database,
    settings: Settings,
    round_id: int,
    folder: Path,
    published: Path | None,
    kind: Kind,
) -> Written:
    with database.read() as session:
        row = load_round(session, round_id)
        leaves = _leaves(session, round_id)
        if not leaves:
            raise NoLogError
        if not any(_type(leaf) == "close" for leaf in leaves):
            raise NotClosedError
        home = settings.sealed_dir / row.key
        notes = _checkpoints(session, round_id)
        material = Material(
            origin=notes[-1].partition("\n")[0],
            leaves=leaves,
            checkpoints=notes,
            nullifiers=_nullifiers(session, home, round_id),
            results=dict(_results(session, round_id, leaves, published)),
            specification=_specification(),
            verifier=VERIFIER.read_bytes(),
            audit=_audit(session, row, leaves, home) if kind == "auditor" else None,
        )
    write_bundle(folder, material)
    n_releases = sum(_type(leaf) == "release" for leaf in leaves)
    return Written(len(leaves), notes[-1].split("\n")[2], n_releases - len(material.results))


def _refuse_unsealed(settings: Settings, row: Round) -> None:
    if not (settings.sealed_dir / row.key / OPENINGS).is_file():
        raise NotSealedError


def _specification() -> bytes:
    return SPECIFICATION.read_bytes() if SPECIFICATION.is_file() else ELSEWHERE


def _type(body: bytes) -> str:
    return str(json.loads(body)["type"])


def _leaves(session: Session, round_id: int) -> list[bytes]:
    found = select(LogLeaf.body).where(LogLeaf.round_id == round_id).order_by(LogLeaf.place)
    return list(session.scalars(found))


def _checkpoints(session: Session, round_id: int) -> list[str]:
    return list(
        session.scalars(
            select(LogCheckpoint.note)
            .where(LogCheckpoint.round_id == round_id)
            .order_by(LogCheckpoint.size)
        )
    )


def _nullifiers(session: Session, home: Path, round_id: int) -> Mapping[int, Sequence[bytes]]:
    kept = kept_nullifiers(home)
    if kept is not None:
        return kept
    return issued_nullifiers(session, round_id) if log_opening.has_key(session, round_id) else {}


def _results(
    session: Session, round_id: int, leaves: Sequence[bytes], published: Path | None
) -> Iterator[tuple[int, bytes]]:
    """The files of the releases, as far as they can be found by their digests."""
    paths = sorted(published.rglob("*")) if published else []
    contents = [path.read_bytes() for path in paths if path.is_file()]
    pages = select(Publication.page).where(Publication.round_id == round_id)
    contents += [canonical_json(page) for page in session.scalars(pages)]
    contents += files.kept(session, round_id)
    known = {sha256(content).hexdigest(): content for content in contents}
    for n, body in enumerate(leaves):
        leaf = json.loads(body)
        if leaf["type"] == "release" and leaf["digest"] in known:
            yield n, known[leaf["digest"]]


def _audit(session: Session, row: Round, leaves: Sequence[bytes], home: Path) -> Audit:
    from analysis.round_log.counting import counts_of_sealed

    told = [json.loads(body) for body in leaves]
    folders = sealed_folders(home.parent, row.key)
    lines = [json.loads(line) for line in (home / OPENINGS).read_bytes().splitlines()]
    openings = [(bytes.fromhex(one["opening"]), one["content"]) for one in lines]
    runs = {leaf["run"] for leaf in told if leaf["type"] == "result"}
    return Audit(
        openings=openings,
        counts=counts_of_sealed(folders, len(openings)),
        record=[_entry(session, leaf["digest"]) for leaf in told if leaf["type"] == "act"],
        exclusions=_exclusions(session, row.id, told),
        sealed=folders,
        runs={
            run.number: RunFiles(run.scores_json.encode(), run.sheets)
            for run in session.scalars(select(Run).where(Run.round_id == row.id))
            if run.number in runs
        },
    )


def _entry(session: Session, told: str) -> dict[str, Any]:
    entry = session.scalars(
        select(RecordEntry).where(RecordEntry.digest == bytes.fromhex(told))
    ).one()
    return {
        "action": entry.action,
        "at": entry.at.isoformat(),
        "details": entry.details,
        "operator": entry.operator,
        "previous": entry.previous.hex(),
        "round": entry.round_id,
    }


def _exclusions(
    session: Session, round_id: int, told: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What every `exclusion` leaf decided, in their order."""
    contents = [*decided_by_two(session, round_id), *_voided(session, round_id)]
    known = {digest(content).removeprefix("sha256:"): content for content in contents}
    return [known[leaf["digest"]] for leaf in told if leaf["type"] == "exclusion"]


def _voided(session: Session, round_id: int) -> Iterator[dict[str, Any]]:
    """What made paper sessions and telephone batches void, as `intake.voiding` digests it."""
    found = select(CountedSession.name, CountedSession.void_reason, Link.token).join(
        Link, Link.id == CountedSession.link_id
    )
    kept = found.where(CountedSession.round_id == round_id, CountedSession.is_void)
    for name, reason, token in session.execute(kept):
        yield {"kind": voiding.KIND, "link": token, "name": name, "reason": reason}


two_persons.register(
    KIND, N_("导出含单份答卷的审计包"), askers=("admin", "clerk"), approvers=("admin",)
)
