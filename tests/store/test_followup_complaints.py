"""Complaints: taken in once, looked up by code, closed only when told and filed."""

import hashlib
import io
from collections.abc import Iterator

import openpyxl
import pytest
import time_machine
from sqlalchemy import DateTime, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from survey_app import tables
from survey_app.complaints import books, service
from survey_app.complaints.limit import Limit, TooManyError
from survey_app.complaints.service import ComplaintSpec, UnknownCaseError, WrongStateError
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError, ProblemsError
from tests.rounds import fill_register

CLERK = "clerk"
SECRET = b"a secret of this installation, 32 bytes"
SPEC = ComplaintSpec("service", "3月2日在窗口等了三小时没人理。", "u1")


@pytest.fixture(autouse=True)
def noon_in_march(database: Database) -> Iterator[None]:
    fill_register(database, 2)
    with time_machine.travel("2026-03-10T04:00:00Z", tick=False):
        yield


def take(database: Database, spec: ComplaintSpec = SPEC, nonce: bytes = b"n") -> service.Taken:
    return service.take(database, spec, service.code_for(SECRET, nonce, spec))


def dealt_with(database: Database) -> int:
    """A case that was told and filed, ready to be closed."""
    case = take(database).id
    service.investigate(database, CLERK, case, "direct", "", "")
    service.inform(database, CLERK, case, "已批评窗口人员，向您道歉。")
    service.report(database, CLERK, case, "绩办函〔2026〕3号")
    return case


@pytest.mark.parametrize("channel", ["phone", "box", "qr"])
def test_000_j_from_receipt_to_closing(database: Database, channel: str) -> None:
    """Topic 服务质量 by phone, box or QR; 受理 → 调查 → 办结; feedback by the code."""
    spec = ComplaintSpec("service", "态度不好", "u1", channel=channel)
    taken = take(database, spec) if channel == "qr" else service.enter(database, CLERK, spec)
    assert taken.number == "投诉〔2026〕1号"
    assert service.find_status(database, taken.code.lower()).state == "received"
    service.investigate(database, CLERK, taken.id, "transferred", "市纪委", "")
    assert service.find_status(database, taken.code).state == "investigating"
    service.inform(database, CLERK, taken.id, "已处理，谢谢您。")
    service.report(database, CLERK, taken.id, "备案 1 号")
    service.close(database, CLERK, taken.id, "属实，批评教育")
    found = service.find_status(database, taken.code)
    assert (found.state, found.feedback, found.closed_on) == (
        "closed",
        "已处理，谢谢您。",
        "2026-03-10",
    )
    row, log = service.open_complaint(database, taken.id)
    assert row.handler == "市纪委"
    assert [one.kind for one in log][-4:] == ["investigate", "inform", "file", "close"]


def test_000_j_no_closing_before_both_are_ticked(database: Database) -> None:
    case = take(database).id
    with pytest.raises(WrongStateError):
        service.close(database, CLERK, case, "属实")
    service.investigate(database, CLERK, case, "direct", "", "")
    with pytest.raises(ProblemsError) as both:
        service.close(database, CLERK, case, "属实")
    assert [one.where for one in both.value.problems] == ["反馈投诉人", "报监察人事备案"]
    service.inform(database, CLERK, case, "已处理")
    with pytest.raises(ProblemsError) as one_left:
        service.close(database, CLERK, case, "属实")
    assert [one.where for one in one_left.value.problems] == ["报监察人事备案"]
    service.report(database, CLERK, case, "备案 1 号")
    service.close(database, CLERK, case, "属实")
    with pytest.raises(WrongStateError):
        service.note(database, CLERK, case, "再查")


@pytest.mark.parametrize(
    "change",
    [
        "is_informed = false, informed_on = NULL",
        "is_filed = false, filed_on = NULL",
        "feedback = ''",
        "result = ''",
        "closed_on = NULL",
        "is_filed = false",
    ],
)
def test_the_store_itself_closes_only_what_was_told_and_filed(
    database: Database, change: str
) -> None:
    case = dealt_with(database)
    service.close(database, CLERK, case, "属实")
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text(f"UPDATE complaint SET {change}"))


