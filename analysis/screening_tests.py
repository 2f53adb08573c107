"""The tests behind the screens: which counts are far beyond what the rest lets expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

FALSE_DISCOVERIES = 0.01
RATIO = 5.0
BURST_MIN = 10
LINK_MIN = 50
BINS_A_DAY = 144
SIDED_MIN = 30
SIDED_GAP = 0.3
PATTERN_MIN = 10


@dataclass(frozen=True, slots=True)
class Burst:
    """The greatest burst of a link: `n` arrivals in one ten minutes where `expected` were usual,
    and how many such ten minutes there were.
    """

    link: str
    n: int
    expected: float
    bins: int


def adjusted(p: Sequence[float] | Floats) -> Floats:
    """Benjamini-Hochberg adjusted p-values, in the order given (Benjamini & Hochberg 1995)."""
    values = np.asarray(p, dtype=np.float64)
    m = len(values)
    order = np.argsort(-values, kind="stable")
    steps = values[order] * m / np.arange(m, 0, -1)
    result = np.empty(m)
    result[order] = np.minimum(1.0, np.minimum.accumulate(steps)) if m else steps
    return result


def count_tail(n: Any, expected: Any, dispersion: float) -> Floats:
    """P(N >= n) for counts with mean `expected` and variance expected + dispersion·expected².

    Negative binomial; Poisson where the dispersion is 0. 1 for n = 0.
    """
    n = np.asarray(n, dtype=np.float64)
    expected = np.maximum(np.asarray(expected, dtype=np.float64), 1e-12)
    if dispersion <= 0:
        tail = special.gammainc(np.maximum(n, 1.0), expected)
    else:
        size = 1.0 / dispersion
        tail = special.betainc(np.maximum(n, 1.0), size, expected / (expected + size))
    return np.where(n <= 0, 1.0, tail)


def binomial_tail(k: Any, n: Any, p: Any) -> Floats:
    """P(K >= k) for K binomial(n, p); 1 for k = 0."""
    k, n = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    tail = special.betainc(np.maximum(k, 1.0), np.maximum(n - k + 1, 1e-9), np.asarray(p))
    return np.where(k <= 0, 1.0, tail)


def find_bursts(link: Sequence[str], bin: Sequence[int], n: Sequence[int]) -> list[Burst]:
    """Links with ten-minute counts far beyond their own baseline, sorted by link.

    The expected count is the link's total times the share of the round's arrivals that other links
    have at that time of day; dispersion by moments over bins without a candidate; upper tail with
    Benjamini-Hochberg at 0.01 over every link and ten minutes of the round, and at least five times
    the expected, and at least 10. Links with fewer than 50 arrivals are not judged.
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
    q = adjusted(p.ravel()).reshape(p.shape)
    judged = counts.sum(axis=1, keepdims=True) >= LINK_MIN
    hits = candidate & (q <= FALSE_DISCOVERIES) & judged
    return [
        _burst(names[row], counts[row], expected[row], hits[row])
        for row in np.flatnonzero(hits.any(axis=1))
    ]


def _burst(name: str, counts: Floats, expected: Floats, hits: NDArray[np.bool_]) -> Burst:
    worst = int(np.argmax(np.where(hits, counts, -1)))
    return Burst(name, int(counts[worst]), float(expected[worst]), int(hits.sum()))


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


def one_sided(n: Sequence[int], n_full: Sequence[int], rest: Sequence[float]) -> list[int]:
    """Places where the share of full marks is far beyond `rest`, the share elsewhere.

    Binomial tail with Benjamini-Hochberg at 0.01, a gap of at least 0.3 and at least 30 ballots.
    """
    total, full, share = (np.asarray(one, dtype=np.float64) for one in (n, n_full, rest))
    if not len(total):
        return []
    q = adjusted(binomial_tail(full, total, np.clip(share, 1e-6, 1 - 1e-6)))
    hit = (total >= SIDED_MIN) & (full / total - share >= SIDED_GAP) & (q <= FALSE_DISCOVERIES)
    return [int(one) for one in np.flatnonzero(hit)]


def repeated(
    n: Sequence[int], total: Sequence[int], elsewhere: Sequence[float], family: int
) -> list[int]:
    """Places where an answer vector comes far more often than its share `elsewhere` lets expect.

    Binomial tail with Benjamini-Hochberg at 0.01 over `family` vectors (those not given count as
    unsuspicious), at least 10 ballots and five times the expected.
    """
    count, size, share = (np.asarray(one, dtype=np.float64) for one in (n, total, elsewhere))
    if not len(count):
        return []
    p = np.ones(max(family, len(count)))
    p[: len(count)] = binomial_tail(count, size, np.clip(share, 1e-9, 1 - 1e-9))
    q = adjusted(p)[: len(count)]
    hit = (count >= PATTERN_MIN) & (count >= RATIO * size * share) & (q <= FALSE_DISCOVERIES)
    return [int(one) for one in np.flatnonzero(hit)]
