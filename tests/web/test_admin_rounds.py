"""Setting up a round and its entrances: what is refused, kept, shown once and counted."""

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from survey_app.ballots.accept import accept_many
from survey_app.ballots.entrance import VoidCardError, card_entrance
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.intake.sessions import SessionSpec, announce
from survey_app.rounds.tables import Link, Round
from tests.rounds import make_world
from tests.web.desk import PLAIN_ROUND, REGISTER, Desk, import_register, make_app, signed_in

TYPED = re.compile(r'class="typed">([0-9A-Z-]+)<')


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    services_of(app).database.dispose()


@pytest.fixture
def clerk(app: Flask) -> Desk:
    return signed_in(app, "clerk")


def services_of(app: Flask) -> Services:
    held: Services = app.extensions["survey"]
    return held


def row_of(app: Flask, round_id: int = 1) -> Round:
    with services_of(app).database.read() as session:
        row = session.get(Round, round_id)
        assert row is not None
        return row


def make_round(desk: Desk, **changed: object) -> str:
    reply = desk.post("/admin/rounds/new", {**PLAIN_ROUND, **changed})
    assert reply.status_code == 302, reply.text[-3000:]
    return reply.headers["Location"]


def test_the_usual_forms_are_chosen_beforehand(clerk: Desk) -> None:
    import_register(clerk)
    page = clerk.get("/admin/rounds/new")
    assert chosen(page) == {
        "form:citizen:county": "county.short",
        "form:citizen:unit": "unit.short",
        "form:leader_city:county": "leader",
        "form:leader_city:unit": "leader",
    }


BOXED = re.compile(r'<input checked[^>]*name="is_sealed"')
SELECT = re.compile(r'<select[^>]*name="(form:[^"]+)".*?selected value="([^"]*)"', re.DOTALL)


def chosen(page: str) -> dict[str, str]:
    """Field → form, of the pairs that have one chosen."""
    return {name: value for name, value in SELECT.findall(page) if value}


def test_the_preset_button_chooses_what_the_scheme_counts(clerk: Desk) -> None:
    """One asks nobody at all, one everybody of units, one service users only."""
    import_register(clerk)
    assert BOXED.search(clerk.get("/admin/rounds/new"))
    page = preset(clerk, "hengyang-annual")
    assert chosen(page) == {}
    assert not BOXED.search(page), "nobody who is asked has a code"
    assert re.search(r'checked[^>]*value="hengyang-annual"', page)
    assert 'value="2027 年的一轮"' in page, "what was typed stays"
    assert chosen(preset(clerk, "zhangjiajie-2009")) == {
        "form:citizen:county": "county.short",
        "form:citizen:unit": "unit.short",
        "form:leader_city:county": "leader",
        "form:leader_city:unit": "leader",
    }
    assert chosen(preset(clerk, "xinping-posts")) == {}, "the register has no service users"
    kept = preset(clerk, "upload", **{"form:citizen:unit": "unit"})
    assert chosen(kept) == {"form:citizen:unit": "unit"}
    assert "请先选一个方案" in kept


def test_the_return_key_saves(clerk: Desk) -> None:
    """It presses the first button of a form."""
    import_register(clerk)
    form = clerk.get("/admin/rounds/new").split('<form method="post" action="/admin/rounds/new"')[1]
    buttons = re.findall(r"<button[^>]*>", form.split("</form>")[0])
    assert "preset" not in buttons[0]
    assert any("preset" in one for one in buttons)


def preset(desk: Desk, scheme: str, **changed: object) -> str:
    """The new round's form after another scheme was chosen and its button pressed."""
    fields = {"title": "2027 年的一轮", "scheme": scheme, "preset": "1", **changed}
    reply = desk.post("/admin/rounds/new", fields)
    assert reply.status_code == 200
    return reply.text


def test_a_closing_time_is_on_the_clocks_of_the_office(app: Flask, clerk: Desk) -> None:
    """17:30 in Beijing is 09:30 UTC."""
    import_register(clerk)
    place = make_round(clerk, close_at="2036-11-30T17:30")
    moment = row_of(app).close_at
    assert moment is not None
    assert moment.isoformat() == "2036-11-30T09:30:00+00:00"
    assert "2036-11-30 17:30" in clerk.get(place)
    assert 'value="2036-11-30T17:30"' in clerk.get(f"{place}/edit")


