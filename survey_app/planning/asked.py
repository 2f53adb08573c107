"""Who can be asked about whom: rosters, cards and posters of a round, by ratee and rater class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.core.database import Database
from survey_app.planning.assumptions import Assumed, EarlierRun, Finder, assume
from survey_app.register.tables import Ratee, RaterClass, RosterEntry
from survey_app.rounds import life
from survey_app.rounds.frozen import load_round
from survey_app.rounds.ratees import round_ratees
from survey_app.rounds.tables import Batch, Link, Round


@dataclass(frozen=True, slots=True)
class Unit:
    """A ratee as one rater class can rate it.

    `population` is how many on the roster are asked about it (None: there is no roster), `cards`
    how many cards have it on their list, `is_posted` whether a poster leads to it.
    """

    key: str
    name: str
    population: int | None
    cards: int
    is_posted: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A rater class and a class of ratees, with its units in the order of the register."""

    rater_class: str
    ratee_class: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything a plan of a round starts from."""

    row: Round
    names: Mapping[str, str]
    """Rater class → name, for those that have a form, in the order of the register."""
    pairs: tuple[Pair, ...]
    target: int
    earlier: EarlierRun | None
    assumed: Mapping[str, Assumed]
    rosters: Mapping[str, int]
    """Rater class → people on the register's roster, of every class that has any."""
    all_names: Mapping[str, str]


def basis_of(database: Database, round_id: int, finder: Finder | None) -> Basis:
    """Read it in one transaction. Raises NotFoundError."""
    with database.read() as session:
        row = load_round(session, round_id)
        classes = session.scalars(select(RaterClass).order_by(RaterClass.position)).all()
        bound = {one["rater_class"] for one in row.bindings}
        names = {one.key: one.name for one in classes if one.key in bound}
        scheme, _problems = life.read_scheme(row)
        ratees = round_ratees(session, row.bindings, scheme)
        earlier, assumed = assume(session, row, names, finder)
        rosters = _rosters(session)
        return Basis(
            row=row,
            names=names,
            pairs=_pairs(session, row, ratees, rosters),
            target=row.target_per_ratee,
            earlier=earlier,
            assumed=assumed,
            rosters={key: scopes.total() for key, scopes in rosters.items()},
            all_names={one.key: one.name for one in classes},
        )


Scopes = Counter[frozenset[str]]


def _rosters(session: Session) -> dict[str, Scopes]:
    """By rater class, how many people have each scope."""
    found: dict[str, Scopes] = {}
    for rater_class, scope in session.execute(select(RosterEntry.rater_class, RosterEntry.scope)):
        found.setdefault(rater_class, Counter())[frozenset(scope)] += 1
    return found


def _pairs(
    session: Session, row: Round, ratees: Sequence[Ratee], rosters: Mapping[str, Scopes]
) -> tuple[Pair, ...]:
    batches = session.scalars(select(Batch).where(Batch.round_id == row.id)).all()
    links = session.scalars(select(Link).where(Link.round_id == row.id, Link.is_active)).all()
    found = []
    for one in row.bindings:
        rater_class, ratee_class = one["rater_class"], one["ratee_class"]
        on_roster = rosters.get(rater_class)
        mine = [batch for batch in batches if batch.rater_class == rater_class]
        ways = [link for link in links if link.rater_class == rater_class]
        units = tuple(
            Unit(
                ratee.key,
                ratee.name,
                None if on_roster is None else _asked(on_roster, ratee.key),
                sum(batch.issued for batch in mine if _asks(batch.scope, ratee.key)),
                any(_asks(link.scope, ratee.key) for link in ways),
            )
            for ratee in ratees
            if ratee.ratee_class == ratee_class
        )
        found.append(Pair(rater_class, ratee_class, units))
    return tuple(found)


def _asked(on_roster: Scopes, key: str) -> int:
    return sum(n for scope, n in on_roster.items() if _asks(scope, key))


def _asks(scope: Sequence[str] | frozenset[str], key: str) -> bool:
    return not scope or key in scope
