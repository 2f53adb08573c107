"""Tables of schemes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CONTENT = ("key", "number", "title", "toml", "digest", "pilot_ratees", "note", "operator")


def upgrade() -> None:
    op.create_table(
        "stored_scheme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("pilot_ratees", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_stored_scheme_number")),
        sa.CheckConstraint(
            "status IN ('draft', 'pilot', 'full', 'retired')", name=op.f("ck_stored_scheme_status")
        ),
        sa.CheckConstraint("pilot_ratees >= 0", name=op.f("ck_stored_scheme_pilot_ratees")),
        sa.CheckConstraint(
            "status <> 'pilot' OR pilot_ratees > 0",
            name=op.f("ck_stored_scheme_pilot_names_ratees"),
        ),
        sa.CheckConstraint(
            "status <> 'full' OR pilot_ratees = 0", name=op.f("ck_stored_scheme_full_has_no_limit")
        ),
        sa.CheckConstraint("note <> ''", name=op.f("ck_stored_scheme_note")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_scheme")),
        sa.UniqueConstraint("key", "number", name=op.f("uq_stored_scheme_key_number")),
    )
    for status in ("pilot", "full"):
        held = sa.text(f"status = '{status}'")
        op.create_index(
            f"uq_stored_scheme_{status}",
            "stored_scheme",
            ["key"],
            unique=True,
            sqlite_where=held,
            postgresql_where=held,
        )
    _keep_content()


def _keep_content() -> None:
    """A version's content never changes and never goes; its status may change."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    body = (
        "BEGIN SELECT RAISE(ABORT, 'append-only: stored_scheme'); END"
        if is_sqlite
        else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    columns = ", ".join((*CONTENT, "made_at"))
    for name, act in (("update", f"UPDATE OF {columns}"), ("delete", "DELETE")):
        op.execute(f"CREATE TRIGGER stored_scheme_no_{name} BEFORE {act} ON stored_scheme {body}")
