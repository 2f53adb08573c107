"""What lies on the disk, byte by byte: before an opening, after it, and after a destruction."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest
from sqlalchemy import select, text

from survey_app.accounts import two_persons
from survey_app.accounts.tables import Operator
from survey_app.ballots.accept import accept_many, find_receipt
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.cli.archive import make_backup
from survey_app.closing import keeping, rewriting, unsealing
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import DomainError, ProblemsError
from survey_app.record import round_log
from survey_app.rounds import life
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.keys import KeyDestroyedError
from survey_app.rounds.tables import Card
from tests.prove.trials.linking import filled_at_random
from tests.rounds import OPERATOR, World, make_world

SECOND = SignedIn(2, "second", "另一位", "admin")


def on_disk(world: World, request: pytest.FixtureRequest) -> bytes:
    """All that the store has on the disk now: SQLite's neighbours, PostgreSQL's WAL."""
    if world.database.is_sqlite:
        path = Path(str(world.database.url.database))
        files: Iterator[Path] = path.parent.glob(f"{path.name}*")
        return b"".join(one.read_bytes() for one in files)
    url = world.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        oid = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        (number,) = oid.fetchone() or (0,)
    data = request.getfixturevalue("postgres_server").data
    tables = (data / "base" / str(number)).glob("*")
    wal = (data / "pg_wal").glob("0*")
    return b"".join(one.read_bytes() for one in (*tables, *wal))


def hand_in(world: World) -> list[bytes]:
    """Three ballots with cards; gives their plain payloads and comments."""
    # A server's WAL is that of all its tests: nobody answers like anybody before.
    codes = [card.qr_code for card in world.cards[:3]]
    words = [f"路灯三个月不亮没人管{code}。" for code in codes]
    filled = zip(codes, words, strict=True)
    given = [filled_at_random(world, code, Random(code), word) for code, word in filled]
    outcomes = accept_many(world.database, world.keys, [sent for sent, _ in given], at=clock.now())
    assert {one.kind for one in outcomes} == {"accepted"}
    return [*(payload for _, payload in given), *(word.encode() for word in words)]


def test_no_answer_lies_on_the_disk_before_the_opening(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    world = make_world(database, tmp_path, cards=3, is_sealed=True)
    secrets = hand_in(world)
    closing.close_round(database, OPERATOR, world.round_id)
    before = on_disk(world, request)
    texts = world.shares[:2]
    folder = world.keys.folder
    unsealing.unseal(database, world.rounds, folder, OPERATOR, world.round_id, texts)
    with database.read() as session:
        plain = set(session.scalars(select(Ballot.payload)))
    assert plain == set(secrets[:3])
    for secret in secrets:
        assert secret not in before
        assert secret in on_disk(world, request), "the search finds what is there"


def test_a_plain_round_would_be_found_out(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The counter-proof: the same search reads the answers of a round that is not sealed."""
    world = make_world(database, tmp_path, cards=3)
    secrets = hand_in(world)
    found = on_disk(world, request)
    assert all(one in found for one in secrets)


def test_the_private_key_never_lies_on_the_disk(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=1, is_sealed=True)
    found = unsealing.ceremony_of
    with database.read() as session:
        row = hold_round(session, world.round_id)
        key, _ = unsealing.unlock(found(session, row), world.keys.folder, world.shares[:2])
    kept = b"".join(one.read_bytes() for one in world.keys.folder.iterdir())
    assert key.private_bytes_raw() not in kept
    for share in world.shares:
        assert share.replace(" ", "").encode() not in kept


def assessed(database: Database, home: Path, keep_days: int = 0) -> World:
    world = make_world(database, home, cards=3, is_sealed=True, keep_days=keep_days)
    hand_in(world)
    closing.close_round(database, OPERATOR, world.round_id)
    folder = world.keys.folder
    unsealing.unseal(database, world.rounds, folder, OPERATOR, world.round_id, world.shares[1:])
    closing.seal(database, world.rounds, OPERATOR, world.round_id, home / "sealed")
    with database.write() as session:
        life.move(session, hold_round(session, world.round_id), "assess", OPERATOR, clock.now())
    return world


def permit(world: World) -> None:
    with world.database.write() as session:
        for login in (OPERATOR, SECOND.login):
            session.add(Operator(login=login, name=login, password_hash="", role="admin"))
        session.flush()
        act = two_persons.ask(session, OPERATOR, keeping.DESTROY, "保存期满", world.round_id)
    two_persons.approve(world.database, SECOND, act)


def destroy(world: World) -> dict[str, int]:
    return keeping.destroy(world.database, world.keys, OPERATOR, world.round_id)


def holds(world: World) -> list[bool]:
    return [one.holds for one in keeping.check(world.database, world.keys, world.round_id)]


