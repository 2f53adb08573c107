"""Speed of weighting: raking, a mean and 1 000 domain means with standard errors.

Four million simulated respondents, three margins (2 × 6 × 20). The project's side begins with the
rows, so counting is in it. R `survey` runs in the same run on the same rows, without the time it
takes to read them; its domain means are timed on a few domains and multiplied. With --peers Python
packages are installed into a temporary folder and timed too; for those that cannot be, earlier
figures are printed and called quoted. Raking here goes to 1e-12, the others stop earlier. Seconds
are of the processor, so that other work on the machine counts little.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from analysis.statistics.weights.cell_estimates import CellEstimates, CellSums, cell_estimate
from analysis.statistics.weights.counting import count_cells, levels_of
from analysis.statistics.weights.raking import rake_cells

SIZES = (2, 6, 20)
NAMES = ("sex", "age", "region")
DOMAINS = 1000
POINTS = np.array([100.0, 80.0, 60.0, 40.0, 20.0])
TIMED_DOMAINS = 1
RUNS = 7
QUOTED = {
    "ipfn": "8.9 s for raking",
    "balance": "4.3 s to load + 8.1 s for raking",
    "samplics": "none",
    "svy": "out of memory at 24 GB",
}
"""Measured earlier on a machine of this kind, same sizes."""

R = """
suppressMessages(library(survey))
folder <- commandArgs(TRUE)[1]; n <- as.integer(commandArgs(TRUE)[2])
domains <- as.integer(commandArgs(TRUE)[3])
read <- function(name, bytes) readBin(file.path(folder, name), "integer", n, bytes, signed = FALSE)
d <- data.frame(sex = factor(read("sex", 1)), age = factor(read("age", 1)),
  region = factor(read("region", 1)), domain = read("domain", 2),
  y = c(100, 80, 60, 40, 20)[read("option", 1) + 1])
target <- function(name) {
  t <- read.csv(file.path(folder, paste0(name, ".csv")))
  t[[1]] <- factor(t[[1]]); t
}
took <- function(name, what) {
  s <- sum(system.time(v <- what)[c("user.self", "sys.self")])
  cat(name, s, "\\n"); v
}
des <- took("design", svydesign(ids = ~1, weights = ~rep(1, n), data = d))
rk <- took("rake", rake(des, list(~sex, ~age, ~region), list(target("sex"), target("age"),
  target("region")), control = list(maxit = 50, epsilon = 1e-6)))
m <- took("mean", svymean(~y, rk))
cat("value", format(coef(m), digits = 15), format(SE(m), digits = 15), "\\n")
took("domains", for (k in seq_len(domains) - 1) {
  one <- svymean(~y, subset(rk, domain == k))
  if (k == 0) cat("first", format(coef(one), digits = 15), format(SE(one), digits = 15), "\\n")
})
"""

LOAD = """
import sys, time, pathlib
import numpy as np, pandas as pd
folder = pathlib.Path(sys.argv[1])
d = pd.DataFrame({k: np.fromfile(folder / k, dtype="uint8") for k in ("sex", "age", "region")})
t = {k: pd.read_csv(folder / (k + ".csv")).set_index(k)["Freq"] for k in d}
"""
PEERS = {
    "ipfn": LOAD
    + """
from ipfn import ipfn
began = time.process_time()
d["total"] = 1.0
ipfn.ipfn(d, list(t.values()), [[k] for k in t], convergence_rate=1e-6).iteration()
print(time.process_time() - began)
""",
    "balance": LOAD
    + """
from balance import Sample
began = time.process_time()
d["id"] = np.arange(len(d)).astype(str)
parts = [np.repeat(s.index, np.round(s / s.sum() * 2000).astype(int)) for s in t.values()]
n = min(map(len, parts))
rng = np.random.default_rng(1)
whole = pd.DataFrame({k: rng.permutation(p)[:n] for k, p in zip(t, parts)})
whole["id"] = np.arange(n).astype(str)
text = {k: str for k in t}
mine, target = Sample.from_frame(d.astype(text)), Sample.from_frame(whole.astype(text))
mine.set_target(target).adjust(method="rake", transformations=None)
print(time.process_time() - began)
""",
    "samplics": LOAD
    + """
