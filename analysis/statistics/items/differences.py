"""Do rater classes (or channels) answer an item differently, beyond chance?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg

Floats = NDArray[np.float64]
LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One item: G² and X² with `df`, p from G², `q` adjusted over the items, Cramér's V.

    p and the rest are None where no two groups with two options are left. `options` is how many
    options remain after thin ones were joined to their neighbour.
    """

    g2: float | None
    x2: float | None
    df: int
    p: float | None
    q: float | None
    cramer_v: float | None
    options: int
    n: int


def differences(counts: ArrayLike) -> tuple[Difference, ...]:
    """Likelihood-ratio test of equal option shares, item by item, Benjamini–Hochberg over items.

    counts (items, groups, options) ballots. G² = 2 Σ n ln(n/e), X² = Σ (n − e)²/e, e = row total ·
    column total / n, df = (groups − 1)(options − 1); V = √(X²/(n · min(groups − 1, options − 1))).
    Options are joined to the next one while an expected count is below 5: ordinal neighbours.

    What goes wrong: with 100 000 ballots everything differs: read V, not p. Classes that rate
    different units differ because the units do; compare within units then, or use `dif`.

    Source: Agresti 2013, Categorical Data Analysis, §3.2.1 (X², G²), §2.4; Cramér 1946, §21.9;
    Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57, p. 293.
    """
    tables = np.asarray(counts, dtype=np.float64)
    found = [_one(table) for table in tables]
    q = adjusted([one.p for one in found])
    return tuple(
        Difference(one.g2, one.x2, one.df, one.p, q_one, one.cramer_v, one.options, one.n)
        for one, q_one in zip(found, q, strict=True)
    )


def adjusted(p: Sequence[float | None]) -> list[float | None]:
    """Benjamini–Hochberg over the p-values there are."""
    known = [one for one in p if one is not None]
    q = iter(benjamini_hochberg(known).tolist())
    return [None if one is None else next(q) for one in p]


def _one(table: Floats) -> Difference:
    table = _joined(table[table.sum(axis=1) > 0])
    n = int(table.sum())
    groups, options = table.shape
    df = (groups - 1) * (options - 1)
    if df < 1 or n == 0:
        return Difference(None, None, 0, None, None, None, options, n)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    x2 = float(((table - expected) ** 2 / expected).sum())
    g2 = 2 * float(special.xlogy(table, table / expected).sum())
    v = float(np.sqrt(x2 / (n * min(groups - 1, options - 1))))
    return Difference(g2, x2, df, float(special.chdtrc(df, max(g2, 0.0))), None, v, options, n)


def _joined(table: Floats) -> Floats:
    """Thin options joined to a neighbour until every expected count is at least 5."""
    table = table[:, table.sum(axis=0) > 0]
    while table.shape[1] > 1:
        columns = table.sum(axis=0)
        if columns.min() * table.sum(axis=1).min() / columns.sum() >= LEAST_EXPECTED:
            break
        thin = int(columns.argmin())
        beside = 1 if thin == 0 else thin - 1
        if 0 < thin < len(columns) - 1 and columns[thin + 1] < columns[thin - 1]:
            beside = thin + 1
        table = table.copy()
        table[:, beside] += table[:, thin]
        table = np.delete(table, thin, axis=1)
    return table