def secrets_of(world: World) -> list[bytes]:
    """What could lead from a card or a browser to a ballot."""
    with world.database.read() as session:
        cards = session.scalars(select(Card)).all()
        receipts = session.scalars(select(Receipt)).all()
        ballots = session.scalars(select(Ballot)).all()
    key = (world.keys.folder / f"round-{world.round_id}.key").read_bytes()
    return [
        key,
        *(value for one in cards for value in (one.qr_hash, one.typed_hash, one.draft_key_qr)),
        *(value for one in receipts for value in (one.nonce_hash, one.number.encode())),
        *(one.opening or b"" for one in ballots),
    ]


def test_after_a_destruction_nothing_of_it_is_left(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest, settings: Settings
) -> None:
    world = assessed(database, settings.home)
    secrets, before = secrets_of(world), on_disk(world, request)
    assert all(one in before for one in secrets[1:])
    assert not all(holds(world))
    permit(world)
    counts = destroy(world)
    assert (counts["ballot"], counts["receipt"], counts["card"]) == (3, 3, 3)
    assert all(holds(world))
    files = on_disk(world, request)
    assert not [one for one in secrets if one in files]
    if database.is_sqlite:
        backup = make_backup(settings, tmp_path / "after.tar.gz", has_keys=True)
        assert not [one for one in secrets if one in unpacked(backup.path)]
    kept = b"".join(one.read_bytes() for one in world.keys.folder.iterdir())
    assert not [one for one in secrets if one in kept]


def test_wal_that_stays_would_give_away_what_was_destroyed(
    database: Database,
    settings: Settings,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The counter-proof: the segments before the destruction hold it, rewritten tables or not."""
    if database.is_sqlite:
        pytest.skip("PostgreSQL's write-ahead log is meant")
    world = assessed(database, settings.home)
    secrets = secrets_of(world)
    permit(world)
    monkeypatch.setattr(rewriting, "_let_go_of_wal", lambda _connection: None)
    destroy(world)
    assert [one for one in secrets if one in on_disk(world, request)]


def test_a_server_that_keeps_its_wal_is_named(database: Database) -> None:
    assert not database.keeps_old_wal()
    if database.is_sqlite:
        return
    with database.write_rows() as connection:
        connection.execute(text("CREATE ROLE wal_tester LOGIN"))
    try:
        url = database.url.set(username="wal_tester").render_as_string(hide_password=False)
        without_rights = Database(url)
        assert without_rights.keeps_old_wal()
        without_rights.dispose()
    finally:
        with database.write_rows() as connection:
            connection.execute(text("DROP ROLE wal_tester"))


def test_rows_deleted_without_scrubbing_would_be_found(
    database: Database, settings: Settings, request: pytest.FixtureRequest
) -> None:
    """The counter-proof: where SQLite does not overwrite, a deleted hash still lies there."""
    if not database.is_sqlite:
        pytest.skip("the pages of SQLite are meant")
    world = assessed(database, settings.home)
    secrets = secrets_of(world)
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA secure_delete = 0")
        raw.execute("DELETE FROM receipt")
    assert [one for one in secrets if one in on_disk(world, request)]


def unpacked(path: Path) -> bytes:
    with tarfile.open(path) as archive:
        files = [archive.extractfile(one) for one in archive.getmembers()]
        return b"".join(one.read() for one in files if one is not None)


def test_destruction_needs_its_day_and_a_second_person(
    database: Database, settings: Settings
) -> None:
    world = assessed(database, settings.home)
    with pytest.raises(two_persons.PermitNeededError):
        destroy(world)
    permit(world)
    destroy(world)
    with pytest.raises(ProblemsError):
        destroy(world)


def test_destruction_does_not_come_early(database: Database, settings: Settings) -> None:
    world = assessed(database, settings.home, keep_days=30)
    permit(world)
    with pytest.raises(ProblemsError) as caught:
        destroy(world)
    assert "保存期限还没有到" in str(caught.value)


def test_the_log_tells_of_it_and_a_replay_gets_a_clear_answer(
    database: Database, settings: Settings
) -> None:
    world = assessed(database, settings.home)
    with database.read() as session:
        n = round_log.size(session, world.round_id)
    permit(world)
    destroy(world)
    with database.read() as session:
        size, head = (
            round_log.size(session, world.round_id),
            round_log.newest(session, world.round_id),
        )
    assert size > n
    assert head is not None
    assert head.size == size
    with pytest.raises(KeyDestroyedError) as caught:
        find_receipt(database, world.keys, world.round_id, b"n" * 16)
    assert caught.value.status == 410
    assert "销毁" in caught.value.text(str)
    assert isinstance(caught.value, DomainError)


def test_a_start_after_a_crash_finishes_a_destruction(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = assessed(database, settings.home)
    permit(world)
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "finish", lambda *_given: None)
        destroy(world)
    assert not all(holds(world))
    keeping.finish_interrupted(database, world.keys)
    assert all(holds(world))
