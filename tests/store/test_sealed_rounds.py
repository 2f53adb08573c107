"""Sealed rounds: nothing of an answer on the disk before two of three holders open it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from survey_app.ballots.accept import accept_many
from survey_app.ballots.envelope import BUCKET, is_envelope
from survey_app.ballots.tables import Ballot, Comment
from survey_app.closing import ceremony, service as closing, unsealing
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
from tests.rounds import OPERATOR, World, hold_ceremony, make_world

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
