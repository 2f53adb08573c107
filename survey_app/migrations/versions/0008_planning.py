"""Draws from rosters."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("allocation", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("announced", sa.Text(), nullable=False),
        sa.Column("list_digest", sa.Text(), nullable=False),
        sa.Column("drawn_digest", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "method IN ('simple', 'stratified', 'systematic', 'pps')",
            name=op.f("ck_roster_draw_method"),
        ),
        sa.CheckConstraint(
            "allocation IN ('', 'proportional', 'equal')", name=op.f("ck_roster_draw_allocation")
        ),
        sa.CheckConstraint(
            "(method = 'stratified') = (allocation <> '')", name=op.f("ck_roster_draw_allocated")
        ),
        sa.CheckConstraint("n > 0 AND n <= people", name=op.f("ck_roster_draw_n")),
        sa.CheckConstraint(
            "purpose <> '' AND seed <> '' AND announced <> ''", name=op.f("ck_roster_draw_said")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_roster_draw_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_draw")),
        sa.UniqueConstraint("round_id", "number", name=op.f("uq_roster_draw_round_id_number")),
        sa.UniqueConstraint(
            "round_id",
            "purpose",
            "method",
            "n",
            "allocation",
            "seed",
            "list_digest",
            name="uq_roster_draw_once",
        ),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for act in ("UPDATE", "DELETE"):
        body = (
            "BEGIN SELECT RAISE(ABORT, 'append-only: roster_draw'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER roster_draw_no_{act.lower()} BEFORE {act} ON roster_draw {body}"
        )
