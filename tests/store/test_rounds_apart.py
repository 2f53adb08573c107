"""What ends one round leaves its neighbour in the same store as it was."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from analysis.round_log.merkle import leaf_hash, root
from survey_app.accounts import two_persons
from survey_app.ballots import drafts
from survey_app.ballots.accept import accept_many
from survey_app.ballots.tables import (
    Admission,
    Arrival,
    Asked,
    Ballot,
    Comment,
    Draft,
    Receipt,
    Refusal,
)
from survey_app.closing import keeping
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.database import Database
from survey_app.record import round_log
from survey_app.record.tables import LogLeaf, RecordEntry
from survey_app.rounds import entrances, life, service
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.tables import Batch, Card, Link
from tests.rounds import BINDINGS, OPERATOR, SCHEME, World, make_world
from tests.second import approve_all, make_pair

OF_ROUND = (Ballot, Receipt, Admission, Draft, Comment, Refusal)


def neighbour(world: World, state: str = "open") -> World:
    """One more round on the same register, with a poster and two cards."""
    database, keys = world.database, world.keys
    spec = service.RoundSpec("另一轮", "市绩效办", "12345", SCHEME, BINDINGS, is_simulated=True)
    round_id = service.create_round(database, keys, OPERATOR, "neighbour", spec)
    link = entrances.LinkSpec("海报", "citizen", "online", ("u1",))
    (made,) = entrances.add_links(database, OPERATOR, round_id, [link])
    batch = entrances.BatchSpec("代表", "delegate", "assembly", 2)
    cards = entrances.issue_cards(database, keys, OPERATOR, round_id, batch).cards
    if state == "testing":
        service.start_test(database, OPERATOR, round_id)
    else:
        service.freeze(database, OPERATOR, round_id)
        service.open_round(database, OPERATOR, round_id)
    links = {"u1": made.token}
    return World(database, keys, world.rounds, world.nonces, round_id, links, cards)


def use(world: World, times: int) -> None:
    """Every kind of row: ballots with comments, a card used twice, a draft, somebody who waits."""
    used, kept = (world.at_card(card.qr_code) for card in world.cards[:2])
    ballots = [world.ballot(world.at_link(), comment="路灯不亮") for _ in range(times)]
    ballots += [world.ballot(used), world.ballot(used)]
    accept_many(world.database, world.keys, ballots, at=clock.now())
    assert drafts.save(world.database, kept, {"1.D1": "满意"})
    with world.database.write() as session:
        link = session.scalars(select(Link.id).where(Link.round_id == world.round_id)).first()
        session.add(Asked(link_id=link, bin=1, n=1))


def rows(world: World) -> dict[str, int]:
    """How many rows of a round there are in each table."""
    links = select(Link.id).where(Link.round_id == world.round_id)
    batches = select(Batch.id).where(Batch.round_id == world.round_id)
    conditions = [(table, table.round_id == world.round_id) for table in OF_ROUND]
    conditions += [(table, table.link_id.in_(links)) for table in (Arrival, Asked)]
    conditions += [(Card, Card.batch_id.in_(batches))]
    with world.database.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table).where(one))
            or 0
            for table, one in conditions
        }


def told(world: World, action: str) -> dict[str, object]:
    """What the record says of the round's one act of this kind."""
    with world.database.read() as session:
        entries = select(RecordEntry).where(
            RecordEntry.round_id == world.round_id, RecordEntry.action == action
        )
        return dict(session.scalars(entries).one().details)


def assess(world: World, home: Path) -> None:
    closing.close_round(world.database, OPERATOR, world.round_id)
    closing.seal(world.database, world.rounds, OPERATOR, world.round_id, home)
    with world.database.write() as session:
        life.move(session, hold_round(session, world.round_id), "assess", OPERATOR, clock.now())


@pytest.fixture
def pair(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[World, World]:
    """Two rounds in the same state, with rows of every kind in both."""
    state = getattr(request, "param", "open")
    first = make_world(database, tmp_path, cards=2, state=state, keep_days=0)
    second = neighbour(first, state)
    use(first, 2)
    use(second, 3)
    return first, second


@pytest.mark.parametrize("pair", ["testing"], indirect=True)
def test_wiping_a_test_takes_all_of_it_and_nothing_else(pair: tuple[World, World]) -> None:
    first, second = pair
    before, others = rows(first), rows(second)
    wiped = closing.wipe_test(first.database, OPERATOR, first.round_id)
    assert wiped == {table.__tablename__: before[table.__tablename__] for table in OF_ROUND}
    assert 0 not in wiped.values()
    assert {name for name, n in rows(first).items() if n} == {"card"}
    assert rows(second) == others


def test_closing_and_sealing_touch_one_round(pair: tuple[World, World], tmp_path: Path) -> None:
    first, second = pair
    before, others = rows(first), rows(second)
    assess(first, tmp_path / "sealed")
    assert told(first, "round.counted") == {"ballots": 3}
    assert rows(first) == {**before, "draft": 0}
    assert rows(second) == others
    assert keeping.look(second.database, second.keys, second.round_id).due_at is None


def test_a_destruction_takes_all_of_a_round_and_nothing_else(
    pair: tuple[World, World], tmp_path: Path
) -> None:
    first, second = pair
    database, keys = first.database, first.keys
    assess(first, tmp_path / "sealed")
    with database.write() as session:  # as a restored backup may bring it back after sealing
        card = session.scalars(
            select(Admission.card_id).where(Admission.round_id == first.round_id)
        ).one()
        session.add(Draft(card_id=card, round_id=first.round_id, content=b"again"))
    before, others = rows(first), rows(second)
    make_pair(database)
    with database.write() as session:
        two_persons.ask(session, OPERATOR, keeping.DESTROY, "保存期满", first.round_id)
    approve_all(database)
    counts = keeping.destroy(database, keys, OPERATOR, first.round_id)
    destroyed = {"ballot", "receipt", "admission", "draft", "comment", "card"}
    assert counts == {"round_key": 1, **{name: before[name] for name in destroyed}}
    assert not [name for name in destroyed if rows(first)[name]]
    assert rows(second) == others
    (outcome,) = accept_many(database, keys, [second.ballot(second.at_link())], at=clock.now())
    assert outcome.kind == "accepted"


def test_a_start_destroys_no_key_of_a_round_that_was_not_destroyed(
    pair: tuple[World, World],
) -> None:
    for world in pair:
        keeping.finish_interrupted(world.database, world.keys)
        assert world.keys.has(world.round_id)


def test_each_round_has_a_log_of_its_own(pair: tuple[World, World]) -> None:
    for world in pair:
        closing.close_round(world.database, OPERATOR, world.round_id)
    for world in pair:
        with world.database.read() as session:
            own = select(LogLeaf.body).where(LogLeaf.round_id == world.round_id)
            bodies = list(session.scalars(own.order_by(LogLeaf.place)))
            head = round_log.newest(session, world.round_id)
        assert head is not None
        assert (head.size, head.root) == (len(bodies), root(map(leaf_hash, bodies)))
