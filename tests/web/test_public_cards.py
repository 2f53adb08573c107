"""Cards: a service user's one unit, a delegate's list with save, return and confirmation."""

from collections.abc import Callable

import pytest
from flask import Flask

from survey_app.ballots.tables import Admission, Ballot, Draft
from survey_app.closing import service as closing
from survey_app.rounds import entrances, service
from survey_app.rounds.codes import display
from survey_app.rounds.entrances import BatchSpec, IssuedCard
from tests.rounds import OPERATOR, World
from tests.web.strict import Page, StrictClient

MakeRound = Callable[..., World]
COMPLETE = ("D1", "D3", "D5", "D7", "D0")
Fields = list[tuple[str, str]]


def rated(*units: int, option: str = "4") -> Fields:
    return [(f"{unit}.{key}", option) for unit in units for key in COMPLETE]


def sent(page: Page, fields: Fields, action: str) -> Fields:
    reserved = [(name, page.value(name)) for name in ("nonce", "code", "elder", "lang")]
    return [*fields, *reserved, ("action", action)]


def kept(page: Page) -> Fields:
    """What a confirmation page carries along."""
    reserved = {"nonce", "code", "elder", "lang", "action"}
    return [
        (one["name"], one["value"])
        for one in page.fields
        if one.get("name") and one["name"] not in reserved
    ]


def counts(world: World) -> tuple[int, int, int]:
    """Ballots, used cards, drafts."""
    with world.database.read() as session:
        return (
            session.query(Ballot).count(),
            session.query(Admission).count(),
            session.query(Draft).count(),
        )


def one_unit_card(world: World) -> IssuedCard:
    spec = BatchSpec("窗口", "citizen", "window", 1, evidence="card", scope=("u2",))
    batch = entrances.issue_cards(world.database, world.keys, OPERATOR, world.round_id, spec)
    return batch.cards[0]


def test_a_card_about_one_unit(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(state="frozen"), StrictClient(app)
    card = one_unit_card(world)
    service.open_round(world.database, OPERATOR, world.round_id)
    for _ in range(3):
        page = browser.get(f"/c/{card.qr_code}")
    assert "市2局" in page.text
    assert browser.response.headers["Cache-Control"] == "no-store"
    assert counts(world) == (0, 0, 0)  # looking burns nothing
    browser.post("/c", sent(page, rated(2), "submit"))
    assert (browser.status, counts(world)) == (200, (1, 1, 0))
    first = browser.response.data
    browser.post("/c", sent(page, rated(2), "submit"))
    assert browser.response.data == first
    told = browser.get(f"/c/{card.qr_code}")
    assert browser.status == 409
    assert "您已完成评议" in told.headings[0]


def test_a_second_form_of_a_used_card_is_told_the_truth(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(state="frozen"), StrictClient(app)
    card = one_unit_card(world)
    service.open_round(world.database, OPERATOR, world.round_id)
    one, two = browser.get(f"/c/{card.qr_code}"), browser.get(f"/c/{card.qr_code}")
    browser.post("/c", sent(one, rated(2), "submit"))
    told = browser.post("/c", sent(two, rated(2, option="1"), "submit"))
    assert browser.status == 409
    assert "没有记录" in told.text
    assert "非常不满意" in told.text
    assert counts(world) == (1, 1, 0)


@pytest.mark.parametrize("shape", [str.lower, display, lambda code: f"  {display(code)} "])
def test_a_code_may_be_typed_as_one_likes(
    app: Flask, make_round: MakeRound, shape: Callable[[str], str]
) -> None:
    world, browser = make_round(cards=1), StrictClient(app)
    browser.get("/c")
    page = browser.post("/c", [("code", shape(world.cards[0].typed_code))])
    assert browser.status == 200
    assert "3 个单位" in page.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "请输入"),
        ("ABCD-EFG", "漏了 6 位"),
        ("ABCD-EFGH-JKMN-PQ", "多了 1 位"),
        ("ABCD-EF*H-JKMN-P", "第 7 位“*”"),
        ("0000-0000-0000-1", "输错了"),
    ],
)
def test_a_mistyped_code_is_told_what_is_wrong(
    app: Flask, make_round: MakeRound, typed: str, told: str
) -> None:
    make_round(cards=1)
    browser = StrictClient(app)
    page = browser.post("/c", [("code", typed)])
    assert browser.status == 400
    assert told in page.text
    assert page.value("code") == typed


