"""Polychoric correlation: what two ordinal items would correlate without their options' steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.intervals.proportions import LEVEL, normal_point
from analysis.statistics.items.moments import Counts, Floats
from forms.problems import N_

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
BOUND = 0.9999
FAR = 12.0
BLOCK = 1 << 16
MOST_OPTIONS = 60


@dataclass(frozen=True, slots=True)
class Polychoric:
    """Correlations (k, k) with standard errors, and the thresholds of each item (m − 1 or fewer).

    `rho[i][j]` is an Estimate; `matrix` (k, k) holds the plain figures, NaN where there is none.
    """

    rho: tuple[tuple[Estimate, ...], ...]
    thresholds: tuple[tuple[float, ...], ...]


def polychoric(joint: ArrayLike) -> Polychoric:
    """All pairs from the joint counts joint[i, j, a, b] (k, k, m, m) of options in their order.

    An option that an item never uses has no threshold there, and no place in its tables.
    """
    tables = np.asarray(joint, dtype=np.int64)
    k = len(tables)
    used = [np.diagonal(tables[i, i]) > 0 for i in range(k)]
    cuts = tuple(thresholds(np.diagonal(tables[i, i])) for i in range(k))
    rho = [[Estimate(1.0, method="polychoric") for _ in range(k)] for _ in range(k)]
    for i in range(k):
        for j in range(i):
            rho[i][j] = rho[j][i] = polychoric_pair(
                tables[i, j][np.ix_(used[i], used[j])], cuts[i], cuts[j]
            )
    return Polychoric(tuple(map(tuple, rho)), tuple(tuple(one.tolist()) for one in cuts))


def thresholds(counts: ArrayLike) -> Floats:
    """τ_c = Φ⁻¹(share of answers up to option c); options nobody chose are joined to the next."""
    used = np.asarray(counts, dtype=np.float64)
    used = used[used > 0]
    if len(used) < 2:
        return np.empty(0)
    return np.asarray(special.ndtri(np.cumsum(used)[:-1] / used.sum()))


def polychoric_pair(
    table: ArrayLike, row_cuts: Floats | None = None, column_cuts: Floats | None = None
) -> Estimate:
    """ρ that maximises Σ n_ab ln π_ab(ρ) with the thresholds held at those of the margins.

    table (a, b) joint counts; π_ab the bivariate normal mass of the cell between the thresholds
    (n_ab ballots). Thresholds from the margins of the table, or given (as `psych` with
    global=TRUE, from everybody who answered the item). SE from the expected information at fixed
    thresholds, 1/√(n Σ (∂π/∂ρ)²/π), with ∂π/∂ρ from the normal density; it leaves out the small
    uncertainty of the thresholds.

    What goes wrong: an empty cell of a 2 × 2 table drives ρ to ±1 (`psych` adds ½ to every empty
    cell; here only where a 2 × 2 table would have no maximum inside); thin tables make ρ wander;
    the latent normal is an assumption. Worth it with fewer than 5 options or |skew| > 1.

    Source: Olsson 1979, Psychometrika 44, eq. (4) and (11)–(13); Plackett 1954, Biometrika 41,
    p. 351 for the normal integral.
    """
    n = np.asarray(table, dtype=np.float64)
    rows, columns = n.sum(axis=1) > 0, n.sum(axis=0) > 0
    total = int(n.sum())
    own_rows = thresholds(n.sum(axis=1)) if row_cuts is None else row_cuts
    own_columns = thresholds(n.sum(axis=0)) if column_cuts is None else column_cuts
    if len(own_rows) == 0 or len(own_columns) == 0 or total == 0:
        note = Note(N_("有一道题的回答全部相同，多项相关没有定义"))
        return Estimate(None, n=total, method="polychoric", notes=(note,))
    if row_cuts is None:
        n = n[rows]
    if column_cuts is None:
        n = n[:, columns]
    n = _aligned(n, len(own_rows) + 1, len(own_columns) + 1)
    notes: tuple[Note, ...] = ()
    if n.shape == (2, 2) and (n == 0).any():
        n = np.where(n == 0, 0.5, n)
        notes = (Note(N_("两道题的交叉表有空格，已按半份答卷计")),)
    found = optimize.minimize_scalar(
        lambda rho: -float((n * np.log(_cells(own_rows, own_columns, rho))).sum()),
        bounds=(-BOUND, BOUND),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 200},
    )
    rho = float(found.x)
    if abs(rho) > BOUND - 1e-3:
        notes += (Note(N_("多项相关估计到了边界 ±1，两道题几乎可以互相代替")),)
        return Estimate(rho, n=total, method="polychoric", notes=notes)
    slope = _slopes(own_rows, own_columns, rho)
    information = total * float((slope**2 / _cells(own_rows, own_columns, rho)).sum())
    se = 1 / np.sqrt(information)
    low, high = np.tanh(
        np.arctanh(rho) + np.array([-1, 1]) * normal_point(LEVEL) * se / (1 - rho**2)
    )
    return Estimate(rho, float(se), None, float(low), float(high), total, "polychoric", notes)


def _aligned(n: Floats, rows: int, columns: int) -> Floats:
    if n.shape == (rows, columns):
        return n
    raise NoEstimate("undefined", Note(N_("交叉表的选项数与各题的选项数对不上")))


def normal_corner(h: Floats, k: Floats, rho: float) -> Floats:
    """P(X ≤ h, Y ≤ k) for standard normals with correlation ρ, h and k broadcast.

    Plackett: Φ(h)Φ(k) + (1/2π)∫₀^{asin ρ} exp(−(h² + k² − 2hk sin θ)/(2 cos² θ)) dθ, the integral
    by 48-point Gauss–Legendre; error < 1e-8 for |ρ| ≤ 0.999 as far as tested.
    """
    angle = np.arcsin(rho)
    theta = (NODES + 1) * angle / 2
    h, k = np.asarray(h)[..., None], np.asarray(k)[..., None]
    power = -(h**2 + k**2 - 2 * h * k * np.sin(theta)) / (2 * np.cos(theta) ** 2)
    integral = (np.exp(power) * WEIGHTS).sum(axis=-1) * angle / 2
    corner: Floats = special.ndtr(h[..., 0]) * special.ndtr(k[..., 0]) + integral / (2 * np.pi)
    return corner


def _cells(rows: Floats, columns: Floats, rho: float) -> Floats:
    h, k = _framed(rows), _framed(columns)
    corner = normal_corner(h[:, None], k[None, :], rho)
    mass: Floats = np.maximum(np.diff(np.diff(corner, axis=0), axis=1), 1e-15)
    return mass


def _slopes(rows: Floats, columns: Floats, rho: float) -> Floats:
    """∂π/∂ρ: differences of the bivariate normal density at the corners of the cells."""
    h, k = _framed(rows)[:, None], _framed(columns)[None, :]
    left = 1 - rho**2
    density = np.exp(-(h**2 + k**2 - 2 * rho * h * k) / (2 * left)) / (2 * np.pi * np.sqrt(left))
    slopes: Floats = np.diff(np.diff(density, axis=0), axis=1)
    return slopes


def _framed(cuts: Floats) -> Floats:
    return np.concatenate([[-FAR], cuts, [FAR]])


def joint_counts(x: Floats) -> tuple[Counts, Floats]:
    """Joint counts (k, k, m, m) of the options, and the m option values found in x.

    x (ballots × items) with NaN where there is no valued answer: the table T3 of these rows.
    """
    x = np.array(x, dtype=np.float64, ndmin=2)
    values = np.unique(x[~np.isnan(x)])
    k, m = x.shape[1], len(values)
    if m > MOST_OPTIONS:
        raise NoEstimate("undefined", Note(N_("不同的回答多于 60 种，不像是选项")))
    joint = np.zeros((k * m, k * m), dtype=np.int64)
    for start in range(0, len(x), BLOCK):  # whole numbers stay exact in float32 up to 2²⁴
        part = x[start : start + BLOCK]
        onehot = (part[:, :, None] == values).reshape(len(part), k * m).astype(np.float32)
        joint += (onehot.T @ onehot).astype(np.int64)
    return joint.reshape(k, m, k, m).transpose(0, 2, 1, 3), values
