"""Balance: how far a weighted sample is from its population on a covariate.

smd = (mean_w of the sample − mean of the target) / SD of the target, SD with n − 1; asmd = |smd|.

Source: Austin (2009), Statistics in Medicine 28, 3083–3107, §2; the target's SD as in Cochran &
Rubin (1973), Sankhyā A 35, 417–446, so that weighting cannot change the yardstick. |smd| above 0.1
is usually called imbalance. What goes wrong: a covariate that was not weighted on may get worse.
"""

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.weights.margins import Floats
from forms.problems import N_


def standardised_difference(
    sample: Floats,
    target: Floats,
    sample_weights: Floats | None = None,
    target_weights: Floats | None = None,
) -> Estimate:
    """smd with its sign, in SDs of the target. Missing values (NaN) are left out on each side."""
    x, w = _present(sample, sample_weights)
    t, v = _present(target, target_weights)
    n = len(x)
    if w.sum() <= 0 or len(t) < 2 or v.sum() <= 0:
        return Estimate(None, n=n, method="smd", notes=(Note(N_("没有可比的值，算不出差距")),))
    centre = float(np.average(t, weights=v))
    spread = np.average(np.square(t - centre), weights=v) * len(t) / (len(t) - 1)
    if spread <= 0:
        note = Note(N_("总体的值全都相同，没有可用来标准化的离散程度"))
        return Estimate(None, n=n, method="smd", notes=(note,))
    gap = (float(np.average(x, weights=w)) - centre) / float(np.sqrt(spread))
    return Estimate(gap, n=n, method="smd")


def _present(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    there = ~np.isnan(values)
    return values[there], (np.ones(len(values)) if weights is None else weights)[there]
