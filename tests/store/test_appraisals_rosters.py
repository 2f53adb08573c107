"""Rosters by quarter: who joined and left, what a file may do, and who has not filed."""

from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from survey_app.appraisals import filings, form_page, reading, roster, service, templates
from survey_app.appraisals.roster import MemberRow, compare
from survey_app.appraisals.who import sight_of
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, ProblemsError
from survey_app.core.uploads import Upload
from tests.appraising import (
    CLERK,
    COMMON,
    ITEMS,
    LEADER,
    MIDDLE,
    SPECIFIC,
    UNIT,
    fill_units,
    member,
    open_period,
    operator,
    set_roster,
)
from tests.web.desk import workbook

HEAD = ["人员编号", "单位", "考核组", "岗位", "分管领导"]


def file_of(*rows: list[str], head: list[str] = HEAD) -> Upload:
    return Upload("名册.xlsx", workbook({"平时考核名册": [head, *rows]}))


@pytest.fixture
def period_id(database: Database) -> int:
    fill_units(database)
    made = open_period(database)
    set_roster(database, made, [member(1), member(2), member(3, "u2")])
    return made


def test_002_k_joiners_and_leavers_by_quarter(database: Database) -> None:
    """1296 → 1260 → 1330 → 1316: 36 leave; 80 join and 10 leave; 6 join and 20 leave."""
    fill_units(database)
    people = {n: member(n, f"u{1 + n % 3}") for n in range(1, 1500)}
    quarters = (
        range(1, 1297),
        range(37, 1297),
        range(47, 1377),
        range(67, 1383),
    )
    told = []
    for place, numbers in enumerate(quarters, start=1):
        made = open_period(database, f"2021-Q{place}")
        set_roster(database, made, [people[n] for n in numbers])
        units = filings.period_filings(database, made)
        told.append(
            (
                sum(one.n for one in units),
                sum(len(one.changes.joined) for one in units),
                sum(len(one.changes.left) for one in units),
            )
        )
    assert told == [(1296, 1296, 0), (1260, 0, 36), (1330, 80, 10), (1316, 6, 20)]


def test_002_m_a_group_added_in_the_third_quarter_is_in_no_earlier_one(database: Database) -> None:
    fill_units(database)
    rows = [member(1), member(2)]
    for quarter in (1, 2):
        set_roster(database, open_period(database, f"2021-Q{quarter}"), rows)
    third = open_period(database, "2021-Q3")
    assert roster.copy_roster(database, "clerk", third) == 2
    team = MemberRow("人员0900", "u1", "乡村振兴工作队", "驻村队员", "领导01")
    roster.put_member(database, UNIT, third, team)
    pools = {
        quarter: {
            line.pool
            for line in reading.find_lines(
                database, reading.Wanted(period=f"2021-Q{quarter}")
            ).lines
        }
        for quarter in (1, 2, 3)
    }
    assert "乡村振兴工作队" not in pools[1] | pools[2]
    assert "乡村振兴工作队" in pools[3]
    found = filings.period_filings(database, third)
    assert [one.changes.joined for one in found] == [(team,)]


def test_002_k_units_that_have_not_filed_their_changes(database: Database, period_id: int) -> None:
    filings.file_changes(database, UNIT, period_id, "u1", "无变动")
    with pytest.raises(ForbiddenError):
        filings.file_changes(database, UNIT, period_id, "u2")
    found = filings.period_filings(database, period_id)
    assert [(one.unit, one.filed is not None) for one in found] == [("u1", True), ("u2", False)]
    with time_machine.travel(datetime(2021, 4, 10, 17, tzinfo=UTC), tick=False):
        late = filings.period_filings(database, period_id)
    assert [one.unit for one in late if one.is_overdue] == ["u2"]


