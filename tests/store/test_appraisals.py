"""Appraisals of persons: five steps in order, points, places, scope, filed forms that stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from analysis.scheme import shipped
from survey_app.appraisals import feedback, reading, service, year
from survey_app.appraisals.desk import PeriodClosedError, StepError, StepPassedError, SubmittedError
from survey_app.appraisals.feedback import TooLateError
from survey_app.appraisals.service import Decision, PeriodSpec, Review
from survey_app.appraisals.sheets import Item
from survey_app.appraisals.tables import AppraisalAct, AppraisalForm, AppraisalPeriod
from survey_app.appraisals.who import sight_of
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, ProblemsError
from tests.appraising import (
    ADMIN,
    CLERK,
    COMMON,
    DAY,
    ITEMS,
    LEADER,
    MARKS,
    MIDDLE,
    QUARTERLY_SCHEME,
    SPECIFIC,
    UNIT,
    fill_units,
    himself,
    member,
    open_period,
    operator,
    set_roster,
    whole,
    whole_forms,
)

ONE = "人员0001"


@pytest.fixture
def period_id(database: Database) -> int:
    """A quarter with five people in u1, a pool each of middle and other staff, and one in u2."""
    fill_units(database)
    made = open_period(database)
    staff = [member(n) for n in range(1, 6)]
    middle = [member(n, pool=MIDDLE) for n in range(6, 11)]
    set_roster(database, made, [*staff, *middle, member(11, "u2")])
    return made


def bring_to(database: Database, period_id: int, step: int, person: str = ONE) -> None:
    """The steps up to this one, each by the one whose it is."""
    if step >= 1:
        service.fix_indicators(database, UNIT, period_id, person, ITEMS)
    if step >= 2:
        service.write_summary(database, himself(person), period_id, person, "完成了任务")
    if step >= 3:
        service.review(database, LEADER, period_id, person, Review(MARKS, "good", "踏实"))
    if step >= 4:
        service.decide(database, UNIT, period_id, [Decision(person, "good")])


def do(database: Database, by: SignedIn, period_id: int, act: str) -> None:
    """One act to the first person's form, by somebody."""
    acts: dict[str, Callable[[], None]] = {
        "indicators": lambda: service.fix_indicators(database, by, period_id, ONE, ITEMS),
        "summary": lambda: service.write_summary(database, by, period_id, ONE, "小结"),
        "review": lambda: service.review(database, by, period_id, ONE, Review(MARKS, "good")),
        "decision": lambda: service.decide(database, by, period_id, [Decision(ONE, "good")]),
        "confirm": lambda: feedback.confirm(database, by, period_id, ONE),
        "submit": lambda: feedback.submit(database, by, period_id, [ONE]),
        "accept": lambda: feedback.accept(database, by, period_id, [ONE]),
    }
    acts[act]()


def file_it(database: Database, period_id: int, person: str = ONE) -> None:
    bring_to(database, period_id, 4, person)
    feedback.confirm(database, himself(person), period_id, person)
    feedback.publish(database, UNIT, period_id, [person], DAY)
    feedback.submit(database, UNIT, period_id, [person])
    feedback.accept(database, CLERK, period_id, [person])


def form_of(database: Database, period_id: int, person: str = ONE) -> AppraisalForm:
    found = reading.read_form(database, period_id, person).form
    assert found is not None
    return found


def refusal(error: pytest.ExceptionInfo[ProblemsError]) -> str:
    return str(error.value)


def test_002_i_common_40_and_specific_60_and_no_other_sum(
    database: Database, period_id: int
) -> None:
    """38 + 54 = 92. 41 + 59 makes 100 and is refused for both of its sums."""
    shifted = (
        replace(COMMON[0], points=Decimal(9)),
        *COMMON[1:],
        replace(SPECIFIC[0], points=Decimal(11)),
        *SPECIFIC[1:],
    )
    with pytest.raises(ProblemsError) as error:
        service.fix_indicators(database, UNIT, period_id, ONE, shifted)
    assert "属性为共性的指标分值相加是 41，必须为40" in refusal(error)
    assert "属性为个性的指标分值相加是 59，必须为60" in refusal(error)
    for items in (COMMON, ITEMS[:-1], (*ITEMS, Item("绩", "个性", "多", "", Decimal(1)))):
        with pytest.raises(ProblemsError):
            service.fix_indicators(database, UNIT, period_id, ONE, items)
    bring_to(database, period_id, 3)
    assert form_of(database, period_id).score_hundredths == 9200


