"""Results of a round on screen: who may do what, and figures that re-add on the page."""

import io
import zipfile
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from survey_app.accounts import service as accounts
from survey_app.accounts.service import OperatorSpec
from survey_app.core.access import Role
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.core.uploads import Upload
from survey_app.indicators.service import carry_out
from tests.assessed import assessed_world, sealed_world
from tests.rounds import World
from tests.web.strict import Page, StrictClient

PASSWORD = "correct horse battery staple 9"


@pytest.fixture
def web_settings(web_settings: Settings) -> Settings:
    return replace(web_settings, is_cheap_hashing=True)


def client(app: Flask, role: Role) -> StrictClient:
    """A client signed in with this role."""
    held: Services = app.extensions["survey"]
    spec = OperatorSpec(role, f"测试{role}", role)
    accounts.create_operator(held.database, held.settings, "tester", spec, PASSWORD)
    token = accounts.sign_in(held.database, held.settings, role, PASSWORD)
    assert isinstance(token, str)
    browser = StrictClient(app)
    browser.browser.set_cookie("operator", token)
    return browser


def assessed(app: Flask) -> World:
    held: Services = app.extensions["survey"]
    return assessed_world(held.database, held.settings)


def address(world: World, rest: str = "") -> str:
    return f"/admin/rounds/{world.round_id}/assessment{rest}"


