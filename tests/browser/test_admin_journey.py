"""An administrator in a real browser, with real Excel files, from nothing to a closed round."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page

from tests.browser.admin_desk import (
    AdminSite,
    check,
    city_file,
    city_sheets,
    codes_in,
    print_pdf,
    served,
    sign_in,
)
from tests.browser.conftest import DESKTOP, PHONE, follow, picture

OpenPage = Callable[..., Page]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AdminSite]:
    with served(tmp_path) as site:
        yield site


def import_city(page: Page, site: AdminSite, file: Path) -> None:
    page.goto(site.url + "/admin/register/import")
    page.get_by_label("文件", exact=False).first.set_input_files(file)
    follow(page.get_by_role("button", name="上传并预览"))
    follow(page.get_by_role("button", name="确认导入"))


def make_round(page: Page, site: AdminSite) -> None:
    page.goto(site.url + "/admin/rounds/new")
    page.get_by_label("名称", exact=False).first.fill("2026年度政府绩效公众评议")
    page.get_by_label("编号", exact=False).first.fill("2026-annual")
    page.get_by_label("主办单位").fill("市绩效评估办公室")
    page.get_by_label("监督电话").fill("0000-12345")
    page.get_by_label("单项评议方案").check()
    page.get_by_label("模拟轮次", exact=False).check()
    page.get_by_label("密封轮次", exact=False).uncheck()  # chosen beforehand, there is a roster
    follow(page.get_by_role("button", name="保存"))
    page.wait_for_url("**/admin/rounds/*")


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("button", name=name, exact=True))


@pytest.mark.parametrize(
    "scripts",
    [True, pytest.param(False, marks=pytest.mark.long)],
    ids=["scripts", "no-scripts"],
)
def test_the_whole_way(site: AdminSite, open_page: OpenPage, tmp_path: Path, scripts: bool) -> None:
    """Scripts on: also axe-core on every page on the way."""
    page = open_page(DESKTOP, bypass_csp=True, java_script_enabled=scripts)

    def seen(name: str) -> None:
        if scripts:
            check(page, f"desk-{name}")

    page.goto(site.url + "/admin/")
    seen("login")
    sign_in(page, site)
    seen("start-empty")
    spoiled = {**city_sheets(), "名册": [["评议主体", "人员编号"], ["市民", "张三"], ["市长", "1"]]}
    page.goto(site.url + "/admin/register/import")
    seen("import")
    page.get_by_label("文件", exact=False).first.set_input_files(
        city_file(tmp_path, spoiled, "有错.xlsx")
    )
    press(page, "上传并预览")
    assert page.get_by_text("像是姓名").is_visible()
    assert page.get_by_text("没有叫“市长”的评议主体").is_visible()
    seen("import-problems")

    page.goto(site.url + "/admin/register/import")
    page.get_by_label("文件", exact=False).first.set_input_files(city_file(tmp_path))
    press(page, "上传并预览")
    seen("import-preview")
    press(page, "确认导入")
    assert page.get_by_text("“名册.xlsx”已导入").is_visible()
    seen("register")
    follow(page.get_by_role("link", name="市人大代表"))
    seen("roster")

    page.goto(site.url + "/admin/rounds/new")
    seen("round-new")
    make_round(page, site)
    place = page.url
    seen("round-draft")
    page.goto(place + "/edit")
    seen("round-edit")
    page.goto(site.url + "/admin/questionnaires/unit.short")
    seen("questionnaire")

    page.goto(place + "/entrances")
    seen("entrances-empty")
    page.get_by_label("评议主体").first.select_option(label="市民")
    press(page, "生成海报")
    assert page.get_by_text("已生成 49 张海报").is_visible()
    seen("entrances")

    page.goto(place)
    press(page, "开始测试")
    seen("round-testing")
    press(page, "清除测试数据")
    press(page, "冻结")
    seen("round-frozen")
    press(page, "开放本轮")
    seen("round-open")
    page.goto(place + "/watch")
    seen("watch")
    page.goto(site.url + "/admin/")
    seen("start-open")
    page.goto(place)
    follow(page.get_by_role("link", name="关闭本轮"))
    page.get_by_label("请输入本轮的编号", exact=False).fill("2026")
    press(page, "关闭本轮")
    seen("close-refused")
    page.get_by_label("请输入本轮的编号", exact=False).fill("2026-annual")
    press(page, "关闭本轮")
    press(page, "封存答卷")
    seen("round-sealed")
    page.goto(site.url + "/admin/record/")
    seen("record")
    page.goto(site.url + "/admin/operators/")
    seen("operators")
    follow(page.get_by_role("link", name="clerk"))
    seen("operator")
    page.goto(site.url + "/admin/account")
    seen("account")
    page.goto(place + "/inputs/")
    seen("inputs")
    page.goto(place + "/inputs/import")
    seen("inputs-import")


@pytest.mark.long
def test_every_page_on_a_phone(site: AdminSite, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(PHONE, bypass_csp=True)
    page.goto(site.url + "/admin/")
    check(page, "phone-login")
    sign_in(page, site)
    check(page, "phone-start-empty")
    import_city(page, site, city_file(tmp_path))
    check(page, "phone-register")
    make_round(page, site)
    place = page.url
    for name, address in {
        "round": place,
        "round-edit": place + "/edit",
        "entrances": place + "/entrances",
        "import": site.url + "/admin/register/import",
        "rounds": site.url + "/admin/rounds/",
        "record": site.url + "/admin/record/",
        "operators": site.url + "/admin/operators/",
        "account": site.url + "/admin/account",
        "inputs": place + "/inputs/",
    }.items():
        page.goto(address)
        check(page, f"phone-{name}")
    page.goto(place)
    press(page, "冻结")
    page.goto(place + "/watch")
    check(page, "phone-watch")


@pytest.mark.long
def test_every_code_decodes_from_the_printed_pages(
    site: AdminSite, open_page: OpenPage, tmp_path: Path
) -> None:
    """48 cards, ten to a sheet, and 49 posters, one to a sheet, read from the PDF's pixels."""
    page = open_page(DESKTOP, bypass_csp=True)
    sign_in(page, site)
    import_city(page, site, city_file(tmp_path))
    make_round(page, site)
    place = page.url
    page.goto(place + "/entrances")
    page.get_by_label("评议主体").first.select_option(label="市民")
    press(page, "生成海报")
    page.get_by_role("link", name="打印全部 49 张海报").click()
    check_print(page, "print-posters")
    posters = print_pdf(page, tmp_path / "posters.pdf")
    assert len(pypdfium2.PdfDocument(posters)) == 49
    found = codes_in(posters, scale=1.5)
    assert len(set(found)) == 49
    assert all(text.startswith(f"{site.url}/r/") for text in found)

    page.goto(place + "/entrances")
    page.get_by_text("按名册发卡").click()
    form = page.locator("form[action$='/cards/roster']")
    form.get_by_label("评议主体").select_option(label="市人大代表")
    follow(form.get_by_role("button"))
    check_print(page, "print-cards")
    typed = page.locator(".typed").all_inner_texts()
    cards = print_pdf(page, tmp_path / "cards.pdf")
    assert len(pypdfium2.PdfDocument(cards)) == 5
    found = codes_in(cards)
    assert len(found) == len(set(found)) == 48
    assert all(text.startswith(f"{site.url}/c/") for text in found)
    words = "".join(sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(cards))
    assert len(typed) == 48
    assert all(code in words for code in typed)


def check_print(page: Page, name: str) -> None:
    page.wait_for_selector(".sheet")
    check(page, name)
    page.emulate_media(media="print")
    picture(page, f"{name}-paper", is_whole=False)
    page.emulate_media(media="null")
