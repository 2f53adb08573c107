"""Running trials one after the other: each bounded in time, each result on disk at once."""

import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.prove.state import Line, State, commit
from tests.prove.trial import CannotTryError, Counts, Run, Task, Trial

HARD_LIMIT = 4
"""A trial that has not stopped by itself after so many times its seconds is stopped."""


class OutOfTimeError(Exception):
    """A trial did not stop by itself."""


def run_once(trial: Trial, state: State, wanted: int, seconds: float) -> Line:
    """One slice of a trial, and once its counter-proof, added to the state."""
    line = state.line(trial.id)
    began = time.monotonic()
    line.missing, line.is_broken, line.commit = "", False, commit()
    try:
        if line.counter is None and trial.counter_proof is not None:
            line.counter = attempt(
                trial.counter_proof, trial.counter_wanted, trial.seconds, state.seed
            )
        line.counts += attempt(trial.run, wanted, seconds, state.seed + line.runs)
        line.runs += 1
    except CannotTryError as error:
        line.missing = str(error)
    except Exception as error:  # noqa: BLE001 -- a broken trial is a line of the table too
        traceback.print_exc(file=sys.stderr)
        line.missing, line.is_broken = f"{type(error).__name__}: {error}"[:200], True
    line.seconds += time.monotonic() - began
    return line


def attempt(run: Run, wanted: int, seconds: float, seed: int) -> Counts:
    """One run in a scratch folder, stopped where it does not stop by itself."""
    folder = Path(tempfile.mkdtemp(prefix="prove-"))
    folder.chmod(0o755)
    try:
        with _hard_limit(HARD_LIMIT * seconds + 60):
            return run(Task(wanted, seconds, seed, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def nightly(
    trials: list[Trial], state: State, minutes: float, done: Callable[[Trial, Line], None]
) -> None:
    """Every trial of the nightly column once; what one leaves of its share, those after it get."""
    ends = time.monotonic() + 60 * minutes
    waiting = [one for one in trials if one.nightly]
    while waiting:
        planned = sum(one.seconds for one in waiting)
        share = min(1.0, max(0.0, ends - time.monotonic()) / planned)
        trial = waiting.pop(0)
        done(trial, run_once(trial, state, trial.nightly, trial.seconds * share))


def full(
    trials: list[Trial], state: State, minutes: float | None, done: Callable[[Trial, Line], None]
) -> None:
    """Slices in turn until every count of the release gate is reached or the budget is spent."""
    ends = None if minutes is None else time.monotonic() + 60 * minutes
    unfinished = list(trials)
    while unfinished:
        for trial in list(unfinished):
            if ends is not None and time.monotonic() > ends:
                return
            line = state.line(trial.id)
            wanted = trial.full - line.counts.tried
            if wanted > 0:
                before = line.counts.tried
                line = run_once(trial, state, wanted, trial.seconds)
                done(trial, line)
                stuck = line.missing or line.counts.failed or line.counts.tried == before
            if wanted <= 0 or stuck or line.counts.tried >= trial.full:
                unfinished.remove(trial)


@contextmanager
def _hard_limit(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError(f"it did not stop by itself within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
