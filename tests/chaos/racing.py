"""Many processes that submit at the same moment, and what became of it.

Each process opens the store for itself. Before every pair all wait at a barrier, so that their
attempts overlap; each notes when it began and ended on the machine's one monotonic clock, and the
test asserts the overlap.
"""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.rounds.frozen import FrozenRounds
from survey_app.rounds.keys import KeyStore
from tests.rounds import NonceMaker, World

BARRIER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """One process's attempt at one card: "accepted", "code_used" or an exception's name."""

    card: int
    kind: str
    receipt: str | None
    began: float
    ended: float


def race(
    world: World, home: Path, cards: Sequence[str], processes: int = 2, link: str = ""
) -> list[list[Attempt]]:
    """Let several processes use every card at once; per card the attempts of all processes.

    With `link` (a poster's token) it is forms they send: `cards` are then texts of nonces.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    url = world.database.url.render_as_string(hide_password=False)
    jobs = [
        (url, str(home), world.round_id, tuple(cards), link, number) for number in range(processes)
    ]
    with context.Pool(processes, initializer=_start, initargs=(barrier,)) as pool:
        results = pool.map(_run, jobs, chunksize=1)
    return [list(attempts) for attempts in zip(*results, strict=True)]


def overlapped(attempts: Sequence[Attempt]) -> bool:
    """Whether every attempt was under way while every other was."""
    return max(one.began for one in attempts) < min(one.ended for one in attempts)


_barrier: Barrier


def _start(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _run(job: tuple[str, str, int, tuple[str, ...], str, int]) -> list[Attempt]:
    url, home, round_id, cards, link, number = job
    database, keys = Database(url), KeyStore(Path(home) / "keys")
    world = World(
        database, keys, FrozenRounds(database), NonceMaker(b"n" * 32), round_id, {"u1": link}
    )
    attempts = []
    for place, code in enumerate(cards):
        option = "satisfied" if number % 2 else "dissatisfied"
        entrance = world.at_link() if link else world.at_card(code)
        nonce = world.nonces.read(code, round_id) if link else None
        ballot = world.ballot(entrance, nonce, option)
        _barrier.wait(BARRIER_SECONDS)
        began = time.monotonic()
        try:
            (outcome,) = accept_many(database, keys, [ballot], at=clock.now())
            kind, receipt = outcome.kind, outcome.receipt
        except Exception as error:  # noqa: BLE001 -- whatever it was, the test must see it
            kind, receipt = type(error).__name__, None
        attempts.append(Attempt(place, kind, receipt, began, time.monotonic()))
    database.dispose()
    return attempts
