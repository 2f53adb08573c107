"""What is written wrongly in a bundle is named by both verifiers, whoever signed it."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.round_log import audit_checks, log_checks, verify_round
from analysis.round_log import bundle_files as names
from analysis.round_log.audit_checks import Answers
from analysis.round_log.bundle import Bundle, Unreadable
from analysis.round_log.bundle_files import write_bundle
from analysis.round_log.checks import check_bundle
from forms.problems import canonical_json, digest
from tests.unit.round_log.made import KEY, ORIGIN, make_round, write_made
from tests.unit.round_log.mutating import Forger

Change = Callable[[Forger], object]
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    public, auditor, _ = write_made(3, folder / "plain")
    sealed = folder / "sealed"
    write_bundle(sealed, make_round(4, folder / "files", is_sealed=True).material(None))
    return {"public": public, "auditor": auditor, "sealed": sealed}


Check = Callable[[Bundle, Answers], Iterator[str]]
CHECKS: dict[str, Check] = {
    "V1": lambda bundle, _: log_checks.check_log(bundle),
    "V3": lambda bundle, _: log_checks.check_once(bundle),
    "V4": lambda bundle, _: log_checks.check_close(bundle),
    "V5": audit_checks.check_openings,
    "V6": lambda bundle, answers: results(bundle, answers),
    "V7": lambda bundle, _: audit_checks.check_exclusions(bundle),
    "V8": audit_checks.check_sealed_files,
}


def results(bundle: Bundle, answers: Answers) -> Iterator[str]:
    answers.read()
    return audit_checks.check_results(bundle, answers)


def ours(folder: Path, number: str) -> list[str]:
    """The places that one check of the product's verifier names."""
    bundle = Bundle(folder)
    try:
        return list(CHECKS[number](bundle, Answers(bundle)))
    except Unreadable as error:
        return [error.place]


@dataclass(frozen=True)
class Wrong:
    """A change to a bundle, and what both verifiers must name; "@" is where it was made."""

    what: str
    kind: str
    change: Change
    said: str


def leaf(kind: str, **fields: Any) -> Change:
    """The last leaf of a type with other fields; gives its number."""

    def change(f: Forger) -> int:
        n = f.numbers(kind)[-1]
        f.change(n, **fields)
        return n

    return change


def in_place_of(kind: str, body: bytes) -> Change:
    """The last leaf of a type replaced; gives its number."""

    def change(f: Forger) -> int:
        leaves, n = f.leaves(), f.numbers(kind)[-1]
        leaves[n] = body
        f.put(leaves)
        return n

    return change


def before(kind: str, **fields: Any) -> Change:
    """One more leaf right before the last of a type; gives its number."""

    def change(f: Forger) -> int:
        leaves, n = f.leaves(), f.numbers(kind)[-1]
        leaves.insert(n, canonical_json({**fields, "v": 1}))
        f.put(leaves)
        return n

    return change


def at_the_end(**fields: Any) -> Change:
    def change(f: Forger) -> int:
        leaves = f.leaves()
        f.put([*leaves, canonical_json({**fields, "v": 1})])
        return len(leaves)

    return change


def without(kind: str) -> Change:
    def change(f: Forger) -> None:
        leaves = f.leaves()
        f.put([leaves[n] for n in range(len(leaves)) if n not in f.numbers(kind)])

    return change


def text(name: str, edit: Callable[[bytes], bytes]) -> Change:
    """Other bytes in a file, listed as such."""

    def change(f: Forger) -> None:
        f.write(name, edit(f.read(name)))
        f.refit()

    return change


def index(**fields: Any) -> Change:
    def change(f: Forger) -> None:
        told = {**json.loads(f.read(names.INDEX)), **fields}
        told.pop("digest")
        f.write(names.INDEX, canonical_json({**told, "digest": digest(told)}))
        f.put(f.leaves())

    return change


def line(name: str, edit: Edit) -> Change:
    """The first line of a file of JSON changed."""

    def change(f: Forger) -> None:
        first, rest = f.read(name).split(b"\n", 1)
        value = json.loads(first)
        edit(value)
        f.write(name, canonical_json(value) + b"\n" + rest)
        f.refit()

    return change


def payload(edit: Callable[[bytes], bytes]) -> Change:
    def change(one: dict[str, Any]) -> None:
        one["content"]["payload"] = edit(bytes.fromhex(one["content"]["payload"])).hex()

    return line(names.OPENINGS, change)


