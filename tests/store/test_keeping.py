"""Until when raters' material is kept, and that its destruction is told as it was."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from survey_app.accounts import two_persons
from survey_app.accounts.two_persons import PermitNeededError
from survey_app.closing import keeping
from survey_app.closing import service as closing
from survey_app.closing.key_files import KeyFiles
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.rounds import life
from survey_app.rounds.frozen import hold_round
from tests.logged import leaves, send
from tests.rounds import OPERATOR, World, make_world
from tests.second import approve_all, make_pair

KEEP_DAYS = 30
MORNING = datetime.fromisoformat("2026-12-01T09:00:00+08:00")


@pytest.fixture
def closed(database: Database, tmp_path: Path) -> World:
    world = make_world(database, tmp_path, keep_days=KEEP_DAYS)
    send(world, 2)
    closing.close_round(database, OPERATOR, world.round_id)
    closing.seal(database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    return world


@pytest.fixture
def assessed(closed: World) -> World:
    """Assessed on a morning, and once more ten days later."""
    for day in (0, 10):
        with time_machine.travel(MORNING + timedelta(days=day), tick=False):
            assess(closed)
    return closed


def assess(world: World) -> None:
    with world.database.write() as session:
        life.move(session, hold_round(session, world.round_id), "assess", OPERATOR, clock.now())


def destroy(world: World) -> dict[str, int]:
    return keeping.destroy(world.database, world.keys, OPERATOR, world.round_id)


def permit(world: World) -> None:
    make_pair(world.database)
    with world.database.write() as session:
        two_persons.ask(session, OPERATOR, keeping.DESTROY, "保存期满", world.round_id)
    approve_all(world.database)


def failed(world: World) -> list[str]:
    found = keeping.check(world.database, world.keys, world.round_id)
    return [one.what or one.text for one in found if not one.holds]


def test_the_days_count_from_the_first_assessment_to_the_second(assessed: World) -> None:
    due = MORNING + timedelta(days=KEEP_DAYS)
    with time_machine.travel(due - timedelta(seconds=1), tick=False):
        found = keeping.look(assessed.database, assessed.keys, assessed.round_id)
        assert (found.due_at, found.is_due) == (due, False)
        with pytest.raises(ProblemsError, match="保存期限还没有到"):
            destroy(assessed)
    with time_machine.travel(due, tick=False):
        assert keeping.look(assessed.database, assessed.keys, assessed.round_id).is_due
        with pytest.raises(PermitNeededError):
            destroy(assessed)


def test_a_round_nobody_assessed_is_never_due(closed: World) -> None:
    permit(closed)
    found = keeping.look(closed.database, closed.keys, closed.round_id)
    assert (found.due_at, found.is_due) == (None, False)
    with pytest.raises(ProblemsError, match="还没有核算"):
        destroy(closed)


def test_a_destruction_is_told_in_the_log_with_its_counts(assessed: World) -> None:
    with time_machine.travel(MORNING + timedelta(days=KEEP_DAYS), tick=False):
        permit(assessed)
        counts = destroy(assessed)
    assert leaves(assessed)[-1] == {"type": "destroyed", "what": counts, "v": 1}
    assert (counts["ballot"], counts["round_key"]) == (2, 1)
    assert failed(assessed) == []


def test_a_key_of_a_backup_goes_too_and_one_put_back_later_is_told(assessed: World) -> None:
    files = KeyFiles(assessed.keys.folder, assessed.round_id)
    files.keep_share(1, "from a backup")
    with time_machine.travel(MORNING + timedelta(days=KEEP_DAYS), tick=False):
        permit(assessed)
        destroy(assessed)
    assert (files.left(), failed(assessed)) == ([], [])
    files.keep_share(1, "from a backup")
    assert failed(assessed) == ["密封轮次的开封密钥：已经没有"]


def test_rows_that_went_without_the_act_are_told_as_not_on_record(assessed: World) -> None:
    """Whoever owns the database can write the day of a destruction that never was."""
    with assessed.database.write() as session:
        hold_round(session, assessed.round_id).destroyed_at = clock.now()
    assert failed(assessed)[-1] == "操作记录里有这次销毁"
