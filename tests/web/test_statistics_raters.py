"""The pages on raters and on questionnaires, over a real round."""

from random import Random

from flask import Flask

from forms.decoder import decode
from survey_app.assessments import service
from survey_app.ballots.accept import Submission, accept_many
from survey_app.ballots.service import submission
from survey_app.core import clock
from survey_app.core.services import Services
from tests.assessed import seal
from tests.rounds import OPERATOR, World, make_world
from tests.web.test_assessment_pages import address, assessed, client, web_settings

__all__ = ["web_settings"]
UNITS, CARDS = 7, 14
STRICT = 3
"""Every third card rates an option lower, or two."""


def delegates(world: World) -> list[Submission]:
    """Unit n is better than unit n - 1; every delegate rates all, a third of them strictly."""
    found = []
    draw = Random(4)
    for number, card in enumerate(world.cards):
        at = world.at_card(card.qr_code)
        pairs = []
        for asked in at.sheet.fields.values():
            if asked.kind != "single":
                continue
            unit = int(asked.name.partition(".")[0])
            level = int(2.2 + 0.3 * unit - 1.2 * (number % STRICT == 0) + 1.6 * draw.random())
            option = str(min(5, max(1, level)))
            pairs.append((asked.name, option if option in asked.numbers else min(asked.numbers)))
        decoded = decode(pairs, at.sheet)
        assert not decoded.errors, decoded.errors
        found.append(submission(at, world.nonce(), decoded.answers, world.keys, None))
    return found


def rated(app: Flask) -> World:
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=UNITS, cards=CARDS)
    ballots = delegates(world)
    for unit in range(1, UNITS + 1):
        link = world.at_link(f"u{unit}")
        ballots += [world.ballot(link, option=str(5 - n % 2)) for n in range(6)]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    seal(world, held.settings.sealed_dir)
    service.run_assessment(held.database, held.settings, world.round_id, OPERATOR)
    return world


def test_raters_are_weighed_and_nobody_is_shown(app: Flask) -> None:
    world = rated(app)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/raters"))
    assert browser.status == 200
    assert "没有一类评分人的宽严不一明显改变名次" in page.text
    assert "评分人之间宽严不一" in page.text
    assert "名次完全相同" in page.text
    assert "校正前后的得分和名次" in page.text
    assert "每名评分人只评一个对象" in page.text
    assert "要达到 0.8 的可靠性" in page.text
    assert "14 名评分人，7 个对象，98 份次" in page.text
    # seven ratees are too few to say of all classes that they are reliable
    assert "评的对象不到 10 个，可靠性估计得不准，不下结论" in page.text
    assert "可靠性都在 0.8 以上" not in page.text
    shown = browser.response.get_data(as_text=True)
    assert "<title>评分人的宽严 " in shown
    assert not [card.qr_code for card in world.cards if card.qr_code in shown]
    assert "多面量表模型</summary>" not in shown
    (asked,) = [one for one in page.links if "facets=" in one]
    page = browser.get(asked.partition("#")[0])
    assert browser.status == 200
    assert "公平平均分" in page.text
    assert "拟合（infit）在 0.5–1.5 以外的占" in page.text


def test_two_units_of_equals_give_words_instead_of_figures(app: Flask) -> None:
    world = assessed(app)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/raters"))
    assert browser.status == 200
    assert "nan" not in page.text
    assert "校正前后的得分和名次" not in page.text
    page = browser.get(address(world, "/statistics/questionnaires"))
    assert browser.status == 200
    assert "少于 100 份，不评价题目" in page.text
    for asked in ("nobody:nothing", "unit.short:citizen", ":"):
        page = browser.get(address(world, f"/statistics/raters?facets={asked}"))
        assert browser.status == 200
        assert "公平平均分" not in page.text
