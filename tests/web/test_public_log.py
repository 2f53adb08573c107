"""What everybody may look up of a log: a receipt, the heads, and proofs that others check."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete, select, text
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from analysis.round_log.leaves import leaf_bytes, receipt_hash
from analysis.round_log.merkle import leaf_hash, verify_consistency, verify_inclusion
from analysis.round_log.notes import open_checkpoint, verifier_key
from survey_app.ballots.accept import accept_many
from survey_app.ballots.integration import LEAST, LEFT, integrate
from survey_app.ballots.tables import Receipt
from survey_app.cli import group
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.services import Services
from survey_app.public_log.trees import LogTrees
from survey_app.record.tables import LogCheckpoint, LogLeaf
from survey_app.rounds import service
from survey_app.rounds.frozen import hold_round
from tests.rounds import OPERATOR, World, make_world
from tests.web.desk import make_app, signed_in
from tests.web.strict import StrictClient

MakeRound = Callable[..., World]
N = LEAST + 10


def send(world: World, n: int = N) -> list[str]:
    ballots = [world.ballot(world.at_link()) for _ in range(n)]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    return [one.receipt or "" for one in outcomes]


def send_form(app: Flask, address: str, **fields: str) -> TestResponse:
    body, kind = urlencode(fields), "application/x-www-form-urlencoded"
    return app.test_client().post(address, data=body, content_type=kind)


def look(app: Flask, number: str) -> str:
    reply = send_form(app, "/receipt", code=number, action="submit")
    return f"{reply.status_code} {reply.text}"


def head(app: Flask, query: str = "") -> tuple[str, int, bytes]:
    client = app.test_client()
    note = client.get(f"/log/test-round/checkpoint{query}").text
    key = client.get("/log/test-round/key").text.strip()
    name, _id, encoded = key.split("+", 2)
    found = open_checkpoint(note, name, base64.b64decode(encoded)[1:])
    return note, found.size, found.root


def test_a_receipt_waits_first_and_then_stands_in_the_log(
    app: Flask, make_round: MakeRound
) -> None:
    world = make_round()
    given = send(world)
    assert all("已经安全保存，不用再填一次" in look(app, one) for one in given[:3])
    integrate(world.database, world.round_id)
    told = [look(app, one) for one in given]
    within = [one for one in told if "已编入公开日志" in one]
    assert len(within) == N - LEFT
    _note, size, root = head(app)
    assert all(f"日志现有 {size} 条" in one and root.hex()[:16] in one for one in within)
    closing.close_round(world.database, OPERATOR, world.round_id)
    assert all("已编入公开日志" in look(app, one) for one in given)


def test_who_waits_is_told_until_when_and_whom_to_ask(app: Flask, make_round: MakeRound) -> None:
    world = make_round()
    (number,) = send(world, 1)
    with world.database.write() as session:
        row = hold_round(session, world.round_id)
        row.close_at, row.phone = datetime(2026, 12, 1, 9, 0, tzinfo=UTC), "0731-12345"
    told = look(app, number)
    assert "预定 2026-12-01 17:00 关闭" in told
    assert "请拨打监督电话 0731-12345" in told


def test_a_number_is_read_as_people_write_it(app: Flask, make_round: MakeRound) -> None:
    (number,) = send(make_round(), 1)
    typed = number.replace("O", "0").replace("I", "1").replace("B", "8").lower()
    assert look(app, " ".join((typed[:4], typed[4:9], typed[9:]))).startswith("200")


@pytest.mark.parametrize("wrong", ["A" * 20, "ABC", "' OR 1=1 --", "你好"])
def test_an_unknown_number_is_said_to_be_unknown(
    app: Flask, make_round: MakeRound, wrong: str
) -> None:
    make_round()
    told = look(app, wrong)
    assert told.startswith("404")
    assert "没有找到这个回执号" in told


def test_a_receipt_of_the_test_is_said_to_be_one(app: Flask, make_round: MakeRound) -> None:
    world = make_round(state="testing")
    (number,) = send(world, 1)
    assert "测试时提交的" in look(app, number)


def test_the_proof_of_a_receipt_holds_against_the_signed_head(
    app: Flask, make_round: MakeRound
) -> None:
    world = make_round()
    given = send(world)
    closing.close_round(world.database, OPERATOR, world.round_id)
    reply = send_form(app, "/receipt/proof", code=given[7])
    proof, _gap, note = reply.text.partition("\n\n")
    kind, index, *steps = proof.split("\n")
    assert kind == "c2sp.org/tlog-proof@v1"
    assert "attachment" in reply.headers["Content-Disposition"]
    signed, size, root = head(app)
    assert note == signed
    leaf = leaf_bytes({"type": "receipt", "hash": receipt_hash(given[7]).hex()})
    hashes = [base64.b64decode(one) for one in steps]
    assert verify_inclusion(leaf_hash(leaf), int(index.split()[1]), size, hashes, root)
    other = leaf_bytes({"type": "receipt", "hash": receipt_hash(given[8]).hex()})
    assert not verify_inclusion(leaf_hash(other), int(index.split()[1]), size, hashes, root)


def test_the_log_answers_when_the_receipts_are_destroyed(app: Flask, make_round: MakeRound) -> None:
    world = make_round()
    (number,) = send(world, 1)
    closing.close_round(world.database, OPERATOR, world.round_id)
    before = look(app, number)
    with world.database.write() as session:
        session.execute(delete(Receipt))
    assert look(app, number) == before


def test_no_proof_is_given_of_what_still_waits(app: Flask, make_round: MakeRound) -> None:
    (number,) = send(make_round(), 1)
    assert send_form(app, "/receipt/proof", code=number).status_code == 404


def test_what_a_receipt_shows_has_nothing_of_the_answers(app: Flask, make_round: MakeRound) -> None:
    """Two ballots with other answers: their receipts' pages differ in places and hashes only."""
    world = make_round()
    ballots = [world.ballot(world.at_link(), option=one) for one in ("satisfied", "dissatisfied")]
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())
    closing.close_round(world.database, OPERATOR, world.round_id)
    pages = [look(app, one.receipt or "") for one in outcomes]
    plain = [
        re.sub(r"第 \d+ 条", "", page.replace(one.receipt or "", ""))
        for page, one in zip(pages, outcomes, strict=True)
    ]
    assert plain[0] == plain[1]


