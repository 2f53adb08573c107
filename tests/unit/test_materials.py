"""What the product is made of: every locked package is named, hashed and free to be passed on."""

import json
import re
from pathlib import Path

import pytest

from survey_app.core.materials import FILE, LOCK, ROOT, licence, locked, text

LOCKS = [ROOT / f"requirements{kind}.lock" for kind in ("", "-dev", "-build")]
COPYLEFT = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


def names(lock: Path) -> list[str]:
    return re.findall(r"^([a-z0-9._-]+)==", lock.read_text("utf-8"), re.MULTILINE)


def test_the_committed_bill_is_that_of_the_lock() -> None:
    """After a new lock: make sbom."""
    assert FILE.read_text("utf-8") == text()
    parts = json.loads(FILE.read_bytes())["components"]
    assert [one["name"] for one in parts] == names(LOCK)
    assert len({one["bom-ref"] for one in parts}) == len(parts)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_is_pinned_and_hashed(lock: Path) -> None:
    packages = list(locked(lock))
    assert [one.name for one in packages] == names(lock)
    assert all(one.hashes for one in packages)
    lines = lock.read_text("utf-8").splitlines()
    assert not [one for one in lines if one.lstrip().startswith(("-e", "git+", "http", "--index"))]


def test_nothing_with_a_gpl_is_shipped() -> None:
    bad = {one.name: licence(one.name) for one in locked() if COPYLEFT.search(licence(one.name))}
    assert bad == {}
    assert COPYLEFT.search("GPL-3.0-or-later")
    assert COPYLEFT.search("AGPL-3.0-only")
    assert not COPYLEFT.search("LGPL-3.0-only")


def test_what_is_asked_for_is_locked() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    asked = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert asked
    wanted = set(re.findall(r'"([a-z0-9-]+)[\[>=]', asked[1]))
    assert wanted <= set(names(LOCK))
