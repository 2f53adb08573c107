"""Changes to a round's bundle are found and named; two verifiers written apart agree."""

import shutil
import time
from pathlib import Path
from random import Random

from analysis.round_log import verify_round
from analysis.round_log.bundle_files import LEAVES, write_bundle
from analysis.round_log.checks import check_bundle
from tests.prove.trial import Counts, Task, Trial
from tests.unit.round_log import mutating
from tests.unit.round_log.made import KEY, make_round, write_made

CHANGES_A_ROUND = 40


def changed_bundles(task: Task) -> Counts:
    """Random changes to public and auditors' bundles; a failure is one not found, or not named."""
    random, counts = Random(task.seed), Counts()
    while task.goes_on(counts.tried):
        folder = task.folder / f"round-{counts.tried}"
        seed = random.randrange(10**9)
        bundles = write_made(seed, folder, is_sealed=bool(seed % 2))[:2]
        witness = folder / "witness.txt"
        shutil.copy(bundles[0] / "checkpoints.txt", witness)
        counts += Counts(also={"false alarms": sum(map(bool, _said(bundles[0], witness)))})
        for _ in range(CHANGES_A_ROUND):
            if task.goes_on(counts.tried):
                counts += _one_change(random.choice(bundles), folder / "changed", witness, random)
        shutil.rmtree(folder)
    alarms = counts.also.get("false alarms", 0)
    return Counts(counts.tried, counts.failed + alarms, counts.also, counts.notes)


def _one_change(bundle: Path, folder: Path, witness: Path, random: Random) -> Counts:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(bundle, folder)
    done = mutating.mutate(folder, random, KEY)
    is_found = all(said and done.place in said for said in _said(folder, witness))
    notes = () if is_found else (f"missed: {done}",)
    also = {"signed again by the key's owner": int(done.is_signed)}
    return Counts(1, int(not is_found), also, notes)


def _said(folder: Path, witness: Path) -> tuple[str, str]:
    """What either verifier finds wrong."""
    ours = [one for one in check_bundle(folder, witness.read_bytes()) if not one.ok]
    alone = verify_round.verify(folder, witness)
    return "\n".join(f"{one.id} {one.place}" for one in ours), "\n".join(map(" ".join, alone))


def unwitnessed(task: Task) -> Counts:
    """Nobody kept a checkpoint: the key's owner changes leaf 0 and withholds what was published.

    Counts what both verifiers let pass.
    """
    random, passed = Random(task.seed), 0
    for number in range(task.wanted):
        folder = task.folder / f"bundle-{number}"
        public, _, _ = write_made(random.randrange(10**9), folder)
        forger = mutating.Forger(public, random, KEY)
        mutating.change_a_weight(forger)
        mutating.withhold_the_pages(forger)
        passed += not any(_said(public, public / "checkpoints.txt"))
    return Counts(task.wanted, passed)


def whole_bundles(task: Task) -> Counts:
    """Random rounds that nobody touched; a failure is an alarm of either verifier."""
    random, counts = Random(task.seed), Counts()
    while task.goes_on(counts.tried):
        folder = task.folder / f"round-{counts.tried}"
        seed = random.randrange(10**9)
        bundles = write_made(seed, folder, is_sealed=bool(seed % 2))[:2]
        alarms = [any(_said(one, one / "checkpoints.txt")) for one in bundles]
        counts += Counts(len(bundles), sum(alarms), {"sealed": 2 * (seed % 2)})
        shutil.rmtree(folder)
    return counts


def great_round(task: Task) -> Counts:
    """One auditor's bundle of a great round through the stand-alone verifier; a figure."""
    votes = task.wanted // 4  # of each of two to four deliveries, between n and 2n
    made = make_round(task.seed, task.folder / "sealed", n=votes)
    write_bundle(task.folder / "auditor", made.material(task.folder / "sealed"))
    ballots = (task.folder / "auditor" / LEAVES).read_bytes().count(b'"type":"ballot"')
    began = time.monotonic()
    alarms = verify_round.verify(task.folder / "auditor")
    note = f"{ballots} ballots checked in {time.monotonic() - began:.0f} s by verify.py alone"
    return Counts(ballots, len(alarms), {}, (note,))


TRIALS = (
    Trial(
        id="recompute-100000",
        section="Figures",
        promise="Seconds to recompute 100 000 ballots with the single file; goal: 60 on two cores",
        invariants=("I22",),
        how="an auditor's bundle of a made-up round of that size",
        tries="ballots",
        nightly=0,
        full=100_000,
        run=great_round,
        seconds=600,
    ),
    Trial(
        id="recompute-changes",
        section="Recomputable",
        promise="Any change to what a round published or kept is found, and its place is named",
        invariants=("I19", "I21", "I23", "I24"),
        how="random changes to bundles of random rounds (plain and sealed), by forgers without and "
        "with the log's key; both verifiers must find and name each, and find nothing before",
        tries="changes",
        nightly=500,
        full=10_000,
        run=changed_bundles,
        seconds=300,
        short=6,
        guard="no checkpoints kept by others, and the log's key in the forger's hands",
        counter_proof=unwitnessed,
        counter_wanted=5,
    ),
    Trial(
        id="recompute-agreement",
        section="Recomputable",
        promise="Two verifiers written apart both find whole what is whole",
        invariants=("I22", "I23"),
        how="bundles of random rounds, plain and sealed, public and auditors', through both",
        tries="bundles",
        nightly=50,
        full=1_000,
        run=whole_bundles,
        seconds=120,
        short=4,
    ),
)
