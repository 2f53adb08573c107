"""What a round's inputs are checked against: its ratees, its scheme, and what is kept already."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis.inputs import RateeRow
from analysis.scheme import Scheme
from survey_app.indicators import kept
from survey_app.indicators.sheets import count_rows
from survey_app.register.service import load_register
from survey_app.rounds import life
from survey_app.rounds.frozen import load_round, read_config
from survey_app.rounds.ratees import round_ratees
from survey_app.rounds.tables import Round


@dataclass(frozen=True, slots=True)
class Basis:
    """The ratees and the scheme of a round, and its certified indicators by place."""

    ratees: tuple[RateeRow, ...]
    scheme: Scheme | None
    certified: Mapping[kept.Place, kept.Kept]
    n_before: Mapping[str, int]

    @property
    def names(self) -> Mapping[str, str]:
        """Key → name of every ratee."""
        return {row.key: row.name for row in self.ratees}


def read_basis(session: Session, round_id: int) -> Basis:
    """Everything about a round that its inputs must fit. Raises NotFoundError."""
    row = load_round(session, round_id)
    return Basis(
        ratees=ratees_of(session, row),
        scheme=scheme_of(row),
        certified={
            one.place: one for one in kept.load(session, round_id, kept.state_is("certified"))
        },
        n_before=count_rows(session, round_id),
    )


def scheme_of(row: Round) -> Scheme | None:
    """The scheme as frozen; that of the draft, where it is in order."""
    if row.frozen_config is not None:
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config)
        return Scheme.from_json(frozen.scheme)
    return life.read_scheme(row)[0]


def ratees_of(session: Session, row: Round) -> tuple[RateeRow, ...]:
    """The ratees as frozen; for a draft those of the register that it would have."""
    if row.frozen_config is not None:
        frozen = read_config(row.id, row.config_digest or "", row.frozen_config)
        return tuple(
            RateeRow(one.key, one.name, one.ratee_class, one.group, one.kind, one.parent, one.pool)
            for one in frozen.ratees
        )
    scheme, _problems = life.read_scheme(row)
    keys = {one.key for one in round_ratees(session, row.bindings, scheme)}
    present = load_register(session).ratees
    return tuple(one for one in present if not keys or one.key in keys)
