"""The results of one ratee over the years, series by series, with a line drawn through them."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from analysis import periods
from analysis.scheme import shipped
from forms.problems import N_
from survey_app.assessments import charts, decisions, service
from survey_app.assessments.history import ORIGIN_NAMES, Earlier, history_for
from survey_app.assessments.pages import safe
from survey_app.assessments.service import OpenedRun
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError

DECIDED, PROPOSED = N_("本轮审定"), N_("本轮核算，未审定")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One period. `origin` is a message id."""

    period: str
    grade: str
    score: str
    rank: int | None
    origin: str
    version: int = 1
    is_present: bool = False
    order: tuple[int, int, int, str] = (0, 0, 0, "")


@dataclass(frozen=True, slots=True)
class Series:
    """The results of one series, the latest first; a chart where two have scores."""

    name: str
    rows: tuple[HistoryRow, ...]
    chart: Markup | None


@dataclass(frozen=True, slots=True)
class RateeHistory:
    """Everything the page shows."""

    key: str
    name: str
    period: str
    series: tuple[Series, ...]
    overruled: tuple[str, ...]


def history_of(database: Database, run: OpenedRun, key: str) -> RateeHistory:
    """The earlier results of a ratee and this round's. Raises NotFoundError."""
    line = decisions.decided(database, run).get(key)
    if line is None:
        raise NotFoundError
    with database.read() as session:
        imported = service.imported_history(session, run.frozen.id)
        found = history_for(session, run.frozen, imported)
    approved = decisions.open_board(database, run).is_approved
    own = run.assessment.scheme.key
    rows: dict[str, list[HistoryRow]] = defaultdict(list)
    rows[own].append(
        HistoryRow(
            periods.in_words(run.frozen.period) or "—",
            line.grade_name,
            "" if line.one.total is None else str(line.one.total),
            line.one.rank_class,
            DECIDED if approved else PROPOSED,
            is_present=True,
            order=periods.order(run.frozen.period),
        )
    )
    for one in found.rows:
        if one.ratee == key:
            rows[one.series].append(_row(one))
    return RateeHistory(
        key,
        line.one.name,
        periods.in_words(run.frozen.period),
        tuple(_series(run, n, name, some) for n, (name, some) in enumerate(rows.items())),
        tuple(periods.in_words(one.period) for one in found.overruled if one.ratee == key),
    )


def _row(one: Earlier) -> HistoryRow:
    return HistoryRow(
        periods.in_words(one.period),
        one.grade,
        one.score,
        one.rank_class,
        ORIGIN_NAMES[one.origin],
        one.version,
        order=periods.order(one.period),
    )


def _series(run: OpenedRun, place: int, key: str, rows: list[HistoryRow]) -> Series:
    rows.sort(key=lambda row: row.order, reverse=True)
    name = _series_name(run, key)
    scored = [(row.period, Decimal(row.score)) for row in reversed(rows) if row.score]
    chart = None
    if len(scored) > 1:
        points = [(period, float(score)) for period, score in scored]
        chart = safe(charts.trend(f"history-{place}", f"{name}：历年得分", points))
    return Series(name, tuple(rows), chart)


def _series_name(run: OpenedRun, key: str) -> str:
    """The title of the scheme behind a series, where it is known."""
    if key == run.assessment.scheme.key:
        return str(run.assessment.scheme.title)
    return str(shipped()[key].title) if key in shipped() else key
