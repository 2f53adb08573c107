"""McDonald's omega: the share of a scale's variance that common factors explain."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.items.factor import Factors, Method, factors
from analysis.statistics.items.moments import Floats, ItemMoments, usable
from analysis.statistics.items.oblimin import quartimin
from forms.problems import N_

HEYWOOD = Note(N_("有一道题的特有方差估计到了边界，ω 只供参考"))


@dataclass(frozen=True, slots=True)
class Omega:
    """ω total of one factor with its loadings (k,), in the order of the items that vary."""

    total: Estimate
    loadings: Floats
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OmegaHierarchical:
    """A general factor and m group factors (Schmid–Leiman).

    `hierarchical` share of the scale's variance due to the general factor alone, `total` due to
    all common factors, `ecv` share of the common variance that is general; `general` (k,) and
    `group` (k, m) loadings; `phi` (m, m) correlations of the group factors before the step.
    """

    hierarchical: float
    total: float
    ecv: float
    general: Floats
    group: Floats
    phi: Floats
    n: int
    notes: tuple[Note, ...]


def omega_total(moments: ItemMoments, method: Method = "minres", level: float = 0.95) -> Omega:
    """ω = (Σλ)²/((Σλ)² + Σ(1 − λ²)) of a one-factor solution of the correlation matrix.

    λ (k,) standardised loadings. Standard error (minres): delta method. The stationarity
    Σ_{j≠i}(r_ij − λ_iλ_j)λ_j = 0 gives dλ/dr, hence a quadratic form zᵀAz that moves ω for one
    standardised ballot z; under normal answers its variance is 2 tr(ARAR), and SE = √(that/n).
    Interval symmetric on the scale of ln(1 − ω). With ml no standard error is given.

    What goes wrong: one factor imposed on several makes ω a mixture; normal theory is an
    approximation for few options. Items must be keyed one way. ≥ 3 items, about 100 ballots.

    Source: McDonald 1999, Test Theory, eq. (6.20b); Revelle & Zinbarg 2009, Psychometrika 74,
    eq. (2); delta method on ULS loadings: Browne 1984, Br. J. Math. Stat. Psychol. 37, §2.
    """
    chosen, places, notes = usable(moments, 3)
    r = chosen.correlation()
    fit = factors(r, 1, method)
    loading = fit.loadings[:, 0]
    value, total = _omega(loading)
    name = f"{method} within units" if moments.is_within else method
    if fit.is_heywood:
        notes += (HEYWOOD,)
    spread = None if method == "ml" or fit.is_heywood else _variance(r, loading, total)
    if spread is None or moments.df < 2 or value >= 1:
        estimate = Estimate(value, n=moments.n, method=name, notes=notes)
    else:
        se = float(np.sqrt(spread / moments.df))
        z = ndtri((1 + level) / 2)
        width = float(np.exp(z * se / (1 - value)))
        low, high = 1 - (1 - value) * width, 1 - (1 - value) / width
        estimate = Estimate(value, se, None, low, high, moments.n, name, notes)
    return Omega(estimate, loading, tuple(places.tolist()))


def _omega(loading: Floats) -> tuple[float, float]:
    common = float(loading.sum()) ** 2
    total = common + float((1 - loading**2).sum())
    return common / total, total


def _variance(r: Floats, loading: Floats, total: float) -> float | None:
    """n times the variance of ω under normal answers; None where the loadings are not unique."""
    k, s = len(loading), float(loading.sum())
    rows = loading[None, :] ** 2 * (1 - np.eye(k))
    hessian = r - 2 * np.outer(loading, loading)
    np.fill_diagonal(hessian, -rows.sum(axis=1))
    if np.linalg.cond(hessian) > 1e10:
        return None
    slope = (2 * s * total - s**2 * (2 * s - 2 * loading)) / total**2
    pull = np.linalg.solve(hessian.T, -slope)
    form = (np.outer(pull, loading) + np.outer(loading, pull)) / 2
    np.fill_diagonal(form, 0.0)
    form -= np.diag((form * r).sum(axis=1))
    product = form @ r
    return max(0.0, 2 * float(np.trace(product @ product)))


def omega_hierarchical(moments: ItemMoments, m: int = 3) -> OmegaHierarchical:
    """ω_h = (Σ g)²/1ᵀR1 and ω_t = 1 − Σψ/1ᵀR1 with m ≥ 3 group factors.

    Steps: minres with m factors, rotated obliquely (quartimin), one factor of the factor
    correlations Φ (its loadings γ, (m,)), then Schmid–Leiman: general g = Lγ, group loadings
    L·√(1 − γ²), ψ = 1 − communality. ECV = Σg²/(Σg² + Σ group²).

    What goes wrong: with two group factors γ is not identified (refused below three); the split
    between general and group factors rests on the rotation, so ω_h is a diagnosis only, given
    without an interval. Items with negative general loading should be turned round first.

    Source: Schmid & Leiman 1957, Psychometrika 22, p. 53; Zinbarg, Revelle, Yovel & Li 2005,
    Psychometrika 70, eq. (5)–(7). Agrees with psych::omega(nfactors=m) to about 1e-3, which is
    the slack of its rotation and optimiser.
    """
    if m < 3:
        raise NoEstimate("undefined", Note(N_("分层 ω 至少需要 3 个组因子")))
    chosen, _, notes = usable(moments, 2 * m)
    r = chosen.correlation()
    fit = factors(r, m)
    pattern, phi = quartimin(fit.loadings)
    sign = np.where(pattern.sum(axis=0) < 0, -1.0, 1.0)
    pattern, phi = pattern * sign, phi * np.outer(sign, sign)
    second = _second_order(phi, m)
    gamma = second.loadings[:, 0]
    general = pattern @ gamma
    group = pattern * np.sqrt(np.maximum(1 - gamma**2, 0.0))
    whole = float(r.sum())
    common = float((general**2).sum())
    if whole <= 0 or common <= 0:
        raise NoEstimate("undefined", Note(N_("各题之和没有差异，信度没有定义")))
    if fit.is_heywood or second.is_heywood:
        notes += (HEYWOOD,)
    return OmegaHierarchical(
        float(general.sum()) ** 2 / whole,
        1 - float(fit.uniqueness.sum()) / whole,
        common / (common + float((group**2).sum())),
        general,
        group,
        phi,
        moments.n,
        notes,
    )


def _second_order(phi: Floats, m: int) -> Factors:
    """One factor of Φ. Three correlations determine three loadings: closed form inside (0, 1)."""
    if m > 3:
        return factors(phi, 1)
    a, b, c = phi[0, 1], phi[0, 2], phi[1, 2]
    if min(a, b, c) <= 0:
        raise NoEstimate(
            "undefined", Note(N_("组因子之间不是正相关，找不到共同的总因子；检查反向题"))
        )
    square = np.array([a * b / c, a * c / b, b * c / a])
    bound = 1 - 0.005
    loading = np.sqrt(np.minimum(square, bound))[:, None]
    return Factors(loading, 1 - loading[:, 0] ** 2, bool((square > bound).any()))
