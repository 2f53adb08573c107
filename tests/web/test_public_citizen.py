"""A citizen's visit to a poster's form, without scripts."""

import gzip
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text, update

from survey_app.ballots.nonce import MAX_AGE_SECONDS
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.errors import NotRecordedError
from survey_app.core.services import Services
from survey_app.rounds import entrances, service
from survey_app.rounds.entrances import LinkSpec
from survey_app.rounds.tables import Link
from tests.rounds import OPERATOR, World
from tests.web.strict import Page, StrictClient

MakeRound = Callable[..., World]
COMPLETE = ("D1", "D3", "D5", "D7", "D0")


def answers(page: Page, **other: str) -> list[tuple[str, str]]:
    """A complete form about unit 1 as its page would send it, 满意 throughout."""
    chosen = dict.fromkeys(COMPLETE, "4") | other
    return [
        *((f"1.{key}", value) for key, value in chosen.items()),
        ("nonce", page.value("nonce")),
        ("elder", page.value("elder")),
        ("lang", page.value("lang")),
        ("action", "submit"),
    ]


def n_ballots(world: World) -> int:
    with world.database.read() as session:
        count = session.query(Ballot).count()
        assert session.query(Receipt).count() == count
        return count


def test_scan_rate_send_and_get_a_receipt(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    for words in (
        "市1局",
        "不记名",
        "7 道题",
        "约 1 分钟",
        "监督电话 12345",
        "模拟数据",
        "市绩效办",
    ):
        assert words in page.text
    assert "长辈版" in page.text
    thanks = browser.post(f"/r/{world.links['u1']}", answers(page))
    assert browser.status == 200
    assert "提交成功" in thanks.headings[0]
    assert "回执号" in thanks.text
    assert browser.response.headers["Cache-Control"] == "no-store"
    assert n_ballots(world) == 1


def test_sending_the_same_form_again_gives_the_same_bytes(
    app: Flask, make_round: MakeRound
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    browser.post(f"/r/{world.links['u1']}", answers(page))
    first = browser.response.data
    browser.post(f"/r/{world.links['u1']}", answers(page))
    assert browser.response.data == first
    closing.close_round(world.database, OPERATOR, world.round_id)
    browser.post(f"/r/{world.links['u1']}", answers(page))
    assert (browser.status, browser.response.data) == (200, first)
    assert n_ballots(world) == 1


def test_a_missing_answer_is_named_and_nothing_typed_is_lost(
    app: Flask, make_round: MakeRound
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    sent = [
        ("1.D1", "2"),
        ("1.T1", "路灯<坏了>"),
        ("nonce", page.value("nonce")),
        ("action", "submit"),
    ]
    again = browser.post(f"/r/{world.links['u1']}", sent)
    assert browser.status == 422
    # D3, D5, D7 and D0 are missing: three are listed, one more is counted.
    assert "第 2 题" in again.text
    assert "还有 1 处" in again.text
    assert "#q-1.D3" in again.links
    assert again.checked() == [("1.D1", "2")]
    assert "路灯<坏了>" in again.text
    assert again.value("nonce") == page.value("nonce")
    assert b"<title>\xe9\x94\x99\xe8\xaf\xaf" in browser.response.data  # 错误
    assert n_ballots(world) == 0


def test_a_closed_round_says_that_nothing_was_recorded(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    closing.close_round(world.database, OPERATOR, world.round_id)
    told = browser.post(f"/r/{world.links['u1']}", answers(page, T1="路灯坏了"))
    assert browser.status == 410
    assert "本轮评议已经结束" in told.text
    assert "没有记录" in told.text
    assert "满意" in told.text
    assert "路灯坏了" in told.text
    assert n_ballots(world) == 0
    browser.get(f"/r/{world.links['u1']}")
    assert browser.status == 410


def test_a_round_that_has_not_begun_says_so(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(state="frozen"), StrictClient(app)
    assert "还没有开始" in browser.get(f"/r/{world.links['u1']}").text


def test_a_test_is_marked_as_one(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(state="testing"), StrictClient(app)
    assert "全部清除" in browser.get(f"/r/{world.links['u1']}").text


@pytest.mark.parametrize("nonce", ["", "forged", "AAAA" * 15])
def test_a_forged_nonce_costs_no_answers(app: Flask, make_round: MakeRound, nonce: str) -> None:
    world, browser = make_round(), StrictClient(app)
    address = f"/r/{world.links['u1']}"
    page = browser.get(address)
    sent = [(name, nonce if name == "nonce" else value) for name, value in answers(page)]
    again = browser.post(address, sent)
    assert browser.status == 422
    assert "请再按一次提交" in again.text
    assert len(again.checked()) == len(COMPLETE)
    browser.post(address, answers(again))
    assert browser.status == 200
    assert n_ballots(world) == 1


def test_a_page_left_open_for_an_hour_is_still_good(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(), StrictClient(app)
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False) as clock:
        page = browser.get(f"/r/{world.links['u1']}")
        clock.shift(3 * 3600)
        browser.post(f"/r/{world.links['u1']}", answers(page))
        first = browser.response.data
        assert browser.status == 200
        clock.shift(30 * 24 * 3600)  # the nonce is too old for a new ballot by now
        browser.post(f"/r/{world.links['u1']}", answers(page))
        assert browser.response.data == first
    assert n_ballots(world) == 1


def test_a_busy_store_keeps_the_form(
    app: Flask, make_round: MakeRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    held: Services = app.extensions["survey"]

    def busy(_submission: object) -> None:
        raise NotRecordedError

    with monkeypatch.context() as patch:
        patch.setattr(held.writer, "submit", busy)
        again = browser.post(f"/r/{world.links['u1']}", answers(page))
    assert browser.status == 503
    assert "没有记录下来" in again.text
    assert again.value("nonce") == page.value("nonce")
    browser.post(f"/r/{world.links['u1']}", answers(again))
    assert browser.status == 200
    assert n_ballots(world) == 1


def test_a_store_that_is_away_is_said_to_be(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    with world.database.write() as session:
        session.execute(text("ALTER TABLE link RENAME TO away"))
    told = browser.post(f"/r/{world.links['u1']}", answers(page))
    assert browser.status == 503
    assert "没有记录" in told.text
    assert "Traceback" not in browser.response.text
    with world.database.write() as session:
        session.execute(text("ALTER TABLE away RENAME TO link"))
    browser.post(f"/r/{world.links['u1']}", answers(page))
    assert browser.status == 200
    assert n_ballots(world) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
    ],
)
def test_only_our_own_pages_may_post(
    app: Flask, make_round: MakeRound, headers: dict[str, str], status: int
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    browser.post(f"/r/{world.links['u1']}", answers(page), **headers)
    assert browser.status == status
    assert n_ballots(world) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"1.T1=%FF%FE", "application/x-www-form-urlencoded", 400),
        (b"\xb2\xbb", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"1.D1=5&1.D1=4", "application/x-www-form-urlencoded", 422),
        (b"1.D1=7", "application/x-www-form-urlencoded", 422),
        (b"9.D1=5", "application/x-www-form-urlencoded", 422),
    ],
)
def test_a_hostile_body_is_refused_plainly(
    app: Flask, make_round: MakeRound, body: bytes, content_type: str, status: int
) -> None:
    world = make_round()
    reply = app.test_client().post(f"/r/{world.links['u1']}", data=body, content_type=content_type)
    assert reply.status_code == status
    assert Page(reply.get_data(as_text=True)).faults == []
    assert "Traceback" not in reply.text
    assert n_ballots(world) == 0


def test_large_type_and_language_last_from_form_to_form(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(), StrictClient(app)
    address = f"/r/{world.links['u1']}"
    page = browser.get(f"{address}?elder=1&lang=en")
    assert 'class=" elder"' in browser.response.text
    assert "Very satisfied" in page.text
    assert browser.browser.get_cookie("elder") is None  # looking changes nothing
    thanks = browser.post(address, answers(page))
    assert thanks.lang == "en"
    again = browser.get(address)
    assert again.lang == "en"
    assert again.value("elder") == "1"


@pytest.mark.parametrize(
    ("accepted", "lang", "words"),
    [
        ("zh-TW,zh;q=0.9", "zh-TW", "非常滿意"),
        ("zh-HK", "zh-TW", "長輩版"),
        ("zh-Hant-TW", "zh-TW", "長輩版"),
        ("zh-CN,en;q=0.5", "zh-CN", "非常满意"),
        ("en-GB,en;q=0.9", "en", "Very satisfied"),
        ("fr", "zh-CN", "非常满意"),
    ],
)
def test_a_page_speaks_the_browsers_language(
    app: Flask, make_round: MakeRound, accepted: str, lang: str, words: str
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}", **{"Accept-Language": accepted})
    assert page.lang == lang
    assert words in page.text


def test_a_poster_of_several_units_lets_one_choose(app: Flask, make_round: MakeRound) -> None:
    world, browser = make_round(state="frozen", units=4), StrictClient(app)
    spec = LinkSpec("全部", "citizen", "online", ("u1", "u2", "u3"))
    entrances.add_links(world.database, OPERATOR, world.round_id, [spec])
    with world.database.read() as session:
        token = session.query(Link).filter_by(name="全部").one().token
    service.open_round(world.database, OPERATOR, world.round_id)
    page = browser.get(f"/r/{token}?elder=1")
    # Units 1 and 3 are one group, unit 2 is another.
    wanted = [f"/r/{token}/{number}?elder=1" for number in (1, 3, 2)]
    assert [one for one in page.links if "/r/" in one] == wanted
    form = browser.get(f"/r/{token}/1")
    thanks = browser.post(f"/r/{token}/1", answers(form))
    assert browser.status == 200
    assert f"/r/{token}" in thanks.links
    assert "没有找到" in browser.get(f"/r/{token}/4").text
    assert browser.status == 404


def test_unknown_poster(app: Flask, make_round: MakeRound) -> None:
    make_round()
    browser = StrictClient(app)
    assert "不在使用中" in browser.get("/r/nothing").text
    assert browser.status == 404


def test_the_first_view_is_small_and_one_valid_stream(app: Flask, make_round: MakeRound) -> None:
    world = make_round()
    client = app.test_client()
    packed = client.get(f"/r/{world.links['u1']}", headers={"Accept-Encoding": "gzip"})
    html = gzip.decompress(packed.data).decode()
    page = Page(html)
    assert page.faults == []
    extra = [one for one in page.links if one.startswith("/static/")]
    extra.append(html.split('script src="')[1].split('"')[0])
    total = len(packed.data) + sum(
        len(client.get(one, headers={"Accept-Encoding": "gzip"}).data) for one in extra
    )
    assert len(extra) == 2  # with the page itself: three requests
    assert total <= 10_000


def test_device_mark_only_where_there_is_no_code(app: Flask, make_round: MakeRound) -> None:
    world = make_round(cards=1)
    client = app.test_client()
    client.get(f"/c/{world.cards[0].qr_code}")
    assert client.get_cookie("device", path="/r") is None
    client.get(f"/r/{world.links['u1']}")
    mark = client.get_cookie("device", path="/r")
    assert mark is not None
    assert (len(mark.value), mark.http_only, mark.same_site) == (32, True, "Lax")
    client.get(f"/r/{world.links['u1']}")
    after = client.get_cookie("device", path="/r")
    assert after is not None
    assert after.value == mark.value


def test_a_form_left_open_past_its_time_is_not_counted_and_keeps_the_answers(
    app: Flask, make_round: MakeRound
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    with time_machine.travel(clock.now() + timedelta(seconds=MAX_AGE_SECONDS + 60)):
        again = browser.post(f"/r/{world.links['u1']}", answers(page, D3="2"))
    assert browser.status == 422
    assert n_ballots(world) == 0
    assert ("1.D3", "2") in again.checked()


def test_a_poster_taken_down_shows_no_form_and_takes_nothing(
    app: Flask, make_round: MakeRound
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    with world.database.write() as session:
        session.execute(update(Link).values(is_active=False))
    browser.post(f"/r/{world.links['u1']}", answers(page))
    assert browser.status == 404
    assert n_ballots(world) == 0


def test_more_than_a_form_can_hold_is_told_and_not_recorded(
    app: Flask, make_round: MakeRound
) -> None:
    world, browser = make_round(), StrictClient(app)
    page = browser.get(f"/r/{world.links['u1']}")
    told = browser.post(f"/r/{world.links['u1']}", answers(page, T1="长" * 20_000))
    assert browser.status == 413
    assert "200 字" in told.text
    assert n_ballots(world) == 0


def test_a_connection_that_breaks_within_the_form_is_told(
    app: Flask, make_round: MakeRound
) -> None:
    class Broken:
        def read(self, _size: int = -1) -> bytes:
            raise OSError("Invalid chunk size")

    world = make_round()
    reply = app.test_client().post(
        f"/r/{world.links['u1']}",
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input": Broken(), "wsgi.input_terminated": True},
    )
    assert reply.status_code == 400
    assert n_ballots(world) == 0
