"""Covariances of items: the sufficient statistic of everything else in this chapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Rows = Literal["pairwise", "complete"]
SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class ItemMoments:
    """Means and covariances of k items.

    `covariance` (k, k) in squared points; `mean` (k,); `pairs` (k, k) ballots behind each
    covariance; `n` ballots that enter at all; `df` degrees of freedom of the pooled covariance:
    n − 1 raw, n − units when centred within units. `is_within` says which of the two it is, `rows`
    how missing answers were treated.
    """

    covariance: Floats
    mean: Floats
    pairs: Counts
    n: int
    df: int
    rows: Rows
    is_within: bool

    @property
    def varying(self) -> Counts:
        """Places of the items whose answers differ at all."""
        return np.flatnonzero(np.diag(self.covariance) > 0)

    def restricted(self, places: Counts) -> "ItemMoments":
        """Only these items."""
        cut = np.ix_(places, places)
        return ItemMoments(
            self.covariance[cut],
            self.mean[places],
            self.pairs[cut],
            self.n,
            self.df,
            self.rows,
            self.is_within,
        )

    def correlation(self) -> Floats:
        """Correlations; every item must vary."""
        sd = np.sqrt(np.diag(self.covariance))
        r: Floats = self.covariance / np.outer(sd, sd)
        np.fill_diagonal(r, 1.0)
        return r


def moments_of_rows(
    x: Floats, rows: Rows = "pairwise", unit: Sequence[object] | None = None
) -> ItemMoments:
    """Covariances from answers x (ballots × items, NaN where there is no valued answer).

    rows="pairwise": s_ij over the ballots that answer both, as R's cov(use="pairwise") and
    `psych`; "complete": over ballots that answer everything, as textbooks. With `unit` the pooled
    within-unit covariance, Σ_u Σ_b (x_i − x̄_iu)(x_j − x̄_ju) / Σ_u (n_u − 1): differences between
    units would otherwise enter as agreement of items and inflate every reliability.

    Answers are shifted by the rounded mean before they are summed, so that whole-number answers
    keep exact sums and the result does not depend on row order.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    answered = ~np.isnan(x)
    kept = answered.all(axis=1) if rows == "complete" else answered.any(axis=1)
    x, answered = x[kept], answered[kept]
    if len(x) < 2:
        raise NoEstimate(
            "too_few",
            Note(N_("可用的答卷只有 {n} 份，至少需要 2 份才能计算题目之间的关系"), {"n": len(x)}),
        )
    per_item = answered.sum(axis=0)
    total = np.where(answered, x, 0.0).sum(axis=0)
    shift = np.round(total / np.maximum(per_item, 1))
    mean = total / np.maximum(per_item, 1)
    z = np.where(answered, x - shift, 0.0)
    seen = answered.astype(np.float64)
    if unit is None:
        cross, df = _cross(z, seen)
        return _moments(cross, df, mean, seen, rows, len(x) - 1, is_within=False)
    code = np.unique([str(one) for one in unit], return_inverse=True)[1][kept]
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    cross = np.zeros((x.shape[1],) * 2)
    df = np.zeros_like(cross)
    for group in np.split(order, starts[1:]):
        one, free = _cross(z[group], seen[group])
        cross += one
        df += free
    return _moments(cross, df, mean, seen, rows, len(x) - len(starts), is_within=True)


def _cross(z: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Centred cross-products over the ballots that answer both items, and n − 1 of them."""
    n = seen.T @ seen
    s = z.T @ seen
    cross = z.T @ z - s * s.T / np.maximum(n, 1)
    return cross, np.maximum(n - 1, 0)


def _moments(
    cross: Floats, free: Floats, mean: Floats, seen: Floats, rows: Rows, df: int, *, is_within: bool
) -> ItemMoments:
    if not (free > 0).all():
        raise NoEstimate("too_few", Note(N_("有的两道题没有被同一个人回答过，无法计算它们的关系")))
    pairs = (seen.T @ seen).astype(np.int64)
    return ItemMoments(_clean(cross / free), mean, pairs, len(seen), df, rows, is_within)


def moments_of_pair_counts(joint: ArrayLike, values: ArrayLike, n: int) -> ItemMoments:
    """Covariances from the joint counts of option pairs (table T3), without a ballot in sight.

    joint[i, j, a, b] ballots that give option a to item i and option b to item j (k, k, m, m),
    the diagonal joint[i, i] holding the counts of the single item; with a leading axis of units
    (u, k, k, m, m) the pooled within-unit covariance. values (m,) points of the valued options,
    whole where sums are to be exact; n ballots in all. Numerators n·Σxy − Σx·Σy are then whole
    numbers, so shards add exactly.
    Equal to `moments_of_rows(rows="pairwise")` on the same ballots.
    """
    joint = np.asarray(joint, dtype=np.int64)
    is_within = joint.ndim == 5
    tables = joint if is_within else joint[None]
    v = np.asarray(values, dtype=np.float64)
    if (v == np.round(v)).all():
        v = v.astype(np.int64)
    count = tables.sum(axis=(3, 4))
    sx = np.einsum("uijab,a->uij", tables, v)
    sy = np.einsum("uijab,b->uij", tables, v)
    sxy = np.einsum("uijab,a,b->uij", tables, v, v)
    cross = ((count * sxy - sx * sy) / np.maximum(count, 1)).sum(axis=0)
    free = np.maximum(count - 1, 0).sum(axis=0).astype(np.float64)
    if not (free > 0).all():
        raise NoEstimate("too_few", Note(N_("有的两道题没有被同一个人回答过，无法计算它们的关系")))
    own = np.einsum("uiiab->iab", tables)
    per_item = own.sum(axis=(1, 2))
    mean = np.einsum("iab,a->i", own, v) / np.maximum(per_item, 1)
    units = int((count.max(axis=(1, 2)) > 0).sum())
    return ItemMoments(
        _clean(cross / free), mean, count.sum(axis=0), n, n - units, "pairwise", is_within
    )


def _clean(covariance: Floats) -> Floats:
    """Symmetric to the last digit, and 0 where rounding left a variance of nothing."""
    result: Floats = (covariance + covariance.T) / 2
    still = np.diag(result) <= 1e-12 * max(float(np.diag(result).max()), 1e-300)
    result[still, :] = 0.0
    result[:, still] = 0.0
    return result


def inverse_diagonal(r: Floats) -> Floats | None:
    """Diagonal of R⁻¹, or None where R is singular."""
    values, vectors = np.linalg.eigh(r)
    if values[0] <= SINGULAR * values[-1]:
        return None
    return np.asarray((vectors**2 / values).sum(axis=1))


def usable(moments: ItemMoments, least: int) -> tuple[ItemMoments, Counts, tuple[Note, ...]]:
    """The items that vary, their places, and a note on those left out."""
    places = moments.varying
    left_out = len(moments.mean) - len(places)
    if len(places) < least:
        raise NoEstimate(
            "undefined",
            Note(
                N_("回答有差异的题目只有 {k} 道，至少需要 {least} 道；增加题目或答卷后再算"),
                {"k": len(places), "least": least},
            ),
        )
    note = Note(N_("{k} 道题所有人的回答都一样，没有计入"), {"k": left_out})
    return moments.restricted(places), places, (note,) if left_out else ()
