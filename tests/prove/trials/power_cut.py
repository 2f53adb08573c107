"""The power goes: the files are rebuilt from what the disk had surely kept, and opened again."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

from tests.prove.disk import Disk
from tests.prove.state import ROOT
from tests.prove.stores import Store, sqlite_store
from tests.prove.traced import STRACE, Replay, need_strace
from tests.prove.trial import Counts, Task, Trial
from tests.rounds import make_world

ANSWERS = 120
CUTS_A_RUN = 100


def power_cuts(task: Task, without: str = "") -> Counts:
    """Cuts at instants of the accept loop; a failure is one after which anything is missing."""
    need_strace()
    counts, random = Counts(), Random(task.seed)
    while task.goes_on(counts.tried):
        with sqlite_store(task) as store:
            log, before = _traced_run(store, task.folder, random, without)
            cuts = min(CUTS_A_RUN, task.wanted - counts.tried)
            counts += _cut_and_compare(store, log, before, cuts, random)
        log.unlink()
    return counts


def unguarded_cuts(task: Task) -> Counts:
    """The same with synchronous=OFF; counts cuts after which answers are missing."""
    return power_cuts(task, "sync")


def _traced_run(
    store: Store, folder: Path, random: Random, without: str
) -> tuple[Path, dict[str, bytes]]:
    """Run the accept loop under strace: its log, and the files as they were before."""
    world = make_world(store.database, store.home)
    store.database.dispose()
    before = {one.name: one.read_bytes() for one in store.home.glob("survey.db*")}
    before.pop("survey.db.lock", None)
    log = folder / "calls"
    words = [store.settings.database_url, store.home, world.round_id, world.links["u1"], ANSWERS]
    command = [*STRACE, log, sys.executable, "-m", "tests.prove.accepting", *words]
    subprocess.run(
        [str(one) for one in [*command, random.randrange(10**9), without]],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    return log, before


def _cut_and_compare(
    store: Store, log: Path, before: dict[str, bytes], cuts: int, random: Random
) -> Counts:
    moments = sum(1 for _ in Replay(store.home, Disk(before)).play(log))
    chosen = set(random.sample(range(moments), min(cuts, moments)))
    thanked: set[str] = set()
    replay = Replay(store.home, Disk(before))
    counts = Counts()
    for place, what in enumerate(replay.play(log)):
        if what.startswith("said receipt "):
            thanked.add(what.split()[2])
        if place in chosen:
            counts += Counts(1, int(not _survives(replay.disk, thanked, random, store.home)))
    return counts + Counts(also={"answers thanked for": len(thanked)})


def _survives(disk: Disk, thanked: set[str], random: Random, home: Path) -> bool:
    """Whether the store opens whole after a cut and holds everything that was thanked for."""
    folder = home / "after"
    folder.mkdir()
    try:
        disk.cut(random, folder)
        store = sqlite3.connect(folder / "survey.db")
        try:
            is_whole = store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            held = {number for (number,) in store.execute("SELECT number FROM receipt")}
            (sheets,) = store.execute("SELECT count(*) FROM ballot").fetchone()
        except sqlite3.DatabaseError:
            return False
        finally:
            store.close()
        return is_whole and thanked <= held and sheets == len(held)
    finally:
        shutil.rmtree(folder)


TRIALS = (
    Trial(
        id="power-cut-sqlite",
        section="Kept",
        promise="An answer thanked for survives a power cut (SQLite)",
        invariants=("I1", "I8"),
        how="the accept loop runs under strace; at random calls its files are rebuilt from synced "
        "bytes and a random part of the others (torn sectors, reordered, unsynced names), "
        "opened, checked and compared",
        tries="power cuts",
        nightly=100,
        full=1_000,
        run=power_cuts,
        seconds=60,
        short=12,
        guard="synchronous=OFF",
        counter_proof=unguarded_cuts,
        counter_wanted=20,
    ),
)
