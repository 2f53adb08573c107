"""Bundles of real rounds: both verifiers find them whole; the public one knows no answers."""

import base64
import json
import random
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select, text, update

from analysis.round_log import verify_round
from analysis.round_log.checks import check_bundle
from analysis.round_log.notes import verifier_key
from survey_app.accounts import two_persons
from survey_app.ballots.accept import accept_many
from survey_app.ballots.cards import reissue
from survey_app.ballots.tables import Ballot
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.publication import bundles
from survey_app.record import round_log
from survey_app.rounds import service
from tests.assessed import BEST, GOOD, assessed_world, rate, seal
from tests.cities import survey
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, make_world
from tests.stores import new_sqlite
from tests.unit.round_log import mutating

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ballot'"
SHEET = b"unit,score\nu1,84.00\n"


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    return assessed_world(database, settings)


def failures(folder: Path) -> tuple[list[str], list[str]]:
    """What either verifier finds wrong."""
    ours = [f"{one.id} {one.place}" for one in check_bundle(folder) if not one.ok]
    return ours, [" ".join(one) for one in verify_round.verify(folder)]


def for_auditor(world: World, settings: Settings, folder: Path, **options: Any) -> None:
    bundles.write_for_auditor(
        world.database, settings, OPERATOR, world.round_id, folder, needs_permit=False, **options
    )


def test_both_verifiers_find_a_real_round_whole(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    with world.database.write() as session:
        told = {"name": "得分.csv", "kind": "csv", "digest": sha256(SHEET).hexdigest()}
        round_log.add(session, world.round_id, {"type": "release", **told})
        round_log.add(session, world.round_id, {"type": "release", **told | {"name": "gone.csv"}})
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "any name").write_bytes(SHEET)
    public, auditor = tmp_path / "public", tmp_path / "auditor"
    shown = tmp_path / "shown"
    written = bundles.write(world.database, settings, world.round_id, public, published=shown)
    for_auditor(world, settings, auditor, published=shown)
    assert written.n_absent == 0
    for folder in (public, auditor):
        assert failures(folder) == ([], [])
        assert list(folder.glob("results/*/得分.csv"))


