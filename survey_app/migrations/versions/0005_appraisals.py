"""Appraisals of persons: periods, rosters, forms, acts and filings; what was filed stays."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Table, act, and the condition under which it is refused ("" is always).
GUARDS = (
    ("appraisal_act", "UPDATE", ""),
    ("appraisal_act", "DELETE", ""),
    ("appraisal_filing", "UPDATE", ""),
    ("appraisal_filing", "DELETE", ""),
    ("appraisal_form", "UPDATE", "OLD.filing = 'filed'"),
    ("appraisal_form", "DELETE", ""),
    ("appraisal_period", "DELETE", ""),
    (
        "appraisal_period",
        "UPDATE",
        "OLD.scheme_json <> NEW.scheme_json OR OLD.scheme_digest <> NEW.scheme_digest"
        " OR OLD.annual_json <> NEW.annual_json OR OLD.period <> NEW.period",
    ),
)


def upgrade() -> None:
    op.create_table(
        "appraisal_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("scheme_json", sa.Text(), nullable=False),
        sa.Column("scheme_digest", sa.Text(), nullable=False),
        sa.Column("annual_json", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("objection_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("objection_days > 0", name=op.f("ck_appraisal_period_objection_days")),
        sa.CheckConstraint(
            "period <> '' AND title <> '' AND scheme_json <> ''",
            name=op.f("ck_appraisal_period_said"),
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_appraisal_period_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_period")),
        sa.UniqueConstraint("period", name=op.f("uq_appraisal_period_period")),
    )
    op.create_table(
        "appraisal_member",
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("person <> '' AND unit <> ''", name=op.f("ck_appraisal_member_named")),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["appraisal_period.id"],
            name=op.f("fk_appraisal_member_period_id_appraisal_period"),
        ),
        sa.PrimaryKeyConstraint("period_id", "person", name=op.f("pk_appraisal_member")),
    )
    op.create_index(
        "ix_appraisal_member_period_id_unit_person",
        "appraisal_member",
        ["period_id", "unit", "person"],
    )
    op.create_index("ix_appraisal_member_person", "appraisal_member", ["person"])
    op.create_table(
        "appraisal_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("score_hundredths", sa.Integer(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("objected_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("filing", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "version = 1 OR correction <> ''", name=op.f("ck_appraisal_form_correction_has_reason")
        ),
        sa.CheckConstraint(
            "grade = '' OR grade = proposed OR decision_reason <> ''",
            name=op.f("ck_appraisal_form_difference_has_reason"),
        ),
        sa.CheckConstraint(
            "feedback IN ('', 'confirmed', 'objected', 'answered')"
            " AND (feedback = '' OR step >= 4)",
            name=op.f("ck_appraisal_form_feedback"),
        ),
        sa.CheckConstraint("(step = 5) = (filing = 'filed')", name=op.f("ck_appraisal_form_filed")),
        sa.CheckConstraint(
            "filing IN ('', 'submitted', 'returned', 'filed')",
            name=op.f("ck_appraisal_form_filing"),
        ),
        sa.CheckConstraint(
            "filing NOT IN ('submitted', 'filed')"
            " OR (published_on IS NOT NULL AND feedback IN ('confirmed', 'answered'))",
            name=op.f("ck_appraisal_form_filing_has_feedback"),
        ),
        sa.CheckConstraint(
            "filing = '' OR step >= 4", name=op.f("ck_appraisal_form_filing_has_grade")
        ),
        sa.CheckConstraint("(step >= 4) = (grade <> '')", name=op.f("ck_appraisal_form_has_grade")),
        sa.CheckConstraint(
            "step < 1 OR items <> ''", name=op.f("ck_appraisal_form_has_indicators")
        ),
        sa.CheckConstraint(
            "step < 3 OR (marks <> '' AND proposed <> '')",
            name=op.f("ck_appraisal_form_has_review"),
        ),
        sa.CheckConstraint("step < 2 OR summary <> ''", name=op.f("ck_appraisal_form_has_summary")),
        sa.CheckConstraint("step BETWEEN 0 AND 5", name=op.f("ck_appraisal_form_step")),
        sa.ForeignKeyConstraint(
            ["period_id", "person"],
            ["appraisal_member.period_id", "appraisal_member.person"],
            name=op.f("fk_appraisal_form_period_id_person_appraisal_member"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_form")),
        sa.UniqueConstraint(
            "period_id",
            "person",
            "version",
            name=op.f("uq_appraisal_form_period_id_person_version"),
        ),
    )
    op.create_table(
        "appraisal_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_proxy", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["appraisal_form.id"], name=op.f("fk_appraisal_act_form_id_appraisal_form")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_act")),
    )
    op.create_index("ix_appraisal_act_form_id", "appraisal_act", ["form_id"])
    op.create_table(
        "appraisal_template",
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["appraisal_period.id"],
            name=op.f("fk_appraisal_template_period_id_appraisal_period"),
        ),
        sa.PrimaryKeyConstraint("period_id", "unit", "post", name=op.f("pk_appraisal_template")),
    )
    op.create_table(
        "appraisal_filing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'plan' AND period_id IS NULL) OR (kind = 'changes' AND period_id IS NOT NULL)",
            name=op.f("ck_appraisal_filing_kind"),
        ),
        sa.CheckConstraint(
            "kind <> 'plan' OR content <> ''", name=op.f("ck_appraisal_filing_plan_has_words")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["appraisal_period.id"],
            name=op.f("fk_appraisal_filing_period_id_appraisal_period"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_filing")),
    )
    op.create_index("ix_appraisal_filing_period_id", "appraisal_filing", ["period_id"])
    op.create_index("ix_appraisal_filing_year_unit", "appraisal_filing", ["year", "unit"])
    _refuse_changes()


def _refuse_changes() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, act, condition in GUARDS:
        when = f"WHEN ({condition})" if condition else ""
        body = (
            f"{when} BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
            if is_sqlite
            else f"FOR EACH ROW {when} EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {body}")
