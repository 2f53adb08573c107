"""The editor of schemes in a real browser: sums follow what is typed; every page at both widths."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.admin_desk import AdminSite, check, served, sign_in
from tests.browser.conftest import DESKTOP, PHONE, follow

pytestmark = pytest.mark.long

OpenPage = Callable[..., Page]
OWN = "/admin/schemes/own"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AdminSite]:
    with served(tmp_path) as site:
        yield site


def test_sums_follow_what_is_typed(site: AdminSite, open_page: OpenPage) -> None:
    """60 + 30 + 10 is 100; with 35 for the public it is 105, with 5 for the inside 100 again."""
    page = open_page(DESKTOP, bypass_csp=True)
    sign_in(page, site)
    page.goto(site.url + "/admin/schemes/zhangjiajie-2009/0")
    page.get_by_label("新方案的编号").fill("own")
    follow(page.get_by_role("button", name="复制"))
    follow(page.get_by_role("link", name="修改数值"))
    total = page.locator("output").first
    expect(total).to_have_text("100")
    page.get_by_label("权重 公众评议 权重", exact=True).fill("35.5")
    expect(total).to_have_text("105.5")
    expect(total).to_have_class("wrong")
    check(page, "scheme-editor-wrong")
    page.get_by_label("权重 公众评议 权重", exact=True).fill("35")
    page.get_by_label("权重 内部评估 权重", exact=True).fill("五")
    expect(total).to_have_text("—")
    page.get_by_label("权重 内部评估 权重", exact=True).fill("5")
    expect(total).to_have_text("100")
    expect(total).to_have_class("")
    page.get_by_label("说明").fill("公众评议提高到 35")
    follow(page.get_by_role("button", name="检查并存为新的一版"))
    assert page.get_by_text("公众评议 权重 30 → 35").is_visible()
    for viewport, name in ((DESKTOP, "wide"), (PHONE, "phone")):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for place, address in {
            "list": "/admin/schemes/",
            "own": f"{OWN}/2",
            "compare": f"{OWN}/1/compare?with=own/2",
            "upload": f"{OWN}/2/upload",
            "edit": f"{OWN}/2/edit",
            "three": "/admin/schemes/three-evaluations/0",
            "round": "/admin/rounds/new",
        }.items():
            page.goto(site.url + address)
            check(page, f"scheme-{place}-{name}")
