"""Results and traces in a real browser: readable on a desk and a phone, by everybody."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from survey_app.accounts import service as accounts
from survey_app.accounts.service import OperatorSpec
from tests.assessed import GOOD, rate, seal
from tests.browser.conftest import DESKTOP, PHONE, Site, follow, picture
from tests.rounds import OPERATOR

PASSWORD = "correct horse battery staple 9"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWPORTS = {"desk": DESKTOP, "phone": PHONE}


def assessed_site(make_site: Callable[..., Site]) -> Site:
    from survey_app.assessments import service

    site = make_site(units=2, cards=5)
    held = site.services
    rate(site.world)
    seal(site.world, held.settings.sealed_dir)
    service.run_assessment(held.database, held.settings, site.world.round_id, OPERATOR)
    spec = OperatorSpec("clerk", "测试经办", "clerk")
    accounts.create_operator(held.database, held.settings, "tester", spec, PASSWORD)
    return site


def signed_in(site: Site, page: Page) -> None:
    token = accounts.sign_in(site.services.database, site.services.settings, "clerk", PASSWORD)
    assert isinstance(token, str)
    page.context.add_cookies([{"name": "operator", "value": token, "url": site.url}])


def faults(page: Page) -> list[str]:
    """What axe-core has against the page."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [
        f"{one['id']}: {node['html']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


PAGES = {
    "results": "",
    "trace": "/ratees/u1",
    "history": "/ratees/u1/history",
    "grades": "/grades",
    "studies": "/studies",
    "study": "/studies/1",
}


@pytest.mark.long
@pytest.mark.parametrize("screen", VIEWPORTS)
def test_results_and_trace_are_accessible_and_fit(
    make_site: Callable[..., Site], open_page: Callable[..., Page], screen: str
) -> None:
    site = assessed_site(make_site)
    page = open_page(VIEWPORTS[screen])
    signed_in(site, page)
    address = f"{site.url}/admin/rounds/{site.world.round_id}/assessment"
    page.goto(f"{address}/studies")
    page.get_by_label("名称").fill("不计代表")
    page.get_by_label("人大代表").check()
    follow(page.get_by_role("button", name="推演"))
    for name, path in PAGES.items():
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert faults(page) == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= VIEWPORTS[screen]["width"], name
        picture(page, f"assessment-{name}-{screen}")


def test_a_score_opens_step_by_step_without_a_script(
    make_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = assessed_site(make_site)
    page = open_page(DESKTOP, java_script_enabled=False)
    signed_in(site, page)
    page.goto(f"{site.url}/admin/rounds/{site.world.round_id}/assessment")
    follow(page.get_by_role("link", name="市1局"))
    votes = page.get_by_text(f"（100×2 ＋ 80×{GOOD}）÷ 6 ＝ 86.67").first
    assert not votes.is_visible()
    page.locator('[data-path="public/citizen"] > summary').click()
    page.locator('[data-path="public/citizen/duty"] > summary').click()
    assert votes.is_visible()


def test_the_workbook_comes_down_under_its_chinese_name(
    make_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = assessed_site(make_site)
    page = open_page(DESKTOP)
    signed_in(site, page)
    page.goto(f"{site.url}/admin/rounds/{site.world.round_id}/assessment")
    with page.expect_download() as coming:
        page.get_by_role("link", name="下载工作簿").click()
    assert coming.value.suggested_filename == "测试轮次_核算1.xlsx"
