"""`python -m survey_app.core.materials`: what the product is made of, as a CycloneDX file.

Every locked package with its version, its hashes and its licence. No time and no random number
are in it: the same lock gives the same file.
"""

import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
FILE = ROOT / "docs" / "sbom.json"
ELSEWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0", "waitress": "ZPL-2.1"}
"""Licences of packages that are locked for Windows only."""
WORDS = {"BSD": "BSD License", "MIT": "MIT", "MIT License": "MIT"}
_PINNED = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?")
_HASH = re.compile(r"\s+--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Package:
    """One entry of the lock; `when` says on which machines it is installed."""

    name: str
    version: str
    when: str = ""
    hashes: list[str] = field(default_factory=list)


def locked(lock: Path = LOCK) -> Iterator[Package]:
    """The packages of a lock file, in its order."""
    last: Package | None = None
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pinned := _PINNED.fullmatch(line):
            if last is not None:
                yield last
            last = Package(pinned[1], pinned[2], pinned[3] or "")
        elif (found := _HASH.match(line)) and last is not None:
            last.hashes.append(found[1])
    if last is not None:
        yield last


def licence(name: str) -> str:
    """What a package says of its licence: an SPDX expression, or the name of one."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ELSEWHERE[name]
    if expression := told.get_all("License-Expression"):
        return str(expression[0])
    classifiers = told.get_all("Classifier") or []
    names = [one.rpartition("::")[2].strip() for one in classifiers if "License ::" in one]
    known = [one for one in names if "Proprietary" not in one]
    return WORDS.get(known[0], known[0]) if known else str(told["License"])


def bill() -> dict[str, Any]:
    """The whole file."""
    packages = list(locked())
    content = "".join(f"{one.name}=={one.version};{one.when}" for one in packages)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "survey-app",
                "name": "survey-app",
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": [_component(one) for one in packages],
    }


def _component(one: Package) -> dict[str, Any]:
    address = f"pkg:pypi/{one.name}@{one.version}"
    hashes = [{"alg": "SHA-256", "content": content} for content in sorted(one.hashes)]
    files = f"https://pypi.org/project/{one.name}/{one.version}/#files"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": address,
        "name": one.name,
        "version": one.version,
        "licenses": [{"license": {"name": licence(one.name)}}],
        "purl": address,
        "externalReferences": [{"type": "distribution", "url": files, "hashes": hashes}],
    }
    if one.when:
        found["properties"] = [{"name": "python:marker", "value": one.when}]
    return found


def text() -> str:
    """The file as it is committed: a line for each package."""
    made = bill()
    lines = ",\n".join(json.dumps(one) for one in made.pop("components"))
    return f'{json.dumps(made)[:-1]}, "components": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE.relative_to(ROOT)}\n")
