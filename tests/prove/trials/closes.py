"""Closing while answers pour in: one moment; what came before counts, nothing after it."""

import time
from functools import partial
from random import Random

from survey_app.closing import service as closing
from survey_app.rounds import entrances, service
from tests.chaos.loading import Load, Told
from tests.chaos.serving import Serving
from tests.prove.stores import STORES
from tests.prove.trial import Counts, Task, Trial
from tests.prove.trials.kills import ballots, receipts
from tests.prove.unguarded import named as unguarded_app
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, filled, make_world

WORKERS = (2, 2, 3, 4)
HEARD, HEARD_SECONDS = 12, 10


def closes(kind: str, task: Task, unguarded: str = "") -> Counts:
    """Rounds closed at random instants under load; a failure is a close with anything wrong."""
    random, counts = Random(task.seed), Counts()
    with STORES[kind](task) as store:
        world = make_world(store.database, store.home)
        serving = Serving(store.settings, workers=random.choice(WORKERS))
        if unguarded:
            serving.app = unguarded_app(unguarded)
        try:
            serving.start()
            while task.goes_on(counts.tried):
                if counts.tried:
                    world = another_round(world, counts.tried)
                counts += _one_close(world, serving, random.uniform(0.2, 1.5))
        finally:
            serving.kill()
    return counts


def unguarded_closes(kind: str, task: Task) -> Counts:
    """The same where accepting does not look at the round's state."""
    return closes(kind, task, "no-close")


def _one_close(world: World, serving: Serving, seconds: float) -> Counts:
    fields = dict(filled(world.at_link(), "satisfied"))
    with Load(serving, f"/r/{world.links['u1']}", fields) as load:
        time.sleep(seconds)
        began = time.monotonic()
        counted = closing.close_round(world.database, OPERATOR, world.round_id)
        ended = time.monotonic()
        _heard(load.told)
    told = load.told
    is_right = (
        ballots(world) == counted == len(receipts(world))
        and set(told.receipts.values()) <= receipts(world)
        and _is_one_moment(told, began, ended)
    )
    also = {"answers before": len(told.receipts), "told that it is over": len(told.closed)}
    return Counts(1, int(not is_right), also)


def _heard(told: Told) -> None:
    """Wait until some clients had an answer to what they asked after the close."""
    before = sum(told.statuses.values())
    until = time.monotonic() + HEARD_SECONDS
    while time.monotonic() < until and sum(told.statuses.values()) < before + HEARD:
        time.sleep(0.05)


def _is_one_moment(told: Told, began: float, ended: float) -> bool:
    """Nothing asked after the close was accepted, nothing heard before it that it is over."""
    return (
        all(asked < ended for asked, _ in told.accepted_at)
        and all(heard > began for _, heard in told.closed)
        and set(told.statuses) <= {200, 410, 503}
    )


def another_round(world: World, number: int) -> World:
    """The same register, a new round with one poster, open."""
    spec = service.RoundSpec("又一轮", "市绩效办", "12345", SCHEME, BINDINGS, is_simulated=True)
    key = f"round-{number}"
    round_id = service.create_round(world.database, world.keys, OPERATOR, key, spec)
    link = entrances.LinkSpec("海报", "citizen", "online", ("u1",))
    (made,) = entrances.add_links(world.database, OPERATOR, round_id, [link])
    service.freeze(world.database, OPERATOR, round_id)
    service.open_round(world.database, OPERATOR, round_id)
    links = {"u1": made.token}
    return World(world.database, world.keys, world.rounds, world.nonces, round_id, links)


def _line(kind: str, name: str) -> Trial:
    return Trial(
        id=f"close-{kind}",
        section="Kept",
        promise=f"A close is one moment, also in the middle of a rush ({name})",
        invariants=("I9",),
        how="six clients send forms; the round is closed at a random instant; what came before is "
        "counted, what came after is refused, and nobody is told too early that it is over",
        tries="closes",
        nightly=10,
        full=100,
        run=partial(closes, kind),
        seconds=150,
        short=2,
        guard="accepting does not look at the state",
        counter_proof=partial(unguarded_closes, kind),
        counter_wanted=2,
    )


TRIALS = (_line("sqlite", "SQLite"), _line("postgres", "PostgreSQL"))
