"""Who voted when is known; whose answers are whose must not come out, from no file underneath.

Two hundred people use their cards one after the other. The attacker knows that order to the last
person and reads everything there is: hidden row numbers, transaction numbers, pages, journals,
the log, files on the disk. An attack is an order or a pairing; five right of 200 are chance.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from forms.decoder import decode
from survey_app.ballots import integration
from survey_app.ballots.accept import Submission
from survey_app.ballots.payload import pack
from survey_app.ballots.service import submission
from survey_app.ballots.writer import BallotWriter
from survey_app.closing import service as closing
from survey_app.closing import unsealing
from survey_app.core.database import Database
from tests.prove.stores import STORES, Store
from tests.prove.trial import Counts, Task, Trial
from tests.rounds import OPERATOR, World, make_world

PEOPLE = 200
CHANCE = 5
A_BATCH = 20
LOG_PAUSE = 10
"""Into the log after so many, without its minute's rest: the smallest batches there can be."""
PAGE, PAGES = 4096, (4096, 8192)
"""SQLite's and PostgreSQL's."""

Order = Sequence[bytes]
"""Payloads in the order somebody thinks they were sent."""


def attacks(kind: str, task: Task, *, is_sealed: bool) -> Counts:
    """Rounds of 200 cards; a failure is an attack with more than five right."""
    counts = Counts()
    while task.goes_on(counts.tried):
        with STORES[kind](task) as store:
            random = Random(f"{task.seed} {counts.tried} {kind} {is_sealed}")
            world = make_world(store.database, store.home, cards=PEOPLE, is_sealed=is_sealed)
            truth = vote(world, random)
            before = dict(_files(store_files(store), truth, "before the end: "))
            _end(world, store, is_sealed=is_sealed)
            found = dict(_by_query(kind, store.database))
            found |= _files(store_files(store), truth, "")
            counts += _score({**found, **(before if is_sealed else {})}, truth)
    return counts


def _score(found: Mapping[str, Order], truth: Order) -> Counts:
    right = {name: _right(order, truth) for name, order in found.items()}
    best = max(right, key=lambda name: right[name])
    note = f"best of {len(right)}: {best}, {right[best]} of {len(truth)} right"
    return Counts(len(right), sum(n > CHANCE for n in right.values()), {}, (note,))


def _right(order: Order, truth: Order) -> int:
    """Places that are right, read forwards or backwards, whichever is more."""
    both = (list(order), list(order)[::-1])
    return max(sum(a == b for a, b in zip(one, truth, strict=False)) for one in both)


def vote(world: World, random: Random) -> list[bytes]:
    """Everybody answers with their card, each differently: the payloads in order of time."""
    writer = BallotWriter(world.database, world.keys)
    cards = list(world.cards)
    random.shuffle(cards)
    payloads = []
    for number, card in enumerate(cards):
        sent, payload = filled_at_random(world, card.qr_code, random)
        assert writer.submit(sent).is_recorded
        payloads.append(payload)
        if number % LOG_PAUSE == LOG_PAUSE - 1 or integration.LEAST == 1:
            integration.integrate(world.database, world.round_id)
    assert len(set(payloads)) == len(payloads)
    return payloads


def filled_at_random(
    world: World, code: str, random: Random, comment: str = ""
) -> tuple[Submission, bytes]:
    """A card's form with answers drawn at random, and these as a payload before any sealing."""
    entrance = world.at_card(code)
    given = []
    for asked in entrance.sheet.fields.values():
        if asked.kind == "single":
            given.append((asked.name, random.choice(sorted(asked.numbers))))
        elif asked.kind == "text" and comment:
            given.append((asked.name, comment))
    decoded = decode(given, entrance.sheet)
    assert not decoded.errors, decoded.errors
    sent = submission(entrance, world.nonce(), decoded.answers, world.keys)
    return sent, pack(decoded.answers)


