"""Service cards bound to days and a place, links taken out of use, and what operators see."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from survey_app.ballots.accept import accept_many
from survey_app.ballots.entrance import (
    Presented,
    TooEarlyError,
    TooLateError,
    UnknownLinkError,
    WrongPlaceError,
    presented_entrance,
)
from survey_app.ballots.tables import Admission
from survey_app.closing import watching
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.intake.kiosk import service as kiosk
from survey_app.record.tables import RecordEntry
from survey_app.rounds import entrances
from survey_app.rounds.entrances import BatchSpec, IssuedCard
from tests.rounds import OPERATOR, World, make_world

FIRST, LAST = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path)


def card(world: World, place: int | None = None, **days: date) -> IssuedCard:
    spec = BatchSpec("窗口", "citizen", "field", 1, "card", ("u1",), place_id=place, **days)
    batch = entrances.issue_cards(world.database, world.keys, OPERATOR, world.round_id, spec)
    return batch.cards[0]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.LOCAL)


def shown(world: World, one: IssuedCard, moment: datetime, **more: object) -> None:
    presented = Presented(one.qr_code, moment, **more)  # type: ignore[arg-type]
    presented_entrance(world.database, world.rounds, world.keys, presented)


def test_a_card_is_good_on_its_days_both_included(world: World) -> None:
    one = card(world, valid_from=FIRST, valid_until=LAST)
    shown(world, one, at(FIRST, 0, 1))
    shown(world, one, at(LAST, 23, 59))
    with pytest.raises(TooEarlyError):
        shown(world, one, at(FIRST - timedelta(days=1), 23, 59))
    with pytest.raises(TooLateError) as refused:
        shown(world, one, at(LAST + timedelta(days=1), 0, 1))
    assert "2026-11-21" in refused.value.text(str)
    with world.database.read() as session:
        assert session.query(Admission).count() == 0  # nothing is used up


def test_a_form_opened_in_time_may_be_sent_a_little_after_midnight(world: World) -> None:
    one = card(world, valid_until=LAST)
    after = at(LAST + timedelta(days=1), 0, 30)
    shown(world, one, after, grace=timedelta(hours=1))
    with pytest.raises(TooLateError):
        shown(world, one, after)


def test_a_card_of_a_place_is_good_there_only(world: World) -> None:
    here, there = (
        kiosk.add(world.database, OPERATOR, world.round_id, name, "citizen", ("u1",), "card")
        for name in ("一号窗口", "二号窗口")
    )
    one = card(world, place=here)
    shown(world, one, clock.now(), place=here)
    for place in (None, there):
        with pytest.raises(WrongPlaceError) as refused:
            shown(world, one, clock.now(), place=place)
        assert "一号窗口" in refused.value.text(str)


def test_without_bounds_a_card_works_anywhere_any_day(world: World) -> None:
    """Counter-proof: it is the batch's bounds that refuse."""
    shown(world, card(world), at(LAST + timedelta(days=40), 12))


def test_a_link_is_taken_out_of_use_and_back_on_record(world: World) -> None:
    with world.database.read() as session:
        (link,) = [
            one
            for one in watching.watch(world.database, world.rounds, world.round_id).links
            if one.token == world.links["u1"]
        ]
    entrances.switch_link(world.database, OPERATOR, world.round_id, link.id, is_active=False)
    with pytest.raises(UnknownLinkError):
        world.at_link("u1")
    world.at_link("u2")
    entrances.switch_link(world.database, OPERATOR, world.round_id, link.id, is_active=True)
    world.at_link("u1")
    with pytest.raises(NotFoundError):
        entrances.switch_link(world.database, OPERATOR, 999, link.id, is_active=False)
    with world.database.read() as session:
        acts = [row.action for row in session.query(RecordEntry).order_by(RecordEntry.id)]
    assert acts[-2:] == ["link.off", "link.on"]


def test_the_live_view_tells_bursts_devices_and_haste_by_entrance(world: World) -> None:
    now = clock.now()
    entrance = world.at_link("u1")
    many = [world.ballot(entrance, device=f"{n % 12:032x}") for n in range(60)]
    accept_many(world.database, world.keys, many, at=now)
    progress = watching.watch(world.database, world.rounds, world.round_id)
    first = next(one for one in progress.links if one.token == world.links["u1"])
    second = next(one for one in progress.links if one.token == world.links["u2"])
    assert first.is_burst
    assert first.is_odd
    assert (first.seen, first.received, first.same_device, first.fast) == (60, 60, 80, 100)
    assert not second.is_odd
    assert second.same_device is None
    assert progress.received == 60  # nothing is left out of the count


def test_batches_tell_issued_used_and_replaced(world: World) -> None:
    from survey_app.ballots import cards

    spec = BatchSpec("代表", "delegate", "assembly", 20)
    batch = entrances.issue_cards(world.database, world.keys, OPERATOR, world.round_id, spec)
    cards.reissue(world.database, world.keys, OPERATOR, batch.cards[0].typed_code)
    ballots = [world.ballot(world.at_card(one.qr_code)) for one in batch.cards[1:9]]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    (line,) = watching.watch(world.database, world.rounds, world.round_id).batches
    assert (line.batch.issued, line.used, line.replaced) == (20, 8, 1)
    assert not line.is_hidden
