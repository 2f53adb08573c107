"""What each item shows by itself: shares of the options, mean, spread, floor and ceiling."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.statistics.items.cronbach import Figures, item_rest
from analysis.statistics.items.moments import Counts, Floats, moments_of_pair_counts


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item. Shares are of the valued answers, `unknown_share` of all who were asked and
    answered, 不了解 among them. None where nobody gave a valued answer (or, sd: fewer than two).

    `same_as_previous`: share of ballots that give the option of the item before (in the order
    shown), None for the first: high along a page is straight-lining. `item_rest`: correlation with
    the sum of the others. `skew`: third standardised moment.
    """

    n: int
    shares: tuple[float, ...] | None
    unknown_share: float | None
    mean: float | None
    sd: float | None
    skew: float | None
    floor: float | None
    ceiling: float | None
    item_rest: float | None
    same_as_previous: float | None


def item_statistics(
    joint: ArrayLike, values: ArrayLike, unknown: ArrayLike, ballots: int
) -> tuple[ItemStatistics, ...]:
    """Every item from joint counts (table T3) and counts of 不了解.

    joint (k, k, m, m), or (u, k, k, m, m) by unit: then `item_rest` is pooled within units and the
    other figures are of all units together. values (m,) whole points of the options; unknown (k,)
    ballots that answer 不了解; ballots in all. mean = Σ v n_v/n; sd with n − 1; floor and ceiling
    the shares of the lowest and the highest option.

    What goes wrong: a ceiling of 60 % leaves an item little to say about differences between
    units; an item–rest correlation rises with the number of items and falls with the ceiling.

    Source: Crocker & Algina 1986, ch. 14; Nunnally & Bernstein 1994, ch. 8.
    """
    tables = np.asarray(joint, dtype=np.int64)
    whole = tables.sum(axis=0) if tables.ndim == 5 else tables
    v = np.asarray(values, dtype=np.float64)
    counts = np.einsum("iiaa->ia", whole)
    k = len(counts)
    rest = _rest(tables, values, ballots, k)
    return tuple(
        _one(
            counts[i],
            v,
            int(np.asarray(unknown)[i]),
            rest[i],
            None if i == 0 else _same(whole[i - 1, i]),
        )
        for i in range(k)
    )


def _rest(tables: ArrayLike, values: ArrayLike, ballots: int, k: int) -> Figures:
    from analysis.statistics.estimate import NoEstimate

    try:
        return item_rest(moments_of_pair_counts(tables, values, ballots))
    except NoEstimate:
        return (None,) * k


def _one(
    counts: Floats, v: Floats, unknown: int, rest: float | None, same: float | None
) -> ItemStatistics:
    n = int(counts.sum())
    asked = n + unknown
    share_unknown = unknown / asked if asked else None
    if n == 0:
        return ItemStatistics(0, None, share_unknown, None, None, None, None, None, None, None)
    shares = counts / n
    mean = float(shares @ v)
    centred = v - mean
    second = float(shares @ centred**2)
    return ItemStatistics(
        n,
        tuple(shares.tolist()),
        share_unknown,
        mean,
        float(np.sqrt(second * n / (n - 1))) if n > 1 else None,
        float(shares @ centred**3) / second**1.5 if second > 0 else None,
        float(shares[np.argmin(v)]),
        float(shares[np.argmax(v)]),
        rest,
        same,
    )


def _same(table: Counts) -> float | None:
    total = int(table.sum())
    return float(np.trace(table)) / total if total else None
