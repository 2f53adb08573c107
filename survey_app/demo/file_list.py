"""files.json: what lies in an output folder, so that a changed table is noticed as well.

Scores can be computed again from inputs and sealed rounds; tables, workbook and copies of
definitions are checked by their digests. Sealed rounds have manifests of their own.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from analysis.sealed_round import Check
from analysis.sealed_round.manifest import file_sha256
from forms.problems import canonical_json, digest

FILES = "files.json"
FORMAT = "survey-files/1"
CSV, INPUTS = "csv", "inputs"
SINGLE = ("scores.json", "truth.json", "workbook.xlsx")


def write_file_list(folder: Path) -> None:
    """List every file of an output folder with its SHA-256; called when all are written."""
    content = {
        "format": FORMAT,
        "files": [{"name": name, "sha256": file_sha256(folder / name)} for name in _names(folder)],
    }
    (folder / FILES).write_bytes(canonical_json({**content, "digest": digest(content)}))


def remove_earlier_tables(folder: Path) -> None:
    """Remove the tables an earlier run wrote here and no others: not every run has the same."""
    for name in _listed(folder) or ():
        if Path(name).parent == Path(CSV):
            (folder / name).unlink(missing_ok=True)


def check_file_list(folder: Path) -> Iterator[Check]:
    """Every file as listed, none missing, none besides.

    A folder without tables needs no list: its scores are computed again.
    """
    found = set(_names(folder))
    listed = _listed(folder)
    if listed is None:
        has_tables = any(Path(name).suffix in (".csv", ".xlsx") for name in found - _inputs(found))
        if has_tables or (folder / FILES).exists():
            yield Check("files", ok=False, place=str(folder / FILES))
        return
    yield Check("files", ok=True, place=str(folder / FILES))
    for name, sha256 in sorted(listed.items()):
        is_same = name in found and file_sha256(folder / name) == sha256
        yield Check("sha256", ok=is_same, place=str(folder / name))
    for name in sorted(found - set(listed)):
        yield Check("foreign-file", ok=False, place=str(folder / name))


def _names(folder: Path) -> list[str]:
    below = [path for name in (CSV, INPUTS) for path in (folder / name).rglob("*")]
    paths = [*below, *(folder / name for name in SINGLE)]
    return sorted(path.relative_to(folder).as_posix() for path in paths if path.is_file())


def _inputs(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith(f"{INPUTS}/")}


def _listed(folder: Path) -> dict[str, str] | None:
    """SHA-256 by name; None where there is no list or it is not as written."""
    try:
        data = json.loads((folder / FILES).read_bytes())
        said = data.pop("digest")
        if data["format"] != FORMAT or said != digest(data):
            return None
        return {str(one["name"]): str(one["sha256"]) for one in data["files"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
