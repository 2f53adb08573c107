"""What a trial is: a promise, a way to try it many times, and the same with its guard taken out."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SECTIONS = ("Once", "Kept", "Secret", "Recomputable", "Survives", "Withstands", "Figures")


class CannotTryError(Exception):
    """What this trial needs is not here; the line says so and never counts as passed."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something was tried and how often it failed.

    `also` are counts beside it that add up over runs (kills, requests); `notes` are figures of the
    last run. For a counter-proof `failed` counts the attacks that succeeded without the guard.
    """

    tried: int = 0
    failed: int = 0
    also: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Counts") -> "Counts":
        also = dict(Counter(self.also) + Counter(other.also))
        notes = other.notes or self.notes
        return Counts(self.tried + other.tried, self.failed + other.failed, also, notes)


@dataclass(frozen=True, slots=True)
class Task:
    """What one run is asked for: so many tries, within so many seconds, in a folder of its own."""

    wanted: int
    seconds: float
    seed: int
    folder: Path
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.began + self.seconds - time.monotonic()

    def goes_on(self, tried: int) -> bool:
        """Whether to try again. Ask before each try; it is what bounds a trial in time.

        Getting ready takes time too: the first try is always made.
        """
        return tried < self.wanted and (tried == 0 or self.left > 0)


Run = Callable[[Task], Counts]


@dataclass(frozen=True, slots=True)
class Trial:
    """One line of the table.

    `tries` names what is counted; `nightly` and `full` say how many. A nightly run may take
    `seconds`; the full run takes slices of the same length until its count is reached. `short` is
    the count of the ordinary test (0: none, the trial is too long for one).
    `counter_proof` is `run` with `guard` taken out: it must succeed as an attack, at least
    `counter_share` of the times.
    """

    id: str
    section: str
    promise: str
    invariants: tuple[str, ...]
    how: str
    tries: str
    nightly: int
    full: int
    run: Run
    seconds: float = 60
    short: int = 0
    guard: str = ""
    counter_proof: Run | None = None
    counter_wanted: int = 20
    counter_share: float = 0.0

    def __post_init__(self) -> None:
        assert self.section in SECTIONS, self.section
        assert bool(self.guard) == (self.counter_proof is not None), self.id

    def is_refuted(self, counter: Counts) -> bool:
        """Whether the attack fails even without the guard: then the trial proves nothing."""
        return counter.failed <= self.counter_share * counter.tried
