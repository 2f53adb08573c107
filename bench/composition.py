"""Speed of composing: certified scores of indicators become totals, ranks and grades.

Compared with the least any machine must do, a bare sum of the same numbers. Seconds are of the
processor, medians of several runs. The scores are made up; a score of record is a whole number of
millionths of a point, so sums are exact.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from analysis.composition import compose
from analysis.grading import grade
from analysis.indicator_sums import MICRO, LeafSums, Micro, sum_scores
from analysis.inputs import RateeRow
from analysis.results import LeafScore
from analysis.scheme import Scheme

SCHEME = """
key = "bench"
version = "1"
title = "bench"
ties = ["c"]
[[component]]
key = "a"
name = "a"
weight = "50"
source = "indicators"
[[component]]
key = "b"
name = "b"
weight = "30"
source = "indicators"
[[component]]
key = "c"
name = "c"
weight = "20"
source = "indicators"
[[grade]]
key = "excellent"
name = "excellent"
min = "70"
quota = {scope = "class", share = "0.3"}
[[grade]]
key = "good"
name = "good"
min = "50"
[[grade]]
key = "poor"
name = "poor"
"""
Made = TypeVar("Made")


class Timer:
    """Runs steps and remembers how long each took."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def run(self, name: str, step: Callable[..., Made], *given: object) -> Made:
        began = time.process_time()
        made = step(*given)
        self.seconds.setdefault(name, []).append(time.process_time() - began)
        return made

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])


class Scores:
    """Certified scores and full marks of every indicator, in millionths of a point."""

    def __init__(self, ratees: int, indicators: int) -> None:
        drawn = np.random.default_rng(1)
        ratee = np.repeat(np.arange(ratees), indicators)
        leaf = np.tile(np.arange(indicators) * 3 // indicators, ratees)
        points = np.tile(drawn.integers(1, 21, indicators), ratees)
        self.score: Micro = points * drawn.integers(400_000, 1_000_000, ratees * indicators)
        self.columns = (ratee, leaf, self.score, points * MICRO)


def leaf_scores(
    ratees: Sequence[RateeRow], paths: Sequence[str], sums: LeafSums
) -> dict[tuple[str, str], LeafScore]:
    """The sums as the composition takes them."""
    counts = sums.counts()
    return {
        (ratees[place[0]].key, paths[place[1]]): LeafScore(score, n=counts[place])
        for place, score in sums.scores().items()
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ratees", type=int, default=5000)
    options.add_argument("--indicators", type=int, default=500)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    scheme = Scheme.load(SCHEME.encode())
    paths = [leaf.path for leaf in scheme.leaves()]
    ratees = [RateeRow(f"u{n}", f"单位{n}", "unit", "") for n in range(given.ratees)]
    scores = Scores(given.ratees, given.indicators)
    timer = Timer()
    for _ in range(given.times):
        timer.run("bare sum", scores.score.sum)
        sums = timer.run("sums", sum_scores, *scores.columns)
        leaves = timer.run("leaf scores", leaf_scores, ratees, paths, sums)
        composed = timer.run("totals", compose, scheme, ratees, leaves)
        graded = timer.run("ranks and grades", grade, scheme, composed)
    steps = [name for name in timer.seconds if name != "bare sum"]
    whole = sum(timer.median(name) for name in steps)
    bare = timer.median("bare sum")
    print(f"{given.ratees} ratees x {given.indicators} indicators = {len(scores.score)} scores")
    for name in timer.seconds:
        print(f"{name:>20} {timer.median(name):8.3f} s")
    print(f"{'all':>20} {whole:8.3f} s = {whole / bare:.0f} x the bare sum ({bare * 1000:.1f} ms)")
    print(f"{'excellent':>20} {sum(one.grade == 'excellent' for one in graded.values()):8}")


if __name__ == "__main__":
    main()
