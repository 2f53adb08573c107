"""What lies on the disk: no answer of a sealed round before its opening, nothing after its end."""

import tarfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from random import Random

from sqlalchemy import select

from survey_app.accounts import two_persons
from survey_app.accounts.tables import Operator
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.ballots.writer import BallotWriter
from survey_app.cli.archive import make_backup
from survey_app.closing import keeping, unsealing
from survey_app.closing import service as closing
from survey_app.core import clock
from survey_app.core.access import SignedIn
from survey_app.rounds import life
from survey_app.rounds.frozen import hold_round
from survey_app.rounds.tables import Card
from tests.prove.stores import STORES, Store
from tests.prove.trial import Counts, Task, Trial
from tests.prove.trials.linking import filled_at_random, store_files
from tests.rounds import OPERATOR, World, make_world

PEOPLE = 40
WORDS = "路灯三个月不亮没人管"
SECOND = SignedIn(2, "second", "另一位", "admin")


def before_opening(kind: str, task: Task, *, is_sealed: bool = True) -> Counts:
    """Search every file for payloads and comments before the opening; found ones are failures."""
    counts = Counts()
    while task.goes_on(counts.tried):
        with STORES[kind](task) as store:
            world = _rated(store, is_sealed=is_sealed)
            secrets = _voted(world, counts.tried + task.seed)
            closing.close_round(store.database, OPERATOR, world.round_id)
            lie = _find(secrets, store_files(store))
        counts += Counts(len(secrets), lie)
    return counts


def after_destruction(kind: str, task: Task) -> Counts:
    """Search files, keys and a backup for what led back to cards and ballots; found is failed."""
    counts = Counts()
    while task.goes_on(counts.tried):
        with STORES[kind](task) as store:
            world = _rated(store, is_sealed=True)
            _voted(world, counts.tried + task.seed)
            _assess(store, world)
            _sampled(store)
            secrets = _secrets(world)
            there = _find(secrets, store_files(store))
            _destroy(store, world)
            backup = [_unpacked(store, task.folder)] if store.database.is_sqlite else []
            lie = _find(secrets, [*store_files(store), *backup])
        missed = int(there < len(secrets) // 2)  # a search that finds nothing finds nothing after
        counts += Counts(len(secrets), lie + missed, {"found before": there})
    return counts


def undestroyed(kind: str, task: Task) -> Counts:
    """The same search where nothing was destroyed; counts what it finds."""
    with STORES[kind](task) as store:
        world = _rated(store, is_sealed=True)
        _voted(world, task.seed)
        _assess(store, world)
        secrets = _secrets(world)
        return Counts(len(secrets), _find(secrets, store_files(store)))


def _rated(store: Store, *, is_sealed: bool) -> World:
    return make_world(store.database, store.home, cards=PEOPLE, is_sealed=is_sealed, keep_days=0)


def _voted(world: World, seed: int) -> list[bytes]:
    """Everybody votes, with a comment of their own: the plain payloads and words."""
    # A server keeps what earlier rounds wrote: nobody answers like anybody before.
    random, secrets = Random(f"{seed} {world.cards[0].qr_code}"), []
    writer = BallotWriter(world.database, world.keys)
    for card in world.cards:
        words = f"{WORDS}{card.qr_code}。"
        sent, payload = filled_at_random(world, card.qr_code, random, words)
        assert writer.submit(sent).is_recorded
        secrets += [payload, words.encode()]
    return secrets


def _assess(store: Store, world: World) -> None:
    closing.close_round(store.database, OPERATOR, world.round_id)
    folder, shares = world.keys.folder, world.shares[1:]
    unsealing.unseal(store.database, world.rounds, folder, OPERATOR, world.round_id, shares)
    sealed = store.settings.sealed_dir
    closing.seal(store.database, world.rounds, OPERATOR, world.round_id, sealed)
    with store.database.write() as session:
        life.move(session, hold_round(session, world.round_id), "assess", OPERATOR, clock.now())


def _sampled(store: Store) -> None:
    """PostgreSQL looks at values for its planner, as it does by itself within minutes."""
    if store.server is not None:
        with store.database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()


def _destroy(store: Store, world: World) -> None:
    with store.database.write() as session:
        for login in (OPERATOR, SECOND.login):
            session.add(Operator(login=login, name=login, password_hash="", role="admin"))
        session.flush()
        act = two_persons.ask(session, OPERATOR, keeping.DESTROY, "保存期满", world.round_id)
    two_persons.approve(store.database, SECOND, act)
    keeping.destroy(store.database, world.keys, OPERATOR, world.round_id)


def _secrets(world: World) -> list[bytes]:
    """Keys, hashes of codes and nonces, receipts, openings: what could lead back."""
    with world.database.read() as session:
        cards = session.scalars(select(Card)).all()
        receipts = session.scalars(select(Receipt)).all()
        openings = session.scalars(select(Ballot.opening)).all()
    return [
        (world.keys.folder / f"round-{world.round_id}.key").read_bytes(),
        *(value for one in cards for value in (one.qr_hash, one.typed_hash)),
        *(value for one in receipts for value in (one.nonce_hash, one.number.encode())),
        *(one for one in openings if one),
    ]


def _find(secrets: Iterable[bytes], paths: Iterable[Path]) -> int:
    """How many of them lie in any of the files."""
    content = b"\n".join(path.read_bytes() for path in paths)
    return sum(one in content for one in secrets)


def _unpacked(store: Store, folder: Path) -> Path:
    """Everything a backup holds, keys included, in one file."""
    made = make_backup(store.settings, folder / "after.tar.gz", has_keys=True)
    whole = folder / "after"
    with tarfile.open(made.path) as archive:
        kept = [one for one in archive.getmembers() if not one.name.startswith("sealed")]
        files = [archive.extractfile(one) for one in kept]
        whole.write_bytes(b"\n".join(one.read() for one in files if one is not None))
    made.path.unlink()
    return whole


def _sealed(kind: str, name: str) -> Trial:
    return Trial(
        id=f"secret-sealed-{kind}",
        section="Secret",
        promise=f"In a sealed round no answer, no comment is on the disk before opening ({name})",
        invariants=("I13",),
        how="every file of the store (journal, write-ahead log, keys, logs) is searched after "
        "the close for the bytes of each answer sheet and comment",
        tries="answers and comments",
        nightly=400,
        full=4_000,
        run=partial(before_opening, kind),
        seconds=60,
        short=1,
        guard="a round that is not sealed",
        counter_proof=partial(before_opening, kind, is_sealed=False),
        counter_wanted=1,
        counter_share=0.7,
    )


def _destroyed(kind: str, name: str) -> Trial:
    backup = ", and a backup with keys" if kind == "sqlite" else ""
    return Trial(
        id=f"secret-destroyed-{kind}",
        section="Secret",
        promise=f"After the destruction nothing that led from a card to a ballot is left ({name})",
        invariants=("I15",),
        how=f"every file of the store{backup} is searched for the round's key, hashes of codes "
        "and nonces, receipts and openings",
        tries="secrets searched for",
        nightly=800,
        full=8_000,
        run=partial(after_destruction, kind),
        seconds=60,
        short=1,
        guard="no destruction",
        counter_proof=partial(undestroyed, kind),
        counter_wanted=1,
        counter_share=0.5,
    )


TRIALS = tuple(
    make(kind, name)
    for make in (_sealed, _destroyed)
    for kind, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL"))
)
