"""axe-core finds nothing on any page a rater can reach, at WCAG 2.2 AA."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from survey_app.closing import service as closing
from tests.browser.conftest import DESKTOP, PHONE, Site, follow, picture
from tests.rounds import OPERATOR

pytestmark = pytest.mark.long

MakeSite = Callable[..., Site]
OpenPage = Callable[..., Page]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def check(page: Page, name: str) -> None:
    """Nothing to report on the page as it stands."""
    picture(page, name)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(
    ("look", "query", "screen"),
    [
        ("plain", "", "phone"),
        pytest.param("elder", "?elder=1", "phone", marks=pytest.mark.long),
        pytest.param("plain", "", "desk", marks=pytest.mark.long),
        pytest.param("english", "?lang=en", "phone", marks=pytest.mark.long),
        pytest.param("elder", "?elder=1", "desk", marks=pytest.mark.long),
        pytest.param("english", "?lang=en", "desk", marks=pytest.mark.long),
    ],
)
def test_every_page_of_a_rater(
    make_site: MakeSite, open_page: OpenPage, look: str, query: str, screen: str
) -> None:
    site = make_site(cards=2, units=4)
    page = open_page({"phone": PHONE, "desk": DESKTOP}[screen], bypass_csp=True)
    link, card = f"/r/{site.world.links['u1']}", f"/c/{site.world.cards[0].qr_code}"
    name = f"{look}-{screen}"
    for path in ("/", "/privacy", "/c", "/c/ABCD", "/r/unknown"):
        page.goto(site.url + path + query)
        check(page, f"axe{path.replace('/', '-')}-{name}")
    page.goto(site.url + link + query)
    check(page, f"axe-form-{name}")
    follow(page.locator(".send button[value=submit]"))
    check(page, f"axe-form-errors-{name}")
    for group in page.locator("fieldset.q").all():
        group.locator("input").first.check(force=True)
    follow(page.locator(".send button[value=submit]"))
    check(page, f"axe-thanks-{name}")
    page.goto(site.url + card + query)
    check(page, f"axe-list-{name}")
    follow(page.locator("button[value=confirm]"))
    check(page, f"axe-list-errors-{name}")
    for group in page.locator("tr fieldset").all():
        group.locator("input").first.check(force=True)
    follow(page.locator("button[value=confirm]"))
    check(page, f"axe-confirm-{name}")
    follow(page.locator(".send button[value=submit]"))
    page.goto(site.url + card + query)
    check(page, f"axe-used-{name}")
    closing.close_round(site.services.database, OPERATOR, site.world.round_id)
    page.goto(site.url + link + query)
    check(page, f"axe-closed-{name}")


@pytest.mark.long
def test_text_twice_as_large(make_site: MakeSite, open_page: OpenPage) -> None:
    site = make_site(cards=1)
    page = open_page(PHONE, bypass_csp=True)
    for path in (f"/r/{site.world.links['u1']}", f"/c/{site.world.cards[0].qr_code}"):
        page.goto(site.url + path)
        page.evaluate("document.documentElement.style.fontSize = '212%'")
        check(page, f"axe-200-{path[1]}")
