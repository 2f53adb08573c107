"""What operators see of a round: its steps with everything in their way, links and cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.inputs import RateeRow
from forms.problems import N_, Problem
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.register.names import ratee_class_name
from survey_app.register.reading import Register
from survey_app.register.service import load_register
from survey_app.rounds import life
from survey_app.rounds.channels import COUNTED, KIOSK
from survey_app.rounds.frozen import load_round
from survey_app.rounds.ratees import pilot_units
from survey_app.rounds.service import list_rounds
from survey_app.rounds.tables import Batch, Link, Round

PATH: tuple[tuple[str, str], ...] = (
    ("draft", N_("设置和测试")),
    ("frozen", N_("冻结")),
    ("open", N_("开放")),
    ("closed", N_("关闭")),
    ("sealed", N_("封存")),
    ("assessed", N_("核算")),
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that the table allows now, and what stands in its way."""

    step: life.Step
    name: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A round with all that belongs to it but ballots. `links` are posters, `batches` cards that
    people hold; tablets, papers and interviews have a room of their own (intake).
    """

    row: Round
    next_steps: tuple[NextStep, ...]
    links: Sequence[Link]
    batches: Sequence[Batch]
    register: Register
    tablets: Sequence[Link] = ()
    reached: frozenset[str] = frozenset()
    """Rater classes with any way in: a poster or tablet in use, cards, papers or interviews."""

    @property
    def names(self) -> "Names":
        return Names(self.register)

    @property
    def stage(self) -> str:
        """Where on PATH the round stands."""
        if self.row.state == "testing":
            return "draft"
        if self.row.state == "closed" and self.row.sealed_at is not None:
            return "sealed"
        return self.row.state

    @property
    def ratees(self) -> tuple[RateeRow, ...]:
        """The ratees of the register that a scheme on trial does not leave out."""
        scheme, _problems = life.read_scheme(self.row)
        everybody = self.register.ratees
        pilot = pilot_units(scheme, everybody)
        return tuple(one for one in everybody if not pilot or {one.key, one.parent} & pilot)

    @property
    def can_take_entrances(self) -> bool:
        return self.row.state in ("draft", "testing", "frozen", "open")

    @property
    def bound_classes(self) -> list[str]:
        """Rater classes that have a form, in the order of the register."""
        bound = {one["rater_class"] for one in self.row.bindings}
        return [row.key for row in self.register.rater_classes if row.key in bound]

    @property
    def left_out(self) -> list[str]:
        """Rater classes that have a form and, so far, no way to it."""
        if not self.can_take_entrances:
            return []
        return [key for key in self.bound_classes if key not in self.reached]


class Names:
    """Names of what the register holds, by key."""

    def __init__(self, register: Register) -> None:
        self.rater_classes: Mapping[str, str] = {
            row.key: row.name for row in register.rater_classes
        }
        self.ratees: Mapping[str, str] = {row.key: row.name for row in register.ratees}
        self._groups: dict[frozenset[str], str] = {}
        for row in register.ratees:
            for name in (ratee_class_name(row.ratee_class), row.group):
                if name:
                    self._groups.setdefault(frozenset(_members(register, name)), name)

    def rater_class(self, key: str) -> str:
        return self.rater_classes.get(key, key)

    def scope(self, keys: Sequence[str]) -> str:
        """A rating list in a few words: everybody, a class or group, or names."""
        if not keys:
            return N_("全部评议对象")
        group = self._groups.get(frozenset(keys))
        if group:
            return group
        return "、".join(self.ratees.get(key, key) for key in keys)


def _members(register: Register, name: str) -> list[str]:
    return [
        row.key for row in register.ratees if name in (row.group, ratee_class_name(row.ratee_class))
    ]


def close_what_is_due(database: Database) -> None:
    """Close every open round whose time has come, so that no page shows it open.

    Looks first: closing takes a lock that holds back ballots.
    """
    now = clock.now()
    with database.read() as session:
        due = session.scalars(select(Round.id).where(Round.state == "open", Round.close_at <= now))
        ids = due.all()
    for round_id in ids:
        life.close_if_due(database, round_id, now)


def overview(database: Database, round_id: int) -> Overview:
    """A round as operators see it. Raises NotFoundError."""
    with database.read() as session:
        return _overview(session, load_round(session, round_id), load_register(session))


def _overview(session: Session, row: Round, register: Register) -> Overview:
    links = session.scalars(
        select(Link)
        .where(Link.round_id == row.id, Link.channel.not_in((KIOSK, *COUNTED)))
        .order_by(Link.id)
    )
    batches = session.scalars(
        select(Batch)
        .where(Batch.round_id == row.id, Batch.channel.not_in(COUNTED))
        .order_by(Batch.id)
    )
    tablets = session.scalars(
        select(Link).where(Link.round_id == row.id, Link.channel == KIOSK).order_by(Link.id)
    )
    return Overview(
        row,
        _next_steps(session, row),
        links.all(),
        batches.all(),
        register,
        tablets.all(),
        _reached(session, row),
    )


def _reached(session: Session, row: Round) -> frozenset[str]:
    """Papers and interviews come with a batch, so links and batches are all the ways there are."""
    links = select(Link.rater_class).where(Link.round_id == row.id, Link.is_active)
    batches = select(Batch.rater_class).where(Batch.round_id == row.id)
    return frozenset((*session.scalars(links), *session.scalars(batches)))


def _next_steps(session: Session, row: Round) -> tuple[NextStep, ...]:
    return tuple(
        NextStep(
            step,
            life.TRANSITIONS[step].name,
            tuple(life.problems_before(session, row, step, clock.now())),
        )
        for step in life.next_steps(row)
    )


@dataclass(frozen=True, slots=True)
class Home:
    """What the start page shows: rounds with what comes next, and whether there is a register."""

    rounds: tuple[Overview, ...]
    register: Register


def home(database: Database) -> Home:
    """Every round, newest first."""
    with database.read() as session:
        register = load_register(session)
        rounds = [_overview(session, row, register) for row in list_rounds(session)]
        return Home(tuple(rounds), register)
