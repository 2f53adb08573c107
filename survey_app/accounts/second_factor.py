"""The second factor: six digits of an app (TOTP, RFC 6238), each taken once, or a recovery code."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.accounts.tables import RecoveryCode, SecondFactor
from survey_app.core import clock
from survey_app.core.access import Role, SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.record import service as record

NEEDED_BY: tuple[Role, ...] = ("admin", "system", "security", "auditor")
STEP_SECONDS = 30
DRIFT = 1
ISSUER = "政府绩效评估"
NONCE_BYTES = 12
RECOVERY_CODES = 8
RECOVERY_BYTES = 8  # 64 bits, as 16 hex digits


class WrongCodeError(DomainError):
    status = 403
    message = N_("动态码不对，或者已经用过。")
    remedy = N_("请等手机上换了新的六位数字再输入；一直不对时请检查手机的时间。")


class AlreadyOnError(DomainError):
    status = 409
    message = N_("动态码已经开通。")
    remedy = N_("换手机时请另一位操作员办理“重设动态码”，再重新开通。")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app on the phone needs: the secret, and the same as an address for a QR code.

    `sealed` is the secret encrypted, for the form to carry.
    """

    secret: str
    address: str
    sealed: str


def is_needed(settings: Settings, role: Role) -> bool:
    """Whether a role may not work without a second factor in this installation."""
    return settings.needs_second_factor and role in NEEDED_BY


def is_on(session: Session, operator_id: int) -> bool:
    """Whether an operator has confirmed one."""
    row = session.get(SecondFactor, operator_id)
    return row is not None and row.confirmed_at is not None


def has_second_factor(database: Database, operator_id: int) -> bool:
    """The same in a transaction of its own."""
    with database.read() as session:
        return is_on(session, operator_id)


def begin(settings: Settings, me: SignedIn, sealed: str = "") -> Enrolment:
    """A secret to be put into the app; nothing is stored before a code confirms it.

    `sealed` is the one of a form that comes back. Raises WrongCodeError where it is forged.
    """
    secret = _unseal_text(settings, me, sealed) if sealed else pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(name=me.login, issuer_name=ISSUER)
    return Enrolment(secret, address, sealed or _seal(settings, me.id, secret).hex())


def confirm(
    database: Database, settings: Settings, me: SignedIn, sealed: str, code: str
) -> tuple[str, ...]:
    """Turn it on by a first code; gives the recovery codes, which are never shown again.

    Raises WrongCodeError, AlreadyOnError.
    """
    _unseal_text(settings, me, sealed)
    with database.write() as session:
        if is_on(session, me.id):
            raise AlreadyOnError
        row = SecondFactor(
            operator_id=me.id, secret=bytes.fromhex(sealed), confirmed_at=clock.now()
        )
        session.add(row)
        session.flush()
        if not _take_totp(session, settings, row, code, clock.now()):
            raise WrongCodeError
        record.append(session, me.login, "operator.second_factor")
        return _new_recovery_codes(session, settings, me.id)


def _unseal_text(settings: Settings, me: SignedIn, sealed: str) -> str:
    try:
        row = SecondFactor(operator_id=me.id, secret=bytes.fromhex(sealed))
        return _open(settings, row)
    except (ValueError, SecretLostError) as error:
        raise WrongCodeError from error


def renew_recovery_codes(
    database: Database, settings: Settings, me: SignedIn, code: str
) -> tuple[str, ...]:
    """New recovery codes in place of all old ones. Raises WrongCodeError."""
    with database.write() as session:
        if not take(session, settings, me.id, code, clock.now()):
            raise WrongCodeError
        record.append(session, me.login, "operator.recovery_codes")
        return _new_recovery_codes(session, settings, me.id)


def n_recovery_codes(database: Database, operator_id: int) -> int:
    """How many are left."""
    with database.read() as session:
        count = select(func.count()).select_from(RecoveryCode)
        return session.scalar(count.where(RecoveryCode.operator_id == operator_id)) or 0


def take(session: Session, settings: Settings, operator_id: int, code: str, at: datetime) -> bool:
    """Use up a code of the app or a recovery code, within the caller's transaction."""
    row = session.get(SecondFactor, operator_id)
    if row is None or row.confirmed_at is None:
        return False
    typed = "".join(code.split()).replace("-", "").lower()
    return _take_totp(session, settings, row, typed, at) or _take_recovery(
        session, settings, operator_id, typed
    )


def remove(session: Session, operator_id: int) -> None:
    """Forget an operator's second factor, so that it can be set up anew."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    session.execute(delete(SecondFactor).where(SecondFactor.operator_id == operator_id))


def _take_totp(
    session: Session, settings: Settings, row: SecondFactor, code: str, at: datetime
) -> bool:
    """Whether a code is right and newer than the last one used; of two at once one is."""
    totp = pyotp.TOTP(_open(settings, row))
    now = int(at.timestamp()) // STEP_SECONDS
    matching = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    if not matching:
        return False
    step = max(matching)
    moved = session.execute(
        update(SecondFactor)
        .where(SecondFactor.operator_id == row.operator_id, SecondFactor.last_step < step)
        .values(last_step=step)
    )
    return cast("CursorResult[None]", moved).rowcount == 1


def _take_recovery(session: Session, settings: Settings, operator_id: int, code: str) -> bool:
    gone = session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.operator_id == operator_id,
            RecoveryCode.digest == _digest(settings, operator_id, code),
        )
    )
    return cast("CursorResult[None]", gone).rowcount == 1


def _new_recovery_codes(session: Session, settings: Settings, operator_id: int) -> tuple[str, ...]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(operator_id=operator_id, digest=_digest(settings, operator_id, one))
        for one in codes
    )
    return tuple("-".join(one[i : i + 4] for i in range(0, len(one), 4)) for one in codes)


def _digest(settings: Settings, operator_id: int, code: str) -> bytes:
    key = _key(settings, b"recovery codes")
    return hmac.digest(key, f"{operator_id}:{code}".encode(), "sha256")


def _key(settings: Settings, purpose: bytes) -> bytes:
    """A key of this installation for one purpose; the database does not have it."""
    return hmac.digest(settings.secret_key, b"second factor\0" + purpose, "sha256")


def _seal(settings: Settings, operator_id: int, secret: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    cipher = ChaCha20Poly1305(_key(settings, b"secret"))
    return nonce + cipher.encrypt(nonce, secret.encode(), str(operator_id).encode())


def _open(settings: Settings, row: SecondFactor) -> str:
    nonce, sealed = row.secret[:NONCE_BYTES], row.secret[NONCE_BYTES:]
    cipher = ChaCha20Poly1305(_key(settings, b"secret"))
    try:
        return cipher.decrypt(nonce, sealed, str(row.operator_id).encode()).decode()
    except InvalidTag as error:
        raise SecretLostError from error


class SecretLostError(DomainError):
    status = 503
    message = N_("动态码的密钥解不开：安装的密钥（SURVEY_SECRET_KEY）换过了。")
    remedy = N_("请换回原来的密钥；找不回时由两位操作员重设动态码。")
