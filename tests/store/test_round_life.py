"""The life of a round: every reason at once, test and wipe, freeze, close, seal."""

from pathlib import Path

import duckdb
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from analysis.sealed_round import check_sealed_round, read_manifest
from survey_app.ballots import drafts
from survey_app.ballots.accept import accept_many
from survey_app.ballots.tables import Admission, Arrival, Ballot, Comment, Draft, Receipt
from survey_app.closing import service as closing
from survey_app.closing.watching import watch
from survey_app.core import clock, migrations
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.record import service as record
from survey_app.record.tables import RecordEntry
from survey_app.register.tables import Ratee
from survey_app.rounds import entrances, life, service
from survey_app.rounds.frozen import load_round
from survey_app.rounds.keys import KeyStore
from survey_app.rounds.tables import Card
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, fill_register, make_world


def send(world: World, *ballots: object) -> None:
    outcomes = accept_many(world.database, world.keys, ballots, at=clock.now())  # type: ignore[arg-type]
    assert {one.kind for one in outcomes} == {"accepted"}


def state(world: World) -> str:
    with world.database.read() as session:
        return load_round(session, world.round_id).state


def test_every_reason_against_freezing_is_told_at_once(database: Database, tmp_path: Path) -> None:
    bindings = ({**BINDINGS[0], "questionnaire": "nowhere", "rater_class": "martian"},)
    spec = service.RoundSpec("轮次", "", "", "", bindings)
    round_id = service.create_round(database, KeyStore(tmp_path), OPERATOR, "r", spec)
    with pytest.raises(ProblemsError) as refused:
        service.freeze(database, OPERATOR, round_id)
    said = str(refused.value)
    assert len(refused.value.problems) == 4
    assert "nowhere" in said
    assert "martian × unit" in said
    assert "方案" in said


def test_a_round_without_entrances_does_not_open(database: Database, tmp_path: Path) -> None:
    fill_register(database, 1)
    spec = service.RoundSpec("轮次", "", "", SCHEME, BINDINGS)
    round_id = service.create_round(database, KeyStore(tmp_path), OPERATOR, "r", spec)
    service.freeze(database, OPERATOR, round_id)
    with pytest.raises(ProblemsError, match="还没有二维码海报"):
        service.open_round(database, OPERATOR, round_id)


def test_steps_out_of_order_are_refused(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="draft")
    with pytest.raises(ProblemsError, match="草稿"):
        service.open_round(database, OPERATOR, world.round_id)
    with pytest.raises(ProblemsError, match="草稿"):
        closing.close_round(database, OPERATOR, world.round_id)
    with pytest.raises(NotFoundError):
        world.rounds.get(world.round_id)


def test_what_raters_see_is_fixed_by_its_digest(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="frozen")
    before = world.rounds.get(world.round_id)
    with database.write() as session:
        session.execute(text("UPDATE ratee SET name = '改了名' WHERE key = 'u1'"))
    assert world.rounds.get(world.round_id).ratees[0].name == "市1局"
    service.unfreeze(database, OPERATOR, world.round_id)
    service.freeze(database, OPERATOR, world.round_id)
    after = world.rounds.get(world.round_id)
    assert after.ratees[0].name == "改了名"
    assert after.digest != before.digest


def test_a_test_is_wiped_and_the_wipe_is_on_record(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=2, state="testing")
    assert world.at_link().phase == "testing"
    send(world, world.ballot(world.at_link(), comment="试一试"))
    send(world, world.ballot(world.at_card(world.cards[0].qr_code)))
    with pytest.raises(ProblemsError):
        service.freeze(database, OPERATOR, world.round_id)
    wiped = closing.wipe_test(database, OPERATOR, world.round_id)
    assert (wiped["ballot"], wiped["receipt"], wiped["admission"], wiped["comment"]) == (2, 2, 1, 1)
    with database.read() as session:
        for table in (Ballot, Receipt, Admission, Comment, Arrival):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        entry = session.scalars(select(RecordEntry).where(RecordEntry.action == "test.wiped")).one()
        assert entry.details["ballot"] == 2
    service.freeze(database, OPERATOR, world.round_id)
    service.open_round(database, OPERATOR, world.round_id)
    assert not world.at_card(world.cards[0].qr_code).is_used


def test_cards_of_a_roster_are_batched_by_rating_list(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="draft")
    issued = entrances.issue_from_roster(
        database, world.keys, OPERATOR, world.round_id, "delegate", "assembly"
    )
    assert [len(batch.cards) for batch in issued] == [6]
    with pytest.raises(entrances.NoRosterError):
        entrances.issue_from_roster(
            database, world.keys, OPERATOR, world.round_id, "delegate", "assembly"
        )


def test_only_keyed_hashes_of_codes_are_stored(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=3)
    with database.read() as session:
        stored = b"".join(
            bytes(value)
            for card in session.scalars(select(Card))
            for value in (card.id, card.qr_hash, card.typed_hash, card.draft_key_qr)
        )
    for card in world.cards:
        assert card.qr_code.encode() not in stored
        assert card.typed_code.encode() not in stored


