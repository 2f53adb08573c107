"""Bursts: far more arrivals by a link in ten minutes than its own day lets expect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from analysis.statistics.response_quality.tails import count_tail

Floats = NDArray[np.float64]

FALSE_DISCOVERIES = 0.01
RATIO = 5.0
BURST_MIN = 10
LINK_MIN = 50
BINS_A_DAY = 144


@dataclass(frozen=True, slots=True)
class Burst:
    """The greatest burst of a link: `n` arrivals in one ten minutes where `expected` were usual,
    and how many such ten minutes there were. `q`: its Benjamini–Hochberg adjusted p-value.
    """

    link: str
    n: int
    expected: float
    bins: int
    q: float = 0.0


def find_bursts(link: Sequence[str], bin: Sequence[int], n: Sequence[int]) -> list[Burst]:
    """Links with ten-minute counts far beyond their own baseline, sorted by link.

    N_t arrivals of a link in bin t; λ_t = the link's total times the share of the round's arrivals
    that the other links have at that hour; N_t negative binomial with variance λ + αλ², α by
    moments over bins without a candidate; p = P(N ≥ N_t), Benjamini–Hochberg at q = 0.01 over
    every link and ten minutes of the round, and N_t ≥ 5λ_t, and N_t ≥ 10. Links with fewer than 50
    arrivals are not judged; a link judged with confidence has 200.

    False alarms: among the bins flagged by q alone at most 1 % are expected to be chance where the
    baseline holds; the ratio of 5 takes the expected number of flagged honest links far below that.

    What goes wrong: a meeting where 60 people vote at once is a legitimate burst. The screen asks,
    the administrator answers. Bins are counts of ten minutes; there is no clock time behind them.

    Source: Cameron & Trivedi 2013, Regression Analysis of Count Data, §3.3 (moments of α); Unkel,
    Farrington et al. 2012, J. R. Stat. Soc. A 175, §2 (the scheme); Benjamini & Hochberg 1995.
    """
    names = sorted(set(link))
    if not names:
        return []
    place = {name: number for number, name in enumerate(names)}
    first = min(bin)
    counts = np.zeros((len(names), max(bin) - first + 1))
    rows = np.array([place[one] for one in link], dtype=np.int64)
    np.add.at(counts.ravel(), rows * counts.shape[1] + np.asarray(bin) - first, np.asarray(n))
    expected = _expected(counts, first)
    candidate = (counts >= BURST_MIN) & (counts >= RATIO * expected)
    p = count_tail(counts, expected, _dispersion(counts, expected, ~candidate))
    q = benjamini_hochberg(p.ravel()).reshape(p.shape)
    judged = counts.sum(axis=1, keepdims=True) >= LINK_MIN
    hits = candidate & (q <= FALSE_DISCOVERIES) & judged
    return [
        _burst(names[row], counts[row], expected[row], hits[row], q[row])
        for row in np.flatnonzero(hits.any(axis=1))
    ]


def _burst(
    name: str, counts: Floats, expected: Floats, hits: NDArray[np.bool_], q: Floats
) -> Burst:
    worst = int(np.argmax(np.where(hits, counts, -1)))
    return Burst(name, int(counts[worst]), float(expected[worst]), int(hits.sum()), float(q[worst]))


def _expected(counts: Floats, first: int) -> Floats:
    """Link total × share of the time of day, the latter from the other links' capped counts.

    Counts are capped at the link's 99th percentile or 10, so that a burst does not excuse itself.
    """
    bins = counts.shape[1]
    caps = np.maximum(np.quantile(counts, 0.99, axis=1, keepdims=True), BURST_MIN)
    capped = np.minimum(counts, caps)
    hour = ((first + np.arange(bins)) % BINS_A_DAY) // 6
    hours = np.zeros((len(counts), 24))
    np.add.at(hours.T, hour, capped.T)
    width = np.bincount(hour, minlength=24).astype(np.float64)
    others = hours.sum(axis=0) - hours + width  # one more a bin: no hour is impossible
    rate = others / np.maximum(width, 1)
    share = rate[:, hour] / rate[:, hour].sum(axis=1, keepdims=True)
    expected: Floats = capped.sum(axis=1, keepdims=True) * share
    return expected


def _dispersion(counts: Floats, expected: Floats, usual: NDArray[np.bool_]) -> float:
    """α of variance = λ + αλ² by moments over the usual bins; never below 0."""
    square = float((expected[usual] ** 2).sum())
    if square <= 0:
        return 0.0
    excess = float(((counts[usual] - expected[usual]) ** 2 - expected[usual]).sum())
    return max(0.0, excess / square)