def test_the_public_bundle_is_the_same_each_time(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    for name in ("one", "other"):
        bundles.write(world.database, settings, world.round_id, tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_replaced_card_and_few_cards(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    world = make_world(database, settings.home, units=2, cards=4)
    reissue(database, world.keys, OPERATOR, world.cards[0].qr_code)
    ballot = world.ballot(world.at_card(world.cards[1].qr_code), option=GOOD)
    accept_many(database, world.keys, [ballot], at=clock.now())
    closing.close_round(database, OPERATOR, world.round_id)
    with pytest.raises(bundles.NotSealedError):
        for_auditor(world, settings, tmp_path / "early")
    closing.seal(database, world.rounds, OPERATOR, world.round_id, settings.sealed_dir)
    world.keys.destroy(world.round_id)
    bundles.write(database, settings, world.round_id, tmp_path / "public")
    for_auditor(world, settings, tmp_path / "auditor")
    assert failures(tmp_path / "public") == failures(tmp_path / "auditor") == ([], [])
    assert not (tmp_path / "public" / "nullifiers").exists()  # who of four answered is theirs
    assert len(list((tmp_path / "auditor" / "nullifiers").glob("*.txt"))) == 1


def test_there_is_no_bundle_of_an_open_round(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    world = make_world(database, settings.home)
    with pytest.raises(bundles.NotClosedError):
        bundles.write(database, settings, world.round_id, tmp_path / "public")
    never_opened = make_draft(database, world)
    with pytest.raises(bundles.NoLogError):
        bundles.write(database, settings, never_opened, tmp_path / "public")


def make_draft(database: Database, world: World) -> int:
    spec = service.RoundSpec("另一轮", "市绩效办", "12345", SCHEME, BINDINGS)
    return service.create_round(database, world.keys, OPERATOR, "draft-round", spec)


def test_an_auditors_bundle_needs_a_second_person_and_is_on_record(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(two_persons.PermitNeededError):
        bundles.write_for_auditor(
            world.database, settings, OPERATOR, world.round_id, tmp_path / "refused"
        )
    assert not (tmp_path / "refused").exists()
    for_auditor(world, settings, tmp_path / "auditor")
    record = (tmp_path / "auditor" / "audit" / "record.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["action"] for line in record.splitlines()][-1] == "bundle.auditor"


def test_the_public_bundle_is_made_without_a_look_at_any_answer(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    """I18: with every answer overwritten and the sealed files gone it has the same bytes."""
    bundles.write(world.database, settings, world.round_id, tmp_path / "before")
    edit_ballots(world.database)
    for path in settings.sealed_dir.glob("*/*"):
        if path.is_dir() or path.name == "openings.jsonl":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    bundles.write(world.database, settings, world.round_id, tmp_path / "after")
    assert contents(tmp_path / "before") == contents(tmp_path / "after")


def test_other_answers_change_nothing_but_hashes(tmp_path: Path) -> None:
    """I18: two rounds with the same numbers of ballots look alike to whoever cannot open them."""
    one, other = (told(tmp_path / option, option) for option in (GOOD, BEST))
    assert one == other


def told(home: Path, option: str) -> dict[str, list[str]]:
    """The files of a public bundle with every digest and moment blotted out, lines sorted."""
    database = Database(new_sqlite(home / "survey.db"))
    world = make_world(database, home, units=2, cards=6)
    ballots = [world.ballot(world.at_link(), option=option) for _ in range(8)]
    ballots += [world.ballot(world.at_card(one.qr_code), option=option) for one in world.cards[:3]]
    accept_many(database, world.keys, ballots, at=clock.now())
    settings = Settings(home, "", b"", is_production=False, base_url=None)
    seal(world, settings.sealed_dir)
    bundles.write(database, settings, world.round_id, home / "public")
    database.dispose()
    hashes = re.compile(r"[0-9a-f]{64}|[\dT:-]{19}\+00:00|(?<=Z )\S{96}|[\w+/]{43}=|(?<= )\S{92,}")
    return {
        name: sorted(hashes.sub("#", content.decode()).splitlines())
        for name, content in contents(home / "public").items()
    }


def test_a_changed_ballot_is_found_in_the_next_bundle(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Somebody with the database's password edits an answer between close and sealing."""
    world = make_world(database, settings.home, units=2, cards=5)
    rate(world)
    closing.close_round(database, OPERATOR, world.round_id)
    edit_ballots(database)
    closing.seal(database, world.rounds, OPERATOR, world.round_id, settings.sealed_dir)
    for_auditor(world, settings, tmp_path / "auditor")
    ours, alone = failures(tmp_path / "auditor")
    assert any(one.startswith("V5") for one in ours)
    assert any(one.startswith("V5") for one in alone)


def edit_ballots(database: Database) -> None:
    with database.write() as session:
        if database.is_sqlite:
            for name in session.scalars(text(TRIGGERS)).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("ALTER TABLE ballot DISABLE TRIGGER USER"))
        for ballot in session.scalars(select(Ballot)).all():
            payload = ballot.payload[:-1] + bytes([ballot.payload[-1] % 5 + 1])
            session.execute(update(Ballot).where(Ballot.id == ballot.id).values(payload=payload))


def test_the_commands_write_and_check_bundles(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Result:
        return survey(settings.home, *arguments, SURVEY_DATABASE_URL=settings.database_url)

    with world.database.write() as session:
        told = {"name": "gone.csv", "kind": "csv", "digest": "0" * 64}
        round_log.add(session, world.round_id, {"type": "release", **told})
    public, auditor = tmp_path / "public", tmp_path / "auditor"
    wrote = json.loads(run("bundle", "test-round", "--to", str(public), "--json").stdout)
    assert wrote["kind"] == "public"
    root = json.loads((public / "bundle.json").read_bytes())["root"]
    head = f"{wrote['size']}:{root[:16]}"
    assert "审计人员" in run("bundle", "test-round", "--to", str(auditor), "--auditor").stdout
    for folder in (public, auditor):
        assert run("verify", str(folder), "--head", head).exit_code == 0
    wrong = run("verify", str(public), "--head", f"{wrote['size']}:{'0' * 16}")
    assert (wrong.exit_code, "V9" in wrong.stdout) == (4, True)
    assert run("verify", str(public), "--head", "1;2").exit_code == 3
    alone = [sys.executable, "-I", str(public / "verify.py")]
    done = subprocess.run(alone, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "1 个公布过的文件不在包里" in done.stdout.decode()
    assert "1 个公布过的文件不在包里" in run("verify", str(public)).stdout


def test_a_log_set_back_or_signed_by_another_is_told_by_what_witnesses_kept(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    bundles.write(world.database, settings, world.round_id, tmp_path / "public")
    kept = (tmp_path / "public" / "checkpoints.txt").read_text(encoding="utf-8")
    notes = [f"{text}\n\n{line}\n" for text, line in in_pairs(kept.rstrip("\n").split("\n\n"))]
    public = base64.b64decode(json.loads(first_leaf(tmp_path / "public"))["log_key"])
    told = {"address": "http://x", "key": verifier_key(notes[0].partition("\n")[0], public)}
    lines = [json.dumps(told), *(json.dumps({"at": "…", "note": note}) for note in notes)]
    witness = tmp_path / "witness.jsonl"
    witness.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for file in (witness, tmp_path / "public" / "checkpoints.txt"):
        assert verify_round.verify(tmp_path / "public", file) == []
        assert all(one.ok for one in check_bundle(tmp_path / "public", file.read_bytes()))
    mutating.mutate(tmp_path / "public", random.Random(1), move=mutating.sign_with_another_key)
    assert {one for one, _, _ in verify_round.verify(tmp_path / "public", witness)} >= {"V9"}
    ours = check_bundle(tmp_path / "public", witness.read_bytes())
    assert {one.id for one in ours if not one.ok} >= {"V9"}


def first_leaf(folder: Path) -> bytes:
    return (folder / "leaves.jsonl").read_bytes().partition(b"\n")[0]


def in_pairs(parts: list[str]) -> list[tuple[str, str]]:
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_a_public_bundle_needs_no_sealing(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    world = make_world(database, settings.home, cards=2)
    closing.close_round(database, OPERATOR, world.round_id)
    bundles.write(database, settings, world.round_id, tmp_path / "public")
    assert failures(tmp_path / "public") == ([], [])
