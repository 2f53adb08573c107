"""Acts about a round's end are refused when they are asked for, and once more when approved."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from survey_app.accounts import two_persons
from survey_app.closing import acts
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.rounds.frozen import load_round
from tests.rounds import OPERATOR, World, make_world
from tests.second import make_pair

NOON = datetime.fromisoformat("2026-12-01T12:00:00+08:00")
HOUR = timedelta(hours=1)


def ask(world: World, kind: str, close_at: datetime | None = None) -> int:
    return acts.ask(world.database, OPERATOR, kind, world.round_id, "台风停电", close_at)


def test_only_an_open_round_with_a_deadline_is_extended(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, units=1)
    with pytest.raises(ProblemsError, match="没有设截止时间"):
        ask(world, acts.EXTEND, clock.now() + HOUR)
    closing.close_round(database, OPERATOR, world.round_id)
    with pytest.raises(ProblemsError, match="请提出“重新开放”"):
        ask(world, acts.EXTEND, clock.now() + HOUR)


def test_no_new_deadline_lies_in_the_past(database: Database, tmp_path: Path) -> None:
    make_pair(database)
    with time_machine.travel(NOON - HOUR, tick=False):
        world = make_world(database, tmp_path, units=1, close_at=NOON)
        for close_at in (None, NOON):
            with pytest.raises(ProblemsError, match="没有晚于现在的截止时间"):
                ask(world, acts.EXTEND, close_at)
    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        for close_at in (NOON + HOUR, NOON + 2 * HOUR):
            with pytest.raises(ProblemsError, match="已经过去"):
                ask(world, acts.EXTEND, close_at)
        closing.close_round(database, OPERATOR, world.round_id)
        with pytest.raises(ProblemsError, match="已经过去"):
            ask(world, acts.REOPEN, NOON + 2 * HOUR)
        assert ask(world, acts.REOPEN, NOON + 3 * HOUR)


def test_an_approval_that_comes_too_late_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    second = make_pair(database)
    with time_machine.travel(NOON - HOUR, tick=False):
        world = make_world(database, tmp_path, units=1, close_at=NOON)
        act = ask(world, acts.EXTEND, NOON + HOUR)
    with time_machine.travel(NOON + HOUR, tick=False):
        with pytest.raises(ProblemsError, match="已经过去"):
            two_persons.approve(database, second, act)
        (waiting,) = two_persons.waiting_for_round(database, world.round_id)
    assert waiting.id == act
    with database.read() as session:
        assert load_round(session, world.round_id).close_at == NOON


def test_an_act_nobody_asked_for_is_not_found_and_a_reason_has_an_end(
    database: Database, tmp_path: Path
) -> None:
    world = make_world(database, tmp_path, units=1)
    with pytest.raises(NotFoundError):
        two_persons.approve(database, make_pair(database), 99)
    with database.write() as session, pytest.raises(ProblemsError, match="超过 500 个字"):
        two_persons.ask(session, OPERATOR, acts.REOPEN, "字" * 501, world.round_id)
