"""Follow-up: proposed once, decided by people, carried out, logged; linkages and coverage."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import openpyxl
import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from analysis.note import Note
from analysis.results import Proposal
from analysis.scheme.grades import CONSEQUENCE_KINDS
from survey_app.assessments import decisions
from survey_app.assessments import service as assessments
from survey_app.assessments.grading import Choice
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, NotFoundError, ProblemsError
from survey_app.followup import books, reading, service
from survey_app.followup.coverage import coverage
from survey_app.followup.linkages import linkages
from survey_app.followup.reading import ItemLine, Wanted
from survey_app.followup.service import ItemSpec, WrongStateError
from survey_app.followup.states import KIND_NAMES, STATE_NAMES, STEPS, State
from survey_app.record.service import broken_entries
from survey_app.register.tables import Ratee
from survey_app.rounds.tables import Round
from survey_app.supervision.archive import unit_archive
from tests.followed import linked_world
from tests.rounds import fill_register, make_world

BOSS = "boss"


@pytest.fixture(autouse=True)
def noon_in_march() -> Iterator[None]:
    with time_machine.travel("2026-03-10T04:00:00Z", tick=False):
        yield


def new_round(database: Database, period: str) -> int:
    with database.write() as session:
        row = Round(key=f"r-{period.lower()}", title=period, period=period, created_at=clock.now())
        session.add(row)
        session.flush()
        return row.id


def proposal(ratee: str, key: str, kind: Any = "talk", reason: str = "末位") -> Proposal:
    return Proposal(ratee, key, key, kind, "", "", Note(reason))


def only(database: Database, wanted: Wanted | None = None) -> ItemLine:
    (line,) = reading.find_items(database, wanted or Wanted())
    return line


def acts(database: Database, item_id: int) -> list[str]:
    return [act.kind for act in reading.open_item(database, item_id).acts]


def test_the_kinds_are_those_of_the_schemes() -> None:
    assert set(KIND_NAMES) == set(CONSEQUENCE_KINDS)
    assert set(STATE_NAMES) == set(get_args(State))


def test_000_d_each_year_opens_its_item_once_and_the_log_holds(database: Database) -> None:
    fill_register(database, 2)
    first, second = new_round(database, "2025"), new_round(database, "2026")
    talk = [proposal("u1", "head-admonition", "admonition", "2025 年不合格")]
    assert service.propose(database, BOSS, first, talk).opened == 1
    again = service.propose(database, BOSS, first, talk)
    assert (again.opened, again.same) == (0, 1)
    item = only(database).item
    assert (item.kind, item.state, item.reason, item.period) == (
        "admonition",
        "proposed",
        "2025 年不合格",
        "2025",
    )
    service.act(database, BOSS, item.id, "confirm", "常委会议定", date(2026, 3, 31))
    service.act(database, BOSS, item.id, "start")
    service.act(database, BOSS, item.id, "finish", "3月9日已谈话")
    service.propose(
        database, BOSS, second, [proposal("u1", "head-demotion", "demotion", "连续两年")]
    )
    both = reading.find_items(database, Wanted())
    assert [(one.item.kind, one.item.state) for one in both] == [
        ("demotion", "proposed"),
        ("admonition", "done"),
    ]
    assert acts(database, item.id) == ["open", "confirm", "start", "finish"]
    done = reading.open_item(database, item.id).line.item
    assert (done.outcome, done.closed_on) == ("3月9日已谈话", date(2026, 3, 10))
    with database.read() as session:
        assert list(broken_entries(session)) == []


def test_001_g_three_events_are_three_suggestions_to_be_confirmed(database: Database) -> None:
    fill_register(database, 2)
    for period, kind in (("2026-Q1", "talk"), ("2026-H1", "post"), ("2026", "accountability")):
        service.propose(database, BOSS, new_round(database, period), [proposal("u1", "last", kind)])
    found = reading.find_items(database, Wanted(year=2026))
    assert [(one.item.kind, one.item.period, one.item.state) for one in found] == [
        ("accountability", "2026", "proposed"),
        ("post", "2026-H1", "proposed"),
        ("talk", "2026-Q1", "proposed"),
    ]


def test_the_store_itself_takes_a_proposal_once(database: Database) -> None:
    fill_register(database, 1)
    round_id = new_round(database, "2026")
    service.propose(database, BOSS, round_id, [proposal("u1", "a"), proposal("u1", "a")])
    copied = (
        "SELECT round_id, ratee, consequence, period, kind, name, linkage, value, reason, state"
    )
    names = copied.removeprefix("SELECT ")
    more = "decision, outcome, is_current, is_simulated"
    insert = f"INSERT INTO followup_item ({names}, {more}) {copied}, {more} FROM followup_item"
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text(insert))


def test_undecided_items_follow_the_newest_run_and_decided_ones_stay(database: Database) -> None:
    fill_register(database, 3)
    round_id = new_round(database, "2026")
    service.propose(database, BOSS, round_id, [proposal(f"u{n}", "a") for n in (1, 2, 3)])
    lines = {one.item.ratee: one.item.id for one in reading.find_items(database, Wanted())}
    service.act(database, BOSS, lines["u1"], "confirm")
    newer = [proposal("u1", "a", reason="新理由"), proposal("u2", "a", reason="新理由")]
    made = service.propose(database, BOSS, round_id, newer)
    assert (made.opened, made.changed, made.same, made.dropped) == (0, 1, 1, 1)
    now = {one.item.ratee: one.item for one in reading.find_items(database, Wanted())}
    assert [now[key].reason for key in ("u1", "u2", "u3")] == ["末位", "新理由", "末位"]
    assert [now[key].is_current for key in ("u1", "u2", "u3")] == [True, True, False]
    assert acts(database, lines["u2"]) == ["open", "change"]
    assert acts(database, lines["u3"]) == ["open", "drop"]
    service.propose(database, BOSS, round_id, newer)
    assert acts(database, lines["u3"]) == ["open", "drop"]


WALKS = {
    "proposed": (),
    "confirmed": ("confirm",),
    "declined": ("decline",),
    "in_progress": ("confirm", "start"),
    "done": ("confirm", "start", "finish"),
}


@pytest.mark.parametrize("state", WALKS)
def test_only_the_steps_of_the_state_can_be_taken(database: Database, state: str) -> None:
    fill_register(database, 1)
    for number, step in enumerate(STEPS):
        round_id = new_round(database, str(2000 + number))
        service.propose(database, BOSS, round_id, [proposal("u1", "a")])
        item_id = only(database, Wanted(round_id=round_id)).item.id
        for earlier in WALKS[state]:
            service.act(database, BOSS, item_id, earlier, "理由")
        assert only(database, Wanted(round_id=round_id)).item.state == state
        if state in STEPS[step].sources:
            service.act(database, BOSS, item_id, step, "理由")
            after = STEPS[step].target or state
            assert only(database, Wanted(round_id=round_id)).item.state == after
        else:
            with pytest.raises(WrongStateError):
                service.act(database, BOSS, item_id, step, "理由")


def test_declining_and_finishing_need_words(database: Database) -> None:
    fill_register(database, 1)
    service.propose(database, BOSS, new_round(database, "2026"), [proposal("u1", "a")])
    item_id = only(database).item.id
    with pytest.raises(ProblemsError):
        service.act(database, BOSS, item_id, "decline", " ")
    service.act(database, BOSS, item_id, "confirm")
    service.act(database, BOSS, item_id, "start")
    with pytest.raises(ProblemsError):
        service.act(database, BOSS, item_id, "finish")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE followup_item SET state = 'declined'",
        "UPDATE followup_item SET state = 'done'",
        "UPDATE followup_item SET outcome = 'x'",
        "UPDATE followup_item SET round_id = NULL",
        "UPDATE followup_act SET content = 'x'",
        "DELETE FROM followup_act",
    ],
)
def test_the_store_itself_holds_what_a_state_needs(database: Database, statement: str) -> None:
    fill_register(database, 1)
    service.propose(database, BOSS, new_round(database, "2026"), [proposal("u1", "a")])
    with pytest.raises(DBAPIError), database.write() as session:
        session.execute(text(statement))


def test_an_item_by_hand_has_a_reason_and_is_overdue_after_its_day(database: Database) -> None:
    fill_register(database, 1)
    with pytest.raises(ProblemsError):
        service.add_item(database, BOSS, ItemSpec("nobody", "training", " ", "", period="2026-99"))
    spec = ItemSpec("u1", "training", "补课一周", "短板：信访", due_on=date(2026, 3, 20))
    item_id = service.add_item(database, BOSS, spec)
    assert only(database).item.state == "confirmed"
    service.add_item(database, BOSS, spec)  # by hand the same may be opened again
    with time_machine.travel("2026-03-20T15:59:59Z"):
        assert reading.find_items(database, Wanted(state="overdue")) == []
    with time_machine.travel("2026-03-20T16:00:00Z"):
        assert len(reading.find_items(database, Wanted(state="overdue"))) == 2
        service.act(database, BOSS, item_id, "start")
        service.act(database, BOSS, item_id, "finish", "结业")
        assert len(reading.find_items(database, Wanted(state="overdue"))) == 1


def test_a_unit_sees_decided_items_of_its_own_people_and_answers_them(database: Database) -> None:
    fill_register(database, 2)
    with database.write() as session:
        session.add(
            Ratee(
                key="p1", name="人员0001", ratee_class="head", group="", kind="person",
                parent="u1", position=9,
            )
        )  # fmt: skip
    own = frozenset({"u1"})
    round_id = new_round(database, "2026")
    service.propose(database, BOSS, round_id, [proposal(one, "a") for one in ("u1", "u2", "p1")])
    ids = {one.item.ratee: one.item.id for one in reading.find_items(database, Wanted())}
    assert reading.find_items(database, Wanted(), own) == []
    with pytest.raises(ForbiddenError):
        reading.open_item(database, ids["u1"], own)
    for item_id in ids.values():
        service.act(database, BOSS, item_id, "confirm", "内部意见")
    seen = reading.find_items(database, Wanted(), own)
    assert {one.item.ratee for one in seen} == {"u1", "p1"}
    service.report(database, "unit", ids["p1"], "已谈话", own)
    assert [one.kind for one in reading.open_item(database, ids["p1"], own).acts] == ["report"]
    with pytest.raises(ForbiddenError):
        reading.open_item(database, ids["u2"], own)
    with pytest.raises(ForbiddenError):
        service.report(database, "unit", ids["u2"], "冒名", own)
    with pytest.raises(NotFoundError):
        reading.open_item(database, 999, own)


def test_003_q_the_four_linkages_of_an_assessed_round(
    database: Database, settings: Settings
) -> None:
    """市2局 优秀: quota, honour and pay; 市1局 last of its class: a word on accountability."""
    world = linked_world(database, settings)
    empty = linkages(database, world.round_id)
    assert empty.columns == ("年度优秀比例", "领导评优", "绩效工资系数", "问责说明")
    assert empty.rows == (("市1局", *"————"), ("市2局", *"————"))
    made = service.propose_from_run(database, settings, BOSS, world.round_id)
    assert made.opened == 4
    assert service.propose_from_run(database, settings, BOSS, world.round_id).opened == 0
    found = {one.item.consequence: one.item for one in reading.find_items(database, Wanted())}
    assert {one.is_simulated for one in found.values()} == {True}
    for key in ("quota", "honour", "pay"):
        service.act(database, BOSS, found[key].id, "confirm")
    service.act(database, BOSS, found["honour"].id, "decline", "另有违纪")
    table = linkages(database, world.round_id)
    assert table.rows == (
        ("市1局", "—", "—", "—", "末位约谈（建议）"),
        ("市2局", "25%", "—", "1.2", "—"),
    )
    page = openpyxl.load_workbook(io.BytesIO(books.linkage_table(table))).active
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0][0] == "2026年度评议结果挂钩情况表（模拟数据）"
    assert rows[2] == ["单位", *table.columns]
    assert [tuple(row) for row in rows[3:5]] == list(table.rows)


def test_proposals_follow_the_grades_that_people_gave(
    database: Database, settings: Settings
) -> None:
    """市1局 84.00 is 合格 by the line; the committee lifts it to 优秀, so the quota is proposed."""
    world = linked_world(database, settings)
    run = assessments.open_run(database, settings, world.round_id)
    decisions.save(database, run, BOSS, {"u1": Choice("excellent", "并列，经会议研究")})
    service.propose_from_run(database, settings, BOSS, world.round_id)
    found = reading.find_items(database, Wanted(kind="quota"))
    assert {one.item.ratee for one in found} == {"u1", "u2"}


def test_the_ledgers_are_tables_of_text(database: Database, settings: Settings) -> None:
    fill_register(database, 1)
    spec = ItemSpec("u1", "accountability", "=1+1", "@cmd", is_simulated=True)
    service.add_item(database, BOSS, spec)
    lines = reading.find_items(database, Wanted())
    for content in (books.item_ledger(lines, 2026), books.accountability_ledger(lines, [])):
        page = openpyxl.load_workbook(io.BytesIO(content)).active
        cells = [cell for row in page.iter_rows() for cell in row]
        assert "'=1+1" in [cell.value for cell in cells]
        assert "模拟数据" in str(page["A1"].value)
        assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_a_units_file_shows_its_items(database: Database) -> None:
    fill_register(database, 1)
    service.propose(database, BOSS, new_round(database, "2026"), [proposal("u1", "a")])
    office = unit_archive(database, "u1", 2026, None, [reading.archive_sections])
    unit = unit_archive(database, "u1", 2026, frozenset({"u1"}), [reading.archive_sections])
    assert [(one.title, len(one.rows)) for one in office.sections] == [
        ("结果运用", 1),
        ("举报投诉", 0),
    ]
    assert [(one.title, len(one.rows)) for one in unit.sections] == [("结果运用", 0)]


def test_000_k_departments_no_user_of_services_rated_this_year(
    database: Database, settings: Settings
) -> None:
    """A round by citizens covers nobody; one by service users covers the classes it binds."""
    world = make_world(database, settings.home, units=2)
    assert [one.key for one in coverage(database, 2026).uncovered] == ["u1", "u2"]
    with database.write() as session:
        row = session.get(Round, world.round_id)
        assert row is not None
        assert row.frozen_config is not None
        row.frozen_config = row.frozen_config.replace('"citizen"', '"service_user"')
    found = coverage(database, 2026)
    assert (found.uncovered, found.n_units) == ((), 2)
    assert [title for _id, title in found.rounds] == ["测试轮次"]
    assert len(coverage(database, 2027).uncovered) == 2