def withhold_a_large_batch(f: Forger) -> int:
    (f.folder / names.NULLIFIERS / "1.txt").unlink()
    index(withheld=["1", "2"])(f)
    return f.numbers("issuance")[0]


def scores(edit: Callable[[bytes], bytes]) -> Change:
    """Other scores, promised by the log."""

    def change(f: Forger) -> None:
        name = f"{names.RUNS}/1/{names.SCORES}"
        f.write(name, edit(f.read(name)))
        told = verify_round.sha(f.read(name))
        f.change(f.numbers("result")[-1], scores=told)

    return change


def drop_a_folder(f: Forger) -> str:
    folder = min((f.folder / names.SEALED).iterdir())
    shutil.rmtree(folder)
    f.refit()
    return folder.name


def another_manifest(f: Forger) -> str:
    path = min((f.folder / names.SEALED).glob("*/manifest.json"))
    manifest = {**json.loads(path.read_bytes()), "title": "另一轮"}
    manifest.pop("digest")
    path.write_bytes(canonical_json({**manifest, "digest": digest(manifest)}))
    f.refit()
    return path.parent.name


NAMES = {"asked_by": "甲", "approved_by": "乙"}
REOPENED = {"type": "reopen", "at": "2026-11-21T19:05:00Z", "reason_digest": "0" * 64}
ACT = {"type": "act", "action": "x", "at": "2026-11-21T19:05:00Z", "digest": "0" * 64}
STRANGER = {"type": "reissue", "batch": 1, "void": "e" * 64, "new": "f" * 64}
ALONE = {"asked_by": "甲", "approved_by": "甲"}
NOBODY = {"asked_by": "", "approved_by": "乙"}
CARDS = "nullifiers/1.txt"
LOG = (
    Wrong("no leaf", "public", in_place_of("release", b"{}"), "V1 leaf @"),
    Wrong("no JSON", "public", in_place_of("release", b"x"), "V1 leaf @"),
    Wrong("a list", "public", in_place_of("release", b"[]"), "V1 leaf @"),
    Wrong("a field too many", "public", leaf("release", size=1), "V1 leaf @"),
    Wrong("a count below nothing", "public", leaf("issuance", issued=-1), "V1 leaf @"),
    Wrong("another version", "public", leaf("release", v=2), "V1 leaf @"),
    Wrong("a path as a name", "public", leaf("release", name="../x"), "V1 leaf @"),
    Wrong("a second beginning", "public", lambda f: again(f, 0), "V1 leaf @"),
    Wrong("another round", "public", index(origin=f"{ORIGIN}0"), "V1 leaf 0"),
    Wrong("no text", "public", text(names.CHECKPOINTS, lambda _: b"\xff\n"), "V1 checkpoint"),
    Wrong("half a head", "public", text(names.CHECKPOINTS, lambda old: old + b"\nx\n"), "V1 c"),
    Wrong("an unsigned head", "public", text(names.CHECKPOINTS, lambda old: spoilt(old)), "V1 c"),
    Wrong("a card of nobody", "auditor", at_the_end(**STRANGER), "V3 leaf @"),
    Wrong("a large batch kept back", "public", withhold_a_large_batch, "V3 leaf @"),
    Wrong("a batch kept from auditors", "auditor", index(withheld=["2"]), "V3 leaf"),
    Wrong("no hex", "public", text(CARDS, lambda old: b"x" + old[1:]), f"V3 {CARDS}"),
    Wrong("capital hex", "public", text(CARDS, bytes.upper), f"V3 {CARDS}"),
    Wrong("one name", "public", at_the_end(**REOPENED, **ALONE), "V4 leaf @"),
    Wrong("no name", "public", at_the_end(**REOPENED, **NOBODY), "V4 leaf @"),
    Wrong("open for ever", "public", at_the_end(**REOPENED, **NAMES), "V4 leaves.jsonl"),
    Wrong("open as it is", "public", before("close", **REOPENED, **NAMES), "V4 leaf @"),
    Wrong("late cards", "public", before("close", type="destroyed", what={}), "V4 leaf @"),
    Wrong("more opened than came", "sealed", leaf("opened", ballots=1), "V4 leaf @"),
    Wrong("files before the opening", "sealed", without("opened"), "V4 leaves.jsonl"),
)  # fmt: skip
OPENED = "V5 audit/openings.jsonl:1"
AUDIT = (
    Wrong("no JSON", "auditor", text(names.OPENINGS, lambda old: b"x" + old), OPENED),
    Wrong("a field too many", "auditor", line(names.OPENINGS, lambda one: one.update(x=1)), OPENED),
    Wrong("a number for a text", "auditor", line(
        names.OPENINGS, lambda one: one["content"].update(stratum=1)), OPENED),
    Wrong("a text for a flag", "auditor", line(
        names.OPENINGS, lambda one: one["content"].update(device="")), OPENED),
    Wrong("a capital opening", "auditor", line(
        names.OPENINGS, lambda one: one.update(opening="A" * 64)), OPENED),
    Wrong("a short opening", "auditor", line(
        names.OPENINGS, lambda one: one.update(opening="aa")), OPENED),
    Wrong("an envelope", "auditor", payload(lambda old: b"\x02" + old[1:]), OPENED),
    Wrong("a payload cut short", "auditor", payload(lambda old: old[:-1]), OPENED),
    Wrong("a ratee of no number", "auditor", payload(lambda old: b"\1\0\x63" + old[3:]), OPENED),
    Wrong("a ratee twice", "auditor", payload(lambda old: old + old[1:]), OPENED),
    Wrong("another config", "auditor", leaf("result", config=f"sha256:{'0' * 64}"), "V6 leaf @"),
    Wrong("scores of fewer rows", "auditor", scores(
        lambda old: old.replace(b'"raw":', b'"raw":1')), "V6 audit/runs/1/scores.json"),
    Wrong("no scores", "auditor", scores(lambda _: b"{}"), "V6 audit/runs/1/scores.json"),
    Wrong("another decision", "auditor", line(
        names.EXCLUSIONS, lambda one: one.update(reason="另一个")), "V7 audit/exclusions.jsonl:1"),
    Wrong("a decision too many", "auditor", text(
        names.EXCLUSIONS, lambda old: old + b"{}\n"), "V7 audit/exclusions.jsonl"),
    Wrong("a folder less", "auditor", drop_a_folder, "V8 audit/sealed/@"),
    Wrong("another manifest", "auditor", another_manifest, "V8 audit/sealed/@/manifest.json"),
    Wrong("an act less on record", "auditor", at_the_end(**ACT), "V8 audit/record.jsonl"),
    Wrong("an entry without a time", "auditor", line(
        names.RECORD, lambda one: one.pop("at")), "V8 audit/record.jsonl"),
)  # fmt: skip


