"""A small simulated city for tests, built once through the command a person types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from survey_app.cli import group

SMALLEST = 600


@dataclass(frozen=True)
class BuiltCity:
    """A demonstration and what its command printed."""

    home: Path
    folder: Path
    printed: Mapping[str, Any]

    def truth(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "truth.json").read_bytes()))


def survey(home: Path, *arguments: str, **environment: str) -> Result:
    """Run `survey …` in this process, with this home folder."""
    env = {"SURVEY_HOME": str(home), "SURVEY_DATABASE_URL": None, **environment}
    return CliRunner().invoke(group, list(arguments), env=env, catch_exceptions=False)


def build_city(home: Path, *, seed: int = 1, rows: int = SMALLEST, **environment: str) -> BuiltCity:
    done = survey(
        home,
        *("demo", "--ballots", str(rows), "--seed", str(seed), "--no-serve", "--json"),
        **environment,
    )
    assert done.exit_code == 0, done.output
    return BuiltCity(home, home / "out", json.loads(done.stdout))


def build_small_city(home: Path, scheme: str) -> BuiltCity:
    """The small city of a scheme, built through its command."""
    done = survey(home, "demo", "--scheme", scheme, "--no-serve", "--json")
    assert done.exit_code == 0, done.output
    return BuiltCity(home, home / "out", json.loads(done.stdout))
