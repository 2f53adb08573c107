"""Sealed rounds: nothing of an answer on the disk before two of three holders open it."""

import base64
import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from analysis.round_log.leaves import batch_root
from survey_app.ballots.accept import accept_many
from survey_app.ballots.envelope import BUCKET, is_envelope
from survey_app.ballots.payload import unpack
from survey_app.ballots.tables import Ballot, Comment
from survey_app.closing import ceremony, unsealing
from survey_app.closing import service as closing
from survey_app.closing.key_files import KeyFiles
from survey_app.closing.shares import WrongShareError
from survey_app.closing.tables import KeyHolder
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.record.tables import LogLeaf, RecordEntry
from survey_app.rounds import service
from survey_app.rounds.frozen import load_round
from survey_app.rounds.tables import Round
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, hold_ceremony, make_world

WORDS = "路灯三个月不亮没人管"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, cards=4, is_sealed=True)


def hand_in(world: World) -> list[bytes]:
    """Three ballots with a card, two by poster; the plain payloads of the former."""
    entrances = [world.at_card(card.qr_code) for card in world.cards[:3]]
    entrances += [world.at_link("u1"), world.at_link("u2")]
    ballots = [world.ballot(one, comment=WORDS) for one in entrances]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    assert [one.kind for one in outcomes] == ["accepted"] * 5
    return [one.payload for one in ballots]


def stored(world: World) -> Sequence[Ballot]:
    with world.database.read() as session:
        return session.scalars(select(Ballot).order_by(Ballot.id)).all()


def open_up(world: World, *shares: int) -> int:
    texts = [world.shares[number - 1] for number in shares]
    return unsealing.unseal(
        world.database, world.rounds, world.keys.folder, OPERATOR, world.round_id, texts
    )


def test_every_ballot_of_a_sealed_round_is_an_envelope(world: World) -> None:
    hand_in(world)
    rows = stored(world)
    assert all(is_envelope(one.payload) for one in rows)
    assert len({len(one.payload) % BUCKET for one in rows}) == 1
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 0
    assert {one.evidence: one.ratee_number is None for one in rows} == {"code": True, "open": False}


def test_any_two_holders_open_it_after_the_close(world: World) -> None:
    hand_in(world)
    with pytest.raises(ProblemsError):
        open_up(world, 1, 3)
    before = {one.id for one in stored(world)}, {one.commitment for one in stored(world)}
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert open_up(world, 1, 3) == 5
    rows = stored(world)
    assert not any(is_envelope(one.payload) for one in rows)
    assert not before[0] & {one.id for one in rows}
    assert not before[1] & {one.commitment for one in rows}
    with world.database.read() as session:
        comments = session.scalars(select(Comment)).all()
    assert comments
    assert {one.text for one in comments} == {WORDS}
    assert KeyFiles(world.keys.folder, world.round_id).left() == []


def test_it_does_not_matter_which_two(world: World) -> None:
    found = ceremony.read(world.database, world.round_id)
    for two in permutations(world.shares, 2):
        key, holders = ceremony.unlock(found, world.keys.folder, two)
        assert key.public_key().public_bytes_raw() == found.row.public_key
        assert [str(one) for one in holders] == [text[0] for text in two]


def test_one_holder_alone_opens_nothing_and_a_wrong_share_is_named(world: World) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    with pytest.raises(WrongShareError) as caught:
        open_up(world, 2, 2)
    assert "同一份" in str(caught.value)
    good, bad = world.shares[0], world.shares[2].replace(" ", "")
    bad = bad[:6] + ("A" if bad[6] != "A" else "B") + bad[7:]
    with pytest.raises(WrongShareError) as caught:
        unsealing.unseal(
            world.database, world.rounds, world.keys.folder, OPERATOR, world.round_id, [good, bad]
        )
    assert str(caught.value).startswith("第二份：第 2 组")
    assert all(is_envelope(one.payload) for one in stored(world))
    assert open_up(world, 1, 3) == 5


