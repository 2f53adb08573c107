"""What a plan assumes of each rater class, and why: from an earlier round, or as a stated guess."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.note import Note
from forms.problems import N_
from survey_app.ballots.tables import Ballot
from survey_app.rounds.frozen import load_round, read_config
from survey_app.rounds.tables import Batch, Round

FINDERS = "planning_finders"
"""Where floors above leave what finds an earlier run: they know runs, this one does not."""
GUESSED_SD = 15.0
GUESSED_RESPONSE = 0.6
FEW = 5


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard deviation within one unit, in points, over `units` units and `n` ballots."""

    sd: float
    units: int
    n: int


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """The spread by rater class in the newest run of an earlier round with the same scheme."""

    round_id: int
    title: str
    spreads: Mapping[str, Spread]


Finder = Callable[[Session, Round], EarlierRun | None]


@dataclass(frozen=True, slots=True)
class Assumed:
    """Per rater class, each with its reason; `response` is a share of those asked."""

    sd: float
    deff: float
    response: float
    why_sd: Note
    why_response: Note


def assume(
    session: Session, row: Round, rater_classes: Mapping[str, str], finder: Finder | None
) -> tuple[EarlierRun | None, dict[str, Assumed]]:
    """The defaults of a round's plan, by rater class."""
    earlier = finder(session, row) if finder else None
    responses = _responses(session, earlier.round_id) if earlier else {}
    return earlier, {key: _assumed(key, earlier, responses.get(key)) for key in rater_classes}


def _assumed(key: str, earlier: EarlierRun | None, response: float | None) -> Assumed:
    spread = earlier.spreads.get(key) if earlier else None
    title = earlier.title if earlier else ""
    why_sd = Note(N_("没有可参照的往轮，标准差 15 分、设计效应 1 是假定"))
    if spread is not None:
        why_sd = Note(
            N_("“{title}”的核算：{units} 个对象、{n} 份次的标准差；答卷等权，设计效应取 1"),
            {"title": title, "units": spread.units, "n": spread.n},
        )
    why_response = Note(N_("没有可参照的应答率，60% 是假定"))
    if response is not None:
        why_response = Note(N_("“{title}”的实际回收率"), {"title": title})
    return Assumed(
        round(spread.sd, 1) if spread else GUESSED_SD,
        1.0,
        GUESSED_RESPONSE if response is None else response,
        why_sd,
        why_response,
    )


def _responses(session: Session, round_id: int) -> dict[str, float]:
    """Received of expected by rater class: of the roster, else of the cards.

    Too few ballots of a known group say nothing here either, as where a round is watched.
    """
    row = load_round(session, round_id)
    if row.frozen_config is None or row.config_digest is None:
        return {}
    frozen = read_config(row.id, row.config_digest, row.frozen_config)
    issued = dict(
        session.execute(
            select(Batch.rater_class, func.sum(Batch.issued))
            .where(Batch.round_id == round_id)
            .group_by(Batch.rater_class)
        ).all()
    )
    received = session.execute(
        select(Ballot.rater_class, func.count())
        .where(Ballot.round_id == round_id, Ballot.evidence != "open")
        .group_by(Ballot.rater_class)
    )
    found = {}
    for key, n in received:
        asked = frozen.expected.get(key) or issued.get(key)
        if asked and n >= FEW:
            found[key] = min(1.0, round(n / int(asked), 2))
    return found
