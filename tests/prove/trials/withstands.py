"""Hostile files, bodies and bytes; what every page says; what is left of raters; who is reached."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from forms.problems import InputError
from survey_app.core.database import Database
from survey_app.core.spreadsheet import LIMITS, ZIP_MAGIC, Limits, read_upload
from tests.hostile import test_files, test_parsers
from tests.hostile.crawling import Walk
from tests.hostile.product import ROLES, make_product, rows_of, written_by_reading
from tests.hostile.test_bodies import Target, fuzz
from tests.hostile.test_crawl import ENTRIES, public_addresses
from tests.hostile.test_outbound import KNOCK, environ, outside, outside_calls, run, survey, traced
from tests.hostile.test_traces import ACCESS_LOG, found_in, visit
from tests.prove.trial import Counts, Task, Trial
from tests.rounds import make_world
from tests.stores import new_sqlite
from tests.web.desk import signed_in

BATCH = 100
UNBOUND = Limits(memory=4 << 30, cells=10**9, unzipped=10**9)


def files(task: Task) -> Counts:
    """Every hostile file; a failure is one read that must not be, or one that costs too much."""
    counts, corpus = Counts(), sorted(test_files.corpus().items())
    _seconds, honest = test_files.cost(test_files.corpus()["book.csv"].data)
    while task.goes_on(counts.tried):
        name, one = corpus[counts.tried % len(corpus)]
        is_wrong = _is_read(name, one.data) != (name in test_files.READ)
        if one.data.startswith(ZIP_MAGIC) and len(one.data) <= LIMITS.zipped:
            seconds, kilobytes = test_files.cost(one.data)
            is_wrong |= seconds > test_files.SECONDS
            is_wrong |= kilobytes - honest > test_files.MEMORY_KB
        counts += Counts(1, int(is_wrong))
    return counts


def files_unbound(task: Task) -> Counts:
    """The same bomb without limits; counts how often it is read to its million cells."""
    bomb, counts = test_files.corpus()["stuffed-ratio.xlsx"].data, Counts()
    while task.goes_on(counts.tried):
        counts += Counts(1, int(_is_read("bomb.xlsx", bomb, UNBOUND)))
    return counts


def _is_read(name: str, data: bytes, limits: Limits = LIMITS) -> bool:
    try:
        read_upload(name, data, limits)
    except InputError:
        return False
    return True


def bodies(task: Task) -> Counts:
    """Bent forms to every address; a failure is a broken page, or a refusal that left a mark."""
    target = Target(make_product(task.folder / "home"))
    client = target.admin()
    return _examples(task, lambda data: fuzz(target, target.forms, client, data))


def parsers(task: Task) -> Counts:
    """Bent bytes to every parser; a failure is anything but a value or its refusal."""
    names = st.sampled_from(sorted(test_parsers.PARSERS))
    return _examples(task, lambda data: test_parsers.feed(data.draw(names), data))


def _examples(task: Task, try_one: Callable[[st.DataObject], None]) -> Counts:
    counts = Counts()
    while task.goes_on(counts.tried):
        wanted = min(BATCH, task.wanted - counts.tried)
        failures = _batch(try_one, wanted, task.seed + counts.tried)
        counts += Counts(wanted, len(failures), notes=tuple(failures[:3]))
    return counts


def _batch(try_one: Callable[[st.DataObject], None], wanted: int, seed: int) -> list[str]:
    """What went wrong in so many examples."""
    failures: list[str] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=wanted,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(data=st.data())
    def examples(data: st.DataObject) -> None:
        try:
            try_one(data)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a failure
            failures.append(f"{type(error).__name__}: {error}"[:200])

    examples()
    return failures


def pages(task: Task) -> Counts:
    """A walk through every link as each role; a failure is a fault of a page, or a changed row."""
    product, counts = make_product(task.folder / "home"), Counts()
    for role in ROLES:
        if not task.goes_on(counts.tried):
            break
        client = signed_in(product.app, role).client
        before = rows_of(product.held.database)
        walk = Walk(product.app, client, most=12)
        walk.through(ENTRIES.get(role, "/admin/"), *public_addresses(product))
        changed = bool(written_by_reading(before, rows_of(product.held.database)))
        notes = tuple(f"{place}: {fault}" for place, fault in walk.faults[:3])
        counts += Counts(len(walk.seen), len(walk.faults) + changed, notes=notes)
    product.held.database.dispose()
    return counts


def traces(task: Task, command: tuple[str, ...] = ()) -> Counts:
    """Raters' visits to the real server; a failure is a secret of theirs found in any file."""
    counts = Counts()
    while task.goes_on(counts.tried):
        folder = task.folder / str(counts.tried)
        home = folder / "home"
        world = make_world(Database(new_sqlite(home / "survey.db")), home, cards=4)
        phone = visit(world, folder, command)
        found = sum(bool(found_in(folder, secret)) for secret in phone.secrets.values())
        counts += Counts(len(phone.secrets), found + len(outside(folder)))
    return counts


