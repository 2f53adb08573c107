"""Three people without training hold the ceremony; two of them open the round."""

import re

import pytest
from flask import Flask

from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.rounds import life
from survey_app.rounds.frozen import hold_round
from tests.rounds import OPERATOR, World, make_world
from tests.web.desk import PLAIN_ROUND, Desk, another, import_register, make_app, signed_in

TYPED = re.compile(r'<p class="typed">(.*?)</p>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
BASE = "/admin/rounds/1"


@pytest.fixture
def app(web_settings: Settings) -> Flask:
    return make_app(web_settings)


@pytest.fixture
def world(app: Flask, web_settings: Settings) -> World:
    held: Services = app.extensions["survey"]
    return make_world(held.database, web_settings.home, cards=2, is_sealed=True, state="draft")


@pytest.fixture
def admin(app: Flask) -> Desk:
    return signed_in(app, "admin")


def follow(desk: Desk, address: str, fields: dict[str, str] | None = None) -> str:
    """Post and go where the reply leads."""
    reply = desk.post(address, fields)
    assert reply.status_code == 302, reply.text[-1500:]
    return desk.get(reply.headers["Location"])


def now(page: str) -> str:
    """The one instruction of the page."""
    (told,) = re.findall(r"<h2>(现在：.*?)</h2>", page)
    return str(told)


def printed(sheet: str) -> str:
    found = TYPED.search(sheet)
    assert found, sheet[:2000]
    return " ".join(TAG.sub(" ", found.group(1)).split())


def filled_in(page: str) -> dict[str, str]:
    """The form about unit 1, filled in."""
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    form = {f"1.{key}": "4" for key in ("D1", "D3", "D5", "D7", "D0")}
    return form | {"nonce": nonce.group(1), "action": "submit"}


def hold(desk: Desk) -> list[str]:
    """The ceremony page by page; gives what is on the three sheets."""
    assert now(desk.get(f"{BASE}/ceremony")) == "现在：请三位保管人到场"
    names = {"first": "赵一", "second": "钱二", "third": "孙三"}
    page = follow(desk, f"{BASE}/ceremony", names)
    sheets = []
    for number, name in enumerate(names.values(), start=1):
        assert now(page) == f"现在：请 {name} 一个人到屏幕前"
        sheet = desk.post(f"{BASE}/ceremony/share/{number}")
        assert sheet.status_code == 200
        assert sheet.headers["Cache-Control"] == "no-store"
        sheets.append(printed(sheet.text))
        page = desk.get(f"{BASE}/ceremony")
        assert now(page) == f"现在：请 {name} 核对印好的纸"
        assert sheets[-1] not in page
        page = follow(desk, f"{BASE}/ceremony/share/{number}/check", {"share": sheets[-1].lower()})
    assert now(page) == "现在：演练一次开封"
    page = follow(desk, f"{BASE}/ceremony/rehearsal", {"first": sheets[2], "second": sheets[0]})
    assert "密钥仪式已完成" in page
    assert "--with-keys" in page  # paper alone opens nothing once the key file is lost
    return sheets


def test_from_the_ceremony_to_the_sealed_files(app: Flask, world: World, admin: Desk) -> None:
    assert "密封轮次还没有密钥" in admin.get(BASE)
    sheets = hold(admin)
    for step in ("freeze", "open"):
        follow(admin, f"{BASE}/{step}")
    citizen, address = app.test_client(), f"/r/{world.links['u1']}"
    sent = filled_in(citizen.get(address).text)
    thanks = citizen.post(address, data=sent)
    assert thanks.status_code == 200
    assert citizen.post(address, data=sent).data == thanks.data, "a replay gives the same bytes"
    ballots = [world.ballot(world.at_card(one.qr_code), comment="路灯不亮") for one in world.cards]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    watched = admin.get(f"{BASE}/watch")
    assert "开封以前谁也不知道" in watched
    follow(admin, f"{BASE}/close", {"typed_key": "test-round"})
    assert "答卷还是密封的" in admin.get(BASE)
    wrong = admin.post(f"{BASE}/unseal", {"first": sheets[0], "second": sheets[0]})
    assert wrong.status_code == 422
    assert "同一份" in wrong.text
    assert sheets[0] in wrong.text, "what was typed is kept"
    page = follow(admin, f"{BASE}/unseal", {"first": sheets[1], "second": sheets[2]})
    assert "已开封 3 份答卷" in page
    follow(admin, f"{BASE}/seal")
    assert "已经销毁" in admin.get(f"{BASE}/ceremony")


def test_a_share_is_shown_once_and_a_slip_is_named(world: World, admin: Desk) -> None:
    assert world.round_id == 1
    names = {"first": "赵一", "second": "钱二", "third": "赵一"}
    twice = admin.post(f"{BASE}/ceremony", names)
    assert twice.status_code == 422
    assert "姓名相同" in twice.text
    assert 'value="钱二"' in twice.text
    follow(admin, f"{BASE}/ceremony", names | {"third": "孙三"})
    sheet = printed(admin.post(f"{BASE}/ceremony/share/1").text)
    again = admin.post(f"{BASE}/ceremony/share/1")
    assert again.status_code == 410
    assert sheet not in again.text
    slip = sheet[:-6] + ("A" if sheet[-6] != "A" else "B") + sheet[-5:]
    wrong = admin.post(f"{BASE}/ceremony/share/1/check", {"share": slip})
    assert wrong.status_code == 422
    assert "第 6 组" in wrong.text
    page = follow(admin, f"{BASE}/ceremony/restart")
    assert "都已作废" in page
    assert now(page) == "现在：请三位保管人到场"


@pytest.mark.parametrize(
    "step", ["ceremony", "ceremony/share/1/check", "ceremony/rehearsal", "unseal"]
)
def test_an_empty_form_comes_back_with_what_to_do(world: World, admin: Desk, step: str) -> None:
    assert world.round_id == 1
    names = {"first": "赵一", "second": "钱二", "third": "孙三"}
    if step != "ceremony":
        follow(admin, f"{BASE}/ceremony", names)
    before = admin.get(f"{BASE}/ceremony")
    reply = admin.post(f"{BASE}/{step}", {"first": names["first"]})
    assert reply.status_code == 422
    assert now(admin.get(f"{BASE}/ceremony")) == now(before), "nothing went on"


def test_shares_that_are_none_do_not_pass_for_a_rehearsal(world: World, admin: Desk) -> None:
    assert world.round_id == 1
    names = {"first": "赵一", "second": "钱二", "third": "孙三"}
    follow(admin, f"{BASE}/ceremony", names)
    for number in (1, 2, 3):
        sheet = printed(admin.post(f"{BASE}/ceremony/share/{number}").text)
        page = follow(admin, f"{BASE}/ceremony/share/{number}/check", {"share": sheet})
    reply = admin.post(f"{BASE}/ceremony/rehearsal", {"first": sheet, "second": "2" * 28})
    assert reply.status_code == 422
    assert "第二份" in reply.text
    assert now(admin.get(f"{BASE}/ceremony")) == now(page)


@pytest.mark.parametrize("login", ["clerk", "viewer"])
def test_others_look_on_but_get_no_share(world: World, app: Flask, admin: Desk, login: str) -> None:
    assert world.round_id == 1
    names = {"first": "赵一", "second": "钱二", "third": "孙三"}
    follow(admin, f"{BASE}/ceremony", names)
    other = signed_in(app, login)
    page = other.get(f"{BASE}/ceremony")
    assert "赵一" in page
    assert "<form" not in page.split("<main")[1]
    assert other.post(f"{BASE}/ceremony/share/1").status_code == 403


def test_new_rounds_are_sealed_where_there_is_a_roster(admin: Desk) -> None:
    boxed = re.compile(r'<input[^>]*\bchecked\b[^>]*name="is_sealed"')
    assert not boxed.search(admin.get("/admin/rounds/new"))
    import_register(admin)
    page = admin.get("/admin/rounds/new")
    assert boxed.search(page)
    assert "丢失两份密钥" in page
    made = follow(admin, "/admin/rounds/new", PLAIN_ROUND | {"is_sealed": "y"})
    assert "密钥仪式" in made


def test_destruction_is_asked_for_approved_and_checked(
    app: Flask, admin: Desk, web_settings: Settings
) -> None:
    held: Services = app.extensions["survey"]
    world = make_world(held.database, web_settings.home, is_sealed=False, keep_days=0)
    citizen, address = app.test_client(), f"/r/{world.links['u1']}"
    sent = filled_in(citizen.get(address).text)
    assert citizen.post(address, data=sent).status_code == 200
    follow(admin, f"{BASE}/close", {"typed_key": "test-round"})
    assert citizen.post(address, data=sent).status_code == 200, "the receipt is given again"
    assert "还没有核算" in admin.get(f"{BASE}/keeping")
    follow(admin, f"{BASE}/seal")
    with world.database.write() as session:
        life.move(session, hold_round(session, 1), "assess", OPERATOR, clock.now())
    assert "期限已到" in admin.get(f"{BASE}/keeping")
    refused = admin.post(f"{BASE}/keeping", {"typed_key": "test-round"})
    assert refused.status_code == 403
    follow(admin, f"{BASE}/ask/round.destroy", {"reason": "保存期满"})
    second = another(app)
    approve = re.search(r'action="(/admin/approvals/\d+)"', second.get("/admin/approvals/"))
    assert approve
    follow(second, approve.group(1), {"verdict": "approve"})
    for typed in ("", "another-round"):
        mistaken = admin.post(f"{BASE}/keeping", {"typed_key": typed})
        assert mistaken.status_code == 422
        assert "销毁以后的核对" not in mistaken.text
    assert "和本轮的编号不一样" in mistaken.text
    page = follow(admin, f"{BASE}/keeping", {"typed_key": "test-round"})
    assert "销毁以后的核对" in page
    assert "不符合" not in page
    again = citizen.post(address, data=sent)
    assert again.status_code == 410
    assert "已按规定的期限销毁" in again.text
