"""The harness behind `make prove`: what it calls passed, how counts add up, what a cut leaves."""

from pathlib import Path
from random import Random

from tests.prove import table
from tests.prove.disk import Disk, Write
from tests.prove.running import full, nightly
from tests.prove.state import Line, State
from tests.prove.trial import CannotTryError, Counts, Task, Trial


def trial(run: object = None, **changes: object) -> Trial:
    given = {
        "id": "made-up",
        "section": "Kept",
        "promise": "Nothing is lost",
        "invariants": ("I1",),
        "how": "by trying",
        "tries": "tries",
        "nightly": 5,
        "full": 12,
        "run": run or (lambda task: Counts(min(task.wanted, 5), 0, {"kills": 1})),
        **changes,
    }
    return Trial(**given)  # type: ignore[arg-type]


def state() -> State:
    return State("abc", 1, "2026-11-21")


def nothing(_trial: Trial, _line: Line) -> None: ...


def test_only_what_was_tried_without_failing_counts_as_held() -> None:
    one = trial()
    assert table.is_passed(one, Line(Counts(5)))
    assert not table.is_passed(one, Line(Counts(0)))
    assert not table.is_passed(one, Line(Counts(5, 1)))
    assert not table.is_passed(one, Line(Counts(5), missing="no strace"))


def test_a_trial_that_passes_without_its_guard_proves_nothing() -> None:
    one = trial(guard="the key", counter_proof=lambda task: Counts(5, 0))
    assert not table.is_passed(one, Line(Counts(5), counter=Counts(5, 0)))
    assert "proves nothing" in table.verdict(one, Line(Counts(5), counter=Counts(5, 0)))
    assert table.is_passed(one, Line(Counts(5), counter=Counts(5, 1)))


def test_what_cannot_be_tried_says_so_and_what_breaks_too() -> None:
    def missing(_task: Task) -> Counts:
        raise CannotTryError("strace is not installed")

    def broken(_task: Task) -> Counts:
        raise OSError("gone")

    trials = [trial(missing, id="a"), trial(broken, id="b"), trial(id="c")]
    held = state()
    nightly(trials, held, 1, nothing)
    words = [table.verdict(one, held.line(one.id)) for one in trials]
    assert words == ["not tried: strace is not installed", "BROKEN: OSError: gone", "held"]
    found = table.summary(trials, held)
    assert (found.promises, found.held, found.failed, found.untried) == (3, 1, 1, 1)


def test_a_full_run_is_resumed_and_adds_up(tmp_path: Path) -> None:
    one, file = trial(), tmp_path / "state.json"
    held = state()
    nightly([one], held, 1, nothing)
    held.save(file)
    again = State.load(file, 2, keeps=True)
    full([one], again, None, nothing)
    line = again.line(one.id)
    assert (line.counts.tried, line.counts.also, line.runs) == (12, {"kills": 3}, 3)
    assert again.seed == 1


def test_another_commit_begins_anew(tmp_path: Path) -> None:
    held, file = state(), tmp_path / "state.json"
    nightly([trial()], held, 1, nothing)
    held.save(file)
    assert State.load(file, 2, keeps=False).lines == {}


def test_a_cut_keeps_what_was_synced_and_perhaps_the_rest(tmp_path: Path) -> None:
    disk = Disk({"db": b"old" * 400})
    file = disk.open("db")
    file.unsynced.append(Write(0, b"new" * 400))
    contents = set()
    for seed in range(60):
        disk.cut(Random(seed), tmp_path)
        contents.add((tmp_path / "db").read_bytes())
    assert {b"old" * 400, b"new" * 400} < contents, "nothing, everything, and torn sectors"
    file.sync()
    disk.cut(Random(1), tmp_path)
    assert (tmp_path / "db").read_bytes() == b"new" * 400


def test_a_name_is_sure_only_once_its_folder_was_synced(tmp_path: Path) -> None:
    disk = Disk({})
    disk.open("journal")
    seen = set()
    for seed in range(20):
        disk.cut(Random(seed), tmp_path)
        seen.add((tmp_path / "journal").exists())
        (tmp_path / "journal").unlink(missing_ok=True)
    assert seen == {True, False}
    disk.sync_names()
    disk.cut(Random(1), tmp_path)
    assert (tmp_path / "journal").exists()
