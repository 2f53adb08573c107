"""A bundle as files (docs/round-log.md §6): the same bytes for the same material."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from analysis.round_log import merkle
from analysis.round_log.leaves import commitment, read_leaf
from forms.problems import N_, InputError, Problem, canonical_json, digest

FORMAT = "round-bundle/1"
INDEX, CONFIG, LEAVES, CHECKPOINTS = "bundle.json", "config.json", "leaves.jsonl", "checkpoints.txt"
SPEC, VERIFIER = "round-log.md", "verify.py"
OPENINGS, COUNTS = "audit/openings.jsonl", "audit/counts.json"
RECORD, EXCLUSIONS = "audit/record.jsonl", "audit/exclusions.jsonl"
NULLIFIERS, RESULTS, SEALED, RUNS = "nullifiers", "results", "audit/sealed", "audit/runs"
SCORES, SHEETS = "scores.json", "sheets.json"
FEW_CARDS = 5
"""Of a batch with fewer cards the public is not told which were used."""

Kind = Literal["public", "auditor"]


@dataclass(frozen=True, slots=True)
class RunFiles:
    """What a run left: its result, and the sheets it was made from."""

    scores: bytes
    sheets: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """What only an auditor gets. `openings` are (opening, content of the ballot)."""

    openings: Sequence[tuple[bytes, Mapping[str, Any]]]
    counts: Mapping[str, Any]
    record: Sequence[Mapping[str, Any]]
    exclusions: Sequence[Mapping[str, Any]]
    sealed: Sequence[Path]
    """The sealed folders, "<round>.<questionnaire>" each."""
    runs: Mapping[int, RunFiles] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Material:
    """What a bundle is made from. `results` leads from a release's leaf to its file's bytes."""

    origin: str
    leaves: Sequence[bytes]
    checkpoints: Sequence[str]
    nullifiers: Mapping[int, Sequence[bytes]]
    results: Mapping[int, bytes]
    specification: bytes
    verifier: bytes
    audit: Audit | None = None


def write_bundle(folder: Path, material: Material) -> None:
    """Write a bundle into a new or empty folder; an auditor's where there is something to audit.

    Raises InputError for a folder in use.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            [Problem(str(folder), N_("文件夹不是空的"), N_("请换一个新的或空的文件夹"))]
        )
    leaves = [read_leaf(body) for body in material.leaves]
    withheld = _withheld(leaves) if material.audit is None else []
    files = dict(_public_files(material, leaves, withheld))
    if material.audit is not None:
        files |= dict(_audit_files(material.audit))
    for name, content in files.items():
        _write(folder / name, content)
    releases = [n for n, leaf in enumerate(leaves) if leaf["type"] == "release"]
    index = {
        "format": FORMAT,
        "kind": "public" if material.audit is None else "auditor",
        "origin": material.origin,
        "size": len(leaves),
        "root": merkle.root(map(merkle.leaf_hash, material.leaves)).hex(),
        "absent": [n for n in releases if n not in material.results],
        "withheld": withheld,
        "files": file_list(files),
    }
    _write(folder / INDEX, canonical_json({**index, "digest": digest(index)}))


def file_list(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The entries of bundle.json for files by name."""
    return [
        {"name": name, "sha256": sha256(files[name]).hexdigest(), "size": len(files[name])}
        for name in sorted(files)
    ]


def lines(objects: Iterable[Mapping[str, Any]]) -> bytes:
    """A .jsonl file."""
    return b"".join(canonical_json(one) + b"\n" for one in objects)


def opening_lines(openings: Iterable[tuple[bytes, Mapping[str, Any]]]) -> bytes:
    """The openings as a file, in the order of their commitments, which tells nothing."""
    ordered = sorted(openings, key=lambda one: commitment(*one))
    return lines({"content": content, "opening": opening.hex()} for opening, content in ordered)


def _withheld(leaves: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        str(leaf["batch"])
        for leaf in leaves
        if leaf["type"] == "issuance" and leaf["issued"] < FEW_CARDS
    ]


def _public_files(
    material: Material, leaves: Sequence[Mapping[str, Any]], withheld: Sequence[str]
) -> Iterable[tuple[str, bytes]]:
    yield CONFIG, canonical_json(leaves[0]["config"])
    yield LEAVES, b"".join(body + b"\n" for body in material.leaves)
    yield CHECKPOINTS, "\n".join(material.checkpoints).encode()
    yield SPEC, material.specification
    yield VERIFIER, material.verifier
    for batch, cards in material.nullifiers.items():
        if str(batch) not in withheld:
            text = "".join(one.hex() + "\n" for one in sorted(cards))
            yield f"{NULLIFIERS}/{batch}.txt", text.encode()
    for n, content in material.results.items():
        yield f"{RESULTS}/{n}/{leaves[n]['name']}", content


def _audit_files(audit: Audit) -> Iterable[tuple[str, bytes]]:
    yield OPENINGS, opening_lines(audit.openings)
    yield COUNTS, canonical_json(audit.counts)
    yield RECORD, lines(audit.record)
    yield EXCLUSIONS, lines(audit.exclusions)
    for folder in audit.sealed:
        for path in sorted(folder.iterdir()):
            yield f"{SEALED}/{folder.name}/{path.name}", path.read_bytes()
    for number, run in audit.runs.items():
        yield f"{RUNS}/{number}/{SCORES}", run.scores
        yield f"{RUNS}/{number}/{SHEETS}", canonical_json(run.sheets)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
