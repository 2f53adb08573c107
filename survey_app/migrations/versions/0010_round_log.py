"""The round's log, and what its leaves need beside a ballot."""

import hashlib
import json
import secrets
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_leaf",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint("place >= 0", name=op.f("ck_log_leaf_place")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_log_leaf_round_id_round")
        ),
        sa.PrimaryKeyConstraint("round_id", "place", name=op.f("pk_log_leaf")),
        sa.UniqueConstraint("round_id", "subject", name=op.f("uq_log_leaf_round_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_log_checkpoint_size")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_log_checkpoint_round_id_round")
        ),
        sa.PrimaryKeyConstraint("round_id", "size", name=op.f("pk_log_checkpoint")),
        sqlite_with_rowid=False,
    )
    for table in ("log_leaf", "log_checkpoint"):
        for act in ("UPDATE", "DELETE"):
            _refuse(table, act)
    _leave_no_gap()
    _commit_to_ballots()
    _hash_receipts()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse(table: str, act: str) -> None:
    body = (
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
        if _is_sqlite()
        else "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {body}")


def _leave_no_gap() -> None:
    """A leaf follows the last one of its round."""
    following = "(SELECT coalesce(max(place) + 1, 0) FROM log_leaf WHERE round_id = NEW.round_id)"
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER log_leaf_in_order BEFORE INSERT ON log_leaf WHEN NEW.place <>"
            f" {following} BEGIN SELECT RAISE(ABORT, 'out of order: log_leaf'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_gap() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF NEW.place <> {following} THEN"
        " RAISE EXCEPTION 'out of order: log_leaf'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER log_leaf_in_order BEFORE INSERT ON log_leaf"
        " FOR EACH ROW EXECUTE FUNCTION refuse_gap()"
    )


def _commit_to_ballots() -> None:
    """Write the ballots again, each with a fresh opening and its commitment."""
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT id, token FROM link"))
    links: dict[int, str] = {row.id: row.token for row in found}
    rows = [
        _committed(dict(row), links)
        for row in connection.execute(sa.text("SELECT * FROM ballot ORDER BY id")).mappings()
    ]
    op.drop_table("ballot")
    table = op.create_table(
        "ballot",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("rater_class", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("ratee_number", sa.SmallInteger(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("device_mark", sa.LargeBinary(length=16), nullable=True),
        sa.Column("pace", sa.Text(), nullable=True),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opening", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "(evidence = 'open') = (link_id IS NOT NULL)", name=op.f("ck_ballot_link_if_open")
        ),
        sa.CheckConstraint(
            "evidence = 'open' OR (device_mark IS NULL AND pace IS NULL)",
            name=op.f("ck_ballot_no_traces_of_codes"),
        ),
        sa.CheckConstraint("evidence IN ('code', 'card', 'open')", name=op.f("ck_ballot_evidence")),
        sa.CheckConstraint("pace IN ('fast', 'normal')", name=op.f("ck_ballot_pace")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_ballot_link_id_link")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_ballot_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ballot_round_id", "ballot", ["round_id"])
    op.bulk_insert(table, rows)
    _refuse("ballot", "UPDATE")


def _committed(row: dict[str, object], links: dict[int, str]) -> dict[str, object]:
    opening = secrets.token_bytes(32)
    content = {
        "channel": row["channel"],
        "device": row["device_mark"] is not None,
        "evidence": row["evidence"],
        "link": links.get(row["link_id"], ""),  # type: ignore[call-overload]
        "pace": row["pace"] or "",
        "payload": bytes(row["payload"]).hex(),  # type: ignore[call-overload]
        "rater_class": row["rater_class"],
        "stratum": row["stratum"],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    spelled = unicodedata.normalize("NFC", text).encode()
    return {**row, "opening": opening, "commitment": hashlib.sha256(opening + spelled).digest()}


def _hash_receipts() -> None:
    """Write the receipts again, each with the hash that stands for it in the log."""
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT * FROM receipt ORDER BY nonce_hash")).mappings()
    rows = [
        {**row, "leaf": hashlib.sha256(str(row["number"]).encode("ascii")).digest()}
        for row in found
    ]
    op.drop_table("receipt")
    table = op.create_table(
        "receipt",
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_receipt_round_id_round")),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_receipt_number")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_receipt_round_id", "receipt", ["round_id"])
    op.bulk_insert(table, rows)
