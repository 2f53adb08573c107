"""Accepting ballots: once, whole or not at all, and never without a receipt.

`accept_many` is the primitive; a request passes one submission, the demonstration and imports
pass many. It is one transaction: the round is open, the nonce and the card are unused, ballot
and receipt are stored. What refuses a second ballot is a primary key, not a look beforehand:
`INSERT … ON CONFLICT DO NOTHING` either makes the row or says that it was there.
"""

import base64
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from analysis.round_log.leaves import receipt_hash
from survey_app.ballots.tables import Ballot, Comment
from survey_app.core.database import Database
from survey_app.core.errors import NotRecordedError
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Card, Round

ACCEPTING_STATES = ("open", "testing")
ARRIVAL_SECONDS = 600
DEADLOCK = "40P01"
ATTEMPTS = 5

OutcomeKind = Literal["accepted", "replayed", "closed", "code_used", "code_void", "not_recorded"]


@dataclass(frozen=True, slots=True)
class Submission:
    """One filled-in form, decoded and checked, as it will be stored.

    `config_digest` names the frozen form it was decoded by: a round takes no other.
    `card_id` is what is admitted and is not stored with the ballot. `link_id`, `device_mark` and
    `pace` belong to open entrances only. `comments` are (ratee number, item, text). `commitment`
    and `opening` are for the round's log, see ballots.commitments.
    """

    round_id: int
    config_digest: str
    nonce: bytes
    rater_class: str
    stratum: str
    channel: str
    evidence: str
    ratee_number: int | None
    payload: bytes
    commitment: bytes
    opening: bytes | None
    comments: tuple[tuple[int, str, str], ...] = ()
    card_id: bytes | None = None
    link_id: int | None = None
    device_mark: bytes | None = None
    pace: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submission. A receipt comes with "accepted" and "replayed" only.

    "not_recorded": the store refused this one, which the code before it should have caught.
    """

    kind: OutcomeKind
    receipt: str | None = None

    @property
    def is_recorded(self) -> bool:
        return self.receipt is not None


def accept_many(
    database: Database, keys: KeyStore, submissions: Sequence[Submission], *, at: datetime
) -> list[Outcome]:
    """Take every submission that may be taken, in one transaction; outcomes in the same order.

    A submission the database itself refuses does not sink the others: they are then taken one by
    one, and only that one is "not_recorded".

    Raises:
        NotRecordedError: the store could not take them; none is recorded.
    """
    for _ in range(ATTEMPTS):
        try:
            return _accept(database, keys, submissions, at)
        except IntegrityError:
            if len(submissions) == 1:
                return [Outcome("not_recorded")]
            return [_accept_alone(database, keys, one, at) for one in submissions]
        except OperationalError as error:
            # Two batches may wait for each other's rows; PostgreSQL ends one, and nothing of
            # it was kept, so it simply goes again.
            if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise NotRecordedError from error
        except DBAPIError as error:
            raise NotRecordedError from error
    raise NotRecordedError


def _accept_alone(database: Database, keys: KeyStore, one: Submission, at: datetime) -> Outcome:
    """One of a batch that could not be taken whole; a failure here concerns this one only."""
    try:
        return accept_many(database, keys, [one], at=at)[0]
    except NotRecordedError:
        return Outcome("not_recorded")


def _accept(
    database: Database, keys: KeyStore, submissions: Sequence[Submission], at: datetime
) -> list[Outcome]:
    with database.write_rows() as connection:
        round_ids = sorted({one.round_id for one in submissions})
        for round_id in round_ids:
            database.lock_round(connection, round_id, is_exclusive=False)
        taken = {round_id: _form_taken(connection, round_id, at) for round_id in round_ids}
        void = _void_cards(connection, submissions)
        outcomes: dict[int, Outcome] = {}
        # One order of cards for everybody, so that two batches rarely wait crosswise.
        for place in sorted(range(len(submissions)), key=lambda n: submissions[n].card_id or b""):
            one = submissions[place]
            nonce_hash = keys.hash(one.round_id, "nonce", one.nonce)
            outcomes[place] = _admit(
                connection,
                one,
                nonce_hash,
                is_accepting=taken[one.round_id] == one.config_digest,
                is_void=one.card_id in void,
            )
        ordered = [outcomes[place] for place in range(len(submissions))]
        _store(connection, submissions, ordered, at)
        _count_refusals(connection, submissions, ordered)
        return ordered


# Built once: composing a statement costs more than running it.
_ROUND = select(Round.state, Round.close_at, Round.config_digest).where(
    Round.id == bindparam("round_id")
)


def _form_taken(connection: Connection, round_id: int, at: datetime) -> str | None:
    """The digest of the form a round takes ballots for now; None where it takes none."""
    state, close_at, digest = connection.execute(_ROUND, {"round_id": round_id}).one()
    if state not in ACCEPTING_STATES or (close_at is not None and at >= close_at):
        return None
    return str(digest)


def _void_cards(connection: Connection, submissions: Sequence[Submission]) -> set[bytes]:
    cards = [one.card_id for one in submissions if one.card_id is not None]
    if not cards:
        return set()
    return set(connection.scalars(select(Card.id).where(Card.id.in_(cards), Card.is_void)))


_GIVE_RECEIPT = text(
    "INSERT INTO receipt (nonce_hash, round_id, number, leaf) "
    "VALUES (:nonce_hash, :round_id, :number, :leaf) ON CONFLICT DO NOTHING"
)
_FIND_RECEIPT = text("SELECT number FROM receipt WHERE nonce_hash = :nonce_hash")
_DROP_RECEIPT = text("DELETE FROM receipt WHERE nonce_hash = :nonce_hash")
_BURN_CARD = text(
    "INSERT INTO admission (card_id, round_id) VALUES (:card_id, :round_id) ON CONFLICT DO NOTHING"
)


def _admit(
    connection: Connection, one: Submission, nonce_hash: bytes, *, is_accepting: bool, is_void: bool
) -> Outcome:
    """Receipt and admission of one submission; nothing stays of a refused one."""
    if not is_accepting or is_void:
        given = connection.execute(_FIND_RECEIPT, {"nonce_hash": nonce_hash}).scalar()
        return (
            Outcome("replayed", given) if given else Outcome("code_void" if is_void else "closed")
        )
    number = _new_receipt()
    made = connection.execute(
        _GIVE_RECEIPT,
        {
            "nonce_hash": nonce_hash,
            "round_id": one.round_id,
            "number": number,
            "leaf": receipt_hash(number),
        },
    )
    if not _made_a_row(made):
        given = connection.execute(_FIND_RECEIPT, {"nonce_hash": nonce_hash}).scalar_one()
        return Outcome("replayed", given)
    if one.card_id is not None:
        burned = connection.execute(_BURN_CARD, {"card_id": one.card_id, "round_id": one.round_id})
        if not _made_a_row(burned):
            connection.execute(_DROP_RECEIPT, {"nonce_hash": nonce_hash})
            return Outcome("code_used")
    return Outcome("accepted", number)


def find_receipt(database: Database, keys: KeyStore, round_id: int, nonce: bytes) -> str | None:
    """The receipt a nonce has brought, None where it has brought none."""
    nonce_hash = keys.hash(round_id, "nonce", nonce)
    with database.read() as session:
        number: str | None = session.execute(_FIND_RECEIPT, {"nonce_hash": nonce_hash}).scalar()
        return number


def _made_a_row(result: object) -> bool:
    return getattr(result, "rowcount", 0) == 1


def _new_receipt() -> str:
    """100 random bits as 20 characters. It has nothing to do with what was answered."""
    return base64.b32encode(secrets.token_bytes(13)).decode()[:20]


def _store(
    connection: Connection,
    submissions: Sequence[Submission],
    outcomes: Sequence[Outcome],
    at: datetime,
) -> None:
    taken = [
        one for one, what in zip(submissions, outcomes, strict=True) if what.kind == "accepted"
    ]
    if not taken:
        return
    # Written in the order of their random keys, so that not even pages of the file tell who
    # came first.
    ballots = sorted((_ballot_row(one) for one in taken), key=itemgetter("id"))
    connection.execute(insert(Ballot), ballots)
    comments = [
        {
            "id": secrets.token_bytes(16),
            "round_id": one.round_id,
            "ratee_number": number,
            "item": item,
            "content": words,
        }
        for one in taken
        for number, item, words in one.comments
    ]
    if comments:
        connection.execute(insert(Comment), sorted(comments, key=itemgetter("id")))
    if any(one.card_id for one in taken):
        connection.execute(
            text("DELETE FROM draft WHERE card_id = :card_id"),
            [{"card_id": one.card_id} for one in taken if one.card_id],
        )
    _count_arrivals(connection, taken, at)


def _ballot_row(one: Submission) -> dict[str, Any]:
    return {
        "id": secrets.token_bytes(16),
        "round_id": one.round_id,
        "rater_class": one.rater_class,
        "stratum": one.stratum,
        "channel": one.channel,
        "evidence": one.evidence,
        "ratee_number": one.ratee_number,
        "payload": one.payload,
        "link_id": one.link_id,
        "device_mark": one.device_mark,
        "pace": one.pace,
        "commitment": one.commitment,
        "opening": one.opening,
    }


def _count_arrivals(connection: Connection, taken: Sequence[Submission], at: datetime) -> None:
    ten_minutes = int(at.timestamp()) // ARRIVAL_SECONDS
    counts = Counter(one.link_id for one in taken if one.link_id and one.evidence == "open")
    for link_id, n in sorted(counts.items()):
        connection.execute(
            text(
                "INSERT INTO arrival (link_id, bin, n) VALUES (:link, :bin, :n) "
                "ON CONFLICT (link_id, bin) DO UPDATE SET n = arrival.n + excluded.n"
            ),
            {"link": link_id, "bin": ten_minutes, "n": n},
        )


def _count_refusals(
    connection: Connection, submissions: Sequence[Submission], outcomes: Sequence[Outcome]
) -> None:
    counts = Counter(
        (one.round_id, what.kind)
        for one, what in zip(submissions, outcomes, strict=True)
        if not what.is_recorded
    )
    for (round_id, reason), n in sorted(counts.items()):
        connection.execute(
            text(
                "INSERT INTO refusal (round_id, reason, n) VALUES (:round, :reason, :n) "
                "ON CONFLICT (round_id, reason) DO UPDATE SET n = refusal.n + excluded.n"
            ),
            {"round": round_id, "reason": reason, "n": n},
        )
