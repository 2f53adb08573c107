"""The server is killed, the round is closed, under load: nothing acknowledged is lost."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from survey_app.ballots.tables import Ballot, Receipt
from survey_app.closing import service as closing
from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.chaos.loading import Load
from tests.chaos.serving import Serving, nonce_in, request
from tests.rounds import OPERATOR, World, filled, make_world

KILLS, CLOSES = 20, 20


@pytest.fixture
def serving(settings: Settings, database: Database) -> Iterator[Serving]:
    settings.home.mkdir(parents=True, exist_ok=True)
    serving = Serving(settings)
    yield serving
    serving.kill()


def receipts(world: World) -> set[str]:
    with world.database.read() as session:
        return set(
            session.scalars(select(Receipt.number).where(Receipt.round_id == world.round_id))
        )


def ballots(world: World) -> int:
    with world.database.read() as session:
        counted = select(func.count()).select_from(Ballot)
        return session.scalar(counted.where(Ballot.round_id == world.round_id)) or 0


def kill_and_compare(world: World, serving: Serving, kills: int, seconds: float) -> None:
    fields = dict(filled(world.at_link(), "satisfied"))
    serving.start()
    with Load(serving, f"/r/{world.links['u1']}", fields) as load:
        for _ in range(kills):
            time.sleep(seconds)
            serving.kill()
            serving.start()
        time.sleep(seconds)
    told = load.told
    assert len(told.receipts) > kills, "hardly anything was accepted: this was no load"
    assert set(told.receipts.values()) <= receipts(world), "an acknowledged ballot is gone"
    assert not told.changed
    assert ballots(world) == len(receipts(world))
    assert len(receipts(world)) - len(told.receipts) <= len(told.unknown)
    assert set(told.statuses) <= {200, 503}


def test_a_killed_server_keeps_every_acknowledged_ballot(
    database: Database, settings: Settings, serving: Serving
) -> None:
    kill_and_compare(make_world(database, settings.home), serving, kills=2, seconds=1.0)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_kills_under_load_lose_nothing(
    database: Database, settings: Settings, serving: Serving
) -> None:
    kill_and_compare(make_world(database, settings.home), serving, kills=KILLS, seconds=1.3)


def close_and_compare(world: World, serving: Serving) -> None:
    fields = dict(filled(world.at_link(), "satisfied"))
    path = f"/r/{world.links['u1']}"
    with Load(serving, path, fields) as load:
        time.sleep(0.8)
        began = time.monotonic()
        counted = closing.close_round(world.database, OPERATOR, world.round_id)
        ended = time.monotonic()
        time.sleep(0.4)
    told = load.told
    assert told.receipts, "nothing was accepted before the close: this was no load"
    assert ballots(world) == counted == len(receipts(world)), "something came after the close"
    assert set(told.receipts.values()) <= receipts(world)
    assert all(asked < ended for asked, _ in told.accepted_at), "accepted after the close"
    assert all(heard > began for _, heard in told.closed), "told closed before the close"
    assert 500 not in told.statuses


def test_a_close_under_load_is_one_moment(
    database: Database, settings: Settings, serving: Serving
) -> None:
    world = make_world(database, settings.home)
    serving.start()
    close_and_compare(world, serving)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_closes_under_load_are_one_moment_each(
    database: Database, settings: Settings, serving: Serving, tmp_path: Path
) -> None:
    world = make_world(database, settings.home)
    serving.start()
    close_and_compare(world, serving)
    for number in range(1, CLOSES):
        close_and_compare(another_round(world, number), serving)


def another_round(world: World, number: int) -> World:
    """The same register, a new round with one poster, open."""
    from survey_app.rounds import entrances, service
    from tests.rounds import BINDINGS, SCHEME

    spec = service.RoundSpec("又一轮", "市绩效办", "12345", SCHEME, BINDINGS, is_simulated=True)
    key = f"round-{number}"
    round_id = service.create_round(world.database, world.keys, OPERATOR, key, spec)
    link = entrances.LinkSpec("海报", "citizen", "online", ("u1",))
    (made,) = entrances.add_links(world.database, OPERATOR, round_id, [link])
    service.freeze(world.database, OPERATOR, round_id)
    service.open_round(world.database, OPERATOR, round_id)
    return World(
        world.database, world.keys, world.rounds, world.nonces, round_id, {"u1": made.token}
    )


def test_twenty_identical_submissions_at_once_count_once(
    database: Database, settings: Settings, serving: Serving
) -> None:
    """What happened to other systems: the same form sent twenty times at the same moment."""
    from concurrent.futures import ThreadPoolExecutor

    world = make_world(database, settings.home)
    serving.start()
    path = f"/r/{world.links['u1']}"
    body = dict(filled(world.at_link(), "satisfied"))
    body["nonce"] = nonce_in(request(serving.port, "GET", path))
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: request(serving.port, "POST", path, body), range(20)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.receipt for reply in replies}) == 1
    assert ballots(world) == 1
