"""`python -m tests.prove`: run the trials, write docs/proof.md."""

import argparse
import secrets
import sys
from pathlib import Path

from tests.prove import running, table
from tests.prove.registry import all_trials, chosen
from tests.prove.state import ROOT, Line, State
from tests.prove.trial import Trial

NIGHTLY_MINUTES = 40.0
TABLE = ROOT / "docs" / "proof.md"


def main() -> int:
    """Run what was asked for; 1 where a promise did not hold or a trial broke."""
    wanted = _arguments()
    state = State.load(wanted.state, wanted.seed, keeps=wanted.keep)
    trials = chosen(wanted.only)

    def done(trial: Trial, line: Line) -> None:
        state.save(wanted.state)
        table.write(all_trials(), state, wanted.table)
        told = table.verdict(trial, line, is_full=wanted.full)
        say(f"{trial.id:32} {line.counts.tried:>7} {line.seconds:6.0f} s  {told}")

    if wanted.full:
        running.full(trials, state, wanted.budget, done)
    else:
        running.nightly(trials, state, wanted.budget or NIGHTLY_MINUTES, done)
    table.write(all_trials(), state, wanted.table)
    found = table.summary(all_trials(), state)
    if wanted.table == TABLE:
        table.quote(found, state, ROOT)
    say(str(found))
    lines = [(one, state.line(one.id)) for one in trials]
    return int(
        any(
            line.is_broken or (line.counts.tried and not table.is_passed(one, line))
            for one, line in lines
        )
    )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("--only", default="", help="ids or beginnings of ids, by commas")
    parser.add_argument("--full", action="store_true", help="the release gate, resumable")
    parser.add_argument("--budget", type=float, metavar="MINUTES", help="stop after so long")
    parser.add_argument("--state", type=Path, default=ROOT / "var" / "prove.json")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--keep", action="store_true", help="keep the counts of another commit")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
