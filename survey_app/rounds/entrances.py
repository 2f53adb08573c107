"""Making ways in: links for posters, and batches of cards with one-time codes."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.record import service as record
from survey_app.register.tables import RosterEntry
from survey_app.rounds import life, log_opening
from survey_app.rounds.channels import COUNTED
from survey_app.rounds.codes import ALPHABET, Code, new_qr, new_typed
from survey_app.rounds.draft_keys import wrap
from survey_app.rounds.frozen import hold_round, load_round
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.ratees import round_ratees
from survey_app.rounds.tables import Batch, Card, Link, Round

TOKEN_LENGTH = 12
MAX_CARDS = 20_000
TAKES_ENTRANCES = ("draft", "testing", "frozen", "open")


class TooLateError(DomainError):
    status = 409
    message = N_("本轮已经关闭，不能再增加入口。")
    remedy = N_("需要继续收集时，请新建一轮。")


class NoRosterError(DomainError):
    status = 409
    message = N_("名册里没有这类评议主体的人员，或已经按名册发过卡。")
    remedy = N_("请先导入名册；补发个别卡请用“换发”。")


class BadCountError(DomainError):
    message = N_("评议卡的数量应在 1 到 {limit} 之间。")
    remedy = N_("请修改数量；更多的卡可以分几批生成。")


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A poster to make. Empty scope: all ratees of the round, to choose from."""

    name: str
    rater_class: str
    channel: str
    scope: tuple[str, ...] = ()
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """Cards to make. "code" cards belong to persons on a roster, "card"s to a service given.

    These may be bound to days, both included, and to the tablet behind one link (`place_id`).
    """

    name: str
    rater_class: str
    channel: str
    count: int
    evidence: Literal["code", "card"] = "code"
    scope: tuple[str, ...] = ()
    stratum: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """The two codes of a new card, in plain; they exist nowhere else."""

    qr_code: str
    typed_code: str


@dataclass(frozen=True, slots=True)
class IssuedBatch:
    """A new batch and its cards, to be printed now or never."""

    batch_id: int
    spec: BatchSpec
    cards: tuple[IssuedCard, ...]


def add_links(
    database: Database, operator: str, round_id: int, specs: Sequence[LinkSpec]
) -> list[Link]:
    """Make open entrances with random addresses."""
    with database.write() as session:
        _round_taking_entrances(session, round_id)
        links = [
            Link(
                round_id=round_id,
                token=new_token(),
                name=spec.name,
                rater_class=spec.rater_class,
                channel=spec.channel,
                stratum=spec.stratum,
                scope=list(spec.scope),
            )
            for spec in specs
        ]
        session.add_all(links)
        record.append(session, operator, "link.add", round_id=round_id, n=len(links))
        return links


def switch_link(
    database: Database, operator: str, round_id: int, link_id: int, *, is_active: bool
) -> Link:
    """Take a poster or a tablet out of use, or back into it. Raises NotFoundError.

    What came by it stays; whoever scans it meanwhile reads that it is not in use.
    """
    with database.write() as session:
        link = session.get(Link, link_id)
        if link is None or link.round_id != round_id or link.channel in COUNTED:
            raise NotFoundError
        link.is_active = is_active
        record.append(
            session,
            operator,
            "link.on" if is_active else "link.off",
            round_id=round_id,
            link=link.token,
            name=link.name,
        )
        return link


def add_link_per_ratee(
    database: Database, operator: str, round_id: int, rater_class: str, channel: str
) -> list[Link]:
    """One poster for each ratee that this rater class is asked about."""
    with database.read() as session:
        row = load_round(session, round_id)
        classes = {one["ratee_class"] for one in row.bindings if one["rater_class"] == rater_class}
        scheme, _problems = life.read_scheme(row)
        present = round_ratees(session, row.bindings, scheme)
        ratees = [one for one in present if one.ratee_class in classes]
    specs = [LinkSpec(one.name, rater_class, channel, (one.key,)) for one in ratees]
    return add_links(database, operator, round_id, specs)


