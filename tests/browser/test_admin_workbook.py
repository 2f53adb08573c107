"""The main job in a real browser: from an empty register to an opened workbook."""

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from tests.browser.admin_desk import AdminSite, check, city_file, served, sign_in
from tests.browser.conftest import DESKTOP, PHONE, follow
from tests.web.desk import REGISTER

OpenPage = Callable[..., Page]
CITIZENS = 5


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AdminSite]:
    with served(tmp_path) as site:
        yield site


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("button", name=name, exact=True))


def choose_file(page: Page, file: Path) -> None:
    page.locator("input[type=file]").set_input_files(file)
    press(page, "上传并预览")
    press(page, "确认导入")


def answer(page: Page, address: str) -> None:
    """A citizen takes the first option of every question: very satisfied with everything."""
    page.goto(address)
    for question in page.locator("fieldset.q").all():
        question.locator("input").first.check(force=True)
    follow(page.locator("button[value=submit]:visible"))
    assert page.get_by_text("回执", exact=False).first.is_visible()


@pytest.mark.long
def test_from_an_empty_register_to_an_opened_workbook(
    site: AdminSite, open_page: OpenPage, tmp_path: Path
) -> None:
    """Five citizens give 市教育局 full marks: 100.00. Nobody rates the others: no score."""
    page = open_page(DESKTOP, bypass_csp=True, accept_downloads=True)
    sign_in(page, site)
    follow(page.get_by_role("link", name="导入名册"))
    choose_file(page, city_file(tmp_path, REGISTER))
    page.goto(site.url + "/admin/")
    follow(page.get_by_role("link", name="新建轮次"))
    for label, text in {
        "名称": "2026年度评议",
        "编号": "2026",
        "主办单位": "市绩效办",
        "监督电话": "0000-12345",
        "每个评议对象至少收回": str(CITIZENS),
    }.items():
        page.get_by_label(label, exact=False).first.fill(text)
    page.get_by_label("单项评议方案").check()
    page.get_by_label("密封轮次", exact=False).uncheck()  # chosen beforehand, there is a roster
    for ratee_class in ("区县", "市直单位"):
        page.get_by_label(f"市级领导 × {ratee_class}").select_option(label="不参与")
    press(page, "保存")
    place = page.url
    follow(page.get_by_role("link", name="海报和评议卡"))
    press(page, "生成海报")
    page.goto(place)
    press(page, "冻结")
    press(page, "开放本轮")
    page.goto(place + "/entrances")
    row = page.get_by_role("row").filter(has_text="市教育局")
    poster = row.get_by_role("link", name="打开 市教育局 的问卷").get_attribute("href")
    for _citizen in range(CITIZENS):
        answer(open_page(PHONE), f"{site.url}{poster}")

    page.goto(place + "/watch")
    rated = page.get_by_role("row").filter(has_text="市教育局").filter(has_text="第一组")
    assert rated.get_by_text("已达到").is_visible()
    assert page.get_by_text("回收不足", exact=True).count() == 2
    check(page, "workbook-watch")
    page.goto(place + "/close")
    page.get_by_label("请输入本轮的编号", exact=False).fill("2026")
    press(page, "关闭本轮")
    press(page, "封存答卷")
    follow(page.get_by_role("link", name="去核算"))
    press(page, "开始核算")
    check(page, "workbook-results")
    with page.expect_download() as download:
        page.locator("a[href*='workbook.xlsx']").first.click()
    file = tmp_path / "workbook.xlsx"
    download.value.save_as(file)
    book = openpyxl.load_workbook(file)
    cells = [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]
    assert any("市教育局" in row and 100 in row for row in cells)
    assert not any("永安区" in row and 100 in row for row in cells)
