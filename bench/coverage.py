"""How often the 95 % intervals hold the truth, on made-up answers whose truth is known.

`python -m bench.coverage [--reps N] [--seed N] [--json FILE] [--to docs/coverage.md]` draws the
counts of options of a five-point item (multinomial), forms the interval as the product does, and
counts how often the true value lies inside. Simulated throughout; test_coverage.py uses it too.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from analysis.statistics.intervals.composite import combined_interval
from analysis.statistics.intervals.proportions import wilson
from analysis.statistics.intervals.scores import score_intervals, trimmed_interval
from analysis.statistics.robust.trimmed import kept_counts, winsorised_counts
from analysis.statistics.robust.winsorised import winsorised_from_counts

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
POINTS = np.array([20.0, 40.0, 60.0, 80.0, 100.0])
BOUNDS = (20.0, 100.0)
LEVEL = 0.95
PATTERNS: dict[str, tuple[float, ...]] = {
    "98 % satisfied": (0.005, 0.005, 0.010, 0.030, 0.950),
    "95 % satisfied": (0.010, 0.010, 0.030, 0.250, 0.700),
    "95 % satisfied, most at the top": (0.020, 0.010, 0.020, 0.050, 0.900),
    "95 % yes, 5 % no": (0.050, 0.000, 0.000, 0.000, 0.950),
    "80 % satisfied": (0.030, 0.050, 0.120, 0.350, 0.450),
    "80 % yes, 20 % no": (0.200, 0.000, 0.000, 0.000, 0.800),
    "split": (0.350, 0.100, 0.100, 0.100, 0.350),
    "flat": (0.200, 0.200, 0.200, 0.200, 0.200),
    "nearly all on the fourth option": (0.000, 0.020, 0.080, 0.850, 0.050),
    "dissatisfied": (0.400, 0.300, 0.150, 0.100, 0.050),
}
SIZES = (2, 3, 5, 8, 12, 20, 30, 60, 100, 400)
LARGE = 400
TRIMS = (0.0, 0.05, 0.10)
RARE = 0.05
"""Where fewer rounds than this have an interval, its coverage is not worth a figure."""
NEAR = 0.02
"""A cut this near to the border between two options is called a kink."""


@dataclass(frozen=True)
class Cell:
    """Coverage of one estimator. `width` is the mean width in points; `shown` the share of rounds
    with an interval. `plain` is the coverage of the plain t interval.
    """

    estimator: str
    pattern: str
    n: int
    trim: float
    coverage: float
    width: float
    reps: int
    plain: float | None = None
    shown: float = 1.0
    is_kink: bool = False


def draw(pattern: str, n: int, reps: int, rng: np.random.Generator) -> Counts:
    return rng.multinomial(n, PATTERNS[pattern], reps)


def moments(counts: Counts) -> tuple[Floats, Floats]:
    """Means and their variances s²/n."""
    n = counts.sum(axis=1)
    mean = counts @ POINTS / n
    squares = (counts * (POINTS - mean[:, None]) ** 2).sum(axis=1)
    return mean, squares / (n - 1) / n


def hits(lo: Floats, hi: Floats, truth: float) -> float:
    return float(np.mean((lo <= truth + 1e-9) & (truth - 1e-9 <= hi)))


def true_mean(pattern: str) -> float:
    return float(np.dot(PATTERNS[pattern], POINTS))


def true_trimmed(pattern: str, trim: float) -> float:
    up_to = np.cumsum(PATTERNS[pattern])
    kept = np.diff(np.maximum(np.minimum(up_to, 1 - trim) - trim, 0), prepend=0)
    return float(kept @ POINTS / kept.sum())


def true_winsorised(pattern: str, trim: float) -> float:
    up_to = np.cumsum(PATTERNS[pattern])
    low, high = (
        POINTS[np.searchsorted(up_to, trim + 1e-9)],
        POINTS[np.searchsorted(up_to, 1 - trim - 1e-9)],
    )
    return float(np.clip(POINTS, low, high) @ PATTERNS[pattern])


def is_kink(pattern: str, trim: float) -> bool:
    """Whether a cut ends at a border between options, or leaves one option only."""
    up_to = np.cumsum(PATTERNS[pattern])[:-1]
    near = np.abs(np.concatenate([up_to - trim, 1 - up_to - trim])) < NEAR
    is_flat = not np.any((up_to > trim) & (up_to < 1 - trim))
    return trim > 0 and (bool(near.any()) or is_flat)


def mean_cell(pattern: str, n: int, reps: int, rng: np.random.Generator) -> Cell:
    mean, variance = moments(draw(pattern, n, reps, rng))
    truth = true_mean(pattern)
    lo, hi = score_intervals(mean, variance, n, BOUNDS, LEVEL)
    reach = special.stdtrit(n - 1, (1 + LEVEL) / 2) * np.sqrt(variance)
    plain = hits(np.clip(mean - reach, *BOUNDS), np.clip(mean + reach, *BOUNDS), truth)
    width = float((hi - lo).mean())
    return Cell("mean", pattern, n, 0.0, hits(lo, hi, truth), width, reps, plain)


def trimmed_cell(pattern: str, n: int, trim: float, reps: int, rng: np.random.Generator) -> Cell:
    counts, times = np.unique(draw(pattern, n, reps, rng), axis=0, return_counts=True)
    h = int(trim * n + 1e-9)
    kept = kept_counts(counts, h)
    replaced = winsorised_counts(kept, h)
    mean = kept @ POINTS / (n - 2 * h)
    _, winsor = moments(replaced)
    variance = winsor / (1 - 2 * trim) ** 2
    whole, spread = moments(counts)
    ends = np.array(
        [
            trimmed_interval(m, v, n - 2 * h, (w, s, n), BOUNDS, LEVEL)
            for m, v, w, s in zip(mean, variance, whole, spread, strict=True)
        ]
    )
    reach = special.stdtrit(max(n - 2 * h - 1, 1), (1 + LEVEL) / 2) * np.sqrt(variance)
    lo, hi = np.repeat(ends[:, 0], times), np.repeat(ends[:, 1], times)
    low, high = np.repeat(mean - reach, times), np.repeat(mean + reach, times)
    # with nothing cut the estimator is the mean
    truth = true_trimmed(pattern, trim) if h else true_mean(pattern)
    plain, width = hits(low, high, truth), float((hi - lo).mean())
    kink = bool(h) and is_kink(pattern, trim)
    return Cell(
        "trimmed mean", pattern, n, trim, hits(lo, hi, truth), width, reps, plain, 1.0, kink
    )


def winsorised_cell(pattern: str, n: int, trim: float, reps: int, rng: np.random.Generator) -> Cell:
    truth = true_winsorised(pattern, trim)
    inside = shown = 0
    width = 0.0
    counts, times = np.unique(draw(pattern, n, reps, rng), axis=0, return_counts=True)
    for row, often in zip(counts, times.tolist(), strict=True):
        one = winsorised_from_counts(POINTS, row, trim).estimate(LEVEL, "points")
        if one.lo is not None and one.hi is not None:
            shown += often
            inside += often * (one.lo - 1e-9 <= truth <= one.hi + 1e-9)
            width += often * (one.hi - one.lo)
    coverage = inside / shown if shown else float("nan")
    kink = is_kink(pattern, trim)
    mean_width = width / shown if shown else float("nan")
    return Cell(
        "winsorised mean", pattern, n, trim, coverage, mean_width, reps, None, shown / reps, kink
    )


def share_cell(pattern: str, n: int, reps: int, rng: np.random.Generator) -> Cell:
    counts = draw(pattern, n, reps, rng)
    lo, hi = wilson(counts[:, 3:].sum(axis=1), n, LEVEL)
    truth = float(sum(PATTERNS[pattern][3:]))
    width = 100 * float((hi - lo).mean())
    return Cell("share of satisfied", pattern, n, 0.0, hits(lo, hi, truth), width, reps)


def ratio_cell(pattern: str, n: int, reps: int, rng: np.random.Generator) -> Cell:
    """Mean points of those who know the office: Σ y x / Σ x with x answered by 80 %."""
    known = rng.binomial(n, 0.8, reps)
    counts = rng.multinomial(known, PATTERNS[pattern])
    mean = counts @ POINTS / known
    squares = (counts * (POINTS - mean[:, None]) ** 2).sum(axis=1)
    variance = n / (n - 1) * squares / known**2
    lo, hi = score_intervals(mean, variance, n, BOUNDS, LEVEL)
    truth = true_mean(pattern)
    return Cell("ratio", pattern, n, 0.0, hits(lo, hi, truth), float((hi - lo).mean()), reps)


def combined_cell(
    name: str,
    patterns: Sequence[str],
    shares: Sequence[float],
    sizes: Sequence[int],
    reps: int,
    rng: np.random.Generator,
) -> Cell:
    """A sum of independent parts with fixed shares: differences, strata, rater classes."""
    means, ends = [], []
    for pattern, n in zip(patterns, sizes, strict=True):
        mean, variance = moments(draw(pattern, n, reps, rng))
        means.append(mean)
        ends.append(score_intervals(mean, variance, n, BOUNDS, LEVEL))
    truth = sum(a * true_mean(one) for a, one in zip(shares, patterns, strict=True))
    lo, hi = np.empty(reps), np.empty(reps)
    for row in range(reps):
        parts = [(float(low[row]), float(high[row])) for low, high in ends]
        _, lo[row], hi[row] = combined_interval(shares, [float(m[row]) for m in means], parts)
    label = " + ".join(patterns)
    return Cell(name, label, sum(sizes), 0.0, hits(lo, hi, truth), float((hi - lo).mean()), reps)


def ballots_cell(pattern: str, n: int, reps: int, rng: np.random.Generator, items: int = 8) -> Cell:
    """The score of ballots with several items each that go together: one in two copies the first.

    The variance is that between ballots.
    """
    first = rng.choice(5, size=(reps, n, 1), p=PATTERNS[pattern])
    own = rng.choice(5, size=(reps, n, items), p=PATTERNS[pattern])
    copies = rng.random((reps, n, items)) < 0.5
    ballots = POINTS[np.where(copies, first, own)].mean(axis=2)
    mean, variance = ballots.mean(axis=1), ballots.var(axis=1, ddof=1) / n
    lo, hi = score_intervals(mean, variance, n, BOUNDS, LEVEL)
    truth = true_mean(pattern)
    return Cell(
        "ballots of 8 items", pattern, n, 0.0, hits(lo, hi, truth), float((hi - lo).mean()), reps
    )


def worst_yes_no(n: int, shares: Floats | None = None) -> float:
    """The least coverage of any yes/no item at `n`, exactly, over a fine grid of true shares."""
    p = np.linspace(0.5, 0.999, 500) if shares is None else shares
    k = np.arange(n + 1)
    m = k / n
    lo, hi = score_intervals(m, m * (1 - m) / (n - 1), n, (0, 1), LEVEL)
    inside = (lo <= p[:, None]) & (p[:, None] <= hi)
    return float((stats.binom.pmf(k, n, p[:, None]) * inside).sum(axis=1).min())


Maker = Callable[[int, np.random.Generator], Cell]


def small_cells() -> Iterator[Maker]:
    """Mean and trimmed mean for every pattern, size and trimming."""
    for pattern in PATTERNS:
        for n in SIZES:
            yield lambda reps, rng, p=pattern, n=n: mean_cell(p, n, reps, rng)
            for trim in TRIMS[1:]:
                if int(trim * n):
                    yield lambda reps, rng, p=pattern, n=n, g=trim: trimmed_cell(p, n, g, reps, rng)


COMPOSITES = (
    (("95 % satisfied", "80 % satisfied", "98 % satisfied"), (0.5, 0.3, 0.2)),
    (("95 % yes, 5 % no", "95 % satisfied, most at the top", "split"), (0.4, 0.4, 0.2)),
    (("dissatisfied", "flat", "nearly all on the fourth option"), (0.6, 0.3, 0.1)),
)


def large_cells(n: int = LARGE) -> Iterator[Maker]:
    """Every other estimator at a size where the nominal level is owed."""
    for pattern in PATTERNS:
        yield lambda reps, rng, p=pattern: share_cell(p, n, reps, rng)
        yield lambda reps, rng, p=pattern: ratio_cell(p, n, reps, rng)
        yield lambda reps, rng, p=pattern: ballots_cell(p, n, min(reps, 2000), rng)
        for trim in TRIMS[1:]:
            yield lambda reps, rng, p=pattern, g=trim: winsorised_cell(p, n, g, reps, rng)
    for patterns, shares in COMPOSITES:
        pair = patterns[:2]
        yield lambda reps, rng, q=pair: combined_cell("difference", q, (1, -1), (n, n), reps, rng)
        strata = [round(n * part) for part in (0.2, 0.3, 0.5)]
        yield lambda reps, rng, q=patterns, a=shares, s=strata: combined_cell(
            "post-stratified mean", q, a, s, reps, rng
        )
        yield lambda reps, rng, q=patterns, a=shares: combined_cell(
            "composite of classes", q, a, (n, n, n), reps, rng
        )
        mixed = (n, 60, 20)
        yield lambda reps, rng, q=patterns, a=shares, s=mixed: combined_cell(
            "composite, small classes", q, a, s, reps, rng
        )


def run(makers: Iterator[Maker], reps: int, seed: int) -> list[Cell]:
    """Every cell with a stream of its own, so that one more does not change the others."""
    return [make(reps, np.random.default_rng([seed, number])) for number, make in enumerate(makers)]


def markdown(small: Sequence[Cell], large: Sequence[Cell], reps: int, seed: int) -> str:
    worst = {n: worst_yes_no(n) for n in SIZES}
    parts = [
        HEAD.format(reps=reps, seed=seed),
        _table([one for one in small if one.estimator == "mean"], "coverage", SIZES),
        "",
        "Worst yes/no item of any share, exact: "
        + ", ".join(f"n = {n}: {value:.3f}" for n, value in worst.items())
        + ".",
        PLAIN,
        _table([one for one in small if one.estimator == "mean"], "plain", SIZES),
        WIDTH,
        _table([one for one in small if one.estimator == "mean"], "width", SIZES),
    ]
    for trim in TRIMS[1:]:
        cells = [one for one in small if one.estimator == "trimmed mean" and one.trim == trim]
        sizes = [n for n in SIZES if int(trim * n)]
        parts += [f"\n## Trimmed by {trim:.0%} at each end\n", _table(cells, "coverage", sizes)]
    parts += [TRIMMED, LARGE_HEAD, _large_table(large)]
    return "\n".join(parts) + "\n"


def _table(cells: Sequence[Cell], field: str, sizes: Sequence[int]) -> str:
    rows = ["| answers | " + " | ".join(f"n = {n}" for n in sizes) + " |"]
    rows.append("|---|" + "--:|" * len(sizes))
    by_place = {(one.pattern, one.n): one for one in cells}
    for pattern in PATTERNS:
        row = []
        for n in sizes:
            one = by_place[pattern, n]
            value = getattr(one, field)
            mark = "*" if one.is_kink else ""
            row.append(f"{value:.1f}" if field == "width" else f"{value:.3f}{mark}")
        rows.append(f"| {pattern} | " + " | ".join(row) + " |")
    return "\n".join(rows)


def _large_table(cells: Sequence[Cell]) -> str:
    rows = ["| estimator | answers | n | trim | coverage | shown |", "|---|---|--:|--:|--:|--:|"]
    for one in sorted(cells, key=lambda one: one.estimator):
        coverage = f"{one.coverage:.3f}" if one.shown >= RARE else "–"
        trim = f"{one.trim:.0%}" if one.trim else ""
        rows.append(
            f"| {one.estimator} | {one.pattern} | {one.n} | {trim} | {coverage} | {one.shown:.2f} |"
        )
    return "\n".join(rows)


HEAD = """# How often an interval holds the truth

