"""Appraisals of persons: feedback, filing, versions, many at once, and what goes on from them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from analysis.scheme import shipped
from survey_app.appraisals import feedback, form_page, service, year
from survey_app.appraisals.desk import PeriodClosedError, StepError, StepPassedError, SubmittedError
from survey_app.appraisals.feedback import TooLateError
from survey_app.appraisals.service import Decision, PeriodSpec, Review
from survey_app.appraisals.tables import AppraisalAct, AppraisalForm, AppraisalPeriod
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from tests.appraising import (
    CLERK,
    COMMON,
    DAY,
    ITEMS,
    LEADER,
    MARKS,
    ONE,
    UNIT,
    bring_to,
    file_it,
    fill_units,
    form_of,
    himself,
    member,
    open_county,
    open_period,
    set_roster,
    whole,
    whole_forms,
)


@pytest.fixture
def period_id(database: Database) -> int:
    return open_county(database)


def refusal(error: pytest.ExceptionInfo[ProblemsError]) -> str:
    return str(error.value)


def test_an_objection_is_answered_before_filing(database: Database, period_id: int) -> None:
    bring_to(database, period_id, 4)
    feedback.publish(database, UNIT, period_id, [ONE], DAY)
    with pytest.raises(ProblemsError, match="还没有向本人反馈"):
        feedback.submit(database, UNIT, period_id, [ONE])
    with pytest.raises(StepError, match="提出异议"):
        feedback.answer(database, UNIT, period_id, ONE, "答复", is_upheld=False)
    feedback.object_to(database, himself(ONE), period_id, ONE, "少算了一项")
    with pytest.raises(ProblemsError, match="异议还没有答复"):
        feedback.submit(database, UNIT, period_id, [ONE])
    with pytest.raises(ProblemsError, match="异议还没有答复"):
        feedback.confirm(database, himself(ONE), period_id, ONE)
    feedback.answer(database, UNIT, period_id, ONE, "已复核，维持", is_upheld=False)
    feedback.submit(database, UNIT, period_id, [ONE])
    assert form_of(database, period_id).filing == "submitted"


def test_an_objection_that_is_upheld_leads_back_to_the_review(
    database: Database, period_id: int
) -> None:
    bring_to(database, period_id, 4)
    feedback.object_to(database, himself(ONE), period_id, ONE, "少算了一项")
    feedback.answer(database, UNIT, period_id, ONE, "属实，重新评鉴", is_upheld=True)
    found = form_of(database, period_id)
    assert (found.step, found.grade, found.feedback) == (2, "", "")


def test_an_objection_comes_within_the_days_of_the_period(
    database: Database, period_id: int
) -> None:
    """Decided on March 1st with five days: the 6th is the last, at midnight in Shanghai."""
    decided = datetime(2021, 3, 1, 4, tzinfo=UTC)
    with time_machine.travel(decided, tick=False):
        bring_to(database, period_id, 4)
    with (
        time_machine.travel(datetime(2021, 3, 6, 16, tzinfo=UTC), tick=False),
        pytest.raises(TooLateError, match="2021-03-06"),
    ):
        feedback.object_to(database, himself(ONE), period_id, ONE, "迟了")
    with time_machine.travel(decided + timedelta(days=5, hours=11), tick=False):
        feedback.object_to(database, himself(ONE), period_id, ONE, "及时")


def test_what_was_submitted_waits_and_may_be_returned(database: Database, period_id: int) -> None:
    bring_to(database, period_id, 4)
    feedback.confirm(database, UNIT, period_id, ONE)
    feedback.publish(database, UNIT, period_id, [ONE], DAY)
    feedback.submit(database, UNIT, period_id, [ONE])
    with pytest.raises(SubmittedError):
        service.decide(database, UNIT, period_id, [Decision(ONE, "good")])
    with pytest.raises(ProblemsError, match="理由"):
        feedback.send_back(database, CLERK, period_id, ONE, " ")
    feedback.send_back(database, CLERK, period_id, ONE, "缺会议记录")
    assert form_of(database, period_id).filing == "returned"
    feedback.submit(database, UNIT, period_id, [ONE])
    feedback.accept(database, CLERK, period_id, [ONE])
    assert form_of(database, period_id).step == 5


def test_a_filed_form_stays_and_a_correction_is_a_new_version(
    database: Database, period_id: int
) -> None:
    file_it(database, period_id)
    with pytest.raises(StepPassedError):
        service.write_summary(database, himself(ONE), period_id, ONE, "改")
    with pytest.raises(ProblemsError, match="更正的理由"):
        feedback.correct(database, CLERK, period_id, ONE, "", 3)
    feedback.correct(database, CLERK, period_id, ONE, "评分登记错误", 2)
    found = form_page.read_form(database, period_id, ONE)
    assert found.form is not None
    assert (found.form.version, found.form.step, found.form.correction) == (2, 2, "评分登记错误")
    assert [(one.version, one.grade) for one in found.versions] == [(1, "good")]
    with database.read() as session:
        assert [one.grade for one in service.grades_as_history(session)] == ["好"]
    service.review(database, LEADER, period_id, ONE, Review(MARKS, "fair"))
    service.decide(database, UNIT, period_id, [Decision(ONE, "fair")])
    feedback.confirm(database, himself(ONE), period_id, ONE)
    feedback.publish(database, UNIT, period_id, [ONE], DAY)
    feedback.submit(database, UNIT, period_id, [ONE])
    feedback.accept(database, CLERK, period_id, [ONE])
    with database.read() as session:
        assert [one.grade for one in service.grades_as_history(session)] == ["较好"]


def test_the_database_itself_keeps_what_was_filed(database: Database, period_id: int) -> None:
    file_it(database, period_id)
    statements = (
        update(AppraisalForm).values(summary="改"),
        delete(AppraisalForm),
        update(AppraisalAct).values(words="改"),
        delete(AppraisalAct),
        update(AppraisalPeriod).values(scheme_json="{}"),
    )
    for statement in statements:
        with pytest.raises(DatabaseError, match="append-only"), database.write() as session:
            session.execute(statement)


@pytest.mark.parametrize(
    "values",
    [
        {"step": 3},
        {"step": 4, "grade": "good"},
        {"step": 5},
        {"filing": "submitted"},
        {"grade": "good"},
        {"feedback": "confirmed"},
    ],
)
def test_the_database_itself_refuses_a_step_out_of_turn(
    database: Database, period_id: int, values: dict[str, object]
) -> None:
    """A form whose indicators are fixed, pushed on by hand."""
    bring_to(database, period_id, 1)
    with pytest.raises(DatabaseError), database.write() as session:
        session.execute(update(AppraisalForm).values(**values))


def test_a_closed_period_is_only_looked_at(database: Database, period_id: int) -> None:
    service.set_state(database, "admin", period_id, "closed")
    with pytest.raises(PeriodClosedError):
        service.fix_indicators(database, UNIT, period_id, ONE, ITEMS)
    with pytest.raises(ProblemsError, match="已经结束"):
        set_roster(database, period_id, [])
    with pytest.raises(ProblemsError, match="已经结束"):
        service.file_many(database, "clerk", period_id, [whole(ONE, "good")])
    service.set_state(database, "admin", period_id, "open")
    service.fix_indicators(database, UNIT, period_id, ONE, ITEMS)


def test_many_at_once_obey_the_rules_of_one(database: Database, period_id: int) -> None:
    """Every problem of the batch is told, and nothing of it is stored."""
    batch = [
        replace(whole("人员0001", "good"), items=COMMON),
        replace(whole("人员0002", "good"), summary=""),
        replace(whole("人员0003", "good"), marks=()),
        replace(whole("人员0004", "good"), published_on=None),
        replace(whole("人员0006", "good"), proposed="fair"),
        whole("人员9999", "good"),
    ]
    with pytest.raises(ProblemsError, match="人员9999：不在这一期的名册里"):
        service.file_many(database, "clerk", period_id, batch)
    with pytest.raises(ProblemsError) as error:
        service.file_many(database, "clerk", period_id, batch[:-1])
    said = refusal(error)
    assert "人员0001：「考核评鉴」属性为个性的指标分值相加是 0，必须为60" in said
    assert "人员0002：上一步“个人小结”还没有完成" in said
    assert "人员0003：上一步“审核评鉴”还没有完成" in said
    assert "人员0004：还没有向本人反馈，或本人没有确认" in said
    assert "人员0006：决定“好”与分管领导建议的“较好”不同，没有写理由" in said
    with database.read() as session:
        assert session.scalars(select(AppraisalForm)).all() == []
    assert service.file_many(database, "clerk", period_id, [whole("人员0001", "good")]) == 1
    with pytest.raises(ProblemsError, match="已经有考核表"):
        service.file_many(database, "clerk", period_id, [whole("人员0001", "good")])


def test_grades_and_marks_go_on_to_an_assessment(database: Database, period_id: int) -> None:
    service.file_many(
        database,
        "clerk",
        period_id,
        [whole(ONE, "good"), whole("人员0002", "fair", is_filed=False)],
    )
    with database.read() as session:
        history = service.grades_as_history(session, "2021")
        rows = service.marks_as_indicators(session, "2021-Q1")
        assert service.grades_as_history(session, "2022") == []
        assert service.marks_as_indicators(session, "2021-Q2") == []
    (one,) = history
    assert (one.ratee, one.period, one.grade, one.series, one.score) == (
        ONE,
        "2021-Q1",
        "好",
        "county-quarterly",
        Decimal(92),
    )
    assert {row.component for row in rows} == {"sheet"}
    assert {row.method for row in rows} == {"marks"}
    assert sum(row.actual or 0 for row in rows) == 92
    assert sum(row.points for row in rows) == 100


def test_a_year_of_quarters_through_the_annual_scheme(database: Database) -> None:
    """002-a, c, f by four quarters each: priority; refused for 一般; limited to the two lowest."""
    fill_units(database)
    quarters = {
        "人员0001": ("good", "good", "good", "good"),
        "人员0002": ("good", "good", "good", "average"),
        "人员0003": ("average", "average", "poor", "fair"),
    }
    people = [member(n, pool=f"第{n}组") for n in range(1, 4)] + [
        member(n, pool=f"第{k}组") for k in range(1, 4) for n in (10 + k, 20 + k)
    ]
    for place in range(4):
        made = open_period(database, f"2021-Q{place + 1}")
        set_roster(database, made, people)
        service.file_many(
            database, "clerk", made, [whole(who, its[place]) for who, its in quarters.items()]
        )
    page = year.read_year(database, 2021)
    assert page.parts == ["2021-Q1", "2021-Q2", "2021-Q3", "2021-Q4"]
    rows = {row.person: row for row in page.rows}
    best, barred, low = (rows[who] for who in quarters)
    assert (best.times([page.best]), best.times(page.low)) == (4, 0)
    assert (barred.times([page.best]), barred.times(page.low)) == (3, 1)
    assert (low.times([page.best]), low.times(page.low)) == (0, 3)
    assert page.is_eligible(best)
    assert best.outlook is not None
    assert best.outlook.has_priority
    assert not page.is_eligible(barred)
    assert "一般" in page.why_not(barred)
    assert page.limit(barred) == ""
    assert page.limit(low) == "基本称职、不称职"
    only = year.read_year(database, 2021, wanted=year.WantedYear(eligible="limited"))
    assert [row.person for row in only.rows] == ["人员0003"]


def test_the_shipped_scheme_of_quarters_leads_to_that_of_the_year(database: Database) -> None:
    """The annual scheme is found by the series it asks about; 好 twice opens 优秀."""
    known = shipped()
    fill_units(database)
    for period in ("2021-Q1", "2021-Q2"):
        spec = PeriodSpec(period, "", "县公务员办", known["hengyang-quarterly"], DAY)
        made = service.create_period(database, "admin", spec, tuple(known.values()))
        set_roster(database, made, [member(n) for n in range(1, 6)])
        service.file_many(database, "clerk", made, whole_forms([member(1), member(2)], "good"))
    page = year.read_year(database, 2021)
    assert page.annual is not None
    assert page.annual.key == "hengyang-annual"
    assert [bool(page.is_eligible(row)) for row in page.rows] == [True, True, False, False, False]
    assert "好" in page.why_not(page.rows[2])
