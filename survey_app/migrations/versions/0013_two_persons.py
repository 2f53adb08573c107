"""Acts of two persons, roles kept apart, and second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPEND_ONLY = ("two_person_act", "act_decision", "permit_use")
ROLES = (
    "role IN ('admin', 'clerk', 'viewer', 'reporter', 'certifier', 'unit', 'leader',"
    " 'person', 'system', 'security', 'auditor', 'liaison')"
)
SCOPED = "scope <> '' OR role NOT IN ('reporter', 'unit', 'leader', 'person', 'liaison')"


def upgrade() -> None:
    _widen_roles()
    _make_acts()
    _make_second_factors()
    for table in APPEND_ONLY:
        _refuse_changes(table)
    _leave_out_by_two()


def _widen_roles() -> None:
    # SQLite makes the table anew for this, which sessions that point at it would not survive.
    op.execute("DELETE FROM operator_session")
    with op.batch_alter_table("operator") as batch:
        batch.drop_constraint(op.f("ck_operator_role"), type_="check")
        batch.drop_constraint(op.f("ck_operator_scope"), type_="check")
        batch.create_check_constraint(op.f("ck_operator_role"), ROLES)
        batch.create_check_constraint(op.f("ck_operator_scope"), SCOPED)


def _make_acts() -> None:
    op.create_table(
        "two_person_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind <> ''", name=op.f("ck_two_person_act_kind")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_two_person_act_says_why")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_two_person_act_round_id_round")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["operator.login"], name=op.f("fk_two_person_act_asked_by_operator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_two_person_act")),
        sa.UniqueConstraint("id", "asked_by", name=op.f("uq_two_person_act_id_asked_by")),
    )
    op.create_index("ix_two_person_act_round_id", "two_person_act", ["round_id"])
    op.create_table(
        "act_decision",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('approve', 'decline')", name=op.f("ck_act_decision_verdict")
        ),
        sa.CheckConstraint(
            "verdict = 'decline' OR approved_by <> asked_by",
            name=op.f("ck_act_decision_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["act_id", "asked_by"],
            ["two_person_act.id", "two_person_act.asked_by"],
            name=op.f("fk_act_decision_act_id_asked_by_two_person_act"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["operator.login"], name=op.f("fk_act_decision_approved_by_operator")
        ),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_act_decision")),
    )
    op.create_table(
        "permit_use",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["act_decision.act_id"], name=op.f("fk_permit_use_act_id_act_decision")
        ),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_permit_use")),
    )


def _make_second_factors() -> None:
    op.create_table(
        "second_factor",
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_second_factor_operator_id_operator")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["second_factor.operator_id"],
            name=op.f("fk_recovery_code_operator_id_second_factor"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_recovery_code")),
    )


def _refuse_changes(table: str) -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for act in ("UPDATE", "DELETE"):
        body = (
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {body}")


def _leave_out_by_two() -> None:
    """Leaving out answer sheets, or taking that back, has a second person."""
    op.add_column(
        "screening_decision",
        sa.Column("approved_by", sa.Text(), nullable=False, server_default=""),
    )
    alone = """(NEW.approved_by = '' OR NEW.approved_by = NEW.operator)
        AND (NEW.act = 'exclude' OR (
            SELECT act FROM screening_decision
            WHERE round_id = NEW.round_id AND sealed_round = NEW.sealed_round
                AND rule = NEW.rule AND rater_class = NEW.rater_class
                AND subject = NEW.subject AND ratee = NEW.ratee
            ORDER BY id DESC LIMIT 1) = 'exclude')"""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER screening_decision_two_persons BEFORE INSERT ON screening_decision"
            f" WHEN {alone} BEGIN SELECT RAISE(ABORT, 'two persons: screening_decision'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_alone() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF {alone} THEN RAISE EXCEPTION 'two persons: %', TG_TABLE_NAME; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER screening_decision_two_persons BEFORE INSERT ON screening_decision"
        " FOR EACH ROW EXECUTE FUNCTION refuse_alone()"
    )
