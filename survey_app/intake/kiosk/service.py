"""Tablets in service halls: one device for many people, so nothing tells one from another.

Where an attendant hands out numbers, a number is worth one form: it makes the form's nonce, and a
nonce counts once. No number is stored, used or unused; it holds for one day.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from sqlalchemy import select

from forms.problems import N_
from survey_app.ballots.accept import find_receipt
from survey_app.ballots.nonce import RANDOM_BYTES
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError
from survey_app.intake.tables import Kiosk
from survey_app.record import service as record
from survey_app.rounds.channels import KIOSK
from survey_app.rounds.codes import ALPHABET, LOOKALIKES
from survey_app.rounds.entrances import TAKES_ENTRANCES, TooLateError, new_token
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Link

Release = Literal["free", "number", "card"]
SERIAL, MAC = 4, 4
"""Characters of a number: 20 bits apart from others of the day, 20 bits that nobody guesses."""


class WrongNumberError(DomainError):
    status = 422
    message = N_("这个号码不对，或不是今天的。")
    remedy = N_("请对照工作人员给的号码再输入一次，或请工作人员另给一个。")


class UsedNumberError(DomainError):
    status = 409
    message = N_("这个号码已经用过了。")
    remedy = N_("一个号码只能评议一次，请工作人员另给一个。")


class CodesBusyError(DomainError):
    status = 429
    message = N_("现在有人在大量试验证码，请等一分钟再输入。")
    remedy = N_("您的卡没有问题，也没有用掉。")


@dataclass(frozen=True, slots=True)
class KioskLine:
    """A tablet as operators see it."""

    link: Link
    release: Release


def add(
    database: Database,
    operator: str,
    round_id: int,
    name: str,
    rater_class: str,
    scope: tuple[str, ...],
    release: Release,
) -> int:
    """Make a tablet's entrance; gives its link's id. Raises TooLateError."""
    with database.write() as session:
        if hold_round(session, round_id).state not in TAKES_ENTRANCES:
            raise TooLateError
        link = Link(
            round_id=round_id,
            token=new_token(),
            name=name,
            rater_class=rater_class,
            channel=KIOSK,
            stratum="",
            scope=list(scope),
        )
        session.add(link)
        session.flush()
        session.add(Kiosk(link_id=link.id, release=release))
        record.append(session, operator, "kiosk.add", round_id=round_id, name=name, release=release)
        return link.id


def kiosks_of(database: Database, round_id: int) -> Sequence[KioskLine]:
    """The tablets of a round."""
    with database.read() as session:
        rows = session.execute(
            select(Link, Kiosk.release)
            .join(Kiosk, Kiosk.link_id == Link.id)
            .where(Link.round_id == round_id)
            .order_by(Link.id)
        )
        return [KioskLine(link, cast(Release, release)) for link, release in rows]


def kiosk_of(database: Database, round_id: int, link_id: int) -> KioskLine:
    """One of them. Raises NotFoundError."""
    for one in kiosks_of(database, round_id):
        if one.link.id == link_id:
            return one
    raise NotFoundError


def release_of(database: Database, link_id: int) -> Release:
    """How a tablet lets people in. Raises NotFoundError where the link is no tablet's."""
    with database.read() as session:
        row = session.get(Kiosk, link_id)
    if row is None:
        raise NotFoundError
    return cast(Release, row.release)


def new_numbers(keys: KeyStore, round_id: int, link_id: int, n: int) -> list[str]:
    """Numbers for today, no two alike; a list of none is kept."""
    today = clock.local(clock.now()).date()
    serials: set[str] = set()
    while len(serials) < n:
        serials.add("".join(secrets.choice(ALPHABET) for _ in range(SERIAL)))
    made = [one + _mac(keys, round_id, link_id, today, one) for one in serials]
    secrets.SystemRandom().shuffle(made)
    return made


def nonce_value(
    database: Database, keys: KeyStore, round_id: int, link_id: int, text: str
) -> bytes:
    """What the nonce of a form is made of that this number opens.

    Raises WrongNumberError, UsedNumberError.
    """
    clean = "".join(one for one in text.upper() if one.isalnum()).translate(LOOKALIKES)
    serial, mac = clean[:SERIAL], clean[SERIAL:]
    today = clock.local(clock.now()).date()
    wanted = _mac(keys, round_id, link_id, today, serial)
    if not hmac.compare_digest(mac.encode(), wanted.encode()):
        raise WrongNumberError
    name = f"{link_id} {today.isoformat()} {serial}".encode()
    value = keys.hash(round_id, "kiosk nonce", name)[:RANDOM_BYTES]
    if find_receipt(database, keys, round_id, value) is not None:
        raise UsedNumberError
    return value


def _mac(keys: KeyStore, round_id: int, link_id: int, day: date, serial: str) -> str:
    name = f"{link_id} {day.isoformat()} {serial}".encode()
    raw = int.from_bytes(keys.hash(round_id, "kiosk number", name)[:4])
    return "".join(ALPHABET[(raw >> (5 * place)) & 31] for place in range(MAC))
