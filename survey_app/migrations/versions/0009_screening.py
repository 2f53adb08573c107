"""Decisions on what the screens find."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screening_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("sealed_round", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rater_class", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "act IN ('exclude', 'keep', 'withdraw')", name=op.f("ck_screening_decision_act")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_screening_decision_says_why")),
        sa.CheckConstraint("rule <> ''", name=op.f("ck_screening_decision_rule")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_screening_decision_round_id_round")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_screening_decision_run_id_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_decision")),
    )
    op.create_index("ix_screening_decision_round_id", "screening_decision", ["round_id"])
    _refuse_changes()
    _settle()


def _refuse_changes() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for act in ("UPDATE", "DELETE"):
        body = (
            "BEGIN SELECT RAISE(ABORT, 'append-only: screening_decision'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER screening_decision_no_{act.lower()}"
            f" BEFORE {act} ON screening_decision {body}"
        )


def _settle() -> None:
    """No decision is added while the grades of its run are approved."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER screening_decision_settled BEFORE INSERT ON screening_decision WHEN"
            " (SELECT act FROM approval WHERE run_id = NEW.run_id ORDER BY id DESC LIMIT 1)"
            " = 'approve' BEGIN SELECT RAISE(ABORT, 'settled: screening_decision'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER screening_decision_settled BEFORE INSERT ON screening_decision"
        " FOR EACH ROW EXECUTE FUNCTION refuse_settled()"
    )
