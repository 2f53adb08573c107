"""The manifest of a sealed round: what the folder holds, with counts and digests."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms.problems import N_, InputError, Problem, canonical_json, digest

FORMAT = "sealed-round/1"
MANIFEST = "manifest.json"
BALLOTS = "ballots.parquet"
ARRIVALS = "arrivals.parquet"
COMMENTS = "comments.parquet"
EXCLUSIONS = "exclusions.json"
QUESTIONNAIRE = "questionnaire.json"
SCHEME = "scheme.json"
KNOWN_KEYS = frozenset(
    {"format", "round", "title", "questionnaire", "scheme", "open", "simulated", "counts", "files"}
    | {"period", "digest"}
)
_BLOCK = 1 << 20


class IntegrityError(Exception):
    """A sealed file is not what its manifest says; `problems` names every place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n".join(problem.text() for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Definition:
    """Which questionnaire or scheme was frozen."""

    key: str
    version: str
    digest: str

    def as_json(self) -> dict[str, str]:
        return {"key": self.key, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the folder. `rows` is None where it is a single document."""

    name: str
    rows: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest. `counts` holds "ballots" (submissions), "rows" (ballot x ratee), "by_class"
    (rows by rater class), "ballots_by_class" (submissions by rater class), and what the sealing
    side knows besides: "expected", "issued", …
    """

    round: str
    title: str
    questionnaire: Definition
    scheme: Definition | None
    is_open: bool
    is_simulated: bool
    counts: Mapping[str, Any]
    files: tuple[FileEntry, ...]
    period: str = ""

    def file(self, name: str) -> FileEntry | None:
        """The entry of this name, or None where the folder has no such file."""
        return next((entry for entry in self.files if entry.name == name), None)

    def as_json(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "round": self.round,
            "title": self.title,
            **({"period": self.period} if self.period else {}),
            "questionnaire": self.questionnaire.as_json(),
            "scheme": self.scheme and self.scheme.as_json(),
            "open": self.is_open,
            "simulated": self.is_simulated,
            "counts": self.counts,
            "files": [
                {"name": entry.name, "rows": entry.rows, "sha256": entry.sha256}
                for entry in self.files
            ],
        }


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes in hex."""
    state = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json, the last file of a sealed round: without it the folder is not sealed.

    It carries a digest of its own content, so that a change in the manifest shows as well.
    """
    draft = folder / (MANIFEST + ".draft")
    content = manifest.as_json()
    draft.write_bytes(canonical_json({**content, "digest": digest(content)}))
    draft.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a sealed folder.

    Raises InputError where there is none, IntegrityError where it cannot be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(
            [
                Problem(
                    str(folder),
                    N_("这里没有 manifest.json，不是封存的轮次"),
                    N_("请给出封存轮次所在的文件夹"),
                )
            ]
        )
    try:
        data = json.loads(path.read_bytes())
        return _manifest(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            (
                Problem(
                    str(path),
                    N_("清单读不懂：{detail}"),
                    N_("请使用原始的封存文件夹"),
                    {"detail": str(error)},
                ),
            )
        ) from error


def _manifest(data: dict[str, Any]) -> Manifest:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}")
    foreign = sorted(set(data) - KNOWN_KEYS)
    if foreign:
        raise ValueError(f"unknown {foreign[0]!r}")
    said = data.pop("digest", None)
    if said is not None and said != digest(data):
        raise ValueError("digest")
    return Manifest(
        round=str(data["round"]),
        title=str(data.get("title") or data["round"]),
        questionnaire=_definition(data["questionnaire"]),
        scheme=_definition(data["scheme"]) if data.get("scheme") else None,
        is_open=bool(data.get("open", False)),
        is_simulated=bool(data.get("simulated", False)),
        counts=dict(data["counts"]),
        files=tuple(_entry(entry) for entry in data["files"]),
        period=str(data.get("period") or ""),
    )


def _definition(data: dict[str, Any]) -> Definition:
    return Definition(str(data["key"]), str(data["version"]), str(data["digest"]))


def _entry(data: dict[str, Any]) -> FileEntry:
    name, rows = str(data["name"]), data.get("rows")
    if Path(name).name != name or name in {"", ".", "..", MANIFEST}:
        raise ValueError(f"file name {name!r}")
    return FileEntry(name, None if rows is None else int(rows), str(data["sha256"]))
