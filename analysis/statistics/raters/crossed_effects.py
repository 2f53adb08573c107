"""Scores corrected for the severity of their raters: two crossed random effects.

    y_ru = mean + s_r + d_u (+ x beta) + e,   s ~ N(0, s2_s),  d ~ N(0, s2_d),  e ~ N(0, s2)

`s_r` is the leniency of rater r (positive: mild), `d_u` the deviation of ratee u, all in the unit
of y. Fitted by REML or ML in `variance_components`, from counts and sums by rater and ratee. Two
corrected scores answer two questions and stand side by side:

* `corrected` = mean + predicted d_u. Shrunk towards the mean where ratings are few; the best guess
  of the true score if ratees are a sample of one kind.
* `centred` = least squares with fixed raters (within-rater centring): no shrinkage, nothing
  assumed of the raters; what the average rater would have given. Solves
  (diag(n_u) - C' diag(1/n_r) C) d = t_u - C' (t_r/n_r), C the counts, t the sums.

Sources: Henderson 1975, Biometrics 31, 423-447 (prediction); Searle, Casella & McCulloch 1992,
ch. 7; Bates et al. 2015, J. Stat. Softw. 67(1), sec. 3; Scheffe 1959, *The Analysis of Variance*,
sec. 4.4 (two-way layout with unequal numbers).
What goes wrong: who rates whom is taken as unrelated to the true scores given the model; a leader
who rates only his own department is severity and department in one. A design in islands is
refused (`connectivity`); with few raters s2_s is poorly known, and so is the correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata

from analysis.note import Note
from analysis.statistics.raters.connectivity import Connectivity, connectivity, require_connected
from analysis.statistics.raters.mixed_equations import (
    Codes,
    Equations,
    Floats,
    equations,
    inverse,
    solve,
)
from analysis.statistics.raters.variance_components import (
    Components,
    fit,
    refuse_equal_groups,
    summary,
)
from forms.problems import N_

RATER, RATEE = 0, 1
NO_RATERS = N_("看不出评分人之间有宽严差别，校正不改变什么")


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares:
    """The two-way fit with fixed raters: `score` by ratee (what the average rater would have
    given), its standard error against the average ratee, `severity` by rater (sum 0), and the
    residual variance (None without degrees of freedom, and then no standard errors)."""

    score: Floats
    se: Floats | None
    severity: Floats
    residual: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """A crossed fit. Arrays are by ratee; ranks are 1 for the highest, equals share the best.

    `fit` has the factors in the order rater, ratee, and what else was asked for.
    """

    fit: Components
    equations: Equations
    design: Connectivity
    n: Codes
    raw: Floats
    corrected: Floats
    corrected_se: Floats
    centred: LeastSquares
    notes: tuple[Note, ...]

    @property
    def raw_rank(self) -> Codes:
        return ranks(self.raw)

    @property
    def corrected_rank(self) -> Codes:
        return ranks(self.corrected)

    @property
    def centred_rank(self) -> Codes:
        return ranks(self.centred.score)


def ranks(values: Floats) -> Codes:
    """1 for the highest; equals share the best rank."""
    return np.asarray(rankdata(-nine_digits(values), method="min"), dtype=np.int64)


def nine_digits(values: Floats) -> Floats:
    """Scaled to 1 and rounded, so that equal scores are equal whatever the order of sums."""
    size = float(np.abs(values).max(initial=0.0)) or 1.0
    return np.round(values / size, 9)


def fit_crossed(
    y: Floats,
    rater: Codes,
    ratee: Codes,
    x: Floats | None = None,
    method: str = "reml",
    *,
    also: Sequence[Codes] = (),
    theta: Sequence[float] | None = None,
) -> Crossed:
    """Fit ratings y (N) by `rater` and `ratee` (codes from 0, each used), covariates x, further
    random groupings `also`; `theta` (rater, ratee, ...) holds the ratios of standard deviations
    fixed instead of estimating them. Raises NoEstimate, "disconnected" among others."""
    design = connectivity(rater, ratee)
    require_connected(design)
    factors = [np.asarray(one, dtype=np.int64) for one in (rater, ratee, *also)]
    refuse_equal_groups(factors)
    made = equations(y, factors, x)
    if theta is None:
        done = fit(made, method)
    else:
        gamma = np.square(np.asarray(theta, dtype=float))
        at = solve(made, gamma, reml=method == "reml")
        done = summary(at, inverse(at))
    n = np.bincount(ratee)
    effects = done.effects[RATEE]
    notes = (Note(NO_RATERS),) if done.variances[RATER] == 0 else ()
    return Crossed(
        fit=done,
        equations=made,
        design=design,
        n=n,
        raw=np.bincount(ratee, weights=y) / n,
        corrected=done.mean + effects.blup,
        corrected_se=effects.score_se,
        centred=within_raters(y, rater, ratee),
        notes=(*design.notes, *notes),
    )


def within_raters(y: Floats, rater: Codes, ratee: Codes) -> LeastSquares:
    """Least squares on fixed raters and ratees of a connected design."""
    levels, severity, inverse = two_way(y[:, None], rater, ratee)
    severity, levels = severity[:, 0], levels[:, 0]
    left = y - levels[ratee] - severity[rater]
    freedom = len(y) - len(levels) - len(severity) + 1
    average = float(severity.mean())
    residual = float(left @ left) / freedom if freedom > 0 else None
    se = None
    if residual is not None:
        se = np.sqrt(np.maximum(residual * np.diag(inverse), 0))
    return LeastSquares(levels + average, se, severity - average, residual)


def two_way(y: Floats, rater: Codes, ratee: Codes) -> tuple[Floats, Floats, Floats]:
    """Least-squares ratee levels and rater effects of each column of y (N x m) in a connected
    design, and the inverse (Moore-Penrose) of the reduced ratee equations, up to s2 the
    covariance of the levels against their mean."""
    q = int(ratee.max()) + 1
    counts = sp.csr_matrix((np.ones(len(y)), (rater, ratee)), shape=(int(rater.max()) + 1, q))
    n_rater, n_ratee = np.bincount(rater).astype(float), np.bincount(ratee).astype(float)
    t_rater, t_ratee = (
        np.column_stack([np.bincount(code, weights=one) for one in y.T]) for code in (rater, ratee)
    )
    scaled = counts.multiply(1 / np.sqrt(n_rater)[:, None]).tocsr()
    reduced = np.diag(n_ratee) - (scaled.T @ scaled).toarray()
    # Constants are the null space of a connected design; their projector makes it regular.
    inverse = np.linalg.inv(reduced + 1 / q) - 1 / q
    levels = inverse @ (t_ratee - counts.T @ (t_rater / n_rater[:, None]))
    severity = (t_rater - counts @ levels) / n_rater[:, None]
    return levels, severity, inverse
