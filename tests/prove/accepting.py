"""The accept loop alone: `python -m tests.prove.accepting URL HOME ROUND TOKEN N SEED WITHOUT`.

Takes N submissions, one or a few a transaction, and says each receipt on standard output with one
write of its own, as the server would answer. WITHOUT "sync" SQLite does not sync; without "sight"
what the store could not take is thanked for.
"""

import os
import sys
from pathlib import Path
from random import Random

from survey_app.ballots.accept import accept_many
from survey_app.ballots.nonce import NonceMaker
from survey_app.core import clock, database
from survey_app.core.errors import NotRecordedError
from survey_app.rounds.frozen import FrozenRounds
from survey_app.rounds.keys import KeyStore
from tests.rounds import World

A_TIME = 4


def accept(world: World, wanted: int, random: Random, *, is_blind: bool) -> None:
    """Take submissions until `wanted` were tried; a line "receipt X" or "not recorded" each."""
    tried = 0
    while tried < wanted:
        group = [world.ballot(world.at_link()) for _ in range(random.randint(1, A_TIME))]
        tried += len(group)
        try:
            outcomes = accept_many(world.database, world.keys, group, at=clock.now())
        except NotRecordedError:
            for _ in group:
                say("receipt none" if is_blind else "not recorded")
            continue
        for outcome in outcomes:
            say(f"receipt {outcome.receipt}" if outcome.receipt else "not recorded")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main(url: str, home: str, round_id: str, token: str, n: str, seed: str, without: str) -> None:
    """Open the store as a server does, and accept."""
    if without == "sync":
        database.SQLITE_PRAGMAS["synchronous"] = "0"
    store, keys = database.Database(url), KeyStore(Path(home) / "keys")
    nonces, links = NonceMaker(b"n" * 32), {"u1": token}
    world = World(store, keys, FrozenRounds(store), nonces, int(round_id), links)
    accept(world, int(n), Random(int(seed)), is_blind=without == "sight")


if __name__ == "__main__":
    main(*sys.argv[1:])
