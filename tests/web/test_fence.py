"""Entrances under attack: a little work or a wait, never a refusal, and nothing in peace."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey_app.ballots import code_budget, fence, rates, work
from survey_app.ballots.tables import Asked, Ballot
from survey_app.core import clock
from tests.rounds import World

MakeRound = Callable[..., World]
NONCE = re.compile(r'name="nonce" value="([^"]+)"')
STAMP = re.compile(r'name="stamp" value="([^"]+)"')
COMPLETE = ("D1", "D3", "D5", "D7", "D0")


@pytest.fixture
def world(make_round: MakeRound) -> World:
    return make_round(cards=3)


def send(client: FlaskClient, world: World, nonce: str, **other: str) -> TestResponse:
    fields = {f"1.{key}": "4" for key in COMPLETE}
    address = f"/r/{world.links['u1']}"
    return client.post(address, data={**fields, "nonce": nonce, "action": "submit", **other})


def open_form(client: FlaskClient, world: World) -> str:
    return nonce_of(client.get(f"/r/{world.links['u1']}"))


def nonce_of(page: TestResponse) -> str:
    found = NONCE.search(page.text)
    assert found, page.text[:500]
    return found.group(1)


def paces(world: World) -> list[str | None]:
    with world.database.read() as session:
        return [one.pace for one in session.query(Ballot)]


def n_ballots(world: World) -> int:
    return len(paces(world))


@pytest.fixture
def attacked(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser at an entrance whose fence is up from the third form on."""
    monkeypatch.setattr(rates, "MINUTE_FLOOR", 2)
    client = app.test_client()
    for _ in range(2):
        assert send(client, world, open_form(client, world)).status_code == 200
    return client


def test_in_peace_nobody_is_asked_and_the_page_knows_nothing_of_work(
    app: Flask, world: World
) -> None:
    client = app.test_client()
    for _ in range(rates.MINUTE_FLOOR):
        page = client.get(f"/r/{world.links['u1']}")
        assert "work" not in page.text
        assert send(client, world, nonce_of(page)).status_code == 200
    assert n_ballots(world) == rates.MINUTE_FLOOR


def test_under_attack_the_form_comes_back_with_every_answer(
    attacked: FlaskClient, world: World
) -> None:
    asked = send(attacked, world, open_form(attacked, world))
    assert asked.status_code == 429
    assert "请等 30 秒后再按一次提交" in asked.text
    assert asked.text.count(" checked") == len(COMPLETE)
    assert "work.js" in asked.text
    assert n_ballots(world) == 2


def test_work_lets_a_form_through_once(attacked: FlaskClient, world: World) -> None:
    nonce = nonce_of(send(attacked, world, open_form(attacked, world)))
    done = work.solve(nonce)
    first = send(attacked, world, nonce, work=done)
    assert first.status_code == 200
    assert send(attacked, world, nonce, work=done).data == first.data
    assert n_ballots(world) == 3


def test_waiting_lets_a_form_through_without_scripts(attacked: FlaskClient, world: World) -> None:
    nonce = nonce_of(send(attacked, world, open_form(attacked, world)))
    assert send(attacked, world, nonce).status_code == 429
    with time_machine.travel(clock.now() + timedelta(seconds=fence.WAIT_SECONDS + 1)):
        assert send(attacked, world, nonce).status_code == 200
    assert n_ballots(world) == 3


def test_an_old_form_has_not_waited(attacked: FlaskClient, world: World) -> None:
    """Forms fetched in advance are no way round: only one that came back can wait."""
    nonce = open_form(attacked, world)
    with time_machine.travel(clock.now() + timedelta(seconds=300)):
        assert send(attacked, world, nonce, work=work.solve(nonce)).status_code == 429


def test_the_wait_does_not_change_how_fast_a_form_was(attacked: FlaskClient, world: World) -> None:
    fast = nonce_of(send(attacked, world, open_form(attacked, world)))
    slow = open_form(attacked, world)
    with time_machine.travel(clock.now() + timedelta(seconds=120)):
        slow = nonce_of(send(attacked, world, slow))
        send(attacked, world, slow, work=work.solve(slow))
        send(attacked, world, fast)
    assert sorted(str(pace) for pace in paces(world)) == ["fast", "fast", "fast", "normal"]


