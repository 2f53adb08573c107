"""Two operators act at the same moment: one act happens, the other is told the truth."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from survey_app.ballots.accept import accept_many
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.record.tables import RecordEntry
from survey_app.rounds import entrances, service
from survey_app.rounds.tables import Card
from tests.rounds import OPERATOR, World, make_world

Act = Callable[[], object]


def at_once(*acts: Act) -> list[DomainError]:
    """Start the acts together; the refusals they met. Any other exception fails the test."""
    start = Barrier(len(acts))
    refusals: list[DomainError] = []
    failures: list[Exception] = []

    def run(act: Act) -> None:
        start.wait()
        try:
            act()
        except DomainError as error:
            refusals.append(error)
        except Exception as error:  # noqa: BLE001 -- told to the test's own thread
            failures.append(error)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return refusals


def recorded(world: World, action: str) -> int:
    entries = select(func.count()).select_from(RecordEntry).where(RecordEntry.action == action)
    with world.database.read() as session:
        return session.scalar(entries) or 0


def test_a_roster_gets_its_cards_once(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="frozen")

    def issue() -> None:
        entrances.issue_from_roster(
            database, world.keys, OPERATOR, world.round_id, "delegate", "assembly"
        )

    (refusal,) = at_once(issue, issue)
    assert isinstance(refusal, entrances.NoRosterError)
    with database.read() as session:  # six persons on the roster
        assert session.scalar(select(func.count()).select_from(Card)) == 6


def test_a_round_is_sealed_once(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path)
    accept_many(database, world.keys, [world.ballot(world.at_link())], at=clock.now())
    closing.close_round(database, OPERATOR, world.round_id)

    def seal() -> None:
        closing.seal(database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")

    assert len(at_once(seal, seal)) == 1
    assert recorded(world, "round.sealed") == 1


@pytest.mark.parametrize(
    ("before", "first", "second"),
    [
        ("draft", "start_test", "freeze"),
        ("frozen", "open_round", "unfreeze"),
    ],
)
def test_a_round_takes_one_of_two_steps(
    database: Database, tmp_path: Path, before: str, first: str, second: str
) -> None:
    world = make_world(database, tmp_path, state=before)
    steps = [getattr(service, name) for name in (first, second)]
    acts = [lambda step=step: step(database, OPERATOR, world.round_id) for step in steps]
    assert len(at_once(*acts)) == 1
