"""The key ceremony and the opening in a real browser: looks, accessibility, the printed sheet."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from survey_app.closing import service as closing
from survey_app.rounds import service
from tests.browser.admin_desk import AdminSite, check, codes_in, print_pdf, served, sign_in
from tests.browser.conftest import DESKTOP, PHONE, follow
from tests.rounds import OPERATOR, make_world

OpenPage = Callable[..., Page]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AdminSite]:
    with served(tmp_path) as site:
        make_world(site.services.database, tmp_path, is_sealed=True, state="draft")
        yield site


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("button", name=name, exact=True))


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(DESKTOP, id="desktop", marks=pytest.mark.long),
        pytest.param(PHONE, id="phone"),
    ],
)
def test_three_holders_and_two_of_them(
    site: AdminSite, open_page: OpenPage, tmp_path: Path, size: dict[str, int]
) -> None:
    page = open_page(size, bypass_csp=True)
    wide = "phone" if size is PHONE else "desk"
    sign_in(page, site)
    page.goto(site.url + "/admin/rounds/1/ceremony")
    check(page, f"{wide}-ceremony-names")
    for number, name in enumerate(("赵一", "钱二", "孙三"), start=1):
        page.get_by_label(f"第 {number} 份由谁保管").fill(name)
    press(page, "下一步")
    check(page, f"{wide}-ceremony-turn")
    shares = []
    for number, name in enumerate(("赵一", "钱二", "孙三"), start=1):
        press(page, f"我是 {name}，别人都转过身了")
        shares.append(page.locator("p.typed").inner_text())
        if number == 1:
            check(page, f"{wide}-ceremony-share")
            sheet = print_pdf(page, tmp_path / "share.pdf")
            assert codes_in(sheet) == ["".join(shares[0].split())]
        follow(page.get_by_role("link", name="纸拿到了，下一步"))
        page.get_by_label("纸上的份额").fill(shares[-1].lower())
        press(page, "核对")
    check(page, f"{wide}-ceremony-rehearsal")
    page.get_by_label("第一份").fill(shares[1])
    page.get_by_label("第二份").fill(shares[2])
    press(page, "打开试验信封")
    check(page, f"{wide}-ceremony-done")
    service.freeze(site.services.database, OPERATOR, 1)
    service.open_round(site.services.database, OPERATOR, 1)
    closing.close_round(site.services.database, OPERATOR, 1)
    page.goto(site.url + "/admin/rounds/1/unseal")
    page.get_by_label("第一份").fill(shares[0])
    page.get_by_label("第二份").fill("1234")
    press(page, "开封")
    check(page, f"{wide}-unseal-wrong")
    page.get_by_label("第二份").fill(shares[2])
    press(page, "开封")
    assert page.get_by_text("密钥已经销毁").first.is_visible()
    page.goto(site.url + "/admin/rounds/1/keeping")
    check(page, f"{wide}-keeping")
