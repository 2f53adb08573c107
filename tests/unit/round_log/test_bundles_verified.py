"""Two verifiers written apart: both find nothing in a whole bundle, and every change in one."""

import json
import random
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis.round_log import notes, verify_round
from analysis.round_log.checks import check_bundle
from analysis.round_log.telling import tell as told
from forms.problems import canonical_json
from tests.unit.round_log import mutating
from tests.unit.round_log.made import KEY, ORIGIN, ranking, write_made

AUDITORS = (
    mutating.edit_an_answer,
    mutating.edit_an_entry,
    mutating.drop_an_opening,
    mutating.edit_a_count,
    *mutating.ON_THE_PAGE,
)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(False, id="plain"),
        pytest.param(True, id="sealed", marks=pytest.mark.long),
    ],
)
def bundles(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    public, auditor, _ = write_made(int(request.param) + 7, folder, is_sealed=request.param)
    shutil.copy(public / "checkpoints.txt", folder / "witness.txt")
    return {"public": public, "auditor": auditor, "witness": folder / "witness.txt"}


def said(folder: Path, witness: Path) -> tuple[set[str], str, set[str], str]:
    """Numbers of the checks that failed and everything said, by either verifier."""
    ours = [one for one in check_bundle(folder, witness.read_bytes()) if not one.ok]
    alone = verify_round.verify(folder, witness)
    return (
        {one.id for one in ours},
        "\n".join(one.place for one in ours),
        {number for number, _, _ in alone},
        "\n".join(" ".join(one) for one in alone),
    )


@pytest.mark.parametrize("kind", ["public", "auditor"])
def test_a_whole_bundle_passes_both(bundles: dict[str, Path], kind: str) -> None:
    assert said(bundles[kind], bundles["witness"]) == (set(), "", set(), "")


def copied(folder: Path, tmp_path: Path) -> Path:
    target = tmp_path / "changed"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target


def moves() -> Iterator[Any]:
    for move in mutating.EVERY:
        marks = [pytest.mark.long] if move in AUDITORS[:3] else []
        yield pytest.param(move, False, id=move.__name__, marks=marks)
    for move in (*mutating.ON_THE_LOG, *mutating.ON_THE_PAGE):
        yield pytest.param(move, True, id=f"{move.__name__}-signed-again")


@pytest.mark.parametrize(("move", "is_signed"), list(moves()))
def test_every_kind_of_change_is_found_and_named(
    bundles: dict[str, Path], tmp_path: Path, move: mutating.Move, is_signed: bool
) -> None:
    rng = random.Random(f"{move.__name__} {is_signed}")
    folder = copied(bundles["auditor" if move in AUDITORS else "public"], tmp_path)
    found_by_both(folder, mutating.mutate(folder, rng, KEY if is_signed else None, move), bundles)


def found_by_both(folder: Path, done: mutating.Mutation, bundles: dict[str, Path]) -> None:
    ours, places, alone, words = said(folder, bundles["witness"])
    assert ours, f"the product misses: {done}"
    assert alone, f"verify.py misses: {done}"
    assert done.place in places, f"{done}: {places}"
    assert done.place in words, f"{done}: {words}"


@pytest.mark.parametrize("move", mutating.ON_THE_LOG, ids=lambda move: move.__name__)
def test_both_name_the_same_checks(
    bundles: dict[str, Path], tmp_path: Path, move: mutating.Move
) -> None:
    folder = copied(bundles["public"], tmp_path)
    mutating.mutate(folder, random.Random(move.__name__), KEY, move)
    ours, _, alone, _ = said(folder, bundles["witness"])
    assert ours == alone


def test_a_changed_leaf_is_told_first_and_the_rest_as_what_follows(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    """Whoever follows the first line finds the leaf; of most it is named alone."""
    n_leaves, n_alone = len(leaves_of(bundles["public"])), 0
    for n in range(1, n_leaves, 9):
        folder = copied(bundles["public"], tmp_path)
        spoil(folder, n)
        for first, *rest in (ours_told(folder), alone_told(folder)):
            assert first.startswith("起因：V1 leaf")
            numbers = [int(one) for one in re.findall(r"leaf (\d+)", first)]
            assert numbers[0] <= n <= numbers[-1]
            assert rest[0] == "由此而来，或者另有改动："
            assert all(line.startswith("  ") for line in rest[1:-1])
            assert rest[-1].startswith(f"共 {len(rest) - 1} 处不符：先查 leaf {numbers[0]}")
            n_alone += numbers == [n]
    assert n_alone >= n_leaves // 9


def leaves_of(folder: Path) -> list[bytes]:
    return (folder / "leaves.jsonl").read_bytes().splitlines()


def spoil(folder: Path, n: int) -> None:
    """Exchange the last digest in a leaf, or what it says in plain."""
    leaves = leaves_of(folder)
    digests = re.findall(rb"[0-9a-f]{64}", leaves[n])
    old = digests[-1] if digests else b"false"
    new = sha256(old).hexdigest().encode() if digests else b"true"
    leaves[n] = leaves[n].replace(old, new)
    (folder / "leaves.jsonl").write_bytes(b"\n".join(leaves) + b"\n")


def test_what_is_no_first_leaf_is_told_first(bundles: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(bundles["public"], tmp_path)
    leaves = [b"{}", *leaves_of(folder)[1:]]
    (folder / "leaves.jsonl").write_bytes(b"\n".join(leaves) + b"\n")
    assert "leaf 0" in ours_told(folder)[0]
    assert "leaf 0" in alone_told(folder)[0]


def ours_told(folder: Path) -> list[str]:
    return told(folder, [one for one in check_bundle(folder) if not one.ok])


def alone_told(folder: Path) -> list[str]:
    return verify_round.told(verify_round.verify(folder))


@pytest.mark.parametrize("size", [0, 5, 100_000])
def test_a_checkpoint_of_another_log_is_told_whatever_its_size(
    bundles: dict[str, Path], tmp_path: Path, size: int
) -> None:
    """The log's own key signed another history, and its head lies in the middle."""
    folder = copied(bundles["public"], tmp_path)
    heads = (folder / "checkpoints.txt").read_text(encoding="utf-8").split("\n\n")
    note = notes.sign_note(notes.checkpoint_text(ORIGIN, size, b"x" * 32), ORIGIN, KEY)
    heads[4:4] = note.removesuffix("\n").split("\n\n")
    (folder / "checkpoints.txt").write_text("\n\n".join(heads), encoding="utf-8")
    for told_by in (ours_told, alone_told):
        lines = told_by(folder)
        assert "checkpoint 3 签过的根" in lines[0]
        assert lines[-1].startswith(f"共 {len(lines) - 2} 处不符")


def test_the_cell_that_differs_is_named(bundles: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(bundles["auditor"], tmp_path)
    rng = random.Random(4)
    mutating.mutate(folder, rng, KEY, mutating.publish_another_score)
    ours, alone = ours_told(folder), alone_told(folder)
    assert ours[0].startswith("起因：V6 results/")
    assert " score：" in ours[0]
    assert " score 公布的是“99.99”" in alone[0]
    assert " score 算出来是“" in "".join(alone)


def test_a_table_that_says_otherwise_than_its_page_is_named(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    """Whoever owns log and page lists another table: only recomputing tells."""
    folder = copied(bundles["auditor"], tmp_path)
    forger = mutating.Forger(folder, random.Random(1), KEY)
    leaves = forger.leaves()
    for n, page_n in pairwise(forger.numbers("release")):
        if json.loads(leaves[n])["name"] == "tables.zip":
            name = f"results/{page_n}/results.json"
            page = json.loads(forger.read(name))
            rows = page["classes"][0]["rows"]
            other = ranking([{**rows[0], "score": "99.99"}, *rows[1:]])
            forger.write(f"results/{n}/tables.zip", other)
            page["files"][0]["sha256"] = sha256(other).hexdigest()
            forger.write(name, canonical_json(page))
            forger.change(n, digest=sha256(other).hexdigest())
            forger.change(page_n, digest=sha256(canonical_json(page)).hexdigest())
            place = f"results/{n}/tables.zip {rows[0]['name']} score"
    assert [one.place for one in check_bundle(folder) if not one.ok] == [f"{folder}: {place}"]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["public", "auditor"])
def test_five_hundred_random_changes(bundles: dict[str, Path], tmp_path: Path, kind: str) -> None:
    for seed in range(400 if kind == "public" else 100):
        folder = copied(bundles[kind], tmp_path)
        found_by_both(folder, mutating.mutate(folder, random.Random(seed), KEY), bundles)


@pytest.fixture
def many(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, Path]]:
    def make() -> Iterator[tuple[Path, Path]]:
        for seed in range(request.param):
            folder = tmp_path / str(seed)
            public, auditor, _ = write_made(seed, folder, is_sealed=bool(seed % 2))
            yield public, auditor

    return make()


@pytest.mark.parametrize("many", [1, pytest.param(50, marks=pytest.mark.long)], indirect=True)
def test_random_rounds_pass_both(many: Iterator[tuple[Path, Path]]) -> None:
    for public, auditor in many:
        for folder in (public, auditor):
            assert said(folder, folder / "checkpoints.txt")[::2] == (set(), set())


def test_changed_sheets_show_where_scores_are_computed_again(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    """No digest of the imported sheets is in the log: that they lead to the scores is the check."""
    folder = copied(bundles["auditor"], tmp_path)
    forger = mutating.Forger(folder, random.Random(1))
    vetoes = {"headers": ["ratee", "kind"], "rows": [["u1", "x"]], "digest": ""}
    forger.write("audit/runs/1/sheets.json", canonical_json({"vetoes": vetoes}))
    forger.refit()
    ours, places, _, _ = said(folder, bundles["witness"])
    assert ours == {"V6"}
    assert "audit/runs/1/sheets.json" in places
