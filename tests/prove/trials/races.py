"""The same card, the same form, at the same moment: one answer sheet, and the loser is told."""

from functools import partial
from random import Random

from sqlalchemy import func, select, text

from survey_app.ballots.tables import Admission, Ballot, Receipt
from survey_app.core.database import Base, Database
from tests.chaos.racing import Attempt, overlapped, race
from tests.prove.stores import STORES, Store
from tests.prove.trial import Counts, Run, Task, Trial
from tests.rounds import World, make_world

CARDS = 500
PROCESSES = (2, 2, 2, 3, 4, 8, 16)


def same_card(kind: str, task: Task) -> Counts:
    """Cards used by 2–16 processes at once; a failure is a card with other than one winner."""
    counts, random = Counts(), Random(task.seed)
    while task.goes_on(counts.tried):
        processes = random.choice(PROCESSES)
        cards = min(CARDS, task.wanted - counts.tried, 40 if processes > 4 else CARDS)
        with STORES[kind](task) as store:
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


def same_form(kind: str, task: Task) -> Counts:
    """One form sent by 2–16 processes at once; a failure is other than one sheet, one receipt."""
    counts, random = Counts(), Random(task.seed)
    while task.goes_on(counts.tried):
        processes = random.choice(PROCESSES)
        forms = min(CARDS, task.wanted - counts.tried, 40 if processes > 4 else CARDS)
        with STORES[kind](task) as store:
            counts += _one_form_race(store, forms, processes)
    return counts


def _one_form_race(store: Store, forms: int, processes: int) -> Counts:
    world = make_world(store.database, store.home)
    nonces = [world.nonces.make(world.round_id) for _ in range(forms)]
    attempts = race(world, store.home, nonces, processes, world.links["u1"])
    wanted = ["accepted", *["replayed"] * (processes - 1)]
    wrong = sum(
        sorted(one.kind for one in form) != wanted or len({one.receipt for one in form}) != 1
        for form in attempts
    )
    stored = {count(world, Ballot), count(world, Receipt)}
    also = {"overlapping": sum(map(overlapped, attempts))}
    return Counts(forms, wrong or int(stored != {forms}), also)


def same_card_unguarded(kind: str, task: Task) -> Counts:
    """The same race without the primary key of admissions; counts cards that voted twice."""
    with STORES[kind](task) as store:
        world = make_world(store.database, store.home, cards=task.wanted)
        drop_key(store.database, "admission")
        attempts = race(world, store.home, [card.qr_code for card in world.cards])
        return Counts(len(attempts), _counted_twice(attempts))


def same_form_unguarded(kind: str, task: Task) -> Counts:
    """The same race without the primary key of receipts; counts forms that counted twice."""
    with STORES[kind](task) as store:
        world = make_world(store.database, store.home)
        drop_key(store.database, "receipt")
        nonces = [world.nonces.make(world.round_id) for _ in range(task.wanted)]
        attempts = race(world, store.home, nonces, 2, world.links["u1"])
        return Counts(len(attempts), _counted_twice(attempts))


def _counted_twice(attempts: list[list[Attempt]]) -> int:
    return sum(sum(one.kind == "accepted" for one in together) > 1 for together in attempts)


def drop_key(database: Database, table: str) -> None:
    """Take a table's primary key away, and in SQLite every other rule of it too."""
    with database.write() as session:
        if database.is_sqlite:
            session.execute(text(f"CREATE TABLE naked AS SELECT * FROM {table}"))
            session.execute(text(f"DROP TABLE {table}"))
            session.execute(text(f"ALTER TABLE naked RENAME TO {table}"))
        else:
            session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}"))


def count(world: World, table: type[Base]) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _line(name: str, promise: str, how: str, guard: str, run: Run, counter_proof: Run) -> Trial:
    return Trial(
        id=f"race-{name}",
        section="Once",
        promise=promise,
        invariants=("I3", "I4", "I8"),
        how=how,
        tries="races",
        nightly=1_500,
        full=15_000,
        run=run,
        seconds=75,
        short=60,
        guard=guard,
        counter_proof=counter_proof,
        counter_wanted=10,
    )


def _lines(kind: str, name: str) -> tuple[Trial, Trial]:
    card = _line(
        f"card-{kind}",
        f"One card, one answer sheet, however many send it at once ({name})",
        "2–16 processes wait at a barrier and use the same card, with different answers",
        "no primary key on admissions",
        partial(same_card, kind),
        partial(same_card_unguarded, kind),
    )
    form = _line(
        f"form-{kind}",
        f"One form sent many times at once is one sheet and one receipt ({name})",
        "2–16 processes wait at a barrier and send the same form, with different answers",
        "no primary key on receipts",
        partial(same_form, kind),
        partial(same_form_unguarded, kind),
    )
    return card, form


TRIALS = (*_lines("sqlite", "SQLite"), *_lines("postgres", "PostgreSQL"))