@pytest.mark.parametrize(
    "act", ["UPDATE complaint_act SET content = ''", "DELETE FROM complaint_act"]
)
def test_the_log_of_a_case_cannot_be_changed(database: Database, act: str) -> None:
    dealt_with(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(act))


def test_the_same_form_sent_twice_is_one_case(database: Database) -> None:
    first, second = take(database), take(database)
    assert first == second
    assert len(service.list_complaints(database)) == 1
    assert take(database, nonce=b"another form").number == "投诉〔2026〕2号"
    changed = ComplaintSpec("conduct", SPEC.content, "u1")
    assert take(database, changed).number == "投诉〔2026〕3号"


def test_the_code_is_not_kept_and_says_nothing(database: Database) -> None:
    taken = take(database)
    assert len(taken.code) == 26
    with database.read() as session:
        rows = [
            *session.execute(text("SELECT * FROM complaint")).all(),
            *session.execute(text("SELECT * FROM record_entry")).all(),
        ]
        (kept,) = session.execute(text("SELECT code_hash FROM complaint")).scalars()
    assert taken.code not in repr(rows)
    assert bytes(kept) == hashlib.sha256(taken.code.encode()).digest()
    assert service.code_for(b"another secret, of another house", b"n", SPEC) != taken.code
    for typed in ("", "abc", "0" * 26, taken.code[:-1] + ("0" if taken.code[-1] != "0" else "1")):
        with pytest.raises(UnknownCaseError):
            service.find_status(database, typed)


def test_a_citizens_complaint_leaves_no_moment_and_no_trace(database: Database) -> None:
    take(database)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM record_entry")).scalar() == 0
        assert session.execute(text("SELECT count(*) FROM complaint_act")).scalar() == 0
    columns = tables.metadata.tables["complaint"].columns
    kinds = [getattr(column.type, "impl", column.type) for column in columns]
    assert not any(isinstance(kind, DateTime) for kind in kinds)
    assert not {"ip", "address", "user_agent", "browser", "nonce"} & {one.name for one in columns}


def test_a_complaint_and_a_ballot_know_nothing_of_each_other() -> None:
    leads = {
        name: {key.column.table.name for key in table.foreign_keys}
        for name, table in tables.metadata.tables.items()
    }
    assert leads["complaint"] == set()
    assert leads["complaint_act"] == {"complaint"}
    assert {name for name, its in leads.items() if "complaint" in its} == {"complaint_act"}


def test_all_that_is_wrong_is_told_by_field(database: Database) -> None:
    bad = ComplaintSpec("gossip", "", "nobody", "x" * 201)
    found = [one.where for one in service.check_complaint(database, bad)]
    assert found == ["topic", "text", "contact", "unit"]
    with pytest.raises(ProblemsError):
        take(database, bad)
    with pytest.raises(NotFoundError):
        service.open_complaint(database, 999)


def test_hostile_text_becomes_plain_text() -> None:
    assert service.clean("a\x00b\u202ec\r\nd\re ") == "a b c\nd\ne"


def test_the_brake_lets_go_after_a_while() -> None:
    limit = Limit(most=2, seconds=60)
    with time_machine.travel(0, tick=False) as traveller:
        limit.pass_one()
        limit.pass_one()
        with pytest.raises(TooManyError):
            limit.pass_one()
        traveller.shift(61)
        limit.pass_one()


def test_the_ledger_tells_nothing_of_who_complained(database: Database) -> None:
    spec = ComplaintSpec("conduct", "某某的原话", "u1", "139-secret", is_simulated=True)
    take(database, spec)
    content = books.complaint_ledger(service.list_complaints(database), {"u1": "市1局"})
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    said = " ".join(str(cell.value) for row in page.iter_rows() for cell in row)
    assert "投诉〔2026〕1号" in said
    assert "模拟数据" in said
    assert "139" not in said
    assert "某某的原话" not in said
