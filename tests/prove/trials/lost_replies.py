"""Replies that get lost, double clicks, the back button: the same form is the same answer sheet."""

import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from random import Random

from tests.chaos.serving import Reply, Serving, request
from tests.prove.client import Client
from tests.prove.stores import STORES
from tests.prove.trial import Counts, Task, Trial
from tests.prove.trials.kills import ballots
from tests.prove.trials.races import drop_key
from tests.rounds import filled, make_world

RESET = struct.pack("ii", 1, 0)


@dataclass
class Dropper:
    """A proxy that hands on a request, waits for the whole reply, and hangs up without it."""

    to: int
    port: int = 0
    _door: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> "Dropper":
        self._door.bind(("127.0.0.1", 0))
        self._door.listen()
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            with client:
                self._hand_on(client)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _hand_on(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.to), timeout=30) as server:
            server.sendall(_whole_request(client))
            server.settimeout(2)
            try:
                while b"</html>" not in (part := server.recv(65536)) and part:
                    continue
            except TimeoutError:
                return


def _whole_request(client: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += client.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def lost_replies(kind: str, task: Task, *, is_guarded: bool = True) -> Counts:
    """Forms whose first reply is lost, sent again by retry, double click or the back button."""
    random, counts = Random(task.seed), Counts()
    with STORES[kind](task) as store:
        world = make_world(store.database, store.home)
        serving = Serving(store.settings)
        try:
            serving.start()
            if not is_guarded:
                drop_key(store.database, "receipt")
            client = Client(world, serving.port)
            other = dict(filled(world.at_link(), "dissatisfied"))
            with Dropper(serving.port) as dropper, ThreadPoolExecutor(4) as pool:
                while task.goes_on(counts.tried):
                    again = random.choice((_retried, _clicked_twice, _gone_back))
                    nonce = client.nonce()
                    _lose(dropper, client, nonce)
                    replies = again(client, {**other, "nonce": nonce}, pool)
                    receipts = {reply.receipt for reply in replies}
                    is_same = len(receipts) == 1 and None not in receipts
                    counts += Counts(1, int(not is_same), {again.__name__[1:].replace("_", " "): 1})
            twice = abs(ballots(world) - counts.tried)
        finally:
            serving.kill()
    return Counts(counts.tried, max(counts.failed, twice), counts.also)


def _lose(dropper: Dropper, client: Client, nonce: str) -> None:
    """Send a form that is stored, and whose reply nobody hears."""
    body = {**client.fields, "nonce": nonce}
    try:
        request(dropper.port, "POST", client.path, body)
    except OSError:
        return
    raise AssertionError("a reply came through that should have been lost")


def _retried(client: Client, body: dict[str, str], _: ThreadPoolExecutor) -> list[Reply]:
    """The same form again, three times."""
    same = {**client.fields, "nonce": body["nonce"]}
    return [request(client.port, "POST", client.path, same) for _ in range(3)]


def _clicked_twice(client: Client, body: dict[str, str], pool: ThreadPoolExecutor) -> list[Reply]:
    """The same form four times at once."""
    same = {**client.fields, "nonce": body["nonce"]}
    return list(pool.map(lambda _: request(client.port, "POST", client.path, same), range(4)))


def _gone_back(client: Client, body: dict[str, str], _: ThreadPoolExecutor) -> list[Reply]:
    """Back to the form, other answers, sent again."""
    return [request(client.port, "POST", client.path, body) for _ in range(2)]


def _line(kind: str, name: str) -> Trial:
    return Trial(
        id=f"lost-reply-{kind}",
        section="Once",
        promise=f"A lost reply, a double click, a step back: one sheet, the same receipt ({name})",
        invariants=("I2", "I4"),
        how="a proxy drops the reply after the commit; the form is sent again: three times, four "
        "times at once, or with other answers",
        tries="forms sent again",
        nightly=500,
        full=5_000,
        run=partial(lost_replies, kind),
        seconds=45,
        short=20,
        guard="no primary key on receipts",
        counter_proof=partial(lost_replies, kind, is_guarded=False),
    )


TRIALS = (_line("sqlite", "SQLite"), _line("postgres", "PostgreSQL"))
