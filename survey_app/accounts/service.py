"""Operators and their sessions: each function one transaction, each act on record."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.accounts import second_factor
from survey_app.accounts.passwords import hash_password, is_right, password_problems
from survey_app.accounts.tables import Operator, OperatorSession
from survey_app.core import clock
from survey_app.core.access import ROLES, SCOPED_ROLES, Role, SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, NotFoundError, ProblemsError
from survey_app.record import service as record

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=8)
NOTE_SEEN_EVERY = timedelta(minutes=1)
HALF_SECONDS = 300
FREE_FAILURES = 5
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
SYSTEM = "系统"


class LoginTakenError(DomainError):
    status = 409
    message = N_("已经有登录名“{login}”。")
    remedy = N_("请换一个登录名。")


class LastAdminError(DomainError):
    status = 409
    message = N_("至少要留一位可以登录的管理员。")
    remedy = N_("请先让另一位操作员成为管理员。")


class ScopeNeededError(DomainError):
    status = 422
    message = N_("这个角色要写明管辖范围。")
    remedy = N_("数据填报写数据采集单位的名称，单位经办和分管领导写单位编号，被考核人写本人编号。")


class WrongPasswordError(DomainError):
    status = 403
    message = N_("现在的密码不对。")
    remedy = N_("请返回后再输入一次。")


@dataclass(frozen=True, slots=True)
class OperatorSpec:
    """Who an operator is and what they may do."""

    login: str
    name: str
    role: Role
    scope: str = ""


def create_operator(
    database: Database, settings: Settings, by: str, spec: OperatorSpec, password: str
) -> int:
    """A new operator's id. Raises LoginTakenError, ScopeNeededError, ProblemsError (password)."""
    _check_password(password, spec.login)
    if spec.role not in ROLES:
        raise ValueError(spec.role)
    check_scope(spec.role, spec.scope)
    hashed = hash_password(settings, password)
    with database.write() as session:
        if session.scalar(select(Operator.id).where(Operator.login == spec.login)) is not None:
            raise LoginTakenError(login=spec.login)
        before = _has_security(session)
        row = Operator(
            login=spec.login,
            name=spec.name,
            role=spec.role,
            scope=spec.scope,
            password_hash=hashed,
        )
        session.add(row)
        session.flush()
        record.append(
            session, by, "operator.create", login=spec.login, role=spec.role, scope=spec.scope
        )
        _note_separation(session, by, before=before)
        return row.id


def has_operators(database: Database) -> bool:
    """Whether anybody can sign in at all."""
    with database.read() as session:
        return bool(session.scalar(select(func.count(Operator.id)).where(Operator.is_active)))


def list_operators(session: Session) -> Sequence[Operator]:
    """By log-in name."""
    return session.scalars(select(Operator).order_by(Operator.login)).all()


def get_operator(database: Database, operator_id: int) -> Operator:
    """One operator; NotFoundError where there is none."""
    with database.read() as session:
        return _load(session, operator_id)


def sign_in(
    database: Database, settings: Settings, login: str, password: str
) -> "str | HalfSignedIn | None":
    """A new session's token, or what the second step goes on from, or None: unknown, disabled,
    wrong or delayed, all alike from outside.

    The password is tried outside of any transaction, so that ballots never wait for it.
    """
    with database.read() as session:
        known = session.scalar(select(Operator).where(Operator.login == login))
    fits = is_right(settings, known.password_hash if known else None, password)
    if known is None:
        return None
    now = clock.now()
    with database.write() as session:
        row = _load(session, known.id)
        if _is_delayed(row, now):
            return None
        if not fits or not row.is_active:
            _count_failure(session, row, now)
            return None
        if second_factor.is_on(session, row.id):
            return HalfSignedIn(_half_signer(settings).dumps([row.id, _password_mark(row)]))
        return _enter(session, row, now)


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """Somebody who knew the password and has not shown the second factor yet, signed."""

    text: str


def second_step(database: Database, settings: Settings, half: str, code: str) -> str | None:
    """A new session's token for whoever knew the password and now gives a code; None otherwise.

    Wrong codes count into the same delay as wrong passwords.
    """
    try:
        operator_id, mark = _half_signer(settings).loads(half, max_age=HALF_SECONDS)
    except (BadData, ValueError):
        return None
    now = clock.now()
    with database.write() as session:
        row = session.get(Operator, operator_id)
        if row is None or _is_delayed(row, now):
            return None
        if mark != _password_mark(row) or not row.is_active:
            return None
        if not second_factor.take(session, settings, row.id, code, now):
            _count_failure(session, row, now)
            return None
        return _enter(session, row, now)


def _half_signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="second step")


def _password_mark(row: Operator) -> str:
    """Changes with the password, so that a half signed-in browser does not outlive it."""
    return hashlib.sha256(row.password_hash.encode()).hexdigest()[:16]


def _is_delayed(row: Operator, now: datetime) -> bool:
    return row.locked_until is not None and row.locked_until > now


def _enter(session: Session, row: Operator, now: datetime) -> str:
    row.failed_logins, row.locked_until = 0, None
    record.append(session, row.login, "operator.sign_in")
    return _new_session(session, row.id, now)


def _count_failure(session: Session, row: Operator, now: datetime) -> None:
    """From the fifth failure on each one doubles the wait."""
    row.failed_logins += 1
    if row.failed_logins >= FREE_FAILURES:
        doublings = min(row.failed_logins - FREE_FAILURES, 8)
        row.locked_until = now + min(FIRST_DELAY * 2**doublings, LONGEST_DELAY)
        record.append(
            session, SYSTEM, "operator.delayed", login=row.login, failures=row.failed_logins
        )


