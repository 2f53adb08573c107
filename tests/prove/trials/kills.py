"""kill -9 of the whole server under load, and of the database under it: what was thanked for stays.

A client that gets no reply sends the same form again, as a person would press the button again.
"""

import time
from functools import partial
from random import Random

from sqlalchemy import func, select, text

from survey_app.ballots.tables import Ballot, Receipt
from tests.chaos.loading import Load, Told
from tests.chaos.serving import Serving, request
from tests.prove.stores import STORES, Store
from tests.prove.trial import Counts, Task, Trial
from tests.prove.unguarded import named as unguarded_app
from tests.rounds import World, filled, make_world

PAUSE = (1.5, 5.0)
REPLAYED = 200


def kills(kind: str, task: Task, unguarded: str = "") -> Counts:
    """Clients send forms while the server is killed and started again and again."""
    random = Random(task.seed)
    with STORES[kind](task) as store:
        world = make_world(store.database, store.home)
        if unguarded == "unsynced":
            _lose_commits(store)
        serving = Serving(store.settings)
        if unguarded:
            serving.app = unguarded_app(unguarded)
        fields = dict(filled(world.at_link(), "satisfied"))
        try:
            serving.start()
            also = {"kill -9": 0, **({"immediate stops": 0} if store.server else {})}
            with Load(serving, f"/r/{world.links['u1']}", fields) as load:
                while task.goes_on(len(load.told.receipts)):
                    time.sleep(random.uniform(*PAUSE))
                    also[_strike(store, serving, random)] += 1
            return _compare(world, serving, load.told, fields, also)
        finally:
            serving.kill()


def _strike(store: Store, serving: Serving, random: Random) -> str:
    """Kill the server, or stop the database without letting it tidy up."""
    if store.server is not None and random.random() < 0.5:
        store.server.stop()
        time.sleep(random.uniform(0, 0.5))
        store.server.start()
        return "immediate stops"
    serving.kill()
    serving.start()
    return "kill -9"


def _compare(
    world: World, serving: Serving, told: Told, fields: dict[str, str], also: dict[str, int]
) -> Counts:
    stored = receipts(world)
    lost = len(set(told.receipts.values()) - stored)
    doubled = len(told.changed) + (len(told.receipts) - len(set(told.receipts.values())))
    uneven = abs(ballots(world) - len(stored))
    unasked = max(0, len(stored) - len(told.receipts) - len(told.unknown))
    wrong = sum(n for status, n in told.statuses.items() if status not in (200, 503))
    replays = list(told.receipts.items())[:: max(1, len(told.receipts) // REPLAYED)]
    path = f"/r/{world.links['u1']}"
    changed = sum(
        request(serving.port, "POST", path, {**fields, "nonce": nonce}).receipt != receipt
        for nonce, receipt in replays
    )
    also = {**also, "late replays": len(replays), "answers 503": told.statuses[503]}
    failed = lost + doubled + uneven + unasked + wrong + changed
    return Counts(len(told.receipts), failed, also)


def unguarded_kills(kind: str, guard: str, task: Task) -> Counts:
    """The same without the guard; counts answers thanked for and gone."""
    return kills(kind, task, guard)


def _lose_commits(store: Store) -> None:
    assert store.server is not None
    with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as rows:
        rows.execute(
            text(f"ALTER DATABASE {store.database.url.database} SET synchronous_commit=off")
        )


def receipts(world: World) -> set[str]:
    """The receipts a round holds."""
    with world.database.read() as session:
        mine = select(Receipt.number).where(Receipt.round_id == world.round_id)
        return set(session.scalars(mine))


def ballots(world: World) -> int:
    """How many answer sheets a round holds."""
    with world.database.read() as session:
        counted = select(func.count()).select_from(Ballot)
        return session.scalar(counted.where(Ballot.round_id == world.round_id)) or 0


def _line(kind: str, promise: str, how: str, mode: str, guard: str) -> Trial:
    return Trial(
        id=f"kill-{kind}",
        section="Kept",
        promise=promise,
        invariants=("I1", "I2", "I4", "I8"),
        how=how,
        tries="answers thanked for",
        nightly=20_000,
        full=300_000,
        run=partial(kills, kind),
        seconds=420,
        short=60,
        guard=guard,
        counter_proof=partial(unguarded_kills, kind, mode),
        counter_wanted=150,
    )


TRIALS = (
    _line(
        "sqlite",
        "An answer thanked for is kept when the server is killed (SQLite)",
        "six clients send forms; the whole process group is killed (-9) every few seconds; "
        "receipts, sheets and replays are compared with what clients were told",
        "early-thanks",
        "thanks before the commit",
    ),
    _line(
        "postgres",
        "An answer thanked for is kept when the server or the database is killed (PostgreSQL)",
        "the same, half of the blows being `pg_ctl -m immediate stop` of the database",
        "unsynced",
        "synchronous_commit off",
    ),
)
