"""Speed of simultaneous rank sets: all pairs, with covariances.

Compared with the same algorithm as one would write it down, draw by draw in numpy; the sets must be
the same. csranks needs R and is quoted: 1.5 s for 100 units and 1000 draws, simultaneous; its work
grows at least with the square of the units.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.ranks.rank_sets import (
    RankSets,
    difference_errors,
    draw_errors,
    marginal,
    simultaneous,
)

Floats = NDArray[np.float64]
CSRANKS_100 = 1.5
Made = TypeVar("Made")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--units", type=int, default=1000)
    options.add_argument("--draws", type=int, default=1000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--no-plain", action="store_true", help="leave out the slow plain form")
    asked = options.parse_args()
    scores, sigma = made_up(asked.units)
    order = np.argsort(scores)
    scores, sigma = scores[order], sigma[np.ix_(order, order)]
    csranks = CSRANKS_100 * (asked.units / 100) ** 2 * asked.draws / 1000
    print(f"{asked.units} units, full covariance matrix, {asked.draws} draws; seconds, median")
    for name, stepdown in (("one step", False), ("step-down", True)):
        ours, sets = timed(
            lambda step=stepdown: simultaneous(scores, sigma, draws=asked.draws, stepdown=step),
            asked.runs,
        )
        line = f"simultaneous, {name:9}  {ours:6.2f}   mean width {width(sets):.1f}"
        line += f"   csranks, extrapolated as p²: {csranks:.0f} ({csranks / ours:.0f} ×)"
        if not asked.no_plain:
            slow, same = timed(
                lambda step=stepdown: plain(scores, sigma, asked.draws, stepdown=step), 1
            )
            assert (same[0] == sets.lo).all(), "the plain form disagrees"
            assert (same[1] == sets.hi).all(), "the plain form disagrees"
            line += f"   plain numpy {slow:.1f} ({slow / ours:.1f} ×)"
        print(line)
    for name, stepdown in (("one step", False), ("step-down", True)):
        ours, sets = timed(
            lambda step=stepdown: marginal(scores, sigma, draws=asked.draws, stepdown=step), 1
        )
        print(f"marginal,     {name:9}  {ours:6.2f}   mean width {width(sets):.1f}")


def made_up(p: int) -> tuple[Floats, Floats]:
    """Scores of units rated by common raters: shared errors, and errors of their own."""
    rng = np.random.default_rng(1)
    loads = rng.normal(size=(p, 40))
    sd = rng.uniform(0.2, 0.8, p)
    sigma = (0.3 * loads @ loads.T / 40 + 0.7 * np.eye(p) + 0.2) * np.outer(sd, sd)
    return 80 + 4 * rng.normal(size=p), sigma


def timed(run: Callable[[], Made], runs: int) -> tuple[float, Made]:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        made = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), made


def width(sets: RankSets) -> float:
    return float(np.mean(sets.hi - sets.lo + 1))


def plain(scores: Floats, sigma: Floats, draws: int, *, stepdown: bool) -> tuple[Floats, Floats]:
    """Every pair, in both directions, for every draw and every step. Scores ascending."""
    errors = difference_errors(sigma)
    np.fill_diagonal(errors, 1.0)
    z = draw_errors(sigma, draws, 1)
    t = (scores - scores[:, None]) / errors
    left = ~np.eye(len(scores), dtype=bool)
    decided = np.zeros_like(left)
    while True:
        largest = [
            np.max((one - one[:, None]) / errors, where=left, initial=-np.inf) for one in z.T
        ]
        found = t > np.quantile(largest, 0.95)
        if not stepdown or (found == decided).all():
            break
        decided = found
        left = ~decided & ~np.eye(len(scores), dtype=bool)
    return 1 + found.sum(axis=1), len(scores) - found.sum(axis=0)


if __name__ == "__main__":
    main()
