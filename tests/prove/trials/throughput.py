"""How many answers a second are taken and safely stored. A figure, never a pass or a failure."""

import statistics
import threading
import time
from functools import partial

from tests.chaos.serving import Serving
from tests.prove.client import Client
from tests.prove.stores import STORES
from tests.prove.trial import Counts, Task, Trial
from tests.rounds import make_world

CLIENTS = 8


def throughput(kind: str, task: Task) -> Counts:
    """Clients that send form after form, as fast as they are thanked."""
    with STORES[kind](task) as store:
        world = make_world(store.database, store.home)
        serving = Serving(store.settings)
        clients = [Client(world, serving.port) for _ in range(CLIENTS)]
        took: list[float] = []
        stop = threading.Event()

        def send(client: Client) -> None:
            while not stop.is_set() and task.goes_on(len(took)):
                began = time.monotonic()
                reply = client.send()
                if reply is not None and reply.receipt:
                    took.append(time.monotonic() - began)

        try:
            serving.start()
            clients[0].recovers()
            threads = [threading.Thread(target=send, args=(one,)) for one in clients]
            began = time.monotonic()
            for one in threads:
                one.start()
            for one in threads:
                one.join(task.seconds + 60)
            seconds = time.monotonic() - began
        finally:
            stop.set()
            serving.kill()
        wrong = sum(one.wrong for one in clients)
    slow = statistics.quantiles(took, n=100)[98] if len(took) > 100 else max(took)
    note = f"{len(took) / seconds:.0f} a second, 99 % within {1000 * slow:.0f} ms"
    return Counts(len(took), wrong, {}, (f"{note} (clients on the same machine)",))


def _line(kind: str, name: str, goal: str) -> Trial:
    return Trial(
        id=f"throughput-{kind}",
        section="Figures",
        promise=f"Answers taken a second ({name}); goal on two idle cores: {goal}",
        invariants=(),
        how=f"{CLIENTS} clients send form after form to two server processes for 20 s",
        tries="answers",
        nightly=3_000,
        full=30_000,
        run=partial(throughput, kind),
        seconds=20,
        short=0,
    )


TRIALS = (
    _line("sqlite", "SQLite", "100 a second, 99 % within 500 ms"),
    _line("postgres", "PostgreSQL", "300 a second, 99 % within 500 ms"),
)
