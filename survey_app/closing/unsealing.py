"""Opening a sealed round (开封): once, after the close, by two of the three key holders.

Everything is decrypted in memory first. A single envelope that does not open, or that the log does
not know, stops the opening and changes nothing. Then, in one transaction, the envelopes go and the
ballots are written anew under new random ids; last, the key is destroyed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from analysis.round_log.leaves import batch_root, commitment
from forms.problems import N_
from survey_app.ballots.envelope import BrokenEnvelopeError, Letter, open_envelope
from survey_app.ballots.payload import BrokenPayloadError, unpack
from survey_app.ballots.tables import Ballot, Comment
from survey_app.closing.ceremony import ceremony_of, unlock
from survey_app.closing.key_files import KeyFiles
from survey_app.closing.openings import link_tokens, stored_content
from survey_app.closing.rewriting import vacuum
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.record.tables import LogLeaf
from survey_app.rounds import life
from survey_app.rounds.frozen import FrozenRound, FrozenRounds, hold_round, load_round
from survey_app.rounds.tables import Round

CHUNK = 5_000
Content = dict[str, Any]


class BrokenBallotsError(DomainError):
    status = 409
    message = N_("{all} 份密封答卷中有 {n} 份打不开或与收到时不一样，一份都没有开封，也没有改动。")
    remedy = N_(
        "请保留现场，不要再操作本轮；从最近的备份恢复后再试，并请审计人员对照公开日志核对。"
    )


@dataclass(slots=True)
class _Opened:
    """What lay in the envelopes, as rows to be written."""

    seen: set[bytes] = field(default_factory=set)
    """The ids of the envelopes."""
    ballots: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    n_broken: int = 0


def unseal(
    database: Database,
    rounds: FrozenRounds,
    folder: Path,
    operator: str,
    round_id: int,
    texts: Sequence[str],
) -> int:
    """Open every ballot with two shares; gives how many. Interrupted, it can be done again.

    Raises:
        ProblemsError: it is not the time, or a share is wrong (WrongShareError names it).
        KeyGoneError: the wrapped key is not here.
        BrokenBallotsError: not every envelope opens; nothing was changed.
    """
    with database.read() as session:
        row = load_round(session, round_id)
        problems = life.problems_before(session, row, "unseal", clock.now())
        if problems:
            raise ProblemsError(problems)
        private, holders = unlock(ceremony_of(session, row), folder, texts)
        opened = _open_all(session, rounds.of(row), private)
    if opened.n_broken:
        raise BrokenBallotsError(n=opened.n_broken, all=len(opened.seen))
    with database.write() as session:
        database.lock_round(session, round_id, is_exclusive=True)
        row = hold_round(session, round_id)
        life.move(session, row, "unseal", operator, clock.now())
        _replace(session, round_id, opened)
        _tell(session, row, operator, holders, opened)
    KeyFiles(folder, round_id).destroy()
    vacuum(database, (Ballot, Comment))
    return len(opened.ballots)


def finish_interrupted(database: Database, folder: Path) -> None:
    """Destroy the keys of rounds that were opened when the server stopped in between."""
    if not any(folder.glob("round-*.sealed")):
        return
    with database.read() as session:
        opened = session.scalars(select(Round.id).where(Round.unsealed_at.is_not(None))).all()
    for round_id in opened:
        KeyFiles(folder, round_id).destroy()


def _open_all(session: Session, frozen: FrozenRound, private: X25519PrivateKey) -> _Opened:
    known = _in_the_log(session, frozen.id)
    links = link_tokens(session, frozen.id)
    opened = _Opened()
    stored = select(Ballot.__table__).where(Ballot.round_id == frozen.id)
    for row in session.execute(stored.execution_options(yield_per=CHUNK)):
        ballot = cast("Ballot", row)  # plain rows have the same columns and cost a third
        opened.seen.add(ballot.id)
        content = stored_content(ballot, links)
        is_known = ballot.commitment in known
        letter = _open(ballot, content, frozen, private) if is_known else None
        if letter is None:
            opened.n_broken += 1
        else:
            _add(opened, ballot, letter, content, frozen)
    return opened


def _in_the_log(session: Session, round_id: int) -> set[bytes]:
    """What the log holds of ballots; sealed rounds have had one from the first."""
    found = session.scalars(
        select(LogLeaf.subject).where(LogLeaf.round_id == round_id, LogLeaf.subject.is_not(None))
    )
    return {one for one in found if one is not None}


def _open(
    ballot: Ballot, content: Content, frozen: FrozenRound, private: X25519PrivateKey
) -> Letter | None:
    """The letter of an envelope that is as it came; None of one that is not."""
    assert ballot.opening is not None
    if commitment(ballot.opening, content) != ballot.commitment:
        return None
    try:
        return open_envelope(ballot.payload, private, frozen, ballot.rater_class)
    except BrokenEnvelopeError:
        return None


def _add(
    opened: _Opened, ballot: Ballot, letter: Letter, content: Content, frozen: FrozenRound
) -> None:
    try:
        rated = [one for one, _ in unpack(letter.payload, frozen.widths(ballot.rater_class))]
    except BrokenPayloadError:
        opened.n_broken += 1
        return
    content = {**content, "payload": letter.payload.hex()}
    opened.ballots.append(
        {
            "id": secrets.token_bytes(16),
            "round_id": frozen.id,
            "rater_class": ballot.rater_class,
            "stratum": ballot.stratum,
            "channel": ballot.channel,
            "evidence": ballot.evidence,
            "ratee_number": rated[0] if len(rated) == 1 else None,
            "payload": letter.payload,
            "link_id": ballot.link_id,
            "device_mark": ballot.device_mark,
            "pace": ballot.pace,
            "commitment": commitment(letter.opening, content),
            "opening": letter.opening,
        }
    )
    opened.comments += [
        {
            "id": secrets.token_bytes(16),
            "round_id": frozen.id,
            "ratee_number": number,
            "item": item,
            "content": words,
        }
        for number, item, words in letter.comments
    ]


def _replace(session: Session, round_id: int, opened: _Opened) -> None:
    """Envelopes out, ballots in, in the order of new random keys."""
    of_round = select(Ballot.id).where(Ballot.round_id == round_id)
    if set(session.scalars(of_round)) != opened.seen:
        raise BrokenBallotsError(n=0, all=len(opened.seen))
    session.execute(delete(Ballot).where(Ballot.round_id == round_id))
    for table, rows in ((Ballot, opened.ballots), (Comment, opened.comments)):
        if rows:
            session.execute(insert(table.__table__), sorted(rows, key=itemgetter("id")))  # type: ignore[arg-type]


def _tell(
    session: Session, row: Round, operator: str, holders: Sequence[int], opened: _Opened
) -> None:
    """On record and in the log: how many, by whom, and what the opened ballots come to."""
    found = ceremony_of(session, row)
    record.append(
        session,
        operator,
        "round.unsealed",
        round_id=row.id,
        ballots=len(opened.ballots),
        holders="、".join(f"{number} {found.name(number)}" for number in sorted(holders)),
    )
    round_log.add(
        session,
        row.id,
        {
            "type": "opened",
            "ballots": len(opened.ballots),
            "holders": sorted(holders),
            "rehearsed": row.rehearsed_at is not None,
            "root": batch_root(one["commitment"] for one in opened.ballots).hex(),
        },
    )
