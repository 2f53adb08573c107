"""Any single row changed behind the application's back is named by `survey verify-round` (I23)."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from survey_app.assessments.tables import Run
from survey_app.ballots.accept import accept_many
from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.closing import service as closing
from survey_app.closing import unsealing
from survey_app.core import clock
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.disclosure import ledger
from survey_app.disclosure.tables import Release
from survey_app.publication.stored import check_stored
from survey_app.record.tables import LogCheckpoint, LogLeaf, RecordEntry
from survey_app.rounds.tables import Round
from tests.assessed import GOOD, assessed_world
from tests.cities import survey
from tests.rounds import OPERATOR, World, make_world
from tests.stores import new_sqlite

OTHER = b'{"hash":"' + b"0" * 64 + b'","type":"receipt","v":1}'
Change = Callable[[Session], object]


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A round that went the whole way, with one file handed out."""
    home = tmp_path_factory.mktemp("assessed")
    url = new_sqlite(home / "survey.db")
    settings = Settings(home, url, b"s" * 32, is_production=False, base_url=None)
    world = assessed_world(Database(url), settings)
    with world.database.write() as session:
        ledger.enter(session, world.round_id, "得分.csv", "csv", "0" * 64, operator=OPERATOR)
    return world


@pytest.fixture
def world(assessed: World, tmp_path: Path) -> Iterator[World]:
    """A copy of its store, to be spoiled."""
    path = tmp_path / "survey.db"
    shutil.copy(str(assessed.database.url.database), path)
    database = Database(f"sqlite:///{path}")
    database.info.update(assessed.database.info)
    yield replace(assessed, database=database)
    database.dispose()


def kinds(world: World) -> set[str]:
    return {one.kind for one in check_stored(world.database, world.round_id)}


def without_guards(database: Database, change: Change) -> None:
    """Make a change as whoever owns the database can."""
    with database.write() as session:
        if database.is_sqlite:
            names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for name in session.scalars(text(names)).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("SET session_replication_role = replica"))
        change(session)


def first(session: Session, column: object) -> object:
    return session.scalars(select(column).limit(1)).one()  # type: ignore[call-overload]


CHANGES: dict[str, tuple[str, Change]] = {
    "another class": ("ballot", lambda s: s.execute(
        update(Ballot).where(Ballot.id == first(s, Ballot.id)).values(stratum="x"))),
    "a ballot less": ("ballot", lambda s: s.execute(
        delete(Ballot).where(Ballot.id == first(s, Ballot.id)))),
    "another receipt": ("receipt", lambda s: s.execute(
        update(Receipt).where(Receipt.number == first(s, Receipt.number)).values(number="X"))),
    "a receipt less": ("receipt", lambda s: s.execute(
        delete(Receipt).where(Receipt.number == first(s, Receipt.number)))),
    "a card unused": ("admission", lambda s: s.execute(
        delete(Admission).where(Admission.card_id == first(s, Admission.card_id)))),
    "another document": ("config", lambda s: s.execute(
        update(Round).values(frozen_config=Round.frozen_config + " "))),
    "other scores": ("run", lambda s: s.execute(
        update(Run).values(scores_json=Run.scores_json + " "))),
    "another act": ("record", lambda s: s.execute(
        update(RecordEntry).where(RecordEntry.id == 3).values(operator="nobody"))),
    "another file": ("release", lambda s: s.execute(update(Release).values(digest="1" * 64))),
    "another leaf": ("leaf", lambda s: s.execute(
        update(LogLeaf).where(LogLeaf.place == 5).values(body=OTHER))),
    "no leaf": ("leaf", lambda s: s.execute(
        update(LogLeaf).where(LogLeaf.place == 5).values(body=b"{}"))),
    "another head": ("checkpoint", lambda s: s.execute(
        update(LogCheckpoint).values(note="nothing\n"))),
}  # fmt: skip


def test_a_round_as_it_is_agrees_with_its_log(world: World) -> None:
    assert kinds(world) == set()


@pytest.mark.parametrize("name", CHANGES)
def test_any_row_changed_is_named(world: World, name: str) -> None:
    kind, change = CHANGES[name]
    without_guards(world.database, change)
    assert kind in kinds(world)


def test_while_it_is_open_waiting_ballots_are_no_mismatch(
    database: Database, settings: Settings
) -> None:
    world = make_world(database, settings.home, units=2, cards=2)
    ballots = [world.ballot(world.at_link(), option=GOOD) for _ in range(3)]
    accept_many(database, world.keys, ballots, at=clock.now())
    assert kinds(world) == set()


def test_a_sealed_round_before_and_after_its_opening(
    database: Database, settings: Settings
) -> None:
    world = make_world(database, settings.home, units=2, cards=3, is_sealed=True)
    ballots = [world.ballot(world.at_card(card.qr_code), option=GOOD) for card in world.cards]
    accept_many(database, world.keys, ballots, at=clock.now())
    closing.close_round(database, OPERATOR, world.round_id)
    assert kinds(world) == set()
    shares = list(world.shares[:2])
    unsealing.unseal(database, world.rounds, world.keys.folder, OPERATOR, world.round_id, shares)
    assert kinds(world) == set()
    without_guards(database, lambda s: s.execute(delete(Ballot).where(
        Ballot.id == first(s, Ballot.id))))  # fmt: skip
    assert kinds(world) == {"ballot"}


def test_the_command_names_what_does_not_agree(world: World) -> None:
    def run() -> tuple[int, str]:
        url = str(world.database.url)
        done = survey(
            world.keys.folder.parent, "verify-round", "test-round", SURVEY_DATABASE_URL=url
        )
        return done.exit_code, done.stdout

    assert run() == (0, "数据库与日志全部相符\n")
    without_guards(world.database, CHANGES["a ballot less"][1])
    code, said = run()
    assert (code, said.startswith("起因：答卷与日志不符")) == (4, True)


def test_a_changed_leaf_is_the_cause_and_said_first(world: World) -> None:
    without_guards(world.database, CHANGES["another leaf"][1])
    found = check_stored(world.database, world.round_id)
    assert (found[0].kind, found[0].place) == ("leaf", "5")
    (torn,) = [one for one in found if one.kind == "tree"]  # one line, however many heads follow
    first, last = (int(n) for n in torn.place.split("–"))
    assert first <= 5 <= last
    assert "第 5 片（从 0 数起）被改动过" in found[0].words
