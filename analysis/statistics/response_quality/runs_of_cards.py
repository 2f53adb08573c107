"""Serial runs: neighbouring cards of a batch that were filled in the same way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
LEAST = 30
MOST = 5000
DRAWS = 999
FALSE_ALARMS = 0.001
AHEAD = 1.3


@dataclass(frozen=True, slots=True)
class CardRuns:
    """A batch as a whole; no card is named.

    `alike` neighbouring pairs with near-identical answers out of `pairs`, `expected` and `se` of
    that number if cards had been handed out in any order, `z`, `p` one-sided (seeded permutations,
    or the normal tail where it is further out than they reach), `longest` the longest run of
    neighbours alike, `is_flagged` p ≤ 0.001 and at least 1.3 times the expected.
    """

    cards: int
    alike: int
    pairs: int
    expected: float
    se: float
    z: float | None
    p: float
    longest: int
    is_flagged: bool


def runs_of_cards(x: Floats, seed: int, differences: int = 1, draws: int = DRAWS) -> CardRuns:
    """Agreement of neighbours against all orders of the same cards.

    x (cards × items) answers in the order in which the cards of one batch were issued; two cards
    are alike, s = 1, if they differ in at most `differences` items (a blank equals a blank).
    T = Σ_i s(i, i + 1). Over all n! orders, with S = Σ_{a≠b} s, A = Σ_{a≠b} s², R = Σ_a r_a²
    (row sums r_a): E T = S/n and E T² = A/n + 2(R − A)/(n(n − 1)) + (S² − 4R + 2A)/(n(n − 1)),
    exactly. With answers of two kinds T counts the complement of Wald and Wolfowitz's runs.
    p: share of seeded random orders with T as large; where none is, the normal tail if smaller.

    False alarms: p is a permutation p-value, so a batch in random order is flagged at most once in
    a thousand; batches given to households in turn are truly alike and will be flagged.

    What goes wrong: contented cards are alike everywhere; that is in the expectation, not evidence,
    and leaves little room above it: a farm of one batch in seven is ahead by a third, not by twice.
    A batch handed out street by street has honest neighbours alike. Serial numbers must never be
    stored beside ballots: this takes a batch as it is counted and returns figures of the batch.

    Source: Wald & Wolfowitz 1940, Ann. Math. Stat. 11, p. 147; Friedman & Rafsky 1979, Ann. Stat.
    7, p. 697 (moments of edge counts under permutation); Mantel 1967, Cancer Res. 27, p. 209.
    """
    n = len(x)
    if not LEAST <= n <= MOST:
        raise NoEstimate(
            "too_few" if n < LEAST else "undefined",
            Note(
                N_("一批有 {n} 张卡；连号检查需要 {least} 到 {most} 张"),
                {"n": n, "least": LEAST, "most": MOST},
            ),
        )
    alike = _alike(np.asarray(x, dtype=np.float64), differences)
    t = int(np.diagonal(alike, 1).sum())
    expected, variance = _moments(alike)
    se = float(np.sqrt(max(variance, 0.0)))
    z = (t - expected) / se if se > 1e-9 else None
    rng = np.random.default_rng(seed)
    reached = 0
    for _ in range(draws):
        order = rng.permutation(n)
        reached += int(alike[order[:-1], order[1:]].sum()) >= t
    p = (1 + reached) / (draws + 1)
    if reached == 0 and z is not None:
        p = min(p, float(special.ndtr(-z)))
    hit = p <= FALSE_ALARMS and t >= AHEAD * expected
    return CardRuns(n, t, n - 1, expected, se, z, p, _longest(np.diagonal(alike, 1)), hit)


def _alike(x: Floats, differences: int) -> NDArray[np.bool_]:
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in x.T])
    apart = np.zeros((len(x), len(x)), dtype=np.int16)
    for column in codes.T:
        apart += column[:, None] != column[None, :]
    alike = apart <= differences
    np.fill_diagonal(alike, val=False)
    return alike


def _moments(alike: NDArray[np.bool_]) -> tuple[float, float]:
    n = len(alike)
    rows = alike.sum(axis=1).astype(np.float64)
    s, r = float(rows.sum()), float((rows**2).sum())
    mean = s / n
    square = s / n + 2 * (r - s) / (n * (n - 1)) + (s**2 - 4 * r + 2 * s) / (n * (n - 1))
    return mean, square - mean**2


def _longest(same: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], same.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
