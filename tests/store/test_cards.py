"""A replaced card is dead, its successor lives, and a used one cannot be replaced."""

from pathlib import Path

import pytest
from sqlalchemy import select

from survey_app.ballots.accept import accept_many
from survey_app.ballots.cards import UsedCardError, reissue
from survey_app.ballots.entrance import MistypedError, UnknownCodeError, VoidCardError
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.record.tables import RecordEntry
from survey_app.rounds.codes import new_typed
from survey_app.rounds.entrances import BatchSpec, issue_cards
from survey_app.rounds.keys import KeyLostError
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path, cards=2)


def test_a_lost_card_dies_when_its_successor_is_made(world: World) -> None:
    old = world.cards[0]
    ballot = world.ballot(world.at_card(old.qr_code))
    fresh = reissue(world.database, world.keys, OPERATOR, old.typed_code)
    for code in (old.qr_code, old.typed_code):
        with pytest.raises(VoidCardError):
            world.at_card(code)
    (late,) = accept_many(world.database, world.keys, [ballot], at=clock.now())
    assert late.kind == "code_void"
    again = world.ballot(world.at_card(fresh.typed_code))
    (taken,) = accept_many(world.database, world.keys, [again], at=clock.now())
    assert taken.kind == "accepted"
    with world.database.read() as session:
        entry = session.scalars(
            select(RecordEntry).where(RecordEntry.action == "card.reissue")
        ).one()
    assert old.typed_code not in str(entry.details)
    with pytest.raises(VoidCardError):
        reissue(world.database, world.keys, OPERATOR, old.typed_code)


def test_a_used_card_cannot_be_replaced(world: World) -> None:
    ballot = world.ballot(world.at_card(world.cards[0].qr_code))
    accept_many(world.database, world.keys, [ballot], at=clock.now())
    with pytest.raises(UsedCardError):
        reissue(world.database, world.keys, OPERATOR, world.cards[0].qr_code)


def test_a_code_of_no_card_is_refused_as_such(world: World) -> None:
    with pytest.raises(UnknownCodeError):
        reissue(world.database, world.keys, OPERATOR, new_typed())
    with pytest.raises(MistypedError):
        reissue(world.database, world.keys, OPERATOR, "12345")


def test_a_round_whose_key_is_lost_says_so_and_can_still_be_closed(
    world: World, tmp_path: Path
) -> None:
    world.keys.destroy(world.round_id)
    with pytest.raises(UnknownCodeError):
        world.at_card(world.cards[0].qr_code)
    with pytest.raises(KeyLostError):
        world.ballot(world.at_link(), device="phone")
    spec = BatchSpec("补发", "delegate", "assembly", 1)
    with pytest.raises(KeyLostError):
        issue_cards(world.database, world.keys, OPERATOR, world.round_id, spec)
    assert closing.close_round(world.database, OPERATOR, world.round_id) == 0
    assert closing.seal(world.database, world.rounds, OPERATOR, world.round_id, tmp_path / "s")
