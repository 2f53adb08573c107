"""A full disk, failing disks, a store held by others or gone: told plainly, and back by itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from sqlalchemy import select

from survey_app.ballots.tables import Receipt
from tests.chaos.serving import Serving
from tests.prove.client import RECOVERY_SECONDS, Client
from tests.prove.state import ROOT
from tests.prove.stores import Store, postgres_store, sqlite_store
from tests.prove.traced import need_strace
from tests.prove.trial import CannotTryError, Counts, Task, Trial
from tests.prove.trials.kills import ballots
from tests.prove.unguarded import named as unguarded_app
from tests.rounds import make_world

SENT_A_FAULT = 20
DISK_BYTES = 3 * 1024 * 1024
HOLD = "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); "
HOLD += "print(flush=True); time.sleep(float(sys.argv[2])); c.rollback()"
ERRORS = ("EIO", "ENOSPC")
CALLS = ("fdatasync", "fsync", "pwrite64")


def disk_full(task: Task, unguarded: str = "") -> Counts:
    """The server on a small disk that fills up and is freed again and again."""
    with _small_disk(task.folder) as disk, sqlite_store(replace(task, folder=disk)) as store:
        filler = disk / "filler"

        def strike() -> None:
            with filler.open("ab") as file:
                _fill(file.fileno())

        return _faults(task, store, strike, filler.unlink, unguarded)


def postgres_down(task: Task, unguarded: str = "") -> Counts:
    """The database is stopped and started again and again while the server goes on."""
    with postgres_store(task) as store:
        assert store.server is not None
        return _faults(task, store, store.server.stop, store.server.start, unguarded)


def _faults(
    task: Task, store: Store, strike: object, relieve: object, unguarded: str = ""
) -> Counts:
    """Send forms during each fault and after it; the server is never restarted."""
    world = make_world(store.database, store.home)
    serving = _serving(store, unguarded)
    counts, slowest = Counts(), 0.0
    try:
        serving.start()
        client = Client(world, serving.port)
        client.recovers()
        while task.goes_on(counts.tried):
            strike()  # type: ignore[operator]
            before = len(client.told)
            sent = min(SENT_A_FAULT, task.wanted - counts.tried)
            for _ in range(sent):
                client.send()
            during = len(client.told) - before
            relieve()  # type: ignore[operator]
            took = client.recovers()
            slowest = max(slowest, took or RECOVERY_SECONDS)
            counts += Counts(sent, int(took is None), {"faults": 1, "taken all the same": during})
    finally:
        serving.kill()
    note = f"slowest recovery {slowest:.1f} s"
    return counts + Counts(0, client.mismatches(), {}, (note,))


def _serving(store: Store, unguarded: str) -> Serving:
    serving = Serving(store.settings)
    if unguarded:
        serving.app = unguarded_app(unguarded)
    return serving


def _fill(number: int) -> None:
    """Write until the disk is full."""
    for size in (64 * 1024, 4096, 512):
        try:
            while True:
                os.write(number, bytes(size))
        except OSError:
            continue


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        raise CannotTryError("a small disk cannot be mounted here (it takes root)")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def held_by_another(task: Task) -> Counts:
    """Another process holds the database for a while, again and again, while forms are sent."""
    random, counts = Random(task.seed), Counts()
    with sqlite_store(task) as store:
        world = make_world(store.database, store.home)
        serving = _serving(store, "")
        try:
            serving.start()
            client = Client(world, serving.port)
            while task.goes_on(counts.tried):
                seconds = random.choice((0.5, 1, 2, 4, 8, 30))
                hold = [sys.executable, "-c", HOLD, str(store.home / "survey.db"), str(seconds)]
                with subprocess.Popen(hold, stdout=subprocess.PIPE) as holder:
                    assert holder.stdout is not None
                    holder.stdout.readline()
                    client.send()
                took = client.recovers()
                counts += Counts(1, int(took is None), {"seconds held": round(seconds)})
        finally:
            serving.kill()
        return counts + Counts(0, client.mismatches())


def io_errors(task: Task, *, blind: bool = False) -> Counts:
    """The accept loop with calls that fail now and then; a failure is a false thanks."""
    need_strace()
    random, counts = Random(task.seed), Counts()
    while task.goes_on(counts.tried):
        with sqlite_store(task) as store:
            counts += _one_loop(store, task, random, blind=blind)
    return counts


def _one_loop(store: Store, task: Task, random: Random, *, blind: bool) -> Counts:
    world = make_world(store.database, store.home)
    call, error = random.choice(CALLS), random.choice(ERRORS)
    when = f"{random.randint(60, 90)}+{random.randint(7, 23)}"
    log = task.folder / "calls"
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"]
    words = [store.settings.database_url, store.home, world.round_id, world.links["u1"], 100]
    command = ["strace", "-f", *inject, "-o", log, sys.executable, "-m", "tests.prove.accepting"]
    done = subprocess.run(
        [str(one) for one in [*command, *words, random.randrange(10**9), "sight" * blind]],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    said = done.stdout.splitlines()
    thanked = {line.split()[1] for line in said if line.startswith("receipt ")}
    with store.database.read() as session:
        held = set(session.scalars(select(Receipt.number)))
    unasked = max(0, len(held - thanked) - said.count("not recorded"))
    failed = len(thanked - held) + unasked + abs(ballots(world) - len(held))
    injected = log.read_text().count("(INJECTED)")
    also = {"answers thanked for": len(thanked), "told “not recorded”": said.count("not recorded")}
    return Counts(injected, failed, also)


_TOLD = "thanks only for what is stored, “not recorded” for the rest, back within 30 s, no restart"
_SWALLOWED = "errors of the store are swallowed"

TRIALS = (
    Trial(
        id="fault-disk-full",
        section="Survives",
        promise="A full disk never brings a false thanks, and service comes back by itself",
        invariants=("I26", "I1"),
        how=f"the server on a 3 MB disk that is filled and freed again and again; {_TOLD}",
        tries="forms sent to a full disk",
        nightly=200,
        full=1_000,
        run=disk_full,
        seconds=60,
        short=20,
        guard=_SWALLOWED,
        counter_proof=partial(disk_full, unguarded="blind"),
    ),
    Trial(
        id="fault-postgres-down",
        section="Survives",
        promise="PostgreSQL gone never brings a false thanks, and service comes back by itself",
        invariants=("I26", "I1"),
        how=f"the database is stopped at once and started again and again; {_TOLD}",
        tries="forms sent to a store that is gone",
        nightly=200,
        full=1_000,
        run=postgres_down,
        seconds=60,
        short=20,
        guard="a store that is gone is an error like any other",
        counter_proof=partial(postgres_down, unguarded="wordless"),
    ),
    Trial(
        id="fault-held",
        section="Survives",
        promise="A database held by another process delays an answer, and loses none (SQLite)",
        invariants=("I26", "I1"),
        how=f"another process holds BEGIN EXCLUSIVE for 0.5–30 s while forms are sent; {_TOLD}",
        tries="times held",
        nightly=10,
        full=100,
        run=held_by_another,
        seconds=75,
        short=2,
    ),
    Trial(
        id="fault-io-errors",
        section="Survives",
        promise="A disk that fails now and then never brings a false thanks (SQLite)",
        invariants=("I26", "I1", "I8"),
        how="the accept loop under strace, which makes every n-th fsync, fdatasync or write fail "
        "with EIO or ENOSPC; thanks are compared with the store",
        tries="failed calls",
        nightly=200,
        full=1_000,
        run=io_errors,
        seconds=60,
        short=10,
        guard=_SWALLOWED,
        counter_proof=partial(io_errors, blind=True),
        counter_wanted=10,
    ),
)
