"""Follow-up on screen: proposals, decisions, linkages; and complaints from both sides."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.complaints import service as complaints
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.followup import service
from survey_app.followup.service import ItemSpec
from tests.followed import linked_world
from tests.web.desk import PASSWORD, Desk, import_register, make_app, signed_in
from tests.web.strict import Page, StrictClient

PLACE = "/admin/followup"
DESK = f"{PLACE}/complaints"


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    spec = OperatorSpec("unit", "教育局经办", "unit", "101")
    create_operator(held.database, held.settings, "tests", spec, PASSWORD)
    yield app
    held.database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    desk = signed_in(app, "clerk")
    import_register(desk)
    return desk


def held(app: Flask) -> Services:
    found: Services = app.extensions["survey"]
    return found


def read(desk: Desk, address: str) -> Page:
    page = Page(desk.get(address))
    assert page.faults == []
    return page


def test_003_q_proposals_are_made_by_a_button_and_decided_one_by_one(app: Flask) -> None:
    world = linked_world(held(app).database, held(app).settings)
    clerk = signed_in(app, "clerk")
    place = f"{PLACE}/rounds/{world.round_id}"
    assert "从核算结果提出建议" in read(clerk, f"{PLACE}/").text
    for expected in ("新提出 4 项", "新提出 0 项"):
        assert clerk.post(f"{place}/propose").status_code == 302
        assert expected in clerk.get(place)
    assert "末位约谈（建议）" in read(clerk, place).text
    page = read(clerk, f"{PLACE}/?kind=accountability")
    assert "模拟数据" in page.text
    address = next(link for link in page.links if "/items/" in link)
    assert clerk.post(f"{address}/confirm", {"due_on": "2026-03-31"}).status_code == 302
    assert "末位约谈 " in read(clerk, place).text + " "
    assert "2026-03-31" in read(clerk, address).text
    assert clerk.post(f"{address}/start").status_code == 302
    refused = clerk.post(f"{address}/finish", {"words": ""})
    assert refused.status_code == 409
    assert clerk.post(f"{address}/finish", {"words": "已约谈"}).status_code == 302
    assert "已约谈" in read(clerk, f"{PLACE}/accountability").text
    assert clerk.post(f"{address}/nonsense").status_code == 404
    for book in (f"{place}/linkages.xlsx", f"{PLACE}/items.xlsx", f"{PLACE}/accountability.xlsx"):
        assert clerk.client.get(book).data.startswith(b"PK")


def test_a_round_without_a_run_says_so(app: Flask, clerk: Desk) -> None:
    clerk.get(f"{PLACE}/rounds/99", 404)
    assert clerk.post(f"{PLACE}/rounds/99/propose").status_code == 404


def test_an_item_by_hand_keeps_what_was_typed(clerk: Desk) -> None:
    assert read(clerk, f"{PLACE}/new").fields
    refused = clerk.post(f"{PLACE}/new", {"name": "写了一半", "period": "2026-13"})
    assert refused.status_code == 422
    assert "写了一半" in refused.text
    assert Page(refused.text).faults == []
    good = {"ratee": "101", "kind": "training", "name": "补课", "reason": "短板"}
    wrong = clerk.post(f"{PLACE}/new", {**good, "period": "2026-13"})
    assert wrong.status_code == 422
    assert "不是时期" in wrong.text
    made = clerk.post(f"{PLACE}/new", good)
    assert "已确认" in read(clerk, made.headers["Location"]).text


def test_a_unit_sees_its_decided_items_and_nothing_else(app: Flask, clerk: Desk) -> None:
    database = held(app).database
    own = service.add_item(database, "t", ItemSpec("101", "talk", "提醒谈话", "末位"))
    other = service.add_item(database, "t", ItemSpec("102", "talk", "别家的谈话", "末位"))
    unit = signed_in(app, "unit")
    text = read(unit, f"{PLACE}/").text
    assert "提醒谈话" in text
    assert "别家的谈话" not in text
    assert unit.post(f"{PLACE}/items/{own}/report", {"words": "已谈话"}).status_code == 302
    assert "已谈话" in read(unit, f"{PLACE}/items/{own}").text
    unit.get(f"{PLACE}/items/{other}", 403)
    reply = unit.post(f"{PLACE}/items/{other}/report", {"words": "冒名"})
    assert reply.status_code == 403
    for step in ("confirm", "decline", "start", "finish", "note"):
        assert unit.post(f"{PLACE}/items/{own}/{step}", {"words": "x"}).status_code == 403, step
    for page in ("new", "rounds/1", "service-users", "complaints/", "complaints/ledger.xlsx"):
        unit.get(f"{PLACE}/{page}", 403)
    assert "提醒谈话" in read(unit, "/admin/supervision/archive/101/2026").text
    assert "举报投诉" not in read(unit, "/admin/supervision/archive/101/2026").text


def test_a_viewer_reads_and_changes_nothing(app: Flask, clerk: Desk) -> None:
    item = service.add_item(held(app).database, "t", ItemSpec("101", "talk", "谈话", "末位"))
    viewer = signed_in(app, "viewer")
    read(viewer, f"{PLACE}/items/{item}")
    for step in ("confirm", "start", "report"):
        assert viewer.post(f"{PLACE}/items/{item}/{step}").status_code == 403
    assert viewer.post(f"{PLACE}/rounds/1/propose").status_code == 403


def test_operators_posts_want_their_token(app: Flask, clerk: Desk) -> None:
    item = service.add_item(held(app).database, "t", ItemSpec("101", "talk", "谈话", "末位"))
    for address in (
        f"{PLACE}/new",
        f"{PLACE}/items/{item}/start",
        f"{PLACE}/items/{item}/report",
        f"{PLACE}/rounds/1/propose",
        f"{DESK}/new",
        f"{DESK}/1/close",
    ):
        assert clerk.client.post(address, data={"words": "x"}).status_code == 400, address


def test_000_k_the_list_of_the_unrated(clerk: Desk) -> None:
    text = read(clerk, f"{PLACE}/service-users?year=2026").text
    assert "市教育局" in text
    assert "2026年还没有开放过服务对象评议" in text


SAID = [
    ("topic", "service"),
    ("unit", "101"),
    ("text", "等了三小时\n没人理"),
    ("contact", ""),
    ("from", "qr"),
]


def sent(client: StrictClient, *changed: tuple[str, str], **headers: str) -> Page:
    fields = {**dict(SAID), "nonce": client.get("/complaint").value("nonce"), **dict(changed)}
    return client.post("/complaint", list(fields.items()), **headers)


def code_in(page: Page) -> str:
    found = re.search(r"([0-9A-HJKMNP-TV-Z]{4} ){6}[0-9A-HJKMNP-TV-Z]{2}", page.text)
    assert found, page.text
    return found.group()


def test_000_j_a_citizen_complains_and_looks_up_what_came_of_it(app: Flask, clerk: Desk) -> None:
    citizen = StrictClient(app)
    empty = citizen.get("/complaint?from=qr")
    assert empty.value("from") == "qr"
    taken = sent(citizen)
    assert "投诉〔2026〕1号" in taken.text.replace(f"{_year()}", "2026")
    code = code_in(taken)
    looked = citizen.post("/complaint/status", [("code", code.lower())])
    assert "已受理" in looked.text
    (case,) = complaints.list_complaints(held(app).database)
    assert (case.channel, case.content) == ("qr", "等了三小时\n没人理")
    address = f"{DESK}/{case.id}"
    assert "等了三小时" in read(clerk, address).text
    assert clerk.post(f"{address}/close", {"words": "属实"}).status_code == 409
    clerk.post(f"{address}/investigate", {"handling": "direct"})
    refused = clerk.post(f"{address}/close", {"words": "属实"})
    assert refused.status_code == 409
    assert "反馈投诉人" in refused.text
    assert "报监察人事备案" in refused.text
    clerk.post(f"{address}/inform", {"words": "已批评，向您道歉"})
    clerk.post(f"{address}/file", {"words": "3号函"})
    assert clerk.post(f"{address}/close", {"words": "属实"}).status_code == 302
    looked = citizen.post("/complaint/status", [("code", code)])
    assert "已批评，向您道歉" in looked.text
    assert "已办结" in looked.text


def _year() -> int:
    from survey_app.supervision.lines import today

    return today().year


def test_a_form_that_is_not_ours_is_not_read(app: Flask, clerk: Desk) -> None:
    citizen = StrictClient(app)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        sent(citizen, **headers)
        assert citizen.status == 403
    sent(citizen, ("nonce", "forged"))
    assert citizen.status == 400
    nonce = held(app).nonces.make(1)  # a ballot's nonce is none of a complaint
    sent(citizen, ("nonce", nonce))
    assert citizen.status == 400
    citizen.post("/complaint/status", [("code", "0" * 26)], Origin="https://evil.example")
    assert citizen.status == 403
    assert complaints.list_complaints(held(app).database) == []


def test_sending_twice_shows_the_same_code(app: Flask, clerk: Desk) -> None:
    citizen = StrictClient(app)
    nonce = citizen.get("/complaint").value("nonce")
    pages = [sent(citizen, ("nonce", nonce)) for _ in range(2)]
    assert code_in(pages[0]) == code_in(pages[1])
    assert len(complaints.list_complaints(held(app).database)) == 1


def test_what_is_missing_is_told_and_nothing_typed_is_lost(app: Flask, clerk: Desk) -> None:
    citizen = StrictClient(app)
    page = sent(citizen, ("topic", ""), ("contact", "x" * 300))
    assert citizen.status == 422
    assert "还没有选是哪方面的问题" in page.text
    assert "等了三小时" in page.text
    assert page.value("contact") == "x" * 300
    other = sent(citizen, ("action", "lang:en"), ("topic", "conduct"))
    assert citizen.status == 200
    assert other.lang == "en"
    assert "等了三小时" in other.text
    assert ("topic", "conduct") in other.checked()
    elder = sent(citizen, ("action", "elder"))
    assert "等了三小时" in elder.text


def test_a_flood_is_told_to_wait_with_what_was_typed(app: Flask, clerk: Desk) -> None:
    citizen = StrictClient(app)
    for number in range(30):
        sent(citizen, ("text", f"第{number}件"))
        assert citizen.status == 200
    page = sent(citizen)
    assert citizen.status == 429
    assert "等了三小时" in page.text


def test_an_unknown_code_says_what_to_do(app: Flask) -> None:
    citizen = StrictClient(app)
    page = citizen.post("/complaint/status", [("code", "abc")])
    assert citizen.status == 404
    assert page.value("code") == "abc"
    assert "丢失后无法补发" in page.text


def test_a_call_is_entered_and_the_code_is_shown_once(app: Flask, clerk: Desk) -> None:
    refused = clerk.post(f"{DESK}/new", {"content": "写了一半"})
    assert refused.status_code == 422
    assert "写了一半" in refused.text
    entry = {
        "channel": "phone",
        "topic": "integrity",
        "ratee": "",
        "content": "收红包",
        "contact": "13900000000",
    }
    made = clerk.post(f"{DESK}/new", entry)
    assert made.status_code == 200
    found = re.search(r'class="receipt">(\w{26})<', made.text)
    assert found
    assert complaints.find_status(held(app).database, found.group(1)).state == "received"
    (case,) = complaints.list_complaints(held(app).database)
    assert found.group(1) not in clerk.get(f"{DESK}/{case.id}")
    assert "13900000000" in read(clerk, f"{DESK}/{case.id}").text
    viewer = signed_in(app, "viewer")
    assert "13900000000" not in read(viewer, f"{DESK}/{case.id}").text
    assert "13900000000" not in viewer.get(f"{DESK}/")
    for step in ("investigate", "note", "inform", "file", "close"):
        assert viewer.post(f"{DESK}/{case.id}/{step}", {"words": "x"}).status_code == 403
    assert read(clerk, f"{DESK}/poster").text
    assert "收红包" not in clerk.get("/admin/record/")
