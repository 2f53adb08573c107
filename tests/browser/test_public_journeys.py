"""Raters at a real browser: phones and desktops, with scripts and without."""

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from survey_app.ballots.tables import Ballot, Draft
from survey_app.rounds import entrances, service
from survey_app.rounds.entrances import BatchSpec
from tests.browser.conftest import DESKTOP, PHONE, SMALL_PHONE, Site, picture
from tests.rounds import OPERATOR

MakeSite = Callable[..., Site]
OpenPage = Callable[..., Page]


def ballots(site: Site) -> int:
    with site.services.database.read() as session:
        return session.query(Ballot).count()


def tick(page: Page, name: str, value: str) -> None:
    """Tap the label around an answer, as a finger does."""
    page.locator(f"label:has(> input[name='{name}'][value='{value}'])").click()


def fill(page: Page, unit: int = 1, option: str = "4") -> None:
    for key in ("D1", "D3", "D5", "D7", "D0"):
        tick(page, f"{unit}.{key}", option)


@pytest.mark.parametrize("has_scripts", [True, False])
@pytest.mark.parametrize("viewport", [PHONE, SMALL_PHONE])
def test_a_citizens_whole_journey(
    make_site: MakeSite, open_page: OpenPage, has_scripts: bool, viewport: dict[str, int]
) -> None:
    site = make_site()
    page = open_page(viewport, java_script_enabled=has_scripts, has_touch=True)
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    expect(page.get_by_text("长辈版")).to_be_in_viewport()
    tick(page, "1.D1", "2")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#sum")).to_be_in_viewport()
    expect(page.locator("#sum")).to_be_focused()
    page.get_by_role("link", name="第 2 题").click()
    expect(page.locator("#q-1\\.D3")).to_be_in_viewport()
    expect(page.locator("input[name='1.D1'][value='2']")).to_be_checked()
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("提交成功，谢谢您")
    assert ballots(site) == 1
    picture(page, f"thanks-{viewport['width']}-{'js' if has_scripts else 'plain'}")


@pytest.mark.parametrize(
    "query",
    [
        "",
        pytest.param("?elder=1", marks=pytest.mark.long),
        pytest.param("?lang=en", marks=pytest.mark.long),
        "?lang=en&elder=1",
    ],
)
def test_nothing_is_wider_than_the_screen(
    make_site: MakeSite, open_page: OpenPage, query: str
) -> None:
    site = make_site(cards=1)
    page = open_page()
    for path in (f"/r/{site.world.links['u1']}", f"/c/{site.world.cards[0].qr_code}", "/", "/c"):
        page.goto(site.url + path + query)
        for screen, size in product((PHONE, SMALL_PHONE, DESKTOP), ("", "212%")):
            if path.startswith("/c/") and size and screen == DESKTOP:
                continue  # a browser's own zoom narrows the page, and the table becomes cards
            page.set_viewport_size(screen)
            page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= screen["width"], (path, screen, size)


def test_large_type_has_large_targets(make_site: MakeSite, open_page: OpenPage) -> None:
    site = make_site()
    page = open_page(SMALL_PHONE)
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    page.get_by_text("长辈版").click()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 22
    for label in page.locator("label.o:visible, .btn:visible").all():
        box = label.bounding_box()
        assert box is not None
        assert box["height"] >= 60


def test_targets_are_large_enough_for_a_finger(make_site: MakeSite, open_page: OpenPage) -> None:
    site = make_site()
    page = open_page(SMALL_PHONE)
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    for label in page.locator("label.o:visible, .btn:visible").all():
        box = label.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 44


def test_a_draft_survives_reload_and_the_switch_to_large_type(
    make_site: MakeSite, open_page: OpenPage
) -> None:
    site = make_site()
    page = open_page()
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    tick(page, "1.D1", "5")
    page.locator("textarea").fill("路灯坏了")
    expect(page.locator("#progress")).to_have_text("已答 2 / 7")
    page.reload()
    expect(page.get_by_text("已恢复您上次填的内容")).to_be_visible()
    expect(page.locator("input[name='1.D1'][value='5']")).to_be_checked()
    page.get_by_text("长辈版").click()
    expect(page.locator("html")).to_have_class(" elder js")
    expect(page.locator("input[name='1.D1'][value='5']")).to_be_checked()
    expect(page.locator("textarea")).to_have_value("路灯坏了")
    picture(page, "draft-restored-elder")
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#done")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    expect(page.locator("input:checked")).to_have_count(0)


def test_a_restored_draft_can_be_cleared(make_site: MakeSite, open_page: OpenPage) -> None:
    site = make_site()
    page = open_page()
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    tick(page, "1.D1", "5")
    page.reload()
    page.get_by_role("button", name="清空重填").click()
    page.reload()
    expect(page.locator("input:checked")).to_have_count(0)


def test_double_tap_back_and_reload_count_once(make_site: MakeSite, open_page: OpenPage) -> None:
    site = make_site()
    page = open_page()
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    fill(page)
    page.get_by_role("button", name="提交").dblclick()
    receipt = page.locator(".receipt").inner_text()
    page.go_back()
    # The answers are out of the next person's sight; sending them again changes nothing.
    expect(page.locator("#q-1\\.D1")).to_be_hidden()
    picture(page, "back-after-sending")
    page.get_by_role("button", name="再看一次回执号").click()
    assert page.locator(".receipt").inner_text() == receipt
    page.reload()
    assert page.locator(".receipt").inner_text() == receipt
    assert ballots(site) == 1