def test_other_entrances_stay_in_peace(attacked: FlaskClient, world: World) -> None:
    address = f"/r/{world.links['u2']}"
    nonce = nonce_of(attacked.get(address))
    fields = {f"2.{key}": "4" for key in COMPLETE}
    reply = attacked.post(address, data={**fields, "nonce": nonce, "action": "submit"})
    assert reply.status_code == 200


def test_a_form_that_was_counted_gets_its_receipt_at_once(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    nonce = open_form(client, world)
    first = send(client, world, nonce)
    monkeypatch.setattr(rates, "MINUTE_FLOOR", 0)
    assert send(client, world, nonce).data == first.data


def test_without_the_fence_the_burst_goes_through_at_full_speed(
    attacked: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counter-proof."""
    monkeypatch.setattr(fence.Fence, "is_up", lambda _self, _link: False)
    for _ in range(20):
        assert send(attacked, world, open_form(attacked, world)).status_code == 200
    assert n_ballots(world) == 22


def test_who_was_asked_is_counted_by_entrance_and_nothing_else(
    app: Flask, attacked: FlaskClient, world: World
) -> None:
    for _ in range(3):
        send(attacked, world, open_form(attacked, world))
    app.extensions["fence"].flush()
    with world.database.read() as session:
        assert sum(row.n for row in session.query(Asked)) == 3


def guess(client: FlaskClient, n: int) -> None:
    """Codes that look right and belong to no card."""
    from survey_app.rounds.codes import new_typed

    for _ in range(n):
        client.get(f"/c/{new_typed()}")


def test_wrong_codes_beyond_the_budget_make_every_code_wait_a_little(
    app: Flask, world: World
) -> None:
    client, code = app.test_client(), world.cards[0].qr_code
    guess(client, code_budget.BUDGET - 1)
    assert client.get(f"/c/{code}").status_code == 200
    guess(client, 1)
    busy = client.get(f"/c/{code}")
    assert busy.status_code == 429
    assert "没有问题" in busy.text
    stamp = STAMP.search(busy.text)
    assert stamp
    given = {"code": code, "stamp": stamp.group(1), "action": "submit"}
    assert client.post("/c", data=given).status_code == 429
    assert client.post("/c", data={**given, "work": work.solve(stamp.group(1))}).status_code == 200
    with time_machine.travel(clock.now() + timedelta(seconds=code_budget.WAIT_SECONDS + 1)):
        assert client.post("/c", data=given).status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        assert client.get(f"/c/{code}").status_code == 200  # nobody is locked out for long


def test_a_stamp_is_good_for_its_own_code(app: Flask, world: World) -> None:
    client = app.test_client()
    guess(client, code_budget.BUDGET)
    stamp = STAMP.search(client.get(f"/c/{world.cards[0].qr_code}").text)
    assert stamp
    other = {"code": world.cards[1].qr_code, "stamp": stamp.group(1)}
    done = work.solve(stamp.group(1))
    assert client.post("/c", data={**other, "work": done}).status_code == 429


def test_answers_that_came_with_a_waiting_code_travel_along(app: Flask, world: World) -> None:
    client, code = app.test_client(), world.cards[0].qr_code
    nonce = nonce_of(client.get(f"/c/{code}"))
    guess(client, code_budget.BUDGET)
    rated = {f"{unit}.{key}": "4" for unit in (1, 2, 3) for key in COMPLETE}
    sent = {**rated, "code": code, "nonce": nonce, "action": "submit"}
    busy = client.post("/c", data=sent)
    assert busy.status_code == 429
    for name, value in [*rated.items(), ("nonce", nonce)]:
        assert f'name="{name}" value="{value}"' in busy.text


def test_an_unknown_and_a_void_code_ask_the_store_the_same(app: Flask, world: World) -> None:
    from sqlalchemy import event

    from survey_app.ballots import cards
    from survey_app.rounds.codes import new_qr

    void = world.cards[2].qr_code
    cards.reissue(world.database, world.keys, "tester", void)
    client = app.test_client()
    held = app.extensions["survey"]
    asked: list[str] = []
    event.listen(
        held.database.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_rest: asked.append(statement),
    )
    seen = []
    for code in (new_qr(), void):
        asked.clear()
        client.get(f"/c/{code}")
        seen.append(list(asked))
    assert seen[0] == seen[1]
