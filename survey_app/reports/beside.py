"""What people decided, and the ranks of the period before, for the tables of a run."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from analysis import periods
from analysis.inputs import HistoryRow
from survey_app.assessments import decisions
from survey_app.assessments.service import OpenedRun
from survey_app.core.database import Database
from survey_app.reports.context import Beside


def beside_of(database: Database, run: OpenedRun) -> Beside:
    """The grades of a run as they stand, and last period's ranks from the history it read."""
    board = decisions.open_board(database, run)
    period, ranks = _last_ranks(run)
    return Beside(
        lines={line.one.key: line for line in board.lines},
        is_approved=board.is_approved,
        last_ranks=ranks,
        last_period=period,
    )


def _last_ranks(run: OpenedRun) -> tuple[str, dict[str, int]]:
    """Ranks by score within today's classes, in the latest earlier period of the same length."""
    own = periods.parse(run.frozen.period)
    key = run.assessment.scheme.key
    rows: dict[str, list[HistoryRow]] = defaultdict(list)
    for row in run.inputs.history:
        found = periods.parse(row.period)
        if row.score is None or row.series not in ("", key) or found is None or own is None:
            continue
        if found.months == own.months and periods.before(row.period, run.frozen.period):
            rows[row.period].append(row)
    if not rows:
        return "", {}
    last = max(rows, key=periods.order)
    return last, _ranks(run, rows[last])


def _ranks(run: OpenedRun, rows: Sequence[HistoryRow]) -> dict[str, int]:
    classes = {one.key: one.ratee_class for one in run.assessment.ratees}
    scores: dict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        if row.ratee in classes and row.score is not None:
            scores[classes[row.ratee]].append(row.score)
    return {
        row.ratee: 1 + sum(other > row.score for other in scores[classes[row.ratee]])
        for row in rows
        if row.ratee in classes and row.score is not None
    }
