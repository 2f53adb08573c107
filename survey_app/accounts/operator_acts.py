"""Acts about operators that need two persons, and who may manage operators at all."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms.problems import N_
from survey_app.accounts import second_factor, service, two_persons
from survey_app.accounts.tables import Operator
from survey_app.accounts.two_persons import Act
from survey_app.core.access import ROLE_NAMES, Role, SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, NotFoundError
from survey_app.record import service as record

LOWER, RESET_FACTOR, RESET_PASSWORD = (
    "operator.lower",
    "operator.reset_second_factor",
    "operator.reset_password",
)
GUARDED: tuple[Role, ...] = ("admin", "security")
"""Roles that one person alone takes from nobody."""
APART: tuple[Role, ...] = ("system", "security", "auditor")
"""The three that are kept apart (三员)."""
MANAGERS: tuple[Role, ...] = ("admin", "security")


class SeparatedError(ForbiddenError):
    message = N_("已经设了安全管理员，操作员由安全管理员管理。")
    remedy = N_("需要时请联系安全管理员。")


def check_manager(database: Database, me: SignedIn) -> None:
    """Raise SeparatedError for an administrator once somebody keeps security apart."""
    if me.has_role("admin") and is_separated(database):
        raise SeparatedError


def is_separated(database: Database) -> bool:
    """Whether an active operator keeps security apart."""
    with database.read() as session:
        return _n_security(session) > 0


def missing_roles(database: Database) -> tuple[Role, ...]:
    """Which of the three nobody active has."""
    with database.read() as session:
        held = set(session.scalars(select(Operator.role).where(Operator.is_active).distinct()))
    return tuple(role for role in APART if role not in held)


def needs_two(row: Operator, role: Role, *, is_active: bool) -> bool:
    """Whether a change takes something from somebody who has a guarded role."""
    return row.is_active and row.role in GUARDED and (row.role != role or not is_active)


def change(
    database: Database,
    by: str,
    operator_id: int,
    role: Role,
    *,
    is_active: bool,
    scope: str = "",
    reason: str = "",
) -> bool:
    """Change role, scope and whether somebody may sign in; True where it was done at once.

    Lowering or disabling a guarded role only asks, with a reason.
    """
    row = service.get_operator(database, operator_id)
    if not needs_two(row, role, is_active=is_active):
        service.change_operator(database, by, operator_id, role, is_active=is_active, scope=scope)
        return True
    service.check_scope(role, scope)
    with database.write() as session:
        two_persons.ask(
            session,
            by,
            LOWER,
            reason,
            None,
            login=row.login,
            role=role,
            scope=scope,
            is_active=is_active,
        )
    return False


def _lower(session: Session, act: Act) -> None:
    row = _by_login(session, act.details["login"])
    service.change_within(
        session,
        act.approved_by,
        row,
        act.details["role"],
        is_active=act.details["is_active"],
        scope=act.details["scope"],
    )


def ask_reset(database: Database, by: str, kind: str, operator_id: int, reason: str) -> None:
    """Ask that somebody's second factor or password may be set anew."""
    login = service.get_operator(database, operator_id).login
    with database.write() as session:
        two_persons.ask(session, by, kind, reason, None, login=login)


def _reset_factor(session: Session, act: Act) -> None:
    row = _by_login(session, act.details["login"])
    second_factor.remove(session, row.id)
    row.failed_logins, row.locked_until = 0, None
    service.end_sessions(session, row.id)
    record.append(session, act.approved_by, RESET_FACTOR, login=row.login, asked_by=act.asked_by)


def needs_permit(row: Operator) -> bool:
    """Whether a password is given anew only after another operator agreed."""
    return row.role in second_factor.NEEDED_BY


def may_reset(database: Database, by: str, row: Operator) -> bool:
    """Whether this operator may set that one's password now."""
    if not needs_permit(row):
        return True
    with database.read() as session:
        return (
            two_persons.find_permit(session, by, RESET_PASSWORD, None, login=row.login) is not None
        )


def reset_password(
    database: Database, settings: Settings, by: str, operator_id: int, password: str
) -> None:
    """Give somebody a new password; for the guarded roles a permit is used up by it.

    Raises PermitNeededError, ProblemsError.
    """
    row = service.get_operator(database, operator_id)
    hashed = service.checked_hash(settings, password, row.login)
    with database.write() as session:
        if needs_permit(row):
            two_persons.require_permit(session, by, RESET_PASSWORD, None, login=row.login)
        service.set_password(session, by, operator_id, hashed)


def _n_security(session: Session) -> int:
    active = select(func.count(Operator.id)).where(Operator.is_active, Operator.role == "security")
    return session.scalar(active) or 0


def _by_login(session: Session, login: str) -> Operator:
    row = session.scalar(select(Operator).where(Operator.login == login))
    if row is None:
        raise NotFoundError
    return row


def _describe(_round_id: int | None, details: Mapping[str, Any]) -> tuple[str, str]:
    words = str(details["login"])
    if "role" in details:
        role = gettext(ROLE_NAMES[details["role"]])
        state = gettext("可以登录") if details["is_active"] else gettext("停用")
        words = f"{words} → {role}，{state}"
    return words, ""


for _kind, _name, _does in (
    (LOWER, N_("降低或停用管理员"), _lower),
    (RESET_FACTOR, N_("重设动态码"), _reset_factor),
    (RESET_PASSWORD, N_("重设重要账号的密码"), None),
):
    two_persons.register(
        _kind, _name, _does, askers=MANAGERS, describe=_describe, is_of_round=False
    )
