"""The published cases: a case by its id, its data, and `survey stats` run on them."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey_app.cli import group

FOLDER = Path(os.environ.get("SURVEY_REFERENCE_DATA", ""))
needs_data = [
    pytest.mark.reference,
    pytest.mark.skipif(
        not os.environ.get("SURVEY_REFERENCE_DATA"),
        reason="SURVEY_REFERENCE_DATA names no reference data",
    ),
]


@cache
def _cases() -> dict[str, dict[str, Any]]:
    listed = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    return {one["id"]: one for one in listed}


def case(key: str) -> dict[str, Any]:
    """The published values of one case."""
    value: dict[str, Any] = _cases()[key]["value"]
    return value


def file(name: str) -> Path:
    """A data set, by its file name."""
    return FOLDER / name


def stats(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    """`survey stats … --json`, parsed."""
    done = CliRunner().invoke(group, ["stats", *arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def estimates(answer: dict[str, Any], field: str = "estimate") -> dict[str, Any]:
    """One field of every estimate, by its name and the levels of its group."""
    return {
        ":".join((one["name"], *(one["by"] or {}).values())): one[field]
        for one in answer["estimates"]
    }
