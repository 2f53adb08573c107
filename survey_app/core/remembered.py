"""What a process has made last and need not make again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """The last few things made, by what they were made from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._making = Lock()
        self._lock = Lock()
        self._made: OrderedDict[Hashable, Made] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is known under this key, else what `make` gives; one maker works at a time."""
        found = self.known(key)
        if found is not None:
            return found
        with self._making:
            found = self.known(key)
            if found is None:
                found = make()
                self.put(key, found)
            return found

    def known(self, key: Hashable) -> Made | None:
        """What was made before, None where it was not; never waits for a maker."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def put(self, key: Hashable, made: Made) -> None:
        """Remember what was made elsewhere."""
        with self._lock:
            self._made[key] = made
            self._made.move_to_end(key)
            while len(self._made) > self._most:
                self._made.popitem(last=False)
