"""Do two groups differ, or one mean from a figure? The t test under a design.

Lumley (2010) §2.4; Korn & Graubard (1999), Analysis of Health Surveys, §3.4.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats

from analysis.note import Note
from analysis.statistics.design.design import Codes, Design, Floats
from analysis.statistics.design.linearisation import covariance, means
from analysis.statistics.design.regression import regression
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_


@dataclass(frozen=True, slots=True)
class TTest:
    """`difference` with SE, df and interval; `t` = difference / SE; two-sided `p`."""

    difference: Estimate
    t: float
    df: int
    p: float


def two_groups(design: Design, y: Floats, group: Codes, level: float = 0.95) -> TTest:
    """Mean of group 1 less that of group 0 as the slope on the group; df = #PSU − #strata − 1.

    group (rows,) 0, 1 or below 0 for neither. Groups within the same clusters share them: the
    covariance between the two means is in the SE.
    """
    x = np.column_stack([np.ones(design.n), np.where(group < 0, np.nan, group)])
    found = regression(design, y, x)
    value = float(found.of.value[1])
    return _tested(design, value, float(found.covariance[1, 1]), found.df, found.n, level)


def one_mean(design: Design, y: Floats, mu: float = 0.0, level: float = 0.95) -> TTest:
    """Mean less `mu`; df = #PSU − #strata.

    R's `svyttest` takes one degree of freedom more away for one sample; the mean's own are right
    here, as in its `confint`.
    """
    of = means(design, y)
    v = float(covariance(design, of)[0, 0])
    n = int(of.inside.sum())
    return _tested(design, float(of.value[0]) - mu, v, design.degrees(of.inside[:, 0]), n, level)


def _tested(design: Design, value: float, variance: float, df: int, n: int, level: float) -> TTest:
    if df < 1 or not np.isfinite(value):
        raise NoEstimate("too_few", Note(N_("自由度不足，无法检验；需要更多初级单元")))
    se = sqrt(max(variance, 0.0))
    if se <= 1e-14 * abs(value) or se == 0:
        raise NoEstimate("undefined", Note(N_("标准误为 0（组内没有差异），无法检验")))
    half = float(stats.t.ppf((1 + level) / 2, df)) * se
    notes = design.notes()
    estimate = Estimate(value, se, float(df), value - half, value + half, n, "t", notes)
    return TTest(estimate, value / se, df, 2 * float(stats.t.sf(abs(value) / se, df)))