@pytest.mark.parametrize(
    ("step", "act", "missing"),
    [
        (0, "summary", "确定指标"),
        (0, "review", "个人小结"),
        (1, "review", "个人小结"),
        (0, "decision", "审核评鉴"),
        (2, "decision", "审核评鉴"),
        (3, "confirm", "确定等次"),
        (3, "submit", "确定等次"),
    ],
)
def test_002_j_no_step_before_the_one_before(
    database: Database, period_id: int, step: int, act: str, missing: str
) -> None:
    bring_to(database, period_id, step)
    by = {"summary": himself(ONE), "review": LEADER, "confirm": himself(ONE)}.get(act, UNIT)
    with pytest.raises(StepError) as error:
        do(database, by, period_id, act)
    assert f"“{missing}”还没有完成" in str(error.value)


def test_002_j_each_step_is_stamped_with_who_and_when(database: Database, period_id: int) -> None:
    with time_machine.travel(datetime(2021, 3, 26, 1, tzinfo=UTC), tick=False):
        bring_to(database, period_id, 4)
    acts = reading.read_form(database, period_id, ONE).acts
    assert [(one.kind, one.operator) for one in acts] == [
        ("indicators", "unit"),
        ("summary", "person"),
        ("review", "leader"),
        ("decision", "unit"),
    ]
    assert {one.at for one in acts} == {datetime(2021, 3, 26, 1, tzinfo=UTC)}
    assert not any(one.is_proxy for one in acts)


def test_a_unit_may_write_for_a_person_and_it_is_marked(database: Database, period_id: int) -> None:
    bring_to(database, period_id, 1)
    service.write_summary(database, UNIT, period_id, ONE, "本人口述，单位代录")
    act = reading.read_form(database, period_id, ONE).last_act("summary")
    assert act is not None
    assert act.is_proxy


def test_a_step_may_be_done_again_until_the_next_one_is(database: Database, period_id: int) -> None:
    bring_to(database, period_id, 2)
    service.write_summary(database, himself(ONE), period_id, ONE, "改写")
    assert form_of(database, period_id).summary == "改写"
    with pytest.raises(StepPassedError):
        service.fix_indicators(database, UNIT, period_id, ONE, ITEMS)
    feedback.send_back(database, UNIT, period_id, ONE, "指标要改", 1)
    service.fix_indicators(database, UNIT, period_id, ONE, ITEMS)
    assert form_of(database, period_id).step == 1
    assert form_of(database, period_id).summary == "改写"


@pytest.mark.parametrize(
    ("by", "act"),
    [
        (LEADER, "indicators"),
        (himself(ONE), "indicators"),
        (operator("unit", "u2"), "indicators"),
        (himself("人员0002"), "summary"),
        (LEADER, "summary"),
        (UNIT, "review"),
        (CLERK, "review"),
        (operator("leader", "u2"), "review"),
        (LEADER, "decision"),
        (CLERK, "decision"),
        (operator("unit", "u2"), "decision"),
        (himself("人员0002"), "confirm"),
        (UNIT, "accept"),
        (operator("viewer"), "accept"),
    ],
)
def test_nobody_does_what_is_not_theirs(
    database: Database, period_id: int, by: SignedIn, act: str
) -> None:
    """Wrong role or another's scope, at the step where the right one may."""
    at = {"indicators": 0, "summary": 1, "review": 2, "decision": 3, "confirm": 4, "accept": 4}
    bring_to(database, period_id, at[act])
    with pytest.raises(ForbiddenError):
        do(database, by, period_id, act)


