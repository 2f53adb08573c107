"""What stops an opening: then nothing is changed, and it can be done once the cause is gone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from analysis.round_log.leaves import commitment
from survey_app.ballots.accept import accept_many
from survey_app.ballots.envelope import Letter, new_keys, open_trial, seal, seal_trial
from survey_app.ballots.tables import Ballot
from survey_app.closing import ceremony, unsealing
from survey_app.closing import service as closing
from survey_app.closing.key_files import KeyFiles
from survey_app.closing.openings import link_tokens, stored_content
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.record.tables import LogCheckpoint, LogLeaf
from survey_app.rounds.frozen import FrozenRound
from survey_app.rounds.tables import Round
from tests.logged import without_triggers
from tests.rounds import OPERATOR, World, make_world

HOLDERS = ["赵一", "钱二", "孙三"]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """A sealed round with three ballots, still open."""
    world = make_world(database, tmp_path, units=1, is_sealed=True)
    ballots = [world.ballot(world.at_link()) for _ in range(3)]
    accept_many(database, world.keys, ballots, at=clock.now())
    return world


def files(world: World) -> KeyFiles:
    return KeyFiles(world.keys.folder, world.round_id)


def stored(world: World) -> set[tuple[bytes, bytes]]:
    with world.database.read() as session:
        return {(one.id, one.payload) for one in session.scalars(select(Ballot))}


def open_up(world: World) -> int:
    return unsealing.unseal(
        world.database,
        world.rounds,
        world.keys.folder,
        OPERATOR,
        world.round_id,
        world.shares[:2],
    )


def stopped(world: World, error: type[Exception]) -> Exception:
    """Close, try, and see that everything is as before; gives what was said."""
    closing.close_round(world.database, OPERATOR, world.round_id)
    before = stored(world)
    with pytest.raises(error) as caught:
        open_up(world)
    assert stored(world) == before
    return caught.value


def exchange(world: World, payload: bytes) -> None:
    """As the owner of the server can while it is open: one ballot for another, in the log too."""
    with world.database.write() as session:
        row = session.scalars(select(Ballot).limit(1)).one()
        columns = {one.key: getattr(row, one.key) for one in Ballot.__table__.columns}
        forged = Ballot(**{**columns, "payload": payload})
        content = stored_content(forged, link_tokens(session, world.round_id))
        promised = commitment(forged.opening or b"", content)
        session.execute(delete(Ballot).where(Ballot.id == row.id))
        changed = {"payload": payload, "commitment": promised}
        session.execute(insert(Ballot).values({**columns, **changed}))


def of_another_key(round_: FrozenRound) -> bytes:
    _, public = new_keys()
    return seal(Letter.write(b"\x01", ()), replace(round_, public_key=public), "citizen")


def of_no_ballot(round_: FrozenRound) -> bytes:
    return seal(Letter.write(b"rubbish", ()), round_, "citizen")


@pytest.mark.parametrize("forged", [of_another_key, of_no_ballot])
def test_an_envelope_that_holds_no_ballot_of_this_round(
    world: World, forged: Callable[[FrozenRound], bytes]
) -> None:
    exchange(world, forged(world.rounds.get(world.round_id)))
    error = stopped(world, unsealing.BrokenBallotsError)
    assert isinstance(error, unsealing.BrokenBallotsError)
    assert error.values == {"n": 1, "all": 3}
    assert files(world).left(), "the key is still there"


def test_a_log_that_was_taken_away(world: World) -> None:
    """Else whoever deletes it could exchange envelopes unseen."""
    with world.database.write_rows() as connection:
        without_triggers(connection)
        connection.execute(delete(LogCheckpoint))
        connection.execute(delete(LogLeaf))
    error = stopped(world, unsealing.BrokenBallotsError)
    assert isinstance(error, unsealing.BrokenBallotsError)
    assert error.values == {"n": 3, "all": 3}


def test_a_row_lost_between_the_reading_and_the_writing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = unsealing.hold_round

    def late(session: Session, round_id: int) -> Round:
        session.execute(delete(Ballot).where(Ballot.id == min(one for one, _ in stored(world))))
        return hold(session, round_id)

    monkeypatch.setattr(unsealing, "hold_round", late)
    stopped(world, unsealing.BrokenBallotsError)
    assert files(world).left(), "the key is still there"


@pytest.mark.parametrize("content", [None, b"n" * 12 + b"another file"], ids=["gone", "another"])
def test_a_key_file_that_is_not_the_one(world: World, content: bytes | None) -> None:
    kept = files(world).wrapped.read_bytes()
    files(world).wrapped.unlink()
    if content is not None:
        files(world).wrapped.write_bytes(content)
    stopped(world, ceremony.KeyGoneError)
    files(world).wrapped.write_bytes(kept)
    assert open_up(world) == 3


def test_a_trial_envelope_opens_with_its_own_key_only() -> None:
    private, public = new_keys()
    sealed = seal_trial(b"a trial", public)
    assert open_trial(sealed, X25519PrivateKey.from_private_bytes(private)) == b"a trial"
    assert open_trial(sealed, X25519PrivateKey.generate()) is None


def test_no_step_of_the_ceremony_comes_before_its_turn(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, units=1, is_sealed=True, state="draft")
    folder, round_id = world.keys.folder, world.round_id

    def begin() -> None:
        ceremony.begin(database, folder, OPERATOR, round_id, HOLDERS)

    def rehearse() -> None:
        ceremony.rehearse(database, folder, OPERATOR, round_id, ["1", "2"])

    with pytest.raises(ceremony.OutOfTurnError):
        rehearse()
    begin()
    kept = files(world).wrapped.read_bytes()
    for early in (
        begin,
        rehearse,
        lambda: ceremony.confirm(database, OPERATOR, round_id, 1, "1"),
        lambda: ceremony.confirm(database, OPERATOR, round_id, 2, "2"),
    ):
        with pytest.raises(ceremony.OutOfTurnError):
            early()
    assert files(world).wrapped.read_bytes() == kept, "a second beginning destroys nothing"
