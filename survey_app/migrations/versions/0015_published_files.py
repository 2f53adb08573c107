"""The files that were published to everybody, kept as they were."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "published_file"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_published_file_release_id_release")
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_published_file")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for act in ("UPDATE", "DELETE"):
        body = (
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {TABLE}'); END"
            if is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {TABLE}_no_{act.lower()} BEFORE {act} ON {TABLE} {body}")
