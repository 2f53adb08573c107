"""The little work of an entrance under attack, and a tablet in a hall, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, expect

from survey_app.ballots import rates
from survey_app.ballots.tables import Ballot
from survey_app.intake.kiosk import service as kiosk
from tests.browser.conftest import Site, picture
from tests.rounds import OPERATOR

MakeSite = Callable[..., Site]
OpenPage = Callable[..., Page]
NARROW = {"width": 360, "height": 740}
TABLET = {"width": 1024, "height": 768}
COMPLETE = ("D1", "D3", "D5", "D7", "D0")
OVERFLOW = "document.documentElement.scrollWidth > window.innerWidth + 1"


def ballots(site: Site) -> int:
    with site.services.database.read() as session:
        return session.query(Ballot).count()


def fill(page: Page) -> None:
    for key in COMPLETE:
        page.locator(f"label:has(> input[name='1.{key}'][value='4'])").click()


@pytest.mark.parametrize("has_crypto", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_browser_works_a_moment_and_sends_by_itself(
    make_site: MakeSite,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    has_crypto: bool,
) -> None:
    monkeypatch.setattr(rates, "MINUTE_FLOOR", 0)
    site = make_site()
    page = open_page(NARROW)
    if not has_crypto:
        page.add_init_script("Object.defineProperty(window, 'crypto', {value: undefined})")
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="提交成功")).to_be_visible(timeout=30_000)
    assert ballots(site) == 1


def test_without_scripts_the_form_asks_to_wait(
    make_site: MakeSite, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "MINUTE_FLOOR", 0)
    site = make_site()
    page = open_page(NARROW, java_script_enabled=False)
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请等 30 秒后再按一次提交")).to_be_visible()
    expect(page.locator("input[name='1.D1'][value='4']")).to_be_checked()
    picture(page, "asked-to-wait")
    assert ballots(site) == 0


@pytest.mark.parametrize("has_scripts", [True, False])
@pytest.mark.parametrize("viewport", [NARROW, pytest.param(TABLET, marks=pytest.mark.long)])
def test_a_tablet_serves_one_person_after_the_other(
    make_site: MakeSite, open_page: OpenPage, viewport: dict[str, int], has_scripts: bool
) -> None:
    site = make_site()
    world = site.world
    link_id = kiosk.add(
        world.database, OPERATOR, world.round_id, "大厅", "citizen", ("u1",), "number"
    )
    token = kiosk.kiosk_of(world.database, world.round_id, link_id).link.token
    page = open_page(viewport, java_script_enabled=has_scripts, has_touch=True)
    for turn, number in enumerate(kiosk.new_numbers(world.keys, world.round_id, link_id, 2)):
        page.goto(f"{site.url}/kiosk/{token}")
        picture(page, f"kiosk-start-{viewport['width']}")
        page.get_by_label("工作人员给您的号码").fill(number)
        page.get_by_role("button", name="开始评议").click()
        assert page.locator("input:checked").count() == 0
        assert not has_scripts or not page.evaluate(OVERFLOW)
        fill(page)
        picture(page, f"kiosk-form-{viewport['width']}")
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="提交成功")).to_be_visible()
        picture(page, f"kiosk-thanks-{viewport['width']}")
        assert ballots(site) == turn + 1
        page.get_by_role("link", name="完成，交还平板").click()
        expect(page.get_by_label("工作人员给您的号码")).to_be_empty()
    if has_scripts:
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert not page.context.cookies()
    # Nothing of the last person is kept to go back to.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()


def test_a_form_nobody_touches_goes_back_to_the_start(
    make_site: MakeSite, open_page: OpenPage
) -> None:
    site = make_site()
    world = site.world
    link_id = kiosk.add(
        world.database, OPERATOR, world.round_id, "大厅", "citizen", ("u1",), "free"
    )
    token = kiosk.kiosk_of(world.database, world.round_id, link_id).link.token
    page = open_page(TABLET)
    page.clock.install()
    page.goto(f"{site.url}/kiosk/{token}")
    page.get_by_role("button", name="开始评议").click()
    fill(page)
    page.clock.run_for(105_000)
    expect(page.get_by_text("还在填吗")).to_be_visible()
    page.locator("body").click(position={"x": 5, "y": 5})
    expect(page.get_by_text("还在填吗")).to_have_count(0)
    page.clock.run_for(125_000)
    expect(page.get_by_role("button", name="开始评议")).to_be_visible()
