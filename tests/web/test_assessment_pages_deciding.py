"""Deciding grades, studies and earlier results on screen: who may do what, and what is said."""

import json
import re
from fractions import Fraction

import pytest
from flask import Flask

from survey_app.core.services import Services
from tests.graded import MARKS, fill_register, run_of
from tests.web.desk import Desk, make_app, signed_in


@pytest.fixture
def desk_app(web_settings: object) -> Flask:
    app = make_app(web_settings)  # type: ignore[arg-type]
    held: Services = app.extensions["survey"]
    fill_register(held.database)
    return app


@pytest.fixture
def address(desk_app: Flask) -> str:
    held: Services = desk_app.extensions["survey"]
    run = run_of(held.database, held.settings)
    return f"/admin/rounds/{run.frozen.id}/assessment"


def grades(**chosen: str) -> dict[str, str]:
    """The form of grades as it is proposed, but for what is chosen."""
    fields = {f"grade:{key}": "qualified" for key in MARKS} | {"grade:u1": "excellent"}
    return fields | {f"grade:{key}": grade for key, grade in chosen.items()}


REASONS = {"reason:u2": "班子会议决定", "reason:u3": "班子会议决定"}


def test_a_clerk_decides_and_an_admin_approves(desk_app: Flask, address: str) -> None:
    clerk, admin = signed_in(desk_app, "clerk"), signed_in(desk_app, "admin")
    page = clerk.get(f"{address}/grades")
    assert "建议等次" in page
    assert "未审定" in page
    assert "模拟数据" in page
    assert "审定全部等次" not in page
    n_before = clerk.get(address).count("<td>优秀</td>")
    fields = grades(u2="excellent") | REASONS
    reply = clerk.post(f"{address}/grades", fields, f"{address}/grades")
    assert reply.status_code == 303, reply.text[:2000]
    assert "班子会议决定" in clerk.get(f"{address}/grades")
    assert clerk.get(address).count("<td>优秀</td>") == n_before + 1
    assert clerk.post(f"{address}/grades/approve").status_code == 403
    assert admin.post(f"{address}/grades/approve").status_code == 303
    page = admin.get(f"{address}/grades")
    assert "已审定" in page
    assert "6 个结果计入历年结果" in page
    assert "<select" not in page
    reply = admin.post(f"{address}/grades/reopen", {"reason": ""})
    assert reply.status_code == 422
    assert "没有写退回的理由" in reply.text
    assert admin.post(f"{address}/grades/reopen", {"reason": "复核"}).status_code == 303
    assert "退回，理由：复核" in admin.get(f"{address}/grades")


def test_a_refused_form_names_the_rule_and_loses_nothing(desk_app: Flask, address: str) -> None:
    clerk = signed_in(desk_app, "clerk")
    fields = grades(u2="excellent", u3="excellent") | {"reason:u2": "都很好", "reason:u3": ""}
    reply = clerk.post(f"{address}/grades", fields)
    assert reply.status_code == 422
    assert "优秀名额 2 个，已评 3 个" in reply.text
    assert "改评为优秀，没有写理由" in reply.text
    assert 'value="都很好"' in reply.text
    assert "超出 1" in reply.text


def test_a_viewer_only_looks(desk_app: Flask, address: str) -> None:
    viewer = signed_in(desk_app, "viewer")
    page = viewer.get(f"{address}/grades")
    assert "<select" not in page
    assert "做一次推演" not in viewer.get(f"{address}/studies")
    for rest in ("/grades", "/grades/approve", "/grades/reopen", "/studies"):
        assert viewer.post(address + rest).status_code == 403


def make_study(desk: Desk, address: str, **fields: object) -> str:
    reply = desk.post(f"{address}/studies", {"name": "作风加倍", **fields})
    assert reply.status_code == 303, reply.text[:3000]
    return desk.get(reply.headers["Location"])


