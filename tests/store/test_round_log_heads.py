"""The signed heads of a log: one after every commit, never over less, whatever is put back."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from analysis.round_log.merkle import leaf_hash, root
from analysis.round_log.notes import open_checkpoint
from survey_app.ballots.integration import LEAST, LEFT, integrate
from survey_app.ballots.tables import Receipt
from survey_app.closing import service as closing
from survey_app.core.database import Database
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.record.notary import Notary
from survey_app.rounds import log_opening
from tests.logged import bodies, heads, leaves, roll_back, send, types, without_triggers
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, cards=4)


def test_no_batch_is_taken_over_leaves_that_nobody_signed(world: World) -> None:
    """Two additions under one head would not be in order."""
    send(world, 2 * LEAST)
    world.database.after_write.clear()
    assert integrate(world.database, world.round_id) == 2 * LEAST - LEFT
    send(world, LEAST)
    assert integrate(world.database, world.round_id) == 0
    round_log.checkpoint(world.database, world.round_id)
    assert integrate(world.database, world.round_id) == LEAST


def test_acts_at_the_same_moment_queue_for_their_places(world: World) -> None:
    def act(number: int) -> None:
        with world.database.write() as session:
            record.append(session, OPERATOR, "round.other", round_id=world.round_id, n=number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(24)))
    assert types(world)[2:] == ["act"] * 24
    assert heads(world)[-1].size == 26
    hashes = [leaf_hash(body) for body in bodies(world)]
    assert all(one.root == root(hashes[: one.size]) for one in heads(world))


def test_every_commit_is_followed_by_a_signed_head(world: World) -> None:
    send(world, 3)
    closing.close_round(world.database, OPERATOR, world.round_id)
    first = leaves(world)[0]
    signed = [
        open_checkpoint(one.note, "survey/round/test-round", base64.b64decode(first["log_key"]))
        for one in heads(world)
    ]
    hashes = [leaf_hash(body) for body in bodies(world)]
    assert [one.size for one in signed] == [2, len(hashes)]
    assert [one.root for one in signed] == [root(hashes[: one.size]) for one in signed]


def test_a_crash_between_commit_and_signing_is_made_up_for(world: World) -> None:
    world.database.after_write.clear()
    send(world, 3)
    closing.close_round(world.database, OPERATOR, world.round_id)
    n = len(bodies(world))
    assert [one.size for one in heads(world)] == [2]
    round_log.resume(world.database)
    assert [one.size for one in heads(world)] == [2, n]
    round_log.resume(world.database)
    assert [one.size for one in heads(world)] == [2, n]


def test_one_leaf_without_a_head_is_enough_to_sign_at_the_next_start(world: World) -> None:
    follow = world.database.after_write.copy()
    world.database.after_write.clear()
    with world.database.write() as session:
        record.append(session, OPERATOR, "round.other", round_id=world.round_id)
    world.database.after_write.extend(follow)
    round_log.resume(world.database)
    assert [one.size for one in heads(world)] == [2, 3]


def test_only_a_head_over_all_leaves_can_rest(world: World) -> None:
    world.database.after_write.clear()
    with world.database.write() as session:
        record.append(session, OPERATOR, "round.other", round_id=world.round_id)
    assert not round_log.has_rested(world.database, world.round_id, 0)
    assert [one.size for one in heads(world)] == [2, 3], "it was signed instead"
    assert round_log.has_rested(world.database, world.round_id, 0)
    assert not round_log.has_rested(world.database, world.round_id, 60)


def test_a_clock_set_back_does_not_hold_up_the_log(world: World) -> None:
    at = heads_file(world).stat().st_mtime + 3600
    os.utime(heads_file(world), (at, at))
    assert round_log.has_rested(world.database, world.round_id, 60)
    heads_file(world).unlink()
    assert round_log.has_rested(world.database, world.round_id, 60)


def test_a_crash_after_signing_and_before_storing_signs_the_same_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []

    def crash(notary: Notary, round_key: str, note: str) -> None:
        remember(notary, round_key, note)
        signed.append(note)
        raise OSError(5, "power is gone")

    remember = Notary.remember
    with monkeypatch.context() as broken:
        broken.setattr(Notary, "remember", crash)
        closing.close_round(world.database, OPERATOR, world.round_id)
    assert len(heads(world)) == 1
    round_log.resume(world.database)
    assert heads(world)[-1].note == signed[0]


@pytest.mark.parametrize("is_other", [False, True])
def test_a_store_older_than_its_signed_head_is_not_signed(world: World, is_other: bool) -> None:
    send(world, 3)
    closing.close_round(world.database, OPERATOR, world.round_id)
    roll_back(world, 2, is_other=is_other)
    n = len(heads(world))
    with pytest.raises(round_log.LogBehindError):
        round_log.checkpoint(world.database, world.round_id)
    assert len(heads(world)) == n
    assert round_log.problem(world.database, world.round_id) is not None


def heads_file(world: World) -> Path:
    (file,) = (world.keys.folder.parent / "log-heads").glob("*.note")
    return file


def test_a_head_that_cannot_be_read_is_not_passed_over(world: World) -> None:
    """Else it would be enough to spoil the file to have an older store signed."""
    heads_file(world).write_text("nothing\n", encoding="utf-8")
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert [one.size for one in heads(world)] == [2]
    assert round_log.problem(world.database, world.round_id) is not None


def test_a_lost_file_of_heads_is_written_again_from_the_store(world: World) -> None:
    note = heads_file(world).read_text(encoding="utf-8")
    heads_file(world).unlink()
    round_log.checkpoint(world.database, world.round_id)
    assert heads_file(world).read_text(encoding="utf-8") == note


def test_a_file_of_heads_older_than_the_store_is_no_obstacle(world: World) -> None:
    """As after a restored folder of files: the store goes on from what was signed then."""
    old = heads_file(world).read_text(encoding="utf-8")
    closing.close_round(world.database, OPERATOR, world.round_id)
    heads_file(world).write_text(old, encoding="utf-8")
    assert round_log.problem(world.database, world.round_id) is None
    round_log.checkpoint(world.database, world.round_id)
    assert heads_file(world).read_text(encoding="utf-8") == heads(world)[-1].note


def test_without_the_file_of_heads_the_older_store_is_signed(world: World) -> None:
    """The counter-proof: the file outside the database is what tells."""
    send(world, 3)
    closing.close_round(world.database, OPERATOR, world.round_id)
    roll_back(world, 2)
    heads_file(world).unlink()
    assert round_log.checkpoint(world.database, world.round_id) is not None


def test_another_key_does_not_go_on_with_a_log(world: World, tmp_path: Path) -> None:
    round_log.attach(world.database, Notary(tmp_path / "other", tmp_path / "log-heads"))
    with pytest.raises(round_log.LogKeyChangedError):
        round_log.checkpoint(world.database, world.round_id)


def test_a_log_keeps_its_name_when_the_host_is_renamed(world: World, tmp_path: Path) -> None:
    log_opening.keep(world.database, world.keys, tmp_path / "log-heads", "https://new.gov.cn")
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert {one.note.partition("\n")[0] for one in heads(world)} == {"survey/round/test-round"}


@pytest.mark.parametrize("lost", ["file", "store"])
def test_it_does_so_even_where_one_of_its_heads_is_lost(
    world: World, tmp_path: Path, lost: str
) -> None:
    if lost == "file":
        heads_file(world).unlink()
    else:  # a crash between the first signing and its storing
        roll_back(world, 2)
        with world.database.write_rows() as connection:
            connection.execute(text("DELETE FROM log_checkpoint"))
    log_opening.keep(world.database, world.keys, tmp_path / "log-heads", "https://new.gov.cn")
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert heads(world)[-1].note.partition("\n")[0] == "survey/round/test-round"


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE log_leaf SET body = body",
        "DELETE FROM log_leaf",
        "UPDATE log_checkpoint SET size = size",
        "DELETE FROM log_checkpoint",
        "INSERT INTO log_leaf (round_id, place, body) VALUES (1, 7, 'x')",
    ],
)
def test_the_database_itself_refuses_to_change_a_log(world: World, act: str) -> None:
    with (
        pytest.raises(DBAPIError, match=r"append-only|out of order"),
        world.database.write_rows() as connection,
    ):
        connection.execute(text(act))
    with world.database.write_rows() as connection:  # the counter-proof
        without_triggers(connection)
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER log_leaf_in_order"))
        connection.execute(text(act))


def test_what_a_leaf_is_about_stands_in_the_log_once(world: World) -> None:
    send(world, 2)
    closing.close_round(world.database, OPERATOR, world.round_id)
    with world.database.read() as session:
        receipt = session.scalars(select(Receipt.leaf).limit(1)).one()
    with pytest.raises(DBAPIError), world.database.write() as session:
        round_log.add(session, world.round_id, {"type": "receipt", "hash": receipt.hex()}, receipt)
