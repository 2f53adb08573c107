"""A share under a design, with an interval that stays inside [0, 1].

Korn & Graubard (1998), Survey Methodology 24, pp. 193-201 (beta); Lumley (2010) §2.3 and Rao &
Scott (1984), Ann. Statist. 12, pp. 46-60 (likelihood); Dean & Pagano (2015), J. Survey Stat.
Methodol. 3, pp. 484-503 (Wilson with n_eff); Agresti (2013), Categorical Data Analysis, §3.1
(logit).
"""

from dataclasses import replace
from math import log, sqrt
from typing import Literal

import numpy as np
from scipy import optimize, special, stats

from analysis.note import Note
from analysis.statistics.design.design import Design, Floats, Rows
from analysis.statistics.design.linearisation import estimates, means
from analysis.statistics.estimate import Estimate
from analysis.statistics.intervals import proportions as intervals
from forms.problems import N_

Kind = Literal["logit", "xlogit", "beta", "mean", "likelihood", "wilson"]
Pair = tuple[float, float]
FLAT = 1e-6


def share(
    design: Design,
    hit: Floats,
    level: float = 0.95,
    kind: Kind | None = None,
    inside: Rows | None = None,
) -> Estimate:
    """p = Σ w hit / Σ w for hit 0, 1 or NaN (rows,), with v by linearisation and an interval.

    logit and xlogit: logit p ± t √v / (p(1−p)), taken back (R's `svyciprop` has both names for
    the same figure). mean: p ± t √v; may leave [0, 1] and is for comparison. beta:
    Clopper–Pearson with n* = p(1−p)/v · (t(n−1)/t(df))². wilson: Wilson's formula with n_eff =
    p(1−p)/v and t(df) for z; on a design without weights, strata or clusters the plain one of
    counts. likelihood: all p₀ with 2 n_eff (n−1)/n KL(p, p₀) ≤ t², the factor being the dispersion
    `svyciprop` estimates for its profile. t is the quantile of t(df).

    Default: wilson for simple counts, logit else. At p = 0 or 1, where v is 0, every kind but
    mean falls back on beta with n_eff = n. The SE at such a p is 0 and means nothing.
    """
    found = estimates(design, means(design, hit, inside), level)[0]
    kind = kind or ("wilson" if design.simple else "logit")
    if found.estimate is None:
        return replace(found, method=kind)
    p, n = found.estimate, found.n or 0
    if kind == "wilson" and design.simple:
        return _counted(found, p, n, level)
    if kind == "mean" or found.se is None or not found.df:
        return replace(found, method=kind)
    if found.se > FLAT * sqrt(p * (1 - p)):
        lo, hi = _interval(kind, p, p * (1 - p) / found.se**2, found.df, n, level)
    elif 0 < p < 1 or (design.stages[0].fraction >= 1).all():
        note = Note(N_("各层内答案全部相同，抽样方差为 0，区间缩为一点"))
        return replace(found, lo=p, hi=p, method=kind, notes=(*found.notes, note))
    else:
        lo, hi = _exact(p, n, level)
        note = Note(
            N_("比例为 0 或 1，标准误无意义；区间按 {n} 份的精确（Clopper–Pearson）区间"), {"n": n}
        )
        found = replace(found, notes=(*found.notes, note))
    return replace(found, lo=lo, hi=hi, method=kind)


def _counted(found: Estimate, p: float, n: int, level: float) -> Estimate:
    lo, hi = (float(end) for end in intervals.wilson(p * n, n, level))
    return replace(found, lo=lo, hi=hi, df=None, method="wilson")


def _exact(p: float, n: float, level: float) -> Pair:
    lo, hi = intervals.clopper_pearson(p * n, n, level)
    return float(lo), float(hi)


def _wilson(p: float, n: float, t: float) -> Pair:
    """Wilson's formula with t for z: a level could not carry a t beyond 8."""
    lo, hi = intervals.score_bounds(p, n, t)
    return max(float(lo), 0.0), min(float(hi), 1.0)


def _interval(kind: Kind, p: float, size: float, df: float, n: int, level: float) -> Pair:
    """The interval of p from n_eff = `size` and t(df)."""
    t = float(stats.t.ppf((1 + level) / 2, df))
    if kind == "beta":
        wider = float(stats.t.ppf((1 + level) / 2, n - 1)) / t
        return _exact(p, size * wider**2, level)
    if kind == "wilson":
        return _wilson(p, size, t)
    if kind == "likelihood":
        return _likelihood(p, size * (n - 1) / n, t)
    half, middle = t / sqrt(size * p * (1 - p)), log(p / (1 - p))
    return float(special.expit(middle - half)), float(special.expit(middle + half))


def _likelihood(p: float, size: float, t: float) -> Pair:
    """Where 2 n_eff KL(p, p₀) = t², sought on the logit of p₀ so that neither log meets 0."""
    most = p * log(p) + (1 - p) * log(1 - p)

    def over(at: float) -> float:
        there = -p * float(np.logaddexp(0, -at)) - (1 - p) * float(np.logaddexp(0, at))
        return 2 * size * (most - there) - t * t

    middle, ends = log(p / (1 - p)), []
    for sign in (-1.0, 1.0):
        step = sign
        while over(middle + step) < 0:
            step *= 2
        found = optimize.brentq(over, *sorted((middle, middle + step)), xtol=1e-13)
        ends.append(float(special.expit(found)))
    return ends[0], ends[1]
