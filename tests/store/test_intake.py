"""Papers and interviews: each counts once, none that was not counted, none of what is void."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from survey_app.accounts import two_persons
from survey_app.accounts.service import OperatorSpec, create_operator
from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.closing import service as closing
from survey_app.core.access import SignedIn
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import ProblemsError
from survey_app.intake import entering, sessions, voiding
from survey_app.intake.sessions import CountedBeforeError, VoidSessionError
from survey_app.intake.tables import CountedSession
from survey_app.record.tables import LogLeaf
from tests import counted
from tests.rounds import OPERATOR, World, make_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return make_world(database, tmp_path)


def ballots(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(Ballot)) or 0


def test_papers_enter_once_whatever_is_sent_again(world: World) -> None:
    session_id = counted.announce(world, issued=10)
    counted.count(world, session_id, collected=5, spoiled=1)
    assert counted.enter(world, session_id, "1", "2").new == 2
    again = counted.enter(world, session_id, "1", "2", "3")
    assert (again.new, again.before) == (1, 2)
    assert (ballots(world), counted.standing(world, session_id).missing) == (3, 1)


def test_a_ballot_of_paper_names_its_session_and_is_counted_evidence(world: World) -> None:
    session_id = counted.announce(world)
    counted.count(world, session_id, collected=1)
    counted.enter(world, session_id, "7")
    with world.database.read() as session:
        one = session.scalars(select(Ballot)).one()
        row = session.get_one(CountedSession, session_id)
        assert (one.channel, one.evidence, one.link_id) == ("paper", "card", row.link_id)
        assert one.device_mark is None
        assert one.pace is None
        arrivals = session.scalar(text("SELECT count(*) FROM arrival"))
        assert arrivals == 0  # typing a pile of papers is no burst


def test_no_more_papers_enter_than_were_valid(world: World) -> None:
    session_id = counted.announce(world, issued=10)
    counted.count(world, session_id, collected=3, spoiled=1)
    with pytest.raises(ProblemsError) as refused:
        counted.enter(world, session_id, "1", "2", "3")
    assert refused.value.problems[0].values["over"] == 1
    assert ballots(world) == 0


def test_the_store_itself_lets_in_no_more_than_were_valid(world: World) -> None:
    session_id = counted.announce(world, issued=5)
    counted.count(world, session_id, collected=2, spoiled=1)
    cards = _free(world, session_id)
    with pytest.raises(IntegrityError), world.database.write_rows() as connection:
        connection.execute(
            insert(Admission),
            [{"card_id": card, "round_id": world.round_id} for card in cards[:2]],
        )


def test_nothing_enters_before_the_papers_are_counted(world: World) -> None:
    session_id = counted.announce(world)
    with pytest.raises(entering.NotCountedError):
        counted.asked(world, session_id)


def test_more_collected_than_issued_makes_the_session_void(world: World) -> None:
    session_id = counted.announce(world, issued=10)
    assert counted.count(world, session_id, collected=11)
    assert counted.standing(world, session_id).row.is_void
    with pytest.raises(VoidSessionError):
        counted.asked(world, session_id)
    with pytest.raises(VoidSessionError):
        counted.count(world, session_id, collected=9)


def test_counts_are_put_down_once(world: World) -> None:
    session_id = counted.announce(world, issued=10)
    counted.count(world, session_id, collected=9)
    with pytest.raises(CountedBeforeError):
        counted.count(world, session_id, collected=8)


def test_the_store_itself_refuses_more_collected_than_issued(world: World) -> None:
    session_id = counted.announce(world, issued=10)
    with pytest.raises(IntegrityError):
        _change(world, session_id, collected=11, spoiled=0)


def _change(world: World, session_id: int, **values: object) -> None:
    """Write into a session behind the back of every service."""
    with world.database.write() as session:
        session.execute(
            update(CountedSession).where(CountedSession.id == session_id).values(**values)
        )


def test_without_the_check_a_session_with_too_many_papers_would_count(world: World) -> None:
    """Counter-proof: the check is what stands in the way."""
    session_id = counted.announce(world, issued=10)
    _drop_check(world.database, "counted_session", "no_more_than_issued")
    _change(world, session_id, collected=11, spoiled=0)
    assert counted.enter(world, session_id, "1", "2").new == 2


def _drop_check(database: Database, table: str, name: str) -> None:
    constraint = f"ck_{table}_{name}"
    with database.write() as session:
        if not database.is_sqlite:
            session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"))
            return
        session.execute(text("PRAGMA writable_schema = ON"))
        session.execute(
            text(
                "UPDATE sqlite_schema SET sql = replace(sql,"
                " 'CHECK (collected IS NULL OR collected <= issued OR is_void)', 'CHECK (1)')"
                " WHERE name = 'counted_session'"
            )
        )
        version = session.scalar(text("PRAGMA schema_version"))
        session.execute(text(f"PRAGMA schema_version = {version + 1}"))
    database.engine.dispose()


def test_without_the_receipts_key_the_same_paper_counts_twice(world: World) -> None:
    """Counter-proof: what refuses the second is the receipt's key, not a look beforehand."""
    session_id = counted.announce(world)
    counted.count(world, session_id, collected=5)
    counted.enter(world, session_id, "1")
    with world.database.write() as session:
        session.execute(text("UPDATE receipt SET nonce_hash = nonce_hash || nonce_hash"))
    assert counted.enter(world, session_id, "1").new == 1
    assert ballots(world) == 2


