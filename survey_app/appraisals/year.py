"""A year of appraisals: four quarters a person, how often which grade, and what follows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import periods
from analysis.inputs import HistoryRow
from analysis.outlook import Outlook
from analysis.scheme import Scheme
from survey_app.appraisals import loading
from survey_app.appraisals.history import grades_as_history, periods_within
from survey_app.appraisals.rules import Rules, outlooks_of, rules_of
from survey_app.appraisals.tables import AppraisalMember, AppraisalPeriod
from survey_app.appraisals.who import EVERYTHING, Sight
from survey_app.core.database import Database
from survey_app.supervision.units import names_of_all

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
FAIR = 2
"""From the third grade of the scheme on a result is 一般 or worse."""


@dataclass(frozen=True, slots=True)
class YearRow:
    """Somebody's year, as far as results are filed. Grades are keys, "" where there is none."""

    person: str
    unit: str
    unit_name: str
    pool: str
    post: str
    grades: tuple[str, ...]
    scores: tuple[str, ...]
    outlook: Outlook | None

    def times(self, keys: Sequence[str]) -> int:
        """How often a result was one of these grades."""
        return sum(grade in keys for grade in self.grades)


@dataclass(frozen=True, slots=True)
class YearPage:
    """A year's people, its periods, and the scheme that judges the year."""

    year: int
    parts: Sequence[str]
    """The periods the year is made of, filed or not."""
    rules: Rules | None
    rows: Sequence[YearRow]
    names: Mapping[str, str]
    """Key → name of the grades."""
    is_simulated: bool
    organiser: str

    @property
    def annual(self) -> Scheme | None:
        return self.rules.annual if self.rules else None

    @property
    def best(self) -> str:
        """The key of the best grade of a period."""
        return self.rules.grades[0].key if self.rules else ""

    @property
    def low(self) -> tuple[str, ...]:
        """The keys of 一般 and worse."""
        return tuple(one.key for one in self.rules.grades[FAIR:]) if self.rules else ()

    @property
    def best_name(self) -> str:
        return self.names.get(self.best, "")

    @property
    def low_names(self) -> str:
        return "/".join(self.names.get(key, key) for key in self.low)

    def is_eligible(self, row: YearRow) -> bool | None:
        """Whether the best grade of the year is open; None where no scheme judges it."""
        if self.annual is None or row.outlook is None:
            return None
        return self.annual.grades[0].key in row.outlook.allowed

    def excellent(self) -> str:
        """The name of the best grade of the year."""
        return str(self.annual.grades[0].name) if self.annual else ""

    def why_not(self, row: YearRow, translate: Callable[[str], str] = str) -> str:
        """The rules that refuse the best grade of the year."""
        if self.annual is None or row.outlook is None:
            return ""
        refusals = row.outlook.refusals.get(self.annual.grades[0].key, ())
        notes = [*refusals, *row.outlook.to_decide]
        return "；".join(dict.fromkeys(one.text(translate) for one in notes))

    def limit(self, row: YearRow) -> str:
        """What the limits that hold leave open, such as 基本称职、不称职; "" where none holds."""
        if self.annual is None or row.outlook is None or not row.outlook.restrictions:
            return ""
        allowed = [one for one in self.annual.grades if one.key in row.outlook.allowed]
        return "、".join(str(one.name) for one in allowed)


@dataclass(frozen=True, slots=True)
class WantedYear:
    """What the year's list is limited to."""

    unit: str = ""
    pool: str = ""
    text: str = ""
    eligible: str = ""
    """"yes", "no", "priority" or "limited"; "" is everybody."""


def read_year(
    database: Database, year: int, sight: Sight = EVERYTHING, wanted: WantedYear | None = None
) -> YearPage:
    """Everybody who was on a roster in a year, by unit and alias."""
    wanted = wanted or WantedYear()
    with database.read() as session:
        held = periods_within(session, f"{year:04d}")
        if not held:
            return YearPage(year, (), None, (), {}, is_simulated=False, organiser="")
        newest = held[-1]
        rules = rules_of(newest)
        history = grades_as_history(session, f"{year:04d}")
        parts = _parts(year, rules, held)
        people = {
            person: member
            for person, member in _people(session, held).items()
            if sight.sees(member.unit, person) and _is_wanted(member, wanted)
        }
        page = YearPage(
            year,
            parts,
            rules,
            list(_rows(session, people, parts, history, rules, f"{year:04d}")),
            rules.names,
            is_simulated=any(one.is_simulated for one in held),
            organiser=newest.organiser,
        )
    if not wanted.eligible:
        return page
    return YearPage(
        page.year,
        page.parts,
        page.rules,
        [row for row in page.rows if wanted.eligible in _judged(page, row)],
        page.names,
        is_simulated=page.is_simulated,
        organiser=page.organiser,
    )


def _judged(page: YearPage, row: YearRow) -> set[str]:
    found = {"yes" if page.is_eligible(row) else "no"}
    if row.outlook and row.outlook.has_priority and page.is_eligible(row):
        found.add("priority")
    if page.limit(row):
        found.add("limited")
    return found


def _parts(year: int, rules: Rules, held: Sequence[AppraisalPeriod]) -> Sequence[str]:
    months = MONTHS.get(rules.scheme.rhythm, 0)
    named = {one.period for one in held}
    if not months:
        return sorted(named)
    return sorted({*periods.parts(f"{year:04d}", months), *named}, key=periods.order)


def _people(session: Session, held: Sequence[AppraisalPeriod]) -> dict[str, AppraisalMember]:
    """Everybody on a roster of the year, where they were last."""
    found: dict[str, AppraisalMember] = {}
    for period in held:
        found |= {one.person: one for one in loading.load_roster(session, period.id)}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].unit, pair[0])))


def _is_wanted(member: AppraisalMember, wanted: WantedYear) -> bool:
    return (
        wanted.unit in ("", member.unit)
        and wanted.pool in ("", member.pool)
        and (not wanted.text or wanted.text in f"{member.person} {member.post}")
    )


def _rows(
    session: Session,
    people: Mapping[str, AppraisalMember],
    parts: Sequence[str],
    history: Sequence[HistoryRow],
    rules: Rules,
    year: str,
) -> Iterator[YearRow]:
    names = names_of_all(session)
    by_person = {(one.ratee, one.period): one for one in history}
    judged: dict[str, Outlook] = {}
    if rules.annual is not None:
        places = {person: (one.unit, one.pool) for person, one in people.items()}
        judged = outlooks_of(rules.annual, places, history, year)
    for person, member in people.items():
        results = [by_person.get((person, part)) for part in parts]
        yield YearRow(
            person,
            member.unit,
            names.get(member.unit, member.unit),
            member.pool,
            member.post,
            tuple(rules.grade_key(one.grade) if one else "" for one in results),
            tuple(f"{one.score:.2f}" if one and one.score is not None else "" for one in results),
            judged.get(person),
        )


def years(database: Database) -> list[int]:
    """The years there are periods of, the newest first."""
    with database.read() as session:
        found = Counter(one.year for one in session.scalars(select(AppraisalPeriod)))
        return sorted(found, reverse=True)
