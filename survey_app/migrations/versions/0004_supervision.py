"""Supervision: records, their units and acts, service promises, daily and weekly entries."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("supervision_record", "supervision_object", "supervision_act", "service_promise")


def upgrade() -> None:
    op.create_table(
        "service_promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("time_limit", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "code <> '' AND matter <> '' AND promise <> ''", name=op.f("ck_service_promise_said")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_service_promise_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_promise")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_service_promise_code_version")),
    )
    op.create_index("ix_service_promise_ratee", "service_promise", ["ratee"])
    op.create_table(
        "work_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('attendance', 'weekly')", name=op.f("ck_work_entry_kind")),
        sa.CheckConstraint("person <> '' OR post <> ''", name=op.f("ck_work_entry_whose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_entry")),
        sa.UniqueConstraint(
            "unit",
            "person",
            "post",
            "kind",
            "on_date",
            name=op.f("uq_work_entry_unit_person_post_kind_on_date"),
        ),
    )
    op.create_index("ix_work_entry_on_date", "work_entry", ["on_date"])
    op.create_index("ix_work_entry_unit", "work_entry", ["unit"])
    op.create_table(
        "supervision_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=True),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("skip_reason", sa.Text(), nullable=False),
        sa.Column("exempts", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("sanction", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'urging' AND step IN ('notice', 'admonition', 'measure'))"
            " OR (kind <> 'urging' AND step = '')",
            name=op.f("ck_supervision_record_ladder_step"),
        ),
        sa.CheckConstraint(
            "kind <> 'exemption' OR (exempts <> '' AND approved_by <> '')",
            name=op.f("ck_supervision_record_exemption"),
        ),
        sa.CheckConstraint(
            "kind <> 'falsification' OR"
            " (indicator <> '' AND sanction IN ('circular', 'measure', 'discipline'))",
            name=op.f("ck_supervision_record_falsification"),
        ),
        sa.CheckConstraint(
            "kind <> 'publication' OR place <> ''",
            name=op.f("ck_supervision_record_publication_place"),
        ),
        sa.CheckConstraint(
            "kind IN ('dispatch', 'circular', 'publication', 'filing', 'urging',"
            " 'spot_check', 'talk', 'self_check', 'exemption', 'falsification')",
            name=op.f("ck_supervision_record_kind"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('dispatch', 'urging') OR due_on IS NOT NULL",
            name=op.f("ck_supervision_record_has_deadline"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('filing', 'spot_check') OR result <> ''",
            name=op.f("ck_supervision_record_has_result"),
        ),
        sa.CheckConstraint(
            "step IN ('', 'notice') OR previous_id IS NOT NULL OR skip_reason <> ''",
            name=op.f("ck_supervision_record_ladder_skips_with_reason"),
        ),
        sa.CheckConstraint(
            "title <> '' AND period <> ''", name=op.f("ck_supervision_record_named")
        ),
        sa.CheckConstraint(
            "version = 1 OR correction <> ''",
            name=op.f("ck_supervision_record_correction_has_reason"),
        ),
        sa.CheckConstraint(
            "(version = 1) = (first_id IS NULL)", name=op.f("ck_supervision_record_first_version")
        ),
        sa.CheckConstraint(
            "due_on IS NULL OR due_on >= issued_on",
            name=op.f("ck_supervision_record_due_after_issue"),
        ),
        sa.CheckConstraint(
            "number > 0 AND version > 0", name=op.f("ck_supervision_record_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["supervision_record.id"],
            name=op.f("fk_supervision_record_first_id_supervision_record"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["supervision_record.id"],
            name=op.f("fk_supervision_record_previous_id_supervision_record"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_supervision_record_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_record")),
        sa.UniqueConstraint(
            "kind",
            "year",
            "number",
            "version",
            name=op.f("uq_supervision_record_kind_year_number_version"),
        ),
        sa.UniqueConstraint(
            "previous_id", "version", name=op.f("uq_supervision_record_previous_id_version")
        ),
    )
    op.create_index("ix_supervision_record_first_id", "supervision_record", ["first_id"])
    op.create_index("ix_supervision_record_round_id", "supervision_record", ["round_id"])
    op.create_table(
        "supervision_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reopened') = (ratee = '')", name=op.f("ck_supervision_act_concerns_a_unit")
        ),
        sa.CheckConstraint(
            "kind IN ('urge', 'accept') OR content <> ''", name=op.f("ck_supervision_act_has_words")
        ),
        sa.CheckConstraint(
            "kind IN ('urge', 'reply', 'return', 'accept', 'reopened')",
            name=op.f("ck_supervision_act_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["supervision_record.id"],
            name=op.f("fk_supervision_act_record_id_supervision_record"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_act")),
    )
    op.create_index("ix_supervision_act_record_id", "supervision_act", ["record_id"])
    op.create_table(
        "supervision_object",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["supervision_record.id"],
            name=op.f("fk_supervision_object_record_id_supervision_record"),
        ),
        sa.PrimaryKeyConstraint("record_id", "ratee", name=op.f("pk_supervision_object")),
    )
    op.create_index("ix_supervision_object_ratee", "supervision_object", ["ratee"])

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
