"""docs/proof.md: the table, and the one line the README quotes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.prove.state import Line, State
from tests.prove.trial import Counts, Trial

HEAD = """# What was tried, and what came of it

Made by `make prove`; do not edit. Commit {commit}, begun {began}, seed {seed},
{minutes} minutes of trials.

{summary}

How to read it: *failed* must be 0. Nothing going wrong in *n* tries does not mean never: with 95 %
confidence it happens in fewer than 3 of *n* (the column *at most*). *Guard out* is the same trial
with what protects removed: it must go wrong there, or the trial would prove nothing. *Goal* is the
count a nightly run aims at, and the release gate (`make prove FULL=1`, resumable). A promise that
was tried less often than that, and never failed, counts as held and says so. A line that names a
commit was tried at that one.
"""
COLUMNS = "| promise | how it was tried | tried | failed | at most | guard out | goal | result |"
RULE = "|---|---|---|---|---|---|---|---|"


def is_passed(trial: Trial, line: Line) -> bool:
    """Tried, never failed, and (where there is a counter-proof) shown to be able to fail."""
    if line.missing or not line.counts.tried or line.counts.failed:
        return False
    return trial.counter_proof is None or (
        line.counter is not None and not trial.is_refuted(line.counter)
    )


def verdict(trial: Trial, line: Line, *, is_full: bool = False) -> str:
    """One word for a line; "held" only where the count was reached."""
    if line.missing:
        return f"not tried: {line.missing}" if not line.is_broken else f"BROKEN: {line.missing}"
    if not line.counts.tried:
        return "not tried"
    if line.counts.failed:
        return "**FAILED**"
    if not is_passed(trial, line):
        return "proves nothing: it passes with the guard out too"
    wanted = trial.full if is_full else trial.nightly
    return "held" if line.counts.tried >= wanted else "held, fewer tries than the goal"


@dataclass(frozen=True, slots=True)
class Summary:
    """All lines in six numbers."""

    promises: int
    held: int
    failed: int
    untried: int
    tries: int
    failures: int

    def __str__(self) -> str:
        return (
            f"**{self.promises} promises: {self.held} held, {self.failed} did not, "
            f"{self.untried} not tried; {number(self.tries)} tries, "
            f"{number(self.failures)} failures.**"
        )

    def in_chinese(self) -> str:
        return (
            f"{self.promises} 项承诺，{self.held} 项守住，{self.failed} 项没有守住，"
            f"{self.untried} 项没有试；共试 {number(self.tries)} 次，"
            f"失败 {number(self.failures)} 次"
        )


def summary(trials: Sequence[Trial], state: State) -> Summary:
    """What all lines come to."""
    lines = [(one, state.line(one.id)) for one in trials]
    held = sum(is_passed(*one) for one in lines)
    untried = sum(not line.counts.tried and not line.is_broken for _, line in lines)
    return Summary(
        len(lines),
        held,
        len(lines) - held - untried,
        untried,
        sum(line.counts.tried for _, line in lines),
        sum(line.counts.failed for _, line in lines),
    )


def quote(found: Summary, state: State, root: Path) -> None:
    """Put the one line into both READMEs, where their line begins so."""
    commit, when = f"`{state.commit}`", state.began
    lines = {
        "README.md": f"**试过：**{found.in_chinese()}（{commit}，{when}，[逐项](docs/proof.md)）。",
        "README.en.md": f"**Tried:** {str(found).strip('*.')} ({commit}, {when}, "
        "[line by line](docs/proof.md)).",
    }
    for name, line in lines.items():
        path = root / name
        start = line[: line.index("**", 2) + 2]
        held = path.read_text().split("\n")
        quoted = [line if one.startswith(start) else one for one in held]
        path.write_text("\n".join(quoted))


def write(trials: Sequence[Trial], state: State, path: Path) -> None:
    """Write the table."""
    minutes = round(sum(line.seconds for line in state.lines.values()) / 60)
    head = HEAD.format(
        commit=f"`{state.commit}`",
        began=state.began,
        seed=state.seed,
        minutes=minutes,
        summary=summary(trials, state),
    )
    parts = [head]
    for section, of_section in groupby(trials, key=lambda one: one.section):
        rows = [_row(one, state) for one in of_section]
        parts.append("\n".join([f"## {section}\n", COLUMNS, RULE, *rows]) + "\n")
    path.write_text("\n".join(parts))


def _row(trial: Trial, state: State) -> str:
    line = state.line(trial.id)
    counts = line.counts
    also = [f"{number(n)} {name}" for name, n in counts.also.items()]
    elsewhere = [f"at commit `{line.commit}`"] if line.commit not in ("", state.commit) else []
    result = "; ".join([verdict(trial, line), *also, *counts.notes, *elsewhere])
    cells = (
        f"{trial.promise} ({', '.join(trial.invariants)})" if trial.invariants else trial.promise,
        trial.how,
        f"{number(counts.tried)} {trial.tries}" if counts.tried else "–",
        number(counts.failed) if counts.tried else "–",
        _bound(counts),
        _counter(trial, line.counter),
        f"{number(trial.nightly)}; {number(trial.full)}",
        result,
    )
    return "| " + " | ".join(re.sub(r"\s+", " ", one).replace("|", "\\|") for one in cells) + " |"


def _bound(counts: Counts) -> str:
    """The rate that no failure in n tries still allows, with 95 % confidence: 3/n."""
    return f"{3 / counts.tried:.1e}" if counts.tried > 3 and not counts.failed else "–"


def _counter(trial: Trial, counter: Counts | None) -> str:
    if trial.counter_proof is None:
        return "–"
    if counter is None:
        return f"{trial.guard}: not tried"
    succeeded = min(counter.failed, counter.tried)  # one attack may break several things
    return f"{trial.guard}: {number(succeeded)} of {number(counter.tried)} succeed"


def number(n: int) -> str:
    return f"{n:,}".replace(",", " ")
