"""The page that says what a rank costs, and by which entrance."""

from flask import Flask

from survey_app.core.services import Services
from tests.rounds import make_world
from tests.web.test_assessment_pages import address, assessed, client, web_settings
from tests.web.test_statistics_ranks import three_units

__all__ = ["web_settings"]


def test_every_entrance_has_a_price_and_a_remedy(app: Flask) -> None:
    """u1: 12 full marks; u2: 8 and 4 of 80, 93.33; u3: 1 and 11 of 80, 81.67.

    u3 passes u2 when (980 + 100k)/(12 + k) > 93.33, k > 21; u2 never passes 100. u2 is below u3
    with k of 20 when (1120 + 20k)/(12 + k) < 81.67, k > 2.27; u1 below u2 when
    (1200 + 20k)/(12 + k) < 93.33, k > 1.09.
    """
    world = three_units(app)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/price"))
    assert browser.status == 200
    assert "名次的价格" in page.text
    assert "最薄弱的入口是「公众评议 · 市民」" in page.text
    assert "不超过 22 份不真实的答卷就能动一名" in page.text
    assert "公开海报：谁都能再交一份" in page.text
    assert "加固：改用凭码或评议卡" in page.text
    assert "照真实分布作答的程序" in page.text
    assert "survey attacks" in page.text
    assert "不是说有人这样做过" in page.text


def test_where_no_number_is_enough_it_says_so(app: Flask) -> None:
    """市1局 would need more than full marks by either entrance to pass 市2局's 92."""
    browser = client(app, "viewer")
    page = browser.get(address(assessed(app), "/statistics/price"))
    assert browser.status == 200
    assert "没有一个入口能让一半的对象动一名" in page.text
    assert "凭码：不能增加答卷" in page.text


def test_without_a_run_there_is_no_price(app: Flask) -> None:
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=2, cards=0)
    browser = client(app, "viewer")
    page = browser.get(address(world, "/statistics/price"))
    assert browser.status == 404
    assert "还没有核算" in page.text
