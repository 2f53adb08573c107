"""The accept loop by itself: `python -m tests.prove.accepting URL HOME ROUND TOKEN N SEED`.

Takes N submissions, one or a few a transaction, and says each receipt on standard output with one
write of its own, as the server would answer. SYNCHRONOUS=0 takes SQLite's guard out; with BLIND=1
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


def accept(url: str, home: Path, round_id: int, token: str, wanted: int, random: Random) -> None:
    """Take submissions until `wanted` were tried; a line "receipt X" or "not recorded" each."""
    if "SYNCHRONOUS" in os.environ:
        database.SQLITE_PRAGMAS["synchronous"] = os.environ["SYNCHRONOUS"]
    store, keys = database.Database(url), KeyStore(home / "keys")
    world = World(store, keys, FrozenRounds(store), NonceMaker(b"n" * 32), round_id, {"u1": token})
    tried = 0
    while tried < wanted:
        group = [world.ballot(world.at_link()) for _ in range(random.randint(1, A_TIME))]
        tried += len(group)
        try:
            outcomes = accept_many(store, keys, group, at=clock.now())
        except NotRecordedError:
            for _ in group:
                say("receipt none" if "BLIND" in os.environ else "not recorded")
            continue
        for outcome in outcomes:
            say(f"receipt {outcome.receipt}" if outcome.receipt else "not recorded")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    url, home, round_id, token, wanted, seed = sys.argv[1:]
    accept(url, Path(home), int(round_id), token, int(wanted), Random(int(seed)))
