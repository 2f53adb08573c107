"""Where a rater comes in: an open link or a card's code, and the form that is behind it.

Looking burns nothing, whoever follows the link; it only notices when a round's time is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from forms.problems import N_
from forms.sheet import Sheet
from survey_app.ballots.tables import Admission
from survey_app.ballots.typed_code import bare
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.rounds.channels import KIOSK
from survey_app.rounds.codes import Code, MistypedCodeError, read_code
from survey_app.rounds.draft_keys import unwrap
from survey_app.rounds.frozen import FrozenRound, FrozenRounds
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.life import close_if_due
from survey_app.rounds.tables import Batch, Card, Link, Round

Phase = Literal["early", "testing", "open", "over"]


class UnknownLinkError(DomainError):
    status = 404
    message = N_("这个二维码不在使用中。")
    remedy = N_("它可能属于以前的评议。请扫描本轮评议的二维码，或向工作人员索取。")


class UnknownCodeError(DomainError):
    status = 404
    message = N_("没有找到这个验证码。")
    remedy = N_("请对照评议卡再输入一次；字母不分大小写，横线可以不填。")


class MistypedError(DomainError):
    status = 400
    message = N_("验证码输入有误。")
    remedy = N_("验证码是 13 位字母和数字，请对照评议卡检查有没有漏掉或输错一位。")


class VoidCardError(DomainError):
    status = 410
    message = N_("这张评议卡已经作废。")
    remedy = N_("它已挂失并换发了新卡，请使用新卡上的验证码。")


class OutOfBoundsError(DomainError):
    """A service card outside its days or its place. Nothing of it is used up."""

    status = 409
    message = N_("这张评议卡还不能用。")
    remedy = N_("卡没有作废，也没有用掉。")


class TooEarlyError(OutOfBoundsError):
    message = N_("这张评议卡要到 {day} 才能用。")
    remedy = N_("卡没有用掉，请到那一天再扫一次。")


class TooLateError(OutOfBoundsError):
    message = N_("这张评议卡只能用到 {day}，现在已经过了。")
    remedy = N_("卡没有用掉。想评价的话，请在下次办事时向窗口要一张当天的卡。")


class WrongPlaceError(OutOfBoundsError):
    message = N_("这张评议卡只能在“{place}”的平板上用。")
    remedy = N_("卡没有用掉，请到那里扫码或输入验证码；找不到时请问窗口工作人员。")


@dataclass(frozen=True, slots=True)
class Entrance:
    """A rater's way in. `link_id` and `link` for open ones; `card_id`, `draft_key` for cards."""

    round: FrozenRound
    phase: Phase
    rater_class: str
    channel: str
    stratum: str
    evidence: str
    scope: tuple[str, ...]
    link_id: int | None = None
    link: str = ""
    """The token in a poster's address."""
    card_id: bytes | None = None
    draft_key: bytes | None = None
    is_used: bool = False

    @property
    def sheet(self) -> Sheet:
        """The form of everybody in scope."""
        return self.round.sheet(self.rater_class, self.scope)

    @property
    def form_id(self) -> str:
        """What a nonce is bound to: this frozen form, of the test or of the formal round.

        On a tablet also to the place, where an attendant may let people in.
        """
        place = f" {self.link}" if self.channel == KIOSK else ""
        return f"{'test' if self.phase == 'testing' else 'formal'} {self.round.digest}{place}"

    @property
    def takes_ballots(self) -> bool:
        return self.phase in ("open", "testing")


_BY_TOKEN = (
    select(
        Link.id,
        Link.is_active,
        Link.rater_class,
        Link.channel,
        Link.stratum,
        Link.scope,
        Round.id.label("round_id"),
        Round.state,
        Round.close_at,
        Round.config_digest,
    )
    .join(Round, Link.round_id == Round.id)
    .where(Link.token == bindparam("token"))
)


