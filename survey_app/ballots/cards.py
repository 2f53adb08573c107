"""Replacing a card: the old one dies in the transaction that makes the new one."""

from forms.problems import N_
from survey_app.ballots.entrance import MistypedError, UnknownCodeError, VoidCardError, find_card
from survey_app.ballots.tables import Admission
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.record import service as record
from survey_app.rounds import log_opening
from survey_app.rounds.codes import Code, MistypedCodeError, read_code
from survey_app.rounds.entrances import TAKES_ENTRANCES, IssuedCard, TooLateError, make_cards
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Batch


class UsedCardError(DomainError):
    status = 409
    message = N_("这张评议卡已经用过，不能换发。")
    remedy = N_("用它提交的答卷已经记录，持卡人不需要再填。")


def batch_of(database: Database, keys: KeyStore, text: str) -> Batch:
    """The batch of the card with this code, wherever and whenever it may be used.

    Raises MistypedError, UnknownCodeError.
    """
    try:
        code = read_code(text)
    except MistypedCodeError as error:
        raise MistypedError from error
    with database.read() as session:
        found = find_card(session, keys, code)
    if found is None:
        raise UnknownCodeError
    return found[1]


def reissue(database: Database, keys: KeyStore, operator: str, text: str) -> IssuedCard:
    """Void the card with this code and make one of the same batch; on record, without codes.

    The exclusive lock keeps the old card from being used in the same moment.

    Raises:
        MistypedError, UnknownCodeError, VoidCardError: there is no such card to replace.
        UsedCardError: a ballot came with it. TooLateError: the round takes no more.
    """
    try:
        code = read_code(text)
    except MistypedCodeError as error:
        raise MistypedError from error
    with database.write() as session:
        found = find_card(session, keys, code)
        if found is None:
            raise UnknownCodeError
        card, batch, row = found
        database.lock_round(session, row.id, is_exclusive=True)
        session.refresh(card)
        if card.is_void:
            raise VoidCardError
        if row.state not in TAKES_ENTRANCES:
            raise TooLateError
        if session.get(Admission, card.id) is not None:
            raise UsedCardError
        card.is_void = True
        (fresh,) = make_cards(session, keys, batch, 1)
        record.append(session, operator, "card.reissue", round_id=row.id, batch=batch.id)
        made = find_card(session, keys, Code("qr", fresh.qr_code))
        assert made is not None
        log_opening.add_reissue(session, batch, card.id, made[0].id)
        return fresh
