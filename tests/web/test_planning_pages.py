"""Planning on screen: how many to ask, a draw from first to last, and who may do what."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.planning.packet import DRAWN_NAME, LIST_NAME
from survey_app.rounds import service as rounds
from tests.assessed import assessed_world
from tests.rounds import BINDINGS, OPERATOR, SCHEME, make_world
from tests.web.desk import Desk, make_app, signed_in
from tests.web.strict import Page

PLAN = "/admin/rounds/1/plan"
DRAWS = "/admin/rounds/1/draws/"
PEOPLE = [f"机密{n:03d},{'东片' if n % 2 else '西片'},{n}" for n in range(1, 21)]
LIST = "\n".join(["编号,层,规模", *PEOPLE]).encode()
WANTED = {
    "purpose": "测评样本",
    "source": "",
    "method": "simple",
    "n": "5",
    "allocation": "proportional",
    "seed": "开奖 03 11 19",
    "announced": "11月20日公告",
}
HIDDEN = re.compile(r'<input id="(\w+)" name="\w+" type="hidden" value="([^"]*)"')


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    make_world(held.database, web_settings.home, units=2, cards=5, state="frozen")
    yield app
    held.database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    return signed_in(app, "clerk")


def read(page: str) -> Page:
    found = Page(page)
    assert found.faults == []
    return found


def looked_over(desk: Desk, data: bytes = LIST, **changed: str) -> TestResponse:
    return desk.upload(f"{DRAWS}preview", "名单.csv", data, **{**WANTED, **changed})


def drawn(desk: Desk, data: bytes = LIST, **changed: str) -> dict[str, bytes]:
    preview = looked_over(desk, data, **changed)
    assert preview.status_code == 200, preview.text[-3000:]
    read(preview.text)
    fields = dict(HIDDEN.findall(preview.text)) | {"is_agreed": "y"}
    return unpacked(desk.post(f"{DRAWS}confirm", fields))


def unpacked(reply: TestResponse) -> dict[str, bytes]:
    assert reply.mimetype == "application/zip", reply.text[-3000:]
    with zipfile.ZipFile(io.BytesIO(reply.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("role", ["admin", "clerk", "viewer"])
def test_everybody_at_the_desk_reads_the_plan(app: Flask, role: str) -> None:
    desk = signed_in(app, role)
    assert PLAN in read(desk.get("/admin/rounds/1")).links
    page = read(desk.get(PLAN))
    assert "标准差 15 分、设计效应 1、应答率 60% 都是假定" in page.text
    assert "每个对象收到 217 份有效答卷，得分的误差约 ±2.0 分" in page.text  # (1.96 · 15 / 2)²
    assert "名册 6 人全部请到，预计也只收回 3 份，需要 6 份" in page.text


def test_what_is_asked_is_what_is_answered(clerk: Desk) -> None:
    typed = "aim=gap&points=3&level=90&power=90&sd:citizen=10&deff:citizen=2&response:citizen=50"
    rest = "&sd:delegate=12&deff:delegate=1&response:delegate=100"
    page = read(clerk.get(f"{PLAN}?{typed}{rest}"))
    # 2 · 2 · 10² · (1.6449 + 1.2816)² / 3² = 380.6
    assert "每个对象收到 381 份有效答卷" in page.text
    assert "每个对象要请 762 人" in page.text
    assert "名册上的 6 人都要请到，也就是普查" in page.text
    assert page.value("sd:citizen") == "10"


def test_what_was_typed_stays_when_it_is_refused(clerk: Desk) -> None:
    typed = "aim=gap&points=三&level=95&power=80&sd:citizen=900&deff:citizen=1&response:citizen=0"
    page = read(clerk.get(f"{PLAN}?{typed}&sd:delegate=12.5", 422))
    assert ("aim", "gap") in page.checked()
    held = [page.value(name) for name in ("points", "sd:citizen", "response:citizen")]
    assert held == ["三", "900", "0"]
    assert page.value("sd:delegate") == "12.5"
    for said in ("请填数字", "请填 0 到 50 之间的数", "请填 1 到 100 之间的数", "请填写这一项"):
        assert said in page.text
    assert "请填 0.1 到 50 之间的数" not in page.text  # one sentence is enough
    assert "每个对象收到" not in page.text


def test_the_defaults_of_an_earlier_round_say_where_they_are_from(web_settings: Settings) -> None:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    world = assessed_world(held.database, held.settings)
    new = rounds.RoundSpec("今年", "市绩效办", "12345", SCHEME, BINDINGS, is_simulated=True)
    rounds.create_round(held.database, world.keys, OPERATOR, "now", new)
    page = read(signed_in(app, "viewer").get("/admin/rounds/2/plan"))
    assert page.value("sd:citizen") == "10.3"
    assert page.value("response:delegate") == "83.0"
    assert "取自同一方案的往轮“测试轮次”" in page.text
    held.database.dispose()


def test_a_draw_from_first_to_last(app: Flask, clerk: Desk) -> None:
    """Looked over, drawn, listed, checked in another order, told where tampered, given again."""
    files = drawn(clerk)
    page = read(clerk.get(DRAWS))
    for said in ("测评样本", "开奖 03 11 19", "clerk"):
        assert said in page.text
    assert "机密" not in page.text
    detail = read(clerk.get(f"{DRAWS}1"))
    for name in (LIST_NAME, DRAWN_NAME):
        assert hashlib.sha256(files[name]).hexdigest() in detail.text
    assert "survey stats draw 名单.csv --id 编号 --kind simple --n 5" in detail.text
    backwards = "\n".join(["编号,层,规模", *PEOPLE[::-1]]).encode()
    for role, data in (("viewer", backwards), ("clerk", files[LIST_NAME])):
        desk = signed_in(app, role)
        same = desk.upload(f"{DRAWS}1/check", "名单.csv", data, source="")
        assert "重抽，名单和抽中的人都与记录相同" in read(same.text).text
    other = clerk.upload(f"{DRAWS}1/check", "名单.csv", LIST.replace(b"001", b"999"), source="")
    assert "不一致" in read(other.text).text
    assert "有编号、层或规模被改动" in other.text
    again = clerk.upload(f"{DRAWS}1/check", "名单.csv", backwards, source="", download="1")
    assert unpacked(again) == files
    assert "抽样" in clerk.get("/admin/record/?round=1")


def test_a_second_draw_is_not_secret(clerk: Desk) -> None:
    drawn(clerk)
    again = looked_over(clerk, seed="另一个")
    assert "同一用途，之前抽过：第 1 次" in read(again.text).text
    drawn(clerk, seed="另一个")
    page = read(clerk.get(DRAWS))
    assert "同一份名单，换了种子或方法：第 1 次" in page.text
    assert "开奖 03 11 19" in page.text


def test_the_same_draw_is_refused_the_second_time(clerk: Desk) -> None:
    drawn(clerk)
    fields = dict(HIDDEN.findall(looked_over(clerk).text)) | {"is_agreed": "y"}
    refused = clerk.post(f"{DRAWS}confirm", fields)
    assert refused.status_code == 409
    assert "已经做过，是第 1 次" in refused.text


def test_nobody_is_drawn_before_the_seed_is_confirmed(clerk: Desk) -> None:
    fields = dict(HIDDEN.findall(looked_over(clerk).text))
    refused = clerk.post(f"{DRAWS}confirm", fields)
    assert refused.status_code == 422
    assert "请先确认种子已经公布" in read(refused.text).text
    assert "本轮还没有抽样" in clerk.get(DRAWS)
    files = unpacked(clerk.post(f"{DRAWS}confirm", fields | {"is_agreed": "y"}))
    assert len(files[DRAWN_NAME].splitlines()) == 6
    stale = clerk.post(f"{DRAWS}confirm", fields | {"is_agreed": "y"})
    assert stale.status_code == 410  # the list was given up when the draw was made


@pytest.mark.parametrize(
    ("changed", "data", "said"),
    [
        ({"n": "21"}, LIST, "名单有 20 人，抽不出 21 人"),
        ({"n": "x"}, LIST, ""),
        ({"seed": ""}, LIST, "请填写这一项"),
        ({"method": "pps"}, "编号\n甲1\n".encode(), "有 1 人没有填写"),
        ({}, "编号\n甲1\n甲1\n".encode(), "重复"),
        ({}, b"", "文件是空的"),
        ({"source": "delegate", "n": "7"}, LIST, "名单有 6 人，抽不出 7 人"),
        ({"source": "nobody"}, LIST, ""),
    ],
)
def test_a_refused_draw_keeps_what_was_typed(
    clerk: Desk, changed: dict[str, str], data: bytes, said: str
) -> None:
    refused = looked_over(clerk, data, **changed)
    assert refused.status_code == 422
    page = read(refused.text)
    assert said in page.text
    typed = WANTED | changed
    for name in ("purpose", "n", "seed", "announced"):
        assert page.value(name) == typed[name]
    assert ("method", typed["method"]) in page.checked()


def test_the_register_is_a_list_too(clerk: Desk) -> None:
    files = drawn(clerk, source="delegate", n="2")
    assert files[LIST_NAME].decode("utf-8-sig").splitlines()[1] == "人员0001,,"
    same = clerk.post(f"{DRAWS}1/check", {"source": "delegate"})
    assert "都与记录相同" in same.text
    assert "名册：人大代表（6 人）" in clerk.get(f"{DRAWS}1")
    nothing = clerk.post(f"{DRAWS}1/check", {"source": ""})
    assert nothing.status_code == 422


def test_a_viewer_reads_and_checks_but_does_not_draw(app: Flask, clerk: Desk) -> None:
    files = drawn(clerk, method="stratified")
    viewer = signed_in(app, "viewer")
    page = read(viewer.get(DRAWS))
    assert "测评样本" in page.text
    assert "新的抽样" not in page.text
    assert looked_over(viewer).status_code == 403
    assert viewer.post(f"{DRAWS}confirm", {}).status_code == 403
    done = viewer.upload(f"{DRAWS}1/check", "名单.csv", files[LIST_NAME], source="")
    assert "都与记录相同" in done.text
    assert viewer.client.get(f"{DRAWS}template.xlsx").data.startswith(b"PK")


def test_an_administrator_draws_and_a_missing_round_is_missing(app: Flask) -> None:
    admin = signed_in(app, "admin")
    drawn(admin, method="pps")
    admin.get(f"{DRAWS}2", 404)
    admin.get("/admin/rounds/99/plan", 404)
    admin.get("/admin/rounds/99/draws/", 404)
