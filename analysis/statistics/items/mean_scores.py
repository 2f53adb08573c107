"""Do groups answer alike within strata? The mean-score test of Landis, Heyman and Koch.

From n, Σy and Σy² by stratum and group alone, so it can be taken from cells: strata are ratees,
groups are rater classes or channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.items.differences import adjusted

Floats = NDArray[np.float64]
SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class MeanScores:
    """`statistic` ~ χ²(`df`), `p`, and `q` adjusted over a family by `over`. `shift` by group: its
    mean against that of its strata, weighted by its answers, in points, None for a group that
    nobody can be compared with; `gap` the greatest less the least. All None: not testable."""

    statistic: float | None
    df: int
    p: float | None
    q: float | None
    shift: tuple[float | None, ...]
    gap: float | None
    n: int


def mean_scores(n: ArrayLike, total: ArrayLike, square: ArrayLike) -> MeanScores:
    """Test equal means of groups within strata, stratum differences taken out.

    n, total, square (strata × groups): answers, Σy and Σy² in points. Over strata h with two
    groups or more, F_g = Σ_h Σy_hg against its expectation n_hg ȳ_h, with the covariance
    V = Σ_h s²_h (δ n_hg − n_hg n_hg'/n_h), s²_h = Σ(y − ȳ_h)²/(n_h − 1);
    Q = (F − E)ᵀ V⁻ (F − E) ~ χ²(rank V).

    What goes wrong: answers must be independent: where one person answers for several ratees, give
    it one value per person. With many answers everything differs: read `gap`, not p.

    Source: Landis, Heyman & Koch 1978, Int. Stat. Rev. 46, eq. (3.9); Mantel 1963, J. Am. Stat.
    Assoc. 58, p. 690.
    """
    count, y, y2 = (np.array(one, dtype=np.float64, ndmin=2) for one in (n, total, square))
    groups = count.shape[1]
    both = (count > 0).sum(axis=1) > 1
    count, y, y2 = count[both], y[both], y2[both]
    size = count.sum(axis=1, keepdims=True)
    mean = y.sum(axis=1, keepdims=True) / np.maximum(size, 1)
    off = (y - count * mean).sum(axis=0)
    own = count.sum(axis=0)
    shift = tuple(float(o / c) if c else None for o, c in zip(off, own, strict=True))
    known = [one for one in shift if one is not None]
    bare = MeanScores(None, 0, None, None, shift, None, int(count.sum()))
    if len(known) < 2:
        return replace(bare, shift=(None,) * groups)
    s2 = np.maximum(y2.sum(axis=1) - (size * mean**2)[:, 0], 0) / np.maximum(size[:, 0] - 1, 1)
    scale = max(float(np.abs(y2).max(initial=0.0)), 1.0)
    s2 = np.where(s2 > SMALLEST * scale / np.maximum(size[:, 0], 1), s2, 0.0)
    v = np.diag((s2[:, None] * count).sum(axis=0)) - np.einsum(
        "h,hg,hk->gk", s2 / size[:, 0], count, count
    )
    values, vectors = np.linalg.eigh(v)
    kept = values > SMALLEST * max(float(values[-1]), 1e-12)
    gap = max(known) - min(known)
    if not kept.any():
        return replace(bare, gap=gap)
    part = vectors[:, kept].T @ off
    statistic, df = float((part**2 / values[kept]).sum()), int(kept.sum())
    return replace(
        bare, statistic=statistic, df=df, p=float(special.chdtrc(df, statistic)), gap=gap
    )


def over(family: Sequence[MeanScores]) -> tuple[MeanScores, ...]:
    """The same tests with q: Benjamini–Hochberg over those that are testable."""
    q = adjusted([one.p for one in family])
    return tuple(replace(one, q=q_one) for one, q_one in zip(family, q, strict=True))
