"""Every page of the product, as each role: headers, cookies, links, files; and nothing changed."""

import io
from collections.abc import Iterator

import openpyxl
import pytest

from tests.hostile.crawling import Walk, formula_faults, header_faults
from tests.hostile.product import (
    ROLES,
    Product,
    fingerprint,
    make_product,
    rows_of,
    written_by_reading,
)
from tests.web.desk import PASSWORD, Desk, signed_in
from tests.web.test_admin_roles import FILLED

ENTRIES = {
    "person": "/admin/appraisals/",
    "leader": "/admin/appraisals/",
    "reporter": "/admin/reporting/",
    "certifier": "/admin/reporting/",
    "unit": "/admin/supervision/",
}
SHORT = ("viewer", "unit", "auditor", "security")
HTTPS = "https://pingyi.example.org"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = make_product(tmp_path_factory.mktemp("product"))
    yield product
    product.held.database.dispose()


def public_addresses(product: Product) -> list[str]:
    return ["/", f"/r/{product.poster}", f"/c/{product.codes[0]}", "/c", "/complaint", "/privacy"]


@pytest.mark.parametrize(
    "role",
    [one if one in SHORT else pytest.param(one, marks=pytest.mark.long) for one in ROLES],
)
def test_every_link_leads_somewhere_and_every_reply_is_guarded(product: Product, role: str) -> None:
    walk = Walk(product.app, signed_in(product.app, role).client)
    before = rows_of(product.held.database)
    walk.through(ENTRIES.get(role, "/admin/"), *public_addresses(product))
    assert walk.faults == []
    assert written_by_reading(before, rows_of(product.held.database)) == {}
    assert len(walk.seen) > 10


def test_the_public_reaches_no_page_of_the_operators(product: Product) -> None:
    walk = Walk(product.app, product.app.test_client())
    before = fingerprint(product.held.database)
    walk.through(*public_addresses(product))
    assert walk.faults == []
    assert fingerprint(product.held.database) == before
    inside = {address for address in walk.pages if address.startswith("/admin")}
    assert {address.partition("?")[0] for address in inside} <= {"/admin/login"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = make_product(tmp_path_factory.mktemp("secure"), HTTPS)
    yield product
    product.held.database.dispose()


def test_under_https_everything_says_so(secure: Product) -> None:
    desk = Desk(secure.app.test_client())
    walk = Walk(secure.app, desk.client, is_https=True)
    told = desk.client.get("/admin/login", base_url=HTTPS)
    page = {"login": "admin", "password": PASSWORD, "csrf_token": _token(told.text)}
    reply = desk.client.post(
        "/admin/login", data=page, base_url=HTTPS, headers={"Referer": f"{HTTPS}/admin/login"}
    )
    walk.look_at("/admin/login", reply)
    poster = desk.client.get(f"/r/{secure.poster}/1", base_url=HTTPS)
    walk.look_at("/r", poster)
    assert walk.faults == []
    names = {one.partition("=")[0]: one for one in reply.headers.getlist("Set-Cookie")}
    mine = names["__Host-operator"]
    assert all(flag in mine for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    assert "Domain" not in mine


@pytest.mark.parametrize(
    "trick",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"},
        {"X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"},
        {"Host": "pingyi.example.org:99@evil.example"},
        {"Host": "evil.example/r/x?"},
    ],
)
def test_a_false_host_leads_nowhere(secure: Product, trick: dict[str, str]) -> None:
    client = secure.app.test_client()
    for address in (*public_addresses(secure), "/admin/login", "/admin/", "/nothing"):
        reply = client.get(address, headers=trick)
        assert reply.status_code < 500
        assert "evil" not in reply.text
        assert "evil" not in str(reply.headers)


@pytest.mark.parametrize("product_with", ["product", "secure"])
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/admin/nothing", 404),
        ("GET", "/static/../survey.db", 404),
        ("GET", "/%00", 404),
        ("GET", "/r/" + "x" * 3000, 404),
        ("GET", "/c/..%2f..%2fetc", 404),
        ("DELETE", "/", 405),
        ("TRACE", "/", 405),
        ("POST", "/privacy", 405),
        ("PUT", "/c", 405),
    ],
)
def test_a_page_of_an_error_tells_nothing(
    request: pytest.FixtureRequest, product_with: str, method: str, address: str, status: int
) -> None:
    product: Product = request.getfixturevalue(product_with)
    reply = product.app.test_client().open(address, method=method)
    assert reply.status_code == status
    assert header_faults(reply, is_https=product_with == "secure") == []
    for word in ("Traceback", 'File "', "Werkzeug", "sqlite", "SELECT", str(product.world.keys)):
        assert word not in reply.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/admin//evil.example",
        "/admin/\\evil.example",
        "javascript:alert(1)",
        "/%2f%2fevil.example",
        "\t//evil.example",
        "/admin/\r\nX-Evil: 1",
    ],
)
def test_signing_in_leads_to_no_other_host(product: Product, target: str) -> None:
    desk = Desk(product.app.test_client())
    token = desk.token("/admin/login")
    fields = {"login": "viewer", "password": PASSWORD, "next": target, "csrf_token": token}
    reply = desk.client.post("/admin/login", data=fields)
    place = reply.headers["Location"]
    assert place.startswith("/admin/")
    assert "evil" not in place
    assert "X-Evil" not in reply.headers


def posts(product: Product) -> list[str]:
    """An address for every route that takes a form, its numbers filled in."""
    found = []
    for rule in product.app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()):
            continue
        values = {name: FILLED.get(name, 1) for name in rule.arguments}
        values |= {name: 1 for name in values if name.endswith("_id")}
        with product.app.test_request_context():
            found.append(product.app.url_for(rule.endpoint, **values))
    return sorted(set(found))


def test_a_form_without_our_token_changes_nothing(product: Product) -> None:
    """As the administrator whom another site made post: every route refuses."""
    desk = signed_in(product.app, "admin")
    others = signed_in(product.app, "clerk").token("/admin/account")
    before = fingerprint(product.held.database)
    for address in posts(product):
        if address.startswith("/admin/"):
            for token in ({}, {"csrf_token": "x"}, {"csrf_token": others}):
                reply = desk.client.post(address, data={"title": "x", **token})
                assert reply.status_code == 400, address
                assert "放得太久" in reply.text
    assert fingerprint(product.held.database) == before


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_from_another_site_is_not_read(product: Product, headers: dict[str, str]) -> None:
    before = fingerprint(product.held.database)
    form = "application/x-www-form-urlencoded"
    for address in posts(product):
        if not address.startswith("/admin/"):
            client = product.app.test_client()
            reply = client.post(address, data="a=1", content_type=form, headers=headers)
            assert reply.status_code in (403, 404), address
    assert fingerprint(product.held.database) == before


def test_a_page_with_a_code_or_a_nonce_is_kept_by_no_cache(product: Product) -> None:
    client = product.app.test_client()
    assert client.get(f"/c/{product.codes[1]}").headers["Cache-Control"] == "no-store"
    poster = client.get(f"/r/{product.poster}/1").headers["Cache-Control"]
    assert poster.startswith("private")


def _token(html: str) -> str:
    return html.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


def test_the_look_at_files_sees_formulas() -> None:
    """The counter-proof: files written without care are found."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0].append(["=1+1"])
    book.save(out)
    assert formula_faults("application/octet-stream", out.getvalue())
    assert formula_faults("text/csv", b"a,=1+1\n")
    assert not formula_faults("text/csv", b"a,'=1+1,-3.5\n")
