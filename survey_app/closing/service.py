"""Ending things: wiping a test, closing a round, sealing it. Each is one transaction, on record."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forms.problems import digest
from survey_app.ballots import integration  # noqa: F401 -- follows a close: the log's end
from survey_app.ballots.tables import (
    Admission,
    Arrival,
    Asked,
    Ballot,
    Comment,
    Draft,
    Receipt,
    Refusal,
)
from survey_app.closing.cards_issued import write_nullifiers
from survey_app.closing.openings import write_openings
from survey_app.closing.rewriting import rewrite
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.rounds import life
from survey_app.rounds.frozen import FrozenRounds, hold_round, load_round
from survey_app.rounds.tables import Link

KEPT_OF_RATERS = (Ballot, Receipt, Admission, Draft, Comment, Refusal)


def wipe_test(database: Database, operator: str, round_id: int) -> dict[str, int]:
    """Remove everything a test brought in, and say on record how much that was.

    The round is a draft again, and cards used in the test are good again.
    """
    with database.write() as session:
        database.lock_round(session, round_id, is_exclusive=True)
        row = hold_round(session, round_id)
        wiped = {
            table.__tablename__: session.scalar(
                select(func.count()).select_from(table).where(table.round_id == round_id)
            )
            or 0
            for table in KEPT_OF_RATERS
        }
        life.move(session, row, "wipe_test", operator, clock.now())
        for table in KEPT_OF_RATERS:
            session.execute(delete(table).where(table.round_id == round_id))
        links = select(Link.id).where(Link.round_id == round_id)
        session.execute(delete(Arrival).where(Arrival.link_id.in_(links)))
        session.execute(delete(Asked).where(Asked.link_id.in_(links)))
        record.append(session, operator, "test.wiped", round_id=round_id, **wiped)
        return wiped


def close_round(database: Database, operator: str, round_id: int) -> int:
    """Close: one commit, after which nothing is accepted. Returns the number of answer sheets.

    Before the time the round was given it takes two persons: see closing.acts.
    """
    with database.write() as session:
        return close_within(session, database, operator, round_id)


def close_within(
    session: Session,
    database: Database,
    operator: str,
    round_id: int,
    step: Literal["close", "close_early"] = "close",
) -> int:
    """The same within the caller's transaction.

    The exclusive lock waits for every acceptance under way and holds back those that come later.
    """
    database.lock_round(session, round_id, is_exclusive=True)
    life.move(session, hold_round(session, round_id), step, operator, clock.now())
    received = _count(session, round_id)
    record.append(session, operator, "round.counted", round_id=round_id, ballots=received)
    return received


def seal(
    database: Database, rounds: FrozenRounds, operator: str, round_id: int, home: Path
) -> list[Path]:
    """Write the sealed files of a closed round under `home`/<round key>, and put their digests
    on record. Returns the folders, one a questionnaire.

    Files are complete before the round counts as sealed; an interrupted sealing is simply
    done again.
    """
    from survey_app.closing.sealing import write_sealed_folders

    with database.read() as session:
        problems = life.problems_before(session, load_round(session, round_id), "seal", clock.now())
    if problems:
        raise ProblemsError(problems)
    rewrite(database, round_id)
    with database.write() as session:
        row = hold_round(session, round_id)
        life.move(session, row, "seal", operator, clock.now())
        session.execute(delete(Draft).where(Draft.round_id == round_id))
        target, draft = home / row.key, home / f".{row.key}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)  # stays empty where the round asked nobody
        manifests = write_sealed_folders(session, rounds.of(row), draft)
        write_openings(session, round_id, draft)
        write_nullifiers(session, round_id, draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.replace(target)
        digests = _digests(manifests)
        record.append(session, operator, "round.sealed", round_id=round_id, **digests)
        round_log.add(session, round_id, {"type": "sealed", "manifests": digests})
        return [target / name for name in manifests]


def sealed_folders(home: Path, round_key: str) -> list[Path]:
    """The sealed folders of a round, sorted by name; empty before it is sealed."""
    return sorted(one.parent for one in (home / round_key).glob("*/manifest.json"))


def _digests(manifests: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    return {name: digest(manifest) for name, manifest in manifests.items()}


def _count(session: Session, round_id: int) -> int:
    return (
        session.scalar(select(func.count()).select_from(Ballot).where(Ballot.round_id == round_id))
        or 0
    )
