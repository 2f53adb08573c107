"""Values of indicators in both databases: versions, the lock of a certified value, the ledgers."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from analysis.inputs import RateeRow, Table, read_indicators
from survey_app.core import clock
from survey_app.core.access import Role, SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ForbiddenError, NotFoundError, ProblemsError
from survey_app.core.uploads import Upload
from survey_app.indicators import kept, ledger, reporting, reviewing, values
from survey_app.indicators.evidence import EvidenceStore
from survey_app.indicators.pending import Pending, pending
from survey_app.indicators.service import Kind, carry_out, sheets_for_run
from survey_app.indicators.tables import (
    Adjustment,
    Certification,
    Indicator,
    IndicatorValue,
    VetoEntry,
)
from survey_app.indicators.values import Entry
from survey_app.record.tables import RecordEntry
from survey_app.rounds.frozen import load_round
from tests.rounds import make_world

BUREAU = "市统计局"
HEADER = (
    "编号,指标名称,责任单位,分值,目标值,完成值,数据采集单位,认定状态,计分方法,考核单位,评分标准"
)
TWO = f"""{HEADER}
A01,投资,u1,20,100,,{BUREAU},,,,
A01,投资,u2,20,100,,市发改委,,,,
"""


def person(role: Role, scope: str = "") -> SignedIn:
    return SignedIn(1, role, role, role, scope)


REPORTER = person("reporter", BUREAU)
CERTIFIER = person("certifier")


@pytest.fixture
def round_id(database: Database, settings: Settings) -> int:
    return make_world(database, settings.home, state="draft").round_id


@pytest.fixture
def bring(database: Database, round_id: int) -> Callable[..., None]:
    def bring(content: str, kind: Kind = "indicators", *, may_decide: bool = True) -> None:
        upload = Upload("表.csv", content.encode())
        carry_out(database, "boss", round_id, upload, kind, may_decide=may_decide)

    return bring


def rows(database: Database, round_id: int) -> list[kept.Kept]:
    with database.read() as session:
        return kept.load(session, round_id)


def first(database: Database, round_id: int) -> kept.Kept:
    return rows(database, round_id)[0]


def tell(database: Database, round_id: int, actual: str, reason: str = "") -> values.Reported:
    one = first(database, round_id)
    return values.report(
        database, REPORTER, round_id, [Entry(one.id, actual, seen=one.version)], reason
    )


def certify(database: Database, round_id: int) -> None:
    one = first(database, round_id)
    values.certify(database, CERTIFIER, round_id, [(one.id, one.version)])


def test_003_m_reported_certified_locked_reopened_corrected(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    assert first(database, round_id).state == "due"
    assert tell(database, round_id, "96.50").n == 1
    assert first(database, round_id).state == "reported"
    certify(database, round_id)
    assert first(database, round_id).state == "certified"
    refused = tell(database, round_id, "99", "写错了")
    assert "已经认定" in str(refused.problems)
    one = first(database, round_id)
    with pytest.raises(values.NeedsReasonError):
        values.reopen(database, CERTIFIER, round_id, one.id, " ")
    values.reopen(database, CERTIFIER, round_id, one.id, "小数点点错")
    assert tell(database, round_id, "9.65", "小数点点错").n == 1
    certify(database, round_id)
    story = reporting.tell(database, REPORTER, round_id, one.id)
    assert [(act.act, act.version, act.actual) for act in story.acts] == [
        ("certify", 2, "9.65"),
        ("report", 2, "9.65"),
        ("reopen", 1, "96.5"),
        ("certify", 1, "96.5"),
        ("report", 1, "96.5"),
    ]
    with database.read() as session:
        actions = session.scalars(select(RecordEntry.action).order_by(RecordEntry.id)).all()
    assert actions[-5:] == [
        *("indicator.report", "indicator.certify", "indicator.reopen"),
        *("indicator.report", "indicator.certify"),
    ]


def test_the_database_itself_refuses_a_value_beside_a_certified_one(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    tell(database, round_id, "96.5")
    certify(database, round_id)
    one = first(database, round_id)
    value = {"indicator_id": one.id, "version": 2, "actual": "1", "growth": "", "reason": "x"}
    row = {**value, "operator": "x", "at": clock.now()}
    lock = update(Indicator).where(Indicator.id == one.id)
    for statement in (
        insert(IndicatorValue).values(**row),
        lock.values(certified_version=None),
        lock.values(certified_version=7),
        update(IndicatorValue).values(actual="1"),
        delete(IndicatorValue),
        update(Certification).values(reason="x"),
        delete(Certification),
    ):
        with pytest.raises(DBAPIError), database.write() as session:
            session.execute(statement)
    assert first(database, round_id).cells["actual"] == "96.5"


def test_a_correction_without_a_reason_is_refused_by_service_and_database(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    tell(database, round_id, "96.5")
    assert "没有写更正原因" in str(tell(database, round_id, "97").problems)
    one = first(database, round_id)
    blank = kept.NewValue(one.id, 1, "97", "", "")
    with pytest.raises(DBAPIError), database.write() as session:
        kept.add_values(session, "x", [blank])
    assert tell(database, round_id, "97", "漏了一个项目").n == 1


def test_a_reporter_sees_and_reports_its_own_rows_only(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    page = reporting.open_page(database, REPORTER, round_id)
    assert [one.cells["ratee"] for one in page.rows] == ["u1"]
    other = rows(database, round_id)[1]
    with pytest.raises(ForbiddenError):
        values.report(database, REPORTER, round_id, [Entry(other.id, "5")], "")
    with pytest.raises(NotFoundError):
        reporting.tell(database, REPORTER, round_id, other.id)
    for who in (person("viewer"), person("clerk"), CERTIFIER):
        with pytest.raises(ForbiddenError):
            values.report(database, who, round_id, [Entry(other.id, "5")], "")
    with pytest.raises(ForbiddenError):
        values.certify(database, REPORTER, round_id, [(other.id, 1)])
    (due,) = reporting.rounds_due(database, REPORTER)
    assert (due.due, due.reported, due.certified) == (1, 0, 0)


def test_marks_are_given_by_their_assessor(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(f"{HEADER}\nB,党建,u1,10,,,组织部,,评分,{BUREAU},\n")
    assert tell(database, round_id, "11").problems
    assert tell(database, round_id, "8.5").n == 1


def test_nothing_is_saved_where_one_row_is_wrong(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO.replace("市发改委", BUREAU))
    one, two = rows(database, round_id)
    done = values.report(
        database, REPORTER, round_id, [Entry(one.id, "90"), Entry(two.id, "九十")], ""
    )
    assert (done.n, list(done.problems)) == (0, [two.id])
    assert first(database, round_id).state == "due"


def test_what_another_has_changed_meanwhile_is_told(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    one = first(database, round_id)
    tell(database, round_id, "90")
    late = values.report(database, REPORTER, round_id, [Entry(one.id, "95", seen=0)], "改")
    assert "刚才有人填报过" in str(late.problems)
    with pytest.raises(ProblemsError, match="刚才有人改过"):
        values.certify(database, CERTIFIER, round_id, [(one.id, 7)])


def test_an_import_replaces_definitions_and_keeps_versions(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    tell(database, round_id, "96.5")
    certify(database, round_id)
    before = first(database, round_id)
    bring(TWO.replace("投资,u1,20", "固定资产投资,u1,25"))
    after = first(database, round_id)
    assert (after.id, after.state, after.cells["actual"]) == (before.id, "certified", "96.5")
    assert (after.cells["name"], after.cells["points"]) == ("固定资产投资", "25")
    bring(f"{HEADER}\nA02,税收,u1,20,100,,{BUREAU},,,,\n")
    assert [one.cells["indicator"] for one in rows(database, round_id)] == ["A02"]
    bring(TWO)
    assert first(database, round_id).cells["actual"] == "96.5"


def test_an_import_does_not_change_what_is_certified(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring(TWO)
    tell(database, round_id, "96.5")
    certify(database, round_id)
    with pytest.raises(ProblemsError, match="已认定的完成值是 96"):
        bring(TWO.replace("u1,20,100,,", "u1,20,100,99,"))
    bring(TWO.replace("u1,20,100,,", "u1,20,100,96.50,"))


def test_who_may_not_decide_certifies_and_approves_nothing_by_importing(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    certified = f"{HEADER}\nA01,投资,u1,20,100,90,{BUREAU},已认定,,,\n"
    ledger_csv = "ratee,kind,points,matter,evidence\nu1,加分,3,获奖,证书\n"
    bring(certified, may_decide=False)
    bring(ledger_csv, "adjustments", may_decide=False)
    assert first(database, round_id).state == "reported"
    with database.read() as session:
        assert "adjustments" not in sheets_for_run(session, round_id)
    bring(certified)
    bring(ledger_csv, "adjustments")
    assert first(database, round_id).state == "certified"
    with database.read() as session:
        assert len(sheets_for_run(session, round_id)["adjustments"].rows) == 1


def test_an_imported_ledger_withdraws_and_never_removes(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    head = "ratee,kind,points,matter,evidence\n"
    bring(f"{head}u1,加分,3,获奖,证书\nu2,减分,1,迟报,通报\n", "adjustments")
    bring(f"{head}u1,加分,3,获奖,证书\nu1,加分,2,创新,文件\n", "adjustments")
    bring("ratee,veto,document\n", "vetoes")
    with database.read() as session:
        found = session.scalars(select(Adjustment).order_by(Adjustment.id)).all()
        assert [(one.matter, one.withdrawn_reason is None) for one in found] == [
            ("获奖", True),
            ("迟报", False),
            ("创新", True),
        ]
        sums = ledger.sum_up(None, found)
        assert session.scalars(select(VetoEntry)).all() == []
    assert sums == {("u1", "bonus"): ledger.Side(Decimal(5), Decimal(5))}


def entered(**changed: str) -> dict[str, str]:
    given = {"ratee": "u1", "kind": "bonus", "points": "3", "matter": "获奖", "source": "表彰"}
    return {**given, "evidence": "某文1号", "on": "2026-03-01", "multiplier": "", **changed}


def test_an_entry_counts_once_it_is_approved_and_may_be_withdrawn(
    database: Database, settings: Settings, round_id: int
) -> None:
    store = EvidenceStore(settings)
    made = ledger.enter_adjustment(database, store, "clerk", round_id, entered(), None)
    assert made.id is not None
    assert ledger.read_ledger(database, round_id).sums == {}
    with pytest.raises(ledger.NotPointsError):
        ledger.approve(database, "boss", round_id, made.id, "-1")
    ledger.approve(database, "boss", round_id, made.id, "2.5")
    (side,) = ledger.read_ledger(database, round_id).sums.values()
    assert side.raw == Decimal("2.5")
    with pytest.raises(ledger.NeedsReasonError):
        ledger.withdraw_adjustment(database, "boss", round_id, made.id, "")
    ledger.withdraw_adjustment(database, "boss", round_id, made.id, "重复登记")
    assert ledger.read_ledger(database, round_id).sums == {}
    with pytest.raises(ledger.WithdrawnError):
        ledger.approve(database, "boss", round_id, made.id, "2.5")


def test_004_a_media_exposure_without_link_or_file_cannot_be_saved(
    database: Database, settings: Settings, round_id: int
) -> None:
    store = EvidenceStore(settings)
    media = entered(kind="deduction", source="媒体曝光", evidence="")
    refused = ledger.enter_adjustment(database, store, "clerk", round_id, media, None)
    assert refused.id is None
    assert "媒体来源的减分没有依据" in refused.problems[0].text()
    file = Upload("截图.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20)
    made = ledger.enter_adjustment(database, store, "clerk", round_id, media, file)
    assert made.id is not None
    (found,) = ledger.read_ledger(database, round_id).files["adjustment", made.id]
    row, data = store.read(database, round_id, found.key)
    assert (row.name, data) == ("截图.png", file.data)
    path = settings.home / "evidence" / found.key
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotFoundError):
        store.read(database, round_id + 1, found.key)


def test_004_c_a_vague_standard_stops_the_freeze_until_it_is_confirmed(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    make_targets(database, round_id)
    bring(f"{HEADER}\nA01,投资,u1,20,100,,{BUREAU},,,,协调不到位的酌情扣分\n")

    def before() -> list[str]:
        with database.read() as session:
            row = load_round(session, round_id)
            return [p.text() for p in reviewing.problems_before_freeze(session, row, clock.now())]

    assert ["评分标准表述含糊：协调不到位、酌情扣分" in line for line in before()] == [True]
    with database.read() as session:
        (warned,) = reviewing.look_over(database, load_round(session, round_id)).warnings
    with pytest.raises(NotFoundError):
        reviewing.confirm(database, "clerk", round_id, "sha256:0", "x")
    with pytest.raises(reviewing.NeedsReasonError):
        reviewing.confirm(database, "clerk", round_id, warned.warning.key, " ")
    reviewing.confirm(database, "clerk", round_id, warned.warning.key, "另有细则")
    assert before() == []
    with pytest.raises(DBAPIError), database.write() as session:
        session.execute(text("UPDATE confirmation SET reason = 'x'"))


def make_targets(database: Database, round_id: int) -> None:
    """A scheme with nothing but indicators."""
    with database.write() as session:
        load_round(session, round_id).scheme_toml = TARGETS


TARGETS = """
key = "t"
version = "1"
title = "t"
[[component]]
key = "targets"
name = "指标考核"
weight = "100"
source = "indicators"
"""


def test_indicators_imported_without_owners_can_be_assessed(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    bring("编号,指标名称,责任单位,分值,目标值,完成值\nA01,投资,u1,20,100,80\n")
    with database.read() as session:
        sheet = sheets_for_run(session, round_id)["indicators"]
    assert "owner" not in sheet.headers
    table = Table("指标", sheet.headers, list(enumerate(sheet.rows, start=2)))
    found, problems = read_indicators(table, [RateeRow("u1", "市1局", "unit", "")])
    assert problems == []
    assert [(row.indicator, row.actual) for row in found] == [("A01", 80)]


def test_what_waits_is_told_before_an_assessment(
    database: Database, round_id: int, bring: Callable[..., None]
) -> None:
    assert not pending(database, round_id)
    bring(TWO)
    tell(database, round_id, "96")
    bring("评议对象,加减,分数,事项,依据\nu1,加分,3,获表彰,文号1\n", "adjustments", may_decide=False)
    assert pending(database, round_id) == Pending(not_reported=1, not_certified=1, not_approved=1)
    certify(database, round_id)
    assert pending(database, round_id).not_certified == 0
