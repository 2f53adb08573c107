"""Adjusted p-values for many comparisons at once.

Symbols: m tests with p-values p_(1) <= … <= p_(m). Choose the family before looking, and name it in
the output: a p-value without its family says nothing. Benjamini-Hochberg for screening over units
and items, Holm where each flag has consequences, Benjamini-Yekutieli where the dependence of the
tests is not known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Floats = NDArray[np.float64]
Kind = Literal["bonferroni", "holm", "hochberg", "bh", "fdr", "by", "none"]


def bonferroni(p: ArrayLike) -> Floats:
    """min(1, m p): holds the chance of any false flag, whatever the dependence. Dunn 1961."""
    values = _checked(p)
    return np.minimum(1.0, values * len(values))


def holm(p: ArrayLike) -> Floats:
    """max_{j<=i} (m - j + 1) p_(j): as safe as Bonferroni, never weaker.

    Source: Holm 1979, Scandinavian J. of Statistics 6:65.
    """
    return _stepped(p, lambda m, rank: m - rank + 1.0, goes_up=True)


def hochberg(p: ArrayLike) -> Floats:
    """min_{j>=i} (m - j + 1) p_(j): stronger than Holm; wants independent (or MTP2) tests.

    Source: Hochberg 1988, Biometrika 75:800.
    """
    return _stepped(p, lambda m, rank: m - rank + 1.0, goes_up=False)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """min_{j>=i} m p_(j) / j: holds the expected share of false flags among all flags.

    Source: Benjamini & Hochberg 1995, J. Royal Statistical Society B 57:289. Wants independent or
    positively dependent tests.
    """
    return _stepped(p, lambda m, rank: m / rank, goes_up=False)


def benjamini_yekutieli(p: ArrayLike) -> Floats:
    """Benjamini-Hochberg times Σ_{k<=m} 1/k: holds under any dependence.

    Source: Benjamini & Yekutieli 2001, Annals of Statistics 29:1165, theorem 1.3.
    """

    def factor(m: int, rank: Floats) -> Floats:
        harmonic = float((1.0 / np.arange(1, m + 1)).sum())
        return harmonic * m / rank

    return _stepped(p, factor, goes_up=False)


KINDS: Mapping[str, Callable[[ArrayLike], Floats]] = {
    "bonferroni": bonferroni,
    "holm": holm,
    "hochberg": hochberg,
    "bh": benjamini_hochberg,
    "fdr": benjamini_hochberg,
    "by": benjamini_yekutieli,
}
"""By the names R's `p.adjust` gives them, in small letters."""


def _stepped(p: ArrayLike, factor: Callable[[int, Floats], Floats], *, goes_up: bool) -> Floats:
    """p times a factor of its rank, made monotone from below (step-down) or above (step-up)."""
    values = _checked(p)
    m = len(values)
    if not m:
        return values
    order = np.argsort(values)  # equal p-values come out equal in whatever order
    steps = values[order] * factor(m, np.arange(1, m + 1, dtype=np.float64))
    if not goes_up:
        steps = np.minimum.accumulate(steps[::-1])[::-1]
    else:
        steps = np.maximum.accumulate(steps)
    result = np.empty(m)
    result[order] = np.minimum(1.0, steps, out=steps)
    return result


def _checked(p: ArrayLike) -> Floats:
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or np.any(~((values >= 0) & (values <= 1))):
        raise NoEstimate("undefined", Note(N_("p 值应是 0 到 1 之间的数")))
    return values


@dataclass(frozen=True, slots=True)
class Difference:
    """One of a family of differences: `a` less `b`, its z, p and the p adjusted over the family."""

    a: str
    b: str
    difference: float
    se: float
    z: float
    p: float
    q: float
    is_clear: bool


def clear_differences(
    pairs: list[tuple[str, str]],
    difference: ArrayLike,
    se: ArrayLike,
    *,
    kind: Kind = "bh",
    share: float = 0.05,
) -> tuple[Difference, ...]:
    """Each difference with its two-sided normal p and the p adjusted over all that are given.

    `is_clear` where the adjusted p is at most `share`: under "bh" at most that share of the list of
    clear ones is expected to be false. A difference whose error is 0 is clear unless it is 0
    itself. In the order given; names are carried along.
    """
    d = np.asarray(difference, dtype=np.float64)
    errors = np.asarray(se, dtype=np.float64)
    z = np.divide(d, errors, out=np.zeros_like(d), where=errors > 0)
    p = np.where(errors > 0, two_sided(z), (d == 0).astype(np.float64))
    q = p if kind == "none" else KINDS[kind](p)
    return tuple(
        Difference(
            a,
            b,
            float(d[i]),
            float(errors[i]),
            float(z[i]),
            float(p[i]),
            float(q[i]),
            bool(q[i] <= share),
        )
        for i, (a, b) in enumerate(pairs)
    )


def pairwise_differences(
    names: list[str],
    scores: ArrayLike,
    covariance: ArrayLike,
    *,
    kind: Kind = "bh",
    share: float = 0.05,
) -> tuple[Difference, ...]:
    """Every pair of scores compared, with the variance of the difference v_i + v_j - 2 c_ij.

    Two overlapping intervals can belong to a clear difference, above all where the same people
    rated both; so the covariance is used. `covariance` is k × k, or k variances where independent.
    """
    x = np.asarray(scores, dtype=np.float64)
    c = np.asarray(covariance, dtype=np.float64)
    c = np.diag(c) if c.ndim == 1 else c
    i, j = np.triu_indices(len(x), 1)
    se = np.sqrt(np.maximum(c[i, i] + c[j, j] - 2 * c[i, j], 0.0))
    pairs = [(names[a], names[b]) for a, b in zip(i.tolist(), j.tolist(), strict=True)]
    return clear_differences(pairs, x[i] - x[j], se, kind=kind, share=share)


def two_sided(z: ArrayLike) -> Floats:
    """The two-sided p-value of a standard normal z, right in the far tail (1e-300)."""
    found: Floats = 2 * special.ndtr(-np.abs(np.asarray(z, dtype=np.float64)))
    return np.minimum(found, 1.0)
