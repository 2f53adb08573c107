"""Rounds whose ballots are encrypted until they are opened."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("is_sealed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("public_key", sa.LargeBinary(32), nullable=True),
        sa.Column("rehearsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keep_days", sa.Integer(), nullable=False, server_default="30"),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("round", column)
    op.create_table(
        "key_holder",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("share_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number IN (1, 2, 3)", name=op.f("ck_key_holder_number")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_key_holder_named")),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR shown_at IS NOT NULL",
            name=op.f("ck_key_holder_confirmed_shown"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_key_holder_round_id_round")
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_key_holder")),
        sa.UniqueConstraint("round_id", "name", name=op.f("uq_key_holder_round_id_name")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _keep_sealed(is_sqlite=is_sqlite)
    _only_tighten(is_sqlite=is_sqlite)
    if not is_sqlite:
        _keep_no_samples()


SEALED = "is_sealed AND state <> 'testing' AND unsealed_at IS NULL"
"""While this holds of a round, its ballots are envelopes, and comments lie within them."""


def _keep_sealed(*, is_sqlite: bool) -> None:
    """No plain answer reaches the disk in a sealed round, and no envelope a plain one."""
    if is_sqlite:
        of_round = f"(SELECT {SEALED} FROM round WHERE id = NEW.round_id)"  # noqa: S608 -- our own names
        op.execute(
            f"CREATE TRIGGER ballot_sealed BEFORE INSERT ON ballot"
            f" WHEN {of_round} <> (substr(NEW.payload, 1, 1) = x'02')"
            " BEGIN SELECT RAISE(ABORT, 'sealed: ballot'); END"
        )
        op.execute(
            f"CREATE TRIGGER comment_sealed BEFORE INSERT ON comment WHEN {of_round}"
            " BEGIN SELECT RAISE(ABORT, 'sealed: comment'); END"
        )
        return
    is_sealed = f"(SELECT {SEALED} FROM round WHERE id = NEW.round_id)"  # noqa: S608 -- our own names
    is_envelope = "(substring(NEW.payload FROM 1 FOR 1) = '\\x02'::bytea)"
    for table, wrong in (("ballot", f"{is_sealed} <> {is_envelope}"), ("comment", is_sealed)):
        op.execute(
            f"CREATE FUNCTION refuse_unsealed_{table}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF {wrong} THEN RAISE EXCEPTION 'sealed: {table}'"
            " USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION refuse_unsealed_{table}()"
        )


def _only_tighten(*, is_sqlite: bool) -> None:
    """Secrecy may be tightened, never loosened; what was opened or destroyed stays so."""
    is_not = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
    loosened = (
        "(OLD.is_sealed AND NOT NEW.is_sealed AND OLD.frozen_at IS NOT NULL)",
        f"(OLD.public_key IS NOT NULL AND NEW.public_key {is_not} OLD.public_key"
        " AND OLD.state <> 'draft')",
        "(NEW.is_sealed AND NEW.state IN ('frozen', 'open')"
        " AND (NEW.public_key IS NULL OR NEW.rehearsed_at IS NULL))",
        "(NEW.unsealed_at IS NOT NULL"
        " AND NOT (NEW.is_sealed AND NEW.state IN ('closed', 'assessed')))",
        "(OLD.unsealed_at IS NOT NULL AND NEW.unsealed_at IS NULL)",
        "(OLD.destroyed_at IS NOT NULL AND NEW.destroyed_at IS NULL)",
        "(OLD.opened_at IS NOT NULL AND NEW.keep_days <> OLD.keep_days)",
    )
    condition = " OR ".join(loosened)
    if is_sqlite:
        op.execute(
            f"CREATE TRIGGER round_secrecy BEFORE UPDATE ON round WHEN {condition}"
            " BEGIN SELECT RAISE(ABORT, 'secrecy: round'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_loosening() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'secrecy: round' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER round_secrecy BEFORE UPDATE ON round FOR EACH ROW WHEN ({condition})"
        " EXECUTE FUNCTION refuse_loosening()"
    )


UNSAMPLED = {
    "ballot": ("id", "payload", "commitment", "opening", "device_mark"),
    "receipt": ("nonce_hash", "number", "leaf"),
    "admission": ("card_id",),
    "card": ("id", "qr_hash", "typed_hash", "draft_key_qr", "draft_key_typed"),
    "draft": ("card_id", "content"),
    "comment": ("id", "content"),
}


def _keep_no_samples() -> None:
    """PostgreSQL: its planner keeps samples of values, which a destruction would not reach."""
    for table, columns in UNSAMPLED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
