"""A small run up to its cells, for tests of what lies between sealing and scores."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis.answers import Answers, load_answers
from analysis.cells import FormCells, count_cells
from analysis.dedupe import judge
from analysis.engine import Engine, start_engine
from analysis.screened_rows import ScreenedRow
from analysis.screening import Screened, screen
from analysis.sealed_round import open_sealed_rounds


@dataclass(frozen=True)
class Counted:
    engine: Engine
    answers: Answers
    screened: Screened
    cells: list[FormCells]

    def statuses(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.cells:
            for key in one.keys:
                found[key.status] = found.get(key.status, 0) + key.n
        return found

    def flagged(self) -> dict[str, int]:
        return {rule: n for rule, n in self.screened.totals().items() if n}


@contextmanager
def counted(
    *folders: Path, void: tuple[str, ...] = (), decisions: tuple[ScreenedRow, ...] = ()
) -> Iterator[Counted]:
    sealed = open_sealed_rounds(folders)
    with start_engine("duckdb") as engine:
        answers = load_answers(engine, sealed)
        screened = screen(engine, answers, sealed)
        judge(engine, answers, void, decisions)
        cells = [count_cells(engine, form) for form in answers.forms]
        yield Counted(engine, answers, screened, cells)
