"""Supervision, follow-up and complaints in a real Chromium, wide and narrow, with axe."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.complaints import service as complaints
from survey_app.complaints.service import ComplaintSpec
from survey_app.followup import service as followup
from survey_app.followup.service import ItemSpec
from survey_app.supervision import service as supervision
from survey_app.supervision.lines import today
from tests.browser.admin_desk import AdminSite, check, served
from tests.browser.conftest import DESKTOP, PHONE, follow
from tests.followed import linked_world
from tests.supervising import spec
from tests.web.desk import PASSWORD

CLERK_PAGES = (
    "/admin/supervision/",
    "/admin/supervision/new/circular",
    "/admin/supervision/new/urging",
    "/admin/supervision/records/1",
    "/admin/supervision/records/2",
    "/admin/supervision/records/3",
    "/admin/supervision/falsifications",
    "/admin/supervision/archive/u1/{year}",
    "/admin/supervision/promises/",
    "/admin/supervision/work/",
    "/admin/supervision/import/promises",
    "/admin/followup/",
    "/admin/followup/new",
    "/admin/followup/items/1",
    "/admin/followup/items/5",
    "/admin/followup/rounds/1",
    "/admin/followup/accountability",
    "/admin/followup/service-users",
    "/admin/followup/complaints/",
    "/admin/followup/complaints/1",
    "/admin/followup/complaints/new",
    "/admin/followup/complaints/poster",
)
UNIT_PAGES = (
    "/admin/supervision/",
    "/admin/supervision/records/1",
    "/admin/followup/",
    "/admin/followup/items/5",
    "/admin/supervision/archive/u1/{year}",
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AdminSite]:
    with served(tmp_path) as site:
        held = site.services
        world = linked_world(held.database, held.settings)
        followup.propose_from_run(held.database, held.settings, "clerk", world.round_id)
        past = today() - timedelta(days=30)
        for kind in ("circular", "urging", "falsification", "spot_check", "exemption"):
            due = past + timedelta(days=9) if kind in ("circular", "urging") else None
            made = spec(kind, "u1", issued_on=past, due_on=due, is_simulated=True)
            supervision.file_record(held.database, "clerk", made)
        supervision.urge(held.database, "clerk", 1, "u1", "电话催办")
        followup.add_item(held.database, "clerk", ItemSpec("u1", "training", "补课", "短板"))
        complaints.enter(held.database, "clerk", ComplaintSpec("service", "等了三小时", "u1"))
        unit = OperatorSpec("unit", "一局经办", "unit", "u1")
        create_operator(held.database, held.settings, "tests", unit, PASSWORD)
        yield site


@pytest.mark.long
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["wide", "narrow"])
def test_every_page_reads_well(
    site: AdminSite, open_page: Callable[..., Page], viewport: dict[str, int]
) -> None:
    for login, pages in (("clerk", CLERK_PAGES), ("unit", UNIT_PAGES)):
        page = open_page(viewport)
        page.goto(site.url + "/admin/")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        follow(page.get_by_role("button", name="登录"))
        for number, address in enumerate(pages):
            reply = page.goto(site.url + address.format(year=today().year))
            assert reply is not None
            assert reply.status == 200, address
            check(page, f"{login}-{number:02d}-{viewport['width']}")


@pytest.mark.long
def test_a_citizen_complains_by_keyboard_and_touch(
    site: AdminSite, open_page: Callable[..., Page]
) -> None:
    page = open_page(PHONE)
    page.goto(site.url + "/complaint")
    check(page, "complaint")
    follow(page.get_by_role("button", name="提交").last)
    check(page, "complaint-missing")
    page.get_by_label("服务质量").check()
    page.get_by_label("发生了什么").fill("等了三小时")
    follow(page.get_by_role("button", name="繁體"))
    assert page.locator("#text").input_value() == "等了三小时"
    page.locator("#text").press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".receipt")
    check(page, "complaint-taken")
    code = page.locator(".receipt").inner_text()
    page.goto(site.url + "/complaint/status")
    page.locator("#code").fill(code)
    with page.expect_navigation():
        page.locator("#code").press("Enter")
    check(page, "complaint-status")
    assert page.locator("dl").count() == 1
