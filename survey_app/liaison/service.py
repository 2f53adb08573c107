"""What a liaison of delegates sees and does: cards of the rater classes in scope, and totals."""

from dataclasses import dataclass

from sqlalchemy import select

from survey_app.ballots.cards import batch_of, reissue
from survey_app.closing.watching import watch
from survey_app.core.access import SignedIn, scope_keys
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, NotFoundError
from survey_app.core.services import Services
from survey_app.register.tables import RaterClass
from survey_app.rounds.entrances import (
    BatchSpec,
    IssuedBatch,
    issue_cards,
    issue_from_roster,
    spec_of,
)
from survey_app.rounds.frozen import load_round
from survey_app.rounds.service import list_rounds
from survey_app.rounds.tables import Batch, Round

SHOWN = ("frozen", "open", "closed", "assessed")
CHANNEL = "online"


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """How many of one rater class answered; None where so few did that it is not said."""

    key: str
    name: str
    expected: int | None
    issued: int
    received: int | None


def rounds_of(database: Database) -> tuple[Round, ...]:
    """The rounds past their draft, newest first."""
    with database.read() as session:
        return tuple(row for row in list_rounds(session) if row.state in SHOWN)


def round_of(database: Database, round_id: int) -> Round:
    """One of them; NotFoundError for any other."""
    with database.read() as session:
        row = load_round(session, round_id)
    if row.state not in SHOWN:
        raise NotFoundError
    return row


def totals(held: Services, me: SignedIn, round_id: int) -> tuple[ClassTotal, ...]:
    """The turnout of the rater classes in scope, and nothing else of the round."""
    mine = scope_keys(me.scope)
    progress = watch(held.database, held.rounds, round_id)
    return tuple(
        ClassTotal(
            one.key,
            one.name,
            one.expected,
            one.issued or 0,
            None if one.is_hidden else one.received,
        )
        for one in progress.classes
        if one.key in mine
    )


def n_batches(database: Database, round_id: int) -> int:
    """How many batches there are: tells a form that was sent twice."""
    with database.read() as session:
        return len(session.scalars(select(Batch.id).where(Batch.round_id == round_id)).all())


def class_names(database: Database, me: SignedIn) -> dict[str, str]:
    """The names of the rater classes in scope."""
    with database.read() as session:
        rows = session.scalars(select(RaterClass).order_by(RaterClass.position)).all()
    return {row.key: row.name for row in rows if row.key in scope_keys(me.scope)}


def issue(
    held: Services, me: SignedIn, round_id: int, rater_class: str, count: int
) -> list[IssuedBatch]:
    """Cards by number, or one for everybody on the roster where `count` is 0."""
    _check(me, rater_class)
    if count:
        spec = BatchSpec(rater_class, rater_class, CHANNEL, count)
        return [issue_cards(held.database, held.keys, me.login, round_id, spec)]
    return issue_from_roster(held.database, held.keys, me.login, round_id, rater_class, CHANNEL)


def replace_card(held: Services, me: SignedIn, round_id: int, code: str) -> IssuedBatch:
    """A new card for a lost or spoiled one of a class in scope; the old one dies."""
    batch = batch_of(held.database, held.keys, code)
    if batch.round_id != round_id:
        raise NotFoundError
    _check(me, batch.rater_class)
    fresh = reissue(held.database, held.keys, me.login, code)
    return IssuedBatch(batch.id, spec_of(batch), (fresh,))


def _check(me: SignedIn, rater_class: str) -> None:
    if rater_class not in scope_keys(me.scope):
        raise ForbiddenError
