"""Papers can be recomputed like every ballot: both verifiers find such a round whole."""

from pathlib import Path

import pytest
from sqlalchemy import select

from analysis.round_log import verify_round
from analysis.round_log.checks import check_bundle
from survey_app.ballots.envelope import is_envelope
from survey_app.ballots.tables import Ballot, Comment
from survey_app.closing import service as closing
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.intake import voiding
from survey_app.publication import bundles
from tests import counted
from tests.rounds import OPERATOR, World, make_world
from tests.second import approve_all, make_pair


def failures(folder: Path) -> tuple[list[str], list[str]]:
    """What either verifier finds wrong."""
    ours = [f"{one.id} {one.place}" for one in check_bundle(folder) if not one.ok]
    return ours, [" ".join(one) for one in verify_round.verify(folder)]


def with_papers(database: Database, settings: Settings) -> World:
    """A round with a sound session, one that was made void by two, and a telephone batch."""
    world = make_world(database, settings.home)
    sound, void = counted.announce(world), counted.announce(world)
    for session_id in (sound, void):
        counted.count(world, session_id, collected=6, spoiled=1)
        counted.enter(world, session_id, *"12345")
    calls = counted.announce(world, issued=3, kind="phone")
    counted.enter(world, calls, "A", "B", "C")
    make_pair(database)
    voiding.ask(database, OPERATOR, world.round_id, void, "票箱封条破损")
    assert approve_all(database) == 1
    return world


def test_both_verifiers_find_a_round_with_papers_and_a_void_session_whole(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    world = with_papers(database, settings)
    closing.close_round(database, OPERATOR, world.round_id)
    closing.seal(database, world.rounds, OPERATOR, world.round_id, settings.sealed_dir)
    public, auditor = tmp_path / "public", tmp_path / "auditor"
    bundles.write(database, settings, world.round_id, public)
    bundles.write_for_auditor(
        database, settings, OPERATOR, world.round_id, auditor, needs_permit=False
    )
    assert failures(public) == ([], [])
    assert failures(auditor) == ([], [])
    assert "票箱封条破损" in (auditor / "audit" / "exclusions.jsonl").read_text()


@pytest.mark.parametrize("kind", ["paper", "phone"])
def test_in_a_sealed_round_papers_are_encrypted_like_all_others(
    database: Database, tmp_path: Path, kind: str
) -> None:
    world = make_world(database, tmp_path, is_sealed=True)
    session_id = counted.announce(world, kind=kind)
    if kind == "paper":
        counted.count(world, session_id, collected=2)
    counted.enter(world, session_id, "1", "2")
    with database.read() as session:
        stored = session.scalars(select(Ballot)).all()
        assert [is_envelope(one.payload) for one in stored] == [True, True]
        assert session.query(Comment).count() == 0
