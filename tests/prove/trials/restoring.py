"""The drill of docs/zh/09: back up under load, lose everything, restore, compare the log's root.

And the other way round: somebody restores a backup that is too old, and it is recognised.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from sqlalchemy import select

from analysis.round_log import verify_round
from analysis.round_log.checks import check_bundle
from analysis.round_log.merkle import leaf_hash, root
from survey_app.ballots.tables import Receipt
from survey_app.closing import service as closing
from survey_app.core.config import Settings
from survey_app.core.database import Database
from survey_app.publication import bundles
from survey_app.record import round_log
from survey_app.record.tables import LogCheckpoint, LogLeaf
from survey_app.rounds import log_opening
from survey_app.rounds.keys import KeyStore
from tests.chaos.loading import Load
from tests.chaos.serving import Serving
from tests.prove.state import ROOT
from tests.prove.stores import STORES, Store
from tests.prove.trial import Counts, Task, Trial
from tests.rounds import OPERATOR, World, filled, make_world

LOAD_SECONDS = 1.5


@dataclass(frozen=True)
class Lost:
    """What is known of an installation that is gone: its backups, and what others noted."""

    before: Path
    """A backup made while answers came in."""
    after: Path
    """One made after the close."""
    thanked: frozenset[str]
    """Receipts given before the first backup began."""
    leaves: list[bytes]
    witness: Path
    heads: Path


def drills(kind: str, task: Task, *, is_guarded: bool = True) -> Counts:
    """Drills by the commands of the manual; a failure is one with anything missing or unnoticed.

    Unguarded: nobody kept a signed head; what is counted are older backups that pass for new.
    """
    counts, random = Counts(), Random(task.seed)
    while task.goes_on(counts.tried):
        with STORES[kind](task) as store:
            world = make_world(store.database, store.home)
            lost = _live_and_lose(world, store, random)
            shutil.rmtree(store.home)
            began = time.monotonic()
            restored = _restored(store, lost.after)
            seconds = time.monotonic() - began
            is_same = _is_same(restored, world.round_id, lost)
            older = _restored(store, lost.before)
            is_seen = _is_seen_as_older(older, world.round_id, lost, is_guarded=is_guarded)
        is_well = is_same and is_seen
        counts += Counts(1, int(not is_well), {}, (f"restored in {seconds:.0f} s",))
    return counts


def _live_and_lose(world: World, store: Store, random: Random) -> Lost:
    serving = Serving(store.settings)
    fields = dict(filled(world.at_link(), "satisfied"))
    folder = store.home.parent
    before, after = folder / "before.tar.gz", folder / "after.tar.gz"
    for one in (before, after):
        one.unlink(missing_ok=True)
    try:
        serving.start()
        with Load(serving, f"/r/{world.links['u1']}", fields) as load:
            time.sleep(random.uniform(0.5, LOAD_SECONDS))
            thanked = frozenset(load.told.receipts.values())
            _survey(store.settings, "backup", str(before), "--with-keys")
            time.sleep(random.uniform(0.2, LOAD_SECONDS))
    finally:
        serving.kill()
    closing.close_round(store.database, OPERATOR, world.round_id)
    round_log.checkpoint(store.database, world.round_id)
    _survey(store.settings, "backup", str(after), "--with-keys")
    witness = folder / "witness.txt"
    witness.write_text("\n".join(_notes(store.database, world.round_id)))
    leaves = _leaves(store.database, world.round_id)
    store.database.dispose()
    heads = folder / "heads"
    shutil.rmtree(heads, ignore_errors=True)
    shutil.copytree(store.settings.heads_dir, heads)
    return Lost(before, after, thanked, leaves, witness, heads)


def _restored(store: Store, backup: Path) -> Settings:
    """Restore by command into an empty folder (and, for PostgreSQL, over the database)."""
    home = store.home.parent / f"restored-{backup.name[:5]}"
    shutil.rmtree(home, ignore_errors=True)
    url = store.settings.database_url
    if store.database.is_sqlite:
        url = f"sqlite:///{home / 'survey.db'}"
    settings = replace(store.settings, home=home, database_url=url)
    _survey(settings, "restore", str(backup), *([] if store.database.is_sqlite else ["--force"]))
    return settings


def _is_same(settings: Settings, round_id: int, lost: Lost) -> bool:
    """Whether the log's leaves, its root and the receipts are those from before."""
    database = Database(settings.database_url)
    try:
        leaves = _leaves(database, round_id)
        with database.read() as session:
            head = round_log.newest(session, round_id)
            held = set(session.scalars(select(Receipt.number)))
        roots = {root([leaf_hash(one) for one in some]) for some in (leaves, lost.leaves)}
        return head is not None and roots == {head.root} and lost.thanked <= held
    finally:
        database.dispose()


