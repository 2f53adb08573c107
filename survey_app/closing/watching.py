"""Watching a round: how much has come in, never what it says."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.small_groups import is_few
from survey_app.ballots.envelope import is_envelope
from survey_app.ballots.payload import unpack
from survey_app.ballots.tables import Ballot, Refusal
from survey_app.closing.batch_progress import BatchProgress, batch_progress
from survey_app.closing.link_progress import LinkProgress, link_progress
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.rounds.frozen import FrozenRound, FrozenRounds, load_round
from survey_app.rounds.tables import Batch


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """Answer sheets of one rater class. `expected` comes from the roster, `issued` from cards."""

    key: str
    name: str
    expected: int | None
    issued: int | None
    received: int

    @property
    def is_hidden(self) -> bool:
        """Few of a known group came: which of them could be guessed, so the count is not shown."""
        is_known_group = bool(self.issued or self.expected)
        return is_known_group and is_few(self.received)


@dataclass(frozen=True, slots=True)
class RateeProgress:
    """Answer sheets in which this ratee was rated, on a form of its own or on a list."""

    number: int
    name: str
    group: str
    received: int
    target: int

    @property
    def is_short(self) -> bool:
        """Whether fewer came in than were wanted (回收不足)."""
        return self.received < self.target


@dataclass(frozen=True, slots=True)
class Progress:
    """A round at one moment.

    Totals and counts by ratee leave out the hidden classes, which could be found by subtraction.
    """

    received: int
    classes: tuple[ClassProgress, ...]
    ratees: tuple[RateeProgress, ...]
    links: tuple[LinkProgress, ...]
    refused: Mapping[str, int]
    batches: tuple[BatchProgress, ...]


def watch(database: Database, rounds: FrozenRounds, round_id: int) -> Progress:
    """Counts of a round that is past its draft."""
    with database.read() as session:
        frozen = rounds.of(load_round(session, round_id))
        received = _received(session, round_id)
        batches = session.scalars(select(Batch).where(Batch.round_id == round_id)).all()
        refused = session.execute(
            select(Refusal.reason, Refusal.n).where(Refusal.round_id == round_id)
        )
        classes = _classes(frozen, batches, received)
        hidden = {one.key for one in classes if one.is_hidden}
        shown = Counter({key: n for key, n in received.items() if key[0] not in hidden})
        return Progress(
            received=sum(shown.values()),
            classes=classes,
            ratees=_ratees(frozen, shown, _rated_on_lists(session, frozen, hidden)),
            links=link_progress(session, round_id, clock.now()),
            refused=dict(refused.all()),
            batches=batch_progress(session, round_id),
        )


Received = Counter[tuple[str, int | None]]


def _received(session: Session, round_id: int) -> Received:
    """Answer sheets by (rater class, the one ratee of the form or None)."""
    rows = session.execute(
        select(Ballot.rater_class, Ballot.ratee_number, func.count())
        .where(Ballot.round_id == round_id)
        .group_by(Ballot.rater_class, Ballot.ratee_number)
    )
    return Counter({(rater_class, ratee): n for rater_class, ratee, n in rows})


def _rated_on_lists(session: Session, frozen: FrozenRound, hidden: Set[str]) -> Counter[int]:
    """How often each ratee was rated on a list (those left out are not counted).

    What lies in an envelope says nothing before it is opened.
    """
    rows = session.execute(
        select(Ballot.rater_class, Ballot.payload).where(
            Ballot.round_id == frozen.id,
            Ballot.ratee_number.is_(None),
            Ballot.rater_class.not_in(hidden),
        )
    )
    return Counter(
        number
        for rater_class, payload in rows
        if not is_envelope(payload)
        for number, _ in unpack(payload, frozen.widths(rater_class))
    )


def _classes(
    frozen: FrozenRound, batches: Sequence[Batch], received: Received
) -> tuple[ClassProgress, ...]:
    issued: Counter[str] = Counter()
    for batch in batches:
        issued[batch.rater_class] += batch.issued
    by_class: Counter[str] = Counter()
    for (rater_class, _), n in received.items():
        by_class[rater_class] += n
    return tuple(
        ClassProgress(key, name, frozen.expected.get(key), issued.get(key), by_class[key])
        for key, name in frozen.rater_classes.items()
    )


def _ratees(
    frozen: FrozenRound, received: Received, on_lists: Counter[int]
) -> tuple[RateeProgress, ...]:
    about = Counter(on_lists)
    for (_, number), n in received.items():
        if number is not None:
            about[number] += n
    asked = {ratee_class for _, ratee_class in frozen.bindings}
    return tuple(
        RateeProgress(
            one.number,
            one.name,
            one.group,
            about[one.number],
            frozen.target_per_ratee if one.ratee_class in asked else 0,
        )
        for one in frozen.ratees
    )
