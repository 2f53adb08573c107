"""Every picture of the documents, taken in a real Chromium from two running installations.

One is the demonstration city; in the other an administrator goes the whole way of the manual, from
an empty register to a result. `make screenshots` writes docs/images/*.png; look at each of them.
"""

import argparse
import io
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PRINTED = "https://pingyi.example.org"
PHONE = {"width": 390, "height": 780}
DESK = {"width": 1080, "height": 760}
WIDE = {"width": 1360, "height": 760}
MOST_BYTES = 150_000
COLOURS = 96
UNTROUBLED = ".C1"  # was anybody told what to answer: no
Rows = list[list[str]]

REGISTER: Mapping[str, Rows] = {
    "评议对象": [
        ["编号", "单位名称", "类别", "分组"],
        ["001", "示例区", "区县", ""],
        ["002", "样板县", "区县", ""],
        ["101", "示例市教育局", "市直单位", "第一组"],
        ["102", "示例市水利局", "市直单位", "第一组"],
        ["103", "示例市交通运输局", "市直单位", "第二组"],
        ["104", "示例市卫生健康委", "市直单位", "第二组"],
    ],
    "评议主体": [
        ["代码", "名称"],
        ["citizen", "市民"],
        ["netizen", "网民"],
        ["service_user", "服务对象"],
        ["enterprise", "企事业单位负责人"],
        ["delegate_city", "市人大代表"],
        ["delegate_county", "区县人大代表"],
        ["cppcc_city", "市政协委员"],
        ["cppcc_county", "区县政协委员"],
        ["village", "村居基层"],
        ["leader_city", "市级领导"],
        ["leader_dept", "部门互评"],
    ],
    "名册": [
        ["评议主体", "人员编号", "分层", "评议范围"],
        *(["市人大代表", f"人员{n:04d}", f"第{'一二'[n % 2]}代表团", ""] for n in range(1, 13)),
        *(["市级领导", f"人员{n}", "", ""] for n in range(1001, 1007)),
    ],
}
SPOILED: Mapping[str, Rows] = {
    **REGISTER,
    "评议对象": [*REGISTER["评议对象"], ["104", "示例市财政局", "市直单位", "第二组"]],
    "名册": [
        REGISTER["名册"][0],
        ["市人大代表", "张三", "第一代表团", ""],
        ["市长", "人员0002", "", ""],
        ["市级领导", "人员1001", "", "第九组"],
    ],
}


def inputs() -> Mapping[str, Rows]:
    """Two indicators a ratee, and one row of each ledger."""
    head = ["编号", "指标名称", "责任单位", "类型", "分值", "目标值", "完成值", "计分方法"]
    rows = []
    for n, ratee in enumerate(REGISTER["评议对象"][1:]):
        done = str(88 + 5 * n)
        rows.append([f"A{n:02d}", "重点工作完成率", ratee[1], "定量", "60", "100", done, "完成率"])
        rows.append([f"B{n:02d}", "工作创新", ratee[1], "定性", "40", "", str(30 + n), "评分"])
    return {
        "指标完成情况": [head, *rows],
        "加减分": [
            ["评议对象", "加减", "分数", "事项", "来源", "依据", "日期"],
            ["示例市教育局", "加分", "2", "获省级表彰", "表彰", "示例〔2026〕1号", "2026-03-01"],
        ],
        "一票否决": [
            ["评议对象", "否决事项", "文号", "日期"],
            ["示例市水利局", "重大安全事故", "示例〔2026〕2号", "2026-05-01"],
        ],
    }


@dataclass(frozen=True, slots=True)
class Camera:
    """A browser window on one installation; every picture goes to `docs/images`."""

    page: Page
    url: str

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def shoot(self, name: str, *, height: int | None = None, css: str = "body") -> None:
        """Keep a picture of what `css` covers, at most `height` pixels of it, in few colours."""
        self.page.evaluate("scrollTo(0, 0)")
        box = self.page.locator(css).first.bounding_box()
        if box is None:
            raise RuntimeError(f"{name}: nothing to see at {css}")
        box["height"] = min(box["height"], height or box["height"])
        raw = self.page.screenshot(clip=box, full_page=True)
        image = Image.open(io.BytesIO(raw)).convert("RGB")
        path = IMAGES / f"{name}.png"
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RuntimeError(f"{path.name} has {size} bytes; show less of the page")
        print(f"{path.name}  {image.width}×{image.height}  {size // 1000} kB")


