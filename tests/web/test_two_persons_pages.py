"""Two operators at two desks: one asks with a reason, the other approves, and then it happens."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from survey_app.ballots.accept import accept_many
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.services import Services
from survey_app.record.tables import LogLeaf
from survey_app.rounds.tables import Round
from tests.rounds import World, make_world
from tests.stores import new_sqlite
from tests.web.desk import Desk, another, make_app, signed_in

REASON = "台风停电，延后一天"


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("desks")
    app = make_app(
        Settings(
            home=home,
            database_url=new_sqlite(home / "survey.db"),
            secret_key=b"a secret for tests only, 32 bytes",
            is_production=False,
            base_url=None,
        )
    )
    yield app
    held: Services = app.extensions["survey"]
    held.database.dispose()


def world_of(app: Flask, **options: object) -> World:
    held: Services = app.extensions["survey"]
    return make_world(held.database, held.settings.home, **options)  # type: ignore[arg-type]


def row_of(world: World) -> Round:
    with world.database.read() as session:
        row = session.get(Round, world.round_id)
        assert row is not None
        return row


def ask(desk: Desk, kind: str, fields: Mapping[str, str] | None = None) -> None:
    reply = desk.post(f"/admin/rounds/1/ask/{kind}", {"reason": REASON, **(fields or {})})
    assert reply.status_code == 302, reply.text[-3000:]


def decide(desk: Desk, verdict: str = "approve", note: str = "", act: int = 1) -> int:
    reply = desk.post(f"/admin/approvals/{act}", {"verdict": verdict, "note": note})
    return reply.status_code


def leaf_types(world: World) -> list[str]:
    with world.database.read() as session:
        bodies = session.scalars(select(LogLeaf.body).order_by(LogLeaf.place)).all()
    return [
        found.group(1) for one in bodies if (found := re.search(r'"type":"(\w+)"', one.decode()))
    ]


def test_a_round_is_closed_early_by_two_and_not_by_one(app: Flask) -> None:
    world = world_of(app, close_at=clock.now() + timedelta(days=2))
    admin, second = signed_in(app, "admin"), another(app)
    place = f"/admin/rounds/{world.round_id}"
    assert "提前关闭" in admin.get(place)
    alone = admin.post(f"{place}/close", {"typed_key": "test-round"})
    assert alone.status_code == 409
    assert "还没有到截止时间" in alone.text
    ask(admin, "round.close_early")
    assert decide(admin) == 403, "nobody approves the own act"
    assert row_of(world).state == "open"
    page = second.get("/admin/approvals/")
    assert REASON in page
    assert "测试admin（admin）" in page
    assert "该账号建立不足一天" in page
    assert re.search(r'待批事项 <span class="badge">1</span>', page)
    assert decide(second) == 302
    assert row_of(world).state == "closed"
    assert "close" in leaf_types(world)
    minutes = admin.get(f"{place}/minutes/closing")
    assert "测试admin（admin）提出，李四（second）批准" in minutes
    assert "李四（second）：该账号建立不足一天" in minutes
    entry = admin.get("/admin/record/?action=act.approve")
    assert "内容：提前关闭；" in entry
    assert "七天内动过的账号：admin 建立天数 0、second 建立天数 0" in entry
    assert REASON in admin.get("/admin/approvals/"), "what was done stays to be read"


def test_declining_needs_a_reason_and_keeps_what_was_typed(app: Flask) -> None:
    world = world_of(app, close_at=clock.now() + timedelta(days=2))
    admin, second = signed_in(app, "admin"), another(app)
    ask(admin, "round.close_early")
    assert decide(second, "decline") == 422
    assert decide(second, "decline", "还有人没填") == 302
    assert decide(second) == 409
    assert row_of(world).state == "open"
    assert "还有人没填" in admin.get("/admin/approvals/")


def test_a_closing_time_is_only_put_off(app: Flask) -> None:
    close_at = clock.now() + timedelta(days=2)
    world = world_of(app, close_at=close_at)
    admin, second = signed_in(app, "admin"), another(app)

    def typed(days: int) -> dict[str, str]:
        moment = clock.local(close_at + timedelta(days=days))
        return {"close_at": f"{moment:%Y-%m-%dT%H:%M}"}

    address = f"/admin/rounds/{world.round_id}/ask/round.extend"
    sooner = admin.post(address, {"reason": REASON, **typed(-1)})
    assert sooner.status_code == 409
    assert "没有晚于现在的截止时间" in sooner.text
    ask(admin, "round.extend", typed(1))
    wanted = clock.local(close_at + timedelta(days=1))
    assert f"新的截止时间 {wanted:%Y-%m-%d %H:%M}（北京时间）" in second.get("/admin/approvals/")
    assert row_of(world).close_at == close_at
    assert decide(second) == 302
    put_off = row_of(world).close_at
    assert put_off is not None
    assert timedelta(hours=23) < put_off - close_at <= timedelta(days=1)


def test_a_closed_round_opens_again_with_what_it_holds(app: Flask) -> None:
    world = world_of(app)
    admin, second = signed_in(app, "admin"), another(app)
    place = f"/admin/rounds/{world.round_id}"
    accept_many(world.database, world.keys, [world.ballot(world.at_link())], at=clock.now())
    assert admin.post(f"{place}/close", {"typed_key": "test-round"}).status_code == 302
    assert admin.post(f"{place}/seal").status_code == 302
    ask(admin, "round.reopen")
    assert decide(second) == 302
    row = row_of(world)
    assert (row.state, row.closed_at, row.sealed_at) == ("open", None, None)
    assert "reopen" in leaf_types(world)
    accept_many(world.database, world.keys, [world.ballot(world.at_link("u2"))], at=clock.now())
    assert admin.post(f"{place}/close", {"typed_key": "test-round"}).status_code == 302
    assert "共收到 2 份答卷" in admin.get(place)
    assert admin.post(f"{place}/seal").status_code == 302, "sealing again replaces the files"


def test_an_assessed_round_never_opens_again(app: Flask) -> None:
    world = world_of(app)
    admin, second = signed_in(app, "admin"), another(app)
    place = f"/admin/rounds/{world.round_id}"
    assert admin.post(f"{place}/close", {"typed_key": "test-round"}).status_code == 302
    ask(admin, "round.reopen")
    with world.database.write() as session:
        row = session.get(Round, world.round_id)
        assert row is not None
        row.state = "assessed"
    assert decide(second) == 409, "what stood in the way when approved counts, not when asked"
    refused = admin.post(f"{place}/ask/round.reopen", {"reason": REASON})
    assert refused.status_code == 409


def test_who_is_alone_is_told_whom_to_add(app: Flask) -> None:
    """A clerk is no second for an administrator's act; security is."""
    world = world_of(app, close_at=clock.now() + timedelta(days=2))
    admin = signed_in(app, "admin")
    address = f"/admin/rounds/{world.round_id}/ask/round.close_early"
    told = "现在没有第二位可以批准的操作员。请在“操作员”页新建一位绩效办管理员或安全管理员"
    assert told in admin.get(address)
    ask(admin, "round.close_early")
    assert told in admin.get("/admin/approvals/")
    assert decide(signed_in(app, "clerk")) == 403
    security = another(app, "security", "security")
    assert told not in admin.get("/admin/approvals/")
    assert "去看依据" not in security.get("/admin/approvals/"), "rounds are closed to them"
    assert decide(security) == 302
    assert row_of(world).state == "closed"


def test_clerks_do_not_ask_for_a_rounds_acts_and_viewers_see_no_approvals(app: Flask) -> None:
    world = world_of(app, close_at=clock.now() + timedelta(days=2))
    signed_in(app, "clerk").get(f"/admin/rounds/{world.round_id}/ask/round.close_early", 403)
    for kind in ("unknown", "operator.reset_password", "void_paper"):
        signed_in(app, "admin").get(f"/admin/rounds/{world.round_id}/ask/{kind}", 404)
    signed_in(app, "clerk").get(f"/admin/rounds/{world.round_id}/ask/round.destroy", 403)
    signed_in(app, "viewer").get("/admin/approvals/", 403)
