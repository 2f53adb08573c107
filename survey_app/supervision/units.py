"""Whose records: the units of the register by name, and those an operator may see."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.core.access import SCOPED_ROLES, SignedIn, scope_keys
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError
from survey_app.register.tables import Ratee

Scope = frozenset[str] | None
"""Keys of the units somebody may see; None: all of them."""
EVERYTHING: Scope = None


def scope_of(operator: SignedIn) -> Scope:
    """The units an operator's role is limited to."""
    if operator.role not in SCOPED_ROLES:
        return EVERYTHING
    return scope_keys(operator.scope)


def check_scope(scope: Scope, *ratees: str) -> None:
    """Raise ForbiddenError unless one of the ratees is within the scope."""
    if scope is not None and not scope & set(ratees):
        raise ForbiddenError


def names_of_all(session: Session) -> dict[str, str]:
    """Key → name of every ratee, in the register's order."""
    rows = session.execute(select(Ratee.key, Ratee.name).order_by(Ratee.position))
    return dict(rows.all())


def unit_names(database: Database, scope: Scope = EVERYTHING) -> dict[str, str]:
    """Key → name of the units in scope, in the register's order."""
    with database.read() as session:
        rows = session.execute(
            select(Ratee.key, Ratee.name).where(Ratee.kind == "unit").order_by(Ratee.position)
        )
        return {key: name for key, name in rows if scope is None or key in scope}


def key_of(text: str, names: dict[str, str]) -> str | None:
    """The key that a key or a name stands for; None where nobody goes by it."""
    if text in names:
        return text
    return next((key for key, name in names.items() if name == text), None)
