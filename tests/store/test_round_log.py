"""The public log of a round: begun at opening, every act a leaf, closed whole, never taken back."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from analysis.round_log.leaves import commitment, receipt_hash
from analysis.round_log.merkle import leaf_hash
from survey_app.ballots import integration
from survey_app.ballots.accept import accept_many
from survey_app.ballots.cards import reissue
from survey_app.ballots.integration import LEAST, LEFT, integrate
from survey_app.ballots.integrator import Integrator
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.ballots.writer import BallotWriter
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.record import round_log
from survey_app.record.tables import LogLeaf, RecordEntry
from survey_app.rounds import entrances, life
from survey_app.rounds.entrances import BatchSpec
from survey_app.rounds.frozen import load_round
from tests.logged import bodies, leaves, rest, send, types
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, cards=4)


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


def test_batches_come_at_most_once_a_minute(world: World) -> None:
    send(world, 2 * LEAST)
    integrator = Integrator(world.database)
    assert integrator.run(world.round_id) == 0  # the head of the opening is seconds old
    rest(world)
    assert integrator.run(world.round_id) == 2 * LEAST - LEFT
    send(world, 2 * LEAST)
    assert integrator.run(world.round_id) == 0


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


def test_without_the_rounds_key_the_close_goes_on_and_tells_no_card(world: World) -> None:
    send(world, 2, cards=2)
    world.keys.destroy(world.round_id)
    closing.close_round(world.database, OPERATOR, world.round_id)
    told = types(world)
    assert (told.count("ballot"), told.count("admission"), told.count("close")) == (4, 0, 1)


def test_a_reopened_log_goes_on_and_tells_only_new_cards_at_its_second_close(
    world: World,
) -> None:
    send(world, 3, cards=2)
    closing.close_round(world.database, OPERATOR, world.round_id)
    with world.database.write() as session:
        row = load_round(session, world.round_id)
        life.move(session, row, "reopen", OPERATOR, clock.now())
    outcomes = accept_many(
        world.database,
        world.keys,
        [world.ballot(world.at_card(world.cards[3].qr_code))],
        at=clock.now(),
    )
    assert outcomes[0].kind == "accepted"
    before = len(types(world))
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert types(world)[before:].count("admission") == 1
    nullifiers = [one["nullifier"] for one in leaves(world) if one["type"] == "admission"]
    assert len(nullifiers) == len(set(nullifiers)) == 3


def test_two_processes_that_let_in_at_the_same_moment_do_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(world, LEAST + 5)
    look, others = integration._waiting, []

    def interrupted(database: Database, round_id: int, key: Any, columns: Any) -> Iterator[Any]:
        if key.class_ is Receipt and not others:
            others.append(0)
            others[0] = integrate(database, round_id)
        return look(database, round_id, key, columns)

    monkeypatch.setattr(integration, "_waiting", interrupted)
    assert (integrate(world.database, world.round_id), others) == (0, [LEAST + 5 - LEFT])
    assert types(world).count("ballot") == types(world).count("receipt") == LEAST + 5 - LEFT


def test_the_writer_lets_ballots_into_the_log_on_its_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey_app.ballots.integrator.REST_SECONDS", 0)
    writer = BallotWriter(world.database, world.keys)
    for _ in range(LEAST + 5):
        assert writer.submit(world.ballot(world.at_link())).kind == "accepted"
    for thread in threading.enumerate():
        if thread.name == "round-log":
            thread.join()
    assert types(world).count("ballot") == types(world).count("receipt") >= LEAST - LEFT


def test_the_clock_closes_the_log_too(database: Database, tmp_path: Path) -> None:
    at = clock.now() + timedelta(hours=1)
    world = make_world(database, tmp_path, close_at=at)
    send(world, 3)
    assert life.close_if_due(database, world.round_id, at)
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