def _is_seen_as_older(settings: Settings, round_id: int, lost: Lost, *, is_guarded: bool) -> bool:
    """Whether an older backup, whole as far as it goes, does not pass for the newest.

    The installation knows by the head it signed last, kept beside its database; anybody else by a
    checkpoint of their own, with either verifier.
    """
    keys = KeyStore(settings.keys_dir)
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            is_whole = lost.thanked <= set(session.scalars(select(Receipt.number)))
        if is_guarded:
            log_opening.keep(database, keys, lost.heads)
            is_known = round_log.problem(database, round_id) is not None
        database.dispose()
        database = Database(settings.database_url)
        log_opening.keep(database, keys, settings.heads_dir)
        closing.close_round(database, OPERATOR, round_id)
        bundle = settings.home / "bundle"
        bundles.write(database, settings, round_id, bundle)
        witness = lost.witness if is_guarded else None
        is_told = _both_tell(bundle, witness)
        return is_whole and is_told and (not is_guarded or is_known)
    finally:
        database.dispose()


def _both_tell(bundle: Path, witness: Path | None) -> bool:
    kept = witness.read_bytes() if witness else None
    ours = {one.id for one in check_bundle(bundle, kept) if not one.ok}
    alone = {number for number, _, _ in verify_round.verify(bundle, witness)}
    return "V9" in ours and "V9" in alone


def _survey(settings: Settings, *words: str) -> None:
    """A command as an administrator types it."""
    environ = {
        **os.environ,
        "SURVEY_HOME": str(settings.home),
        "SURVEY_DATABASE_URL": settings.database_url,
        "SURVEY_SECRET_KEY": settings.secret_key.decode(),
    }
    command = [sys.executable, "-m", "survey_app.cli", *words, "--quiet"]
    subprocess.run(command, env=environ, cwd=ROOT, check=True, timeout=300)


def _leaves(database: Database, round_id: int) -> list[bytes]:
    with database.read() as session:
        mine = select(LogLeaf.body).where(LogLeaf.round_id == round_id).order_by(LogLeaf.place)
        return list(session.scalars(mine))


def _notes(database: Database, round_id: int) -> list[str]:
    with database.read() as session:
        mine = select(LogCheckpoint.note).where(LogCheckpoint.round_id == round_id)
        return list(session.scalars(mine.order_by(LogCheckpoint.size)))


def _line(kind: str, name: str) -> Trial:
    return Trial(
        id=f"restore-{kind}",
        section="Survives",
        promise=f"A backup under load restores to the same root; an older one is seen ({name})",
        invariants=("I20", "I27"),
        how="`survey backup` while six clients send forms, close, back up, lose the whole home, "
        "`survey restore` as the manual says, compare leaves, root, receipts; then restore the "
        "first backup and look whether it passes for the newest",
        tries="drills",
        nightly=3,
        full=20,
        run=partial(drills, kind),
        seconds=75,
        short=1,
        guard="no signed head kept, no checkpoint held by others",
        counter_proof=partial(drills, kind, is_guarded=False),
        counter_wanted=1,
    )


TRIALS = (_line("sqlite", "SQLite"), _line("postgres", "PostgreSQL"))
