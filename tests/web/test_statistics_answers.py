"""The page of answers: the pile, both results, and deciding with a reason."""

import re

import pytest
from flask import Flask

from survey_app.assessments import decisions, service
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.graded import fill_register, run_of
from tests.rounds import OPERATOR, World
from tests.screened import WHY, world_with_blanks
from tests.web.desk import Desk, make_app, signed_in
from tests.web.strict import GLUE, Page


@pytest.fixture
def desk_app(web_settings: Settings) -> Flask:
    return make_app(web_settings)


@pytest.fixture
def world(desk_app: Flask) -> World:
    held: Services = desk_app.extensions["survey"]
    return world_with_blanks(held.database, held.settings)


@pytest.fixture
def tab(world: World) -> str:
    return f"/admin/rounds/{world.round_id}/assessment/statistics/answers"


def words(html: str) -> str:
    """What a strict reader sees, in one line."""
    page = Page(html)
    assert page.faults == []
    return " ".join("".join(page.words).replace(GLUE, "").split())


def finding(html: str) -> str:
    found = re.search(r"finding=([0-9a-f]{16})", html)
    assert found
    return found[1]


def assess(app: Flask, world: World) -> None:
    held: Services = app.extensions["survey"]
    service.run_assessment(held.database, held.settings, world.round_id, OPERATOR)


def cells(html: str) -> list[list[str]]:
    """The rows of every table, as texts."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    texts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", one).strip() for one in row] for row in texts]


def test_a_clerk_looks_decides_and_takes_back(desk_app: Flask, world: World, tab: str) -> None:
    clerk = signed_in(desk_app, "clerk")
    html = clerk.get(tab)
    assert "缺项过多" in words(html)
    assert "未决定" in words(html)
    key = finding(html)
    both = ["市1局", "6", "82.50", "80.00", "1", "1"]
    html = clerk.get(f"{tab}?finding={key}")
    assert "一半以上计分题空白" in words(html)
    assert both in cells(html)

    def post(act: str, reason: str) -> str:
        reply = clerk.post(tab, {"finding": key, "act": act, "reason": reason}, tab)
        return reply.text if reply.status_code == 422 else clerk.get(reply.headers["Location"])

    def approve(act: int) -> None:
        assert WHY in admin.get("/admin/approvals/") or act > 1
        admin.post(f"/admin/approvals/{act}", {"verdict": "approve"})

    admin = signed_in(desk_app, "admin")
    assert "没有写理由" in post("exclude", "")
    said = words(post("exclude", WHY))
    assert "已提出：不计入" in said
    assert "等待批准：不计入" in said
    assert "到“核算结果”重新核算" not in said
    assert clerk.post("/admin/approvals/1", {"verdict": "approve"}).status_code == 403
    approve(1)
    said = words(clerk.get(f"{tab}?finding={key}"))
    assert "到“核算结果”重新核算" in said
    assert "clerk（admin批准）" in said
    assess(desk_app, world)
    html = clerk.get(f"{tab}?finding={key}")
    assert both in cells(html)  # the same two results, from the other side
    assert f"理由：{WHY}" in words(html)
    # received, duplicate, void, left out by people, valid
    assert ["市民", "22", "0", "0", "6", "16"] in [row[1:] for row in cells(html)]
    post("withdraw", "误判")
    approve(2)
    assess(desk_app, world)
    assert ["市民", "22", "0", "0", "0", "22"] in [row[1:] for row in cells(clerk.get(tab))]


def test_every_result_can_be_asked_for_at_once(desk_app: Flask, tab: str) -> None:
    html = signed_in(desk_app, "viewer").get(f"{tab}?all=1")
    assert "市1局 82.50 → 80.00，第1名 → 第1名" in words(html)


def test_a_viewer_reads_and_cannot_decide(desk_app: Flask, tab: str) -> None:
    viewer: Desk = signed_in(desk_app, "viewer")
    key = finding(viewer.get(tab))
    html = viewer.get(f"{tab}?finding={key}")
    assert "两种结果" in html
    assert 'value="exclude"' not in html
    fields = {"finding": key, "act": "exclude", "reason": WHY}
    assert viewer.post(tab, fields).status_code == 403


def test_nobody_decides_on_what_no_rule_points_at(desk_app: Flask, tab: str) -> None:
    admin = signed_in(desk_app, "admin")
    fields = {"finding": "0" * 16, "act": "exclude", "reason": WHY}
    assert admin.post(tab, fields).status_code == 404
    admin.get(f"{tab}?finding={'0' * 16}", 404)


def test_approved_grades_close_the_pile_and_say_why(
    desk_app: Flask, world: World, tab: str
) -> None:
    held: Services = desk_app.extensions["survey"]
    admin = signed_in(desk_app, "admin")
    key = finding(admin.get(tab))
    run = service.open_run(held.database, held.settings, world.round_id)
    decisions.approve(held.database, run, OPERATOR)
    html = admin.get(f"{tab}?finding={key}")
    assert "等次已经审定，去留不能再改" in html
    assert 'value="exclude"' not in html
    reply = admin.post(tab, {"finding": key, "act": "exclude", "reason": WHY})
    assert reply.status_code == 409
    assert "退回" in reply.text


def test_what_is_not_there_is_said(desk_app: Flask, tab: str) -> None:
    said = words(signed_in(desk_app, "viewer").get(tab))
    assert "封存的数据里没有卡号" in said
    assert "没有一条规则依据网络地址" in said


def test_a_round_without_ballots_has_an_empty_pile(desk_app: Flask) -> None:
    held: Services = desk_app.extensions["survey"]
    fill_register(held.database)
    run = run_of(held.database, held.settings)
    address = f"/admin/rounds/{run.frozen.id}/assessment/statistics/answers"
    said = words(signed_in(desk_app, "viewer").get(address))
    assert "没有一条规则指出值得看的地方" in said
    assert "这一轮没有答卷" in said