def _end(world: World, store: Store, *, is_sealed: bool) -> None:
    """Close, open what is sealed, seal the files."""
    closing.close_round(world.database, OPERATOR, world.round_id)
    if is_sealed:
        folder, shares = world.keys.folder, world.shares[:2]
        unsealing.unseal(world.database, world.rounds, folder, OPERATOR, world.round_id, shares)
    sealed = store.settings.sealed_dir
    closing.seal(world.database, world.rounds, OPERATOR, world.round_id, sealed)


QUERIES = {
    "sqlite": {
        "hidden row number": "SELECT payload FROM ballot ORDER BY rowid",
        "as stored": "SELECT payload FROM ballot",
    },
    "postgres": {
        "row number (ctid)": "SELECT payload FROM ballot ORDER BY ctid",
        "transaction number (xmin)": "SELECT payload FROM ballot ORDER BY xmin::text::bigint, id",
        "transaction of card and ballot": "SELECT b.payload FROM ballot b JOIN admission a "
        "ON a.xmin = b.xmin ORDER BY a.ctid, b.id",
        "as stored": "SELECT payload FROM ballot",
    },
}


def _by_query(kind: str, database: Database) -> Iterator[tuple[str, Order]]:
    for name, query in QUERIES[kind].items():
        try:
            with database.read() as session:
                yield name, list(session.scalars(text(query)))[: 2 * PEOPLE]
        except DBAPIError:
            continue  # no such column: nothing to be read


