"""Indicators as rows with versions of their values, evidence, and the ledgers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "indicator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("growth_target", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("cap", sa.Text(), nullable=False),
        sa.Column("floor", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("assessor", sa.Text(), nullable=False),
        sa.Column("breakdown_of", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("certified_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('quantitative', 'qualitative')", name=op.f("ck_indicator_kind")
        ),
        sa.CheckConstraint(
            "marked_by = '' OR method = 'marks'", name=op.f("ck_indicator_marked_by")
        ),
        sa.CheckConstraint("certified_version > 0", name=op.f("ck_indicator_certified_version")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_indicator_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint(
            "round_id",
            "indicator",
            "ratee",
            "marked_by",
            name=op.f("uq_indicator_round_id_indicator_ratee_marked_by"),
        ),
    )
    op.create_index(op.f("ix_indicator_round_id"), "indicator", ["round_id"], unique=False)
    op.create_table(
        "indicator_value",
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actual", sa.Text(), nullable=False),
        sa.Column("growth", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("ck_indicator_value_reason")),
        sa.CheckConstraint("version > 0", name=op.f("ck_indicator_value_version")),
        sa.ForeignKeyConstraint(
            ["indicator_id"],
            ["indicator.id"],
            name=op.f("fk_indicator_value_indicator_id_indicator"),
        ),
        sa.PrimaryKeyConstraint("indicator_id", "version", name=op.f("pk_indicator_value")),
    )
    op.create_table(
        "certification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act = 'certify' OR reason <> ''", name=op.f("ck_certification_reason")),
        sa.CheckConstraint("act IN ('certify', 'reopen')", name=op.f("ck_certification_act")),
        sa.ForeignKeyConstraint(
            ["indicator_id", "version"],
            ["indicator_value.indicator_id", "indicator_value.version"],
            name=op.f("fk_certification_indicator_id_version_indicator_value"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
    )
    op.create_index(
        op.f("ix_certification_indicator_id"), "certification", ["indicator_id"], unique=False
    )
    op.create_table(
        "confirmation",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_confirmation_reason")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_confirmation_round_id_round")
        ),
        sa.PrimaryKeyConstraint("round_id", "key", name=op.f("pk_confirmation")),
    )
    op.create_table(
        "adjustment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("multiplier", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('bonus', 'deduction')", name=op.f("ck_adjustment_kind")),
        sa.CheckConstraint(
            "(approved IS NULL) = (approved_by IS NULL)"
            " AND (approved IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_adjustment_approved"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_adjustment_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
    )
    op.create_index(op.f("ix_adjustment_round_id"), "adjustment", ["round_id"], unique=False)
    op.create_table(
        "veto_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("ratee", sa.Text(), nullable=False),
        sa.Column("veto", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_veto_entry_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_veto_entry")),
    )
    op.create_index(op.f("ix_veto_entry_round_id"), "veto_entry", ["round_id"], unique=False)
    op.create_table(
        "evidence_file",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=True),
        sa.Column("adjustment_id", sa.Integer(), nullable=True),
        sa.Column("veto_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("n_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(indicator_id IS NOT NULL AND adjustment_id IS NULL AND veto_id IS NULL)"
            " OR (indicator_id IS NULL AND adjustment_id IS NOT NULL AND veto_id IS NULL)"
            " OR (indicator_id IS NULL AND adjustment_id IS NULL AND veto_id IS NOT NULL)",
            name=op.f("ck_evidence_file_one_subject"),
        ),
        sa.CheckConstraint(
            "n_bytes > 0 AND n_bytes <= 5242880", name=op.f("ck_evidence_file_n_bytes")
        ),
        sa.ForeignKeyConstraint(
            ["adjustment_id"],
            ["adjustment.id"],
            name=op.f("fk_evidence_file_adjustment_id_adjustment"),
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["indicator.id"], name=op.f("fk_evidence_file_indicator_id_indicator")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_evidence_file_round_id_round")
        ),
        sa.ForeignKeyConstraint(
            ["veto_id"], ["veto_entry.id"], name=op.f("fk_evidence_file_veto_id_veto_entry")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evidence_file")),
    )
    op.create_index(
        op.f("ix_evidence_file_adjustment_id"), "evidence_file", ["adjustment_id"], unique=False
    )
    op.create_index(
        op.f("ix_evidence_file_indicator_id"), "evidence_file", ["indicator_id"], unique=False
    )
    op.create_index(op.f("ix_evidence_file_round_id"), "evidence_file", ["round_id"], unique=False)
    op.create_index(op.f("ix_evidence_file_veto_id"), "evidence_file", ["veto_id"], unique=False)

    _refuse_changes()
    _hold_certified_values()


APPEND_ONLY = ("indicator_value", "certification", "confirmation", "evidence_file")
NEWEST = "(SELECT max(version) FROM indicator_value WHERE indicator_id = NEW.id)"
WAS_REOPENED = (
    "EXISTS (SELECT 1 FROM certification WHERE indicator_id = NEW.id"
    " AND version = OLD.certified_version AND act = 'reopen')"
)


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


def _hold_certified_values() -> None:
    """A certified value takes no successor; only the newest is certified; reopening is on file."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER indicator_value_not_certified BEFORE INSERT ON indicator_value "
            "WHEN (SELECT certified_version FROM indicator WHERE id = NEW.indicator_id) IS NOT NULL"
            " BEGIN SELECT RAISE(ABORT, 'certified'); END"
        )
        op.execute(
            "CREATE TRIGGER indicator_certify BEFORE UPDATE OF certified_version ON indicator "
            f"WHEN NEW.certified_version IS NOT NULL AND NEW.certified_version IS NOT {NEWEST}"
            " BEGIN SELECT RAISE(ABORT, 'not the newest version'); END"
        )
        op.execute(
            "CREATE TRIGGER indicator_reopen BEFORE UPDATE OF certified_version ON indicator "
            "WHEN NEW.certified_version IS NULL AND OLD.certified_version IS NOT NULL"
            f" AND NOT {WAS_REOPENED}"
            " BEGIN SELECT RAISE(ABORT, 'not reopened'); END"
        )
        return
    # FOR SHARE waits for a certification under way, and makes the next one wait for this value.
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_certified() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE certified integer; BEGIN "
        "SELECT certified_version INTO certified FROM indicator "
        "WHERE id = NEW.indicator_id FOR SHARE; "
        "IF certified IS NOT NULL THEN RAISE EXCEPTION 'certified'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER indicator_value_not_certified BEFORE INSERT ON indicator_value "
        "FOR EACH ROW EXECUTE FUNCTION refuse_certified()"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION check_certified() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.certified_version IS NOT NULL AND NEW.certified_version IS DISTINCT FROM {NEWEST} "
        "THEN RAISE EXCEPTION 'not the newest version'; END IF; "
        "IF NEW.certified_version IS NULL AND OLD.certified_version IS NOT NULL "
        f"AND NOT {WAS_REOPENED} THEN RAISE EXCEPTION 'not reopened'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER indicator_certify BEFORE UPDATE OF certified_version ON indicator "
        "FOR EACH ROW EXECUTE FUNCTION check_certified()"
    )