def test_004_e_a_plan_is_overdue_on_the_21st_in_shanghai(
    database: Database, period_id: int
) -> None:
    """Due on 2020-12-20 for 2021: at 15:59 UTC of that day not yet, at 16:00 it is the 21st."""
    filings.file_plan(database, UNIT, 2021, "u1", "年度平时考核方案")
    with time_machine.travel(datetime(2020, 12, 20, 15, 59, tzinfo=UTC), tick=False):
        assert filings.year_plans(database, 2021).overdue == []
    with time_machine.travel(datetime(2020, 12, 20, 16, 0, tzinfo=UTC), tick=False):
        plans = filings.year_plans(database, 2021)
    assert [one.unit for one in plans.overdue] == ["u2"]
    assert str(plans.due_on) == "2020-12-20"
    with pytest.raises(ForbiddenError):
        filings.file_plan(database, UNIT, 2021, "u2", "别人的方案")
    with pytest.raises(ProblemsError, match="没有填写“方案”"):
        filings.file_plan(database, UNIT, 2021, "u1", "")


def test_a_file_is_previewed_and_then_stored_whole(database: Database, period_id: int) -> None:
    upload = file_of(
        ["人员0001", "县1局", "一般干部", "文秘岗", "领导01"],
        ["人员0002", "u1", "中层干部", "股长", "领导01"],
        ["人员0004", "县3局", "", "", ""],
    )
    plan = roster.preview(database, CLERK, period_id, upload)
    assert plan.is_ready, plan.problems
    assert [one.person for one in plan.changes.joined] == ["人员0004"]
    assert [one.person for one in plan.changes.left] == ["人员0003"]
    assert [(one.pool, two.pool) for one, two in plan.changes.moved] == [("一般干部", "中层干部")]
    assert len(reading.find_lines(database, reading.Wanted()).lines) == 3
    roster.carry_out(database, CLERK, period_id, upload)
    lines = reading.find_lines(database, reading.Wanted()).lines
    assert {line.person for line in lines} == {"人员0001", "人员0002", "人员0004"}


def test_every_bad_row_is_told_and_none_is_stored(database: Database, period_id: int) -> None:
    upload = file_of(
        ["张三", "县1局", "", "", ""],
        ["人员0005", "不存在局", "", "", ""],
        ["13800138000", "县1局", "", "", ""],
        ["人员0006", "县1局", "", "", "李四"],
        ["人员0007", "县1局", "", "", ""],
        ["人员0007", "县1局", "", "", ""],
        ["人员/8", "县1局", "", "", ""],
        ["人员0009", "县1局", "", "430421198001011234", ""],
    )
    plan = roster.preview(database, CLERK, period_id, upload)
    said = "\n".join(problem.text() for problem in plan.problems)
    assert "“张三”像是姓名" in said
    assert "名册里没有“不存在局”" in said
    assert "“13800138000”像是手机号或证件号" in said
    assert "“李四”像是姓名" in said
    assert "人员0007 与 名册.xlsx·平时考核名册:6 重复" in said
    assert "“人员/8”里有不能用的符号" in said
    assert "岗位或考核组像是手机号或证件号" in said
    with pytest.raises(ProblemsError):
        roster.carry_out(database, CLERK, period_id, upload)
    assert len(reading.find_lines(database, reading.Wanted()).lines) == 3


def test_a_unit_changes_its_own_people_only(database: Database, period_id: int) -> None:
    upload = file_of(["人员0001", "县1局", "", "", ""], ["人员0003", "县2局", "", "", ""])
    plan = roster.preview(database, UNIT, period_id, upload)
    assert any("不是您的单位" in one.text() for one in plan.problems)
    assert any("别的单位的名册" in one.text() for one in plan.problems)
    roster.carry_out(database, UNIT, period_id, file_of(["人员0001", "县1局", "", "", ""]))
    lines = reading.find_lines(database, reading.Wanted()).lines
    assert {line.person for line in lines} == {"人员0001", "人员0003"}
    with pytest.raises(ForbiddenError):
        roster.put_member(database, UNIT, period_id, member(9, "u2"))
    with pytest.raises(ProblemsError, match="别的单位的名册"):
        roster.put_member(database, UNIT, period_id, member(3, "u1"))
    with pytest.raises(ForbiddenError):
        roster.remove_member(database, UNIT, period_id, "人员0003")
    with pytest.raises(ForbiddenError):
        roster.preview(database, operator("person", "人员0001"), period_id, upload)