class Walk(HTMLParser):
    """Exact values on the page of one ratee, by the path of the step they stand in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[tuple[str, str], str] = {}
        self._steps: list[tuple[str, str]] = []
        self._role = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("details", "div"):
            path = given.get("data-path", self._steps[-1][1] if self._steps else "")
            self._steps.append((tag, path))
        self._role = given.get("data-role", self._role if tag == "wbr" else "")

    def handle_endtag(self, tag: str) -> None:
        if self._steps and self._steps[-1][0] == tag:
            self._steps.pop()
        if tag in ("code", "data"):
            self._role = ""

    def handle_data(self, data: str) -> None:
        if self._role and self._steps:
            place = (self._steps[-1][1], self._role)
            self.values[place] = self.values.get(place, "") + data

    def number(self, path: str, role: str) -> Fraction:
        return Fraction(self.values[path, role])

    def below(self, path: str) -> list[str]:
        """Paths of the steps directly below."""
        prefix = f"{path}/" if path else ""
        paths = {where for where, _ in self.values if where and where.startswith(prefix)}
        return sorted(one for one in paths if "/" not in one.removeprefix(prefix))


def test_results_show_ranks_totals_and_intervals(app: Flask) -> None:
    world = assessed(app)
    page = client(app, "viewer").get(address(world))
    assert "模拟数据" in page.text
    assert page.text.index("市2局") < page.text.index("市1局")
    assert "92.00" in page.text
    assert "84.00" in page.text
    assert "收到 23 份次 重复 1 作废 0 有效 22" in page.text


def test_parts_readd_on_the_page_down_to_the_votes(app: Flask) -> None:
    world = assessed(app)
    viewer = client(app, "viewer")
    page = viewer.get(address(world, "/ratees/u1"))
    walk = Walk(viewer.response.get_data(as_text=True))
    assert walk.number("", "exact") == 84
    assert walk.values["", "record"] == "84.00"
    # 公众 84 = 0.6 · 260/3 (市民) + 0.4 · 80 (代表): 52 + 32.
    assert walk.number("public/citizen", "exact") == Fraction(260, 3)
    assert walk.number("public/citizen", "adds") == 52
    assert walk.number("public/delegate", "adds") == 32
    checked = 0
    for path in ["", *sorted({where for where, _ in walk.values if where not in ("", "+", "-")})]:
        below = walk.below(path)
        if below:
            total = sum((walk.number(one, "adds") for one in below), Fraction(0))
            assert total == walk.number(path, "exact"), path
            checked += 1
    assert checked == 4  # total, 公众评议, 市民, 人大代表
    assert "（100×2 ＋ 80×4）÷ 6 ＝ 86.67" in page.text
    assert "非常满意 2 票、满意 4 票" in page.text


def test_what_was_left_out_is_shown_with_the_other_result(app: Flask) -> None:
    world = assessed(app)
    page = client(app, "viewer").get(address(world, "/ratees/u1"))
    assert "市民 7 6 0 1 0 0" in page.text  # received, valid, doubtful, duplicate, screened, void
    assert "同一设备的重复评议也计入 23 83.43" in page.text


def test_an_unknown_ratee_is_not_found(app: Flask) -> None:
    world = assessed(app)
    viewer = client(app, "viewer")
    viewer.get(address(world, "/ratees/nobody"))
    assert viewer.status == 404


def test_a_viewer_looks_and_a_clerk_assesses(app: Flask, web_settings: Settings) -> None:
    held: Services = app.extensions["survey"]
    world = sealed_world(held.database, web_settings)
    app.config["WTF_CSRF_ENABLED"] = False  # roles are asked before the token is looked at
    viewer, clerk = client(app, "viewer"), client(app, "clerk")
    assert "开始核算" not in viewer.get(address(world)).text
    viewer.post(address(world, "/run"), [])
    assert viewer.status == 403
    assert "开始核算" in clerk.get(address(world)).text
    assert clerk.browser.post(address(world, "/run")).status_code == 303
    assert "核算完成" in clerk.get(address(world)).text
    clerk.browser.post(address(world, "/run"))
    assert "与上一次核算相同" in clerk.get(address(world)).text


def test_changed_inputs_ask_for_a_new_run(app: Flask) -> None:
    world = assessed(app)
    text = "ratee,kind,points,matter,evidence\nu1,加分,3,获奖,证书\n"
    upload = Upload("adjustments.csv", text.encode())
    carry_out(world.database, "tests", world.round_id, upload, "adjustments")
    clerk = client(app, "clerk")
    page = clerk.get(address(world))
    assert clerk.status == 200
    assert "输入已经改动" in page.text
    token = {"csrf_token": page.value("csrf_token")}
    clerk.browser.post(address(world, "/run"), data=token)
    again = clerk.get(address(world))
    assert "第 2 次" in again.text
    assert "87.00" in again.text  # 84 and the bonus of 3
    assert "输入已经改动" in clerk.get(address(world, "?run=1")).text


def test_assessing_needs_the_forms_token(app: Flask, web_settings: Settings) -> None:
    held: Services = app.extensions["survey"]
    world = sealed_world(held.database, web_settings)
    clerk = client(app, "clerk")
    page = clerk.get(address(world))
    clerk.post(address(world, "/run"), [])
    assert clerk.status == 400
    token = {"csrf_token": page.value("csrf_token")}
    assert clerk.browser.post(address(world, "/run"), data=token).status_code == 303


def test_nobody_without_a_session_sees_results(app: Flask) -> None:
    world = assessed(app)
    stranger = StrictClient(app)
    for path in (address(world), address(world, "/ratees/u1")):
        assert stranger.browser.get(path).status_code == 302
    for name in ("workbook.xlsx", "csv.zip", "scores.json"):
        reply = stranger.browser.get(f"/admin/rounds/{world.round_id}/reports/{name}")
        assert reply.status_code == 302


def test_a_round_that_is_not_sealed_says_what_to_do(app: Flask, make_round: object) -> None:
    world = make_round(units=1)  # type: ignore[operator]
    page = client(app, "clerk").get(address(world))
    assert "开放中" in page.text
    assert "开始核算" not in page.text


def test_downloads_have_safe_names_and_open(app: Flask) -> None:
    world = assessed(app)
    browser = client(app, "viewer").browser
    folder = f"/admin/rounds/{world.round_id}/reports"
    reply = browser.get(f"{folder}/workbook.xlsx")
    named = reply.headers["Content-Disposition"]
    assert f'filename="results-{world.round_id}.xlsx"' in named
    assert "filename*=UTF-8''%E6%B5%8B%E8%AF%95%E8%BD%AE%E6%AC%A1_" in named  # 测试轮次_
    book = openpyxl.load_workbook(io.BytesIO(reply.data))
    assert book.sheetnames[0] == "综合得分排名表"
    assert book.sheetnames[-3:] == ["得分来历", "未显示的格子", "口径说明"]
    assert browser.get(f"{folder}/workbook.xlsx").data == reply.data
    packed = zipfile.ZipFile(io.BytesIO(browser.get(f"{folder}/csv.zip").data))
    assert [Path(name).stem for name in packed.namelist()] == book.sheetnames
    assert packed.read("综合得分排名表.csv").startswith(b"\xef\xbb\xbf")
    scores = browser.get(f"{folder}/scores.json")
    assert scores.json["format"] == "survey-scores/1"


def test_pages_read_in_every_language(app: Flask) -> None:
    world = assessed(app)
    viewer = client(app, "viewer")
    for language in ("zh_CN", "zh_TW", "en"):
        page: Page = viewer.get(address(world, f"/ratees/u1?lang={language}"))
        assert viewer.status == 200
        assert "84.00" in page.text


def test_the_raters_path_loads_no_numerics(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, pathlib\n"
        "from survey_app.core.config import Settings\n"
        "from survey_app.factory import create_app\n"
        f"home = pathlib.Path({str(tmp_path)!r})\n"
        "create_app(Settings(home, f'sqlite:///{home}/s.db', b's' * 32, False, None))\n"
        "print([name for name in ('scipy', 'duckdb') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
