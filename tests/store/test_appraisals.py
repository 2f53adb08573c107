"""Appraisals of persons: five steps in order, points, places, scope, filed forms that stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from survey_app.appraisals import feedback, form_page, reading, service
from survey_app.appraisals.desk import StepError, StepPassedError
from survey_app.appraisals.service import Decision, Review
from survey_app.appraisals.sheets import Item
from survey_app.appraisals.who import sight_of
from survey_app.core.access import SignedIn
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, ProblemsError
from tests.appraising import (
    ADMIN,
    CLERK,
    COMMON,
    ITEMS,
    LEADER,
    MARKS,
    MIDDLE,
    ONE,
    QUARTERLY_SCHEME,
    SPECIFIC,
    UNIT,
    bring_to,
    fill_units,
    form_of,
    himself,
    member,
    open_county,
    open_period,
    operator,
    set_roster,
    whole_forms,
)


@pytest.fixture
def period_id(database: Database) -> int:
    return open_county(database)


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
    acts = form_page.read_form(database, period_id, ONE).acts
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
    act = form_page.read_form(database, period_id, ONE).last_act("summary")
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
            form_page.read_form(database, period_id, ONE, sight_of(by))
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
