"""Wrong codes are counted for all workers of a machine, and forgotten after an hour."""

import os
from pathlib import Path

from survey_app.ballots.code_budget import BUDGET, CodeBudget


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


def test_a_few_slips_cost_nothing(tmp_path: Path) -> None:
    budget = CodeBudget(tmp_path / "codes", Hand())
    for _ in range(BUDGET - 1):
        budget.note_wrong()
    assert not budget.is_spent()
    budget.note_wrong()
    assert budget.is_spent()


def test_workers_share_one_budget(tmp_path: Path) -> None:
    clock = Hand()
    one, other = (CodeBudget(tmp_path / "codes", clock) for _ in range(2))
    for _ in range(BUDGET // 2):
        one.note_wrong()
        other.note_wrong()
    assert one.is_spent()
    assert other.last_hour() == (BUDGET, 0)


def test_other_processes_count_too(tmp_path: Path) -> None:
    clock = Hand()
    child = os.fork()
    if not child:
        CodeBudget(tmp_path / "codes", clock).note_wrong()
        os._exit(0)
    os.waitpid(child, 0)
    assert CodeBudget(tmp_path / "codes", clock).last_hour() == (1, 0)


def test_it_recovers_by_itself(tmp_path: Path) -> None:
    clock = Hand()
    budget = CodeBudget(tmp_path / "codes", clock)
    for _ in range(BUDGET):
        budget.note_wrong()
    budget.note_asked()
    clock.at += 2 * 60
    assert not budget.is_spent()
    assert budget.last_hour() == (BUDGET, 1)
    clock.at += 3600
    assert budget.last_hour() == (0, 0)


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    CodeBudget(tmp_path / "codes", Hand())
    assert (tmp_path / "codes").stat().st_mode & 0o777 == 0o600