def test_the_store_refuses_an_admission_of_a_void_session(world: World) -> None:
    session_id = counted.announce(world, issued=3)
    counted.count(world, session_id, collected=3)
    cards = _free(world, session_id)
    _change(world, session_id, is_void=True, void_reason="票箱破损")
    with pytest.raises(DatabaseError), world.database.write_rows() as connection:
        connection.execute(insert(Admission), {"card_id": cards[0], "round_id": world.round_id})


def test_void_is_for_good(world: World) -> None:
    session_id = counted.announce(world)
    counted.count(world, session_id, collected=11)
    with pytest.raises(DatabaseError):
        _change(world, session_id, is_void=False, void_reason="", collected=5)


def _free(world: World, session_id: int) -> list[bytes]:
    with world.database.read() as session:
        row = session.get_one(CountedSession, session_id)
        return list(sessions.free_cards(session, row.batch_id))


@pytest.fixture
def second(world: World, settings: Settings) -> SignedIn:
    """Another operator who may approve; the tester who asks is one, too."""
    for login in (OPERATOR, "second"):
        spec = OperatorSpec(login, login, "admin")
        create_operator(world.database, settings, "tests", spec, "a long enough phrase")
    return SignedIn(2, "second", "第二人", "admin")


def test_a_second_person_makes_a_session_void_and_the_log_names_both(
    world: World, second: SignedIn, tmp_path: Path
) -> None:
    session_id = counted.announce(world)
    counted.count(world, session_id, collected=4)
    counted.enter(world, session_id, "1", "2")
    voiding.ask(world.database, OPERATOR, world.round_id, session_id, "票箱封条破损")
    assert not counted.standing(world, session_id).row.is_void
    (act,) = two_persons.waiting_for_round(world.database, world.round_id)
    two_persons.approve(world.database, second, act.id)
    row = counted.standing(world, session_id).row
    assert (row.is_void, row.void_reason) == (True, "票箱封条破损")
    with world.database.read() as session:
        bodies = session.scalars(select(LogLeaf.body)).all()
    (leaf,) = [body for body in bodies if b'"exclusion"' in body]
    assert b'"asked_by":"tester"' in leaf
    assert b'"approved_by":"second"' in leaf
    assert ballots(world) == 2  # evidence stays
    assert _counted_after_sealing(world, tmp_path) == 0


def test_ballots_of_a_sound_session_count_after_sealing(world: World, tmp_path: Path) -> None:
    session_id = counted.announce(world)
    counted.count(world, session_id, collected=2)
    counted.enter(world, session_id, "1", "2")
    assert _counted_after_sealing(world, tmp_path) == 2


def _counted_after_sealing(world: World, tmp_path: Path) -> int:
    """Rows of sealed files that no official act takes out."""
    closing.close_round(world.database, OPERATOR, world.round_id)
    folders = closing.seal(
        world.database, world.rounds, OPERATOR, world.round_id, tmp_path / "sealed"
    )
    rows = out = 0
    for folder in folders:
        rows += json.loads((folder / "manifest.json").read_text())["counts"]["rows"]
        path = folder / "exclusions.json"
        out += len(json.loads(path.read_text())) if path.exists() else 0
    return rows - out


def test_interviews_enter_once_by_batch_and_row(world: World) -> None:
    first = counted.announce(world, issued=3, kind="phone")
    other = counted.announce(world, issued=3, kind="phone")
    assert counted.enter(world, first, "A-1", "A-2").new == 2
    again = counted.enter(world, first, "A-1", "A-2")
    assert (again.new, again.before) == (0, 2)
    assert counted.enter(world, other, "A-1").new == 1
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 3
        assert set(session.scalars(select(Ballot.channel))) == {"phone"}
