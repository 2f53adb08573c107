"""The rating scale model: all items share the distances between their categories.

    log P(x = k)/P(x = k − 1) = θ − δ_i − τ_k,   Σ δ_i = Σ τ_k = 0

Source: Andrich (1978), Psychometrika 43, 561-573, eq. 9; conditional likelihood: Fischer &
Ponocny (1994), Psychometrika 59, 177-192.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.raters.conditional_fit import ScaleModel, fitted, usable

Floats = NDArray[np.float64]


def rating_scale(marks: Floats, *, level: float = 0.95) -> ScaleModel:
    """Fit the rating scale model by conditional maximum likelihood.

    `marks`: persons × items, NaN where missing; the marks that occur anywhere, in ascending
    order, are the categories 0..K of every item. Persons with the lowest or highest total say
    nothing and do no harm. Locations are the mean thresholds of the items and sum to 0, as in
    psychotools::rsmodel; `erm_parameters` gives those of eRm::RSM.

    What goes wrong: a category rarely used leaves its threshold nearly free (have 10 in each);
    items that nobody answers relative to each other in both directions have no finite distance
    (refused); thresholds out of order are a finding, not an error.
    """
    data = usable(marks, by_item=False)
    items, top = len(data.items), int(data.tops[0])
    x = np.arange(1, top + 1)
    # free parameters: δ_2..δ_I relative to the first item, then the cumulated steps 2..K
    # relative to the first one (C_k = Σ_{l≤k} τ_l − k τ_1); the scale is centred afterwards
    model = np.zeros((items * top, items - 1 + top - 1))
    for item in range(items):
        rows = slice(item * top, (item + 1) * top)
        if item:
            model[rows, item - 1] = x
        model[rows, items - 1 :] = np.eye(top)[:, 1:]
    return fitted("rsm", data, model, marks.shape[1], level)


@dataclass(frozen=True, slots=True)
class ErmParameters:
    """eRm's parameters: δ of the second and later items (all sum to 0), then C_2..C_K.

    In eRm's scale the *first* thresholds of the items sum to 0: its thresholds and persons are
    those of the scale centred at all thresholds minus `shift`.
    """

    eta: Floats
    se: Floats
    shift: float


def erm_parameters(model: ScaleModel) -> ErmParameters:
    """The same fit in the parameters of eRm::RSM (`etapar`, `se.eta`)."""
    size = len(model.parameters)
    items = sum(1 for one in model.thresholds if one)
    turn = np.eye(size)
    turn[: items - 1, : items - 1] -= 1 / items
    eta = turn @ model.parameters
    se = np.sqrt(np.diag(turn @ model.covariance @ turn.T))
    first = [float(one[0].estimate or 0.0) for one in model.thresholds if one]
    return ErmParameters(eta, se, float(np.mean(first)))
