"""Clients that keep rating a unit while the server is killed or the round is closed.

Every client notes what it was told. A reply that never came is tried again with the same nonce,
as a person would press the button again.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.serving import Serving, nonce_in, request

PAUSE_SECONDS = 0.02


@dataclass
class Told:
    """What the clients heard: nonce → receipt, refusals with the moment they were asked."""

    receipts: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    closed: list[tuple[float, float]] = field(default_factory=list)
    accepted_at: list[tuple[float, float]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)


class Load:
    """Some clients at one link, until stopped."""

    def __init__(
        self, serving: Serving, path: str, fields: dict[str, str], clients: int = 6
    ) -> None:
        self._serving = serving
        self._path = path
        self._fields = fields
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.told = Told()
        self._threads = [threading.Thread(target=self._client) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _client(self) -> None:
        while not self._stop.is_set():
            try:
                nonce = nonce_in(request(self._serving.port, "GET", self._path))
            except (OSError, AssertionError):
                time.sleep(PAUSE_SECONDS)
                continue
            self._send_until_told(nonce)

    def _send_until_told(self, nonce: str) -> None:
        body = {**self._fields, "nonce": nonce}
        while True:
            if self._stop.is_set():
                with self._lock:
                    self.told.unknown.add(nonce)
                return
            began = time.monotonic()
            try:
                reply = request(self._serving.port, "POST", self._path, body)
            except OSError:
                time.sleep(PAUSE_SECONDS)
                continue
            with self._lock:
                self.told.statuses[reply.status] += 1
                if reply.receipt:
                    if self.told.receipts.setdefault(nonce, reply.receipt) != reply.receipt:
                        self.told.changed.append(nonce)
                    self.told.accepted_at.append((began, time.monotonic()))
                elif reply.status == 410:
                    self.told.closed.append((began, time.monotonic()))
            if reply.status != 503:
                return
            time.sleep(PAUSE_SECONDS)