def test_nobody_sees_what_is_not_theirs(database: Database, period_id: int) -> None:
    for by in (operator("unit", "u2"), operator("leader", "u2"), himself("人员0002")):
        with pytest.raises(ForbiddenError):
            reading.read_form(database, period_id, ONE, sight_of(by))
    for by, n in ((ADMIN, 11), (UNIT, 10), (operator("unit", "u2"), 1), (himself(ONE), 1)):
        assert reading.find_lines(database, reading.Wanted(), sight_of(by)).n == n


def test_marks_lie_between_nought_and_the_points(database: Database, period_id: int) -> None:
    bring_to(database, period_id, 2)
    for marks in (MARKS[:-1], (Decimal("8.5"), *MARKS[1:]), (Decimal(-1), *MARKS[1:])):
        with pytest.raises(ProblemsError):
            service.review(database, LEADER, period_id, ONE, Review(marks, "good"))
    with pytest.raises(ProblemsError, match="没有选择等次"):
        service.review(database, LEADER, period_id, ONE, Review(MARKS, "优秀"))


def test_002_h_places_of_pools_are_their_own(database: Database) -> None:
    """50 and 80 people at 40 %: at most 20 and 32; 19 taken leave none for the other pool."""
    fill_units(database)
    made = open_period(database)
    middle = [member(n, pool=MIDDLE) for n in range(1, 51)]
    staff = [member(n) for n in range(51, 131)]
    set_roster(database, made, [*middle, *staff])
    places = {one.name: one.places for one in reading.read_places(database, made)}
    assert places == {"县1局 中层干部": 20, "县1局 一般干部": 32}
    service.file_many(database, "clerk", made, whole_forms(middle[:19], "good"))
    with pytest.raises(ProblemsError) as error:
        service.file_many(database, "clerk", made, whole_forms(staff[:33], "good"))
    assert "县1局 一般干部：“好”超过名额：80 人按 40% 至多 32 个，现有 33 个" in refusal(error)
    assert "不能借用别的池" in refusal(error)
    service.file_many(database, "clerk", made, whole_forms(staff[:32], "good"))


def test_002_h_holds_for_single_decisions_too(database: Database, period_id: int) -> None:
    """Five people have two places: a third is refused, and neither of that meeting is stored."""
    for n in (1, 2, 3):
        bring_to(database, period_id, 3, f"人员{n:04d}")
    service.decide(database, UNIT, period_id, [Decision(ONE, "good")])
    both = [Decision("人员0002", "good"), Decision("人员0003", "good")]
    with pytest.raises(ProblemsError, match="至多 2 个，现有 3 个"):
        service.decide(database, UNIT, period_id, both)
    assert form_of(database, period_id, "人员0002").step == 3
    service.decide(database, UNIT, period_id, [both[0], Decision("人员0003", "fair", "名额已满")])


def test_a_decision_against_the_proposal_needs_a_reason(database: Database, period_id: int) -> None:
    bring_to(database, period_id, 3)
    with pytest.raises(ProblemsError, match="决定“较好”与分管领导建议的“好”不同"):
        service.decide(database, UNIT, period_id, [Decision(ONE, "fair")])
    service.decide(database, UNIT, period_id, [Decision(ONE, "fair", "会议认为还有差距")])


def test_a_line_of_marks_refuses_a_grade_by_name(database: Database) -> None:
    """A scheme whose 好 starts at 95 refuses it to 92."""
    fill_units(database)
    scheme = replace(
        QUARTERLY_SCHEME,
        grades=(replace(QUARTERLY_SCHEME.grades[0], min=Decimal(95)), *QUARTERLY_SCHEME.grades[1:]),
    )
    made = open_period(database, scheme=scheme)
    set_roster(database, made, [member(1), member(2), member(3)])
    bring_to(database, made, 2)
    with pytest.raises(ProblemsError, match=r"“好”要求得分不低于 95，现在是 92\.00"):
        service.review(database, LEADER, made, ONE, Review(MARKS, "good"))


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
    found = reading.read_form(database, period_id, ONE)
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
