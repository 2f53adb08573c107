"""Where an operator is signed in, and ending one of these sessions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from survey_app.accounts.service import digest_of, is_alive
from survey_app.accounts.tables import OperatorSession
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.record import service as record


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of an operator's signed-in browsers; nothing tells where it is."""

    key: str
    began: datetime
    seen: datetime
    is_this: bool


def own_sessions(database: Database, me: SignedIn, token: str) -> tuple[OwnSession, ...]:
    """Where an operator is signed in, the newest first."""
    now, this = clock.now(), digest_of(token)
    newest = OperatorSession.created_at.desc()
    with database.read() as session:
        rows = session.scalars(
            select(OperatorSession).where(OperatorSession.operator_id == me.id).order_by(newest)
        )
        return tuple(
            OwnSession(
                row.token_digest.hex(), row.created_at, row.seen_at, row.token_digest == this
            )
            for row in rows
            if is_alive(row, now)
        )


def end_session(database: Database, me: SignedIn, key: str) -> None:
    """End one of one's own sessions; NotFoundError for any other."""
    with database.write() as session:
        row = session.get(OperatorSession, bytes.fromhex(key)) if _is_hex(key) else None
        if row is None or row.operator_id != me.id:
            raise NotFoundError
        session.delete(row)
        record.append(session, me.login, "operator.end_session")


def _is_hex(key: str) -> bool:
    return len(key) == 64 and all(one in "0123456789abcdef" for one in key)
