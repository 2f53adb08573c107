"""A second operator for tests of rooms whose acts need one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.accounts import two_persons
from survey_app.accounts.tables import Operator
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from tests.rounds import OPERATOR

SECOND = "second"


def make_pair(database: Database) -> SignedIn:
    """Whoever asks in tests and whoever approves, as stored operators; gives the second."""
    with database.write() as session:
        _operator(session, OPERATOR)
        return SignedIn(_operator(session, SECOND).id, SECOND, SECOND, "admin")


def _operator(session: Session, login: str) -> Operator:
    row = session.scalar(select(Operator).where(Operator.login == login))
    if row is None:
        row = Operator(login=login, name=login, password_hash="-", role="admin")
        session.add(row)
        session.flush()
    return row


def approve_all(database: Database) -> int:
    """Let the second operator approve everything that waits; how much that was."""
    second = make_pair(database)
    waiting = two_persons.listed(database, second).to_decide
    for act in reversed(waiting):
        two_persons.approve(database, second, act.id)
    return len(waiting)
