"""Means and totals under calibrated weights with the standard error of a sampling design.

The linearised values of the estimate lose what the margins explain (`projection`) and go through
the variance of the design as any other total. Source: Deville & Särndal (1992), JASA 87, §3, (3.4).
Post-stratified, raked and calibrated estimates differ only in the projection handed in.
"""

from collections.abc import Callable
from dataclasses import replace

from analysis.note import Note
from analysis.statistics.design.design import Design, Rows
from analysis.statistics.design.linearisation import Linear, estimates, means, totals
from analysis.statistics.estimate import Estimate
from analysis.statistics.weights.margins import Floats
from forms.problems import N_

ALONE = Note(N_("只有一份答卷，无法估计抽样误差"))
Residuals = Callable[[Floats], Floats]
"""From w z (rows × k) to w e, e what the margins leave of z."""


def calibrated_mean(
    design: Design,
    weights: Floats,
    y: Floats,
    residuals: Residuals,
    inside: Rows | None = None,
    level: float = 0.95,
) -> Estimate:
    """Σ w y / Σ w over the rows of a domain (all by default); a missing y is outside."""
    return _finished(design, weights, means, y, residuals, inside, level)


def calibrated_total(
    design: Design,
    weights: Floats,
    y: Floats,
    residuals: Residuals,
    inside: Rows | None = None,
    level: float = 0.95,
) -> Estimate:
    """Σ w y over the rows of a domain (all by default); a missing y is outside."""
    return _finished(design, weights, totals, y, residuals, inside, level)


def _finished(
    design: Design,
    weights: Floats,
    linear: Callable[[Design, Floats, Rows | None], Linear],
    y: Floats,
    residuals: Residuals,
    inside: Rows | None,
    level: float,
) -> Estimate:
    # Not `reweighted`: linear calibration may give negative weights, which are legitimate here.
    made = replace(design, weights=weights, weighted=True)
    found = linear(made, y, inside)
    one = estimates(made, replace(found, z=residuals(found.z)), level, "calibrated")[0]
    if one.n == 1 and one.se is not None:
        # A single value leaves no residual of its own; 0 would pass for certainty.
        return replace(one, se=None, df=None, lo=None, hi=None, notes=(*one.notes, ALONE))
    return one