def issue_cards(
    database: Database, keys: KeyStore, operator: str, round_id: int, spec: BatchSpec
) -> IssuedBatch:
    """Make a batch of cards. Raises BadCountError, TooLateError."""
    with database.write() as session:
        _round_taking_entrances(session, round_id)
        return issue_batch(session, keys, operator, round_id, spec)


def issue_from_roster(
    database: Database,
    keys: KeyStore,
    operator: str,
    round_id: int,
    rater_class: str,
    channel: str,
) -> list[IssuedBatch]:
    """A card for everybody on the roster: one batch for each rating list and stratum.

    The cards of a batch are alike, so handing them out at random leaves no trace of who has which.
    Raises NoRosterError where there is nobody, or cards were issued before.
    """
    with database.write() as session:
        row = _round_taking_entrances(session, round_id)
        before = session.scalar(
            select(Batch.id).where(Batch.round_id == round_id, Batch.rater_class == rater_class)
        )
        entries = session.scalars(
            select(RosterEntry).where(RosterEntry.rater_class == rater_class)
        ).all()
        if before is not None or not entries:
            raise NoRosterError
        kinds = Counter((tuple(one.scope), one.stratum) for one in entries)
        return [
            issue_batch(
                session,
                keys,
                operator,
                row.id,
                BatchSpec(rater_class, rater_class, channel, n, "code", scope, stratum),
            )
            for (scope, stratum), n in sorted(kinds.items())
        ]


def issue_batch(
    session: Session, keys: KeyStore, operator: str, round_id: int, spec: BatchSpec
) -> IssuedBatch:
    """Make a batch of cards within the caller's transaction. Raises BadCountError."""
    if not 1 <= spec.count <= MAX_CARDS:
        raise BadCountError(limit=MAX_CARDS)
    batch = Batch(
        round_id=round_id,
        name=spec.name,
        rater_class=spec.rater_class,
        channel=spec.channel,
        stratum=spec.stratum,
        evidence=spec.evidence,
        scope=list(spec.scope),
        issued=spec.count,
        valid_from=spec.valid_from,
        valid_until=spec.valid_until,
        place_id=spec.place_id,
    )
    session.add(batch)
    session.flush()
    cards = make_cards(session, keys, batch, spec.count)
    record.append(
        session,
        operator,
        "card.issue",
        round_id=round_id,
        batch=batch.id,
        rater_class=spec.rater_class,
        n=spec.count,
    )
    log_opening.add_issuance(session, batch)
    return IssuedBatch(batch.id, spec, cards)


def spec_of(batch: Batch) -> BatchSpec:
    """One more card of a batch, as it is printed."""
    return BatchSpec(
        batch.name,
        batch.rater_class,
        batch.channel,
        1,
        "card" if batch.evidence == "card" else "code",
        tuple(batch.scope),
        batch.stratum,
        batch.valid_from,
        batch.valid_until,
        batch.place_id,
    )


def make_cards(
    session: Session, keys: KeyStore, batch: Batch, count: int
) -> tuple[IssuedCard, ...]:
    """New cards of a batch within the caller's transaction; only hashes are stored."""
    issued = [IssuedCard(new_qr(), new_typed()) for _ in range(count)]
    rows = [_card_row(keys, batch, card) for card in issued]
    session.execute(insert(Card), sorted(rows, key=itemgetter("id")))
    return tuple(issued)


def _card_row(keys: KeyStore, batch: Batch, card: IssuedCard) -> dict[str, Any]:
    card_id, draft_key = secrets.token_bytes(16), secrets.token_bytes(32)
    row: dict[str, Any] = {"id": card_id, "batch_id": batch.id, "is_void": False}
    for code in (Code("qr", card.qr_code), Code("typed", card.typed_code)):
        row[f"{code.kind}_hash"] = keys.hash(batch.round_id, code.kind, code.text.encode())
        row[f"draft_key_{code.kind}"] = wrap(draft_key, code, card_id)
    return row


def _round_taking_entrances(session: Session, round_id: int) -> Round:
    row = hold_round(session, round_id)
    if row.state not in TAKES_ENTRANCES:
        raise TooLateError
    return row


def new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH)).lower()
