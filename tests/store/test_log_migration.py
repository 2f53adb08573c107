"""A store from before the logs is brought up to date, and keeps every ballot and receipt."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from analysis.round_log.leaves import commitment, receipt_hash
from survey_app.ballots.commitments import Traits, content_of
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.core import migrations
from survey_app.core.database import Database
from survey_app.rounds.tables import Link
from tests.postgres import Server

N = 20


def bring_to(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrations.SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store of the revision before the logs, with twenty ballots."""
    with ExitStack() as open_until_done:
        url = f"sqlite:///{tmp_path / 'old.db'}"
        if request.param == "postgres":
            server: Server = request.getfixturevalue("postgres_server")
            url = open_until_done.enter_context(server.new_database())
        database = Database(url)
        open_until_done.callback(database.dispose)
        bring_to(database, "0009")
        fill(database)
        yield database


def fill(database: Database) -> None:
    with database.write_rows() as connection:
        connection.execute(
            text(
                "INSERT INTO round (id, key, title, organiser, phone, is_simulated, state, period,"
                " scheme_toml, bindings, target_per_ratee, frozen_config, config_digest,"
                " created_at) VALUES (1, 'r', 'r', '', '', :yes, 'open', '', '', '[]', 0, '{}',"
                " 'sha256:x', '2026-01-01 00:00:00+00')"
            ),
            {"yes": True},
        )
        connection.execute(
            text(
                "INSERT INTO link (id, round_id, token, name, rater_class, channel, stratum,"
                " scope, is_active) VALUES (1, 1, 'token', '海报', 'citizen', 'online', '', '[]',"
                " :yes)"
            ),
            {"yes": True},
        )
        for n in range(N):
            is_open = n % 2 == 0
            connection.execute(
                text(
                    "INSERT INTO ballot (id, round_id, rater_class, stratum, channel, evidence,"
                    " payload, link_id, device_mark, pace) VALUES (:id, 1, 'citizen', '街道',"
                    " 'online', :evidence, :payload, :link, :mark, :pace)"
                ),
                {
                    "id": hashlib.sha256(bytes([n])).digest()[:16],
                    "payload": bytes([1, n]),
                    "evidence": "open" if is_open else "code",
                    "link": 1 if is_open else None,
                    "mark": bytes(16) if is_open else None,
                    "pace": "normal" if is_open else None,
                },
            )
            connection.execute(
                text("INSERT INTO receipt (nonce_hash, round_id, number) VALUES (:hash, 1, :no)"),
                {"hash": hashlib.sha256(bytes([n])).digest(), "no": f"{'A' * 18}{n:02d}"},
            )


def test_every_old_ballot_gets_a_commitment_that_opens_to_it(old: Database) -> None:
    bring_to(old, "head")
    with old.read() as session:
        ballots = session.scalars(select(Ballot)).all()
        links = dict(session.execute(select(Link.id, Link.token)).all())
        receipts = session.scalars(select(Receipt)).all()
    assert {one.payload for one in ballots} == {bytes([1, n]) for n in range(N)}
    for one in ballots:
        content = content_of(
            Traits(one.rater_class, one.stratum, one.channel, one.evidence),
            one.payload,
            links[one.link_id] if one.link_id else "",
            has_mark=one.device_mark is not None,
            pace=one.pace,
        )
        assert one.opening is not None
        assert one.commitment == commitment(one.opening, content)
    assert len({one.opening for one in ballots}) == N
    assert [one.leaf for one in receipts] == [receipt_hash(one.number) for one in receipts]
    assert len(receipts) == N


def test_ballots_still_refuse_to_be_changed(old: Database) -> None:
    bring_to(old, "head")
    with pytest.raises(DBAPIError, match="append-only"), old.write_rows() as connection:
        connection.execute(text("UPDATE ballot SET payload = payload"))
