"""The same card, the same form, at the same moment: one answer sheet, and the loser is told."""

from contextlib import AbstractContextManager
from functools import partial
from random import Random

from sqlalchemy import func, select, text

from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.core.database import Base, Database
from tests.chaos.racing import overlapped, race
from tests.prove.stores import STORES, Store
from tests.prove.trial import Counts, Task, Trial
from tests.rounds import World, make_world

CARDS = 500
PROCESSES = (2, 2, 2, 3, 4, 8, 16)


def _store(kind: str, task: Task) -> AbstractContextManager[Store]:
    return STORES[kind](task)


def same_card(kind: str, task: Task) -> Counts:
    """Cards used by 2–16 processes at once; a failure is a card with other than one winner."""
    counts, random = Counts(), Random(task.seed)
    while task.goes_on(counts.tried):
        processes = random.choice(PROCESSES)
        cards = min(CARDS, task.wanted - counts.tried, 40 if processes > 4 else CARDS)
        with _store(kind, task) as store:
            counts += _one_race(store, cards, processes)
    return counts


def _one_race(store: Store, cards: int, processes: int) -> Counts:
    world = make_world(store.database, store.home, cards=cards)
    attempts = race(world, store.home, [card.qr_code for card in world.cards], processes)
    wanted = ["accepted", *["code_used"] * (processes - 1)]
    lost = sum(sorted(one.kind for one in card) != wanted for card in attempts)
    stored = {count(world, table) for table in (Ballot, Receipt, Admission)}
    also = {"overlapping": sum(map(overlapped, attempts))}
    return Counts(cards, lost or int(stored != {cards}), also)


def same_card_unguarded(kind: str, task: Task) -> Counts:
    """The same race without the primary key of admissions; counts cards that voted twice."""
    with _store(kind, task) as store:
        world = make_world(store.database, store.home, cards=task.wanted)
        drop_admission_key(store.database)
        attempts = race(world, store.home, [card.qr_code for card in world.cards])
        twice = sum(sum(one.kind == "accepted" for one in card) > 1 for card in attempts)
        return Counts(len(attempts), twice)


def drop_admission_key(database: Database) -> None:
    with database.write() as session:
        if database.is_sqlite:
            session.execute(text("DROP TABLE admission"))
            session.execute(text("CREATE TABLE admission (card_id BLOB, round_id INTEGER)"))
        else:
            session.execute(text("ALTER TABLE admission DROP CONSTRAINT pk_admission"))


def count(world: World, table: type[Base]) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _line(kind: str, name: str) -> Trial:
    return Trial(
        id=f"race-card-{kind}",
        section="Once",
        promise=f"One card, one answer sheet, however many send it at once ({name})",
        invariants=("I3", "I8"),
        how="2–16 processes wait at a barrier and use the same card with other answers",
        tries="cards raced for",
        nightly=1_500,
        full=15_000,
        run=partial(same_card, kind),
        seconds=90,
        short=60,
        guard="no primary key on admissions",
        counter_proof=partial(same_card_unguarded, kind),
        counter_wanted=10,
    )


TRIALS = (_line("sqlite", "SQLite"), _line("postgres", "PostgreSQL"))
