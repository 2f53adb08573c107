"""A run opened with the sums its statistics are made from; made once, remembered for a while."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from survey_app.assessments.service import OpenedRun, open_run
from survey_app.core.config import Settings
from survey_app.core.database import Database

if TYPE_CHECKING:
    from analysis.results import Assessment
    from analysis.round_statistics.tables import Sufficient

REMEMBERED = 4


@dataclass(frozen=True, slots=True)
class OpenedStatistics:
    """Everything a page of statistics is made from."""

    run: OpenedRun
    sufficient: "Sufficient"

    @property
    def assessment(self) -> "Assessment":
        return self.run.assessment

    @property
    def seed(self) -> int:
        """The seed of everything random, from the digest of the content: the same for all."""
        from analysis.rank_ranges import seed_of

        return seed_of(self.assessment.content_digest)


def open_statistics(
    database: Database, settings: Settings, round_id: int, number: int | None = None
) -> OpenedStatistics:
    """A run (the newest by default) with its sums. Raises as `open_run` does."""
    run = open_run(database, settings, round_id, number)
    return OpenedStatistics(run, run.sufficient or _KNOWN.get(run, settings))


class _Known:
    """The sums this process has taken last; the same content gives the same ones."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, ...], Sufficient] = OrderedDict()

    def get(self, run: OpenedRun, settings: Settings) -> "Sufficient":
        key = (str(settings.sealed_dir), run.frozen.key, run.assessment.content_digest)
        with self._lock:
            if key not in self._made:
                self._made[key] = _collect(run, settings)
                while len(self._made) > REMEMBERED:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


def _collect(run: OpenedRun, settings: Settings) -> "Sufficient":
    # The analysis brings DuckDB and scipy, which the rater's path must not load.
    from analysis.round_statistics.tables import collect
    from analysis.sealed_round import open_sealed_rounds

    folders = [settings.sealed_dir / run.frozen.key] if run.frozen.questionnaires else []
    sealed = open_sealed_rounds(folders)
    return collect(sealed, run.inputs, run.assessment.scheme, run.assessment)


_KNOWN = _Known()