def test_every_later_head_is_shown_to_extend_every_earlier_one(
    app: Flask, make_round: MakeRound
) -> None:
    world = make_round()
    for _ in range(4):
        send(world, LEAST)
        integrate(world.database, world.round_id)
    with world.database.read() as session:
        sizes = list(session.scalars(select(LogCheckpoint.size).order_by(LogCheckpoint.size)))
    assert len(sizes) == 5
    client = app.test_client()
    for earlier in sizes:
        _note, m, old = head(app, f"?size={earlier}")
        for later in (one for one in sizes if one >= earlier):
            _note, n, new = head(app, f"?size={later}")
            told = client.get(f"/log/test-round/consistency?from={m}&to={n}").text
            steps = [base64.b64decode(one) for one in told.split()]
            assert verify_consistency(m, n, old, new, steps)


@pytest.mark.parametrize(
    "address",
    [
        "/log/nowhere",
        "/log/nowhere/checkpoint",
        "/log/test-round/checkpoint?size=3000",
        "/log/test-round/consistency?from=0",
        "/log/test-round/consistency?from=5&to=2",
        "/log/test-round/consistency?from=1&to=99999",
        "/log/test-round/consistency?from=x",
    ],
)
def test_what_is_not_there_is_not_found(app: Flask, make_round: MakeRound, address: str) -> None:
    make_round()
    assert app.test_client().get(address).status_code == 404


def test_the_thank_you_page_and_home_lead_to_the_look_up(app: Flask, make_round: MakeRound) -> None:
    make_round()
    browser = StrictClient(app)
    assert "/receipt" in browser.get("/").links
    assert "回执号" in browser.get("/receipt").text
    assert "最新检查点" in browser.get("/log/test-round").text


