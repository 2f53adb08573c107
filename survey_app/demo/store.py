"""Whose store it is: a demonstration is built on an empty one or on an earlier demonstration."""

import shutil
from pathlib import Path

from sqlalchemy import func, select, text

from forms.problems import N_
from survey_app.accounts.tables import Operator
from survey_app.appraisals.tables import AppraisalPeriod
from survey_app.core.database import Base, Database
from survey_app.core.errors import DomainError
from survey_app.core.services import Services
from survey_app.demo.building import BEGIN
from survey_app.record.tables import RecordEntry
from survey_app.register.tables import Ratee
from survey_app.rounds.tables import Round

TRIGGER_FUNCTIONS = (
    "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    " AND prorettype = 'trigger'::regtype"
)
"""What the migrations made beside the tables, by the catalogue: nobody keeps a list."""


class NotADemoError(DomainError):
    status = 409
    message = N_("这个数据库里有真实数据，演示不会动它：{what}。")
    remedy = N_("请另选一个目录，例如 SURVEY_HOME=./var/demo survey demo。")


def clear_for_demo(services: Services) -> bool:
    """Make sure the store is empty, wiping an earlier demonstration; True where there was one.

    Raises NotADemoError, and touches nothing, where anything in it is not simulated.
    """
    real = _real_content(services.database)
    if real:
        raise NotADemoError(what="；".join(real))
    with services.database.read() as session:
        keys = [(row.id, row.key) for row in session.execute(select(Round.id, Round.key))]
        has_any = bool(session.scalar(select(func.count(RecordEntry.id))))
    if not has_any:
        return False
    for round_id, key in keys:
        services.keys.destroy(round_id)
        shutil.rmtree(services.settings.sealed_dir / key, ignore_errors=True)
    shutil.rmtree(services.settings.evidence_dir, ignore_errors=True)
    _drop_everything(services.database)
    return True


def _real_content(database: Database) -> list[str]:
    """What in the store is not of a demonstration, in words."""
    with database.read() as session:
        first = session.scalar(select(RecordEntry.action).order_by(RecordEntry.id).limit(1))
        real = session.scalars(select(Round.title).where(Round.is_simulated.is_(False))).all()
        if first == BEGIN:
            own = select(AppraisalPeriod.title).where(AppraisalPeriod.is_simulated.is_(False))
            quarters = [f"平时考核「{title}」" for title in session.scalars(own)]
            return [*(f"轮次「{title}」" for title in real), *quarters]
        counts = {
            "轮次": session.scalar(select(func.count(Round.id))) or 0,
            "评议对象": session.scalar(select(func.count()).select_from(Ratee)) or 0,
            "操作员": session.scalar(select(func.count(Operator.id))) or 0,
            "操作记录": session.scalar(select(func.count(RecordEntry.id))) or 0,
        }
        return [f"{name} {n} 个" for name, n in counts.items() if n]


def _drop_everything(database: Database) -> None:
    """An empty store; the next start makes its tables again."""
    if database.is_sqlite:
        path = Path(str(database.url.database))
        database.dispose()
        for suffix in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return
    with database.engine.begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        for name in connection.scalars(text(TRIGGER_FUNCTIONS)).all():
            connection.execute(text(f'DROP FUNCTION "{name}"()'))
    database.dispose()
