"""The ledger of everything released of a round, what is published, and the minimum of a group."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("release", "privacy_minimum", "publication")
LOOSER = (
    "SELECT 1 FROM privacy_minimum WHERE round_id = NEW.round_id"
    " AND (scores > NEW.scores OR comments > NEW.comments)"
)


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> '' AND kind <> ''", name=op.f("ck_release_named")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_release_digest")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_release_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("round_id", "kind", "digest", name=op.f("uq_release_round_id")),
    )
    op.create_index("ix_release_round_id", "release", ["round_id"])
    op.create_table(
        "privacy_minimum",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("scores", sa.Integer(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("scores >= 5", name=op.f("ck_privacy_minimum_scores")),
        sa.CheckConstraint("comments >= 10", name=op.f("ck_privacy_minimum_comments")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_privacy_minimum_says_why")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_privacy_minimum_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_minimum")),
    )
    op.create_index("ix_privacy_minimum_round_id", "privacy_minimum", ["round_id"])
    _create_publication()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in TABLES:
        _refuse_changes(table, is_sqlite=is_sqlite)
    _refuse_loosening(is_sqlite=is_sqlite)


def _create_publication() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("page", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act IN ('publish', 'withdraw')", name=op.f("ck_publication_act")),
        sa.CheckConstraint(
            "style IN ('grades', 'scores', 'intervals')", name=op.f("ck_publication_style")
        ),
        sa.CheckConstraint("act = 'publish' OR reason <> ''", name=op.f("ck_publication_says_why")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_publication_round_id_round")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_publication_release_id_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index("ix_publication_round_id", "publication", ["round_id"])


def _refuse_changes(table: str, *, is_sqlite: bool) -> None:
    for act in ("UPDATE", "DELETE"):
        body = (
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        # "release" is a word of SQL's own
        op.execute(f'CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON "{table}" {body}')


def _refuse_loosening(*, is_sqlite: bool) -> None:
    """A minimum may only become tighter."""
    if is_sqlite:
        op.execute(
            "CREATE TRIGGER privacy_minimum_tighter BEFORE INSERT ON privacy_minimum"
            f" WHEN EXISTS ({LOOSER})"
            " BEGIN SELECT RAISE(ABORT, 'looser: privacy_minimum'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_looser() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF EXISTS ({LOOSER}) THEN"
        " RAISE EXCEPTION 'looser: privacy_minimum'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER privacy_minimum_tighter BEFORE INSERT ON privacy_minimum"
        " FOR EACH ROW EXECUTE FUNCTION refuse_looser()"
    )