def _files(paths: Iterable[Path], truth: Order, when: str) -> Iterator[tuple[str, Order]]:
    """Answers in the order in which they lie in a file, and in that of a page's cells."""
    for path in paths:
        known = _places(path.read_bytes(), truth)
        if len(known) > CHANCE:
            yield f"{when}bytes of {path.name}", sorted(known, key=lambda one: known[one])
            for page in PAGES:
                rows = sorted(known, key=lambda one: (known[one] // page, -known[one]))
                yield f"{when}rows of {path.name} by pages of {page}", rows
            yield f"{when}cells of {path.name}", _by_cells(known, PAGE)


def _places(content: bytes, truth: Order) -> dict[bytes, int]:
    """Where each payload first lies; they are of one length and begin alike."""
    wanted, length = set(truth), len(truth[0])
    start = next(truth[0][:n] for n in range(length, 0, -1) if _begin(truth, truth[0][:n]))
    found: dict[bytes, int] = {}
    place = content.find(start)
    while place >= 0:
        one = content[place : place + length]
        if one in wanted:
            found.setdefault(one, place)
        place = content.find(start, place + 1)
    return found


def _begin(some: Order, start: bytes) -> bool:
    return all(one.startswith(start) for one in some)


def _by_cells(places: Mapping[bytes, int], page: int) -> Order:
    """Both databases fill a page from its end: the rank within a page is a guess at the time."""
    pages: dict[int, list[bytes]] = {}
    for one, place in sorted(places.items(), key=lambda pair: -pair[1]):
        pages.setdefault(place // page, []).append(one)
    guess = {
        one: (rank + 0.5) / len(cells) for cells in pages.values() for rank, one in enumerate(cells)
    }
    return sorted(guess, key=lambda one: guess[one])


def store_files(store: Store) -> Iterator[Path]:
    """Every file of the store: the home, and PostgreSQL's tables and write-ahead log."""
    roots = [store.home]
    if store.server is not None:
        with store.database.engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
            query = "SELECT oid FROM pg_database WHERE datname = current_database()"
            number = connection.exec_driver_sql(query).scalar_one()
        roots += [store.server.data / "base" / str(number), store.server.data / "pg_wal"]
    for root in roots:
        sealed = store.settings.sealed_dir
        for path in sorted(root.rglob("*")):
            if path.is_file() and sealed not in path.parents and path.name[:4] != "pg_i":
                yield path


def log_order(task: Task) -> Counts:
    """Ballots guessed by their place in the public log; what is right beyond 5 % is a failure."""
    tried = right = 0
    while task.goes_on(tried):
        with STORES["sqlite"](task) as store:
            world = make_world(store.database, store.home, cards=PEOPLE)
            truth = vote(world, Random(f"{task.seed} {tried}"))
            closing.close_round(store.database, OPERATOR, world.round_id)
            query = "SELECT b.payload FROM ballot b JOIN log_leaf l ON l.subject = b.commitment "
            with store.database.read() as session:
                order = list(session.scalars(text(query + "ORDER BY l.place")))
            tried, right = tried + PEOPLE, right + _right(order, truth)
    return Counts(tried, max(0, right - tried // A_BATCH), {"right": right})


def log_at_once(task: Task) -> Counts:
    """The same where every ballot goes into the log at once; counts ballots found by place."""
    kept = integration.LEAST, integration.LEFT
    integration.LEAST, integration.LEFT = 1, 0
    try:
        found = log_order(replace(task, wanted=1))
    finally:
        integration.LEAST, integration.LEFT = kept
    return Counts(found.tried, found.also["right"])


def naive(kind: str, task: Task) -> Counts:
    """The same people in tables as they are usually made; counts answers the attacks link."""
    make = {
        "sqlite": "CREATE TABLE ballot_naive (id INTEGER PRIMARY KEY, payload BLOB)",
        "postgres": "CREATE TABLE ballot_naive (id SERIAL PRIMARY KEY, payload BYTEA)",
    }
    random = Random(task.seed)
    truth = [random.randbytes(31) for _ in range(task.wanted)]
    with STORES[kind](task) as store:
        with store.database.write_rows() as connection:
            connection.execute(text(make[kind]))
        for one in truth:
            with store.database.write_rows() as connection:
                insert = text("INSERT INTO ballot_naive (payload) VALUES (:one)")
                connection.execute(insert, {"one": one})
        hidden = "rowid" if kind == "sqlite" else "xmin::text::bigint, ctid"
        with store.database.read() as session:
            query = f"SELECT payload FROM ballot_naive ORDER BY {hidden}"
            order = list(session.scalars(text(query)))
    return Counts(len(truth), _right(order, truth))


def _line(kind: str, name: str, *, is_sealed: bool) -> Trial:
    sort = "sealed" if is_sealed else "plain"
    what = "hidden row numbers, transaction numbers, order in files, pages, write-ahead log"
    what += ", all of it before the end too" * is_sealed
    return Trial(
        id=f"linking-{sort}-{kind}",
        section="Secret",
        promise=f"After a {sort} round, nothing underneath links 200 cards to answers ({name})",
        invariants=("I12",),
        how=f"200 people vote with cards in a known order; {what}; ≤ {CHANCE} right is chance",
        tries="attacks on 200 ballots",
        nightly=5,
        full=50,
        run=partial(attacks, kind, is_sealed=is_sealed),
        seconds=40,
        short=1,
        guard="tables as usually made, a numbered row each",
        counter_proof=partial(naive, kind),
        counter_wanted=PEOPLE,
        counter_share=0.9,
    )


LOG = Trial(
    id="linking-log",
    section="Secret",
    promise="A place in the public log narrows a ballot of a plain round to no fewer than 20",
    invariants=("I12",),
    how="200 people vote with cards, ballots go into the log in the smallest batches there can be; "
    "who knows the whole order guesses by place, and may be right for one in 20",
    tries="ballots guessed",
    nightly=1_000,
    full=10_000,
    run=log_order,
    seconds=60,
    short=200,
    guard="every ballot into the log at once",
    counter_proof=log_at_once,
    counter_wanted=1,
    counter_share=0.9,
)

TRIALS = (
    LOG,
    *(
        _line(kind, name, is_sealed=is_sealed)
        for (kind, name), is_sealed in product(
            (("sqlite", "SQLite"), ("postgres", "PostgreSQL")), (False, True)
        )
    ),
)
