"""Bundles of rounds that took a turn: sealed, with ballots left out, opened again, imported."""

import json
from pathlib import Path

import pytest

from analysis.round_log import verify_round
from analysis.round_log.checks import check_bundle
from survey_app.accounts import two_persons
from survey_app.assessments import screened, service
from survey_app.ballots.accept import accept_many
from survey_app.closing import acts, unsealing
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.intake import voiding
from survey_app.publication import bundles
from tests import counted
from tests.assessed import GOOD, seal
from tests.rounds import OPERATOR, World, make_world
from tests.screened import PLACE, WHY, world_with_blanks
from tests.second import SECOND, approve_all, make_pair


def write_both(world: World, settings: Settings, folder: Path) -> tuple[Path, Path]:
    public, auditor = folder / "public", folder / "auditor"
    store = world.database, settings
    bundles.write(*store, world.round_id, public)
    bundles.write_for_auditor(*store, OPERATOR, world.round_id, auditor, needs_permit=False)
    return public, auditor


def failures(folder: Path) -> tuple[list[str], list[str]]:
    """What either verifier finds wrong."""
    ours = [f"{one.id} {one.place}" for one in check_bundle(folder) if not one.ok]
    return ours, [" ".join(one) for one in verify_round.verify(folder)]


def leaves(folder: Path, kind: str) -> list[dict[str, object]]:
    lines = (folder / "leaves.jsonl").read_bytes().splitlines()
    return [leaf for leaf in map(json.loads, lines) if leaf["type"] == kind]


def test_a_sealed_round(database: Database, settings: Settings, tmp_path: Path) -> None:
    world = make_world(database, settings.home, units=2, cards=5, is_sealed=True)
    entrances = [world.at_card(card.qr_code) for card in world.cards[:4]]
    entrances += [world.at_link("u1"), world.at_link("u2"), world.at_link("u2")]
    ballots = [world.ballot(one, option=GOOD, comment="路灯不亮") for one in entrances]
    accept_many(database, world.keys, ballots, at=clock.now())
    closing.close_round(database, OPERATOR, world.round_id)
    shares = [world.shares[0], world.shares[2]]
    unsealing.unseal(database, world.rounds, world.keys.folder, OPERATOR, world.round_id, shares)
    closing.seal(database, world.rounds, OPERATOR, world.round_id, settings.sealed_dir)
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    public, auditor = write_both(world, settings, tmp_path)
    assert failures(public) == failures(auditor) == ([], [])
    assert [one["ballots"] for one in leaves(public, "opened")] == [7]
    lines = (auditor / "audit" / "openings.jsonl").read_text(encoding="utf-8").splitlines()
    (auditor / "audit" / "openings.jsonl").write_text("\n".join(lines[1:]) + "\n", "utf-8")
    ours, alone = failures(auditor)
    assert {"V5"} <= {one[:2] for one in ours} & {one[:2] for one in alone}


def test_ballots_left_out_by_two_and_taken_back(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    make_pair(database)
    world = world_with_blanks(database, settings)
    for act in ("exclude", "withdraw"):
        run = service.open_run(database, settings, world.round_id)
        screened.decide(database, world.round_id, run.line.id, OPERATOR, PLACE, act, WHY)
        assert approve_all(database) == 1
        service.run_assessment(database, settings, world.round_id, OPERATOR)
        public, auditor = write_both(world, settings, tmp_path / act)
        assert failures(public) == failures(auditor) == ([], [])
    names = {(one["asked_by"], one["approved_by"]) for one in leaves(public, "exclusion")}
    assert names == {(OPERATOR, SECOND)}
    contents = (auditor / "audit" / "exclusions.jsonl").read_bytes().splitlines()
    assert [json.loads(one)["decision"] for one in contents] == ["exclude", "withdraw"]
    assert len(list((auditor / "audit" / "runs").iterdir())) == 3


def test_a_permit_of_another_person_lets_an_auditors_bundle_out(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    make_pair(database)
    world = world_with_blanks(database, settings)
    with database.write() as session:
        two_persons.ask(session, OPERATOR, bundles.KIND, "交市纪委复核", world.round_id)
    store = database, settings
    with pytest.raises(two_persons.PermitNeededError):
        bundles.write_for_auditor(*store, OPERATOR, world.round_id, tmp_path / "early")
    assert approve_all(database) == 1
    bundles.write_for_auditor(*store, OPERATOR, world.round_id, tmp_path / "auditor")
    assert failures(tmp_path / "auditor") == ([], [])
    with pytest.raises(two_persons.PermitNeededError):
        bundles.write_for_auditor(*store, OPERATOR, world.round_id, tmp_path / "again")


def test_a_paper_session_made_void_by_two(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    make_pair(database)
    world = make_world(database, settings.home, units=2, cards=6)
    session_id = counted.announce(world)
    counted.count(world, session_id, 3)
    counted.enter(world, session_id, "1", "2", "3")
    ballots = [world.ballot(world.at_card(card.qr_code), option=GOOD) for card in world.cards]
    accept_many(database, world.keys, ballots, at=clock.now())
    voiding.ask(database, OPERATOR, world.round_id, session_id, "票箱封条破损")
    assert approve_all(database) == 1
    seal(world, settings.sealed_dir)
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    public, auditor = write_both(world, settings, tmp_path)
    assert failures(public) == failures(auditor) == ([], [])
    assert len(leaves(public, "ballot")) == 9
    (decided,) = leaves(public, "exclusion")
    assert decided["asked_by"] != decided["approved_by"]


def test_a_round_opened_again_by_two(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    make_pair(database)
    world = make_world(database, settings.home, units=2, cards=6)
    for cards in (world.cards[:3], world.cards[3:]):
        ballots = [world.ballot(world.at_card(card.qr_code), option=GOOD) for card in cards]
        ballots += [world.ballot(world.at_link(unit), option=GOOD) for unit in ("u1", "u2")]
        accept_many(database, world.keys, ballots, at=clock.now())
        seal(world, settings.sealed_dir)
        if cards == world.cards[:3]:
            acts.ask(database, OPERATOR, acts.REOPEN, world.round_id, "一处投票点停电", None)
            assert approve_all(database) == 1
    service.run_assessment(database, settings, world.round_id, OPERATOR)
    public, auditor = write_both(world, settings, tmp_path)
    assert failures(public) == failures(auditor) == ([], [])
    assert [len(leaves(public, kind)) for kind in ("close", "reopen", "admission")] == [2, 1, 6]
