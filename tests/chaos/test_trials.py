"""The short form of every trial of `make prove`, and of its counter-proof."""

from pathlib import Path

import pytest

from tests.conftest import missing
from tests.prove import table
from tests.prove.registry import all_trials
from tests.prove.running import attempt
from tests.prove.state import State
from tests.prove.trial import CannotTryError, Counts, Run, Trial

SEED = 20261121
SECONDS = 30.0
QUICK = (
    "race-card-sqlite",
    "race-form-sqlite",
    "linking-plain-sqlite",
    "secret-sealed-sqlite",
)
"""What the short run tries too: the guards everything rests on."""


def _params(*, with_counter: bool) -> list[object]:
    return [
        pytest.param(one, id=one.id, marks=[] if one.id in QUICK else [pytest.mark.long])
        for one in all_trials()
        if one.short and (one.counter_proof or not with_counter)
    ]


def tried(run: Run, wanted: int) -> Counts:
    try:
        return attempt(run, wanted, SECONDS, SEED)
    except CannotTryError as error:
        missing(str(error))
        raise


@pytest.mark.parametrize("trial", _params(with_counter=False))
def test_the_promise_holds(trial: Trial) -> None:
    counts = tried(trial.run, trial.short)
    assert counts.tried, "nothing was tried"
    assert not counts.failed, counts


@pytest.mark.parametrize("trial", _params(with_counter=True))
def test_without_its_guard_the_promise_is_broken(trial: Trial) -> None:
    assert trial.counter_proof is not None
    counts = tried(trial.counter_proof, trial.counter_wanted)
    assert not trial.is_refuted(counts), counts


def test_a_table_names_every_trial_once(tmp_path: Path) -> None:
    trials = all_trials()
    table.write(trials, State("abc", 1, "today"), tmp_path / "proof.md")
    text = (tmp_path / "proof.md").read_text()
    assert all(text.count(f"| {one.promise}") == 1 for one in trials)
