"""Service promises, daily and weekly entries, and the ledger: sheets in, sheets out."""

import io
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.core.uploads import Upload
from survey_app.supervision import archive, books, promises, reading, service, work
from survey_app.supervision.reading import Wanted
from tests.rounds import fill_register
from tests.supervising import CLERK, file
from tests.web.desk import workbook


@pytest.fixture(autouse=True)
def units(database: Database) -> None:
    fill_register(database, 4)


def promise_file(n: int, **changes: str) -> Upload:
    rows = [
        [f"C{i:04d}", f"市{1 + i % 4}局", "窗口", f"事项{i}", f"承诺{i}", "3个工作日", "12345"]
        for i in range(n)
    ]
    head = ["编号", "单位", "岗位", "事项", "承诺内容", "办结时限", "监督电话"]
    for row in rows:
        row[4] = changes.get(row[0], row[4])
    return Upload("承诺.xlsx", workbook({"服务承诺": [head, *rows]}))


def test_004_g_920_service_promises_and_each_unit_lists_its_own(database: Database) -> None:
    assert len(promises.preview(database, promise_file(920)).added) == 920
    promises.carry_out(database, CLERK, promise_file(920))
    pages = [archive.unit_archive(database, f"u{n}", 2026, None).promises for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [230, 230, 230, 230]
    again = promises.carry_out(database, CLERK, promise_file(920, C0004="改为当场办结"))
    assert (len(again.added), again.changed, again.n_same) == (0, ("C0004",), 919)
    (new,) = [one for one in promises.list_promises(database) if one.code == "C0004"]
    assert (new.promise, new.version) == ("改为当场办结", 2)
    assert len(promises.list_promises(database)) == 920
    assert len(promises.list_promises(database, frozenset({"u1"}))) == 230
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("DELETE FROM service_promise"))


def test_promises_with_problems_are_told_by_row_and_nothing_is_stored(database: Database) -> None:
    head = ["编号", "单位", "事项", "承诺内容"]
    rows = [["C1", "市1局", "a", "b"], ["C1", "无此局", "", "b"], ["", "市2局", "a", "b"]]
    bad = Upload("承诺.xlsx", workbook({"服务承诺": [head, *rows]}))
    plan = promises.preview(database, bad)
    places = [problem.where.rpartition(":")[2] for problem in plan.problems]
    assert places == ["3", "3", "3", "4"]
    with pytest.raises(ProblemsError):
        promises.carry_out(database, CLERK, bad)
    assert promises.list_promises(database) == []


def work_file(*rows: list[object]) -> Upload:
    head = ["单位", "人员编号", "岗位", "日期", "类型", "数值", "备注"]
    return Upload("记录.xlsx", workbook({"工作记录": [head, *rows]}))


def test_001_11_daily_and_weekly_entries_are_summed_into_the_month(database: Database) -> None:
    """人员0001: 1 + 1 + 0.5 = 2.5 days and 8.5 + 9.25 = 17.75 in March; April is its own."""
    upload = work_file(
        ["市1局", "人员0001", "窗口一", "2026-03-02", "日考勤", 1, ""],
        ["市1局", "人员0001", "窗口一", "2026-03-03", "日考勤", "1", ""],
        ["市1局", "人员0001", "窗口一", "2026-03-31", "日考勤", 0.5, "下午请假"],
        ["市1局", "人员0001", "窗口一", "2026-04-01", "日考勤", 1, ""],
        ["市1局", "人员0001", "窗口一", "2026-03-02", "周记录", 8.5, ""],
        ["市1局", "人员0001", "窗口一", "2026-03-09", "周记录", "9.25", ""],
        ["市2局", "", "门卫", "2026-03-02", "日考勤", 1, ""],
    )
    assert len(work.carry_out(database, CLERK, upload).added) == 7
    with database.read() as session:
        march = [
            (s.unit, s.person, s.kind, s.total, s.n) for s in work.month_sums(session, "2026-03")
        ]
        assert [s.total for s in work.month_sums(session, "2026-Q2")] == [Decimal(1)]
        assert work.month_sums(session, "no period") == []
    assert march == [
        ("u1", "人员0001", "attendance", Decimal("2.5"), 3),
        ("u1", "人员0001", "weekly", Decimal("17.75"), 2),
        ("u2", "", "attendance", Decimal(1), 1),
    ]
    assert [s.unit for s in work.list_sums(database, "2026-03", frozenset({"u2"}))] == ["u2"]
    changed = work_file(["市1局", "人员0001", "窗口一", "2026-03-03", "日考勤", 0, "旷工"])
    assert len(work.carry_out(database, CLERK, changed).changed) == 1
    with database.read() as session:
        assert work.month_sums(session, "2026-03")[0].total == Decimal("1.5")


def test_entries_with_problems_are_told_by_row(database: Database) -> None:
    upload = work_file(
        ["市1局", "", "", "2026-03-02", "日考勤", 1, ""],
        ["市1局", "人员0001", "", "三月二日", "日考勤", 1, ""],
        ["市1局", "人员0001", "", "2026-03-02", "月记录", 1, ""],
        ["市1局", "人员0001", "", "2026-03-02", "日考勤", "1.005", ""],
        ["市1局", "人员0001", "", "2026-03-02", "日考勤", "很多", ""],
        ["市1局", "人员0002", "", "2026-03-02", "日考勤", "1", ""],
        ["市1局", "人员0002", "", "2026-03-02", "日考勤", "1", ""],
    )
    plan = work.preview(database, upload)
    assert [one.where.rpartition(":")[2] for one in plan.problems] == ["2", "3", "4", "5", "6", "8"]


def test_the_ledger_has_the_headers_and_runs_no_formula(database: Database) -> None:
    file(database, "circular", "u1", title="=HYPERLINK(1)")
    letter = file(database, "urging", "u1", is_simulated=True)
    service.reply(database, CLERK, letter, "u1", "+86 已回复")
    content = books.supervision_ledger(reading.find_lines(database, Wanted(year=2026)), 2026)
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0][0] == "2026年度督办通报台账（模拟数据）"
    assert rows[2] == ["编号", "类型", "单位", "事项", "下发日期", "期限", "回复", "状态"]
    assert rows[3][:2] + rows[3][4:] == [
        *("督办〔2026〕1号", "督办（督办通知书）"),
        *("2026-03-02", "2026-03-20", "'+86 已回复", "已回复，待审核"),
    ]
    assert rows[4][3] == "'=HYPERLINK(1)"
    assert "制表人" in str(rows[-1][0])
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
    assert not any(cell.data_type == "f" for row in page.iter_rows() for cell in row)