def test_a_study_is_told_from_a_result_everywhere(desk_app: Flask, address: str) -> None:
    clerk = signed_in(desk_app, "clerk")
    page = make_study(clerk, address, **{"weight:style": "60"})
    assert "不是结果" in page
    assert "作风的权重改为 60" in page
    # 市1局: 0.4·95 + 60 = 98 against 96.5
    assert "98.00" in page
    assert "工作实绩 －28.50</span>，" in page
    assert "作风 ＋30.00</span>" in page
    found = re.search(r'data-ratee="u1".*?</details>', page, re.DOTALL)
    assert found
    parts = re.findall(r'data-role="part">([^<]+)<', found[0])
    whole = re.findall(r'data-role="difference">([^<]+)<', found[0])
    assert sum(map(Fraction, parts)) == Fraction(whole[0]) == Fraction("1.5")
    assert "作风加倍" in clerk.get(f"{address}/studies")
    results = clerk.get(address)
    assert "98.00" not in results
    assert "作风加倍" not in results


def test_a_study_that_gives_no_answer_says_why_and_keeps_the_form(
    desk_app: Flask, address: str
) -> None:
    clerk = signed_in(desk_app, "clerk")
    fields = {"name": "试一试", "weight:style": "很多", "without": "work"}
    reply = clerk.post(f"{address}/studies", fields)
    assert reply.status_code == 422
    assert "权重「很多」不能用" in reply.text
    assert 'value="试一试"' in reply.text
    assert 'value="很多"' in reply.text
    reply = clerk.post(f"{address}/studies", {"name": "空"})
    assert "没有改变任何东西" in reply.text
    fields = {"name": "凑不满", "weight:style": "60", "sharing": "exact"}
    reply = clerk.post(f"{address}/studies", fields)
    assert "应为 100" in reply.text


def test_another_scheme_is_tried_on_a_round(desk_app: Flask, address: str) -> None:
    clerk = signed_in(desk_app, "clerk")
    reply = clerk.post(f"{address}/studies", {"name": "换方案", "scheme": "zhangjiajie-2009"})
    assert reply.status_code == 422  # it has no leaf for 作风, and says so
    assert "style" in reply.text


def test_effective_weights_stand_beside_the_nominal_ones(desk_app: Flask, address: str) -> None:
    page = signed_in(desk_app, "viewer").get(address)
    assert "名次实际由什么决定" in page
    assert re.search(r"工作实绩</th><td[^>]*>70%</td><td[^>]*>100.0%", page)
    assert re.search(r"作风</th><td[^>]*>30%</td><td[^>]*>0.0%", page)


def test_earlier_results_stand_beside_this_years(desk_app: Flask, address: str) -> None:
    held: Services = desk_app.extensions["survey"]
    admin = signed_in(desk_app, "admin")
    admin.post(f"{address}/grades", grades(u2="excellent") | REASONS)
    assert admin.post(f"{address}/grades/approve").status_code == 303
    later = run_of(held.database, held.settings, "2027")
    page = admin.get(f"/admin/rounds/{later.frozen.id}/assessment/ratees/u2/history")
    assert page.index("2027年") < page.index("2026年")
    assert "本系统审定" in page
    assert "本轮核算，未审定" in page
    assert "<svg" in page
    admin.get(f"/admin/rounds/{later.frozen.id}/assessment/ratees/nobody/history", 404)


def test_a_score_downloads_with_exact_fractions(desk_app: Flask, address: str) -> None:
    viewer = signed_in(desk_app, "viewer")
    page = viewer.get(f"{address}/ratees/u2")
    assert "允许的等次" in page
    assert "与 市3局 并列，优秀名额不足" in page
    made = json.loads(viewer.get(f"{address}/ratees/u2/trace.json"))
    steps = {step["path"]: step for step in made["steps"]}
    assert made["simulated"] is True
    assert sum(Fraction(steps[path]["adds"]) for path in ("work", "style", "+", "-")) == 93
    assert steps["work/K1"]["figures"] == "90 ÷ 100 ＝ 90%；100 × 90% ＝ 90"
    assert made["grade"]["refusals"]
    viewer.get(f"{address}/ratees/nobody/trace.json", 404)
