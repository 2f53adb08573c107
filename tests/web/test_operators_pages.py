"""Signing in by two steps, own sessions, roles kept apart, the liaison's desk: walked through."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core import clock
from survey_app.core.access import Role
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.rounds import make_world
from tests.stores import new_sqlite
from tests.web.desk import PASSWORD, Desk, make_app, signed_in

SECRET = re.compile(r'密钥：<span class="mono">([A-Z2-7 ]+)</span>')
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FACTOR = "/admin/account/second-factor/"


@pytest.fixture
def settings_of(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("operators")
    return Settings(
        home=home,
        database_url=new_sqlite(home / "survey.db"),
        secret_key=b"a secret for tests only, 32 bytes",
        is_production=False,
        base_url=None,
    )


@pytest.fixture
def app(settings_of: Settings) -> Iterator[Flask]:
    yield from running(settings_of)


@pytest.fixture
def strict_app(settings_of: Settings) -> Iterator[Flask]:
    """Where administrators and the three kept apart need a second factor."""
    yield from running(replace(settings_of, needs_second_factor=True))


def running(settings: Settings) -> Iterator[Flask]:
    app = make_app(settings)
    yield app
    held_by(app).database.dispose()


def held_by(app: Flask) -> Services:
    held: Services = app.extensions["survey"]
    return held


def add(app: Flask, role: Role, scope: str = "") -> Desk:
    held = held_by(app)
    spec = OperatorSpec(role, role, role, scope)
    cheap = replace(held.settings, is_cheap_hashing=True)
    create_operator(held.database, cheap, "tests", spec, PASSWORD)
    return signed_in(app, role)


def enrol(desk: Desk) -> tuple[pyotp.TOTP, list[str]]:
    page = desk.get(FACTOR)
    found = SECRET.search(page)
    sealed = re.search(r'name="sealed"[^>]*value="([0-9a-f]+)"', page)
    assert found
    assert sealed
    totp = pyotp.TOTP(found.group(1).replace(" ", ""))
    wrong = desk.post(FACTOR, {"sealed": sealed[1], "code": "000000"}, FACTOR)
    assert wrong.status_code == 422
    assert found.group(1) in wrong.text, "the same secret is shown again"
    done = desk.post(FACTOR, {"sealed": sealed[1], "code": totp.at(clock.now())}, "/admin/account")
    assert done.status_code == 200, done.text
    return totp, re.findall(r"<li>((?:[0-9a-f]{4}-){3}[0-9a-f]{4})</li>", done.text)


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 422), ({"sealed": ""}, 422), ({"sealed": "not hex"}, 403), ({"sealed": "00" * 40}, 403)],
)
def test_a_code_without_the_secret_of_the_page_is_refused(
    app: Flask, fields: dict[str, str], status: int
) -> None:
    desk = signed_in(app, "clerk")
    reply = desk.post(FACTOR, {**fields, "code": "123456"}, FACTOR)
    assert reply.status_code == status
    assert "动态码不对" in reply.text


def test_an_administrator_enrols_first_and_then_signs_in_by_two_steps(strict_app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as moment:
        admin = signed_in(strict_app, "admin")
        sent = admin.client.get("/admin/rounds/")
        assert (sent.status_code, sent.headers["Location"]) == (302, FACTOR)
        totp, codes = enrol(admin)
        assert len(codes) == 8
        admin.get("/admin/rounds/")
        moment.shift(60)
        again = Desk(strict_app.test_client())
        half = again.sign_in("admin")
        assert half.status_code == 200
        assert "Set-Cookie" not in half.headers or "operator=" not in half.headers["Set-Cookie"]
        assert again.client.get("/admin/rounds/").status_code == 302, "half is not in"
        text_of = re.search(r'name="half"[^>]*value="([^"]+)"', half.text)
        assert text_of
        fields = {"half": text_of[1], "next": "/admin/rounds/", "kept": ""}
        page = "/admin/login"
        wrong = again.post("/admin/login/code", fields | {"code": "123456"}, page)
        assert wrong.status_code == 403
        assert "没有登录成功" in wrong.text
        right = again.post("/admin/login/code", fields | {"code": totp.at(clock.now())}, page)
        assert (right.status_code, right.headers["Location"]) == (302, "/admin/rounds/")
        replay = Desk(strict_app.test_client())
        refused = replay.post("/admin/login/code", fields | {"code": totp.at(clock.now())}, page)
        assert refused.status_code == 403, "a code is taken once"
        by_paper = replay.post("/admin/login/code", fields | {"code": codes[0]}, page)
        assert by_paper.status_code == 302


def test_a_clerk_may_go_without_and_voluntarily_with(strict_app: Flask) -> None:
    clerk = signed_in(strict_app, "clerk")
    clerk.get("/admin/rounds/")
    enrol(clerk)
    assert "动态码已开通" in clerk.get(FACTOR)


def test_without_the_gate_an_administrator_would_work_by_password_alone(app: Flask) -> None:
    """The counter-proof: the same walk where the installation does not ask for it."""
    assert signed_in(app, "admin").client.get("/admin/rounds/").status_code == 200


def test_own_sessions_are_listed_without_an_address_and_ended_one_by_one(app: Flask) -> None:
    here, there = signed_in(app, "clerk"), signed_in(app, "clerk")
    other = signed_in(app, "admin")
    page = here.get("/admin/account")
    assert "就是这里" in page
    assert "127.0.0.1" not in page
    (key,) = re.findall(r"/admin/account/sessions/([0-9a-f]{64})/end", page)
    assert other.post(f"/admin/account/sessions/{key}/end").status_code == 404
    assert here.post(f"/admin/account/sessions/{key}/end").status_code == 302
    assert there.client.get("/admin/account").status_code == 302
    here.get("/admin/account")


def test_an_administrator_loses_operators_to_security(app: Flask) -> None:
    admin = signed_in(app, "admin")
    page = admin.get("/admin/operators/")
    assert "三员还没有分设" in page
    security = add(app, "security")
    assert "由安全管理员管理" in admin.get("/admin/operators/", 403)
    assert 'href="/admin/operators/"' not in admin.get("/admin/")
    assert "三员还没有分设：缺少系统管理员、审计员" in security.get("/admin/operators/")
    security.get("/admin/rounds/", 403)


def test_lowering_an_administrator_is_asked_with_a_reason_and_approved(app: Flask) -> None:
    admin, security = signed_in(app, "admin"), add(app, "security")
    spec = OperatorSpec("boss2", "二", "admin")
    held = held_by(app)
    create_operator(
        held.database, replace(held.settings, is_cheap_hashing=True), "tests", spec, PASSWORD
    )
    with held.database.read() as session:
        number = session.scalar(text("SELECT id FROM operator WHERE login = 'boss2'"))
    address = f"/admin/operators/{number}"
    fields = {"role": "viewer", "scope": "", "is_active": "y"}
    unsaid = security.post(address, {**fields, "reason": ""})
    assert unsaid.status_code == 422
    assert "请写明理由" in unsaid.text
    assert security.post(address, {**fields, "reason": "换岗"}).status_code == 302
    assert "boss2 → 查看" in admin.get("/admin/approvals/")
    assert admin.post("/admin/approvals/1", {"verdict": "approve"}).status_code == 302
    assert "查看" in security.get(address)
    signed_in(app, "boss2").get("/admin/operators/", 403)


def test_system_and_auditor_see_their_pages_and_no_results(app: Flask) -> None:
    world = make_world(held_by(app).database, held_by(app).settings.home)
    system, auditor = add(app, "system"), add(app, "auditor")
    page = system.get("/admin/checks/")
    assert "安装密钥" in page
    assert "缺少安全管理员" in page
    record = auditor.get("/admin/record/")
    assert "各轮的公开日志" in record
    assert "记录完整" in record
    auditor.get("/admin/approvals/")
    for desk in (system, auditor):
        desk.get(f"/admin/rounds/{world.round_id}", 403)
        desk.get(f"/admin/rounds/{world.round_id}/assessment", 403)
        assert desk.client.get("/admin/").status_code == 302


def test_a_liaison_gives_out_cards_of_the_own_class_and_sees_totals(app: Flask) -> None:
    held = held_by(app)
    world = make_world(held.database, held.settings.home, cards=2)
    liaison = add(app, "liaison", "delegate")
    place = f"/admin/liaison/{world.round_id}"
    page = liaison.get(place)
    assert "人大代表" in page
    assert "市民" not in page
    fields = {"rater_class": "delegate", "count": "3", "batches": "1"}
    cards = liaison.post(f"{place}/cards", fields, place)
    assert cards.text.count('class="typed"') == 3, cards.text[-2000:]
    assert liaison.post(f"{place}/cards", fields, place).status_code == 409, "sent twice"
    foreign = {**fields, "rater_class": "citizen", "batches": "2"}
    assert liaison.post(f"{place}/cards", foreign, place).status_code == 422
    fresh = liaison.post(f"{place}/reissue", {"code": world.cards[0].typed_code}, place)
    assert fresh.text.count('class="typed"') == 1
    elsewhere = add_liaison(app, "citizen")
    refused = elsewhere.post(f"{place}/reissue", {"code": world.cards[1].typed_code}, place)
    assert refused.status_code == 403


def add_liaison(app: Flask, scope: str) -> Desk:
    held = held_by(app)
    spec = OperatorSpec("liaison2", "二", "liaison", scope)
    cheap = replace(held.settings, is_cheap_hashing=True)
    create_operator(held.database, cheap, "tests", spec, PASSWORD)
    return signed_in(app, "liaison2")
