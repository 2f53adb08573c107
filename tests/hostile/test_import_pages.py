"""Every page that takes a file: a hostile one is refused in Chinese and changes nothing."""

import io
import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.hostile.crawling import Walk
from tests.hostile.files import HostileFile, every_file
from tests.hostile.product import Product, fingerprint, make_product
from tests.web.desk import Desk, signed_in
from tests.web.strict import Page

PAGES: dict[str, dict[str, str]] = {
    "/admin/register/import": {"mode": "replace", "kind": ""},
    "/admin/rounds/2/inputs/import": {"kind": ""},
    "/admin/appraisals/1/roster-import": {},
    "/admin/supervision/import/promises": {},
    "/admin/supervision/import/work": {},
    "/admin/schemes/new": {"note": "记下的说明"},
    "/admin/rounds/2/draws/preview": {
        "purpose": "抽样的用途",
        "source": "",
        "method": "simple",
        "n": "1",
        "seed_kind": "given",
    },
}
ELSEWHERE = {
    "/admin/rounds/new",  # a scheme's file, read as at /admin/schemes/new
    "/admin/rounds/2/edit",
    "/admin/rounds/2/inputs/adjustments",  # evidence: kept as it is, only ever handed out again
    "/admin/rounds/2/inputs/vetoes",
    "/admin/rounds/2/draws/2",
}
TYPED = ("记下的说明", "抽样的用途")
KINDS = (
    *("billion-laughs.xlsx", "stuffed-ratio.xlsx", "external-entity.xlsx", "macro.xlsx"),
    *("cut-at-50-percent.xlsx", "cell-at-A1048576.xlsx", "dde-formula.xlsx", "member-name-0.xlsx"),
    *("old-excel.xlsx", "utf-16.csv", "nul-bytes.csv", "quote-never-closed.csv", "markup.csv"),
    *(
        "formulas.csv",
        "commas-only.csv",
        "placeholders.csv",
        "nothing.csv",
        "../../../etc/passwd.csv",
    ),
)
FILES = {one.name: one for one in every_file() if one.name in KINDS}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = make_product(tmp_path_factory.mktemp("imports"))
    yield product
    product.held.database.dispose()


@pytest.fixture(scope="module")
def admin(product: Product) -> Desk:
    return signed_in(product.app, "admin")


def test_the_files_are_of_every_kind() -> None:
    assert set(FILES) == set(KINDS)


@pytest.mark.long
def test_every_page_that_takes_a_file_is_tried(product: Product, admin: Desk) -> None:
    walk = Walk(product.app, admin.client, most=2).through("/admin/")
    taking = {page.partition("?")[0] for page, html in walk.pages.items() if 'type="file"' in html}
    known = {page.replace("/preview", "/") for page in PAGES} | ELSEWHERE
    assert {re.sub("[0-9]+", "2", page) for page in taking} <= {
        re.sub("[0-9]+", "2", page) for page in known
    }


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PAGES)
def test_a_hostile_file_is_refused_in_chinese_and_changes_nothing(
    product: Product, admin: Desk, page: str
) -> None:
    """A large upload lies in a nameless file of the system, which goes with its last reader."""
    before = fingerprint(product.held.database)
    folders = sorted(product.held.settings.home.rglob("*"))
    token = admin.token("/admin/account")
    for one in FILES.values():
        reply = send(admin, page, one, token)
        assert reply.status_code in (413, 422), (one.name, reply.status_code)
        shown = Page(reply.text)
        assert shown.faults == []
        assert re.search("[\u4e00-\u9fff]{6}", shown.text)
        assert "没有选择文件" not in shown.text
        assert fingerprint(product.held.database) == before, one.name
    assert sorted(product.held.settings.home.rglob("*")) == folders
    for typed in set(TYPED) & set(PAGES[page].values()):
        assert typed in reply.text


def send(desk: Desk, page: str, one: HostileFile, token: str) -> TestResponse:
    fields = {"csrf_token": token, **PAGES[page], "file": (io.BytesIO(one.data), one.name)}
    return desk.client.post(page, data=fields)
