"""Every address of the application against the table in docs/roles.md, by knocking at the door."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from survey_app.core.config import Settings
from survey_app.core.services import Services
from tests.stores import new_sqlite
from tests.web.desk import make_app, signed_in

TABLE = Path(__file__).parents[2] / "docs" / "roles.md"
LINE = re.compile(r"\| `(?P<rule>\S+)` \| (?P<method>[A-Z]+) \|(?P<marks>( ✓? ?\|){4})")
ROLES = ("public", "viewer", "clerk", "admin")
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
    app.config["WTF_CSRF_ENABLED"] = False  # or the missing token would hide what the guard says
    yield app
    held: Services = app.extensions["survey"]
    held.database.dispose()


def doors(app: Flask) -> dict[Door, Rule]:
    return {
        (rule.rule, method): rule
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_address_is_in_the_table_and_the_table_has_no_other(app: Flask) -> None:
    assert set(doors(app)) == set(admitted())


def lets_in(app: Flask, client: FlaskClient, door: Door, rule: Rule) -> bool:
    """Whether the view itself answers: neither the log-in page nor "forbidden"."""
    values = {name: FILLED.get(name, "unknown") for name in rule.arguments}
    with app.test_request_context():
        address = app.url_for(rule.endpoint, **values)
    reply = client.open(address, method=door[1])
    assert reply.status_code != 500, (door, reply.text)
    is_sent_away = "/admin/login?next=" in reply.headers.get("Location", "")
    is_sent_away |= reply.status_code == 401
    return not is_sent_away and not (reply.status_code == 403 and "没有这项权限" in reply.text)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_in_exactly_where_the_table_says(app: Flask, role: str) -> None:
    table = admitted()
    wrong = []
    for door, rule in sorted(doors(app).items(), key=str):
        # A new browser each time: signing out and changing passwords are among the doors.
        client = app.test_client()
        if role != "public":
            with_csrf = app.config["WTF_CSRF_ENABLED"]
            app.config["WTF_CSRF_ENABLED"] = True
            client = signed_in(app, role).client
            app.config["WTF_CSRF_ENABLED"] = with_csrf
        if lets_in(app, client, door, rule) != (role in table[door]):
            wrong.append(door)
    assert wrong == []


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
