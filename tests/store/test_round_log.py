"""The public log of a round: begun at opening, every act a leaf, closed whole, never taken back."""

import base64
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from analysis.round_log.leaves import commitment, read_leaf, receipt_hash
from analysis.round_log.merkle import leaf_hash, root
from analysis.round_log.notes import open_checkpoint
from survey_app.ballots.accept import accept_many
from survey_app.ballots.cards import reissue
from survey_app.ballots.integration import LEAST, LEFT, integrate
from survey_app.ballots.integrator import Integrator
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.record import round_log
from survey_app.record import service as record
from survey_app.record.notary import Notary
from survey_app.record.tables import LogCheckpoint, LogLeaf, RecordEntry
from survey_app.rounds import entrances, log_opening
from survey_app.rounds.entrances import BatchSpec
from survey_app.rounds.frozen import load_round
from survey_app.rounds.life import close_if_due
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, cards=4)


def leaves(world: World) -> list[dict[str, Any]]:
    return [read_leaf(body) for body in bodies(world)]


def bodies(world: World) -> list[bytes]:
    with world.database.read() as session:
        return list(session.scalars(select(LogLeaf.body).order_by(LogLeaf.place)))


def types(world: World) -> list[str]:
    return [one["type"] for one in leaves(world)]


def heads(world: World) -> list[LogCheckpoint]:
    with world.database.read() as session:
        return list(session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)))


def send(world: World, n: int, cards: int = 0) -> list[str]:
    ballots = [world.ballot(world.at_link()) for _ in range(n)]
    ballots += [world.ballot(world.at_card(one.qr_code)) for one in world.cards[:cards]]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    return [one.receipt for one in outcomes if one.receipt]


def test_the_log_begins_at_opening_with_what_was_frozen_and_issued(world: World) -> None:
    first, issued, *rest = leaves(world)
    with world.database.read() as session:
        row = load_round(session, world.round_id)
        last_before = session.scalars(
            select(RecordEntry).order_by(RecordEntry.id.desc()).limit(1)
        ).one()
    assert (first["type"], first["round"]) == ("round", row.key)
    assert first["config"] == json.loads(row.frozen_config or "")
    assert first["record"] == last_before.digest.hex()
    assert (issued["type"], issued["rater_class"], issued["issued"]) == ("issuance", "delegate", 4)
    assert rest == []


def test_there_is_no_log_before_the_formal_opening(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="testing", cards=2)
    send(world, 3, cards=1)
    assert leaves(world) == []
    assert round_log.checkpoint(database, world.round_id) is None
    closing.wipe_test(database, OPERATOR, world.round_id)
    assert leaves(world) == []


def test_every_act_on_an_open_round_is_a_leaf_with_the_digest_of_its_entry(world: World) -> None:
    closing.close_round(world.database, OPERATOR, world.round_id)
    with world.database.read() as session:
        acts = session.execute(
            select(RecordEntry.action, RecordEntry.digest)
            .where(RecordEntry.round_id == world.round_id)
            .order_by(RecordEntry.id)
        ).all()
    begun = [action for action, _ in acts].index("round.open") + 1
    told = [(one["action"], one["digest"]) for one in leaves(world) if one["type"] == "act"]
    assert told == [(action, digest.hex()) for action, digest in acts[begun:]]
    assert told[0][0] == "round.close"


def test_cards_issued_and_replaced_later_are_told_at_that_moment(world: World) -> None:
    spec = BatchSpec("补发", "delegate", "assembly", 3)
    entrances.issue_cards(world.database, world.keys, OPERATOR, world.round_id, spec)
    reissue(world.database, world.keys, OPERATOR, world.cards[0].qr_code)
    assert types(world)[2:] == ["act", "issuance", "act", "reissue"]
    told = leaves(world)
    assert told[3]["issued"] == 3
    assert told[5]["void"] != told[5]["new"]


