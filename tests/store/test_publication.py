"""What is released is never forgotten, minimums never loosen, and small classes never come out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from analysis.disclosure.bounds import feasible
from analysis.disclosure.classes import release_of
from analysis.disclosure.ledger import Release, statements_of
from analysis.round_log import verify_round
from analysis.round_log.checks import check_bundle
from analysis.small_groups import PRIVACY_MINIMUM
from survey_app.accounts.two_persons import PermitNeededError
from survey_app.assessments import service as assessing
from survey_app.assessments.releasing import enter_file, masked_scores
from survey_app.assessments.service import OpenedRun, open_run
from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.disclosure import ledger
from survey_app.disclosure.minimum import Minimum, minimum_of, tighten
from survey_app.publication import bundles, detail, service
from survey_app.publication.comments import comments_of
from survey_app.record import round_log
from tests.assessed import BEST, GOOD, seal
from tests.rounds import OPERATOR, World, make_world
from tests.second import approve_all, make_pair

DELEGATES, CITIZENS = 3, 12
LEAF, SMALL, LARGE = "public", "public/delegate", "public/citizen"
DIGEST = hashlib.sha256(b"a file").hexdigest()


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    """市1局 and 市2局 with twelve citizens each, and three delegates who rated both."""
    world = make_world(database, settings.home, units=2, cards=DELEGATES)
    ballots = [
        world.ballot(world.at_link(unit), option=option, comment="电话13812345678，很满意")
        for unit in ("u1", "u2")
        for option in [GOOD] * 7 + [BEST] * (CITIZENS - 7)
    ]
    ballots += [world.ballot(world.at_card(one.qr_code), option=GOOD) for one in world.cards]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    seal(world, settings.sealed_dir)
    assessing.run_assessment(database, settings, world.round_id, OPERATOR)
    return world


def released(world: World, settings: Settings) -> OpenedRun:
    return open_run(world.database, settings, world.round_id, is_released=True)


def test_a_class_of_three_is_hidden_with_what_would_give_it_away(
    world: World, settings: Settings
) -> None:
    run = released(world, settings)
    assert run.guarded.hidden["u1", SMALL] == "few"
    assert run.guarded.hidden["u1", LARGE] == "complement"
    nodes = {node.path: node for node in run.assessment.ratees[0].nodes}
    assert nodes[SMALL].score is None
    assert nodes[SMALL].n == 0
    assert not [row for row in run.assessment.cells.rows if row.rater_class == "delegate"]
    assert run.assessment.ratees[0].total == run.whole.ratees[0].total  # the score of record


def test_without_the_second_class_the_solver_finds_the_first(
    world: World, settings: Settings
) -> None:
    """The counter-proof: what careless hiding leaves is subtracted at once."""
    whole = release_of(released(world, settings).whole, "表")
    cell = ("u1", LEAF, "delegate")
    named = (whole.content, *cell)
    careless = whole.without({cell: "few"})
    assert feasible(list(statements_of([careless])), [named])[named].is_narrower(PRIVACY_MINIMUM)
    guarded = released(world, settings).guarded.cells
    room = feasible(list(statements_of([guarded])), [named])[named]
    assert not room.is_narrower(PRIVACY_MINIMUM)


def test_the_scores_file_says_nothing_of_hidden_classes(world: World, settings: Settings) -> None:
    run = released(world, settings)
    stored = assessing.stored_scores(world.database, world.round_id)
    content = json.loads(masked_scores(stored, run.guarded.hidden))
    assert LARGE in json.loads(stored)["ratees"][0]["nodes"]
    assert set(content["ratees"][0]["nodes"]) == {LEAF}
    assert masked_scores(stored, {}) == stored.encode()


def test_a_release_is_kept_once_and_in_the_log(world: World, settings: Settings) -> None:
    run = released(world, settings)
    with world.database.read() as session:
        before = round_log.size(session, world.round_id)
    for _ in range(2):
        enter_file(world.database, run, "workbook.xlsx", "workbook", b"the same bytes")
    with world.database.read() as session:
        lines = ledger.lines(session, world.round_id)
        after = round_log.size(session, world.round_id)
    assert [line.name for line in lines] == ["workbook.xlsx"]
    assert (("u1", LEAF, "delegate"), "few") in lines[0].hidden
    assert after - before == 2  # the act and the release


def test_what_differs_by_few_from_an_earlier_release_is_hidden(
    world: World, settings: Settings
) -> None:
    run = released(world, settings)
    true = release_of(run.whole, "昨天")
    cell = ("u1", LEAF, "citizen")
    yesterday = Release("昨天", {cell: true.cells[cell] - 2}, content="昨天的答卷")
    with world.database.write() as session:
        ledger.enter(session, world.round_id, "昨天", "csv", DIGEST, yesterday)
    after = released(world, settings)
    assert any("昨天" in words for words in after.guarded.reasons)


@pytest.mark.parametrize("table", ["release", "privacy_minimum", "publication"])
def test_the_database_itself_keeps_the_ledger(world: World, settings: Settings, table: str) -> None:
    service.publish(world.database, settings, OPERATOR, world.round_id, "scores")
    tighten(world.database, OPERATOR, world.round_id, Minimum(8, 20), "人少")
    for act in (f'DELETE FROM "{table}"', f"UPDATE \"{table}\" SET operator = 'x'"):
        with pytest.raises(DBAPIError, match="append-only"), world.database.write() as session:
            session.execute(text(act))


def loosen(database: Database, round_id: int) -> None:
    with database.write() as session:
        session.execute(
            text(
                "INSERT INTO privacy_minimum (round_id, scores, comments, reason, operator, at)"
                " VALUES (:round, 5, 10, 'x', 'x', :at)"
            ),
            {"round": round_id, "at": clock.now().isoformat()},
        )


def test_minimums_only_tighten(world: World) -> None:
    tighten(world.database, OPERATOR, world.round_id, Minimum(8, 20), "人少")
    for wanted in (Minimum(7, 20), Minimum(8, 19), Minimum(8, 20)):
        with pytest.raises(ProblemsError):
            tighten(world.database, OPERATOR, world.round_id, wanted, "放宽")
    with pytest.raises(DBAPIError, match="looser"):
        loosen(world.database, world.round_id)
    with world.database.read() as session:
        assert minimum_of(session, world.round_id) == Minimum(8, 20)


def test_without_its_guard_a_minimum_could_be_loosened(world: World) -> None:
    tighten(world.database, OPERATOR, world.round_id, Minimum(8, 20), "人少")
    on = "" if world.database.is_sqlite else " ON privacy_minimum"
    with world.database.write() as session:
        session.execute(text(f"DROP TRIGGER privacy_minimum_tighter{on}"))
    loosen(world.database, world.round_id)
    with world.database.read() as session:
        assert minimum_of(session, world.round_id) == Minimum(5, 10)


def test_a_tighter_minimum_hides_more(world: World, settings: Settings) -> None:
    tighten(world.database, OPERATOR, world.round_id, Minimum(20, 50), "人少")
    run = released(world, settings)
    assert run.guarded.hidden["u1", LARGE] == "few"
    assert all(one.is_hidden and not one.texts for one in comments_of(run, settings))


def test_comments_are_masked_for_reading(world: World, settings: Settings) -> None:
    said = comments_of(released(world, settings), settings)
    assert [one.n for one in said] == [CITIZENS + DELEGATES] * 2
    assert set(said[0].texts) == {"电话［电话］，很满意"}


def test_publishing_and_withdrawing_stay_on_record(world: World, settings: Settings) -> None:
    database, round_id = world.database, world.round_id
    service.publish(database, settings, OPERATOR, round_id, "grades")
    page = service.public_page(database, service.desk(database, round_id).key)
    assert "score" not in page.page["classes"][0]["rows"][0]
    service.publish(database, settings, OPERATOR, round_id, "intervals")
    assert len(service.all_published(database)) == 1
    with pytest.raises(ProblemsError):
        service.withdraw(database, OPERATOR, round_id, " ")
    service.withdraw(database, OPERATOR, round_id, "有误")
    assert service.all_published(database) == []
    assert len(service.desk(database, round_id).releases) == 2
    with pytest.raises(service.NotPublishedError):
        service.public_page(database, page.key)


def test_files_beside_the_page_are_kept_for_the_public_bundle(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    """What everybody could download is in the bundle; what only operators took is not."""
    database, round_id = world.database, world.round_id
    enter_file(database, released(world, settings), "scores.json", "scores", b"an operator's own")
    with pytest.raises(ProblemsError):
        service.publish(database, settings, OPERATOR, round_id, "grades", with_files=True)
    for _ in range(2):
        service.publish(database, settings, OPERATOR, round_id, "intervals", with_files=True)
    key = service.desk(database, round_id).key
    shown = {one["name"] for one in service.public_page(database, key).page["files"]}
    assert shown == {"workbook.xlsx", "tables.zip"}
    given = {name: service.public_file(database, key, name) for name in shown}
    bundles.write(database, settings, round_id, tmp_path / "public")
    found = {path.name: path.read_bytes() for path in (tmp_path / "public").glob("results/*/*")}
    assert {name: found[name] for name in shown} == given
    assert found.keys() == shown | {"results.json"}
    assert verify_round.verify(tmp_path / "public") == []
    assert all(one.ok for one in check_bundle(tmp_path / "public"))
    service.publish(database, settings, OPERATOR, round_id, "scores")
    with pytest.raises(NotFoundError):
        service.public_file(database, key, "workbook.xlsx")
    for act in ("DELETE FROM published_file", "UPDATE published_file SET content = ''"):
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text(act))


@pytest.mark.parametrize("style", ["grades", "scores", "intervals"])
def test_an_auditor_finds_every_published_cell_again(
    world: World, settings: Settings, tmp_path: Path, style: service.Style
) -> None:
    database, round_id = world.database, world.round_id
    is_whole = style != "grades"
    service.publish(database, settings, OPERATOR, round_id, style, with_files=is_whole)
    given = database, settings, OPERATOR, round_id, tmp_path / "auditor"
    bundles.write_for_auditor(*given, needs_permit=False)
    assert verify_round.verify(tmp_path / "auditor") == []
    assert all(one.ok for one in check_bundle(tmp_path / "auditor"))


def test_details_take_two_people_and_only_once(world: World, settings: Settings) -> None:
    make_pair(world.database)

    def export() -> bytes:
        return detail.export(world.database, settings, OPERATOR, world.round_id)

    with pytest.raises(PermitNeededError):
        export()
    detail.ask(world.database, OPERATOR, world.round_id, "审计")
    _refused(export)
    assert approve_all(world.database) == 1
    assert export().startswith(b"PK")
    _refused(export)
    assert [one.kind for one in service.desk(world.database, world.round_id).releases] == ["detail"]


def _refused(export: Callable[[], bytes]) -> None:
    with pytest.raises(PermitNeededError):
        export()
