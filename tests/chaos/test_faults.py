"""The same form, twenty times at the same moment. Kills and closes: tests/prove/trials."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from survey_app.core.config import Settings
from survey_app.core.database import Database
from tests.chaos.serving import Serving, nonce_in, request
from tests.prove.trials.kills import ballots
from tests.rounds import filled, make_world


@pytest.fixture
def serving(settings: Settings, database: Database) -> Iterator[Serving]:
    settings.home.mkdir(parents=True, exist_ok=True)
    serving = Serving(settings)
    yield serving
    serving.kill()


def test_twenty_identical_submissions_at_once_count_once(
    database: Database, settings: Settings, serving: Serving
) -> None:
    """What happened to other systems: the same form sent twenty times at the same moment."""
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