def test_a_batch_leaves_ten_behind_and_takes_as_many_receipts(world: World) -> None:
    send(world, LEAST - 1)
    assert integrate(world.database, world.round_id) == 0
    send(world, 6)
    assert integrate(world.database, world.round_id) == LEAST + 5 - LEFT
    told = types(world)
    assert told.count("ballot") == told.count("receipt") == LEAST + 5 - LEFT
    hashes = [leaf_hash(body) for body in bodies(world)][2:]
    assert hashes == sorted(hashes)
    assert integrate(world.database, world.round_id) == 0


def test_few_of_a_class_wait_until_the_close(world: World) -> None:
    send(world, LEAST + 10, cards=4)
    integrate(world.database, world.round_id)
    assert {one.get("rater_class") for one in leaves(world) if one["type"] == "ballot"} == {
        "citizen"
    }


def test_no_batch_is_taken_over_leaves_that_nobody_signed(world: World) -> None:
    """Two additions under one head would not be in order."""
    send(world, 2 * LEAST)
    world.database.after_write.clear()
    assert integrate(world.database, world.round_id) == 2 * LEAST - LEFT
    send(world, LEAST)
    assert integrate(world.database, world.round_id) == 0
    round_log.checkpoint(world.database, world.round_id)
    assert integrate(world.database, world.round_id) == LEAST


def test_batches_come_at_most_once_a_minute(world: World) -> None:
    send(world, 2 * LEAST)
    integrator = Integrator(world.database)
    assert integrator.run(world.round_id) == 0  # the head of the opening is seconds old
    rest(world)
    assert integrator.run(world.round_id) == 2 * LEAST - LEFT
    send(world, 2 * LEAST)
    assert integrator.run(world.round_id) == 0


def rest(world: World) -> None:
    """Make the last signed head two minutes old."""
    (head,) = (world.keys.folder.parent / "log-heads").glob("*.note")
    at = head.stat().st_mtime - 120
    os.utime(head, (at, at))


def test_the_close_takes_in_all_that_waits_then_the_cards_then_itself(world: World) -> None:
    given = send(world, LEAST + 5, cards=2)
    integrate(world.database, world.round_id)
    assert "admission" not in types(world)
    before = len(types(world))
    closing.close_round(world.database, OPERATOR, world.round_id)
    told = types(world)[before:]
    n = LEFT + 2
    assert told[0] == told[-1] == "act"
    assert set(told[1 : 1 + 2 * n]) == {"ballot", "receipt"}
    assert told[1 + 2 * n : -1] == ["admission", "admission", "close"]
    close = next(one for one in leaves(world) if one["type"] == "close")
    assert close["received"] == {"citizen": LEAST + 5, "delegate": 2}
    hashes = {one["hash"] for one in leaves(world) if one["type"] == "receipt"}
    assert hashes == {receipt_hash(one).hex() for one in given}
    ordered = [leaf_hash(body) for body in bodies(world)][before + 1 : before + 1 + 2 * n]
    assert ordered == sorted(ordered)


def test_the_clock_closes_the_log_too(database: Database, tmp_path: Path) -> None:
    at = clock.now() + timedelta(hours=1)
    world = make_world(database, tmp_path, close_at=at)
    send(world, 3)
    assert close_if_due(database, world.round_id, at)
    (close,) = (one for one in leaves(world) if one["type"] == "close")
    assert (close["received"], close["is_early"]) == ({"citizen": 3}, False)
    assert types(world).count("ballot") == 3


