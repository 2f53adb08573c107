"""What is due for whom: the rounds, a page of rows, and the story of one indicator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.indicators import evidence, kept
from survey_app.indicators.basis import ratees_of
from survey_app.indicators.kept import Kept
from survey_app.indicators.tables import Certification, Indicator, IndicatorValue
from survey_app.rounds.frozen import load_round
from survey_app.rounds.tables import Round

PER_PAGE = 100
STATE_NAMES = {
    "due": N_("未填报"),
    "reported": N_("已填报"),
    "certified": N_("已认定"),
}


def may_report(who: SignedIn) -> bool:
    return who.has_role("reporter", "admin")


def may_certify(who: SignedIn) -> bool:
    return who.has_role("certifier", "admin")


def visible_to(who: SignedIn) -> tuple[ColumnElement[bool], ...]:
    """A reporter sees what it reports; everybody else all of it."""
    return (Indicator.reporter == who.scope,) if who.role == "reporter" else ()


@dataclass(frozen=True, slots=True)
class RoundDue:
    """A round with how many of one's indicators are in which state."""

    id: int
    title: str
    is_simulated: bool
    due: int
    reported: int
    certified: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a round's indicators as one may see them."""

    round_id: int
    title: str
    is_simulated: bool
    rows: Sequence[Kept]
    names: Mapping[str, str]
    n_files: Mapping[int, int]
    n: int
    state: str
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.n // PER_PAGE))


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened to an indicator's value."""

    at: datetime
    operator: str
    act: str
    version: int
    actual: str
    growth: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """One indicator with everything that happened to it, newest first."""

    title: str
    is_simulated: bool
    row: Kept
    ratee_name: str
    acts: Sequence[Act]
    files: Sequence[evidence.File]


def rounds_due(database: Database, who: SignedIn) -> list[RoundDue]:
    """The rounds with indicators of one's own, newest first."""
    with database.read() as session:
        counts: dict[int, dict[str, int]] = {}
        for state in STATE_NAMES:
            found = (
                select(Indicator.round_id, func.count())
                .where(Indicator.is_active, kept.state_is(state), *visible_to(who))
                .group_by(Indicator.round_id)
            )
            for round_id, n in session.execute(found):
                counts.setdefault(round_id, {})[state] = n
        rounds = session.scalars(
            select(Round).where(Round.id.in_(counts)).order_by(Round.id.desc())
        )
        return [
            RoundDue(
                row.id,
                row.title,
                row.is_simulated,
                **{state: counts[row.id].get(state, 0) for state in STATE_NAMES},
            )
            for row in rounds
        ]


def open_page(
    database: Database, who: SignedIn, round_id: int, state: str = "", number: int = 1
) -> Page:
    """A page of the round's indicators. Raises NotFoundError."""
    with database.read() as session:
        row = load_round(session, round_id)
        conditions = (*visible_to(who), kept.state_is(state))
        n = kept.count(session, round_id, *conditions)
        number = min(max(1, number), max(1, -(-n // PER_PAGE)))
        rows = kept.load(session, round_id, *conditions, limit=((number - 1) * PER_PAGE, PER_PAGE))
        files = evidence.by_subject(session, round_id)
        return Page(
            round_id=row.id,
            title=row.title,
            is_simulated=row.is_simulated,
            rows=rows,
            names={one.key: one.name for one in ratees_of(session, row)},
            n_files={
                its_id: len(some) for (kind, its_id), some in files.items() if kind == "indicator"
            },
            n=n,
            state=state,
            number=number,
        )


def all_rows(
    database: Database, who: SignedIn, round_id: int
) -> tuple[Sequence[Kept], Mapping[str, str]]:
    """All of one's indicators of a round, and the names of the ratees."""
    with database.read() as session:
        row = load_round(session, round_id)
        names = {one.key: one.name for one in ratees_of(session, row)}
        return kept.load(session, round_id, *visible_to(who)), names


def tell(database: Database, who: SignedIn, round_id: int, indicator_id: int) -> Story:
    """Everything about one indicator. Raises NotFoundError for what is not there or not one's."""
    with database.read() as session:
        row = load_round(session, round_id)
        found = kept.load(session, round_id, Indicator.id == indicator_id, *visible_to(who))
        if not found:
            raise NotFoundError
        names = {one.key: one.name for one in ratees_of(session, row)}
        ratee = found[0].cells["ratee"]
        files = evidence.by_subject(session, round_id).get(("indicator", indicator_id), [])
        return Story(
            title=row.title,
            is_simulated=row.is_simulated,
            row=found[0],
            ratee_name=names.get(ratee, ratee),
            acts=_acts(session, indicator_id),
            files=files,
        )


def _acts(session: Session, indicator_id: int) -> list[Act]:
    values = session.scalars(
        select(IndicatorValue).where(IndicatorValue.indicator_id == indicator_id)
    )
    by_version = {one.version: one for one in values}
    acts = [
        Act(one.at, one.operator, "report", one.version, one.actual, one.growth, one.reason)
        for one in by_version.values()
    ]
    found = select(Certification).where(Certification.indicator_id == indicator_id)
    acts += [
        Act(
            one.at,
            one.operator,
            one.act,
            one.version,
            by_version[one.version].actual,
            by_version[one.version].growth,
            one.reason,
        )
        for one in session.scalars(found)
    ]
    return sorted(acts, key=lambda act: act.at, reverse=True)


def may_see_file(database: Database, who: SignedIn, round_id: int, key: str) -> bool:
    """A reporter downloads what backs its own indicators; everybody else any file."""
    if who.role != "reporter":
        return True
    with database.read() as session:
        mine = {one.id for one in kept.load(session, round_id, *visible_to(who))}
        files = evidence.by_subject(session, round_id)
        return any(
            file.key == key
            for (kind, its_id), some in files.items()
            if kind == "indicator" and its_id in mine
            for file in some
        )
