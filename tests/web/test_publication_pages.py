"""Publishing as an office does it: download, publish, tighten, withdraw, and ask for details."""

import re
from pathlib import Path

import pytest
from flask import Flask

from survey_app.assessments import service
from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.assessed import BEST, GOOD, seal
from tests.rounds import OPERATOR, World, make_world
from tests.stores import new_sqlite
from tests.web.desk import Desk, make_app, signed_in

COMMENT = "请打13812345678，湘D12345挡了门"


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    url = new_sqlite(tmp_path / "survey.db")
    return Settings(tmp_path / "home", url, b"a secret for tests only, 32 bytes", False, None)


@pytest.fixture
def office(installation: Settings) -> tuple[Flask, World]:
    """市1局 with twelve citizens and three delegates, 市2局 with six citizens; assessed."""
    app = make_app(installation)
    held: Services = app.extensions["survey"]
    world = make_world(held.database, installation.home, units=2, cards=3)
    ballots = [
        world.ballot(world.at_link(unit), option=option, comment=COMMENT)
        for unit, n in (("u1", 12), ("u2", 6))
        for option in ([GOOD, BEST] * 6)[:n]
    ]
    ballots += [world.ballot(world.at_card(one.qr_code), option=GOOD) for one in world.cards]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    seal(world, installation.sealed_dir)
    service.run_assessment(world.database, installation, world.round_id, OPERATOR)
    return app, world


def room(world: World, step: str = "") -> str:
    return f"/admin/rounds/{world.round_id}/publication{step}"


def test_an_office_publishes_tightens_and_withdraws(office: tuple[Flask, World]) -> None:
    app, world = office
    desk, citizen = signed_in(app, "admin"), Desk(app.test_client())
    page = desk.get(room(world))
    assert "还没有下载或公布过" in page
    for _ in range(2):
        desk.client.get(f"/admin/rounds/{world.round_id}/reports/workbook.xlsx")
    page = desk.get(room(world))
    assert page.count("workbook.xlsx") == 1
    assert "份数太少" in page
    assert "以免别的格子被减出来" in page
    assert desk.post(room(world, "/publish"), {"style": "intervals"}).status_code == 303
    home = citizen.get("/")
    assert "/results/" in home
    address = "/results/" + home.partition("/results/")[2].partition('"')[0]
    shown = citizen.get(address)
    assert "市1局" in shown
    assert "怎样核对" in shown
    assert shown.count(">并列</span>") == 2  # both units have 90 from citizens, 80 from delegates
    assert 'data-label="名次范围"' in shown  # what a phone puts before each figure
    refused = desk.post(room(world, "/minimum"), {"scores": "5", "comments": "10", "reason": "宽"})
    assert refused.status_code == 422
    tighter = {"scores": "8", "comments": "12", "reason": "人少"}
    assert desk.post(room(world, "/minimum"), tighter).status_code == 303
    looser = desk.post(room(world, "/minimum"), {**tighter, "scores": "7"})
    assert looser.status_code == 422
    assert "只能改严" in looser.text
    assert 'value="7"' in looser.text  # what was typed is kept
    assert desk.post(room(world, "/withdraw"), {"reason": ""}).status_code == 422
    assert desk.post(room(world, "/withdraw"), {"reason": "有误"}).status_code == 303
    citizen.get(address, status=404)
    assert "results.json" in desk.get(room(world))


def test_comments_are_read_masked_and_only_where_many_answered(
    office: tuple[Flask, World],
) -> None:
    app, world = office
    page = signed_in(app, "viewer").get(room(world, "/comments"))
    assert "［电话］" in page
    assert "［车牌］" in page
    assert "13812345678" not in page
    assert page.count("请打") == 12  # 市2局 has nine ballots: fewer than ten
    assert "份数不足，不显示" in page


def test_details_need_another_persons_permit(office: tuple[Flask, World]) -> None:
    app, world = office
    clerk = signed_in(app, "clerk")
    assert clerk.post(room(world, "/detail.zip")).status_code == 403
    assert clerk.post(room(world, "/detail/ask"), {"reason": "审计抽查"}).status_code == 303
    assert clerk.post(room(world, "/detail.zip")).status_code == 403
    admin = signed_in(app, "admin")
    waiting = re.search(r'action="(/admin/approvals/\d+)"', admin.get("/admin/approvals/"))
    assert waiting
    assert "审计抽查" in admin.get("/admin/approvals/")
    assert admin.post(waiting.group(1), {"verdict": "approve"}).status_code == 302
    given = clerk.post(room(world, "/detail.zip"))
    assert (given.status_code, given.data[:2]) == (200, b"PK")
    assert given.headers["Cache-Control"] == "no-store"
    assert clerk.post(room(world, "/detail.zip")).status_code == 403


def test_empty_forms_come_back_and_nothing_is_released(office: tuple[Flask, World]) -> None:
    app, world = office
    desk = signed_in(app, "admin")
    for step in ("/publish", "/minimum", "/withdraw", "/detail/ask"):
        assert desk.post(room(world, step), {"style": "whatever"}).status_code == 422, step
    assert desk.post(room(world, "/withdraw"), {"reason": "没有公布过"}).status_code == 404
    assert "还没有下载或公布过" in desk.get(room(world))


def test_who_may_not_publish_sees_no_button(office: tuple[Flask, World]) -> None:
    app, world = office
    viewer = signed_in(app, "viewer")
    assert "公布最新的结果" not in viewer.get(room(world))
    assert viewer.post(room(world, "/publish"), {"style": "scores"}).status_code == 403
