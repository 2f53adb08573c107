"""Mahalanobis distance: ballots whose combination of answers is unlike the others'."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.items.moments import moments_of_rows
from forms.problems import N_

Floats = NDArray[np.float64]
EMPIRICAL_FROM = 2000


@dataclass(frozen=True, slots=True)
class Distances:
    """`squared` (n,) D² in file order, NaN where nothing was answered; `p` (n,) its χ² tail;
    `flagged` (n,); `cutoff` of D² for ballots that answer everything; `rank` of the covariance;
    `rate` the share flagged among honest, normal answers, with the rule empirical the share of all
    ballots it lists; `rule` chi2 or empirical.
    """

    squared: Floats
    p: Floats
    flagged: NDArray[np.bool_]
    cutoff: float
    rank: int
    rate: float
    rule: str
    notes: tuple[Note, ...]


def mahalanobis(x: Floats, confidence: float = 0.999, *, empirical: bool = False) -> Distances:
    """D²_b = (x_b − μ)ᵀ S⁺ (x_b − μ), S pairwise covariances (k × k), S⁺ the pseudo-inverse of
    rank r; flagged beyond the `confidence` point of χ²_r.

    x (ballots × items), NaN where nothing was answered: such a ballot is measured on the items it
    answers, with their part of μ and S, and compared through its own χ² tail. With `empirical` and
    more than 2 000 ballots the point is the `confidence` quantile of the ballots themselves (on the
    scale of p), because five options are not normal: then 1 − confidence of all ballots (rounded
    down, at least one) is listed whatever they are.

    What goes wrong: the careless ballots are in μ and S too and hide one another (masking); a
    minority that truly thinks differently is far away as well. n ≥ 10 k, noted below that.

    Source: Mahalanobis 1936; Meade & Craig 2012, p. 440; Ward & Meade 2018, Appl. Psychol. 67,
    p. 231. Agrees with careless::mahad.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    moments = moments_of_rows(x)
    used = moments.varying
    if len(used) == 0:
        raise NoEstimate("undefined", Note(N_("所有人的回答都一样，没有距离可算")))
    s = moments.covariance[np.ix_(used, used)]
    d = x[:, used] - moments.mean[used]
    squared, ranks = _by_pattern(d, s)
    p = np.where(ranks > 0, special.chdtrc(np.maximum(ranks, 1), squared), np.nan)
    notes: tuple[Note, ...] = ()
    if moments.n < 10 * len(used):
        text = N_("{n} 份答卷对 {k} 道题偏少（至少应为题数的 10 倍），距离只供参考")
        notes = (Note(text, {"n": moments.n, "k": len(used)}),)
    rank = int(ranks.max())
    level, rule = 1 - confidence, "chi2"
    if empirical and moments.n > EMPIRICAL_FROM:
        known = np.sort(p[~np.isnan(p)])
        level = float(known[max(int(len(known) * level + 1e-9), 1) - 1])
        rule = "empirical"
    cutoff = float(special.chdtri(rank, level)) if level > 0 else float(np.nanmax(squared))
    with np.errstate(invalid="ignore"):
        flagged = p < level if rule == "chi2" else p <= level
    rate = 1 - confidence if rule == "chi2" else float(flagged.sum() / (~np.isnan(p)).sum())
    return Distances(squared, p, flagged, cutoff, rank, rate, rule, notes)


def _by_pattern(d: Floats, s: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """D² and its rank for each ballot, ballots with the same items answered together."""
    answered = ~np.isnan(d)
    squared, ranks = np.full(len(d), np.nan), np.zeros(len(d), dtype=np.int64)
    if answered.all():
        root = _root(s)
        return ((d @ root) ** 2).sum(axis=1), np.full(len(d), root.shape[1])
    patterns, code = np.unique(answered, axis=0, return_inverse=True)
    order = np.argsort(code, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
    for pattern, rows in zip(patterns, groups, strict=True):
        if pattern.any():
            root = _root(s[np.ix_(pattern, pattern)])
            squared[rows] = ((d[np.ix_(rows, np.flatnonzero(pattern))] @ root) ** 2).sum(axis=1)
            ranks[rows] = root.shape[1]
    return squared, ranks


def _root(s: Floats) -> Floats:
    """A with AAᵀ = S⁺, one column for each eigenvalue that is not 0."""
    values, vectors = np.linalg.eigh(s)
    kept = values > 1e-10 * values[-1]
    root: Floats = vectors[:, kept] / np.sqrt(values[kept])
    return root
