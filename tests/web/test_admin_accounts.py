"""Signing in through the pages: cookies, forgery, and where one is sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from survey_app.accounts.passwords import MIN_DIFFERENT, MIN_LENGTH
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.web.desk import PASSWORD, Desk, make_app, signed_in


@pytest.fixture
def app(web_settings: Settings) -> Iterator[Flask]:
    app = make_app(web_settings)
    yield app
    held: Services = app.extensions["survey"]
    held.database.dispose()


def test_the_session_cookie_is_out_of_reach(app: Flask) -> None:
    reply = Desk(app.test_client()).sign_in("admin")
    cookie = next(one for one in reply.headers.getlist("Set-Cookie") if one.startswith("operator="))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Max-Age" not in cookie
    assert "Expires" not in cookie


def test_over_https_the_cookie_stays_with_this_host(web_settings: Settings) -> None:
    app = make_app(replace(web_settings, base_url="https://pj.example.gov.cn"))
    client = app.test_client()
    origin = "https://pj.example.gov.cn"
    page = client.get("/admin/login", base_url=origin)
    # Without a Referer Flask-WTF refuses forms over https, so operators' pages must send one.
    assert page.headers["Referrer-Policy"] == "same-origin"
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"csrf_token": token, "login": "admin", "password": PASSWORD, "next": "/admin/"}
    reply = client.post(
        "/admin/login", data=fields, base_url=origin, headers={"Referer": f"{origin}/admin/login"}
    )
    assert reply.status_code == 302, reply.text
    cookie = next(c for c in reply.headers.getlist("Set-Cookie") if "__Host-operator=" in c)
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    app.extensions["survey"].database.dispose()


def test_every_refusal_reads_the_same(app: Flask) -> None:
    pages = set()
    for login, password in [("admin", "wrong"), ("nobody", "wrong"), ("nobody", PASSWORD)]:
        reply = Desk(app.test_client()).sign_in(login, password)
        assert reply.status_code == 403
        words = reply.text.split("<h2>")[1].split("</div>")[0]
        pages.add(words)
    assert len(pages) == 1


def test_one_is_sent_back_to_the_page_asked_for_and_nowhere_else(app: Flask) -> None:
    desk = Desk(app.test_client())
    asked = desk.client.get("/admin/register/?x=1")
    assert asked.headers["Location"] == "/admin/login?next=/admin/register/?x%3D1"
    for given, sent in [
        ("/admin/register/?x=1", "/admin/register/?x=1"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/admin/", "/admin/"),
        ("/admin//evil.example", "/admin/"),
        ("/admin/\\evil.example", "/admin/"),
    ]:
        client = app.test_client()
        fields = {"login": "admin", "password": PASSWORD, "next": given}
        reply = Desk(client).post("/admin/login", fields, "/admin/login")
        assert reply.headers["Location"] == sent


def test_a_post_without_the_token_changes_nothing(app: Flask) -> None:
    desk = signed_in(app, "admin")
    fields = {"login": "li", "name": "李", "role": "clerk", "password": PASSWORD, "again": PASSWORD}
    reply = desk.client.post("/admin/operators/", data=fields)
    assert reply.status_code == 400
    assert "li</a>" not in desk.get("/admin/operators/")
    forged = {**fields, "csrf_token": "forged"}
    assert desk.client.post("/admin/operators/", data=forged).status_code == 400


def test_an_administrator_makes_an_operator_who_signs_in(app: Flask) -> None:
    desk = signed_in(app, "admin")
    fields = {"login": "li", "name": "李", "role": "clerk", "password": "short", "again": "other"}
    refused = desk.post("/admin/operators/", fields)
    assert refused.status_code == 422
    assert "两次输入的密码不一样" in refused.text
    assert refused.text.index("操作员没有建成") < refused.text.index("登录名")
    assert 'value="李"' in refused.text
    fields |= {"password": "li li li li", "again": "li li li li"}
    weak = desk.post("/admin/operators/", fields)
    assert "里面有登录名“li”" in weak.text
    assert "只用了 3 种不同的字符" in weak.text
    assert "开头是常见的" not in weak.text
    assert f"至少 {MIN_LENGTH} 个字符，其中至少 {MIN_DIFFERENT} 种" in weak.text
    assert "太容易被猜到" in weak.text
    fields |= {"password": PASSWORD, "again": PASSWORD}
    assert desk.post("/admin/operators/", fields).status_code == 302
    assert "首页" in signed_in(app, "li").get("/admin/")


def test_a_missing_scope_loses_nothing_and_an_unknown_unit_is_said(app: Flask) -> None:
    desk = signed_in(app, "admin")
    fields = {"login": "bureau", "name": "教育局经办", "role": "unit", "scope": " "}
    fields |= {"password": PASSWORD, "again": PASSWORD}
    refused = desk.post("/admin/operators/", fields)
    assert refused.status_code == 422
    assert "这个角色要写明管辖范围。" in refused.text
    assert 'value="教育局经办"' in refused.text
    assert desk.post("/admin/operators/", fields | {"scope": "教育局"}).status_code == 302
    assert "名册里没有编号“教育局”" in desk.get("/admin/operators/")


def test_an_own_password_and_signing_out_everywhere(app: Flask) -> None:
    here, there = signed_in(app, "clerk"), signed_in(app, "clerk")
    new = "quite another phrase"
    fields = {"old": PASSWORD, "password": new, "again": new}
    assert here.post("/admin/account/password", fields).status_code == 302
    here.get("/admin/account")
    there.get("/admin/account", status=302)
    assert here.post("/admin/account/logout-everywhere").status_code == 302
    here.get("/admin/account", status=302)
    assert Desk(app.test_client()).sign_in("clerk").status_code == 403
    assert Desk(app.test_client()).sign_in("clerk", new).status_code == 302


def test_a_form_sent_after_the_session_ran_out_is_not_lost(app: Flask) -> None:
    desk = signed_in(app, "admin")
    fields = {"login": "li", "name": "李", "role": "clerk", "password": PASSWORD, "again": PASSWORD}
    sent = {"csrf_token": desk.token("/admin/account"), **fields}
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        page = desk.client.post("/admin/operators/", data=sent)
        assert page.status_code == 401
        assert "刚才填的内容都还在" in page.text
        assert PASSWORD not in page.text
        kept = page.text.split('name="kept"')[1].split('value="')[1].split('"')[0]
        again = {"login": "admin", "password": PASSWORD, "next": "/admin/", "kept": kept}
        resumed = desk.post("/admin/login", again, "/admin/login")
        assert 'action="/admin/operators/"' in resumed.text
        assert '<input type="hidden" name="name" value="李">' in resumed.text
        assert PASSWORD not in resumed.text
    again["kept"] = kept[:-3]
    forged = Desk(app.test_client()).post("/admin/login", again, "/admin/login")
    assert forged.headers["Location"] == "/admin/"


def test_without_any_operator_the_page_says_how_to_make_one(web_settings: Settings) -> None:
    from survey_app.factory import create_app

    app = create_app(web_settings)
    assert "还没有任何操作员" in app.test_client().get("/admin/login").text
    app.extensions["survey"].database.dispose()
