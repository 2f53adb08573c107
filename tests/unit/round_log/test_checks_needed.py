"""Every check is needed: with one taken out, a change that only it finds goes through."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.round_log import audit_checks, bundle_files, log_checks, page_checks, verify_round
from analysis.round_log.checks import check_bundle
from forms.problems import canonical_json
from tests.unit.round_log import mutating
from tests.unit.round_log.made import KEY, write_made
from tests.unit.round_log.mutating import Forger


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    public, auditor, _ = write_made(3, folder)
    witness = folder / "witness.txt"
    shutil.copy(public / bundle_files.CHECKPOINTS, witness)
    return {"public": public, "auditor": auditor, "witness": witness}


def spoil_the_verifier(f: Forger) -> None:
    f.write(bundle_files.VERIFIER, f.read(bundle_files.VERIFIER) + b"# nothing to see\n")


def claim_other_software(f: Forger) -> None:
    f.key = None
    f.change(0, software="2")


def close_again(f: Forger) -> None:
    leaves = f.leaves()
    f.put([*leaves, leaves[f.numbers("close")[-1]]])


def forget_a_device(f: Forger) -> None:
    def edit(_f: Forger, line: dict[str, Any]) -> None:
        line["content"]["device"] = not line["content"]["device"]

    mutating.edit_line(f, bundle_files.OPENINGS, edit)


def admit_a_stranger(f: Forger) -> None:
    """In the place of a card that was issued; enough of them that the withheld do not hide it."""
    used = f.numbers("admission")
    leaves = f.leaves()
    for n in used:
        leaf = json.loads(leaves[n])
        leaves[n] = canonical_json({**leaf, "nullifier": f"{n:064x}"})
    f.put(leaves)


@dataclass(frozen=True)
class Guard:
    """A check of both verifiers, and what it alone finds."""

    number: str
    kind: str
    change: Callable[[Forger], object]
    ours: tuple[Any, str]
    alone: str


GUARDS = (
    Guard("V0", "public", spoil_the_verifier, (log_checks, "check_files"), "v0_bundle"),
    Guard("V1", "public", claim_other_software, (log_checks, "check_log"), "v1_log"),
    Guard("V2", "public", mutating.count_otherwise, (log_checks, "check_counts"), "v2_counts"),
    Guard("V3", "public", mutating.admit_twice, (log_checks, "check_once"), "v3_once"),
    Guard("V3", "public", admit_a_stranger, (log_checks, "check_once"), "v3_once"),
    Guard("V4", "public", close_again, (log_checks, "check_close"), "v4_close"),
    Guard("V6", "public", mutating.edit_a_result, (audit_checks, "check_releases"), "v6_results"),
    Guard(
        "V7", "public", mutating.exclude_alone, (audit_checks, "check_exclusions"), "v7_exclusions"
    ),
    Guard(
        "V9", "public", mutating.sign_with_another_key, (log_checks, "check_copies"), "v9_copies"
    ),
    Guard("V5", "auditor", forget_a_device, (audit_checks, "check_openings"), "v5_openings"),
    Guard("V6", "auditor", mutating.edit_a_count, (audit_checks, "check_results"), "v6_results"),
    Guard("V6", "public", mutating.show_another_run, (page_checks, "check_pages"), "published"),
    Guard(
        "V6", "auditor", mutating.publish_another_score, (page_checks, "check_pages"), "published"
    ),
    Guard("V6", "auditor", mutating.leave_a_unit_out, (page_checks, "check_pages"), "published"),
    Guard(
        "V8", "auditor", mutating.edit_an_entry, (audit_checks, "check_sealed_files"), "v8_files"
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda one: f"{one.number}-{one.change.__name__}")
def test_without_this_check_its_change_goes_through(
    bundles: dict[str, Path], tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(bundles[guard.kind], folder)
    guard.change(Forger(folder, random.Random(1), KEY))
    witness = bundles["witness"] if guard.number == "V9" else None
    assert found(folder, witness) == ({guard.number}, {guard.number})
    module, name = guard.ours
    monkeypatch.setattr(module, name, without(getattr(module, name)))
    monkeypatch.setattr(verify_round, guard.alone, without(getattr(verify_round, guard.alone)))
    assert found(folder, witness) == (set(), set())


def without(check: Callable[..., Any]) -> Callable[..., Any]:
    """The check with nothing left of it but what later ones need: it reads the answers."""

    def nothing(*arguments: Any) -> Any:
        list(check(*arguments))
        return iter(())

    return nothing


def found(folder: Path, witness: Path | None) -> tuple[set[str], set[str]]:
    ours = check_bundle(folder, witness.read_bytes() if witness else None)
    alone = verify_round.verify(folder, witness)
    return {one.id for one in ours if not one.ok}, {number for number, _, _ in alone}
