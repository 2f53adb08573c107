"""The page that says how sure every score is."""

import json

import pytest
from flask import Flask

from survey_app.assessments import service
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.statistics.earlier_years import earlier_scores
from survey_app.assessments.tables import Result, Run
from survey_app.core import clock
from survey_app.core.services import Services
from tests.assessed import rate, seal
from tests.graded import fill_register, run_of
from tests.rounds import OPERATOR, World, make_world
from tests.web.test_assessment_pages import address, assessed, client, web_settings

__all__ = ["web_settings"]
PAGE = "/statistics/estimates"


def rated(app: Flask, cards: int) -> World:
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=2, cards=cards)
    rate(world)
    seal(world, held.settings.sealed_dir)
    service.run_assessment(held.database, held.settings, world.round_id, OPERATOR)
    return world


def test_scores_have_errors_intervals_and_a_sentence(app: Flask) -> None:
    world = assessed(app)
    browser = client(app, "viewer")
    page = browser.get(address(world, PAGE))
    assert browser.status == 200
    assert "2 个对象的总分，95% 区间宽" in page.text
    assert "84.00" in page.text
    assert "设计效应" in page.text
    # every coded delegate and every citizen at an open poster, apart
    assert "公众评议，市直单位，分凭据" in page.text
    assert "各类评议主体只用一种方式作答" in page.text
    # a device's second form is counted in the other column: 83.43
    assert "同一设备的重复评议也计入" in page.text
    assert "83.43" in page.text
    assert "只有 2 个对象，少于 8 个" in page.text
    assert "没有上一期的得分可比" in page.text


def test_who_was_asked_stands_beside_who_answered(app: Flask) -> None:
    page = client(app, "viewer").get(address(assessed(app), PAGE))
    # five of six on the roster; were the sixth to give 20 or 100: 5/6 · 80 + 1/6 · 20 = 70, 83.33
    assert "人大代表 6 5 83.3% 80.00 2 个对象 70.00–83.33" in page.text
    assert "市民 不知道 13" in page.text
    assert "没有按层、渠道或凭据加权" in page.text


def test_a_class_of_four_is_not_shown_by_itself(app: Flask) -> None:
    world = rated(app, cards=4)
    browser = client(app, "viewer")
    page = browser.get(address(world, PAGE))
    assert browser.status == 200
    assert "有 4 处份数太少，或会让份数少的被减出来，不单列" in page.text
    # nor by its evidence, nor by what is left when the others are taken away
    assert "验证码 4" not in page.text
    assert "评议卡 4" not in page.text


def test_without_a_run_there_is_a_word(app: Flask) -> None:
    held: Services = app.extensions["survey"]
    world = make_world(held.database, held.settings.home, units=2, cards=0)
    browser = client(app, "viewer")
    page = browser.get(address(world, PAGE))
    assert browser.status == 404
    assert "还没有核算" in page.text


def kept(app: Flask, before: OpenedRun, scheme_digest: str) -> None:
    """An approved result of 2025, from a run that knew its error."""
    held: Services = app.extensions["survey"]
    said = {"key": "u1", "total": "93.00", "se": 0.5, "lo": 92.0, "hi": 93.9}
    with held.database.write() as session:
        run = Run(
            round_id=before.frozen.id,
            number=2,
            operator=OPERATOR,
            made_at=clock.now(),
            scheme_digest=scheme_digest,
            content_digest="sha256:0",
            sheets={},
            scores_json=json.dumps({"ratees": [said]}),
        )
        session.add(run)
        session.flush()
        session.add(
            Result(
                series="graded",
                period="2025",
                ratee="u1",
                version=1,
                grade="优秀",
                score="93.00",
                rank_class=1,
                round_id=before.frozen.id,
                run_id=run.id,
                at=clock.now(),
            )
        )


@pytest.mark.parametrize("is_same", [True, False])
def test_last_years_errors_come_from_its_run(app: Flask, is_same: bool) -> None:
    held: Services = app.extensions["survey"]
    fill_register(held.database)
    before = run_of(held.database, held.settings, "2025")
    kept(app, before, before.assessment.scheme.digest if is_same else "sha256:another")
    now = run_of(held.database, held.settings, "2026")
    period, found = earlier_scores(held.database, now)
    assert period == "2025"
    assert set(found) == {"u1"}
    one = found["u1"]
    assert (one.score, one.se, one.lo, one.hi) == (93, 0.5, 92.0, 93.9)
    assert one.is_comparable == is_same
    # a round of the same year is no earlier one
    assert earlier_scores(held.database, before) == ("", {})
    page = client(app, "viewer").get(f"/admin/rounds/{now.frozen.id}/assessment{PAGE}")
    assert "与 2025 比" in page.text
    assert ("两期的方案或问卷不是同一份" in page.text) != is_same
    assert "没有由答卷得出的总分" in page.text
