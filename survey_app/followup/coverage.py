"""Who was not rated by the people served this year (000-k): at least one round a year each."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.register.names import ratee_class_name
from survey_app.register.tables import Ratee
from survey_app.rounds.frozen import FrozenRound, read_config
from survey_app.rounds.tables import Round

SERVED = "service_user"
"""The rater class 服务对象."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A unit without a round of 服务对象评议 in the year."""

    key: str
    name: str
    ratee_class: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rounds in which people served rated units in a year, and the units left out."""

    year: int
    rounds: tuple[tuple[int, str], ...]
    uncovered: tuple[Uncovered, ...]
    n_units: int


def coverage(database: Database, year: int) -> Coverage:
    """Every unit of the register against the rounds of the year that were opened."""
    with database.read() as session:
        found = list(_rounds(session, year))
        covered = {
            ratee.key
            for frozen in found
            for ratee in frozen.ratees
            if (SERVED, ratee.ratee_class) in frozen.bindings
        }
        units = session.scalars(
            select(Ratee).where(Ratee.kind == "unit").order_by(Ratee.position)
        ).all()
        return Coverage(
            year,
            tuple((frozen.id, frozen.title) for frozen in found),
            tuple(
                Uncovered(unit.key, unit.name, ratee_class_name(unit.ratee_class))
                for unit in units
                if unit.key not in covered
            ),
            len(units),
        )


def _rounds(session: Session, year: int) -> Iterator[FrozenRound]:
    opened = select(Round).where(Round.opened_at.is_not(None)).order_by(Round.id)
    for row in session.scalars(opened):
        if _year(row) != year or row.frozen_config is None:
            continue
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config)
        if any(rater_class == SERVED for rater_class, _ratee_class in frozen.bindings):
            yield frozen


def _year(row: Round) -> int:
    """The year a round is about; where nobody said, the year it was opened in."""
    if row.period[:4].isdigit():
        return int(row.period[:4])
    return clock.local(row.opened_at or row.created_at).year
