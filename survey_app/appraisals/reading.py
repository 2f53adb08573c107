"""What the pages show: periods, progress by unit, one form with its acts, and lists of filings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from analysis import periods
from survey_app.appraisals import loading, steps
from survey_app.appraisals.loading import CURRENT
from survey_app.appraisals.rules import Places, Rules, rules_of
from survey_app.appraisals.tables import (
    AppraisalForm,
    AppraisalMember,
    AppraisalPeriod,
)
from survey_app.appraisals.who import EVERYTHING, Sight
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.supervision.units import names_of_all

PER_PAGE = 100
STAGES: tuple[str, ...] = ("0", "1", "2", "3", "4", "submitted", "returned", "5")
"""What lists can be limited to: the last step done, or where a filing is."""


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """How far a unit is. `at_step[n]`: how many forms have step n as the last one done."""

    unit: str
    name: str
    n: int
    at_step: tuple[int, ...]
    n_submitted: int
    n_returned: int

    @property
    def n_filed(self) -> int:
        return self.at_step[steps.FILED]

    @property
    def is_filed(self) -> bool:
        return self.n_filed == self.n

    def reached(self, step: int) -> int:
        """How many have done a step."""
        return sum(self.at_step[step:])


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """A period, its progress by unit, and the units that have not filed everything."""

    row: AppraisalPeriod
    rules: Rules
    units: Sequence[UnitProgress]

    @property
    def n(self) -> int:
        return sum(one.n for one in self.units)

    def reached(self, step: int) -> int:
        return sum(one.reached(step) for one in self.units)

    @property
    def not_filed(self) -> list[UnitProgress]:
        return [one for one in self.units if not one.is_filed]

    @property
    def is_overdue(self) -> bool:
        return bool(self.not_filed) and clock.local(clock.now()).date() > self.row.due_on


def list_periods(database: Database) -> list[AppraisalPeriod]:
    """The newest first."""
    with database.read() as session:
        found = session.scalars(select(AppraisalPeriod)).all()
        return sorted(found, key=lambda one: periods.order(one.period), reverse=True)


def period_sizes(database: Database) -> dict[int, int]:
    """Period → people on its roster."""
    with database.read() as session:
        rows = session.execute(
            select(AppraisalMember.period_id, func.count()).group_by(AppraisalMember.period_id)
        )
        return dict(rows.tuples().all())


def open_period(database: Database, period_id: int, sight: Sight = EVERYTHING) -> PeriodPage:
    """A period as the page shows it, with the units in sight."""
    with database.read() as session:
        row = loading.load_period(session, period_id)
        counts: dict[str, Counter[tuple[int, str]]] = {}
        found = session.execute(
            select(
                AppraisalMember.unit,
                func.coalesce(AppraisalForm.step, 0),
                func.coalesce(AppraisalForm.filing, ""),
                func.count(),
            )
            .outerjoin(AppraisalForm, CURRENT)
            .where(AppraisalMember.period_id == period_id)
            .group_by(AppraisalMember.unit, AppraisalForm.step, AppraisalForm.filing)
        )
        for unit, step, filing, n in found:
            counts.setdefault(unit, Counter())[step, filing] += n
        names = names_of_all(session)
        order = [unit for unit in names if unit in counts] + sorted(set(counts) - set(names))
        units = [
            _progress(unit, names.get(unit, unit), counts[unit])
            for unit in order
            if sight.sees(unit)
        ]
        return PeriodPage(row, rules_of(row), units)


def _progress(unit: str, name: str, counts: Counter[tuple[int, str]]) -> UnitProgress:
    return UnitProgress(
        unit,
        name,
        counts.total(),
        tuple(
            sum(n for (at, _), n in counts.items() if at == step)
            for step in range(len(steps.STEP_NAMES))
        ),
        sum(n for (_, filing), n in counts.items() if filing == "submitted"),
        sum(n for (_, filing), n in counts.items() if filing == "returned"),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody in a period, as a row of a list."""

    period_id: int
    period: str
    person: str
    unit: str
    unit_name: str
    pool: str
    post: str
    leader: str
    version: int
    step: int
    filing: str
    feedback: str
    is_published: bool
    score: str
    proposed: str
    """Key of the grade the leader proposes, "" before that; so for `grade`."""
    grade: str
    reason: str
    is_simulated: bool

    @property
    def stage(self) -> str:
        """Where the form stands, in words."""
        if self.step == steps.DECISION and self.filing:
            return steps.FILING_NAMES[self.filing]
        return steps.DONE_NAMES[self.step]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is limited to; `page` counts from 1, 0 is everything at once."""

    period: str = ""
    unit: str = ""
    pool: str = ""
    grade: str = ""
    stage: str = ""
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, and what it can be limited to."""

    lines: Sequence[Line]
    n: int
    pages: int
    grades: dict[str, str]
    units: dict[str, str]
    pools: Sequence[str]
    periods: Sequence[str] = field(default=())


