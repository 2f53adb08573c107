"""A store that fails in the middle: whoever is told of a failure is not stored, nobody is lost."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from survey_app.ballots import writer as group
from survey_app.ballots.accept import ATTEMPTS, DEADLOCK, accept_many
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.ballots.writer import BallotWriter
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import NotRecordedError
from tests.rounds import World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, units=1)


def stored(world: World) -> tuple[int, int]:
    """Ballots and receipts."""
    with world.database.read() as session:
        counts = [select(func.count()).select_from(table) for table in (Ballot, Receipt)]
        ballots, receipts = (session.scalar(one) or 0 for one in counts)
        return ballots, receipts


class DeadlockError(Exception):
    """As PostgreSQL says it."""

    sqlstate = DEADLOCK


Failing = Callable[[Callable[[int], Exception | None]], None]


@pytest.fixture
def failing(world: World, monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Let transactions of ballots fail before they begin: by their number, from 0."""
    begin, numbers = world.database.write_rows, count()

    def arrange(failure: Callable[[int], Exception | None]) -> None:
        def write_rows() -> AbstractContextManager[object]:
            error = failure(next(numbers))
            if error is not None:
                raise OperationalError("", {}, error)
            return begin()

        monkeypatch.setattr(world.database, "write_rows", write_rows)

    return arrange


def test_a_batch_that_loses_a_deadlock_goes_again(world: World, failing: Failing) -> None:
    failing(lambda n: DeadlockError() if n < ATTEMPTS - 1 else None)
    (outcome,) = accept_many(
        world.database, world.keys, [world.ballot(world.at_link())], at=clock.now()
    )
    assert outcome.kind == "accepted"
    assert stored(world) == (1, 1)


def test_one_that_always_loses_is_told_so(world: World, failing: Failing) -> None:
    failing(lambda _: DeadlockError())
    with pytest.raises(NotRecordedError):
        accept_many(world.database, world.keys, [world.ballot(world.at_link())], at=clock.now())
    assert stored(world) == (0, 0)


def test_a_full_disk_is_told_at_once(world: World, failing: Failing) -> None:
    failing(lambda n: OSError(28, "No space left on device") if n == 0 else None)
    with pytest.raises(NotRecordedError):
        accept_many(world.database, world.keys, [world.ballot(world.at_link())], at=clock.now())
    assert stored(world) == (0, 0)


def test_a_failure_among_those_taken_one_by_one_concerns_that_one(
    world: World, failing: Failing
) -> None:
    """The whole batch is refused for one row; of the rest the disk then fails for one."""
    ballots = [world.ballot(world.at_link()) for _ in range(4)]
    object.__setattr__(ballots[0], "evidence", "hearsay")
    failing(lambda n: OSError(5, "Input/output error") if n == 3 else None)
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    kinds = [one.kind for one in outcomes]
    assert kinds == ["not_recorded", "accepted", "not_recorded", "accepted"]
    assert stored(world) == (2, 2)


def test_a_missing_table_is_told_as_not_recorded_and_nothing_is_stored_later(world: World) -> None:
    writer, ballot = BallotWriter(world.database, world.keys), world.ballot(world.at_link())
    with world.database.write_rows() as connection:
        connection.execute(text("ALTER TABLE receipt RENAME TO mislaid"))
    with pytest.raises(NotRecordedError):
        writer.submit(ballot)
    with world.database.write_rows() as connection:
        connection.execute(text("ALTER TABLE mislaid RENAME TO receipt"))
    assert stored(world) == (0, 0)
    assert writer.submit(ballot).kind == "accepted"
    assert stored(world) == (1, 1)


def test_one_commit_answers_all_who_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each gets a receipt of their own; what one of them did wrong is told to that one."""
    if not world.database.is_sqlite:
        pytest.skip("only SQLite lets its writers queue")
    writer, sizes, told = BallotWriter(world.database, world.keys), [], dict[int, str]()

    def counted(*given: object, **named: object) -> object:
        sizes.append(len(given[2]))  # type: ignore[arg-type]
        return accept_many(*given, **named)  # type: ignore[arg-type]

    def send(number: int) -> None:
        ballot = world.ballot(world.at_link())
        if number == 1:
            object.__setattr__(ballot, "evidence", "hearsay")
        try:
            told[number] = writer.submit(ballot).receipt or ""
        except NotRecordedError:
            told[number] = "not recorded"

    monkeypatch.setattr(group, "accept_many", counted)
    threads = [Thread(target=send, args=(number,)) for number in range(3)]
    with world.database.turn():
        for thread in threads:
            thread.start()
        while len(writer._waiting) < len(threads):
            threads[0].join(0.01)
    for thread in threads:
        thread.join()
    assert sizes == [3]
    assert told[1] == "not recorded"
    assert {len(told[0]), len(told[2])} == {20}
    assert told[0] != told[2]
    assert stored(world) == (2, 2)
