"""Earlier results: imported for years before the product, approved in it since, filed for persons.

A run takes them as one sheet and keeps it. Where an imported row and one of the product speak of
the same ratee, series and period, the imported one holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import periods
from analysis.scheme import Scheme
from forms.problems import N_, digest, plain
from survey_app.assessments.tables import Result
from survey_app.rounds.frozen import FrozenRatee, FrozenRound

if TYPE_CHECKING:
    from analysis.inputs import HistoryRow

Origin = Literal["imported", "approved", "filed"]
ORIGIN_NAMES: Mapping[Origin, str] = {
    "imported": N_("导入"),
    "approved": N_("本系统审定"),
    "filed": N_("平时考核备案"),
}
HEADERS = ("ratee", "period", "grade", "series", "score")
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SheetRows:
    """A sheet of inputs as a run keeps it."""

    headers: list[str]
    rows: list[list[Any]]
    digest: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """One earlier result. `series` is never empty; `score` is text, "" where there is none."""

    ratee: str
    series: str
    period: str
    grade: str
    score: str
    origin: Origin
    rank_class: int | None = None
    version: int = 1
    round_id: int | None = None

    @property
    def place(self) -> Place:
        return self.ratee, self.series, self.period


@dataclass(frozen=True, slots=True)
class History:
    """What a round may look back on; `overruled` are results an imported row stands in for."""

    rows: tuple[Earlier, ...]
    overruled: tuple[Earlier, ...] = ()


def history_for(
    session: Session, frozen: FrozenRound, imported: SheetRows | None = None
) -> History:
    """Everything before or inside the round's period, about its ratees, in order of time.

    The round's own result is no part of it. Without a period every result of other rounds counts.
    """
    keys = {one.key for one in frozen.ratees}
    given = _imported(frozen, imported)
    known = {one.place: one for one in given}
    found = [*_approved(session, keys), *_filed(session, frozen.ratees)]
    own = [one for one in found if _is_earlier(frozen, one)]
    rows = [*given, *(one for one in own if one.place not in known)]
    rows.sort(key=lambda one: (one.ratee, periods.order(one.period), one.series))
    overruled = [one for one in own if one.place in known and _differs(one, known[one.place])]
    return History(tuple(rows), tuple(overruled))


def history_sheet(
    session: Session, frozen: FrozenRound, imported: SheetRows | None
) -> SheetRows | None:
    """The sheet a run reads: the imported one as it is where the product adds nothing.

    The product adds only the series the scheme asks for: any other result that comes later would
    make the run look out of date.
    """
    found = history_for(session, frozen, imported)
    scheme = Scheme.from_json(frozen.scheme)
    asked = scheme.series()
    used = [one for one in found.rows if one.origin == "imported" or one.series in asked]
    if all(one.origin == "imported" for one in used):
        return imported
    rows: list[list[Any]] = [
        [
            *(one.ratee, one.period, one.grade),
            *("" if one.series == scheme.key else one.series, one.score),
        ]
        for one in used
    ]
    return SheetRows(list(HEADERS), rows, digest({"headers": list(HEADERS), "rows": rows}))


def _differs(one: Earlier, other: Earlier) -> bool:
    return (one.grade, one.score) != (other.grade, other.score)


def _is_earlier(frozen: FrozenRound, one: Earlier) -> bool:
    if one.round_id == frozen.id:
        return False
    own = frozen.period
    if not own:
        return True
    if one.series == frozen.scheme["key"] and one.period == own:
        return False
    return periods.before(one.period, own) or periods.contains(own, one.period)


def _imported(frozen: FrozenRound, sheet: SheetRows | None) -> list[Earlier]:
    """The imported rows; a sheet with mistakes has none here, the run itself tells them."""
    if sheet is None:
        return []
    from analysis.inputs import RateeRow, Table, read_history

    table = Table("history", sheet.headers, list(enumerate(sheet.rows, start=2)))
    ratees = [RateeRow(one.key, one.name, one.ratee_class, one.group) for one in frozen.ratees]
    rows, problems = read_history(table, ratees)
    return [] if problems else [_earlier(frozen, one, "imported") for one in rows]


def _earlier(frozen: FrozenRound, row: "HistoryRow", origin: Origin) -> Earlier:
    score = "" if row.score is None else plain(row.score)
    series = row.series or str(frozen.scheme["key"])
    return Earlier(row.ratee, series, row.period, row.grade, score, origin)


def _approved(session: Session, keys: Iterable[str] | None = None) -> list[Earlier]:
    """The versions that hold of every result kept."""
    newest = (
        select(Result.series, Result.period, Result.ratee, func.max(Result.version).label("top"))
        .group_by(Result.series, Result.period, Result.ratee)
        .subquery()
    )
    rows = session.scalars(
        select(Result).join(
            newest,
            (newest.c.series == Result.series)
            & (newest.c.period == Result.period)
            & (newest.c.ratee == Result.ratee)
            & (newest.c.top == Result.version),
        )
    )
    wanted = None if keys is None else set(keys)
    return [
        Earlier(
            row.ratee,
            row.series,
            row.period,
            row.grade,
            row.score,
            "approved",
            row.rank_class,
            row.version,
            row.round_id,
        )
        for row in rows
        if wanted is None or row.ratee in wanted
    ]


def _filed(session: Session, ratees: Sequence[FrozenRatee]) -> list[Earlier]:
    """Grades of persons as their units filed them, by the names of the grades."""
    keys = {one.key for one in ratees if one.kind == "person"}
    if not keys:
        return []
    from survey_app.appraisals.history import grades_as_history

    return [
        Earlier(
            row.ratee,
            row.series,
            row.period,
            row.grade,
            "" if row.score is None else plain(row.score),
            "filed",
        )
        for row in grades_as_history(session)
        if row.ratee in keys
    ]


def results_of(session: Session, ratee: str) -> list[Earlier]:
    """Every approved result of one ratee, the latest period first."""
    found = _approved(session, [ratee])
    return sorted(found, key=lambda one: periods.order(one.period), reverse=True)