def test_an_unknown_code_reads_the_same_whatever_it_is(app: Flask, make_round: MakeRound) -> None:
    make_round(cards=1)
    browser = StrictClient(app)
    texts = set()
    for code in ("0" * 26, "1" * 26, "0" * 13):
        page = browser.get(f"/c/{code}")
        assert browser.status == 404
        texts.add(page.text)
    assert len(texts) == 1


def test_save_come_back_look_over_and_send(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(cards=1), StrictClient(app)
    card = world.cards[0]
    page = browser.get(f"/c/{card.qr_code}")
    assert "已评 0 / 3" in page.text
    half = [*rated(1), ("1.T1", "回信慢"), ("2.skip", "1")]
    saved = browser.post("/c", sent(page, half, "save"))
    assert "已经保存" in saved.text
    assert "已评 2 / 3" in saved.text
    assert counts(world) == (0, 0, 1)

    # Days later, on another machine, by the other code of the same card.
    elsewhere = StrictClient(app)
    back = elsewhere.post("/c", [("code", card.typed_code)])
    assert "已恢复" in back.text
    assert "回信慢" in back.text
    assert set(back.checked()) == {*rated(1), ("2.skip", "1")}

    incomplete = elsewhere.post("/c", sent(back, half, "confirm"))
    assert elsewhere.status == 422
    assert "市3局" in incomplete.text
    whole = [*half, *rated(3, option="5")]
    look = elsewhere.post("/c", sent(incomplete, whole, "confirm"))
    assert "请确认后提交" in look.headings[0]
    assert "2 个单位" in look.text
    assert "市2局" in look.text
    assert "完全相同" not in look.text
    assert counts(world) == (0, 0, 1)

    edited = elsewhere.post("/c", sent(look, kept(look), "edit"))
    assert set(edited.checked()) == {*rated(1), *rated(3, option="5"), ("2.skip", "1")}
    look = elsewhere.post("/c", sent(edited, whole, "confirm"))
    elsewhere.post("/c", sent(look, kept(look), "submit"))
    assert elsewhere.status == 200
    assert counts(world) == (1, 1, 0)  # the draft died with the card
    assert "没有记录" in browser.post("/c", sent(page, rated(1, 2, 3), "save")).text
    assert browser.status == 409


def test_the_rest_may_be_marked_unknown_in_one_go(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(cards=1, units=5), StrictClient(app)
    page = browser.get(f"/c/{world.cards[0].qr_code}")
    refused = browser.post("/c", sent(page, rated(2), "confirm"))
    look = browser.post("/c", sent(refused, rated(2), "rest"))
    assert browser.status == 200
    assert "4 个单位" in look.text
    browser.post("/c", sent(look, kept(look), "submit"))
    assert (browser.status, counts(world)) == (200, (1, 1, 0))


def test_all_units_alike_is_asked_about_not_refused(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(cards=1), StrictClient(app)
    page = browser.get(f"/c/{world.cards[0].qr_code}")
    look = browser.post("/c", sent(page, rated(1, 2, 3), "confirm"))
    assert "所有单位的评价完全相同" in look.text
    browser.post("/c", sent(look, kept(look), "submit"))
    assert counts(world) == (1, 1, 0)


def test_the_switches_of_a_card_keep_what_was_typed(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(cards=1), StrictClient(app)
    page = browser.get(f"/c/{world.cards[0].qr_code}")
    large = browser.post("/c", sent(page, rated(1), "elder"))
    assert large.value("elder") == "1"
    english = browser.post("/c", sent(large, rated(1), "lang:en"))
    assert english.lang == "en"
    assert set(english.checked()) == set(rated(1))
    assert english.value("nonce") == page.value("nonce")


def test_a_closed_round_keeps_a_delegates_answers_in_sight(
    app: Flask, make_round: MakeRound
) -> None:
    world, browser = make_round(cards=1), StrictClient(app)
    page = browser.get(f"/c/{world.cards[0].qr_code}")
    closing.close_round(world.database, OPERATOR, world.round_id)
    for action in ("save", "confirm", "submit"):
        told = browser.post("/c", sent(page, rated(1, 2, 3), action))
        assert browser.status == 410
        assert "没有记录" in told.text
        assert "市3局" in told.text
    assert counts(world) == (0, 0, 0)


def test_home_and_privacy(app: Flask) -> None:
    browser = StrictClient(app)
    page = browser.get("/")
    assert browser.status == 200
    assert "/admin/" in page.links
    assert "不保存" in browser.get("/privacy").text
    assert browser.get("/privacy?lang=en").lang == "en"
