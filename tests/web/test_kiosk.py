"""A tablet in a service hall, as people who walk up to it find it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey_app.ballots.tables import Ballot
from survey_app.core import clock
from survey_app.intake.kiosk import service
from survey_app.rounds import entrances
from survey_app.rounds.entrances import BatchSpec
from tests.rounds import OPERATOR, World

MakeRound = Callable[..., World]
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
COMPLETE = ("D1", "D3", "D5", "D7", "D0")


@pytest.fixture
def world(make_round: MakeRound) -> World:
    return make_round()


def kiosk(
    world: World, release: service.Release, scope: tuple[str, ...] = ("u1",)
) -> tuple[int, str]:
    """A tablet's link: its id and its address."""
    made = service.add(world.database, OPERATOR, world.round_id, "大厅", "citizen", scope, release)
    token = service.kiosk_of(world.database, world.round_id, made).link.token
    return made, f"/kiosk/{token}"


def hidden(page: TestResponse) -> dict[str, str]:
    return dict(HIDDEN.findall(page.text))


def answer(client: FlaskClient, address: str, page: TestResponse, unit: int = 1) -> TestResponse:
    fields = {f"{unit}.{key}": "4" for key in COMPLETE}
    kept = hidden(page)
    to = f"{address}/answer" + ("" if "code" in kept else f"/{unit}")
    return client.post(to, data={**fields, **kept, "action": "submit"})


def n_ballots(world: World) -> int:
    with world.database.read() as session:
        return session.query(Ballot).count()


def test_a_person_rates_and_the_tablet_goes_back_to_its_start(app: Flask, world: World) -> None:
    _, address = kiosk(world, "free")
    client = app.test_client()
    assert "开始评议" in client.get(address).text
    page = client.post(address, data={"elder": "1"})
    thanks = answer(client, address, page)
    assert "提交成功" in thanks.text
    assert thanks.headers["Refresh"] == f"15; url={address}"
    assert n_ballots(world) == 1


def test_nothing_of_a_person_stays_on_the_tablet(app: Flask, world: World) -> None:
    _, address = kiosk(world, "free")
    client = app.test_client()
    page = client.post(address, data={"elder": "1"})
    assert 'id="draft"' not in page.text  # what the browser's own draft hangs on
    assert page.headers["Cache-Control"] == "no-store"
    assert "url=/kiosk/" in page.headers["Refresh"]
    thanks = answer(client, address, page)
    for reply in (page, thanks):
        assert "Set-Cookie" not in reply.headers
    with world.database.read() as session:
        one = session.query(Ballot).one()
        assert (one.channel, one.evidence, one.device_mark) == ("kiosk", "open", None)


def test_every_person_has_a_nonce_and_a_double_tap_counts_once(app: Flask, world: World) -> None:
    _, address = kiosk(world, "free")
    client = app.test_client()
    first, second = (
        client.post(address, data={"elder": "1"}),
        client.post(address, data={"elder": "1"}),
    )
    assert hidden(first)["nonce"] != hidden(second)["nonce"]
    assert answer(client, address, first).data == answer(client, address, first).data
    answer(client, address, second)
    assert n_ballots(world) == 2


def test_a_number_lets_one_person_in_once(app: Flask, world: World) -> None:
    link_id, address = kiosk(world, "number")
    client = app.test_client()
    number, other = service.new_numbers(world.keys, world.round_id, link_id, 2)
    page = client.post(address, data={"pass": f"{number[:4]}-{number[4:].lower()}"})
    again = client.post(address, data={"pass": number})  # opened twice before it is used
    assert "提交成功" in answer(client, address, page).text
    answer(client, address, again)
    assert n_ballots(world) == 1
    refused = client.post(address, data={"pass": number})
    assert refused.status_code == 422
    assert "用过" in refused.text
    assert client.post(address, data={"pass": other}).status_code == 200


def test_numbers_hold_for_their_day_and_their_tablet(app: Flask, world: World) -> None:
    link_id, address = kiosk(world, "number")
    _, elsewhere = kiosk(world, "number")
    client = app.test_client()
    (number,) = service.new_numbers(world.keys, world.round_id, link_id, 1)
    assert client.post(elsewhere, data={"pass": number}).status_code == 422
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert client.post(address, data={"pass": number}).status_code == 422
    assert client.post(address, data={"pass": "AAAA-AAAA"}).status_code == 422
    assert n_ballots(world) == 0


def test_no_form_of_a_poster_gets_past_the_attendant(app: Flask, world: World) -> None:
    _, address = kiosk(world, "number")
    client = app.test_client()
    page = client.get(f"/r/{world.links['u1']}")
    assert "重新开始" in answer(client, address, page).text
    assert n_ballots(world) == 0
    token = address.rpartition("/")[2]
    assert client.get(f"/r/{token}").status_code == 404


def test_a_card_is_used_on_the_tablet(app: Flask, world: World) -> None:
    link_id, address = kiosk(world, "card")
    spec = BatchSpec("窗口", "citizen", "field", 1, "card", ("u1",), place_id=link_id)
    batch = entrances.issue_cards(world.database, world.keys, OPERATOR, world.round_id, spec)
    code = batch.cards[0].qr_code
    client = app.test_client()
    outside = client.get(f"/c/{code}")
    assert outside.status_code == 409
    assert "“大厅”的平板" in outside.text
    page = client.post(address, data={"pass": code})
    assert "提交成功" in answer(client, address, page).text
    assert client.post(address, data={"pass": code}).status_code == 409
    with world.database.read() as session:
        assert session.query(Ballot).one().evidence == "card"


def test_a_tablet_for_several_units_asks_which(app: Flask, world: World) -> None:
    _, address = kiosk(world, "free", ())
    client = app.test_client()
    assert 'name="ratee" value="2"' in client.get(address).text
    page = client.post(address, data={"ratee": "2"})
    answer(client, address, page, unit=2)
    assert n_ballots(world) == 1
    assert client.post(address, data={"ratee": "99"}).status_code == 404


def test_a_missing_answer_keeps_the_form_and_its_nonce(app: Flask, world: World) -> None:
    _, address = kiosk(world, "free")
    client = app.test_client()
    page = client.post(address, data={"elder": "1"})
    short = client.post(f"{address}/answer/1", data={**hidden(page), "1.D1": "4"})
    assert short.status_code == 422
    assert hidden(short)["nonce"] == hidden(page)["nonce"]
    assert 'id="draft"' not in short.text