def test_what_was_answered_comes_out_as_in_a_plain_round(world: World, tmp_path: Path) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    open_up(world, 1, 2)
    closing.seal(world.database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    frozen = world.rounds.get(world.round_id)
    for one in stored(world):
        rated = dict(unpack(one.payload, frozen.widths(one.rater_class)))
        assert one.ratee_number == (None if one.evidence == "code" else next(iter(rated)))
        assert len(rated) == (3 if one.evidence == "code" else 1)
        assert all(0 not in codes[:-1] for codes in rated.values())


def test_opening_is_on_record_and_in_the_log(world: World) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    open_up(world, 3, 1)
    with world.database.read() as session:
        entry = session.scalar(select(RecordEntry).where(RecordEntry.action == "round.unsealed"))
        assert entry is not None
        assert entry.details == {"ballots": 5, "holders": "1 赵一、3 孙三"}
        leaves = [json.loads(one) for one in session.scalars(select(LogLeaf.body))]
    (opened,) = [one for one in leaves if one["type"] == "opened"]
    assert (opened["ballots"], opened["holders"], opened["rehearsed"]) == (5, [1, 3], True)
    assert opened["root"] == batch_root(one.commitment for one in stored(world)).hex()


def test_a_changed_envelope_stops_the_opening_and_nothing_is_changed(world: World) -> None:
    hand_in(world)
    victim = stored(world)[0]
    replace_row(world, victim, payload=victim.payload[:-1] + bytes([victim.payload[-1] ^ 1]))
    closing.close_round(world.database, OPERATOR, world.round_id)
    before = {(one.id, one.payload) for one in stored(world)}
    with pytest.raises(unsealing.BrokenBallotsError) as caught:
        open_up(world, 1, 2)
    assert caught.value.values == {"n": 1, "all": 5}
    assert {(one.id, one.payload) for one in stored(world)} == before
    assert KeyFiles(world.keys.folder, world.round_id).left()


def test_an_envelope_the_log_does_not_know_stops_the_opening(world: World) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    forged = world.ballot(world.at_link("u1"))
    row = stored(world)[0]
    content = {"payload": forged.payload, "commitment": forged.commitment}
    replace_row(world, row, **content, opening=forged.opening)
    with pytest.raises(unsealing.BrokenBallotsError):
        open_up(world, 1, 2)


def test_a_card_is_not_told_from_its_ballot_by_the_commitment(world: World) -> None:
    """Whoever saw during the round which envelope came with a card finds it nowhere after."""
    hand_in(world)
    seen = {bytes(value) for one in stored(world) for value in (one.id, one.commitment)}
    closing.close_round(world.database, OPERATOR, world.round_id)
    open_up(world, 1, 2)
    after = {bytes(value) for one in stored(world) for value in (one.id, one.commitment)}
    assert not seen & after
    assert not seen & {bytes(one.opening) for one in stored(world)}


def test_an_interrupted_opening_can_be_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)

    def power_cut(*_given: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(unsealing, "_tell", power_cut)
        with pytest.raises(OSError, match="Input/output"):
            open_up(world, 1, 2)
    assert all(is_envelope(one.payload) for one in stored(world))
    assert open_up(world, 1, 2) == 5


def test_a_start_after_a_crash_destroys_the_key_of_an_opened_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    with monkeypatch.context() as patch:
        patch.setattr(KeyFiles, "destroy", lambda _self: None)
        open_up(world, 1, 2)
    files = KeyFiles(world.keys.folder, world.round_id)
    assert files.left()
    unsealing.finish_interrupted(world.database, world.keys.folder)
    assert files.left() == []


def test_sealing_waits_for_the_opening(world: World, tmp_path: Path) -> None:
    hand_in(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    with pytest.raises(ProblemsError) as caught:
        closing.seal(world.database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    assert "开封" in str(caught.value)


def replace_row(world: World, row: Ballot, **changed: object) -> None:
    """What somebody with the database can do: a row out, another in."""
    columns = {one.key: getattr(row, one.key) for one in Ballot.__table__.columns}
    with world.database.write() as session:
        session.delete(session.get(Ballot, row.id))
        session.flush()
        session.execute(insert(Ballot).values({**columns, **changed}))


def refused(world: World, statement: object, words: str) -> None:
    with pytest.raises(DBAPIError, match=words), world.database.write() as session:
        session.execute(statement)  # type: ignore[call-overload]


def plain_row(world: World) -> dict[str, object]:
    row = stored(world)[0]
    columns = {one.key: getattr(row, one.key) for one in Ballot.__table__.columns}
    return {**columns, "id": bytes(16), "payload": b"\x01\x00\x01\x02"}


def test_the_database_refuses_plain_answers_in_a_sealed_round(world: World) -> None:
    hand_in(world)
    refused(world, insert(Ballot).values(plain_row(world)), "sealed: ballot")
    comment = {"id": bytes(16), "round_id": world.round_id, "ratee_number": 1, "item": "o"}
    refused(
        world, insert(Comment.__table__).values({**comment, "content": WORDS}), "sealed: comment"
    )


def test_without_its_rule_the_database_would_take_them(world: World) -> None:
    """The counter-proof: it is the trigger that refuses."""
    hand_in(world)
    row = plain_row(world)
    on = "" if world.database.is_sqlite else " ON ballot"
    with world.database.write() as session:
        session.execute(text(f"DROP TRIGGER ballot_sealed{on}"))
    with world.database.write() as session:
        session.execute(insert(Ballot).values(row))
    assert any(not is_envelope(one.payload) for one in stored(world))


def test_a_plain_round_takes_no_envelope(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path)
    accept_many(database, world.keys, [world.ballot(world.at_link())], at=clock.now())
    row = {**plain_row(world), "payload": b"\x02" + bytes(64)}
    refused(world, insert(Ballot).values(row), "sealed: ballot")


def test_secrecy_is_never_loosened(world: World) -> None:
    changes: list[dict[str, object]] = [
        {"is_sealed": False},
        {"public_key": b"k" * 32},
        {"public_key": None},
        {"rehearsed_at": None},
        {"keep_days": 3},
        {"unsealed_at": clock.now()},
    ]
    for change in changes:
        refused(world, update(Round).values(change), "secrecy: round")


def test_an_opened_round_is_never_open_again(world: World) -> None:
    closing.close_round(world.database, OPERATOR, world.round_id)
    open_up(world, 1, 2)
    refused(world, update(Round).values(state="open"), "secrecy: round")
    refused(world, update(Round).values(unsealed_at=None), "secrecy: round")


def test_a_round_that_was_frozen_sealed_stays_sealed(world_frozen: World) -> None:
    world = world_frozen
    service.unfreeze(world.database, OPERATOR, world.round_id)
    spec = service.RoundSpec("轮次", "", "", SCHEME, BINDINGS)
    with pytest.raises(service.LoosenedError):
        service.update_round(world.database, OPERATOR, world.round_id, spec)


@pytest.fixture
def world_frozen(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, is_sealed=True, state="frozen")


def test_a_test_of_a_sealed_round_needs_no_key(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, is_sealed=True, state="testing")
    accept_many(database, world.keys, [world.ballot(world.at_link())], at=clock.now())
    assert not is_envelope(stored(world)[0].payload)
    closing.wipe_test(database, OPERATOR, world.round_id)
    with pytest.raises(ProblemsError) as caught:
        service.freeze(database, OPERATOR, world.round_id)
    assert "密钥仪式" in str(caught.value)
    hold_ceremony(database, world.keys.folder, world.round_id)
    service.freeze(database, OPERATOR, world.round_id)


def test_the_frozen_document_carries_the_key(world: World) -> None:
    with world.database.read() as session:
        row = load_round(session, world.round_id)
    config = json.loads(row.frozen_config or "")
    assert config["sealed"] is True
    assert base64.b64decode(config["public_key"]) == row.public_key


def test_a_share_is_shown_once_and_a_restart_destroys_the_key(
    database: Database, tmp_path: Path
) -> None:
    world = make_world(database, tmp_path, is_sealed=True, state="draft")
    folder, round_id = world.keys.folder, world.round_id
    ceremony.begin(database, folder, OPERATOR, round_id, ["赵一", "钱二", "孙三"])
    with pytest.raises(ceremony.OutOfTurnError):
        ceremony.show(database, folder, OPERATOR, round_id, 2)
    ceremony.show(database, folder, OPERATOR, round_id, 1)
    with pytest.raises(ceremony.ShownBeforeError):
        ceremony.show(database, folder, OPERATOR, round_id, 1)
    assert len(KeyFiles(folder, round_id).left()) == 3
    assert {one.stat().st_mode & 0o777 for one in KeyFiles(folder, round_id).left()} == {0o600}
    ceremony.restart(database, folder, OPERATOR, round_id)
    assert KeyFiles(folder, round_id).left() == []
    with database.read() as session:
        assert session.scalars(select(KeyHolder)).all() == []
        assert load_round(session, round_id).public_key is None
        actions = session.scalars(select(RecordEntry.action).order_by(RecordEntry.id)).all()
    assert [one for one in actions if one.startswith("ceremony.")] == [
        "ceremony.begin",
        "ceremony.show",
        "ceremony.restart",
    ]


def test_the_ceremony_is_over_when_the_round_is_frozen(world: World) -> None:
    with pytest.raises(ceremony.NoCeremonyError):
        ceremony.restart(world.database, world.keys.folder, OPERATOR, world.round_id)


def test_three_different_holders_are_needed(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, is_sealed=True, state="draft")
    for names in (["甲", "乙"], ["甲", "乙", " "], ["甲", "乙", "甲"]):
        with pytest.raises(ProblemsError):
            ceremony.begin(database, world.keys.folder, OPERATOR, world.round_id, names)