def reaching(task: Task, command: tuple[str, ...] = ()) -> Counts:
    """A demonstration watched by Python and by the system; a failure is a call to elsewhere."""
    given = list(command) or survey("demo", "--ballots", "600", "--no-serve", "--quiet")
    counts = Counts()
    while task.goes_on(counts.tried):
        folder = task.folder / str(counts.tried)
        Path(folder).mkdir(parents=True)
        run(traced(given, folder), folder, **environ(folder))
        counts += Counts(1, int(bool(outside(folder) + outside_calls(folder))))
    return counts


TRIALS = [
    Trial(
        id="hostile-files",
        section="Withstands",
        promise="A hostile spreadsheet or CSV is refused or read as text, in 2 s and 64 MB",
        invariants=(),
        how="about a hundred files: bombs, lies, entities, macros, disguises, encodings, formulas",
        tries="files",
        nightly=96,
        full=960,
        run=files,
        guard="the limits on cells, memory and size",
        counter_proof=files_unbound,
        counter_wanted=2,
    ),
    Trial(
        id="hostile-bodies",
        section="Withstands",
        promise="No body breaks a page, and a refused one leaves every row as it was",
        invariants=("I5", "I6"),
        how="forms taken from the pages, bent: types, repeats, huge, broken parts, file names",
        tries="bodies",
        nightly=2_000,
        full=50_000,
        run=bodies,
        seconds=240,
    ),
    Trial(
        id="hostile-parsers",
        section="Withstands",
        promise="Every parser reads or refuses, whatever bytes it is given",
        invariants=(),
        how="forms, codes, nonces, notes, leaves, TOML, CSV, payloads, letters, file names",
        tries="byte strings",
        nightly=10_000,
        full=500_000,
        run=parsers,
        seconds=90,
    ),
    Trial(
        id="hostile-pages",
        section="Withstands",
        promise="Every page of every role has its headers and no inline script; reading keeps"
        " every row as it was",
        invariants=("I7",),
        how="every link followed as each role; files looked at for formulas",
        tries="pages",
        nightly=300,
        full=3_000,
        run=pages,
        seconds=90,
    ),
    Trial(
        id="hostile-traces",
        section="Secret",
        promise="No address, browser, code, nonce or receipt of a rater is in a log or file",
        invariants=("I14", "I29"),
        how="the real server visited, then every file and all output searched in several spellings",
        tries="secrets looked for",
        nightly=20,
        full=100,
        run=traces,
        guard="keeping no access log",
        counter_proof=partial(traces, command=ACCESS_LOG),
        counter_wanted=1,
    ),
    Trial(
        id="hostile-reaching-out",
        section="Withstands",
        promise="The product connects to nobody outside",
        invariants=("I29",),
        how="a whole demonstration under strace and Python's audit events",
        tries="runs",
        nightly=1,
        full=5,
        run=reaching,
        seconds=120,
        guard="nothing in it that reaches out",
        counter_proof=partial(reaching, command=(sys.executable, "-c", KNOCK)),
        counter_wanted=1,
    ),
]