def _new_session(session: Session, operator_id: int, now: datetime) -> str:
    session.execute(delete(OperatorSession).where(OperatorSession.created_at < now - LIFETIME))
    token = secrets.token_urlsafe(32)
    session.add(
        OperatorSession(
            token_digest=digest_of(token), operator_id=operator_id, created_at=now, seen_at=now
        )
    )
    return token


def find_session(database: Database, token: str) -> SignedIn | None:
    """Who holds this token, None when it is unknown, idle or too old, or its owner disabled."""
    now = clock.now()
    with database.read() as session:
        row = session.get(OperatorSession, digest_of(token))
        if row is None or not is_alive(row, now) or not row.operator.is_active:
            return None
        found = signed_in(row.operator)
    if now - row.seen_at >= NOTE_SEEN_EVERY:
        with database.write() as session:
            session.execute(
                update(OperatorSession)
                .where(OperatorSession.token_digest == row.token_digest)
                .values(seen_at=now)
            )
    return found


def is_alive(row: OperatorSession, now: datetime) -> bool:
    return now - row.seen_at < IDLE and now - row.created_at < LIFETIME


def signed_in(row: Operator) -> SignedIn:
    """An operator as requests know them."""
    return SignedIn(row.id, row.login, row.name, cast(Role, row.role), row.scope)


def sign_out(database: Database, token: str) -> None:
    """End one session; unknown tokens are none of our business."""
    with database.write() as session:
        row = session.get(OperatorSession, digest_of(token))
        if row is not None:
            record.append(session, row.operator.login, "operator.sign_out")
            session.delete(row)


def sign_out_everywhere(database: Database, by: SignedIn) -> None:
    """End every session of an operator."""
    with database.write() as session:
        end_sessions(session, by.id)
        record.append(session, by.login, "operator.sign_out_everywhere")


def change_password(
    database: Database, settings: Settings, by: SignedIn, old: str, new: str
) -> str:
    """Set one's own password; ends all sessions and gives the token of a new one.

    Raises WrongPasswordError, ProblemsError (the new one is unfit).
    """
    _check_password(new, by.login)
    with database.read() as session:
        stored = _load(session, by.id).password_hash
    if not is_right(settings, stored, old):
        raise WrongPasswordError
    hashed = hash_password(settings, new)
    with database.write() as session:
        _load(session, by.id).password_hash = hashed
        end_sessions(session, by.id)
        record.append(session, by.login, "operator.change_password")
        return _new_session(session, by.id, clock.now())


def checked_hash(settings: Settings, password: str, login: str) -> str:
    """The hash of a new password. Raises ProblemsError where it is unfit."""
    _check_password(password, login)
    return hash_password(settings, password)


def set_password(session: Session, by: str, operator_id: int, hashed: str) -> None:
    """Give an operator a new password, lift a delay, end their sessions."""
    row = _load(session, operator_id)
    row.password_hash, row.failed_logins, row.locked_until = hashed, 0, None
    end_sessions(session, operator_id)
    record.append(session, by, "operator.reset_password", login=row.login)


def change_operator(
    database: Database,
    by: str,
    operator_id: int,
    role: Role,
    *,
    is_active: bool,
    scope: str = "",
) -> None:
    """Set role, scope and whether an operator may sign in; a change ends their sessions.

    Raises LastAdminError, ScopeNeededError.
    """
    check_scope(role, scope)
    with database.write() as session:
        row = _load(session, operator_id)
        change_within(session, by, row, role, is_active=is_active, scope=scope)


def change_within(
    session: Session, by: str, row: Operator, role: Role, *, is_active: bool, scope: str
) -> None:
    """The same within the caller's transaction."""
    if (row.role, row.scope, row.is_active) == (role, scope, is_active):
        return
    before = _has_security(session)
    row.role, row.scope, row.is_active = role, scope, is_active
    session.flush()
    admins = select(func.count(Operator.id)).where(Operator.is_active, Operator.role == "admin")
    if not session.scalar(admins):
        raise LastAdminError
    end_sessions(session, row.id)
    record.append(
        session,
        by,
        "operator.change",
        login=row.login,
        role=role,
        scope=scope,
        is_active=is_active,
    )
    _note_separation(session, by, before=before)


def _has_security(session: Session) -> bool:
    active = select(Operator.id).where(Operator.is_active, Operator.role == "security")
    return session.scalar(active.limit(1)) is not None


def _note_separation(session: Session, by: str, *, before: bool) -> None:
    """Say on record when managing operators passes to security, and when it comes back."""
    after = _has_security(session)
    if before != after:
        record.append(session, by, "operator.separated" if after else "operator.joined")


def _load(session: Session, operator_id: int) -> Operator:
    row = session.get(Operator, operator_id)
    if row is None:
        raise NotFoundError
    return row


def end_sessions(session: Session, operator_id: int) -> None:
    """Sign an operator out everywhere."""
    session.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator_id))


def check_scope(role: Role, scope: str) -> None:
    """Raise ScopeNeededError where a role that needs a scope has none."""
    if role in SCOPED_ROLES and not scope:
        raise ScopeNeededError


def _check_password(password: str, login: str) -> None:
    problems = password_problems(password, login)
    if problems:
        raise ProblemsError(problems)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
