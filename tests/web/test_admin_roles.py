"""Every address of the application against the table in docs/roles.md, by knocking at the door."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.core.access import SCOPED_ROLES, Role
from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.stores import new_sqlite
from tests.web.desk import PASSWORD, make_app, signed_in

TABLE = Path(__file__).parents[2] / "docs" / "roles.md"
ROLES = (
    "public",
    "viewer",
    "clerk",
    "admin",
    "reporter",
    "certifier",
    "unit",
    "leader",
    "person",
    "system",
    "security",
    "auditor",
    "liaison",
)
LINE = re.compile(r"\| `(?P<rule>\S+)` \| (?P<method>[A-Z]+) \|(?P<marks>( ✓? ?\|){13})")
REFUSALS = ("没有这项权限", "操作员由安全管理员管理")
QUICK = ("public", "viewer", "clerk", "admin", "security", "auditor")
"""What the short run knocks with; the long run takes every role."""
ASKS_FOR_THE_OBJECT = frozenset(
    {
        ("reporter", "/admin/rounds/<int:round_id>/inputs/evidence/<key>", "GET"),
        ("unit", "/admin/appraisals/<int:period_id>/template", "GET"),
        ("unit", "/admin/appraisals/plans/<int:number>", "POST"),
        ("unit", "/admin/supervision/archive/<key>/<int:year>", "GET"),
        ("unit", "/admin/supervision/records/<int:record_id>/reply", "POST"),
    }
)
"""Doors that open for the role, but not to a thing outside its scope, as the one knocked for."""
ENDS_SESSIONS = frozenset(
    {"/admin/logout", "/admin/account/logout-everywhere", "/admin/account/password"}
)
FILLED = {
    "round_id": 999,
    "operator_id": 999,
    "link_id": 999,
    "record_id": 999,
    "period_id": 999,
    "item_id": 999,
    "complaint_id": 999,
    "indicator_id": 999,
    "adjustment_id": 999,
    "veto_id": 999,
    "study_id": 999,
    "session_id": 999,
    "act_id": 999,
    "unit": "u1",
    "person": "u1",
    "number": 1,
    "year": 2026,
}
Door = tuple[str, str]


def admitted() -> dict[Door, set[str]]:
    """(rule, method) → the roles the table lets in."""
    found: dict[Door, set[str]] = {}
    for match in LINE.finditer(TABLE.read_text(encoding="utf-8")):
        marks = match["marks"].strip("|").split("|")
        door = (match["rule"], match["method"])
        assert door not in found, door
        found[door] = {role for role, mark in zip(ROLES, marks, strict=True) if "✓" in mark}
    return found


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("roles")
    app = make_app(
        Settings(
            home=home,
            database_url=new_sqlite(home / "survey.db"),
            secret_key=b"a secret for tests only, 32 bytes",
            is_production=False,
            base_url=None,
        )
    )
    held: Services = app.extensions["survey"]
    for role in ROLES[4:]:
        spec = OperatorSpec(role, role, cast("Role", role), "u1" if role in SCOPED_ROLES else "")
        create_operator(
            held.database, replace(held.settings, is_cheap_hashing=True), "tests", spec, PASSWORD
        )
    app.config["WTF_CSRF_ENABLED"] = False  # or the missing token would hide what the guard says
    yield app
    held.database.dispose()


def doors(app: Flask) -> dict[Door, Rule]:
    return {
        (rule.rule, method): rule
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_address_is_in_the_table_and_the_table_has_no_other(app: Flask) -> None:
    assert set(doors(app)) == set(admitted())


def address_of(app: Flask, rule: Rule) -> str:
    values: dict[str, Any] = {name: FILLED.get(name, "unknown") for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def lets_in(app: Flask, client: FlaskClient, door: Door, rule: Rule) -> bool:
    """Whether the view itself answers: neither the log-in page nor "forbidden"."""
    address = address_of(app, rule)
    reply = client.open(address, method=door[1])
    assert reply.status_code != 500, (door, reply.text)
    is_sent_away = "/admin/login?next=" in reply.headers.get("Location", "")
    is_sent_away |= reply.status_code == 401
    is_refused = reply.status_code == 403 and any(one in reply.text for one in REFUSALS)
    return not is_sent_away and not is_refused


def browser_of(app: Flask, role: str) -> FlaskClient:
    if role == "public":
        return app.test_client()
    app.config["WTF_CSRF_ENABLED"] = True
    client = signed_in(app, role).client
    app.config["WTF_CSRF_ENABLED"] = False
    return client


@pytest.mark.parametrize(
    "role",
    [one if one in QUICK else pytest.param(one, marks=pytest.mark.long) for one in ROLES],
)
def test_each_role_gets_in_exactly_where_the_table_says(app: Flask, role: str) -> None:
    table = admitted()
    wrong: list[str] = []
    client = browser_of(app, role)
    for door, rule in sorted(doors(app).items(), key=str):
        is_expected = role in table[door] and (role, *door) not in ASKS_FOR_THE_OBJECT
        if lets_in(app, client, door, rule) != is_expected:
            wrong.append(f"{door[1]} {door[0]}")
        if door[0] in ENDS_SESSIONS:
            client = browser_of(app, role)
    assert not wrong, "\n".join(wrong)


def test_no_address_takes_a_method_it_does_not_name(app: Flask) -> None:
    taken: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        taken.setdefault(rule.rule, set()).update(rule.methods or set())
    client = browser_of(app, "admin")
    for rule in app.url_map.iter_rules():
        address = address_of(app, rule)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken[rule.rule]:
            assert client.open(address, method=method).status_code in (404, 405), (address, method)


def test_the_three_kept_apart_share_no_page_but_their_own_account(app: Flask) -> None:
    table = admitted()
    for door, roles in table.items():
        if (
            "public" in roles
            or door[0].startswith("/admin/account")
            or door[0] in ("/admin/", "/admin/logout")
        ):
            continue
        assert not {"system", "security"} <= roles, door
        assert not ("auditor" in roles and door[1] == "POST"), door


def test_a_view_that_says_nothing_is_closed_to_the_public_and_to_viewers_who_post() -> None:
    from survey_app.accounts.guard import roles_of

    app = Flask(__name__)
    everybody = frozenset({"public", "admin", "clerk", "viewer"})
    with app.test_request_context(method="GET"):
        assert roles_of(lambda: None, everybody) == {"admin", "clerk", "viewer"}
    with app.test_request_context(method="POST"):
        assert roles_of(lambda: None, everybody) == {"admin", "clerk"}


def test_reading_changes_nothing(app: Flask) -> None:
    """Every page is fetched; the record, which holds every act, is as long as before."""
    desk = signed_in(app, "admin")
    before = desk.get("/admin/record/")
    for (path, method), rule in doors(app).items():
        if method == "GET" and not rule.arguments:
            desk.client.get(path)
    assert re.findall(r"共 \d+ 条", desk.get("/admin/record/")) == re.findall(r"共 \d+ 条", before)
