"""Accepting a ballot: once, whole or not at all, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from survey_app.ballots.accept import accept_many
from survey_app.ballots.entrance import open_entrance
from survey_app.ballots.nonce import BadNonceError
from survey_app.ballots.tables import Admission, Arrival, Ballot, Comment, Draft, Receipt, Refusal
from survey_app.ballots.writer import BallotWriter
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Base, Database
from survey_app.core.errors import NotRecordedError
from survey_app.rounds import life, service
from survey_app.rounds.frozen import load_round
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, cards=4)


def accept(world: World, *submissions: object) -> list[object]:
    return accept_many(world.database, world.keys, submissions, at=clock.now())  # type: ignore[arg-type]


def count(world: World, table: type[Base]) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_ballot_is_stored_with_its_receipt(world: World) -> None:
    (outcome,) = accept(world, world.ballot(world.at_link(), comment="路灯不亮"))
    assert outcome.kind == "accepted"
    assert len(outcome.receipt) == 20
    assert (count(world, Ballot), count(world, Receipt), count(world, Comment)) == (1, 1, 1)


def test_the_same_nonce_gives_one_ballot_and_the_same_receipt(world: World) -> None:
    nonce = world.nonce()
    (first,) = accept(world, world.ballot(world.at_link(), nonce))
    (again,) = accept(world, world.ballot(world.at_link(), nonce, option="dissatisfied"))
    assert (again.kind, again.receipt) == ("replayed", first.receipt)
    assert count(world, Ballot) == 1


def test_a_card_is_burned_with_its_ballot(world: World) -> None:
    entrance = world.at_card(world.cards[0].qr_code)
    (first,) = accept(world, world.ballot(entrance))
    (second,) = accept(world, world.ballot(entrance))
    assert (first.kind, second.kind, second.receipt) == ("accepted", "code_used", None)
    assert count(world, Ballot) == count(world, Receipt) == count(world, Admission) == 1
    assert world.at_card(world.cards[0].typed_code).is_used


def test_one_batch_may_hold_every_kind_of_submission(world: World) -> None:
    entrance, nonce = world.at_card(world.cards[0].qr_code), world.nonce()
    outcomes = accept(
        world,
        world.ballot(world.at_link(), nonce),
        world.ballot(entrance),
        world.ballot(world.at_link(), nonce),
        world.ballot(entrance),
    )
    assert [one.kind for one in outcomes] == ["accepted", "accepted", "replayed", "code_used"]
    assert outcomes[0].receipt == outcomes[2].receipt
    assert count(world, Ballot) == 2


def test_nothing_is_accepted_after_the_close_but_receipts_are_kept(world: World) -> None:
    nonce, entrance = world.nonce(), world.at_link()
    (before,) = accept(world, world.ballot(entrance, nonce))
    with world.database.write() as session:
        row = load_round(session, world.round_id)
        life.move(session, row, "close", OPERATOR, clock.now())
    (replay,) = accept(world, world.ballot(entrance, nonce))
    (late,) = accept(world, world.ballot(entrance))
    assert (replay.kind, replay.receipt) == ("replayed", before.receipt)
    assert (late.kind, late.receipt) == ("closed", None)
    accept(world, world.ballot(entrance))
    assert count(world, Ballot) == 1
    with world.database.read() as session:
        refused = session.execute(select(Refusal.reason, Refusal.n)).all()
    assert [tuple(one) for one in refused] == [("closed", 2)]


def test_the_clock_closes_a_round_and_never_reopens_it(database: Database, tmp_path: Path) -> None:
    close_at = clock.now() + timedelta(hours=1)
    world = make_world(database, tmp_path, close_at=close_at)
    first, ballot = world.ballot(world.at_link()), world.ballot(world.at_link())
    just_before = close_at - timedelta(microseconds=1)
    (taken,) = accept_many(world.database, world.keys, [first], at=just_before)
    assert taken.kind == "accepted"
    late = close_at  # this very moment is too late already
    (refused,) = accept_many(world.database, world.keys, [ballot], at=late)
    assert refused.kind == "closed"
    seen = open_entrance(database, world.rounds, world.links["u1"], late)
    assert seen.phase == "over"
    (still,) = accept_many(
        world.database, world.keys, [ballot], at=close_at - timedelta(minutes=30)
    )
    assert still.kind == "closed"
    with world.database.read() as session:
        assert load_round(session, world.round_id).closed_at == late


def test_a_ballot_the_database_refuses_does_not_sink_the_others(world: World) -> None:
    good, bad, last = (world.ballot(world.at_link()) for _ in range(3))
    object.__setattr__(bad, "evidence", "hearsay")
    outcomes = accept(world, good, bad, last)
    assert [one.kind for one in outcomes] == ["accepted", "not_recorded", "accepted"]
    assert count(world, Ballot) == count(world, Receipt) == 2


def test_a_page_of_the_test_brings_no_formal_ballot(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="testing")
    nonces, tested = world.nonces, world.at_link()
    text = nonces.make(world.round_id, tested.form_id)
    assert nonces.read(text, world.round_id, tested.form_id)
    closing.wipe_test(database, OPERATOR, world.round_id)
    service.freeze(database, OPERATOR, world.round_id)
    service.open_round(database, OPERATOR, world.round_id)
    with pytest.raises(BadNonceError):
        nonces.read(text, world.round_id, world.at_link().form_id)


def test_who_was_told_of_a_failure_is_not_stored_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = BallotWriter(world.database, world.keys)
    turn = world.database.turn

    def full_disk() -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.database, "turn", full_disk)
    with pytest.raises(NotRecordedError):
        writer.submit(world.ballot(world.at_link()))
    monkeypatch.setattr(world.database, "turn", turn)
    assert writer.submit(world.ballot(world.at_link())).kind == "accepted"
    assert count(world, Ballot) == 1


def test_arrivals_are_counted_by_link_and_ten_minutes(world: World) -> None:
    accept(world, world.ballot(world.at_link()), world.ballot(world.at_link()))
    accept(world, world.ballot(world.at_card(world.cards[0].qr_code)))
    with world.database.read() as session:
        assert [one.n for one in session.scalars(select(Arrival))] == [2]


def test_codes_leave_nothing_beside_the_answers(world: World) -> None:
    accept(world, world.ballot(world.at_card(world.cards[0].qr_code), device="phone"))
    with world.database.read() as session:
        ballot = session.scalars(select(Ballot)).one()
    assert (ballot.link_id, ballot.device_mark, ballot.pace) == (None, None, None)


def test_a_device_has_one_mark_a_round_that_is_not_the_cookie(world: World) -> None:
    accept(
        world,
        world.ballot(world.at_link(), device="phone"),
        world.ballot(world.at_link("u2"), device="phone"),
        world.ballot(world.at_link(), device="other"),
    )
    with world.database.read() as session:
        marks = list(session.scalars(select(Ballot.device_mark)))
    assert len(set(marks)) == 2
    assert all(mark is not None and b"phone" not in mark for mark in marks)


def test_a_draft_dies_with_the_ballot_and_only_the_code_opens_it(world: World) -> None:
    from survey_app.ballots import drafts

    card = world.cards[1]
    assert drafts.save(world.database, world.at_card(card.qr_code), {"1.D1": "满意"})
    assert drafts.load(world.database, world.at_card(card.typed_code)) == {"1.D1": "满意"}
    assert drafts.load(world.database, world.at_card(world.cards[0].typed_code)) == {}
    with world.database.read() as session:
        assert "满意".encode() not in session.scalars(select(Draft.content)).one()
    entrance = world.at_card(card.typed_code)
    accept(world, world.ballot(entrance))
    assert count(world, Draft) == 0
    assert not drafts.save(world.database, entrance, {"1.D1": "满意"})
