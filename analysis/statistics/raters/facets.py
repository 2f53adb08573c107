"""The many-facet Rasch model: severities of raters in logits, and scores freed of them.

    log P(x = k)/P(x = k − 1) = θ_u − δ_i − α_r − τ_k,   θ_u ~ N(0, σ²)

Sources: Linacre (1989), Many-Facet Rasch Measurement, chapter 3; Andrich (1978), Psychometrika
43, 561-573, eq. 9 (common steps); Masters (1982), Psychometrika 47, 149-174, eq. 4 (steps by
item); Bock & Aitkin (1981), Psychometrika 46, 443-459 (marginal likelihood over nodes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.raters.facet_data import Rated, prepared, spread
from analysis.statistics.raters.facet_likelihood import Design, State, design
from analysis.statistics.raters.facet_optimum import Fit, first_nodes, fitted
from analysis.statistics.raters.fit_statistics import (
    SMALLEST_VARIANCE,
    category_moments,
    mean_squares,
)
from forms.problems import N_

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measure:
    """An item, a rater or a ratee: its measure in logits, how it fits, and its fair average."""

    measure: Estimate
    infit: float | None = None
    outfit: float | None = None
    fair_average: float | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """A fitted many-facet Rasch model.

    `items` δ (mean ability is 0), `raters` α (sum 0; positive = severe), `ratees` θ (expected a
    posteriori, SE = posterior SD), `steps` τ (sum 0): one list when common, else one for each
    item. `values`: for each of those lists the marks of the categories 0..K. `deviance` is
    −2 log L; `reliability` is Var(EAP)/(Var(EAP) + mean posterior variance).
    """

    items: tuple[Measure, ...]
    raters: tuple[Measure, ...]
    ratees: tuple[Measure, ...]
    steps: tuple[tuple[Estimate, ...], ...]
    values: tuple[tuple[float, ...], ...]
    var_theta: Estimate
    deviance: float
    parameters: int
    reliability: float | None
    nodes: int
    bound: float
    iterations: int
    n: int
    notes: tuple[Note, ...]


def many_facets(
    ratee: Codes,
    rater: Codes,
    item: Codes,
    mark: Floats,
    *,
    steps: Literal["common", "item"] = "common",
    collapse: int = 0,
    level: float = 0.95,
) -> Facets:
    """Fit the many-facet Rasch model by marginal maximum likelihood.

    `ratee`, `rater`, `item`: codes 0, 1, … of each rating; `mark`: the marks in any ascending
    numbers, NaN where missing. `steps`: thresholds common to all items (rating scale) or one set
    for each (partial credit). `collapse`: join categories used fewer times than this.

    Ability has mean 0 and a free variance on 41 equally spaced nodes over [−6, 6]; the grid is
    widened or made finer when the fitted σ or the narrowest posterior asks for it. Newton steps
    on the marginal likelihood; standard errors from its observed information.

    What goes wrong: a disconnected design (refused); severity that only reflects whom a rater
    was given; a rater or item with nothing but the lowest or highest mark (no finite measure,
    and no information on the others); fewer than 10 ratings for a rater or a category (noted).

    Differences from TAM::tam.mml.mfr: the optimum is found to rounding, not to a stopping rule,
    and standard errors take all covariances into account, so they are larger than TAM's, which
    invert the diagonal of the information only. Mean squares are averaged over the posterior
    of each ratee (as TAM::msq.itemfit), which keeps their expectation at 1.
    """
    data = prepared(ratee, rater, item, mark, by_item=steps == "item", collapse=collapse)
    made = design(data.ratee, data.rater, data.item, data.step, top=data.top, by_item=data.by_item)
    fit = fitted(made, first_nodes(data))
    return _report(data, made, fit, level)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Posterior sums over ratings: cells × (Σ(x−E)², ΣV, Σz², n), and the same for ratees."""

    cells: Floats
    ratees: Floats


def _fit_sums(made: Design, state: State) -> _Sums:
    mean, variance = category_moments(state.probability)
    x = np.arange(made.highest + 1)
    square = (x[None, :, None] - mean[:, None, :]) ** 2
    standard = square / np.maximum(variance, SMALLEST_VARIANCE)[:, None, :]
    cells, highest = mean.shape[0], made.highest + 1
    weight = (made.marks.T @ state.posterior).reshape(cells, highest, -1)
    expected = made.counts.T @ state.posterior
    by_cell = np.column_stack(
        [
            np.sum(weight * square, axis=(1, 2)),
            np.sum(expected * variance, axis=1),
            np.sum(weight * standard, axis=(1, 2)),
            expected.sum(axis=1),
        ]
    )
    flat = (cells * highest, -1)
    by_ratee = np.column_stack(
        [
            np.sum((made.marks @ square.reshape(flat)) * state.posterior, axis=1),
            np.sum((made.counts @ variance) * state.posterior, axis=1),
            np.sum((made.marks @ standard.reshape(flat)) * state.posterior, axis=1),
            np.asarray(made.counts.sum(axis=1)).ravel(),
        ]
    )
    return _Sums(by_cell, by_ratee)


def _by_group(cells: Floats, group: Codes, size: int) -> Floats:
    total = np.zeros((size, cells.shape[1]))
    np.add.at(total, group, cells)
    return total


@dataclass(frozen=True, slots=True)
class _Scale:
    """The expected mark at a distance θ − δ − α, averaged over sets of steps."""

    steps: tuple[Floats, ...]
    values: tuple[Floats, ...]

    def at(self, distance: float) -> float:
        return float(
            np.mean([_mark(distance, *one) for one in zip(self.steps, self.values, strict=True)])
        )


