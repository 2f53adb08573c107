"""Complaints, follow-up items, and the logs of both."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPEND_ONLY = ("complaint_act", "followup_act")


def upgrade() -> None:
    op.create_table(
        "complaint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("is_informed", sa.Boolean(), nullable=False),
        sa.Column("informed_on", sa.Date(), nullable=True),
        sa.Column("is_filed", sa.Boolean(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "NOT is_informed OR feedback <> ''", name=op.f("ck_complaint_informed_of_something")
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'qr', 'phone', 'box')", name=op.f("ck_complaint_channel")
        ),
        sa.CheckConstraint("content <> ''", name=op.f("ck_complaint_content")),
        sa.CheckConstraint(
            "handling <> 'transferred' OR handler <> ''", name=op.f("ck_complaint_handler")
        ),
        sa.CheckConstraint(
            "handling IN ('', 'direct', 'transferred')", name=op.f("ck_complaint_handling")
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR (is_informed AND is_filed AND result <> ''"
            " AND closed_on IS NOT NULL)",
            name=op.f("ck_complaint_closed_when_informed_and_filed"),
        ),
        sa.CheckConstraint(
            "state = 'received' OR handling <> ''", name=op.f("ck_complaint_handled")
        ),
        sa.CheckConstraint(
            "state IN ('received', 'investigating', 'closed')", name=op.f("ck_complaint_state")
        ),
        sa.CheckConstraint(
            "topic IN ('efficiency', 'lawfulness', 'service', 'conduct', 'integrity')",
            name=op.f("ck_complaint_topic"),
        ),
        sa.CheckConstraint("is_filed = (filed_on IS NOT NULL)", name=op.f("ck_complaint_filed_on")),
        sa.CheckConstraint(
            "is_informed = (informed_on IS NOT NULL)", name=op.f("ck_complaint_informed_on")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_complaint_code_hash")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_complaint_year_number")),
    )
    op.create_index("ix_complaint_ratee", "complaint", ["ratee"])
    op.create_table(
        "complaint_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("complaint_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('enter', 'investigate', 'note', 'inform', 'file', 'close')",
            name=op.f("ck_complaint_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_act_complaint_id_complaint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_act")),
    )
    op.create_index("ix_complaint_act_complaint_id", "complaint_act", ["complaint_id"])
    op.create_table(
        "followup_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("consequence", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("linkage", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(round_id IS NULL) = (consequence = '')", name=op.f("ck_followup_item_origin")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (outcome <> '') AND (state = 'done') = (closed_on IS NOT NULL)",
            name=op.f("ck_followup_item_done_with_outcome"),
        ),
        sa.CheckConstraint(
            "kind IN ('talk', 'admonition', 'circular', 'post', 'demotion',"
            " 'training', 'quota', 'award', 'honour', 'pay', 'accountability', 'note')",
            name=op.f("ck_followup_item_kind"),
        ),
        sa.CheckConstraint("name <> '' AND reason <> ''", name=op.f("ck_followup_item_named")),
        sa.CheckConstraint(
            "state <> 'declined' OR decision <> ''",
            name=op.f("ck_followup_item_declined_with_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'declined', 'in_progress', 'done')",
            name=op.f("ck_followup_item_state"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_followup_item_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_item")),
        sa.UniqueConstraint(
            "round_id",
            "ratee",
            "consequence",
            name=op.f("uq_followup_item_round_id_ratee_consequence"),
        ),
    )
    op.create_index("ix_followup_item_ratee", "followup_item", ["ratee"])
    op.create_index("ix_followup_item_round_id", "followup_item", ["round_id"])
    op.create_table(
        "followup_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('open', 'change', 'drop', 'confirm', 'decline',"
            " 'reconsider', 'start', 'note', 'report', 'finish')",
            name=op.f("ck_followup_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["followup_item.id"], name=op.f("fk_followup_act_item_id_followup_item")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_act")),
    )
    op.create_index("ix_followup_act_item_id", "followup_act", ["item_id"])

    _refuse_changes()


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