def test_minutes_are_printed_with_the_head_of_their_moment(web_settings: Settings) -> None:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    world = make_world(held.database, web_settings.home, cards=6, state="frozen")
    desk = signed_in(app, "clerk")
    for kind in ("opening", "closing"):
        desk.get(f"/admin/rounds/{world.round_id}/minutes/{kind}", 409)
    service.open_round(world.database, OPERATOR, world.round_id)
    opening = desk.get(f"/admin/rounds/{world.round_id}/minutes/opening")
    _note, size, root = head(app)
    assert (size, "人大代表 6 张" in opening, root.hex()[:16] in opening) == (2, True, True)
    desk.get(f"/admin/rounds/{world.round_id}/minutes/closing", 409)
    send(world, 5)
    closing.close_round(world.database, OPERATOR, world.round_id)
    told = desk.get(f"/admin/rounds/{world.round_id}/minutes/closing")
    assert "市民 5 份" in told
    assert head(app)[2].hex()[:16] in told
    assert desk.get(f"/admin/rounds/{world.round_id}/minutes/opening") == opening
    held.database.dispose()


def test_administrators_are_told_of_a_store_older_than_its_log(web_settings: Settings) -> None:
    app = make_app(web_settings)
    held: Services = app.extensions["survey"]
    world = make_world(held.database, web_settings.home)
    closing.close_round(world.database, OPERATOR, world.round_id)
    desk = signed_in(app, "clerk")
    address = f"/admin/rounds/{world.round_id}"
    assert "不再为它签名" not in desk.get(address)
    take_back(world.database, 2)
    assert "恢复最新的备份" in desk.get(address)
    held.database.dispose()


def take_back(database: Database, n: int) -> None:
    """What an older backup would bring: the log with only its first leaves."""
    with database.write_rows() as connection:
        for table in ("log_leaf", "log_checkpoint"):
            connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
        connection.execute(delete(LogCheckpoint).where(LogCheckpoint.size > n))
        connection.execute(delete(LogLeaf).where(LogLeaf.place >= n))


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application behind a port of loopback; gives the address of the log."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log/test-round"
    finally:
        server.shutdown()
        thread.join()


def watch(address: str, file: Path) -> Result:
    return CliRunner().invoke(group, ["witness", address, str(file)])


def test_a_witness_keeps_every_head_and_refuses_one_taken_back(
    app: Flask, make_round: MakeRound, tmp_path: Path
) -> None:
    world, file = make_round(), tmp_path / "witness.jsonl"
    with serving(app) as address:
        assert watch(address, file).exit_code == 0
        assert watch(address, file).exit_code == 0
        send(world)
        closing.close_round(world.database, OPERATOR, world.round_id)
        assert watch(address, file).exit_code == 0
        kept = file.read_text(encoding="utf-8")
        assert len(kept.splitlines()) == 3  # the log, the opening, the close
        assert json.loads(kept.splitlines()[-1])["note"] == head(app)[0]
        take_back(world.database, 2)
        refused = watch(address, file)
    assert refused.exit_code == 4
    assert "日志被退回" in refused.output
    assert file.read_text(encoding="utf-8") == kept


def test_a_witness_refuses_a_log_that_was_written_anew(
    app: Flask, make_round: MakeRound, web_settings: Settings, tmp_path: Path
) -> None:
    """Even the holder of the key, who forgets the heads it signed, cannot get past a witness."""
    world, file = make_round(), tmp_path / "witness.jsonl"
    send(world, LEAST + 5)
    integrate(world.database, world.round_id)
    with serving(app) as address:
        assert watch(address, file).exit_code == 0
        take_back(world.database, 1)
        for one in web_settings.heads_dir.glob("*.note"):
            one.unlink()
        send(world, 3 * LEAST)
        app.extensions["log_trees"] = LogTrees()
        integrate(world.database, world.round_id)
        refused = watch(address, file)
    assert refused.exit_code == 4
    assert "日志分叉" in refused.output


def test_a_witness_refuses_another_key(
    app: Flask, make_round: MakeRound, web_settings: Settings, tmp_path: Path
) -> None:
    make_round()
    file = tmp_path / "witness.jsonl"
    with serving(app) as address:
        watch(address, file)
        first, *rest = file.read_text(encoding="utf-8").splitlines()
        told = json.loads(first)
        file.write_text("\n".join([json.dumps(replace_key(told)), *rest]) + "\n")
        assert watch(address, file).exit_code == 3
        assert watch(f"{address}x", tmp_path / "other.jsonl").exit_code == 3


def replace_key(told: dict[str, str]) -> dict[str, str]:
    return told | {"key": verifier_key(told["key"].partition("+")[0], bytes(32))}