def find_lines(database: Database, wanted: Wanted, sight: Sight = EVERYTHING) -> Found:
    """People in periods, the newest period first, then by unit and alias."""
    with database.read() as session:
        every = list(session.scalars(select(AppraisalPeriod)))
        every.sort(key=lambda one: periods.order(one.period), reverse=True)
        names = names_of_all(session)
        conditions = [*_conditions(wanted, every, names), *_in_sight(sight)]
        n = int(session.scalar(_joined(select(func.count())).where(*conditions)) or 0)
        query = _lines_query().where(*conditions)
        if wanted.page:
            query = query.limit(PER_PAGE).offset((wanted.page - 1) * PER_PAGE)
        pools = session.scalars(
            select(AppraisalMember.pool).where(*_in_sight(sight)).distinct()
        ).all()
        units = session.scalars(
            select(AppraisalMember.unit).where(*_in_sight(sight)).distinct()
        ).all()
        return Found(
            lines=list(_lines(session.execute(query), names)),
            n=n,
            pages=max(1, -(-n // PER_PAGE)),
            grades=grade_names(every),
            units={key: name for key, name in names.items() if key in units},
            pools=sorted(pool for pool in pools if pool),
            periods=[one.period for one in every],
        )


def grade_names(every: Sequence[AppraisalPeriod]) -> dict[str, str]:
    """Key → name of the grades of any of the periods, the newest period's name first."""
    found: dict[str, str] = {}
    for one in every:
        for key, name in rules_of(one).names.items():
            found.setdefault(key, name)
    return found


def _joined(query: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return (
        query.select_from(AppraisalMember)
        .join(AppraisalPeriod, AppraisalPeriod.id == AppraisalMember.period_id)
        .outerjoin(AppraisalForm, CURRENT)
    )


def _lines_query() -> Select[*tuple[object, ...]]:
    columns = select(
        AppraisalMember.period_id,
        AppraisalPeriod.period,
        AppraisalMember.person,
        AppraisalMember.unit,
        AppraisalMember.pool,
        AppraisalMember.post,
        AppraisalMember.leader,
        AppraisalMember.version,
        AppraisalForm.step,
        AppraisalForm.filing,
        AppraisalForm.feedback,
        AppraisalForm.published_on,
        AppraisalForm.score_hundredths,
        AppraisalForm.proposed,
        AppraisalForm.grade,
        AppraisalForm.decision_reason,
        AppraisalPeriod.is_simulated,
    )
    return _joined(columns).order_by(
        AppraisalPeriod.period.desc(), AppraisalMember.unit, AppraisalMember.person
    )


def _in_sight(sight: Sight) -> list[ColumnElement[bool]]:
    if sight.person:
        return [AppraisalMember.person == sight.person]
    return [] if sight.units is None else [AppraisalMember.unit.in_(sight.units)]


def _conditions(
    wanted: Wanted, every: Sequence[AppraisalPeriod], names: dict[str, str]
) -> Iterator[ColumnElement[bool]]:
    if wanted.period:
        ids = [one.id for one in every if periods.contains(wanted.period, one.period)]
        yield AppraisalMember.period_id.in_(ids)
    if wanted.unit:
        yield AppraisalMember.unit == wanted.unit
    if wanted.pool:
        yield AppraisalMember.pool == wanted.pool
    if wanted.grade:
        yield AppraisalForm.grade == wanted.grade
    if wanted.stage in ("submitted", "returned"):
        yield AppraisalForm.filing == wanted.stage
    elif wanted.stage in STAGES:
        yield func.coalesce(AppraisalForm.step, 0) == int(wanted.stage)
    if wanted.text:
        units = [key for key, name in names.items() if wanted.text in name]
        columns = (
            AppraisalMember.person,
            AppraisalMember.post,
            AppraisalMember.leader,
            AppraisalForm.summary,
        )
        yield or_(
            AppraisalMember.unit.in_(units),
            *(column.contains(wanted.text, autoescape=True) for column in columns),
        )


def _lines(rows: object, names: dict[str, str]) -> Iterator[Line]:
    for row in rows:  # type: ignore[attr-defined]
        yield _line(row, names)


def _line(row: Row[*tuple[object, ...]], names: dict[str, str]) -> Line:
    one: dict[str, object] = dict(row._mapping)
    score = one.pop("score_hundredths")
    published = one.pop("published_on")
    return Line(
        unit_name=names.get(str(one["unit"]), str(one["unit"])),
        is_published=published is not None,
        score="" if score is None else f"{int(str(score)) / 100:.2f}",
        step=int(str(one.pop("step") or 0)),
        reason=str(one.pop("decision_reason") or ""),
        **{key: "" if value is None else value for key, value in one.items()},  # type: ignore[arg-type]
    )


def read_places(database: Database, period_id: int, unit: str = "") -> list[Places]:
    """The limited grades of a period, in every cell or in those that bear on a unit."""
    with database.read() as session:
        rules = rules_of(loading.load_period(session, period_id))
        found = loading.places_of(session, period_id, rules)
        return [one for one in found if not unit or one.unit in (unit, "")]


def own_lines(database: Database, person: str) -> list[Line]:
    """Somebody's forms in every period, the newest first."""
    return list(find_lines(database, Wanted(page=0), Sight(frozenset(), person)).lines)
