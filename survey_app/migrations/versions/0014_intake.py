"""Paper sessions, imports of other channels, and bounds of service cards."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LINK_BEFORE = "(evidence = 'open') = (link_id IS NOT NULL)"
LINK_AFTER = "(evidence = 'open' OR channel IN ('paper', 'phone')) = (link_id IS NOT NULL)"
VOID = (
    "SELECT 1 FROM card JOIN counted_session s ON s.batch_id = card.batch_id"
    " JOIN round r ON r.id = s.round_id"
    " WHERE card.id = NEW.card_id AND s.is_void AND r.state IN ('open', 'testing')"
)
"""A closed round's rows are written again, those of void sessions too."""


def upgrade() -> None:
    _make_tables()
    _bound_cards()
    _let_ballots_name_a_session()
    _refuse_void()
    _count_entered()
    _keep_void()


def _make_tables() -> None:
    op.create_table(
        "counted_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("tellers", sa.Text(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("collected", sa.Integer(), nullable=True),
        sa.Column("spoiled", sa.Integer(), nullable=True),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        *(_check(name, rule) for name, rule in COUNTED.items()),
        _foreign("counted_session", "round"),
        _foreign("counted_session", "link"),
        _foreign("counted_session", "batch"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_session")),
        sa.UniqueConstraint("link_id", name=op.f("uq_counted_session_link_id")),
        sa.UniqueConstraint("batch_id", name=op.f("uq_counted_session_batch_id")),
    )
    op.create_index("ix_counted_session_round_id", "counted_session", ["round_id"])
    op.create_table(
        "kiosk",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.CheckConstraint("release IN ('free', 'number', 'card')", name=op.f("ck_kiosk_release")),
        _foreign("kiosk", "link"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_kiosk")),
    )
    op.create_table(
        "asked",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("bin", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_asked_n")),
        _foreign("asked", "link"),
        sa.PrimaryKeyConstraint("link_id", "bin", name=op.f("pk_asked")),
        sqlite_with_rowid=False,
    )


COUNTED = {
    "kind": "kind IN ('paper', 'phone')",
    "issued": "issued > 0",
    "counted_whole": "(collected IS NULL) = (spoiled IS NULL)",
    "spoiled": "spoiled IS NULL OR spoiled BETWEEN 0 AND collected",
    "no_more_than_issued": "collected IS NULL OR collected <= issued OR is_void",
    "void_says_why": "is_void = (void_reason <> '')",
    "entered_was_valid": "entered BETWEEN 0 AND coalesce(collected - spoiled, 0)",
}


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_counted_session_{name}"))


def _foreign(table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{other}_id_{other}")
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name)


def _bound_cards() -> None:
    op.execute("ALTER TABLE batch ADD COLUMN valid_from DATE")
    op.execute(
        "ALTER TABLE batch ADD COLUMN valid_until DATE"
        " CONSTRAINT ck_batch_days CHECK (valid_from <= valid_until)"
    )
    op.execute(
        "ALTER TABLE batch ADD COLUMN place_id INTEGER"
        " CONSTRAINT fk_batch_place_id_link REFERENCES link (id)"
    )


def _let_ballots_name_a_session() -> None:
    """A ballot of a paper session or a telephone batch names it, as one of a poster does.

    SQLite keeps a check in the text of its table alone; no row changes when it is widened
    (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_ballot_link_if_open"), "ballot", type_="check")
        op.create_check_constraint(op.f("ck_ballot_link_if_open"), "ballot", LINK_AFTER)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    done = connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'ballot' AND instr(sql, ?) > 0",
        (LINK_BEFORE, LINK_AFTER, LINK_BEFORE),
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if done.rowcount != 1:
        raise RuntimeError("the check of ballot.link_id is not where it was")


def _refuse_void() -> None:
    """Nothing of a session is taken once it is void."""
    words = "void: counted_session"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER admission_void BEFORE INSERT ON admission"
            f" WHEN EXISTS ({VOID}) BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_void_session() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF EXISTS ({VOID}) THEN RAISE EXCEPTION '{words}'"
        " USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER admission_void BEFORE INSERT ON admission"
        " FOR EACH ROW EXECUTE FUNCTION refuse_void_session()"
    )


def _count_entered() -> None:
    """A session counts the admissions of its cards, and its check bounds them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for act, row, sign in (("INSERT", "NEW", "+"), ("DELETE", "OLD", "-")):
        name = f"admission_entered_{act.lower()}"
        counting = (
            f"UPDATE counted_session SET entered = entered {sign} 1"  # noqa: S608 -- our own names
            f" WHERE batch_id = (SELECT batch_id FROM card WHERE id = {row}.card_id);"
        )
        if is_sqlite:
            op.execute(f"CREATE TRIGGER {name} AFTER {act} ON admission BEGIN {counting} END")
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {counting} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {act} ON admission FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def _keep_void() -> None:
    """What is void stays void."""
    words = "void for good: counted_session"
    revived = "OLD.is_void AND NOT NEW.is_void"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER counted_session_void BEFORE UPDATE ON counted_session"
            f" WHEN {revived} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER counted_session_void BEFORE UPDATE ON counted_session"
        f" FOR EACH ROW WHEN ({revived}) EXECUTE FUNCTION refuse_revival()"
    )