def survey(home: Path, *arguments: str) -> dict[str, Any]:
    """Run a command on an installation; what it says as JSON."""
    command = [sys.executable, "-m", "survey_app.cli", *arguments, "--json"]
    environment = {**os.environ, "SURVEY_HOME": str(home)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


@contextmanager
def served(home: Path, printed: str = "") -> Iterator[str]:
    """Serve an installation on a free port; its address. `printed` is what posters say."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "SURVEY_HOME": str(home), "SURVEY_BASE_URL": printed}
    command = [sys.executable, "-m", "survey_app.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen([*command, "--quiet"], cwd=ROOT, env=environment) as process:
        try:
            _wait_for(url)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url + "/privacy"):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"nothing answers at {url}")


def camera(browser: Browser, url: str, size: Mapping[str, int]) -> Camera:
    """A fresh window that speaks Chinese."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale="zh-CN"
    )
    return Camera(context.new_page(), url)


def sign_in(window: Camera, login: str, password: str) -> None:
    window.go("/admin/")
    window.page.get_by_label("登录名").fill(login)
    window.page.get_by_label("密码").fill(password)
    window.press("登录")
    window.page.wait_for_url("**/admin/")


def workbook(folder: Path, name: str, sheets: Mapping[str, Sequence[Sequence[str]]]) -> Path:
    """An Excel file of text cells."""
    path = folder / name
    with xlsxwriter.Workbook(str(path)) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for line, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write_string(line, column, cell)
    return path


def fill(page: Page, chance: random.Random, *, most: int | None = None) -> None:
    """Answer the single choices of a page like somebody rather content."""
    names: list[str] = page.evaluate(
        "[...new Set([...document.querySelectorAll('input[type=radio]')].map(e => e.name))]"
    )
    for name in names[:most]:
        options = page.locator(f'input[type=radio][name="{name}"]')
        place = 0 if name.endswith(UNTROUBLED) else chance.choice((0, 0, 1, 1, 1, 2))
        options.nth(min(place, options.count() - 1)).check(force=True)


def city_pictures(browser: Browser, home: Path, rows: int) -> None:
    """The demonstration: a citizen's phone, results, a trace, progress."""
    told = survey(home, "demo", "--ballots", str(rows), "--no-serve", "--to", str(home / "out"))
    chance = random.Random(1)
    with served(home) as url:
        phone = camera(browser, url, PHONE)
        phone.go("/r/" + told["open_link"].rpartition("/")[2])
        phone.shoot("phone-form", height=780)
        fill(phone.page, chance)
        phone.press("提交")
        phone.shoot("phone-done", height=780)
        phone.go("/c")
        phone.shoot("phone-code", height=560)
        listed = camera(browser, url, WIDE)
        listed.go("/c")
        listed.page.get_by_label("验证码").fill(told["codes"]["delegate_city"][0])
        listed.press("打开问卷")
        fill(listed.page, chance, most=40)
        listed.shoot("list-form", css="section:nth-of-type(2)", height=640)
        desk = camera(browser, url, DESK)
        by_role = {one["role"]: one for one in told["logins"]}
        sign_in(desk, by_role["admin"]["login"], by_role["admin"]["password"])
        desk.page.get_by_role("link", name="查看结果和下载表格").first.click()
        desk.shoot("desk-results", height=900)
        desk.page.locator("table tbody a").first.click()
        desk.shoot("desk-trace", height=1150)
        desk.go("/admin/rounds/")
        desk.page.get_by_role("link", name="2027", exact=False).first.click()
        desk.page.get_by_role("link", name="查看进度").first.click()
        desk.shoot("desk-watch", height=900)
        desk.go("/admin/record/")
        desk.shoot("desk-record", height=520)


def own_round(browser: Browser, home: Path) -> None:
    """The way of the manual, from an empty register to the result."""
    made = survey(home, "init", "--login", "admin", "--name", "管理员")
    with served(home, PRINTED) as url:
        desk = camera(browser, url, DESK)
        desk.go("/admin/")
        desk.shoot("desk-login", height=420)
        sign_in(desk, made["login"], made["password"])
        desk.shoot("desk-empty", height=420)
        import_register(desk, home)
        make_round(desk)
        place = desk.page.url.removeprefix(url)
        entrances_and_test(browser, desk, place)
        codes = cards(desk, place)
        run_round(browser, desk, place, codes)
        finish_round(desk, place, home)


def import_register(desk: Camera, home: Path) -> None:
    desk.go("/admin/register/import")
    desk.shoot("register-import", height=640)
    desk.page.locator("input[type=file]").set_input_files(workbook(home, "名册.xlsx", SPOILED))
    desk.press("上传并预览")
    desk.shoot("register-problems", height=560)
    desk.page.locator("input[type=file]").set_input_files(workbook(home, "名册.xlsx", REGISTER))
    desk.press("上传并预览")
    desk.shoot("register-preview", height=640)
    desk.press("确认导入")


