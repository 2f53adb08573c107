"""Draws on record: append-only, numbered, without a name; rosters, cards and earlier rounds."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from survey_app.assessments.earlier import earlier_run
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError, ProblemsError
from survey_app.planning import service
from survey_app.planning.asked import basis_of
from survey_app.planning.drawing import Rule
from survey_app.planning.lists import Listed
from survey_app.planning.service import DrawnBeforeError, DrawSpec
from survey_app.record.service import broken_entries
from survey_app.record.tables import RecordEntry
from survey_app.rounds import service as rounds
from tests.assessed import assessed_world
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, make_world

PEOPLE = tuple(Listed(f"秘密{n:03d}", "甲" if n % 2 else "乙") for n in range(1, 21))


def spec(seed: str = "s1", purpose: str = "样本", n: int = 4) -> DrawSpec:
    return DrawSpec(purpose, "", Rule("stratified", n, seed, "proportional"), "公告")


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    return make_world(database, settings.home, units=2, cards=5, state="frozen")


def make(world: World, wanted: DrawSpec, people: tuple[Listed, ...] = PEOPLE) -> int:
    return service.make_draw(world.database, OPERATOR, world.round_id, people, wanted).number


def test_a_draw_is_recorded_with_everything_but_names(world: World) -> None:
    assert make(world, spec()) == 1
    line = service.open_draw(world.database, world.round_id, 1)
    row = line.row
    assert (row.people, row.n, row.seed, row.strata) == (
        20,
        4,
        "s1",
        {"甲": [10, 2], "乙": [10, 2]},
    )
    assert service.check_draw(line, PEOPLE[::-1]).is_same
    with world.database.read() as session:
        (entry,) = session.query(RecordEntry).filter_by(action="planning.draw").all()
        assert entry.round_id == world.round_id
        assert entry.details["seed"] == "s1"
        assert entry.details["list"] == f"sha256:{row.list_digest}"
        assert list(broken_entries(session)) == []
        stored = str(session.execute(text("SELECT * FROM roster_draw")).all())
        assert "秘密" not in stored + str(entry.details)


def test_every_draw_stays_visible_and_says_what_came_before(world: World) -> None:
    make(world, spec())
    make(world, spec("s2"))
    make(world, spec("s2", "另一件"), PEOPLE[1:])
    newest, second, first = service.list_draws(world.database, world.round_id)
    assert first.marks == ()
    assert [note.text() for note in second.marks] == [
        "同一用途，之前抽过：第 1 次",
        "同一份名单，换了种子或方法：第 1 次",
    ]
    assert [note.text() for note in newest.marks] == ["同一个种子，用在另一份名单上：第 2 次"]


def test_the_same_draw_is_not_made_twice(world: World) -> None:
    make(world, spec())
    with pytest.raises(DrawnBeforeError, match="第 1 次"):
        make(world, spec(), PEOPLE[::-1])
    assert len(service.list_draws(world.database, world.round_id)) == 1
    with world.database.write() as session, pytest.raises(IntegrityError):
        session.execute(
            text(
                "INSERT INTO roster_draw (round_id, number, purpose, source, method, allocation, n,"
                " people, strata, seed, announced, list_digest, drawn_digest, operator, at) SELECT"
                " round_id, 2, purpose, source, method, allocation, n, people, strata, seed,"
                " announced, list_digest, drawn_digest, operator, at FROM roster_draw"
            )
        )


def test_what_cannot_be_drawn_leaves_no_trace(world: World) -> None:
    with pytest.raises(ProblemsError):
        make(world, spec(n=21))
    with pytest.raises(NotFoundError):
        service.make_draw(world.database, OPERATOR, 99, PEOPLE, spec())
    assert service.list_draws(world.database, world.round_id) == []
    with pytest.raises(NotFoundError):
        service.open_draw(world.database, world.round_id, 1)


CHANGES = ("UPDATE roster_draw SET seed = 'better'", "DELETE FROM roster_draw")


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_a_draw(world: World, statement: str) -> None:
    make(world, spec())
    with pytest.raises(DBAPIError, match="append-only"), world.database.write() as session:
        session.execute(text(statement))
    assert service.open_draw(world.database, world.round_id, 1).row.seed == "s1"


@pytest.mark.parametrize("statement", CHANGES)
def test_without_its_guard_the_draw_could_be_changed(world: World, statement: str) -> None:
    """So that the test above does not pass for another reason."""
    make(world, spec())
    act = statement.partition(" ")[0].lower()
    where = "" if world.database.is_sqlite else " ON roster_draw"
    with world.database.write() as session:
        session.execute(text(f"DROP TRIGGER roster_draw_no_{act}{where}"))
        session.execute(text(statement))
    seeds = [line.row.seed for line in service.list_draws(world.database, world.round_id)]
    assert seeds == (["better"] if act == "update" else [])


def test_a_plan_starts_from_rosters_cards_and_posters(world: World) -> None:
    basis = basis_of(world.database, world.round_id, earlier_run)
    citizens, delegates = basis.pairs
    assert [(u.population, u.cards, u.is_posted) for u in citizens.units] == [(None, 0, True)] * 2
    assert [(u.population, u.cards, u.is_posted) for u in delegates.units] == [(6, 5, False)] * 2
    assert basis.earlier is None
    assert basis.assumed["citizen"].sd == 15
    assert "假定" in basis.assumed["citizen"].why_sd.text()
    assert [one.key for one in service.roster_of(world.database, "delegate")][:2] == [
        "人员0001",
        "人员0002",
    ]


def test_an_earlier_round_of_the_same_scheme_is_the_first_choice(
    database: Database, settings: Settings
) -> None:
    """市1局: 4 × 80, 2 × 100, so s² = 6/5 · 800/9 = 106.67; 市2局: no spread, its error is 0.

    5 of the 6 delegates on the roster came; citizens came by posters, so nobody knows of how many.
    """
    world = assessed_world(database, settings)
    new = rounds.RoundSpec("今年", "市绩效办", "12345", SCHEME, BINDINGS, is_simulated=True)
    round_id = rounds.create_round(database, world.keys, OPERATOR, "now", new)
    basis = basis_of(database, round_id, earlier_run)
    assert basis.earlier is not None
    assert basis.earlier.title == "测试轮次"
    assert basis.assumed["citizen"].sd == pytest.approx(10.3)
    assert "“测试轮次”的核算：1 个对象、6 份次" in basis.assumed["citizen"].why_sd.text()
    assert "假定" in basis.assumed["citizen"].why_response.text()
    assert basis.assumed["delegate"].response == pytest.approx(0.83)
    assert basis_of(database, world.round_id, earlier_run).earlier is None  # not its own ground


def test_simulated_answers_are_no_ground_for_a_real_round(
    database: Database, settings: Settings
) -> None:
    world = assessed_world(database, settings)
    for key, scheme, is_simulated in (("real", SCHEME, False), ("other", OTHER, True)):
        new = rounds.RoundSpec("今年", "办", "1", scheme, BINDINGS, is_simulated=is_simulated)
        round_id = rounds.create_round(database, world.keys, OPERATOR, key, new)
        assert basis_of(database, round_id, earlier_run).earlier is None


OTHER = SCHEME.replace('key = "test"', 'key = "else"')
