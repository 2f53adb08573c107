"""An operator in a real Chromium: a served installation, signing in, and a city's Excel files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from werkzeug.serving import make_server

from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.browser.conftest import PICTURES, follow, picture
from tests.stores import new_sqlite
from tests.web.desk import PASSWORD, Sheets, make_app, workbook

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
GROUPS = ("城建交通组", "农业农村组", "科教文卫组", "财经商贸组", "政法综合组")
WORK = (
    *("教育", "水利", "农业农村", "交通运输", "住房建设", "卫生健康"),
    *("文化旅游", "财政", "审计", "商务", "司法", "统计"),
)


@dataclass(frozen=True)
class AdminSite:
    """A served installation with operators and nothing else."""

    url: str
    services: Services


@contextmanager
def served(home: Path) -> Iterator[AdminSite]:
    app = make_app(
        Settings(
            home=home,
            database_url=new_sqlite(home / "survey.db"),
            secret_key=b"a secret for tests only, 32 bytes",
            is_production=False,
            base_url=None,
        )
    )
    services: Services = app.extensions["survey"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield AdminSite(f"http://127.0.0.1:{server.server_port}", services)
    server.shutdown()
    thread.join()
    server.server_close()
    services.database.dispose()


def sign_in(page: Page, site: AdminSite, login: str = "admin") -> None:
    page.goto(site.url + "/admin/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    follow(page.get_by_role("button", name="登录"))
    page.wait_for_url("**/admin/")


def check(page: Page, name: str) -> None:
    """axe-core has nothing to report, and the page does not run out of the screen's side."""
    picture(page, name)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    width, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= seen, f"{name} is {width} wide on a screen of {seen}"
    assert page.locator("h1").count() == 1


def city_sheets(n_units: int = 45, n_delegates: int = 48) -> Sheets:
    """A register shaped like a city's: 4 counties, units in groups, people by alias."""
    units = [
        [f"1{n:02d}", f"市{WORK[n % 12]}{'局办委中心'[n // 12]}", "市直单位", GROUPS[n % 5]]
        for n in range(n_units)
    ]
    counties = [
        [f"00{n}", name, "区县", ""] for n, name in enumerate(["甲区", "乙区", "丙县", "丁县"])
    ]
    delegates = [
        ["市人大代表", f"人员{n:04d}", f"第{'一二三四'[n % 4]}代表团", "全部"]
        for n in range(1, n_delegates + 1)
    ]
    leaders = [["市级领导", f"人员{1000 + n}", "", GROUPS[n % 5]] for n in range(5)]
    return {
        "评议对象": [["编号", "单位名称", "类别", "分组"], *counties, *units],
        "评议主体": [
            ["代码", "名称"],
            ["citizen", "市民"],
            ["service_user", "服务对象"],
            ["delegate_city", "市人大代表"],
            ["leader_city", "市级领导"],
        ],
        "名册": [["评议主体", "人员编号", "分层", "评议范围"], *delegates, *leaders],
    }


def city_file(folder: Path, sheets: Sheets | None = None, name: str = "名册.xlsx") -> Path:
    path = folder / name
    path.write_bytes(workbook(city_sheets() if sheets is None else sheets))
    return path


def codes_in(pdf: Path, scale: float = 3.0) -> list[str]:
    """Every QR code that a reader finds in the pixels of a PDF's pages."""
    found: list[str] = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        image = page.render(scale=scale).to_pil()
        found += [one.text for one in zxingcpp.read_barcodes(image)]
    document.close()
    return found


def print_pdf(page: Page, path: Path) -> Path:
    page.pdf(path=str(path), prefer_css_page_size=True, print_background=True)
    if PICTURES:
        document = pypdfium2.PdfDocument(path)
        document[0].render(scale=1.6).to_pil().save(f"{PICTURES}/pdf-{path.stem}.png")
        document.close()
    return path
