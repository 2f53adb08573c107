"""The page that says what ranks and grades are worth."""

from flask import Flask

from survey_app.assessments import service
from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.services import Services
from tests.assessed import BEST, GOOD, seal
from tests.rounds import OPERATOR, World, make_world
from tests.web.test_assessment_pages import address, assessed, client, web_settings

__all__ = ["web_settings"]


def three_units(app: Flask) -> World:
    """Three units far enough apart, rated, closed, sealed and assessed."""
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=3, cards=0)
    ballots = []
    for unit, best in (("u1", 12), ("u2", 8), ("u3", 1)):
        link = world.at_link(unit)
        ballots += [world.ballot(link, option=BEST if n < best else GOOD) for n in range(12)]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    seal(world, held.settings.sealed_dir)
    service.run_assessment(held.database, held.settings, world.round_id, OPERATOR)
    return world


def test_ranks_have_ranges_and_a_sentence(app: Flask) -> None:
    world = three_units(app)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/ranks"))
    assert browser.status == 200
    assert "3 个对象两两相邻的 2 处差别中" in page.text
    assert "可能的名次" in page.text
    assert "不足以断定" in page.text or "可以断定" in page.text
    results = client(app, "admin").get(address(world))
    links = [one.partition("?")[0] for one in results.links]
    assert address(world, "/statistics/ranks") in links


def test_fewer_than_three_are_no_order(app: Flask) -> None:
    browser = client(app, "viewer")
    page = browser.get(address(assessed(app), "/statistics/ranks"))
    assert browser.status == 200
    assert "没有可比的名次" in page.text


def test_without_a_run_there_is_nothing_and_a_word(app: Flask) -> None:
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=2, cards=0)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/ranks"))
    assert browser.status == 404
    assert "还没有核算" in page.text
