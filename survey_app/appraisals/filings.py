"""What units file (双备案): the plan of a year with its roster, and each quarter's changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, Problem
from survey_app.appraisals import loading, roster
from survey_app.appraisals.filling import words_problems
from survey_app.appraisals.rules import rules_of
from survey_app.appraisals.tables import AppraisalFiling, AppraisalMember, AppraisalPeriod
from survey_app.appraisals.who import EVERYTHING, Sight, sight_of
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record import service as record
from survey_app.supervision.units import names_of_all

SECOND_HALF = 7


@dataclass(frozen=True, slots=True)
class UnitFiling:
    """Where a unit stands with a filing."""

    unit: str
    name: str
    n: int
    """People on its roster."""
    changes: roster.Changes
    filed: AppraisalFiling | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class YearPlans:
    """The plans of a year: due when, and who has filed."""

    year: int
    due_on: date | None
    units: Sequence[UnitFiling]

    @property
    def overdue(self) -> list[UnitFiling]:
        return [one for one in self.units if one.is_overdue]


def plan_due_on(filing_on: str, year: int) -> date | None:
    """The last day to file the plan of a year: a day of its first half, or of the year before."""
    if not filing_on:
        return None
    month, day = (int(part) for part in filing_on.split("-"))
    return date(year - 1 if month >= SECOND_HALF else year, month, day)


def file_plan(database: Database, by: SignedIn, year: int, unit: str, content: str) -> None:
    """File a unit's plan of a year. Raises ForbiddenError, ProblemsError."""
    with database.write() as session:
        sight_of(by).check(unit)
        problems = words_problems(unit, content, N_("方案"))
        if unit not in names_of_all(session):
            problems.append(Problem(unit, N_("名册里没有这个单位"), N_("请先导入名册")))
        if problems:
            raise ProblemsError(problems)
        _file(session, by, AppraisalFiling(kind="plan", year=year, unit=unit, content=content))


def file_changes(
    database: Database, by: SignedIn, period_id: int, unit: str, content: str = ""
) -> None:
    """File a unit's changes of persons in a period: its roster as it stands is right."""
    with database.write() as session:
        sight_of(by).check(unit)
        period = loading.load_period(session, period_id)
        row = AppraisalFiling(
            kind="changes", year=period.year, period_id=period_id, unit=unit, content=content
        )
        _file(session, by, row)


def _file(session: Session, by: SignedIn, row: AppraisalFiling) -> None:
    row.operator, row.at = by.login, clock.now()
    session.add(row)
    session.flush()
    record.append(
        session, by.login, "appraisal.filing", kind=row.kind, year=row.year, unit=row.unit
    )


def year_plans(
    database: Database, year: int, on: date | None = None, sight: Sight = EVERYTHING
) -> YearPlans:
    """Who has filed a plan for a year and who is overdue, on a day (today)."""
    on = on or clock.local(clock.now()).date()
    with database.read() as session:
        found = (
            session.scalars(
                select(AppraisalPeriod).where(AppraisalPeriod.period.startswith(str(year)))
            ).all()
            or session.scalars(select(AppraisalPeriod)).all()
        )
        newest = max(found, key=lambda one: one.period, default=None)
        due = plan_due_on(rules_of(newest).scheme.filing_on, year) if newest else None
        filed = _latest(session, AppraisalFiling.year == year, AppraisalFiling.kind == "plan")
        names = names_of_all(session)
        sizes = _sizes(session, newest)
        units = [unit for unit in names if unit in sizes or unit in filed]
        nothing = roster.Changes((), (), ())
        rows = [
            UnitFiling(
                unit,
                names[unit],
                sizes.get(unit, 0),
                nothing,
                filed.get(unit),
                is_overdue=_is_late(filed.get(unit), due, on),
            )
            for unit in units
            if sight.sees(unit)
        ]
        return YearPlans(year, due, rows)


def _is_late(filed: AppraisalFiling | None, due: date | None, on: date) -> bool:
    return filed is None and due is not None and on > due


def period_filings(
    database: Database, period_id: int, sight: Sight = EVERYTHING
) -> list[UnitFiling]:
    """Each unit's changes in a period and whether they have been filed."""
    on = clock.local(clock.now()).date()
    with database.read() as session:
        period = loading.load_period(session, period_id)
        changes = roster.changes_of(session, period)
        filed = _latest(session, AppraisalFiling.period_id == period_id)
        names = names_of_all(session)
        sizes = _sizes(session, period)
        gone = {one.unit for one in changes.left}
        return [
            UnitFiling(
                unit,
                names.get(unit, unit),
                sizes.get(unit, 0),
                changes.of(unit),
                filed.get(unit),
                is_overdue=_is_late(filed.get(unit), period.due_on, on),
            )
            for unit in _ordered(names, {*sizes, *gone})
            if sight.sees(unit)
        ]


def _ordered(names: dict[str, str], units: set[str]) -> list[str]:
    """Units in the register's order, those it no longer knows last."""
    return [key for key in names if key in units] + sorted(units - set(names))


def _sizes(session: Session, period: AppraisalPeriod | None) -> dict[str, int]:
    sizes: dict[str, int] = {}
    if period is not None:
        found = select(AppraisalMember.unit).where(AppraisalMember.period_id == period.id)
        for unit in session.scalars(found):
            sizes[unit] = sizes.get(unit, 0) + 1
    return sizes


def _latest(session: Session, *conditions: object) -> dict[str, AppraisalFiling]:
    rows = session.scalars(
        select(AppraisalFiling).where(*conditions).order_by(AppraisalFiling.id)  # type: ignore[arg-type]
    )
    return {one.unit: one for one in rows}