def test_going_back_without_scripts_counts_once(make_site: MakeSite, open_page: OpenPage) -> None:
    site = make_site()
    page = open_page(java_script_enabled=False)
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    fill(page)
    page.get_by_role("button", name="提交", exact=True).click()
    receipt = page.locator(".receipt").inner_text()
    page.go_back()
    page.get_by_role("button", name="提交", exact=True).click()
    assert page.locator(".receipt").inner_text() == receipt
    assert ballots(site) == 1


def test_the_next_person_at_the_same_phone_gets_a_new_form(
    make_site: MakeSite, open_page: OpenPage
) -> None:
    site = make_site()
    page = open_page()
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    for _ in range(2):
        fill(page)
        page.get_by_role("button", name="提交", exact=True).click()
        page.get_by_role("link", name="另一个人也要评议").click()
        expect(page.locator("input:checked")).to_have_count(0)
        expect(page.locator("#q-1\\.D1")).to_be_visible()
    with site.services.database.read() as session:
        marks = {ballot.device_mark for ballot in session.query(Ballot)}
    assert ballots(site) == 2
    assert len(marks) == 1  # both are kept, and told to be of one device


def test_a_lost_reply_is_made_good_by_sending_again(
    make_site: MakeSite, open_page: OpenPage
) -> None:
    site = make_site()
    page = open_page(java_script_enabled=False)
    page.goto(f"{site.url}/r/{site.world.links['u1']}")
    fill(page)
    lost = []

    def lose(route: object) -> None:
        lost.append(route.fetch())  # type: ignore[attr-defined]  # the server has answered …
        route.abort()  # type: ignore[attr-defined]  # … and the phone never hears it

    page.route("**/r/*", lose)
    page.get_by_role("button", name="提交").click()
    page.wait_for_timeout(300)
    assert ballots(site) == 1
    page.unroute("**/r/*")
    page.go_back()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#done")).to_be_visible()
    assert ballots(site) == 1


def delegate_fills(page: Page, units: int, *, skipping: int) -> None:
    for unit in range(1, units + 1):
        if unit == skipping:
            page.locator(f"input[name='{unit}.skip']").check()
        else:
            for key in ("D1", "D3", "D5", "D7", "D0"):
                value = "5" if (unit, key) == (1, "D1") else "4"
                page.locator(f"input[name='{unit}.{key}'][value='{value}']").check(force=True)


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_delegate_saves_on_a_desktop_and_ends_on_a_phone(
    make_site: MakeSite, open_page: OpenPage, has_scripts: bool
) -> None:
    site = make_site(cards=1, units=4)
    card = site.world.cards[0]
    desk = open_page(DESKTOP, java_script_enabled=has_scripts)
    desk.goto(f"{site.url}/c/{card.qr_code}")
    assert desk.evaluate("getComputedStyle(document.querySelector('.rate')).display") == "table"
    delegate_fills(desk, 2, skipping=2)
    picture(desk, f"delegate-desk-{has_scripts}", is_whole=False)
    desk.get_by_role("button", name="保存，稍后继续").click()
    expect(desk.get_by_text("已经保存")).to_be_visible()

    phone = open_page(PHONE, java_script_enabled=has_scripts, has_touch=True)
    phone.goto(f"{site.url}/c")
    phone.get_by_label("评议卡上的验证码").fill(card.typed_code.lower())
    phone.get_by_role("button", name="打开问卷").click()
    expect(phone.get_by_text("已恢复您上次保存的内容")).to_be_visible()
    expect(phone.locator("#progress")).to_have_text("已评 2 / 4")
    assert phone.evaluate("getComputedStyle(document.querySelector('.rate')).display") == "block"
    picture(phone, f"delegate-phone-{has_scripts}")
    delegate_fills(phone, 4, skipping=2)
    phone.get_by_role("button", name="提交", exact=True).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("请确认后提交")
    phone.get_by_role("button", name="确认提交").click()
    expect(phone.locator("#done")).to_be_visible()
    with site.services.database.read() as session:
        assert session.query(Ballot).count() == 1
        assert session.query(Draft).count() == 0


def test_a_follow_up_question_appears_when_it_applies(
    make_site: MakeSite, open_page: OpenPage
) -> None:
    site = make_site(state="draft", cards=0)
    world, database = site.world, site.services.database
    spec = service.RoundSpec(
        "办事评议", "市绩效办", "12345", SERVICE_SCHEME, SERVICE_BINDING, is_simulated=True
    )
    service.update_round(database, OPERATOR, world.round_id, spec)
    batch = BatchSpec("窗口", "citizen", "window", 1, evidence="card", scope=("u1",))
    card = entrances.issue_cards(database, world.keys, OPERATOR, world.round_id, batch).cards[0]
    service.freeze(database, OPERATOR, world.round_id)
    service.open_round(database, OPERATOR, world.round_id)
    page = open_page()
    page.goto(f"{site.url}/c/{card.qr_code}")
    reasons = page.locator("#q-1\\.S8")
    expect(reasons).to_be_hidden()
    for key in ("S1", "S2", "S3", "S4", "S5", "S6", "S7"):
        tick(page, f"1.{key}", "4")
    tick(page, "1.S0", "2")
    expect(reasons).to_be_visible()
    reasons.get_by_text("时间长").click()
    picture(page, "service-user")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#done")).to_be_visible()


SERVICE_SCHEME = """
key = "service"
version = "1"
title = "办事评议"
missing = "redistribute"
[rater_class]
citizen = "市民"
[ratee_class]
unit = "市直单位"
[[component]]
key = "public"
name = "公众评议"
weight = "100"
source = "questionnaire"
questionnaires = ["service"]
rater_classes = { citizen = "100" }
min_n = 1
"""
SERVICE_BINDING = (
    {"rater_class": "citizen", "ratee_class": "unit", "questionnaire": "service", "short": False},
)