def open_entrance(database: Database, rounds: FrozenRounds, token: str, at: datetime) -> Entrance:
    """The entrance behind a poster's link. Raises UnknownLinkError."""
    with database.read_rows() as connection:
        found = connection.execute(_BY_TOKEN, {"token": token}).one_or_none()
    if found is None or not found.is_active or found.config_digest is None:
        raise UnknownLinkError
    return Entrance(
        round=rounds.get(found.round_id, found.config_digest),
        phase=_phase(database, found.round_id, found.state, found.close_at, at),
        rater_class=found.rater_class,
        channel=found.channel,
        stratum=found.stratum,
        evidence="open",
        scope=tuple(found.scope),
        link_id=found.id,
        link=token,
    )


@dataclass(frozen=True, slots=True)
class Presented:
    """A code as it was shown: typed or scanned, when, and at which tablet (a link), if at one.

    `grace` lets in a form that was opened before the card's last day was over.
    """

    text: str
    at: datetime
    place: int | None = None
    grace: timedelta = timedelta(0)


def card_entrance(
    database: Database, rounds: FrozenRounds, keys: KeyStore, text: str, at: datetime
) -> Entrance:
    """The entrance behind a code, typed or scanned; see `presented_entrance`."""
    return presented_entrance(database, rounds, keys, Presented(text, at))


def presented_entrance(
    database: Database, rounds: FrozenRounds, keys: KeyStore, shown: Presented
) -> Entrance:
    """The entrance behind a code. A code nobody has costs as much as a void one.

    Raises:
        MistypedError: it cannot be a code. UnknownCodeError: no card has it.
        VoidCardError: the card was replaced. OutOfBoundsError: not on this day or not here.
    """
    try:
        code = read_code(bare(shown.text))
    except MistypedCodeError as error:
        raise MistypedError from error
    with database.read() as session:
        found = find_card(session, keys, code)
        card_id = bytes(16) if found is None else found[0].id
        is_used = session.get(Admission, card_id) is not None
        if found is None:
            raise UnknownCodeError
        card, batch, row = found
        if card.is_void:
            raise VoidCardError
        if not is_used:
            _check_bounds(session, batch, shown)
    return Entrance(
        round=rounds.of(row),
        phase=_phase(database, row.id, row.state, row.close_at, shown.at),
        rater_class=batch.rater_class,
        channel=batch.channel,
        stratum=batch.stratum,
        evidence=batch.evidence,
        scope=tuple(batch.scope),
        card_id=card.id,
        draft_key=unwrap(card, code),
        is_used=is_used,
    )


def _check_bounds(session: Session, batch: Batch, shown: Presented) -> None:
    """Raise OutOfBoundsError unless a card of this batch may be used here and today."""
    if batch.valid_from is not None and clock.local(shown.at).date() < batch.valid_from:
        raise TooEarlyError(day=batch.valid_from.isoformat())
    last = clock.local(shown.at - shown.grace).date()
    if batch.valid_until is not None and last > batch.valid_until:
        raise TooLateError(day=batch.valid_until.isoformat())
    if batch.place_id is not None and batch.place_id != shown.place:
        name = session.scalars(select(Link.name).where(Link.id == batch.place_id)).one()
        raise WrongPlaceError(place=name)


def _phase(
    database: Database, round_id: int, state: str, close_at: datetime | None, at: datetime
) -> Phase:
    """The phase now; whoever comes first after the time to close performs the close."""
    phase = phase_of(state, close_at, at)
    if phase == "over" and state == "open":
        close_if_due(database, round_id, at)
    return phase


def find_card(session: Session, keys: KeyStore, code: Code) -> tuple[Card, Batch, Round] | None:
    """The card with this code in any round that still has its key; the same work for any code."""
    round_ids = session.scalars(select(Round.id).where(Round.frozen_config.is_not(None)))
    hashes = [keys.hash(one, code.kind, code.text.encode()) for one in round_ids if keys.has(one)]
    column = Card.qr_hash if code.kind == "qr" else Card.typed_hash
    found = session.execute(
        select(Card, Batch, Round)
        .join(Batch, Card.batch_id == Batch.id)
        .join(Round, Batch.round_id == Round.id)
        .where(column.in_(hashes))
    ).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


def phase_of(state: str, close_at: datetime | None, at: datetime) -> Phase:
    """What a round is to a rater who comes now."""
    if state == "frozen":
        return "early"
    is_due = close_at is not None and at >= close_at
    if state in ("open", "testing") and not is_due:
        return "open" if state == "open" else "testing"
    return "over"
