"""Is a two-way table independent? Pearson's statistic with Rao and Scott's corrections.

Rao & Scott (1984), Ann. Statist. 12, pp. 46-60; Thomas & Rao (1987), JASA 82, pp. 630-636 (the F
reference); Lumley (2010) §2.5.1. A plain χ² on weighted or clustered answers rejects far too often.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.note import Note
from analysis.statistics.design.design import Codes, Design, Floats, Rows
from analysis.statistics.design.linearisation import covariance, means
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class RaoScott:
    """`shares` (r, c) estimated; `x2` = n Σ (p − p_r p_c)²/(p_r p_c), Pearson's, uncorrected.

    `deffs` mean generalised design effect δ̄. First order: x2/δ̄ on χ²(`df`), `p_chisq`. Second
    order: `f` = x2/Σδ on F(`ndf`, `ddf`), `p_f`. `n` rows with both answers.
    """

    f: float
    ndf: float
    ddf: float
    p_f: float
    x2: float
    df: int
    p_chisq: float
    deffs: float
    shares: Floats
    n: int


def rao_scott(design: Design, a: Codes, b: Codes, inside: Rows | None = None) -> RaoScott:
    """The test for codes a, b ≥ 0 (rows,); rows with a code below 0 are outside, z = 0.

    δ_i are the eigenvalues of (Cᵀ D⁻¹ C/n)⁻¹ Cᵀ D⁻¹ V D⁻¹ C with D the shares, V their design
    covariance, C the interaction contrasts orthogonal to the margins. ndf = (Σδ)²/Σδ², ddf = ndf ·
    (#PSU − #strata). The margins must not have an empty row or column: those are dropped; an
    empty cell is allowed.
    """
    taken = (a >= 0) & (b >= 0) & (design.weights > 0)
    taken = taken if inside is None else taken & inside
    rows, a_code = np.unique(a[taken], return_inverse=True)
    columns, b_code = np.unique(b[taken], return_inverse=True)
    r, c, n = len(rows), len(columns), int(taken.sum())
    if r < 2 or c < 2:
        raise NoEstimate("undefined", Note(N_("列联表至少要有两行两列；有一个变量只有一种取值")))
    indicator = np.zeros((design.n, r * c))
    indicator[np.flatnonzero(taken), a_code.ravel() * c + b_code.ravel()] = 1
    shares = means(design, indicator, taken)
    p = shares.value
    delta = _delta(p, covariance(design, shares), r, c, n)
    table = p.reshape(r, c)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    x2 = float(n * ((table - expected) ** 2 / expected).sum())
    nu = design.degrees(inside)
    return _tested(x2, delta, (r - 1) * (c - 1), nu, table, n)


def _delta(p: Floats, v: Floats, r: int, c: int, n: int) -> Floats:
    """The matrix Δ whose eigenvalues are the generalised design effects, (df, df)."""
    rows = np.kron(np.eye(r), np.ones((c, 1)))
    columns = np.kron(np.ones((r, 1)), np.eye(c))
    margins = np.column_stack([rows, columns[:, 1:]])
    inner = np.kron(np.eye(r)[:, 1:], np.eye(c)[:, 1:])
    contrasts = inner - margins @ np.linalg.lstsq(margins, inner, rcond=None)[0]
    scaled = np.where(p > 0, 1 / np.where(p > 0, p, 1.0), 0.0)[:, None] * contrasts
    base = contrasts.T @ scaled / n
    if np.linalg.matrix_rank(base) < len(base):
        raise NoEstimate("undefined", Note(N_("空格太多，检验无法进行；请合并类别")))
    delta: Floats = np.linalg.solve(base, scaled.T @ v @ scaled)
    return delta


def _tested(x2: float, delta: Floats, df: int, nu: int, table: Floats, n: int) -> RaoScott:
    trace = float(np.trace(delta))
    if trace <= FLAT or nu < 1:
        note = Note(N_("初级单元太少或答案没有差异，检验无法进行"))
        raise NoEstimate("too_few", note)
    ndf = trace**2 / float(np.trace(delta @ delta))
    f, ddf = x2 / trace, ndf * nu
    p_f = float(stats.f.sf(f, ndf, ddf))
    p_chisq = float(stats.chi2.sf(x2 * df / trace, df))
    return RaoScott(f, ndf, ddf, p_f, x2, df, p_chisq, trace / df, table, n)
