"""Differential item functioning: groups that agree on the rest but not on this item."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.items.differences import adjusted

Floats = NDArray[np.float64]
BANDS = 10


@dataclass(frozen=True, slots=True)
class Dif:
    """One item: the statistic, its df, p, `q` over the items, and `gap`: the greatest difference
    between two groups' standardised means, in points, at equal rest scores. None: not testable.
    """

    statistic: float | None
    df: int
    p: float | None
    q: float | None
    gap: float | None


def dif(x: Floats, group: ArrayLike, bands: int = BANDS) -> tuple[Dif, ...]:
    """Generalised Mantel–Haenszel mean-score test of each item, stratified by the rest score.

    x (ballots × items) points, complete rows only; group (ballots,) labels. Strata h: bands of the
    sum of the other items between its deciles. With F_hg = Σ x in group g, its expectation n_hg x̄_h
    and covariance s²_h(δ n_hg − n_hg n_hg'/n_h), s²_h = Σ(x − x̄_h)²/(n_h − 1):
    Q = (F − E)ᵀ V⁻¹ (F − E) summed over h, one group left out, ~ χ²(groups − 1).

    What goes wrong: if most items differ the rest score is no fair yardstick; wide bands leave some
    of the groups' true difference in (a little significance at very large n): read `gap`.

    Source: Mantel 1963, J. Am. Stat. Assoc. 58, p. 690; Landis, Heyman & Koch 1978, Int. Stat.
    Rev. 46, eq. (3.9); Zwick, Donoghue & Grima 1993, J. Educ. Meas. 30, p. 233.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    whole = ~np.isnan(x).any(axis=1)
    x = x[whole]
    labels, code = np.unique(np.asarray(group)[whole], return_inverse=True)
    found = [_one(x[:, i], x.sum(axis=1) - x[:, i], code, len(labels), bands) for i in _items(x)]
    q = adjusted([one.p for one in found])
    return tuple(
        Dif(one.statistic, one.df, one.p, q_one, one.gap)
        for one, q_one in zip(found, q, strict=True)
    )


def _items(x: Floats) -> range:
    return range(x.shape[1])


def _one(y: Floats, rest: Floats, code: NDArray[np.intp], groups: int, bands: int) -> Dif:
    if len(y) == 0 or groups < 2:
        return Dif(None, 0, None, None, None)
    cuts = np.unique(np.quantile(rest, np.arange(1, bands) / bands, method="inverted_cdf"))
    band = np.searchsorted(cuts, rest, side="left")
    cell = band * groups + code
    size = (len(cuts) + 1) * groups
    n = np.bincount(cell, minlength=size).reshape(-1, groups).astype(np.float64)
    total = np.bincount(cell, y, minlength=size).reshape(-1, groups)
    square = np.bincount(band, y**2, minlength=len(cuts) + 1)
    both = (n > 0).sum(axis=1) > 1
    n, total, square = n[both], total[both], square[both]
    size_h = n.sum(axis=1, keepdims=True)
    mean = total.sum(axis=1, keepdims=True) / size_h
    s2 = (square - (size_h * mean**2)[:, 0]) / np.maximum(size_h[:, 0] - 1, 1)
    off = (total - n * mean).sum(axis=0)
    v = np.diag((s2[:, None] * n).sum(axis=0)) - np.einsum("h,hg,hk->gk", s2 / size_h[:, 0], n, n)
    values, vectors = np.linalg.eigh(v)
    kept = values > 1e-9 * max(float(values[-1]), 1e-12)
    if not kept.any():
        return Dif(None, 0, None, None, None)
    part = vectors[:, kept].T @ off
    statistic, df = float((part**2 / values[kept]).sum()), int(kept.sum())
    shift = off[n.sum(axis=0) > 0] / n.sum(axis=0)[n.sum(axis=0) > 0]
    return Dif(statistic, df, float(special.chdtrc(df, statistic)), None, float(np.ptp(shift)))
