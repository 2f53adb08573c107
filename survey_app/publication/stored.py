"""Does the store still hold what the log of a round says? For administrators and drills.

A bundle is checked against itself; this holds the rows it will be made from against the log, so
that an edited row shows before anything is exported (docs/round-log.md §7, V8).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.round_log import merkle
from analysis.round_log.leaves import LeafError, batch_root, commitment, read_leaf, receipt_hash
from analysis.round_log.notes import NoteError, open_checkpoint
from forms.problems import canonical_json
from survey_app.assessments.tables import Run
from survey_app.ballots.commitments import Traits, content_of
from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.core.database import Database
from survey_app.disclosure.tables import Release
from survey_app.record import round_log
from survey_app.record.notary import Notary
from survey_app.record.service import broken_entries
from survey_app.record.tables import LogCheckpoint, LogLeaf, RecordEntry
from survey_app.rounds import log_opening
from survey_app.rounds.frozen import load_round
from survey_app.rounds.tables import Link, Round

CHUNK = 2_000
SUBJECTS = {"ballot": "commitment", "receipt": "hash", "admission": "nullifier"}
"""Type of a leaf → the field that says what it is about."""
WORDS = {
    "leaf": "日志第 {place} 片（从 0 数起）被改动过",
    "tree": "日志第 {place} 片（从 0 数起）里有改动、增删或挪动：对不上签过的检查点",
    "checkpoint": "日志前 {place} 片的检查点被改动过：不是本系统的密钥签的",
    "head": "轮次 {place} 的日志比已经签名公布的旧，或者内容不同",
    "record": "操作记录第 {place} 条被改动过，或者与日志不符",
    "config": "轮次 {place} 冻结的内容不是日志第 0 片里的那一份",
    "run": "第 {place} 次核算的结果不是日志里的那一份",
    "release": "发布记录与日志不符，文件校验码 {place}",
    "ballot": "答卷与日志不符，承诺值 {place}",
    "receipt": "回执与日志不符，校验值 {place}",
    "admission": "用过的卡与日志不符，校验值 {place}",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something in the store that is not what the log says: what kind of thing, and which."""

    kind: str
    place: str

    @property
    def words(self) -> str:
        """The same as a sentence."""
        return WORDS[self.kind].format(place=self.place)


def check_stored(database: Database, round_id: int) -> list[Mismatch]:
    """Everything of a round that does not agree with its log; empty where all does."""
    with database.read() as session:
        row = load_round(session, round_id)
        rows = select(LogLeaf.body, LogLeaf.subject).where(LogLeaf.round_id == round_id)
        told = _Told([(body, of) for body, of in session.execute(rows.order_by(LogLeaf.place))])
        found = [*_log(session, row, told, database), *_record(session, told)]
        if told.leaves and not told.broken:
            found += [*_document(row, told), *_results(session, row, told)]
            if row.destroyed_at is None:
                found += [*_ballots(session, row, told), *_receipts(session, row, told)]
                found += [*_admissions(session, row, told)]
        return found


class _Told:
    """What the log says."""

    def __init__(self, rows: Sequence[round_log.Row]) -> None:
        self.hashes = [merkle.leaf_hash(body) for body, _ in rows]
        self.leaves: list[dict[str, Any]] = []
        self.broken: list[int] = []
        """Leaves that are none: nothing more can be said of this log."""
        self.exchanged: list[int] = []
        """Leaves about something else than their row says."""
        for place, (body, subject) in enumerate(rows):
            try:
                leaf = read_leaf(body)
            except LeafError:
                self.broken.append(place)
                continue
            self.leaves.append(leaf)
            if subject is not None and leaf.get(SUBJECTS.get(leaf["type"], "")) != subject.hex():
                self.exchanged.append(place)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [leaf for leaf in self.leaves if leaf["type"] == kind]

    def values(self, kind: str, name: str) -> set[Any]:
        return {leaf[name] for leaf in self.of(kind)}

    @property
    def is_whole(self) -> bool:
        """Whether everything that came in is in the log: it is closed."""
        ends = [leaf["type"] for leaf in self.leaves if leaf["type"] in ("close", "reopen")]
        return ends[-1:] == ["close"]


