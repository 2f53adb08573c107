"""A clerk with a pile of papers: announce, count, upload, correct, upload again, print."""

from collections.abc import Iterator

import pytest
from flask import Flask

from survey_app.ballots.tables import Ballot
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.rounds import make_world
from tests.stores import new_sqlite
from tests.web.desk import Desk, make_app, signed_in, ticket_of, workbook

BASE = "/admin/rounds/1/intake"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("intake")
    url = new_sqlite(home / "survey.db")
    app = make_app(Settings(home, url, b"a secret for tests only, 32 bytes", False, None))
    held: Services = app.extensions["survey"]
    make_world(held.database, home)
    yield app
    held.database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    return signed_in(app, "clerk")


ANNOUNCED = {
    "s-kind": "paper",
    "s-name": "第三次全体会议",
    "s-held_on": "2026-11-20",
    "s-place": "礼堂",
    "s-tellers": "甲、乙",
    "s-rater_class": "citizen",
    "s-stratum": "",
    "s-scope": "key:u1",
    "s-issued": "10",
}


def announce(desk: Desk, **other: str) -> str:
    """A session's address."""
    reply = desk.post(f"{BASE}/sessions", {**ANNOUNCED, **other})
    assert reply.status_code == 302, reply.text[:3000]
    return reply.headers["Location"]


def counted(desk: Desk, collected: int = 4, spoiled: int = 1) -> str:
    address = announce(desk)
    reply = desk.post(f"{address}/count", {"collected": str(collected), "spoiled": str(spoiled)})
    assert reply.status_code == 302
    return address


def n_ballots(app: Flask) -> int:
    held: Services = app.extensions["survey"]
    with held.database.read() as session:
        return session.query(Ballot).count()


def items(desk: Desk, address: str) -> list[str]:
    """The headers of the template's first sheet."""
    import io

    import openpyxl

    reply = desk.client.get(f"{address}/template.xlsx")
    assert reply.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(reply.data))
    return [str(cell.value) for cell in next(iter(book.worksheets[0].rows))]


def papers(desk: Desk, address: str, *rows: tuple[object, ...], option: str = "满意") -> bytes:
    """A filled-in template: each row is (number, ratee, option for every choice)."""
    head = items(desk, address)
    width = len(head) - 3  # the last question is for words
    lines = [[one[0], one[1], *([one[2] if len(one) > 2 else option] * width), ""] for one in rows]
    return workbook({"问卷": [head, *lines]})


def test_a_pile_of_papers_from_the_door_to_the_minutes(app: Flask, clerk: Desk) -> None:
    before = n_ballots(app)
    address = counted(clerk)
    data = papers(clerk, address, ("1", "市1局"), ("2", "u1"), ("3", ""))
    preview = clerk.upload(f"{address}/import", "票.xlsx", data)
    assert preview.status_code == 200, preview.text[-2000:]
    assert n_ballots(app) == before
    ticket = {"ticket": ticket_of(preview.text)}
    assert clerk.post(f"{address}/confirm", ticket).status_code == 302
    assert n_ballots(app) == before + 3
    assert "份数一致" in clerk.get(address)
    assert "份数一致：有效票全部录入" in clerk.get(f"{address}/minutes")
    again = clerk.upload(f"{address}/import", "票.xlsx", data)
    assert "再录一次不会有任何改变" in again.text
    assert n_ballots(app) == before + 3


def test_everything_wrong_with_a_file_is_named_by_row(app: Flask, clerk: Desk) -> None:
    before = n_ballots(app)
    address = counted(clerk)
    data = papers(
        clerk,
        address,
        ("11", "市1局"),
        ("2", "市9局"),
        ("3", "市1局", "还行吧"),
        ("4", "市1局"),
        ("4", "市1局"),
    )
    reply = clerk.upload(f"{address}/import", "票.xlsx", data)
    assert reply.status_code == 422
    for words in ("1 到 10 号", "没有评议对象“市9局”", "“还行吧”不在选项里", "已经有一行（5）"):
        assert words in reply.text
    assert n_ballots(app) == before