def make_round(desk: Camera) -> None:
    desk.go("/admin/rounds/new")
    page = desk.page
    page.get_by_label("名称", exact=False).first.fill("2026年度群众评议")
    page.get_by_label("编号", exact=False).first.fill("2026-annual")
    page.get_by_label("主办单位").fill("示例市绩效办")
    page.get_by_label("监督电话").fill("0000-12345")
    page.get_by_label("指标60", exact=False).check()
    desk.shoot("round-new-1", height=700)
    desk.shoot("round-new-2", css="section.card:has(table)")
    desk.shoot("round-new-3", css="section.card:has(input[type=file])")
    page.get_by_label("密封轮次", exact=False).uncheck()
    desk.press("保存")
    page.wait_for_url("**/admin/rounds/*")
    desk.shoot("round-draft", height=760)


def entrances_and_test(browser: Browser, desk: Camera, place: str) -> None:
    """Posters for all, one test ballot on a phone, the wipe, and the freeze."""
    page = desk.page
    desk.go(place + "/entrances")
    desk.shoot("entrances-empty", height=700)
    page.get_by_label("评议主体").first.select_option(label="市民")
    desk.press("生成海报")
    desk.go(place)
    desk.press("开始测试")
    desk.shoot("round-testing", height=520)
    desk.go(place + "/entrances")
    link = page.get_by_role("link", name="示例市教育局 的问卷", exact=False).get_attribute("href")
    phone = camera(browser, desk.url, PHONE)
    phone.go(link or "")
    fill(phone.page, random.Random(2))
    phone.shoot("phone-test", height=420)
    phone.press("提交")
    desk.go(place)
    desk.press("清除测试数据")
    desk.press("冻结")
    desk.shoot("round-frozen", height=640)


def cards(desk: Camera, place: str) -> list[str]:
    """Posters and cards as they print; the codes of the roster's cards."""
    page, codes = desk.page, []
    desk.go(place + "/posters")
    page.emulate_media(media="print")
    desk.shoot("poster", css=".sheet")
    page.emulate_media(media="screen")
    for name in ("市人大代表", "市级领导"):
        desk.go(place + "/entrances")
        page.get_by_text("按名册发卡").click()
        form = page.locator("form[action$='/cards/roster']")
        form.get_by_label("评议主体").select_option(label=name)
        form.get_by_role("button").click()
        codes += page.locator(".typed").all_inner_texts()
        if name == "市人大代表":
            desk.shoot("cards-page", height=520)
            page.emulate_media(media="print")
            desk.shoot("cards", css=".sheet", height=460)
            page.emulate_media(media="screen")
    return codes


def run_round(browser: Browser, desk: Camera, place: str, codes: list[str]) -> None:
    """Open, and let everybody on the roster answer."""
    desk.go(place)
    desk.press("开放本轮")
    chance = random.Random(3)
    for number, code in enumerate(codes):
        window = camera(browser, desk.url, DESK)
        window.go("/c")
        window.page.get_by_label("验证码").fill(code)
        window.press("打开问卷")
        fill(window.page, chance)
        window.page.locator("button[value=confirm]").click()
        if number == 0:
            window.shoot("list-confirm", height=520)
        window.press("确认提交")
        window.page.context.close()


def finish_round(desk: Camera, place: str, home: Path) -> None:
    """Close, seal, import what is not asked, and assess."""
    page = desk.page
    desk.go(place)
    page.get_by_role("link", name="关闭本轮").click()
    desk.shoot("round-close", height=900)
    page.get_by_label("请输入本轮的编号", exact=False).fill("2026-annual")
    desk.press("关闭本轮")
    desk.press("封存答卷")
    desk.shoot("round-sealed", height=520)
    desk.go(place + "/inputs/import")
    page.locator("input[type=file]").set_input_files(workbook(home, "指标.xlsx", inputs()))
    desk.press("上传并预览")
    desk.shoot("inputs-preview", height=700)
    desk.press("确认导入")
    desk.shoot("inputs", height=520)
    desk.go(place + "/assessment")
    desk.press("开始核算")
    page.get_by_text("核算完成。").wait_for()


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--ballots", type=int, default=40_000, help="rows of the demonstration")
    reader.add_argument("--only", choices=["city", "own"], help="one half of the pictures")
    wanted = reader.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as scratch:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if wanted.only != "own":
            city_pictures(browser, Path(scratch) / "city", wanted.ballots)
        if wanted.only != "city":
            own_round(browser, Path(scratch) / "own")
        browser.close()


if __name__ == "__main__":
    main()
