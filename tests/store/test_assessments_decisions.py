"""Deciding grades: within the rules, with reasons, approved by name, and carried on."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from survey_app.assessments import decisions, service
from survey_app.assessments.decisions import ApprovedAlreadyError, Board
from survey_app.assessments.grading import Choice
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.tables import Decision, Result
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.uploads import Upload
from survey_app.indicators.service import carry_out
from survey_app.record.tables import RecordEntry
from tests.graded import MARKS, fill_register, run_of
from tests.rounds import OPERATOR

TIE = {"u2": Choice("excellent", "班子会议决定")}


@pytest.fixture
def run(database: Database, settings: Settings) -> OpenedRun:
    fill_register(database)
    return run_of(database, settings)


def grades(board: Board) -> dict[str, str]:
    return {line.one.key: line.grade_name for line in board.lines}


def test_the_proposal_stands_until_people_decide(database: Database, run: OpenedRun) -> None:
    board = decisions.open_board(database, run)
    assert grades(board) == {
        "u1": "优秀",
        "u2": "合格",
        "u3": "合格",
        "u4": "合格",
        "u5": "合格",
        "u6": "合格",  # 0.7·50 + 30 = 65
    }
    assert [line.one.key for line in board.lines if line.is_open] == ["u2", "u3"]
    (places,) = board.places
    assert (places.grade, places.places, places.taken) == ("优秀", 2, 1)
    assert not board.is_approved


def test_003_e_equals_are_left_to_people_with_a_reason(database: Database, run: OpenedRun) -> None:
    with pytest.raises(ProblemsError, match=r"市2局.*没有写明理由的决定"):
        decisions.approve(database, run, OPERATOR)
    with pytest.raises(ProblemsError, match="改评为优秀，没有写理由"):
        decisions.save(database, run, OPERATOR, {"u2": Choice("excellent")})
    both = {**TIE, "u3": Choice("qualified", "班子会议决定")}
    assert decisions.save(database, run, OPERATOR, both) == 2
    board = decisions.open_board(database, run)
    assert grades(board)["u2"] == "优秀"
    assert board.n_changed == 1
    assert decisions.save(database, run, OPERATOR, both) == 0


def test_a_full_quota_refuses_and_names_the_numbers(database: Database, run: OpenedRun) -> None:
    both = {**TIE, "u3": Choice("excellent", "也很好")}
    with pytest.raises(ProblemsError, match="优秀名额 2 个，已评 3 个"):
        decisions.save(database, run, OPERATOR, both)
    assert decisions.open_board(database, run).n_changed == 0


def test_a_grade_outside_the_allowed_set_names_its_rule(
    database: Database, settings: Settings, run: OpenedRun
) -> None:
    row = "ratee,veto,document\nu1,safety,安监〔2026〕1号\n"
    carry_out(database, OPERATOR, run.frozen.id, Upload("v.csv", row.encode()), "vetoes")
    service.run_assessment(database, settings, run.frozen.id, OPERATOR)
    again = service.open_run(database, settings, run.frozen.id)
    with pytest.raises(ProblemsError, match=r"市1局：不能评为优秀：.*一票否决（重大安全事故）"):
        decisions.save(database, again, OPERATOR, {"u1": Choice("excellent", "成绩突出")})


def approve(database: Database, run: OpenedRun) -> int:
    both = {**TIE, "u3": Choice("qualified", "班子会议决定")}
    decisions.save(database, run, OPERATOR, both)
    return decisions.approve(database, run, OPERATOR)


def test_approval_settles_and_carries_on(database: Database, run: OpenedRun) -> None:
    assert approve(database, run) == len(MARKS)
    assert decisions.open_board(database, run).is_approved
    with pytest.raises(ApprovedAlreadyError):
        decisions.save(database, run, OPERATOR, {"u4": Choice("failed", "改主意")})
    with pytest.raises(ApprovedAlreadyError):
        decisions.approve(database, run, OPERATOR)
    with database.read() as session:
        rows = {row.ratee: row for row in session.scalars(select(Result))}
        acts = session.scalars(
            select(RecordEntry.action)
            .where(RecordEntry.action.like("grades.%"))
            .order_by(RecordEntry.id)
        ).all()
    first = rows["u1"]
    assert (first.series, first.period, first.version) == ("graded", "2026", 1)
    assert (first.grade, first.score, first.rank_class) == ("优秀", "96.50", 1)
    assert list(acts) == ["grades.decide", "grades.approve"]


def test_the_database_refuses_decisions_of_an_approved_run(
    database: Database, run: OpenedRun
) -> None:
    approve(database, run)
    late = Decision(
        run_id=run.line.id,
        ratee="u9",
        proposed="x",
        is_open=False,
        grade="x",
        reason="",
        operator=OPERATOR,
        at=clock.now(),
    )
    for change in (
        lambda session: session.add(late),
        lambda session: session.execute(text("UPDATE decision SET grade = 'failed'")),
        lambda session: session.execute(text("DELETE FROM decision")),
        lambda session: session.execute(text("UPDATE result SET grade = '不合格'")),
        lambda session: session.execute(text("DELETE FROM approval")),
    ):
        with pytest.raises(DatabaseError), database.write() as session:
            change(session)


def test_a_decision_without_reason_does_not_pass_the_database(
    database: Database, run: OpenedRun
) -> None:
    insert = text(
        "INSERT INTO decision (run_id, ratee, proposed, is_open, grade, reason, operator, at)"
        " VALUES (:run, 'u1', 'excellent', :open, :grade, '', 'x', '2026-01-01 00:00:00')"
    )
    for is_open, grade in ((False, "qualified"), (True, "excellent")):
        with pytest.raises(DatabaseError), database.write() as session:
            session.execute(insert, {"run": run.line.id, "open": is_open, "grade": grade})


def test_reopening_needs_a_reason_and_makes_a_new_version(
    database: Database, run: OpenedRun
) -> None:
    approve(database, run)
    with pytest.raises(ProblemsError, match="没有写退回的理由"):
        decisions.reopen(database, run, OPERATOR, " ")
    decisions.reopen(database, run, OPERATOR, "复核有误")
    changed = {"u2": Choice("qualified", "复核后"), "u3": Choice("excellent", "复核后")}
    decisions.save(database, run, OPERATOR, changed)
    assert decisions.approve(database, run, OPERATOR) == 2
    with database.read() as session:
        rows = session.scalars(
            select(Result).where(Result.ratee == "u3").order_by(Result.version)
        ).all()
    assert [(row.version, row.grade) for row in rows] == [(1, "合格"), (2, "优秀")]
    board = decisions.open_board(database, run)
    assert [(act.is_approval, act.reason) for act in board.acts] == [
        (True, ""),
        (False, "复核有误"),
        (True, ""),
    ]


def test_stale_inputs_are_assessed_again_before_approval(
    database: Database, settings: Settings, run: OpenedRun
) -> None:
    decisions.save(database, run, OPERATOR, {**TIE, "u3": Choice("qualified", "定")})
    row = "ratee,kind,points,matter,evidence\nu4,加分,3,获奖,证书\n"
    carry_out(database, OPERATOR, run.frozen.id, Upload("a.csv", row.encode()), "adjustments")
    again = service.open_run(database, settings, run.frozen.id)
    with pytest.raises(ProblemsError, match="请重新核算"):
        decisions.approve(database, again, OPERATOR)
