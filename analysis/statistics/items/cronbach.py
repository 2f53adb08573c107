"""Cronbach's alpha and what goes with it item by item."""

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.items.moments import Counts, Floats, ItemMoments, inverse_diagonal, usable
from forms.problems import N_

Figures = tuple[float | None, ...]
LEAST_BALLOTS = 100


@dataclass(frozen=True, slots=True)
class Cronbach:
    """Reliability of the sum of k items; the tuples have one entry an item, in their order.

    `alpha` raw with its Feldt interval, `standardised` from correlations, `g6` Guttman's λ6,
    `average_r` the mean correlation; `r_drop` item–rest correlation, `r_cor` the same against the
    whole scale with the item's own error taken out, `alpha_drop` alpha without the item.
    """

    alpha: Estimate
    standardised: float | None
    g6: float | None
    average_r: float
    r_drop: Figures
    r_cor: Figures
    alpha_drop: Figures
    notes: tuple[Note, ...]


def cronbach(moments: ItemMoments, level: float = 0.95) -> Cronbach:
    """α = k/(k−1) · (1 − tr S / 1ᵀS1), S the item covariance matrix (k × k, squared points).

    Interval: Feldt, (1−α)/(1−α̂) ~ F(ν, ν(k−1)), ν = n − 1 (n − units if centred within units):
    [1 − (1−α̂) F₁₋ₚ, 1 − (1−α̂) Fₚ], p = (1 − level)/2. Standard error ("ase"): √(Q/n),
    Q = 2k²/((k−1)²V³) · (V(tr S² + (tr S)²) − 2 tr S · 1ᵀS²1), V = 1ᵀS1.
    Standardised: α of the correlation matrix. λ6 = 1 − Σ(1 − R²_i)/1ᵀR1 with R²_i the squared
    multiple correlation. r_drop = cov(i, rest)/√(s_ii · V_rest). r_cor = Σ_j R*_ij/√(1ᵀR*1),
    R* = R with R²_i on its diagonal.

    What goes wrong: α is high when items repeat one another; it is not unidimensionality; items
    keyed the other way must be turned round (lo + hi − x) first; raw α over several units contains
    the differences between units, so the moments should be centred within units.
    An item without variance is left out (as `psych` does); a singular R leaves λ6 and r_cor
    unstated where `psych` takes a pseudo-inverse. Needs about 100 ballots and 3 items.

    Source: Cronbach 1951, Psychometrika 16, eq. (2); Feldt 1965, Psychometrika 30, p. 363;
    Duhachek & Iacobucci 2004, J. Applied Psychology 89, eq. (2)–(3); Guttman 1945,
    Psychometrika 10, λ6 p. 278; Revelle, psych::alpha.
    """
    size = len(moments.mean)
    chosen, places, notes = usable(moments, 2)
    s, r, k = chosen.covariance, chosen.correlation(), len(chosen.mean)
    value = _alpha(s)
    smc = _smc(r)
    if smc is None:
        notes += (Note(N_("题目之间有完全重复的关系，没有给出 G6 和 r_cor")),)
    if moments.n < LEAST_BALLOTS:
        notes += (Note(N_("只有 {n} 份答卷，少于 100 份时信度只供参考"), {"n": moments.n}),)
    return Cronbach(
        _feldt(value, s, chosen, level),
        value_r if np.isfinite(value_r := _alpha(r)) else None,
        None if smc is None else float(1 - (1 - smc).sum() / r.sum()),
        float((r.sum() - k) / (k * (k - 1))),
        _spread(_item_rest(s), places, size),
        _spread(_corrected(r, smc), places, size),
        _spread(_without(s), places, size),
        notes,
    )


def _alpha(s: Floats) -> float:
    k, total = len(s), float(s.sum())
    return (
        k / (k - 1) * (1 - float(np.trace(s)) / total) if total > 1e-12 * np.trace(s) else -np.inf
    )


def _feldt(value: float, s: Floats, moments: ItemMoments, level: float) -> Estimate:
    method = "feldt within units" if moments.is_within else "feldt"
    if not np.isfinite(value):
        note = Note(N_("各题之和没有差异，信度没有定义；检查是否有反向题没有转换"))
        return Estimate(None, n=moments.n, method=method, notes=(note,))
    k, nu, tail = len(s), moments.df, (1 - level) / 2
    if nu < 1:
        return Estimate(value, n=moments.n, method=method)
    total, trace, square = float(s.sum()), float(np.trace(s)), s @ s
    spread = total * (np.trace(square) + trace**2) - 2 * trace * square.sum()
    q = 2 * k**2 / ((k - 1) ** 2 * total**3) * spread
    high, low = fdtri(nu, nu * (k - 1), [1 - tail, tail])
    return Estimate(
        value,
        se=float(np.sqrt(max(q, 0.0) / moments.n)),
        df=float(nu),
        lo=float(1 - (1 - value) * high),
        hi=float(1 - (1 - value) * low),
        n=moments.n,
        method=method,
    )


def _smc(r: Floats) -> Floats | None:
    diagonal = inverse_diagonal(r)
    return None if diagonal is None else 1 - 1 / diagonal


def item_rest(moments: ItemMoments) -> Figures:
    """Correlation of each item with the sum of the others; None for an item that does not vary."""
    chosen, places, _ = usable(moments, 2)
    return _spread(_item_rest(chosen.covariance), places, len(moments.mean))


def _item_rest(s: Floats) -> Floats:
    own, rows = np.diag(s), s.sum(axis=1)
    rest = s.sum() - 2 * rows + own
    scale = np.sqrt(own * np.maximum(rest, 0))
    ok = rest > 1e-12 * np.trace(s)
    return np.where(ok, (rows - own) / np.where(ok, scale, 1.0), np.nan)


def _corrected(r: Floats, smc: Floats | None) -> Floats:
    if smc is None:
        return np.full(len(r), np.nan)
    common = r.copy()
    np.fill_diagonal(common, smc)
    total = common.sum()
    return common.sum(axis=1) / np.sqrt(total) if total > 0 else np.full(len(r), np.nan)


def _without(s: Floats) -> Floats:
    if len(s) < 3:
        return np.full(len(s), np.nan)
    every = np.arange(len(s))
    return np.array([_alpha(s[np.ix_(every != i, every != i)]) for i in every])


def _spread(values: Floats, places: Counts, size: int) -> Figures:
    """Values of the items used, put back into the order of all items."""
    result: list[float | None] = [None] * size
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        result[place] = value if np.isfinite(value) else None
    return tuple(result)