from samplics.weighting import SampleWeight
began = time.process_time()
SampleWeight().raking(samp_weight=np.ones(len(d)), control={k: dict(s) for k, s in t.items()},
                      margins={k: d[k].to_numpy() for k in t})
print(time.process_time() - began)
""",
    "svy": LOAD
    + """
import polars as pl, svy
began = time.process_time()
one = svy.Sample(pl.from_pandas(d.assign(w=1.0)), svy.Design(wgt="w"))
one.weighting.rake(controls={k: dict(s) for k, s in t.items()})
print(time.process_time() - began)
""",
}


class Respondents:
    """Simulated rows: codes of the margins, the unit rated and the option chosen."""

    def __init__(self, n: int) -> None:
        drawn = np.random.default_rng(1)
        self.n = n
        self.margins = []
        self.targets = []
        for size in SIZES:
            share, truth = drawn.dirichlet(np.full(size, 20.0), 2)
            self.margins.append(drawn.choice(size, n, p=share).astype(np.uint8))
            self.targets.append(np.round(truth * 10 * n))
        for target in self.targets:
            target[0] += 10 * n - target.sum()
        self.domain = drawn.integers(0, DOMAINS, n).astype(np.uint16)
        lean = (self.margins[1] + self.domain % 3).astype(np.int64)
        self.option = np.minimum(drawn.poisson(0.3 + 0.15 * lean), 4).astype(np.uint8)

    def write(self, folder: Path) -> None:
        """The rows as plain bytes and the targets as tables, for the other sides."""
        for name, code, target in zip(NAMES, self.margins, self.targets, strict=True):
            code.tofile(folder / name)
            rows = "\n".join(f"{level},{int(one)}" for level, one in enumerate(target))
            (folder / f"{name}.csv").write_text(f"{name},Freq\n{rows}\n")
        self.domain.tofile(folder / "domain")
        self.option.tofile(folder / "option")


def ours(
    people: Respondents, seconds: dict[str, list[float]]
) -> tuple[CellEstimates, CellEstimates]:
    """Everything from the rows: counts, weights, the mean and the means of all domains."""
    cells = int(np.prod(SIZES))
    steps = [time.process_time()]
    counts = count_cells(
        [people.domain, *people.margins, people.option], [DOMAINS, *SIZES, len(POINTS)]
    ).reshape(DOMAINS, cells, len(POINTS))
    sums = CellSums.of_counts(counts, POINTS)
    steps.append(time.process_time())
    levels, n = levels_of(SIZES), sums.n.sum(axis=0)
    weights = rake_cells(n, levels, people.targets).factor
    steps.append(time.process_time())
    whole = CellSums(n, sums.sum.sum(axis=0), sums.squares.sum(axis=0))
    mean = cell_estimate(whole, weights, levels)
    steps.append(time.process_time())
    domains = cell_estimate(sums, weights, levels)
    steps.append(time.process_time())
    for name, took in zip(("count", "rake", "mean", "domains"), np.diff(steps), strict=True):
        seconds.setdefault(name, []).append(float(took))
    return mean, domains


def raking_alone(people: Respondents) -> float:
    """Seconds from the rows to the weights, without the outcome and the domains."""
    began = time.process_time()
    counts = count_cells(people.margins, SIZES).ravel()
    rake_cells(counts, levels_of(SIZES), people.targets)
    return time.process_time() - began


def run_r(folder: Path, n: int) -> dict[str, list[float]] | None:
    """R's own times in seconds and its figures; None where R or survey is not installed."""
    if shutil.which("Rscript") is None:
        return None
    (folder / "bench.R").write_text(R)
    call = ["Rscript", str(folder / "bench.R"), str(folder), str(n), str(TIMED_DOMAINS)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        print("R:", done.stderr.strip().splitlines()[-1:])
        return None
    lines = [line.split() for line in done.stdout.splitlines() if line]
    return {name: [float(one) for one in rest] for name, *rest in lines}


def run_peers(folder: Path, own: float) -> None:
    """Install each package apart and time its raking; quote it where that fails."""
    for name, script in PEERS.items():
        place = folder / f"venv-{name}"
        took = _peer(name, script, place, folder)
        if took is None:
            print(f"  {name:10s} not run here; quoted: {QUOTED[name]}")
        else:
            print(f"  {name:10s} rake {took:7.2f} s            ratio {took / own:8.0f}")


def _peer(name: str, script: str, place: Path, folder: Path) -> float | None:
    environment = {**os.environ, "PYTHONPATH": ""}
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = str(place / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", name, "pandas"]
    file = folder / f"run_{name}.py"
    file.write_text(script)
    for call, limit in ((install, 600), ([python, str(file), str(folder)], 600)):
        try:
            done = subprocess.run(
                call, capture_output=True, text=True, check=False, timeout=limit, env=environment
            )
        except subprocess.TimeoutExpired:
            print(f"  {name}: more than {limit} s")
            return None
        if done.returncode:
            print(f"  {name}: {(done.stderr.strip().splitlines() or ['failed'])[-1][:200]}")
            return None
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--respondents", type=int, default=4_000_000)
    parser.add_argument("--peers", action="store_true", help="install and time Python packages")
    parser.add_argument("--no-r", action="store_true", help="leave R out")
    given = parser.parse_args()
    people = Respondents(given.respondents)
    seconds: dict[str, list[float]] = {}
    for _ in range(RUNS):
        mean, domains = ours(people, seconds)
    own = {name: statistics.median(each) for name, each in seconds.items()}
    own["alone"] = statistics.median(raking_alone(people) for _ in range(RUNS))
    total = statistics.median(map(sum, zip(*seconds.values(), strict=True)))
    print(f"{given.respondents:,} respondents, 2 × 6 × 20 cells, {DOMAINS} domains, {RUNS} runs")
    print("  ours       " + "  ".join(f"{name} {one:.3f}" for name, one in own.items()))
    print(f"  ours       in all {total:.3f} s, mean {mean.mean[0]:.10f} SE {mean.mean_se[0]:.10f}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        people.write(folder)
        if not given.no_r:
            compare_r(run_r(folder, people.n), own, total, domains)
        if given.peers:
            run_peers(folder, own["alone"])


def compare_r(
    found: dict[str, list[float]] | None,
    own: dict[str, float],
    total: float,
    domains: CellEstimates,
) -> None:
    if found is None:
        print("  R survey   not installed here; quoted: design 25.3, rake 14.8, mean 3.3 s")
        return
    design, rake, mean, few = (found[one][0] for one in ("design", "rake", "mean", "domains"))
    every = few / TIMED_DOMAINS * DOMAINS
    print(
        f"  R survey   design {design:.1f}  rake {rake:.1f}  mean {mean:.1f}  "
        f"{TIMED_DOMAINS} domain {few:.1f} (all {DOMAINS}: {every:.0f}, extrapolated)"
    )
    print(
        f"  R survey   mean {found['value'][0]:.10f} SE {found['value'][1]:.10f}; domain 0 "
        f"{found['first'][0]:.8f} SE {found['first'][1]:.8f}, ours {domains.mean[0]:.8f} "
        f"SE {domains.mean_se[0]:.8f}"
    )
    to_mean = own["count"] + own["rake"] + own["mean"]
    print(f"  ratio      rake alone (R without its design) {rake / own['alone']:.0f}")
    print(f"  ratio      design + rake + mean {(design + rake + mean) / to_mean:.0f}")
    print(
        f"  ratio      with 1 000 domain means {(design + rake + mean + every) / total:.0f} "
        f"(extrapolated)"
    )


if __name__ == "__main__":
    main()