def test_a_sealed_round_holds_every_ballot_and_no_trace(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=2)
    send(world, world.ballot(world.at_link("u1"), device="a", comment="路灯不亮"))
    send(world, world.ballot(world.at_link("u1"), device="a", option="dissatisfied"))
    send(world, world.ballot(world.at_link("u2")))
    send(world, world.ballot(world.at_card(world.cards[0].qr_code)))
    progress = watch(database, world.rounds, world.round_id)
    assert {one.key: (one.expected, one.issued, one.received) for one in progress.classes} == {
        "citizen": (None, None, 3),
        "delegate": (6, 2, 1),
    }
    # One delegate of a known group: shown nowhere, so that nobody finds it by subtraction.
    assert [one.key for one in progress.classes if one.is_hidden] == ["delegate"]
    assert [one.received for one in progress.ratees] == [2, 1, 0]
    assert progress.received == 3
    assert [one.received for one in progress.links] == [2, 1, 0]
    assert closing.close_round(database, OPERATOR, world.round_id) == 4
    folders = closing.seal(database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    assert [folder.name for folder in folders] == [
        "test-round.delegate-unit.short",
        "test-round.unit.short",
    ]
    assert all(check.ok for folder in folders for check in check_sealed_round(folder))
    manifest = read_manifest(folders[1])
    assert manifest.counts["by_class"] == {"citizen": 3}
    assert manifest.counts["issued"] == {"delegate": 2}
    assert manifest.counts["received"] == {"citizen": 3, "delegate": 1}
    rows = duckdb.sql(f"SELECT * FROM '{folders[1]}/ballots.parquet'")
    assert set(rows.columns) >= {"ballot", "ratee", "D1", "link", "same_device", "pace"}
    assert not {"time", "code", "order", "nonce", "receipt"} & set(rows.columns)
    devices = [one for (one,) in rows.select("same_device").fetchall()]
    assert sorted(devices.count(one) for one in devices if one) == [2, 2]
    comments = duckdb.sql(f"SELECT * FROM '{folders[1]}/comments.parquet'").fetchall()
    assert comments == [("u1", "T1", "路灯不亮")]
    with pytest.raises(ProblemsError, match="已经封存"):
        closing.seal(database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")


def test_the_record_is_a_chain_the_database_refuses_to_change(
    database: Database, tmp_path: Path
) -> None:
    make_world(database, tmp_path, cards=1)
    with database.read() as session:
        assert not list(record.broken_entries(session))
    for attack in ("UPDATE record_entry SET operator = 'nobody'", "DELETE FROM record_entry"):
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text(attack))


def test_a_stored_ballot_cannot_be_edited(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path)
    send(world, world.ballot(world.at_link()))
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("UPDATE ballot SET stratum = 'x'"))


def test_every_step_has_a_name_and_leads_to_a_known_state() -> None:
    for transition in life.TRANSITIONS.values():
        assert {*transition.before, transition.after} <= set(life.STATE_NAMES)
        assert transition.name


def test_the_embedded_database_keeps_no_order_and_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "survey.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database, tmp_path / "lock")
    world = make_world(database, tmp_path, cards=1)
    send(world, world.ballot(world.at_link()), world.ballot(world.at_card(world.cards[0].qr_code)))
    with database.read() as session:
        for table in ("ballot", "receipt", "admission", "comment", "draft", "arrival"):
            with pytest.raises(DBAPIError, match="no such column"):
                session.execute(text(f"SELECT rowid FROM {table}"))
    leftovers = [file for file in tmp_path.glob("survey.db-*") if file.stat().st_size]
    assert leftovers == []


def test_a_ballot_read_by_an_earlier_form_is_not_taken(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, state="testing")
    earlier = world.ballot(world.at_link())
    closing.wipe_test(database, OPERATOR, world.round_id)
    with database.write() as session:
        session.add(
            Ratee(key="u4", name="市4局", ratee_class="unit", group="", kind="unit", position=0)
        )
    service.freeze(database, OPERATOR, world.round_id)
    service.open_round(database, OPERATOR, world.round_id)
    (outcome,) = accept_many(database, world.keys, [earlier], at=clock.now())
    assert outcome.kind == "closed"
    with database.read() as session:
        assert session.scalar(select(func.count(Ballot.id))) == 0


def test_drafts_are_gone_when_a_round_is_sealed(database: Database, tmp_path: Path) -> None:
    world = make_world(database, tmp_path, cards=1)
    assert drafts.save(database, world.at_card(world.cards[0].qr_code), {"form": "3.D1=x"})
    closing.close_round(database, OPERATOR, world.round_id)
    closing.seal(database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0


@pytest.mark.postgres
def test_after_sealing_no_transaction_ties_a_card_to_its_ballot(
    database: Database, tmp_path: Path
) -> None:
    """Written together, told apart: PostgreSQL notes in each row which transaction wrote it."""
    if database.is_sqlite:
        return  # its tables have no such number, see the test above
    world = make_world(database, tmp_path, cards=8)
    for card in world.cards:
        send(world, world.ballot(world.at_card(card.qr_code)))
    tied = text("SELECT count(*) FROM ballot JOIN admission ON ballot.xmin = admission.xmin")
    with database.read() as session:
        assert session.execute(tied).scalar() == 8
    closing.close_round(database, OPERATOR, world.round_id)
    closing.seal(database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed")
    with database.read() as session:
        assert session.execute(tied).scalar() == 8 * 8  # everything comes from one transaction
        for table in ("ballot", "admission", "receipt"):
            query = text(f"SELECT count(DISTINCT xmin::text), count(*) FROM {table}")
            assert tuple(session.execute(query).one()) == (1, 8)
