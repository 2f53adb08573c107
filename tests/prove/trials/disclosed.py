"""A solver against everything a round released: no hidden count comes out to a narrow range."""

from analysis.disclosure.attack import attack, family, weighted
from tests.prove.trial import Counts, Task, Trial

K = 5


def released_tables(task: Task, *, is_guarded: bool = True) -> Counts:
    """Random families of tables; a failure is one in which a hidden count can be worked out."""
    counts = Counts()
    while task.goes_on(counts.tried):
        tables = family(task.seed + counts.tried, K, is_guarded=is_guarded)
        counts += Counts(1, int(bool(attack(tables))), {"hidden cells": len(tables.hidden)})
    return counts


def weighted_scores(task: Task) -> Counts:
    """Scores of classes and their weighted total; a failure is a small class's score within 5."""
    counts = Counts()
    while task.goes_on(counts.tried):
        tables, hidden = weighted(task.seed + counts.tried)
        worked_out = [one for one in attack(tables) if one.cell in hidden]
        counts += Counts(1, int(bool(worked_out)), {"hidden scores": len(hidden)})
    return counts


def unguarded(task: Task) -> Counts:
    """The same where only the small counts are hidden; counts families that give one away."""
    return released_tables(task, is_guarded=False)


TRIALS = (
    Trial(
        id="disclosure-tables",
        section="Secret",
        promise="No small count can be worked out from all tables ever released of a round",
        invariants=("I17",),
        how="random families of tables with margins, released one to three times; an exact solver "
        f"looks for hidden counts with a range narrower than {K}",
        tries="families of tables",
        nightly=100,
        full=500,
        run=released_tables,
        seconds=150,
        short=10,
        guard="only the small counts are hidden, nothing beside them",
        counter_proof=unguarded,
        counter_wanted=20,
        counter_share=0.2,
    ),
    Trial(
        id="disclosure-scores",
        section="Secret",
        promise="No small class's score can be worked out from weighted totals",
        invariants=("I17",),
        how="random weights and scores of classes; the solver looks for hidden scores within 5",
        tries="sets of scores",
        nightly=100,
        full=500,
        run=weighted_scores,
        seconds=30,
        short=10,
    ),
)
