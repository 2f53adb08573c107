"""What follows a run: decisions of grades, approvals, results carried on, and studies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("approval", "result", "study")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("grade <> ''", name=op.f("ck_decision_grade")),
        sa.CheckConstraint(
            "reason <> '' OR (grade = proposed AND NOT is_open)",
            name=op.f("ck_decision_says_why"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_decision_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("run_id", "ratee", name=op.f("uq_decision_run_id_ratee")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act IN ('approve', 'reopen')", name=op.f("ck_approval_act")),
        sa.CheckConstraint("act = 'approve' OR reason <> ''", name=op.f("ck_approval_says_why")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_approval_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_run_id", "approval", ["run_id"])
    op.create_table(
        "result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("rank_class", sa.Integer(), nullable=True),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("series <> '' AND period <> ''", name=op.f("ck_result_named")),
        sa.CheckConstraint("grade <> '' OR score <> ''", name=op.f("ck_result_said")),
        sa.CheckConstraint("version > 0", name=op.f("ck_result_version")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_result_round_id_round")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_result_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint(
            "series",
            "period",
            "ratee",
            "version",
            name=op.f("uq_result_series_period_ratee_version"),
        ),
    )
    op.create_index("ix_result_ratee", "result", ["ratee"])
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_study_name")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_study_round_id_round")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_study_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
    )
    op.create_index("ix_study_round_id", "study", ["round_id"])
    _refuse_changes()
    _settle()


def _refuse_changes() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            body = (
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
                if is_sqlite
                else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {body}")


def _settle() -> None:
    """No decision of a run changes while the run is approved."""
    last = "(SELECT act FROM approval WHERE run_id = {run} ORDER BY id DESC LIMIT 1) = 'approve'"
    if op.get_bind().dialect.name == "sqlite":
        for act, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            condition = last.format(run=f"{row}.run_id")
            op.execute(
                f"CREATE TRIGGER decision_settled_{act.lower()} BEFORE {act} ON decision"
                f" WHEN {condition} BEGIN SELECT RAISE(ABORT, 'settled: decision'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_settled() RETURNS trigger LANGUAGE plpgsql AS $$"
        " DECLARE run integer := CASE WHEN TG_OP = 'INSERT' THEN NEW.run_id ELSE OLD.run_id END;"
        f" BEGIN IF {last.format(run='run')} THEN RAISE EXCEPTION 'settled: decision'; END IF;"
        " RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END; END $$"
    )
    op.execute(
        "CREATE TRIGGER decision_settled BEFORE INSERT OR UPDATE OR DELETE ON decision"
        " FOR EACH ROW EXECUTE FUNCTION refuse_settled()"
    )