def test_an_interrupted_close_leaves_no_half_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(world, 5)
    before = bodies(world)

    def cut(*_given: object, **_named: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(closing, "_count", cut)
        with pytest.raises(OSError, match="Input"):
            closing.close_round(world.database, OPERATOR, world.round_id)
    assert bodies(world) == before
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert types(world).count("ballot") == 5


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


def roll_back(world: World, n: int, *, is_other: bool = False) -> None:
    """Put the store's log back to `n` leaves, as an older backup would; perhaps with another."""
    with world.database.write_rows() as connection:
        without_triggers(connection)
        connection.execute(delete(LogCheckpoint).where(LogCheckpoint.size > n))
        connection.execute(delete(LogLeaf).where(LogLeaf.place >= n))
    if is_other:
        with world.database.write() as session:
            for number in range(5):
                record.append(session, OPERATOR, "round.other", round_id=world.round_id, n=number)


def without_triggers(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        for table in ("log_leaf", "log_checkpoint"):
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER {table}_no_{act}"))
    else:
        connection.execute(text("ALTER TABLE log_leaf DISABLE TRIGGER USER"))
        connection.execute(text("ALTER TABLE log_checkpoint DISABLE TRIGGER USER"))


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


def test_without_the_file_of_heads_the_older_store_is_signed(world: World) -> None:
    """The counter-proof: the file outside the database is what tells."""
    send(world, 3)
    closing.close_round(world.database, OPERATOR, world.round_id)
    roll_back(world, 2)
    for head in (world.keys.folder.parent / "log-heads").glob("*.note"):
        head.unlink()
    assert round_log.checkpoint(world.database, world.round_id) is not None


def test_another_key_does_not_go_on_with_a_log(world: World, tmp_path: Path) -> None:
    round_log.attach(world.database, Notary(tmp_path / "other", tmp_path / "log-heads"))
    with pytest.raises(round_log.LogKeyChangedError):
        round_log.checkpoint(world.database, world.round_id)


def test_a_log_keeps_its_name_when_the_host_is_renamed(world: World, tmp_path: Path) -> None:
    log_opening.keep(world.database, world.keys, tmp_path / "log-heads", "https://new.gov.cn")
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert {one.note.partition("\n")[0] for one in heads(world)} == {"survey/round/test-round"}


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


def test_openings_show_what_the_log_committed_to(world: World, tmp_path: Path) -> None:
    send(world, 5, cards=2)
    closing.close_round(world.database, OPERATOR, world.round_id)
    closing.seal(world.database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    path = tmp_path / "sealed" / "test-round" / "openings.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    opened = [commitment(bytes.fromhex(one["opening"]), one["content"]) for one in lines]
    assert opened == sorted(opened)
    told = {one["commitment"] for one in leaves(world) if one["type"] == "ballot"}
    assert {one.hex() for one in opened} == told
    assert len(lines) == 7
    assert types(world)[-1] == "sealed"


def joined_by_nearness(world: World) -> int:
    """How many of 60 ballots an attacker joins with their receipts by nearness in the log."""
    pairs: dict[bytes, bytes] = {}
    for _ in range(60):
        (number,) = send(world, 1)
        with world.database.read() as session:
            fresh = set(session.scalars(select(Ballot.commitment))) - pairs.keys()
        pairs[fresh.pop()] = receipt_hash(number)
        integrate(world.database, world.round_id)
    closing.close_round(world.database, OPERATOR, world.round_id)
    with world.database.read() as session:
        subjects = select(LogLeaf.subject).where(LogLeaf.subject.is_not(None))
        order = list(session.scalars(subjects.order_by(LogLeaf.place)))
    places = {one: n for n, one in enumerate(order)}
    receipts = [(places[one], one) for one in pairs.values()]
    return sum(
        min(receipts, key=lambda near: abs(near[0] - places[ballot]))[1] == receipt
        for ballot, receipt in pairs.items()
    )


def test_no_place_joins_a_receipt_to_its_ballot(world: World) -> None:
    assert joined_by_nearness(world) <= 14  # chance expects about three


def test_without_batches_every_place_would(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: one at a time, nearness in the log tells most."""
    monkeypatch.setattr("survey_app.ballots.integration.LEAST", 1)
    monkeypatch.setattr("survey_app.ballots.integration.LEFT", 0)
    assert joined_by_nearness(world) >= 30  # the rest are ties of two neighbours