def _mark(distance: float, steps: Floats, values: Floats) -> float:
    logits = np.concatenate([[0.0], np.cumsum(distance - steps)])
    weight = np.exp(logits - logits.max())
    return float(weight @ values / weight.sum())


def _report(data: Rated, made: Design, fit: Fit, level: float) -> Facets:
    full = made.basis @ fit.free[:-1]
    cov = made.basis @ (made.basis @ fit.covariance[:-1, :-1]).T
    errors = np.sqrt(np.maximum(cov.diagonal(), 0.0))
    z = float(ndtri((1 + level) / 2))
    items, both = len(data.items), len(data.items) + len(data.raters)
    steps = _sets(full[both:], data)
    scale, own = _Scale(steps, data.values), _own_scales(steps, data)
    centre = float(full[:items].mean())
    eap = fit.state.posterior @ fit.nodes
    variance = np.maximum(fit.state.posterior @ fit.nodes**2 - eap**2, 0.0)
    if fit.is_flat:  # the smallest σ of the grid stands for 0
        eap, variance = np.zeros_like(eap), np.zeros_like(variance)
    sums = _fit_sums(made, fit.state)
    per_item = _by_group(sums.cells, made.cell_item, items)
    per_rater = _by_group(sums.cells, made.cell_rater, both - items)
    item_fair = [one.at(-place) for one, place in zip(own, full[:items], strict=True)]
    rater_fair = [scale.at(-centre - severity) for severity in full[items:both]]
    ratee_fair = [scale.at(place - centre) for place in eap]
    found = (
        _measures(full[:items], errors[:items], per_item, item_fair, z),
        _measures(full[items:both], errors[items:both], per_rater, rater_fair, z),
        _measures(eap, np.sqrt(variance), sums.ratees, ratee_fair, z),
    )
    return Facets(
        spread(found[0], data.items, data.all_items, _no_measure(data.lacking[0])),
        spread(found[1], data.raters, data.all_raters, _no_measure(data.lacking[1])),
        spread(found[2], data.ratees, data.all_ratees, _no_measure(data.lacking[2])),
        _step_estimates(steps, _sets(errors[both:], data), data, z),
        tuple(tuple(one.tolist()) for one in data.values),
        _variance(fit, len(eap), z),
        -2 * fit.state.value,
        len(fit.free),
        0.0 if fit.is_flat else _reliability(eap, variance),
        len(fit.nodes),
        float(fit.nodes[-1]),
        fit.iterations,
        len(data.step),
        data.notes + ((_no_differences(),) if fit.is_flat else ()),
    )


def _sets(parameters: Floats, data: Rated) -> tuple[Floats, ...]:
    """The parameters of steps, split by item when every item has its own."""
    if not data.by_item:
        return (parameters,)
    return tuple(np.split(parameters, np.cumsum(data.top)[:-1]))


def _own_scales(steps: tuple[Floats, ...], data: Rated) -> list[_Scale]:
    if not data.by_item:
        return [_Scale(steps, data.values)] * len(data.items)
    return [_Scale((one,), (marks,)) for one, marks in zip(steps, data.values, strict=True)]


def _estimate(value: float, error: float, n: int, z: float) -> Estimate:
    return Estimate(
        value, error, lo=value - z * error, hi=value + z * error, n=n, method="marginal-ml"
    )


def _measures(
    values: Floats, errors: Floats, sums: Floats, fair: Sequence[float], z: float
) -> list[Measure]:
    fits = mean_squares(sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3])
    return [
        Measure(_estimate(float(value), float(error), round(n), z), infit, outfit, average)
        for value, error, n, infit, outfit, average in zip(
            values, errors, sums[:, 3], fits.infit, fits.outfit, fair, strict=True
        )
    ]


def _step_estimates(
    steps: tuple[Floats, ...], errors: tuple[Floats, ...], data: Rated, z: float
) -> tuple[tuple[Estimate, ...], ...]:
    """One list of steps when common; else one for every item, empty for an item left out.

    The only step of a scale with two categories is 0 by definition.
    """
    rows = [len(data.step)] if not data.by_item else np.bincount(data.item).tolist()
    found = [
        tuple(
            _estimate(float(v), float(e), n, z) if len(one) > 1 else Estimate(0.0, n=n)
            for v, e in zip(one, error, strict=True)
        )
        for one, error, n in zip(steps, errors, rows, strict=True)
    ]
    return spread(found, data.items, data.all_items, ()) if data.by_item else tuple(found)


def _variance(fit: Fit, n: int, z: float) -> Estimate:
    """σ² with the delta method from ρ = log σ; its interval on the log scale."""
    if fit.is_flat:
        return Estimate(0.0, n=n, method="marginal-ml", notes=(_no_differences(),))
    rho, error = float(fit.free[-1]), float(np.sqrt(fit.covariance[-1, -1]))
    value = float(np.exp(2 * rho))
    lo, hi = (float(np.exp(2 * (rho + sign * z * error))) for sign in (-1, 1))
    return Estimate(value, 2 * value * error, lo=lo, hi=hi, n=n, method="marginal-ml")


def _reliability(eap: Floats, variance: Floats) -> float | None:
    between = float(np.var(eap))
    whole = between + float(np.mean(variance))
    return between / whole if whole > SMALLEST_VARIANCE else None


def _no_differences() -> Note:
    return Note(N_("看不出对象之间的差别：能力的方差为 0"))


def _no_measure(why: Note) -> Measure:
    return Measure(Estimate(None, notes=(why,)))