def test_everything_wrong_is_said_and_everything_typed_is_kept(clerk: Desk) -> None:
    import_register(clerk)
    wrong = {"title": "", "key": "Ünicode Key", "target_per_ratee": "many", "scheme": "upload"}
    scheme = (
        'key = "s"\nversion = "1"\ntitel = "x"\n[[component]]\nkey = "a"\nname = "甲"\n'
        'weight = "99"\nsource = "questionnaire"\n'
    )
    fields = {**PLAIN_ROUND, **wrong, "form:citizen:unit": "unit"}
    reply = clerk.post(
        "/admin/rounds/new", {**fields, "scheme_file": (io.BytesIO(scheme.encode()), "s.toml")}
    )
    assert reply.status_code == 422
    for words in ("请填写这一项", "只能用小写字母", "titel", "99", "方案文件有"):
        assert words in reply.text, words
    assert 'value="市绩效办"' in reply.text
    assert 'selected value="unit"' in reply.text
    assert "请选择一个不超过 200 KB" in clerk.post("/admin/rounds/new", fields).text


def test_an_own_scheme_is_kept_when_the_round_is_changed(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    scheme = (
        'key = "own"\nversion = "7"\ntitle = "本市方案"\n[[component]]\nkey = "a"\nname = "评议"\n'
        'weight = "100"\nsource = "questionnaire"\n'
    )
    place = make_round(
        clerk, scheme="upload", scheme_file=(io.BytesIO(scheme.encode()), "own.toml")
    )
    assert "本市方案" in clerk.get(place)
    assert "现在的方案：本市方案" in clerk.get(f"{place}/edit")
    changed = {**PLAIN_ROUND, "scheme": "keep", "title": "改过的名称", "key": "another"}
    assert clerk.post(f"{place}/edit", changed).status_code == 302
    row = row_of(app)
    assert (row.title, row.key, row.scheme_toml) == ("改过的名称", "test-round", scheme)


def test_a_key_is_taken_once(clerk: Desk) -> None:
    import_register(clerk)
    make_round(clerk)
    reply = clerk.post("/admin/rounds/new", PLAIN_ROUND)
    assert reply.status_code == 409
    assert "已经有编号为“test-round”的轮次" in reply.text


def test_who_has_no_way_in_is_named_and_nothing_refused(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    place = make_round(clerk)
    told = "还没有入口的评议主体："
    assert f"{told}市民、市级领导。" in clerk.get(place)
    fields = {"poster-rater_class": "citizen", "poster-channel": "online", "poster-extent": "all"}
    clerk.post(f"{place}/posters", fields)
    for _step in ("draft", "frozen"):
        assert f"{told}市级领导。" in clerk.get(place)
        clerk.post(f"{place}/freeze")
    admin = signed_in(app, "admin")
    assert admin.post(f"{place}/open").status_code == 302, "a warning, not a refusal"
    assert f"{told}市级领导。" in clerk.get(place)
    fields = {"roster-rater_class": "leader_city", "roster-channel": "distributed"}
    assert clerk.post(f"{place}/cards/roster", fields).status_code == 200
    assert told not in clerk.get(place)


def test_a_poster_out_of_use_is_no_way_in_and_papers_are_one(app: Flask) -> None:
    held = services_of(app)
    world = make_world(held.database, held.settings.home, cards=1)
    admin, place = signed_in(app, "admin"), f"/admin/rounds/{world.round_id}"
    assert "还没有入口" not in admin.get(place)
    with held.database.write() as session:
        for link in session.scalars(select(Link)):
            link.is_active = False
    assert "还没有入口的评议主体：市民。" in admin.get(place)
    paper = SessionSpec("paper", "会场", "", date(2026, 5, 1), "甲", "citizen", "", (), 3)
    announce(held.database, held.keys, "admin", world.round_id, paper)
    assert "还没有入口" not in admin.get(place)


def test_a_round_that_asks_nobody_does_not_speak_of_posters(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    nobody = {name: "" for name in PLAIN_ROUND if name.startswith("form:")}
    scheme = (
        'key = "own"\nversion = "1"\ntitle = "只看指标"\n[[component]]\nkey = "a"\nname = "指标"\n'
        'weight = "100"\nsource = "indicators"\n'
    )
    file = (io.BytesIO(scheme.encode()), "own.toml")
    place = make_round(clerk, scheme="upload", scheme_file=file, **nobody)
    admin = signed_in(app, "admin")
    for step in ("freeze", "open", "close", "seal"):
        page = admin.get(place) + admin.get("/admin/")
        assert not re.search("海报|评议卡|手机试填|还没有入口", page), step
        typed = {"typed_key": "test-round"}
        assert admin.post(f"{place}/{step}", typed).status_code == 302, step
    assert "海报" not in admin.get(f"{place}/minutes/closing")


def test_an_assessed_round_says_what_comes_next(app: Flask) -> None:
    held = services_of(app)
    world = make_world(held.database, held.settings.home)
    with held.database.write() as session:
        row = session.get_one(Round, world.round_id)
        row.state, row.closed_at = "assessed", clock.now()
    place = f"/admin/rounds/{world.round_id}"
    page = signed_in(app, "admin").get(place)
    following = page.split("<h2>下一步</h2>")[1].split("<h2>")[0]
    for link in (f"{place}/publication", f"{place}/minutes/closing", "/log/test-round"):
        assert f'href="{link}"' in following, link


def test_a_step_names_everything_in_its_way(clerk: Desk) -> None:
    import_register(clerk)
    nobody = {name: "" for name in PLAIN_ROUND if name.startswith("form:")}
    place = make_round(clerk, scheme="zhangjiajie-2009", **nobody)
    page = clerk.get(place)
    assert "还没有给任何评议主体选择问卷" in page
    assert "评议主体“市民”在本轮没有这一块认可的问卷" in page
    reply = clerk.post(f"{place}/freeze")
    assert reply.status_code == 409
    assert "还没有给任何评议主体选择问卷" in reply.text
    assert "草稿" in clerk.get(place)


def test_a_frozen_round_is_not_changed(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    place = make_round(clerk)
    clerk.post(f"{place}/freeze")
    digest = row_of(app).config_digest or ""
    page = clerk.get(place)
    assert "冻结内容的校验码：" in page
    assert digest[7:19] + "…" in page
    assert "plain ·" not in page
    assert digest in page, "the whole of it on a click"
    reply = clerk.post(f"{place}/edit", {**PLAIN_ROUND, "title": "别的"})
    assert reply.status_code == 409
    assert row_of(app).title == "测试年度评议"


def test_a_viewer_sees_but_finds_no_button(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    place = make_round(clerk)
    viewer = signed_in(app, "viewer")
    for address in ("/admin/", place, f"{place}/entrances", "/admin/register/", f"{place}/inputs/"):
        page = viewer.get(address).split("<main")[1]
        assert 'method="post"' not in page, address
        assert "新建轮次" not in page
    assert viewer.post(f"{place}/freeze").status_code == 403


def counted(clerk: Desk, place: str, **changed: str) -> dict[str, str]:
    page = clerk.get(f"{place}/entrances")
    found = re.search(r'name="counted-batches"[^>]*value="(\d+)"', page)
    assert found
    fields = {
        "rater_class": "citizen",
        "channel": "field",
        "scope": "each",
        "count": "2",
        "stratum": "政务大厅",
        "batches": found.group(1),
        **changed,
    }
    return {f"counted-{name}": value for name, value in fields.items()}


def test_cards_by_number_are_shown_once(app: Flask, clerk: Desk) -> None:
    """Two for each of three ratees are six, and their codes open the form of that ratee."""
    import_register(clerk)
    place = make_round(clerk)
    fields = counted(clerk, place)
    page = clerk.post(f"{place}/cards/counted", fields).text
    codes = TYPED.findall(page)
    assert len(set(codes)) == 6
    again = clerk.post(f"{place}/cards/counted", fields)
    assert again.status_code == 409
    assert "已经生成过了" in again.text
    clerk.post(f"{place}/freeze")
    held = services_of(app)
    scopes = [
        card_entrance(held.database, held.rounds, held.keys, code, clock.now()).scope
        for code in codes
    ]
    assert sorted(scopes) == [("001",), ("001",), ("101",), ("101",), ("102",), ("102",)]
    for address in (place, f"{place}/entrances", "/admin/record/"):
        assert not set(codes) & set(re.findall(r"[0-9A-Z]{4}-[0-9A-Z-]+", clerk.get(address)))


def test_a_range_that_holds_nobody_is_not_everybody(clerk: Desk) -> None:
    """Leaders rate units only, so cards for counties would be cards for nobody."""
    import_register(clerk)
    place = make_round(clerk)
    fields = counted(clerk, place, rater_class="leader_city", scope="class:county")
    reply = clerk.post(f"{place}/cards/counted", fields)
    assert reply.status_code == 422
    assert "请另选范围" in reply.text
    many = counted(clerk, place, count="4000")
    assert "一共 12000 张" in clerk.post(f"{place}/cards/counted", many).text


def test_a_spoiled_card_is_replaced(app: Flask, clerk: Desk) -> None:
    import_register(clerk)
    place = make_round(clerk)
    old = TYPED.findall(clerk.post(f"{place}/cards/counted", counted(clerk, place)).text)[0]
    clerk.post(f"{place}/freeze")
    page = clerk.post(f"{place}/reissue", {"code": old})
    (fresh,) = TYPED.findall(page.text)
    assert fresh != old
    held = services_of(app)
    with pytest.raises(VoidCardError):
        card_entrance(held.database, held.rounds, held.keys, old, clock.now())
    assert card_entrance(held.database, held.rounds, held.keys, fresh, clock.now())
    assert clerk.post(f"{place}/reissue", {"code": old}).status_code == 410
    assert "换发评议卡" in clerk.get("/admin/record/")
    assert fresh not in clerk.get("/admin/record/")


def test_a_poster_for_all_and_one_sheet_of_many(clerk: Desk) -> None:
    import_register(clerk)
    place = make_round(clerk)
    fields = {"poster-rater_class": "citizen", "poster-channel": "online", "poster-extent": "all"}
    assert "还没有设置对外的网址" in clerk.get(f"{place}/entrances")
    clerk.post(f"{place}/posters", fields)
    page = clerk.get(f"{place}/posters/1")
    assert page.count("<svg") == 1
    assert "viewBox" in page
    assert "模拟数据" in page
    assert "扫码后选择您了解的单位" in page
    clerk.get(f"{place}/posters/99", status=404)


def test_a_round_whose_time_has_come_is_closed_on_every_page(app: Flask) -> None:
    held = services_of(app)
    close_at = clock.now() + timedelta(minutes=5)
    world = make_world(held.database, held.settings.home, close_at=close_at)
    place = f"/admin/rounds/{world.round_id}"
    assert "开放中" in signed_in(app, "viewer").get(place)
    with time_machine.travel(close_at, tick=False):
        assert "已关闭" in signed_in(app, "viewer").get("/admin/")
        assert "系统时钟" in signed_in(app, "viewer").get("/admin/record/?action=round.close")


def test_few_people_with_codes_are_only_called_few(app: Flask) -> None:
    """Three delegates and three citizens have answered; citizens came by an open poster."""
    held = services_of(app)
    world = make_world(held.database, held.settings.home, cards=6)
    ballots = [world.ballot(world.at_card(card.qr_code)) for card in world.cards[:3]]
    ballots += [world.ballot(world.at_link()) for _ in range(3)]
    accept_many(held.database, held.keys, ballots, at=clock.now())
    admin = signed_in(app, "admin")
    page = admin.get(f"/admin/rounds/{world.round_id}/watch")
    delegates = [
        line for line in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "人大代表" in line
    ]
    assert "少于 5" in delegates[0]
    assert "人数太少，不显示" in delegates[0]
    assert not any("%</span>" in line for line in delegates)
    assert not any(re.search(r"<td[^>]*>\s*3\s*</td>", line) for line in delegates)
    assert "少于 5" in admin.get(f"/admin/rounds/{world.round_id}/close")


def test_pages_of_a_register_in_use_by_a_round_stay(app: Flask, clerk: Desk) -> None:
    """A ratee deleted from the register stays in the frozen round, and its pages still open."""
    import_register(clerk)
    place = make_round(clerk)
    clerk.post(f"{place}/freeze")
    left = {
        **REGISTER,
        "评议对象": list(REGISTER["评议对象"])[:3],
        "名册": [["评议主体", "人员编号"]],
    }
    assert import_register(clerk, left, mode="replace").status_code == 302
    for page in ("", "/watch", "/entrances", "/inputs/"):
        clerk.get(place + page)
    assert "市水利局" in clerk.get(f"{place}/watch")
