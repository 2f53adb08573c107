"""The partial credit model: every item has thresholds of its own.

    log P(x = k)/P(x = k − 1) = θ − β_ik,   Σ_i (mean of β_ik over k) = 0

Source: Masters (1982), Psychometrika 47, 149-174, eq. 4; conditional likelihood: Andersen
(1972), JRSS B 34, 42-54; Fischer & Ponocny (1994), Psychometrika 59, 177-192.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.raters.conditional_fit import ScaleModel, fitted, usable

Floats = NDArray[np.float64]


def partial_credit(marks: Floats, *, level: float = 0.95) -> ScaleModel:
    """Fit the partial credit model by conditional maximum likelihood.

    `marks`: persons × items, NaN where missing; the marks that occur in an item are its
    categories 0..K_i. Locations are the mean thresholds and sum to 0 over items, as in
    psychotools::pcmodel, which also drops categories nobody used.

    What goes wrong: as in `rating_scale`, and sooner, since each item needs every one of its
    categories used often enough (10 times). With two categories in every item it is the Rasch
    model.
    """
    data = usable(marks, by_item=True)
    # free parameters: all cumulated thresholds but the first, which fixes the zero of θ
    model = np.eye(int(data.tops.sum()))[:, 1:]
    return fitted("pcm", data, model, marks.shape[1], level)