def _log(session: Session, row: Round, told: _Told, database: Database) -> Iterator[Mismatch]:
    yield from (Mismatch("leaf", str(place)) for place in told.broken + told.exchanged)
    notary: Notary = database.info[round_log.NOTARY]
    heads = session.scalars(
        select(LogCheckpoint).where(LogCheckpoint.round_id == row.id).order_by(LogCheckpoint.size)
    ).all()
    frontier, sound, is_torn = merkle.Frontier(), 0, False
    for head in heads:
        frontier.extend(told.hashes[frontier.size : head.size])
        try:
            signed = open_checkpoint(head.note, head.note.partition("\n")[0], notary.public_key)
        except NoteError:
            yield Mismatch("checkpoint", str(head.size))
            continue
        if (signed.size, signed.root) == (frontier.size, frontier.root()):
            sound = head.size
        elif not is_torn:  # then no later one can be met either
            yield Mismatch("tree", f"{sound}–{head.size - 1}")
            is_torn = True
    if round_log.problem(database, row.id) is not None:
        yield Mismatch("head", row.key)


def _record(session: Session, told: _Told) -> Iterator[Mismatch]:
    yield from (Mismatch("record", str(number)) for number in broken_entries(session))
    digests = {one.hex() for one in session.scalars(select(RecordEntry.digest))}
    yield from (Mismatch("record", one) for one in sorted(told.values("act", "digest") - digests))


def _document(row: Round, told: _Told) -> Iterator[Mismatch]:
    if row.frozen_config is None or row.frozen_config.encode() != canonical_json(
        told.leaves[0]["config"]
    ):
        yield Mismatch("config", row.key)


def _results(session: Session, row: Round, told: _Told) -> Iterator[Mismatch]:
    runs = session.execute(select(Run.number, Run.scores_json).where(Run.round_id == row.id))
    stored = {(number, sha256(scores.encode()).hexdigest()) for number, scores in runs}
    logged = {(leaf["run"], leaf["scores"]) for leaf in told.of("result")}
    yield from (Mismatch("run", str(number)) for number, _ in sorted(stored ^ logged))
    releases = set(session.scalars(select(Release.digest).where(Release.round_id == row.id)))
    yield from _differences("release", releases, told.values("release", "digest"))


def _ballots(session: Session, row: Round, told: _Told) -> Iterator[Mismatch]:
    links = dict(session.execute(select(Link.id, Link.token).where(Link.round_id == row.id)).all())
    found: list[bytes] = []
    rows = select(Ballot).where(Ballot.round_id == row.id).execution_options(yield_per=CHUNK)
    for ballot in session.scalars(rows):
        if ballot.opening is None or not _fits(ballot, links):
            yield Mismatch("ballot", ballot.commitment.hex())
        found.append(ballot.commitment)
        session.expunge(ballot)
    opened = told.values("opened", "root")
    if opened:
        if batch_root(found).hex() not in opened:
            yield Mismatch("ballot", "opened")
        return
    stored = {one.hex() for one in found}
    logged = told.values("ballot", "commitment")
    yield from _differences("ballot", stored if told.is_whole else stored & logged, logged)


def _fits(ballot: Ballot, links: dict[int, str]) -> bool:
    """Whether a ballot is what its commitment says."""
    content = content_of(
        Traits(ballot.rater_class, ballot.stratum, ballot.channel, ballot.evidence),
        ballot.payload,
        links.get(ballot.link_id, "?") if ballot.link_id is not None else "",
        has_mark=ballot.device_mark is not None,
        pace=ballot.pace,
    )
    return commitment(ballot.opening or b"", content) == ballot.commitment


def _receipts(session: Session, row: Round, told: _Told) -> Iterator[Mismatch]:
    stored = set()
    for number, leaf in session.execute(
        select(Receipt.number, Receipt.leaf).where(Receipt.round_id == row.id)
    ):
        if receipt_hash(number) != leaf:
            yield Mismatch("receipt", leaf.hex())
        stored.add(leaf.hex())
    logged = told.values("receipt", "hash")
    yield from _differences("receipt", stored if told.is_whole else stored & logged, logged)


def _admissions(session: Session, row: Round, told: _Told) -> Iterator[Mismatch]:
    if not told.is_whole or not log_opening.has_key(session, row.id):
        return
    cards = session.scalars(select(Admission.card_id).where(Admission.round_id == row.id))
    stored = {log_opening.nullifier(session, row.id, card).hex() for card in cards}
    yield from _differences("admission", stored, told.values("admission", "nullifier"))


def _differences(kind: str, stored: Iterable[str], logged: Iterable[str]) -> Iterator[Mismatch]:
    yield from (Mismatch(kind, one) for one in sorted(set(stored) ^ set(logged)))
