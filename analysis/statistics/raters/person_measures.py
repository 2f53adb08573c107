"""Persons on the scale of a fitted rating scale or partial credit model, and who fits it.

θ̂ solves Σ_i E_i(θ) = r, one value for every total r of the same items (Wright & Masters 1982,
Rating Scale Analysis, chapter 4, pp. 86-89). The lowest and highest total have no finite
maximum; they get the continuation of θ̂ over the totals that occur, as eRm::person.parameter does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.statistics.raters.conditional_fit import ScaleModel
from analysis.statistics.raters.fit_statistics import (
    SMALLEST_VARIANCE,
    MeanSquares,
    category_moments,
    mean_squares,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
STEPS, PRECISION = 100, 1e-12


@dataclass(frozen=True, slots=True)
class Persons:
    """Measures of persons, and fit; None where a person answered nothing.

    `theta` in logits, `se` = 1/√Σ V(θ̂), None at the ends of the scale; `raw` totals.
    `persons` and `items`: infit and outfit; persons at an end of the scale have none and are
    not used for the items either, since their residuals are 0 by construction.
    """

    raw: tuple[int | None, ...]
    theta: tuple[float | None, ...]
    se: tuple[float | None, ...]
    persons: MeanSquares
    items: MeanSquares


def person_measures(model: ScaleModel) -> Persons:
    """Maximum likelihood measures of the persons a model was fitted to, with mean squares."""
    usable = [item for item, one in enumerate(model.thresholds) if one]
    steps, table = model.steps[:, usable], _table(model)
    persons = len(steps)
    raw: list[int | None] = [None] * persons
    theta: list[float | None] = [None] * persons
    se: list[float | None] = [None] * persons
    by_person, by_item = np.zeros((persons, 4)), np.zeros((len(model.thresholds), 4))
    patterns, of = np.unique(~np.isnan(steps), axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        rows = np.flatnonzero(of.reshape(-1) == number)
        rows = rows[np.lexsort(steps[rows].T)]  # so that sums do not depend on the order given
        seen = steps[np.ix_(rows, np.flatnonzero(pattern))]
        totals = seen.sum(axis=1).astype(np.int64)
        scale = theta_by_total(table[pattern], np.unique(totals))
        moments = category_moments(category_probabilities(table[pattern], scale))
        information = moments[1].sum(axis=1)
        inner = (totals > 0) & (totals < len(scale) - 1)
        for row, total, finite in zip(rows.tolist(), totals.tolist(), inner.tolist(), strict=True):
            raw[row], theta[row] = total, float(scale[total])
            se[row] = float(1 / np.sqrt(information[total])) if finite else None
        parts = _residuals(seen, totals, moments, inner)
        by_person[rows] = parts.sum(axis=1)
        by_item[np.array(usable)[pattern]] += parts.sum(axis=0)
    return Persons(
        tuple(raw), tuple(theta), tuple(se), mean_squares(*by_person.T), mean_squares(*by_item.T)
    )


def _table(model: ScaleModel) -> Floats:
    """0, b_1, …, b_K of every usable item, ∞ where it has no such category."""
    found = [one for one in model.cumulated if one is not None]
    table = np.full((len(found), max(map(len, found)) + 1), np.inf)
    table[:, 0] = 0.0
    for row, one in zip(table, found, strict=True):
        row[1 : len(one) + 1] = one
    return table


def _residuals(
    seen: Floats, totals: Codes, moments: tuple[Floats, Floats], inner: NDArray[np.bool_]
) -> Floats:
    """(persons, items, 4): (x − E)², V, (x − E)²/V and 1; zeros for persons at an end."""
    mean, variance = moments[0][totals], moments[1][totals]
    square = (seen - mean) ** 2
    parts = [square, variance, square / np.maximum(variance, SMALLEST_VARIANCE), np.ones_like(seen)]
    stacked: Floats = np.stack(parts, axis=2) * inner[:, None, None]
    return stacked


def category_probabilities(table: Floats, theta: Floats) -> Floats:
    """P(x | θ), shaped (thetas, items, K + 1), from cumulated thresholds (∞: no such category)."""
    x = np.arange(table.shape[1])
    logits = theta[:, None, None] * x - table
    weight: Floats = np.exp(logits - logits.max(axis=2, keepdims=True))
    weight /= weight.sum(axis=2, keepdims=True)
    return weight


def theta_by_total(table: Floats, seen: Codes) -> Floats:
    """θ̂ for every total 0..R of these items; `seen`: the totals that occur, each once.

    Newton's method with steps of at most 1; the expected total rises with θ, so it has one root.
    """
    most = int((np.isfinite(table).sum(axis=1) - 1).sum())
    totals = np.arange(1, most)
    theta = np.log(totals / (most - totals))
    for _ in range(STEPS):
        mean, variance = category_moments(category_probabilities(table, theta))
        information = np.maximum(variance.sum(axis=1), SMALLEST_VARIANCE)
        step = np.clip((totals - mean.sum(axis=1)) / information, -1, 1)
        theta = theta + step
        if np.abs(step).max(initial=0.0) < PRECISION:
            break
    return _continued(theta, seen)


def _continued(theta: Floats, seen: Codes) -> Floats:
    """θ̂ of totals 1..R−1 with one value more at each end, on the straight line that continues
    the natural cubic spline through the totals seen (through all, where fewer than two are)."""
    most = len(theta) + 1
    inner = seen[(seen > 0) & (seen < most)]
    knots = inner if len(inner) > 1 else np.arange(1, most)
    if len(knots) < 2:
        return np.array([-1.0, 1.0]) if most == 1 else theta[0] + np.array([-1.0, 0.0, 1.0])
    spline = CubicSpline(knots, theta[knots - 1], bc_type="natural")
    low, high = (
        float(spline(at) + (end - at) * spline(at, 1))
        for at, end in ((knots[0], 0), (knots[-1], most))
    )
    return np.concatenate([[low], theta, [high]])
