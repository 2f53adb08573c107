"""A run opened with the sums its statistics are made from; made once, remembered for a while."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey_app.assessments.service import OpenedRun, open_run
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.remembered import Remembered

if TYPE_CHECKING:
    from analysis.results import Assessment
    from analysis.round_statistics.tables import Sufficient


@dataclass(frozen=True, slots=True)
class OpenedStatistics:
    """Everything a page of statistics is made from."""

    run: OpenedRun
    sufficient: "Sufficient"

    @property
    def assessment(self) -> "Assessment":
        """The whole one: what is shown of it keeps the minimum page by page."""
        return self.run.whole

    @property
    def seed(self) -> int:
        """The seed of everything random, from the digest of the content: the same for all."""
        from analysis.rank_ranges import seed_of

        return seed_of(self.assessment.content_digest)


def open_statistics(
    database: Database,
    settings: Settings,
    round_id: int,
    number: int | None = None,
    *,
    is_released: bool = False,
) -> OpenedStatistics:
    """A run (the newest by default) with its sums. Raises as `open_run` does."""
    run = open_run(database, settings, round_id, number, is_released=is_released)
    return OpenedStatistics(run, run.sufficient or _sums_of(run, settings))


def _sums_of(run: OpenedRun, settings: Settings) -> "Sufficient":
    return _SUMS.get(run.content_key(settings), lambda: _collect(run, settings))


def _collect(run: OpenedRun, settings: Settings) -> "Sufficient":
    # The analysis brings DuckDB and scipy, which the rater's path must not load.
    from analysis.round_statistics.tables import collect
    from analysis.sealed_round import open_sealed_rounds

    sealed = open_sealed_rounds(run.folders(settings))
    return collect(sealed, run.inputs, run.whole.scheme, run.whole)


_SUMS: "Remembered[Sufficient]" = Remembered(4)
