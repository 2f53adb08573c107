"""What was counted so far: a JSON file, so that a long run can be resumed and adds up."""

import json
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.prove.trial import Counts

ROOT = Path(__file__).parents[2]
CODE = ("survey_app", "analysis", "forms", "static", "tests")


@dataclass
class Line:
    """What became of one trial over all runs."""

    counts: Counts = field(default_factory=Counts)
    counter: Counts | None = None
    runs: int = 0
    seconds: float = 0.0
    missing: str = ""
    """Why it could not be tried, or how the trial itself broke."""
    is_broken: bool = False
    commit: str = ""
    """The commit of the last run."""


@dataclass
class State:
    """Counts of one commit, by trial."""

    commit: str
    seed: int
    began: str
    lines: dict[str, Line] = field(default_factory=dict)

    @classmethod
    def new(cls, seed: int) -> "State":
        return cls(commit(), seed, datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))

    @classmethod
    def load(cls, path: Path, seed: int, *, keeps: bool) -> "State":
        """What the file holds if it is of this commit (or `keeps`), else a new one."""
        if not path.exists():
            return cls.new(seed)
        held = json.loads(path.read_text())
        if held["commit"] != commit() and not keeps:
            return cls.new(seed)
        lines = {key: _line(one) for key, one in held["lines"].items()}
        return cls(held["commit"], held["seed"], held["began"], lines)

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False))
        draft.replace(path)

    def line(self, trial_id: str) -> Line:
        return self.lines.setdefault(trial_id, Line())


def commit() -> str:
    """The commit that is tried, with a + where the code differs from it."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", *CODE)
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def _line(held: dict[str, Any]) -> Line:
    counter = held["counter"] and _counts(held["counter"])
    return Line(**{**held, "counts": _counts(held["counts"]), "counter": counter})


def _counts(held: dict[str, Any]) -> Counts:
    return Counts(**{**held, "notes": tuple(held["notes"])})