Made by `python -m bench.coverage` from {reps} simulated rounds a cell (seed {seed}; one Monte-Carlo
error is 0.005 at 2 000 rounds). All answers here are made up, so that the truth is known.

A 95 % interval should hold the true value in 95 of 100 rounds. Far fewer, and people trust
differences that are not there; far more, and the interval is wider than it need be. The answers
have five options worth 20 to 100 points; the lines name how they fall. The scale's ends, not the
true values, go into the interval.

**What is shown.** The interval of a score adds half a vote at either end of the scale
(`analysis/statistics/intervals/scores.py`). It is shown from two ballots on: no cell of these
tables and no yes/no item at all is covered in fewer than 0.90 of the rounds. From n = 400 on every
estimator is between 0.93 and 0.97, but for the cases marked *.

**Where it is more than 0.97.** With a handful of ballots there are so few possible results that no
interval can have exactly 0.95; this one errs towards more. Where nearly all choose one option in
the middle of the scale, half a vote at the ends is much; the interval is then too wide, not wrong.
What the tables do not show: people who did not answer.

## Mean, nothing trimmed
"""
PLAIN = """
The plain t interval, clipped to the scale, on the same rounds (no longer used):
"""
WIDTH = """
Mean width of the interval in use, in points of 20–100:
"""
TRIMMED = """
\\* The cut ends at the border between two options, or only one option is left: a little more or a
little less dissent moves the trimmed mean on one side only, often the true trimmed mean is the end
of the scale itself, and coverage lies between 0.95 and 1 at any n. Sizes at which nothing is cut
(⌊g·n⌋ = 0) are those of the table above.
"""
LARGE_HEAD = """
## The other estimators at n = 400 and more

Share: Wilson. Ratio: the mean of those who know the office, 80 % of the ballots, linearised.
Difference: two units rated by different people. Post-stratified: three strata with known shares and
80, 120 and 200 ballots. Composite: three rater classes with fixed weights, 400 ballots each, or
400, 60 and 20. A Winsorised mean jumps where a cut is near the border between two options; no
interval is shown there. `shown` is the share of rounds that had one; the coverage is over those,
and left out where they are fewer than one in twenty. Where a Winsorised mean is covered in all
rounds, one option alone is left between the cuts, and that option is the true value.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the intervals.")
    parser.add_argument("--reps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args()
    small = run(small_cells(), asked.reps, asked.seed)
    large = run(large_cells(), asked.reps, asked.seed + 1)
    text = markdown(small, large, asked.reps, asked.seed)
    print(text)
    if asked.to:
        asked.to.write_text(text, encoding="utf-8")
    if asked.json:
        cells = [asdict(one) for one in (*small, *large)]
        asked.json.write_text(json.dumps(cells, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
