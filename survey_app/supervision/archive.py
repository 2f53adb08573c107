"""The file of a unit and year (立档): everything that is known of it, on one page (000-10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.register.tables import Ratee
from survey_app.supervision.kinds import KIND_NAMES
from survey_app.supervision.lines import Line
from survey_app.supervision.promises import promises_of
from survey_app.supervision.reading import Wanted, lines_of
from survey_app.supervision.tables import ServicePromise
from survey_app.supervision.units import Scope, check_scope, names_of_all
from survey_app.supervision.work import WorkSum, sums_of

SECTIONS = "archive_sections"
"""Where the application keeps the sections that rooms of higher floors add."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence for the yearly score (000-g)."""

    on: date
    kind: str
    number_text: str
    title: str
    result: str
    file_id: int

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.kind]


@dataclass(frozen=True, slots=True)
class Section:
    """A table that another room adds; title and headers are msgids, rows plain text.

    `link` of a row leads to its page; "" where it has none.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()


AddSection = Callable[[Database, str, int, Scope], Sequence[Section]]
"""(database, ratee, year, scope of who looks) → sections."""


@dataclass(frozen=True, slots=True)
class UnitArchive:
    """What one page shows of a unit and year."""

    ratee: str
    name: str
    year: int
    by_kind: tuple[tuple[str, tuple[Line, ...]], ...]
    evidence: tuple[Evidence, ...]
    promises: Sequence[ServicePromise]
    work: Sequence[WorkSum]
    sections: tuple[Section, ...]

    @property
    def is_simulated(self) -> bool:
        return any(line.is_simulated for _kind, lines in self.by_kind for line in lines)


def evidence_of_year(session: Session, ratee: str, year: int) -> tuple[Evidence, ...]:
    """Every record about the ratee that counts for the year, in the order of dates."""
    found = lines_of(session, Wanted(year=year, unit=ratee))
    return tuple(
        Evidence(line.issued_on, line.kind, line.number_text, line.title, line.result, line.file_id)
        for line in reversed(found)
    )


def unit_archive(
    database: Database, ratee: str, year: int, scope: Scope, adders: Sequence[AddSection] = ()
) -> UnitArchive:
    """The file of a unit and year. Raises ForbiddenError outside the scope, NotFoundError."""
    check_scope(scope, ratee)
    with database.read() as session:
        names = names_of_all(session)
        lines = lines_of(session, Wanted(year=year, unit=ratee))
        if ratee not in names and not lines:
            raise NotFoundError
        by_kind = [
            (kind, tuple(line for line in lines if line.kind == kind)) for kind in KIND_NAMES
        ]
        made = UnitArchive(
            ratee=ratee,
            name=names.get(ratee, ratee),
            year=year,
            by_kind=tuple((kind, its) for kind, its in by_kind if its),
            evidence=evidence_of_year(session, ratee, year),
            promises=promises_of(session, ratee),
            work=sums_of(session, str(year), ratee),
            sections=(),
        )
    added = tuple(section for add in adders for section in add(database, ratee, year, scope))
    return replace(made, sections=added)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in the list of files."""

    ratee: str
    name: str
    n_records: int
    n_overdue: int
    n_promises: int


def list_units(database: Database, year: int, scope: Scope) -> list[UnitLine]:
    """Every unit in scope with how much is on file for the year."""
    with database.read() as session:
        lines = lines_of(session, Wanted(year=year), scope)
        promised = [one.ratee for one in promises_of(session)]
        persons = {line.ratee for line in lines}
        return [
            UnitLine(
                key,
                name,
                sum(line.ratee == key for line in lines),
                sum(line.ratee == key and line.is_overdue for line in lines),
                promised.count(key),
            )
            for key, name in _units(session, persons).items()
            if scope is None or key in scope
        ]


def _units(session: Session, others: set[str]) -> dict[str, str]:
    """The units of the register, and whoever else has records."""
    kinds = dict(session.execute(select(Ratee.key, Ratee.kind)).all())
    names = names_of_all(session)
    found = {key: name for key, name in names.items() if kinds[key] == "unit" or key in others}
    return found | {key: key for key in sorted(others - set(names))}