def again(f: Forger, n: int) -> int:
    leaves = f.leaves()
    f.put([*leaves, leaves[n]])
    return len(leaves)


def spoilt(heads: bytes) -> bytes:
    """The last signature in a spelling that base64 does not have."""
    return heads[:-2] + b"!\n"


def cases() -> Iterator[Any]:
    for one in LOG + AUDIT:
        marks = (
            [pytest.mark.long] if one.said.startswith("V6 audit/runs/1/scores.json") else []
        )  # these assess again
        yield pytest.param(one, id=f"{one.kind}: {one.what}", marks=marks)


@pytest.mark.parametrize("wrong", list(cases()))
def test_it_is_named_by_both(bundles: dict[str, Path], tmp_path: Path, wrong: Wrong) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(bundles[wrong.kind], folder)
    where = wrong.change(Forger(folder, random.Random(1), KEY))
    number, place = wrong.said.replace("@", str(where)).split(" ", 1)
    assert any(one.startswith(place) for one in ours(folder, number))
    alone = [(number, place) for number, place, _ in verify_round.verify(folder)]
    assert any(one == number and said.startswith(place) for one, said in alone), alone


@pytest.mark.parametrize(
    ("name", "content"),
    [(names.INDEX, b"[]"), (names.LEAVES, canonical_json({"type": "x", "v": 1}) + b"\n")],
    ids=["an index that is a list", "a log without a beginning"],
)
def test_what_is_no_bundle_at_all_fails_from_the_first_check(
    bundles: dict[str, Path], tmp_path: Path, name: str, content: bytes
) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(bundles["public"], folder)
    (folder / name).write_bytes(content)
    assert {one.id for one in check_bundle(folder) if not one.ok} >= {"V0", "V1"}
    assert [number for number, _, _ in verify_round.verify(folder)] == ["V0"]