def test_whose_form_is_begun_stays_where_they_are(database: Database, period_id: int) -> None:
    service.fix_indicators(database, UNIT, period_id, "人员0001", ITEMS)
    with pytest.raises(ProblemsError, match="不能从名册里删除"):
        roster.remove_member(database, UNIT, period_id, "人员0001")
    with pytest.raises(ProblemsError, match="不能改单位或考核组"):
        roster.put_member(database, UNIT, period_id, member(1, pool=MIDDLE))
    roster.put_member(database, UNIT, period_id, member(1, post="档案岗"))
    roster.remove_member(database, UNIT, period_id, "人员0002")


def test_common_items_are_copied_to_everybody(database: Database, period_id: int) -> None:
    """Common items of the county and specific ones of a post make a whole sheet: 40 + 60."""
    with pytest.raises(ForbiddenError):
        templates.save_template(database, UNIT, period_id, "", "", COMMON)
    with pytest.raises(ForbiddenError):
        templates.save_template(database, UNIT, period_id, "u2", "", COMMON)
    with pytest.raises(ProblemsError, match="共性指标合计 80 分"):
        templates.save_template(database, CLERK, period_id, "", "", COMMON + COMMON)
    templates.save_template(database, CLERK, period_id, "", "", COMMON)
    assert templates.draw_up(database, UNIT, period_id, "u1") == (0, ["人员0001", "人员0002"])
    templates.save_template(database, UNIT, period_id, "u1", "文秘岗", SPECIFIC)
    roster.put_member(database, UNIT, period_id, member(2, post="档案岗"))
    assert templates.draw_up(database, UNIT, period_id, "u1") == (1, ["人员0002"])
    page = form_page.read_form(database, period_id, "人员0001")
    assert page.items == ITEMS
    assert [one.kind for one in page.acts] == ["indicators"]
    assert form_page.read_form(database, period_id, "人员0002").starting == COMMON
    for by in (LEADER, operator("unit", "u2")):
        with pytest.raises(ForbiddenError):
            templates.draw_up(database, by, period_id, "u1")


def test_lists_are_limited_by_what_is_asked(database: Database, period_id: int) -> None:
    service.fix_indicators(database, UNIT, period_id, "人员0001", ITEMS)
    wanted = {
        reading.Wanted(): 3,
        reading.Wanted(period="2021"): 3,
        reading.Wanted(period="2021-Q2"): 0,
        reading.Wanted(unit="u2"): 1,
        reading.Wanted(stage="1"): 1,
        reading.Wanted(stage="0"): 2,
        reading.Wanted(stage="submitted"): 0,
        reading.Wanted(grade="good"): 0,
        reading.Wanted(text="县2"): 1,
        reading.Wanted(text="0002"): 1,
        reading.Wanted(text="文秘"): 3,
        reading.Wanted(text="%"): 0,
        reading.Wanted(pool=MIDDLE): 0,
    }
    for one, n in wanted.items():
        assert reading.find_lines(database, one).n == n, one
    mine = reading.find_lines(database, reading.Wanted(), sight_of(LEADER))
    assert mine.n == 3
    assert reading.find_lines(database, reading.Wanted(unit="u2"), sight_of(UNIT)).n == 0


ROSTERS = st.dictionaries(st.integers(1, 30), st.sampled_from(["u1", "u2"]))


@given(ROSTERS, ROSTERS)
def test_joiners_and_leavers_account_for_every_change(
    before: dict[int, str], after: dict[int, str]
) -> None:
    old = [member(n, unit) for n, unit in before.items()]
    new = [member(n, unit) for n, unit in after.items()]
    changes = compare(old, new)
    assert len(old) + len(changes.joined) - len(changes.left) == len(new)
    assert not {one.person for one in changes.joined} & {one.person for one in old}
    assert all(one.unit != two.unit for one, two in changes.moved)
    assert compare(new, new).is_empty
