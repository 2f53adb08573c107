"""The same code at the same moment: one winner, and the loser is told the truth."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.core.database import Base, Database
from tests.chaos.racing import overlapped, race
from tests.rounds import World, make_world

SHORT_PAIRS, LONG_PAIRS = 60, 2_000


def count(world: World, table: type[Base]) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def assert_one_winner_each(world: World, home: Path, pairs: int, processes: int) -> None:
    attempts = race(world, home, [card.qr_code for card in world.cards], processes)
    assert len(attempts) == pairs
    for one in attempts:
        kinds = sorted(attempt.kind for attempt in one)
        assert kinds == ["accepted", *["code_used"] * (processes - 1)], kinds
    assert count(world, Ballot) == count(world, Receipt) == count(world, Admission) == pairs
    share = sum(overlapped(one) for one in attempts) / pairs
    assert share > 0.5, f"only {share:.0%} of the attempts overlapped: this was no race"


def test_pairs_with_the_same_code_have_one_winner(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=SHORT_PAIRS)
    assert_one_winner_each(world, tmp_path, SHORT_PAIRS, processes=2)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_two_thousand_pairs_have_one_winner_each(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=LONG_PAIRS)
    assert_one_winner_each(world, tmp_path, LONG_PAIRS, processes=2)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_eight_processes_at_one_card_have_one_winner(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=100)
    assert_one_winner_each(world, tmp_path, 100, processes=8)


def test_without_the_constraint_the_race_is_lost(database: Database, tmp_path: Path) -> None:
    """The guard is the primary key: with it taken out, the same race counts voters twice."""
    world = make_world(database, tmp_path, cards=10)
    with database.write() as session:
        if database.is_sqlite:
            session.execute(text("DROP TABLE admission"))
            session.execute(text("CREATE TABLE admission (card_id BLOB, round_id INTEGER)"))
        else:
            session.execute(text("ALTER TABLE admission DROP CONSTRAINT pk_admission"))
    attempts = race(world, tmp_path, [card.qr_code for card in world.cards])
    winners = [sum(one.kind == "accepted" for one in pair) for pair in attempts]
    assert max(winners) == 2
