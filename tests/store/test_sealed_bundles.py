"""A sealed round can be checked by anybody, before and after its material is destroyed."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from analysis.round_log import verify_round
from analysis.round_log.checks import check_bundle
from survey_app.accounts import two_persons
from survey_app.accounts.tables import Operator
from survey_app.ballots.accept import accept_many
from survey_app.ballots.tables import Ballot
from survey_app.closing import keeping, unsealing
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.publication import bundles
from survey_app.publication.stored import check_stored
from survey_app.rounds import life
from survey_app.rounds.frozen import hold_round
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    """A sealed round, opened but not put into files yet."""
    world = make_world(database, settings.home, cards=7, is_sealed=True, keep_days=0)
    ballots = [world.ballot(world.at_card(one.qr_code), comment="好") for one in world.cards[:6]]
    ballots += [world.ballot(world.at_link(), option="dissatisfied") for _ in range(3)]
    accept_many(database, world.keys, ballots, at=clock.now())
    closing.close_round(database, OPERATOR, world.round_id)
    folder = world.keys.folder
    unsealing.unseal(database, world.rounds, folder, OPERATOR, world.round_id, world.shares[:2])
    return world


def seal(world: World, settings: Settings) -> None:
    closing.seal(world.database, world.rounds, OPERATOR, world.round_id, settings.home / "sealed")


def failures(folder: Path) -> tuple[list[str], list[str]]:
    """What either verifier finds wrong."""
    ours = [f"{one.id} {one.place}" for one in check_bundle(folder) if not one.ok]
    return ours, [" ".join(one) for one in verify_round.verify(folder)]


def for_auditor(world: World, settings: Settings, folder: Path) -> tuple[list[str], list[str]]:
    bundles.write_for_auditor(
        world.database, settings, OPERATOR, world.round_id, folder, needs_permit=False
    )
    return failures(folder)


def test_both_verifiers_find_a_sealed_round_whole(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    seal(world, settings)
    bundles.write(world.database, settings, world.round_id, tmp_path / "public")
    assert failures(tmp_path / "public") == ([], [])
    assert for_auditor(world, settings, tmp_path / "auditor") == ([], [])
    assert check_stored(world.database, world.round_id) == []


def test_an_answer_exchanged_after_the_opening_is_found(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    with world.database.write() as session:
        one, other = session.scalars(select(Ballot).where(Ballot.evidence == "open").limit(2))
        columns = {column.key: getattr(one, column.key) for column in Ballot.__table__.columns}
        changed = one.payload[:-1] + bytes([other.payload[-1] % 3 + 1])
        assert changed != one.payload
        session.execute(delete(Ballot).where(Ballot.id == one.id))
        session.execute(insert(Ballot).values({**columns, "payload": changed}))
    seal(world, settings)
    ours, theirs = for_auditor(world, settings, tmp_path / "auditor")
    assert any(one.startswith("V5") for one in ours)
    assert any(one.startswith("V5") for one in theirs)


def test_it_can_be_checked_after_the_destruction(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    seal(world, settings)
    with world.database.write() as session:
        life.move(session, hold_round(session, world.round_id), "assess", OPERATOR, clock.now())
        for login in (OPERATOR, "second"):
            session.add(Operator(login=login, name=login, password_hash="", role="admin"))
        session.flush()
        act = two_persons.ask(session, OPERATOR, keeping.DESTROY, "期满", world.round_id)
    second = SignedIn(2, "second", "另一位", "admin")
    two_persons.approve(world.database, second, act)
    keeping.destroy(world.database, world.keys, OPERATOR, world.round_id)
    bundles.write(world.database, settings, world.round_id, tmp_path / "public")
    assert failures(tmp_path / "public") == ([], [])
    assert for_auditor(world, settings, tmp_path / "auditor") == ([], [])
    assert check_stored(world.database, world.round_id) == []
