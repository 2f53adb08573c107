"""The page that says what each rule of the scheme does."""

from urllib.parse import parse_qs, urlsplit

from flask import Flask

from survey_app.assessments import service
from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.services import Services
from tests.assessed import BEST, GOOD, seal
from tests.rounds import OPERATOR, World, make_world
from tests.web.strict import Page, StrictClient
from tests.web.test_assessment_pages import address, client, web_settings

__all__ = ["web_settings"]
NOT_KNOWN = "9"


def torn_world(app: Flask) -> World:
    """u1: 6 of 12 best, the rest 不了解: 100, or 50 where that is zero. u2: 80. u3: 90."""
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=3, cards=0)
    said = {"u1": (BEST, NOT_KNOWN), "u2": (GOOD, GOOD), "u3": (BEST, GOOD)}
    ballots = [
        world.ballot(world.at_link(unit), option=option)
        for unit, options in said.items()
        for option in options * 6
    ]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    seal(world, held.settings.sealed_dir)
    service.run_assessment(held.database, held.settings, world.round_id, OPERATOR)
    return world


def study_link(page: Page, **wanted: str) -> str:
    for link in page.links:
        parts = urlsplit(link)
        asked = {key: one[0] for key, one in parse_qs(parts.query).items()}
        if parts.path.endswith("/studies") and wanted.items() <= asked.items():
            return link
    raise AssertionError(page.links)


def test_rules_are_counted_when_asked_and_remembered(app: Flask) -> None:
    world = torn_world(app)
    viewer = client(app, "viewer")
    asked = viewer.get(address(world, "/statistics/rules"))
    assert viewer.status == 200
    assert "算一算" in asked.text
    assert "变动名次的对象" not in asked.text
    counted = viewer.get(address(world, "/statistics/rules?compute=1"))
    assert viewer.status == 200
    assert "名次主要取决于“不了解”的处理。" in counted.text
    assert "由“不计入分母”改为“记零分”，3 个对象中有 3 个会变动名次" in counted.text
    assert "市1局 降 2 名" in counted.text
    assert "不改变任何名次和等次的改法" in counted.text
    again = client(app, "admin").get(address(world, "/statistics/rules"))
    assert "算一算" not in again.text
    assert "市1局 降 2 名" in again.text


def test_a_row_leads_to_its_study(app: Flask) -> None:
    world = torn_world(app)
    admin: StrictClient = client(app, "admin")
    page = admin.get(address(world, "/statistics/rules?compute=1"))
    form = admin.get(study_link(page, unknown="zero"))
    assert admin.status == 200
    assert any(one.get("value") == "“不了解”的处理（记零分）" for one in form.fields)
    chosen = admin.browser.get(study_link(page, unknown="zero")).text
    assert '<option value="zero" selected>' in chosen


def test_counting_leaves_no_study_behind(app: Flask) -> None:
    world = torn_world(app)
    admin = client(app, "admin")
    admin.get(address(world, "/statistics/rules?compute=1"))
    assert "做过的推演" not in admin.get(address(world, "/studies")).text