def test_more_papers_than_were_valid_enter_none(app: Flask, clerk: Desk) -> None:
    before = n_ballots(app)
    address = counted(clerk, collected=2, spoiled=1)
    data = papers(clerk, address, ("1", "市1局"), ("2", "市1局"))
    reply = clerk.upload(f"{address}/import", "票.xlsx", data)
    assert reply.status_code == 422
    assert "多出 1 张" in reply.text
    assert n_ballots(app) == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("票.xlsx", b"PK\x03\x04 not a workbook"),
        ("票.xlsx", b""),
        ("票.exe", b"MZ"),
        ("票.csv", b"\xff\xfe\x00\x00"),
        ("票.csv", "姓名,电话\n张三,138".encode()),
    ],
)
def test_a_hostile_or_foreign_file_becomes_a_sentence(clerk: Desk, name: str, data: bytes) -> None:
    address = counted(clerk)
    assert clerk.upload(f"{address}/import", name, data).status_code == 422


def test_papers_are_typed_one_by_one(app: Flask, clerk: Desk) -> None:
    before = n_ballots(app)
    address = counted(clerk)
    fields = {f"1.{key}": "4" for key in ("D1", "D3", "D5", "D7", "D0")}
    wrong = clerk.post(f"{address}/type", {"number": "77", **fields, "1.D1": ""})
    assert wrong.status_code == 422
    assert "1 到 10 号" in wrong.text
    assert 'value="77"' in wrong.text
    assert "checked" in wrong.text
    for _ in range(2):
        assert clerk.post(f"{address}/type", {"number": "０7", **fields}).status_code == 302
    assert n_ballots(app) == before + 1
    assert "7 号以前录过" in clerk.get(f"{address}/type")


def test_too_many_collected_is_said_at_once_and_nothing_can_be_entered(clerk: Desk) -> None:
    address = counted(clerk, collected=11, spoiled=0)
    page = clerk.get(address)
    assert "已经作废" in page
    assert "上传并预览" not in page
    assert clerk.client.get(f"{address}/type").status_code == 409
    assert "本场作废" in clerk.get(f"{address}/minutes")


def test_two_tellers_are_needed_for_papers(clerk: Desk) -> None:
    reply = clerk.post(f"{BASE}/sessions", {**ANNOUNCED, "s-tellers": "甲"})
    assert reply.status_code == 422
    assert "至少要两位监票人" in reply.text
    assert 'value="第三次全体会议"' in reply.text


def test_interviews_come_in_by_file_with_strata(app: Flask, clerk: Desk) -> None:
    address = announce(clerk, **{"s-kind": "phone", "s-tellers": "某公司"})
    head = items(clerk, address)
    assert head[:3] == ["访问编号", "评议对象", "分层"]
    line = ["A-001", "市1局", "老城区", *(["满意"] * (len(head) - 4)), ""]
    data = workbook({"问卷": [head, line]})
    preview = clerk.upload(f"{address}/import", "访问.xlsx", data)
    assert preview.status_code == 200, preview.text[-2500:]
    clerk.post(f"{address}/confirm", {"ticket": ticket_of(preview.text)})
    held: Services = app.extensions["survey"]
    with held.database.read() as session:
        one = session.query(Ballot).filter_by(channel="phone").one()
        assert (one.stratum, one.evidence) == ("老城区", "card")


def test_making_a_session_void_waits_for_a_second_person(app: Flask, clerk: Desk) -> None:
    address = counted(clerk)
    reply = clerk.post(f"{address}/void", {"void-reason": "票箱封条破损"})
    assert reply.status_code == 302
    assert "已经作废" not in clerk.get(address)
    admin = signed_in(app, "admin")
    page = admin.get("/admin/approvals/")
    assert "票箱封条破损" in page
    act = page.split('id="act-')[1].split('"')[0]
    admin.post(f"/admin/approvals/{act}", {"verdict": "approve", "note": ""})
    assert "票箱封条破损" in clerk.get(address)
    assert "已经作废" in clerk.get(address)


def test_the_close_page_names_sessions_that_do_not_add_up(app: Flask, clerk: Desk) -> None:
    announce(clerk, **{"s-name": "没有清点的一场"})
    page = signed_in(app, "admin").get("/admin/rounds/1/close")
    assert "没有清点的一场" in page


def test_an_entrance_is_switched_off_and_on_from_the_live_view(app: Flask, clerk: Desk) -> None:
    page = clerk.get("/admin/rounds/1/watch")
    assert "停用" in page
    link = page.split("/links/")[1].split("/")[0]
    address = f"/admin/rounds/1/links/{link}/switch"
    clerk.post(address, {"on": "0"})
    assert "已停用" in clerk.get("/admin/rounds/1/watch")
    clerk.post(address, {"on": "1"})
