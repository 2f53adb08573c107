"""Loevinger's H: do the items order people the same way (Mokken scalability)?"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.items.moments import Counts, Floats
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class Scalability:
    """H of the scale, H_i of each item (None: it does not vary) and H_ij of each pair (k, k)."""

    scale: Estimate
    items: tuple[Estimate, ...]
    pairs: tuple[tuple[float | None, ...], ...]


def scalability(x: Floats, level: float = 0.95) -> Scalability:
    """H = Σ_{i<j} s_ij / Σ_{i<j} s⁺_ij, H_i = Σ_j s_ij / Σ_j s⁺_ij, H_ij = s_ij / s⁺_ij.

    x (ballots × items), scores on one scale, complete rows only. s_ij covariance, s⁺_ij the
    greatest covariance the two margins allow: Σ_{s,t} min(P_i(s), P_j(t)) − μ_iμ_j with
    P_i(s) = P(X_i ≥ s) over the steps s between neighbouring scores (weighted by their width).

    Standard error: delta method over the multinomial of answer patterns, written as the influence
    of one ballot, IF = (IF_s − H·IF_s⁺)/Σs⁺, SE = √(mean IF²/n); equal to the estimate by
    marginal models. Where two steps are exactly as popular, min has a kink and the first is used.

    What goes wrong: H falls with mixed keying and says nothing about dimensions; 0.3 is a custom,
    not a pass mark. An interval near 0 or 1 is a normal approximation.

    Source: Loevinger 1948, Psych. Bull. 45, p. 507; Mokken 1971, §5.1; Molenaar 1991, Kwantitatieve
    Methoden 37, p. 97; standard error Kuijpers, van der Ark & Croon 2013, Sociol. Methodol. 43,
    §3. Agrees with mokken::coefH(se=TRUE).
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    x = x[~np.isnan(x).any(axis=1)]
    n, k = x.shape
    if n < 2 or k < 2:
        raise NoEstimate("too_few", Note(N_("至少需要 2 道题和 2 份回答完整的答卷")))
    values = np.unique(x)
    code = np.searchsorted(values, x)
    used = np.flatnonzero((code != code[0]).any(axis=0))
    if len(used) < 2:
        raise NoEstimate("undefined", Note(N_("回答有差异的题目不足 2 道，没有定义")))
    d = x[:, used] - x[:, used].mean(axis=0)
    covariance = d.T @ d / n
    greatest, pull = _greatest(code[:, used], values)
    off = 1 - np.eye(len(used))
    s, top = covariance * off, greatest * off
    own_s, own_top = _influences(d, pull, code[:, used], off)
    method = "delta"
    z = float(special.ndtri((1 + level) / 2))
    scale = _ratio(s.sum(), top.sum(), own_s.sum(axis=1), own_top.sum(axis=1), z, method)
    still = Estimate(None, n=n, notes=(Note(N_("所有人的回答都一样，没有定义")),))
    items = [still] * k
    for place, i in enumerate(used.tolist()):
        items[i] = _ratio(
            s[place].sum(), top[place].sum(), own_s[:, place], own_top[:, place], z, method
        )
    pairs: list[list[float | None]] = [[None] * k for _ in range(k)]
    for a, i in enumerate(used.tolist()):
        for b, j in enumerate(used.tolist()):
            if a != b and top[a, b] > 0:
                pairs[i][j] = float(s[a, b] / top[a, b])
    return Scalability(scale, tuple(items), tuple(map(tuple, pairs)))


def _ratio(s: float, top: float, own_s: Floats, own_top: Floats, z: float, method: str) -> Estimate:
    n = len(own_s)
    h = float(s / top)
    influence = (own_s - h * own_top) / top
    se = float(np.sqrt((influence**2).mean() / n))
    return Estimate(h, se, None, h - z * se, h + z * se, n, method)


def _greatest(code: Counts, values: Floats) -> tuple[Floats, Floats]:
    """s⁺ (k, k), and pull[i, j, c]: what an answer c to item i adds to E of the min of (i, j)."""
    k, m = code.shape[1], len(values)
    share = np.stack([np.bincount(code[:, i], minlength=m) for i in range(k)]) / len(code)
    above = share[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]  # P(X ≥ step), (k, m − 1)
    width = np.diff(values)
    weight = np.outer(width, width)
    mine, other = above[:, None, :, None], above[None, :, None, :]
    mean = share @ values
    greatest = (np.minimum(mine, other) * weight).sum(axis=(2, 3))
    shift = mean - values[0]
    greatest = greatest - np.outer(shift, shift)
    first = (np.arange(k)[:, None] < np.arange(k)[None, :])[:, :, None, None]
    less = (mine < other) | ((mine == other) & first)
    steps = (less * weight).sum(axis=3)  # (k, k, m − 1): weight of step s of i in min(i, j)
    pull = np.concatenate([np.zeros((k, k, 1)), steps.cumsum(axis=2)], axis=2)
    return greatest, pull - (values - values[0])[None, None, :] * shift[None, :, None]


def _influences(d: Floats, pull: Floats, code: Counts, off: Floats) -> tuple[Floats, Floats]:
    """Per ballot and item, with mean 0: what it adds to Σ_j s_ij and to Σ_j s⁺_ij."""
    own = d * (d.sum(axis=1, keepdims=True) - d)
    pull = pull * off[:, :, None]
    top = np.zeros_like(d)
    for j in range(d.shape[1]):
        top[:, j] += pull[j].sum(axis=0)[code[:, j]]
        top += pull[j][:, code[:, j]].T
    return own - own.mean(axis=0), top - top.mean(axis=0)
