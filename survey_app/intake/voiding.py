"""Making a session void: one operator asks with a reason, another approves.

Ballots already in stay where they are, append-only; at sealing an official act takes them out of
the count, and the round's log names the two who did it.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.problems import N_, digest
from survey_app.accounts import two_persons
from survey_app.accounts.two_persons import Act
from survey_app.core.database import Database
from survey_app.intake.sessions import VoidSessionError, hold_session, make_void
from survey_app.intake.tables import CountedSession
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.rounds.tables import Link

KIND = "void_paper"
RULE = "void_session"
"""What sealed files name as the reason why such a ballot does not count."""


def ask(database: Database, operator: str, round_id: int, session_id: int, reason: str) -> None:
    """Ask for a session to be made void. Raises VoidSessionError, ProblemsError (no reason)."""
    with database.write() as session:
        row = hold_session(session, round_id, session_id)
        if row.is_void:
            raise VoidSessionError
        two_persons.ask(
            session, operator, KIND, reason, round_id, counted=session_id, name=row.name
        )


def carry_out(session: Session, act: Act) -> None:
    """Make it void, in the transaction of the approval."""
    row = hold_session(session, act.round, int(act.details["counted"]))
    if row.is_void:
        raise VoidSessionError
    make_void(session, row, act.reason)
    record.append(
        session,
        act.approved_by,
        f"{row.kind}.void",
        round_id=act.round,
        counted=row.id,
        reason=act.reason,
        asked_by=act.asked_by,
    )
    token = session.scalars(select(Link.token).where(Link.id == row.link_id)).one()
    content = {"kind": KIND, "link": token, "name": row.name, "reason": act.reason}
    round_log.add(
        session,
        act.round,
        {
            "type": "exclusion",
            "decision": f"{KIND}-{row.id}",
            "digest": digest(content).removeprefix("sha256:"),
            "act": "exclude",
            "asked_by": act.asked_by,
            "approved_by": act.approved_by,
        },
    )


def void_links(session: Session, round_id: int) -> dict[int, str]:
    """The links of sessions that do not count → why."""
    rows = session.execute(
        select(CountedSession.link_id, CountedSession.void_reason).where(
            CountedSession.round_id == round_id, CountedSession.is_void
        )
    )
    return dict(rows.all())


two_persons.register(KIND, N_("作废一场现场票或一批电话访问"), carry_out, askers=("admin", "clerk"))
