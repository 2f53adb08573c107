"""Speed of crossed random effects: ours and lme4's on the same lecture ratings, in turn.

python -m bench.crossed InstEval.csv.gz

Both fit the same ratings from columns in memory: grouping, sums, search, predictions and their
errors are timed, reading the file is not. Pairs alternate, so that a busy machine meets both; the
figures are seconds by the clock, medians, and the median of the ratios pair by pair. Without
Rscript and lme4 only ours are timed. The BLAS of both sides is printed: it decides much of either.
OPENBLAS_NUM_THREADS holds for both; on a shared machine 1 is best, because threads that wait for
one another lose more than they gain.
"""

import argparse
import csv
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from analysis.statistics.raters.crossed_effects import fit_crossed
from analysis.statistics.raters.variance_components import Components, fit_components

PEER = """
suppressMessages(library(lme4))
file <- commandArgs(TRUE)[1]
data <- read.csv(file, colClasses = c(s = "factor", d = "factor", dept = "factor"))
cat("BLAS", extSoftVersion()["BLAS"], "lme4", as.character(packageVersion("lme4")), "\\n")
flush(stdout())
forms <- list(crossed = y ~ 1 + (1 | s) + (1 | d),
              service = y ~ service + (1 | s) + (1 | d) + (1 | dept:service))
input <- file("stdin", "r")
while (length(model <- readLines(input, 1)) == 1) {
  seconds <- system.time({
    fit <- lmer(forms[[model]], data)
    effects <- ranef(fit, condVar = CONDVAR)
  })[["elapsed"]]
  cat(seconds, format(REMLcrit(fit), digits = 15), "\\n")
  flush(stdout())
}
"""


class Peer:
    """An R process that fits on demand; its data are loaded once, outside the time."""

    def __init__(self, data: Path, *, errors: bool) -> None:
        script = data.with_suffix(".R")
        script.write_text(PEER.replace("CONDVAR", "TRUE" if errors else "FALSE"), encoding="utf-8")
        self.process = subprocess.Popen(
            ["Rscript", str(script), str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.blas = self._line()

    def fit(self, model: str) -> tuple[float, float]:
        """Seconds and criterion."""
        assert self.process.stdin
        self.process.stdin.write(f"{model}\n")
        self.process.stdin.flush()
        seconds, criterion = self._line().split()
        return float(seconds), float(criterion)

    def close(self) -> None:
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


class Ratings:
    """The columns of the file."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.y = np.array([float(row["y"]) for row in rows])
        self.service = np.array([float(row["service"]) for row in rows])
        self.s = np.array([row["s"] for row in rows])
        self.d = np.array([row["d"] for row in rows])
        self.both = np.array([f"{row['dept']}:{row['service']}" for row in rows])

    def fit(self, model: str) -> tuple[float, Components]:
        """Seconds and the fit."""
        began = time.perf_counter()
        factors = [self.s, self.d] if model == "crossed" else [self.s, self.d, self.both]
        codes = [np.unique(one, return_inverse=True)[1] for one in factors]
        x = None if model == "crossed" else self.service
        made = fit_components(self.y, codes, x)
        return time.perf_counter() - began, made


def load(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def compare(ratings: Ratings, peer: Peer | None, model: str, pairs: int) -> None:
    """Pairs in turn, after one of each that is not counted."""
    ours, theirs = [], []
    for turn in range(pairs + 1):
        seconds, made = ratings.fit(model)
        other = peer.fit(model) if peer else None
        if turn:
            ours.append(seconds)
        if turn and other:
            theirs.append(other[0])
        assert other is None or abs(made.criterion - other[1]) < 1e-4
    line = f"{model:>8}  ours {statistics.median(ours):7.3f} s ({made.iterations} steps)"
    if theirs:
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        line += f"  lme4 {statistics.median(theirs):7.3f} s  lme4/ours {ratio:5.1f}"
    print(
        line
        + f"  [{', '.join(f'{one:.2f}' for one in ours)}]"
        + (f" [{', '.join(f'{one:.2f}' for one in theirs)}]" if theirs else "")
    )


def simulated(times: int) -> None:
    """60 delegates rate 60 units, with raw, corrected and centred scores and their errors."""
    drawn = np.random.default_rng(1)
    rater, ratee = np.repeat(np.arange(60), 60), np.tile(np.arange(60), 60)
    y = drawn.normal(size=60)[rater] + drawn.normal(size=60)[ratee] + drawn.normal(size=3600)
    took = []
    for _ in range(times):
        began = time.perf_counter()
        fit_crossed(y, rater, ratee)
        took.append(time.perf_counter() - began)
    print(f"60 delegates x 60 units: {statistics.median(took) * 1000:.0f} ms")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--errors", action="store_true", help="condVar of lme4 too; ours has it")
    given = options.parse_args()
    if not given.file.is_file():
        sys.exit(f"{given.file}: no such file; set SURVEY_REFERENCE_DATA to the reference data")
    rows = load(given.file)
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    print(
        f"ours: BLAS {blas['name']} {blas['version']} (numpy {np.__version__}), "
        f"threads {os.environ.get('OPENBLAS_NUM_THREADS', 'by default')}"
    )
    with tempfile.TemporaryDirectory() as folder:
        peer = None
        if shutil.which("Rscript"):
            data = Path(folder) / "ratings.csv"
            with data.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, rows[0])
                writer.writeheader()
                writer.writerows(rows)
            peer = Peer(data, errors=given.errors)
        print(f"lme4: {peer.blas if peer and peer.blas else 'not installed here'}")
        peer = peer if peer and peer.blas else None
        ratings = Ratings(rows)
        for model in ("crossed", "service"):
            compare(ratings, peer, model, given.pairs)
        if peer:
            peer.close()
    simulated(21)


if __name__ == "__main__":
    main()
