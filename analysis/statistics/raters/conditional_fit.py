"""Conditional maximum likelihood for rating scale and partial credit models: what both share.

A model is a matrix D with b = D θ, b the cumulated thresholds of all items. It is maximised by
Newton's method; the likelihood is concave, so there is one optimum if there is any.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.raters.conditional_likelihood import (
    Counts,
    count,
    derivatives,
    log_likelihood,
)
from analysis.statistics.raters.rating_categories import categories
from forms.problems import N_

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
STEPS, DECREMENT = 60, 1e-12
LARGEST = 20.0


@dataclass(frozen=True, slots=True)
class ScaleModel:
    """A rating scale or partial credit model by conditional maximum likelihood.

    `locations`: the mean threshold of each item, summing to 0 over items; `thresholds`: β_ik of
    each item, on the same scale, empty for an item without a measure. `values`: the marks of the
    categories of each item. `steps`: (persons, items) categories 0..K, NaN where missing.
    `parameters`: free parameters with `covariance`; `n` persons answered at least one item.
    """

    kind: str
    locations: tuple[Estimate, ...]
    thresholds: tuple[tuple[Estimate, ...], ...]
    values: tuple[tuple[float, ...], ...]
    steps: Floats
    parameters: Floats
    covariance: Floats
    loglik: float
    iterations: int
    n: int
    notes: tuple[Note, ...]

    @property
    def cumulated(self) -> tuple[Floats | None, ...]:
        """b_i1..b_iK of each item, None for an item without a measure."""
        found: list[Floats | None] = []
        for one in self.thresholds:
            steps = np.array([step.estimate or 0.0 for step in one], dtype=np.float64)
            found.append(np.cumsum(steps) if one else None)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Usable:
    """Items that can be measured, their categories numbered 0..top."""

    steps: Floats
    items: Codes
    values: tuple[Floats, ...]
    tops: Codes
    notes: tuple[Note, ...]


def usable(marks: Floats, *, by_item: bool) -> Usable:
    """Number the categories (of all items together, or of each) and leave out constant items."""
    kept = [item for item in range(marks.shape[1]) if _usable(marks[:, item], by_item)]
    while True:
        seen = marks[:, kept]
        lowest, highest = np.nanmin(seen, initial=np.inf), np.nanmax(seen, initial=-np.inf)
        # with common steps an item at one end of the scale only has no finite location
        inner = kept if by_item else [i for i in kept if not _at_end(marks[:, i], lowest, highest)]
        if inner == kept:
            break
        kept = inner
    if len(kept) < 2:
        raise NoEstimate(
            "too_few",
            Note(N_("至少要有两道有不同回答的题；现在有 {n} 道"), {"n": len(kept)}),
        )
    steps = np.full((marks.shape[0], len(kept)), np.nan)
    values = []
    whole = marks[:, kept]
    shared = categories(whole[~np.isnan(whole)])
    for place, item in enumerate(kept):
        rows = ~np.isnan(marks[:, item])
        one = categories(marks[rows, item]) if by_item else shared
        steps[rows, place] = np.searchsorted(one.values, marks[rows, item])
        values.append(one.values)
    out = marks.shape[1] - len(kept)
    notes = (Note(N_("{n} 道题没有不同的回答，没有有限的难度"), {"n": out}),) if out else ()
    tops = np.array([len(one) - 1 for one in values], dtype=np.int64)
    return Usable(steps, np.array(kept, dtype=np.int64), tuple(values), tops, notes)


def _usable(column: Floats, is_varied: bool) -> bool:  # noqa: FBT001
    """Whether anybody answered, and not all alike where the item has thresholds of its own."""
    seen = np.unique(column[~np.isnan(column)])
    return len(seen) > is_varied


def _at_end(column: Floats, lowest: float, highest: float) -> bool:
    seen = column[~np.isnan(column)]
    return bool(np.all(seen == lowest) or np.all(seen == highest))


@dataclass(frozen=True, slots=True)
class Optimum:
    """Free parameters at the maximum, their covariance, the log-likelihood, Newton steps."""

    parameters: Floats
    covariance: Floats
    loglik: float
    iterations: int


def maximise(counts: Counts, model: Floats) -> Optimum:
    """The maximum of the conditional likelihood over θ, b = model @ θ, from θ = 0."""
    theta = np.zeros(model.shape[1])
    value = log_likelihood(counts, model @ theta)
    for iteration in range(1, STEPS + 1):
        slope, matrix = derivatives(counts, model @ theta)
        gradient, information = model.T @ slope, model.T @ matrix @ model
        factor = _factor(information)
        step = linalg.cho_solve(factor, gradient)
        decrement = float(step @ gradient)
        theta, value = _halved(counts, model, theta, np.clip(step, -2, 2), value)
        if np.abs(theta).max() > LARGEST:
            raise _diverged()
        if decrement < DECREMENT * max(1.0, abs(value)):
            _, matrix = derivatives(counts, model @ theta)
            factor = _factor(model.T @ matrix @ model)
            return Optimum(theta, linalg.cho_solve(factor, np.eye(len(theta))), value, iteration)
    raise _diverged()


def _factor(information: Floats) -> tuple[Floats, bool]:
    try:
        factor: tuple[Floats, bool] = linalg.cho_factor(information)
    except linalg.LinAlgError:
        raise _diverged() from None
    diagonal = np.abs(np.diag(factor[0]))
    if diagonal.min() < 1e-6 * diagonal.max():
        raise _diverged()
    return factor


def _halved(
    counts: Counts, model: Floats, theta: Floats, step: Floats, value: float
) -> tuple[Floats, float]:
    size = 1.0
    while size > 1e-6:
        tried = theta + size * step
        found = log_likelihood(counts, model @ tried)
        if found >= value - 1e-10 * abs(value):
            return tried, found
        size /= 2
    return theta, value


def _diverged() -> NoEstimate:
    return NoEstimate(
        "not_converged",
        Note(
            N_(
                "没有有限的估计：有些题目之间没有人作出不同的相对判断，或等级太少使用；"
                "请合并等级或去掉这些题目"
            )
        ),
    )


def fitted(kind: str, data: Usable, model: Floats, size: int, level: float) -> ScaleModel:
    """Fit the model and put every threshold on the scale where all of them sum to 0.

    `size`: how many items there are, those without a measure among them.
    """
    counts = count(data.steps, data.tops)
    found = maximise(counts, model)
    differences = [
        np.diff(model[place], axis=0, prepend=np.zeros((1, model.shape[1])))
        for place in counts.places
    ]
    means = np.array([one.mean(axis=0) for one in differences])
    centre = means.mean(axis=0)
    z = float(ndtri((1 + level) / 2))
    missing = Estimate(None, notes=(Note(N_("这道题没有不同的回答，没有有限的难度")),))
    locations: list[Estimate] = [missing] * size
    thresholds: list[tuple[Estimate, ...]] = [()] * size
    values: list[tuple[float, ...]] = [()] * size
    for at, item in enumerate(data.items.tolist()):
        n = int(counts.uses[at].sum())
        locations[item] = _combined(found, means[at] - centre, n, z)
        thresholds[item] = tuple(_combined(found, row - centre, n, z) for row in differences[at])
        values[item] = tuple(data.values[at].tolist())
    return ScaleModel(
        kind,
        tuple(locations),
        tuple(thresholds),
        tuple(values),
        _whole(data, size),
        found.parameters,
        found.covariance,
        found.loglik,
        found.iterations,
        int((~np.isnan(data.steps)).any(axis=1).sum()),
        data.notes,
    )


def _combined(found: Optimum, row: Floats, n: int, z: float) -> Estimate:
    """A linear combination of the free parameters, with its standard error."""
    value = float(row @ found.parameters)
    error = float(np.sqrt(max(float(row @ found.covariance @ row), 0.0)))
    return Estimate(
        value, error, lo=value - z * error, hi=value + z * error, n=n, method="conditional-ml"
    )


def _whole(data: Usable, size: int) -> Floats:
    steps = np.full((len(data.steps), size), np.nan)
    steps[:, data.items] = data.steps
    return steps
