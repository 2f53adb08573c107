"""Rounds and the library of schemes: what can be chosen, periods, and forms about persons."""

import io
import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from survey_app.core.config import Settings
from survey_app.schemes.books import scheme_book
from survey_app.schemes.service import shipped_versions
from tests.web.desk import PLAIN_ROUND, REGISTER, Desk, import_register, make_app, signed_in

STAFF = [["501", "人员0001", "科员", "", "个人", "市教育局", "一般干部"]]
WITH_PERSONS = {
    **REGISTER,
    "评议对象": [
        ["编号", "单位名称", "类别", "分组", "性质", "所属单位", "名额池"],
        *[[*row, "单位", "", ""] for row in list(REGISTER["评议对象"])[1:]],
        *STAFF,
    ],
    "评议主体": [
        ["代码", "名称"],
        ["citizen", "市民"],
        ["leader_city", "市级领导"],
        ["service_user", "服务对象"],
    ],
}


@pytest.fixture
def app(web_settings: Settings) -> Flask:
    return make_app(web_settings)


@pytest.fixture
def admin(app: Flask) -> Desk:
    desk = signed_in(app, "admin")
    assert import_register(desk, WITH_PERSONS).status_code == 302
    return desk


def make_round(desk: Desk, **changed: object) -> TestResponse:
    return desk.post("/admin/rounds/new", {**PLAIN_ROUND, **changed})


def copy_plain(desk: Desk) -> None:
    fields = {"key": "own", "title": "本市方案"}
    assert desk.post("/admin/schemes/plain/0/copy", fields).status_code == 302


def test_a_draft_is_not_offered_and_a_scheme_in_use_is(admin: Desk) -> None:
    copy_plain(admin)
    assert 'value="own/1"' not in admin.get("/admin/rounds/new")
    assert make_round(admin, scheme="own/1").status_code == 422
    assert admin.post("/admin/schemes/own/1/status", {"status": "full"}).status_code == 302
    assert "本市方案（第 1 版，全面）" in admin.get("/admin/rounds/new")
    reply = make_round(admin, scheme="own/1")
    assert reply.status_code == 302
    assert re.search(r'checked[^>]*value="own/1"', admin.get(f"{reply.location}/edit"))


def test_a_round_keeps_the_version_it_was_given(admin: Desk) -> None:
    """The library goes on; the round has its own text."""
    copy_plain(admin)
    admin.post("/admin/schemes/own/1/status", {"status": "full"})
    place = make_round(admin, scheme="own/1").location
    admin.post("/admin/schemes/own/1/status", {"status": "retired"})
    page = admin.get(f"{place}/edit")
    assert "现在的方案：本市方案" in page
    assert "本市方案" in admin.get(place)


def test_an_excel_scheme_is_taken_by_a_round(admin: Desk) -> None:
    book = scheme_book(shipped_versions()["plain"].scheme)
    reply = make_round(admin, scheme="upload", scheme_file=(io.BytesIO(book), "方案.xlsx"))
    assert reply.status_code == 302
    assert "单项评议方案" in admin.get(reply.location)


@pytest.mark.parametrize("period", ["2026", "2026-H1", "2026-Q3", "2026-03", ""])
def test_a_period_is_kept(admin: Desk, period: str) -> None:
    place = make_round(admin, period=period).location
    assert f'name="period" type="text" value="{period}"' in admin.get(f"{place}/edit")


@pytest.mark.parametrize("period", ["2026-13", "去年", "2026-Q5", "26"])
def test_what_is_no_period_is_told_and_not_lost(admin: Desk, period: str) -> None:
    reply = make_round(admin, period=period)
    assert reply.status_code == 422
    assert "请写作 2026、2026-H1、2026-Q3 或 2026-03" in reply.text
    assert f'value="{period}"' in reply.text


def chosen(page: str, pair: str) -> str:
    field = page.partition(f'name="form:{pair}"')[2].partition("</select>")[0]
    found = re.search(r'<option selected value="([^"]*)"', field)
    assert found, pair
    return found.group(1)


def test_persons_are_offered_the_forms_about_persons(admin: Desk) -> None:
    page = admin.post("/admin/rounds/new", {"scheme": "plain", "preset": "1"}).text
    assert chosen(page, "leader_city:科员") == "person"
    assert chosen(page, "service_user:科员") == "service-post"
    assert chosen(page, "citizen:科员") == ""
    assert chosen(page, "leader_city:unit") == "leader"
    usual = admin.get("/admin/rounds/new")
    assert chosen(usual, "leader_city:科员") == "", "the usual scheme is not about persons"
    assert "德：政治品德" in admin.get("/admin/questionnaires/person")
    assert "为您办事的这个岗位" in admin.get("/admin/questionnaires/service-post")


def test_004_f_only_the_pilots_unit_gets_a_poster(admin: Desk) -> None:
    text = shipped_versions()["plain"].toml.replace('key = "plain"', 'key = "trial"')
    text = text.replace("decimals = 2", 'decimals = 2\npilot = ["101"]')
    reply = admin.upload("/admin/schemes/new", "t.toml", text.encode(), note="一个单位先试")
    assert reply.status_code == 302, reply.text
    assert admin.post("/admin/schemes/trial/1/status", {"status": "pilot"}).status_code == 302
    place = make_round(admin, scheme="trial/1").location
    fields = {"poster-rater_class": "citizen", "poster-channel": "online", "poster-extent": "each"}
    posted = admin.post(f"{place}/posters", fields)
    assert posted.status_code == 302, posted.text
    page = admin.get(f"{place}/entrances")
    assert "打印 市教育局 的海报" in page
    assert "打印 市水利局 的海报" not in page
    assert 'value="key:101"' in page
    assert 'value="key:102"' not in page
    each = {"counted-rater_class": "citizen", "counted-channel": "online", "counted-scope": "each"}
    cards = admin.post(
        f"{place}/cards/counted", {**each, "counted-count": "2", "counted-batches": "0"}
    )
    assert cards.status_code == 200, cards.text[-2000:]
    batches = admin.get(f"{place}/entrances").partition("按名册发卡")[0]
    assert "市教育局" in batches
    assert "市水利局" not in batches
