"""Decisions on findings are kept: with a reason, append-only, and not while grades are approved."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from forms.problems import digest
from survey_app.assessments import decisions, screened, service
from survey_app.assessments.screened import NewerRunError, SettledError
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.tables import Run, ScreeningDecision
from survey_app.cli import group
from survey_app.cli.verifying import verify_path
from survey_app.closing.service import sealed_folders
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.demo.input_files import write_inputs
from survey_app.demo.outputs import Labels, copy_sealed, read_input_folder, write_results
from survey_app.record.tables import LogLeaf, RecordEntry
from survey_app.reports.writing import write_csv
from tests.rounds import OPERATOR, SCHEME, World
from tests.screened import PLACE, WHY, world_with_blanks
from tests.second import SECOND, approve_all, make_pair


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    make_pair(database)
    return world_with_blanks(database, settings)


def newest(world: World, settings: Settings) -> OpenedRun:
    return service.open_run(world.database, settings, world.round_id)


def assess(world: World, settings: Settings) -> OpenedRun:
    service.run_assessment(world.database, settings, world.round_id, OPERATOR)
    return newest(world, settings)


def ask(world: World, run: OpenedRun, act: str, why: str = WHY) -> bool:
    return screened.decide(world.database, world.round_id, run.line.id, OPERATOR, PLACE, act, why)


def decide(world: World, run: OpenedRun, act: str, why: str = WHY) -> None:
    """As asked by one and, where it changes results, approved by another."""
    if not ask(world, run, act, why):
        assert approve_all(world.database) == 1


def total(run: OpenedRun) -> str:
    return str({one.key: one.total for one in run.assessment.ratees}["u1"])


def test_a_decision_takes_effect_with_the_next_run_and_is_taken_back(
    world: World, settings: Settings
) -> None:
    first = newest(world, settings)
    assert (total(first), first.assessment.counts.valid) == ("82.50", 22)
    decide(world, first, "exclude")
    stale = newest(world, settings)
    assert stale.is_stale
    assert total(stale) == "82.50"
    second = assess(world, settings)
    assert not second.is_stale
    assert total(second) == "80.00"
    counts = second.assessment.counts
    assert (counts.raw, counts.duplicate, counts.void, counts.valid) == (22, 0, 6, 16)
    decide(world, second, "withdraw", "复查后发现是误判")
    third = assess(world, settings)
    assert third.line.content_digest == first.line.content_digest
    with world.database.read() as session:
        stored = list(session.scalars(select(Run.scores_json).order_by(Run.number)))
        acts = [
            row.details["act"]
            for row in session.scalars(select(RecordEntry))
            if row.action == "screening.decide"
        ]
    assert stored[0] == stored[2] != stored[1]
    assert acts == ["exclude", "withdraw"]
    # the runs before stay as they were
    assert total(service.open_run(world.database, settings, world.round_id, 2)) == "80.00"


def test_what_changes_results_takes_two_and_the_rest_one(world: World, settings: Settings) -> None:
    first = newest(world, settings)
    assert ask(world, first, "keep"), "keeping what counts anyway changes nothing"
    assert not ask(world, first, "exclude")
    assert [one.act for one in screened.acts_of(world.database, world.round_id)] == ["keep"]
    assert not newest(world, settings).inputs.screened
    assert approve_all(world.database) == 1
    held = screened.acts_of(world.database, world.round_id)[-1]
    assert (held.act, held.operator, held.approved_by) == ("exclude", OPERATOR, SECOND)
    with world.database.read() as session:
        bodies = session.scalars(select(LogLeaf.body)).all()
    (leaf,) = [found for one in bodies if (found := json.loads(one))["type"] == "exclusion"]
    assert (leaf["act"], leaf["asked_by"], leaf["approved_by"]) == ("exclude", OPERATOR, SECOND)
    with world.database.read() as session:
        (content,) = screened.decided_by_two(session, world.round_id)
    assert digest(content) == f"sha256:{leaf['digest']}"
    assert not ask(world, first, "withdraw", "误判"), "taking it back needs two again"
    assert screened.waiting(world.database, world.round_id) == {PLACE: "withdraw"}


def test_what_was_asked_about_an_earlier_run_is_not_carried_out(
    world: World, settings: Settings
) -> None:
    run = newest(world, settings)
    assert not ask(world, run, "exclude")
    ask(world, run, "keep")
    assess(world, settings)
    with pytest.raises(NewerRunError):
        approve_all(world.database)
    assert [one.act for one in screened.acts_of(world.database, world.round_id)] == ["keep"]


def test_the_database_itself_refuses_to_leave_out_by_one(world: World, settings: Settings) -> None:
    run = newest(world, settings)
    for approved_by in ("", OPERATOR):
        with (
            pytest.raises(DatabaseError, match="two persons"),
            world.database.write() as session,
        ):
            session.add(row(world, run, act="exclude", approved_by=approved_by))
    decide(world, run, "exclude")
    for act in ("keep", "withdraw"):
        with (
            pytest.raises(DatabaseError, match="two persons"),
            world.database.write() as session,
        ):
            session.add(row(world, run, act=act))


def test_without_that_trigger_one_would_do(world: World, settings: Settings) -> None:
    """The counter-proof."""
    run = newest(world, settings)
    name = "screening_decision_two_persons"
    where = "" if world.database.is_sqlite else " ON screening_decision"
    with world.database.write() as session:
        session.execute(text(f"DROP TRIGGER {name}{where}"))
        session.add(row(world, run, act="exclude"))
    assert [one.act for one in screened.acts_of(world.database, world.round_id)] == ["exclude"]


def test_every_refusal_leaves_nothing_behind(world: World, settings: Settings) -> None:
    run = newest(world, settings)
    for act, why, told in (
        ("exclude", "  ", "没有写理由"),
        ("exclude", "长" * 501, "超过 500 个字"),
        ("delete", WHY, "没有选择决定"),
        ("withdraw", WHY, "没有决定可撤回"),
    ):
        with pytest.raises(ProblemsError, match=told):
            decide(world, run, act, why)
    assert screened.acts_of(world.database, world.round_id) == ()
    assert not newest(world, settings).is_stale


def test_only_the_newest_run_can_be_decided_on(world: World, settings: Settings) -> None:
    first = newest(world, settings)
    decide(world, first, "exclude")
    assess(world, settings)
    with pytest.raises(NewerRunError):
        decide(world, first, "keep")


def test_nothing_changes_while_grades_are_approved(world: World, settings: Settings) -> None:
    run = newest(world, settings)
    decisions.approve(world.database, run, OPERATOR)
    with pytest.raises(SettledError, match="审定"):
        decide(world, run, "exclude")
    with pytest.raises(DatabaseError, match="settled"), world.database.write() as session:
        session.add(row(world, run))
    decisions.reopen(world.database, run, OPERATOR, "复核答卷")
    decide(world, run, "exclude")
    with pytest.raises(ProblemsError, match="核算之后输入已经改动"):
        decisions.approve(world.database, newest(world, settings), OPERATOR)


def row(
    world: World, run: OpenedRun, reason: str = WHY, act: str = "keep", approved_by: str = ""
) -> ScreeningDecision:
    return ScreeningDecision(
        round_id=world.round_id,
        run_id=run.line.id,
        sealed_round=PLACE[0],
        rule=PLACE[1],
        rater_class=PLACE[2],
        subject="",
        ratee="",
        act=act,
        reason=reason,
        operator=OPERATOR,
        approved_by=approved_by,
        at=run_time(),
    )


def run_time() -> object:
    from survey_app.core import clock

    return clock.now()


def test_the_database_itself_keeps_what_was_decided(world: World, settings: Settings) -> None:
    run = newest(world, settings)
    decide(world, run, "exclude")
    for statement in (
        "UPDATE screening_decision SET act = 'keep'",
        "DELETE FROM screening_decision",
    ):
        with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
            session.execute(text(statement))
    for wrong in ({"reason": ""}, {"act": "delete"}):
        with pytest.raises(DatabaseError), world.database.write() as session:
            session.add(row(world, run, **wrong))
    assert [one.act for one in screened.acts_of(world.database, world.round_id)] == ["exclude"]


def test_without_its_guard_the_table_could_be_changed(world: World, settings: Settings) -> None:
    """The trigger is what refuses: with it gone the same statement goes through."""
    decide(world, newest(world, settings), "exclude")
    name = "screening_decision_no_update"
    where = "" if world.database.is_sqlite else " ON screening_decision"
    with world.database.write() as session:
        session.execute(text(f"DROP TRIGGER {name}{where}"))
        session.execute(text("UPDATE screening_decision SET act = 'keep'"))
    assert [one.act for one in screened.acts_of(world.database, world.round_id)] == ["keep"]


def test_anybody_can_compute_the_run_again_from_its_files(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    """The sheet as exported, the sealed folder and the command line lead to the same digest."""
    decide(world, newest(world, settings), "exclude")
    run = assess(world, settings)
    write_csv(run.assessment, tmp_path / "csv", inputs=run.inputs)
    ratees = ["ratee,name,class,group", "u1,市1局,unit,第2组", "u2,市2局,unit,第1组"]
    (tmp_path / "ratees.csv").write_text("\n".join(ratees) + "\n", encoding="utf-8")
    (tmp_path / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    arguments = ["assess", str(settings.sealed_dir / run.frozen.key)]
    arguments += ["--ratees", str(tmp_path / "ratees.csv"), "--to", str(tmp_path / "out")]
    arguments += ["--scheme", str(tmp_path / "scheme.toml"), "--json"]
    arguments += ["--screened", str(tmp_path / "csv" / "答卷去留.csv")]
    made = CliRunner().invoke(group, arguments)
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["content_digest"] == run.line.content_digest
    assert json.loads(made.stdout)["counts"]["void"] == 6


def test_a_folder_of_results_carries_the_decisions(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    """What `survey verify` computes again: inputs/screened.csv beside the others."""
    decide(world, newest(world, settings), "exclude")
    run = assess(world, settings)
    write_inputs(tmp_path / "inputs", run.inputs, SCHEME, ())
    copy_sealed(sealed_folders(settings.sealed_dir, run.frozen.key), tmp_path)
    labels = Labels("测试", "")
    write_results(tmp_path, run.assessment, run.inputs, labels)
    assert read_input_folder(tmp_path / "inputs").screened == run.inputs.screened
    checks = {one.id: one.ok for one in verify_path(tmp_path)}
    assert checks["scores.recomputed"]
    (tmp_path / "inputs" / "screened.csv").unlink()
    checks = {one.id: one.ok for one in verify_path(tmp_path)}
    assert not checks["scores.recomputed"]
