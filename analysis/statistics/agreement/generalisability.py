"""G study: how much of the difference between marks comes from ratees, raters, items, their mix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.variance_components import fit_components
from forms.problems import N_

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Effect = frozenset[str]


@dataclass(frozen=True, slots=True)
class Design:
    """The object of measurement, the facets, and inside which facets a facet lies."""

    target: str
    facets: tuple[str, ...]
    inside: Mapping[str, frozenset[str]]

    @property
    def factors(self) -> tuple[str, ...]:
        return (self.target, *self.facets)

    def nests(self, factor: str) -> frozenset[str]:
        return self.inside.get(factor, frozenset())

    def effects(self) -> tuple[Effect, ...]:
        """Every set of factors that holds the nests of its members: one effect each, small first.

        In p × (r:t) these are p, t, pt, r:t and pr:t, the last one with the residual in it.
        """
        names = self.factors
        chosen = (
            frozenset(some)
            for size in range(1, len(names) + 1)
            for some in combinations(names, size)
        )
        return tuple(one for one in chosen if all(self.nests(f) <= one for f in one))

    def name(self, effect: Effect) -> str:
        """Nested factors before their nests, joined by colons; the largest is the residual."""
        if len(effect) == len(self.factors):
            return "Residual"
        inner = [f for f in self.factors if f in effect and self.nests(f)]
        outer = [f for f in self.factors if f in effect and not self.nests(f)]
        return ":".join((*inner, *outer))


@dataclass(frozen=True, slots=True)
class Study:
    """Variance components in squared points, in the order of `effects`.

    `variances` are not below 0; `raw` keeps the sign. `sizes` holds the levels of each factor, of a
    nested one those in each nest. Mean squares and df are there for balanced designs only.
    """

    design: Design
    effects: tuple[Effect, ...]
    variances: tuple[float, ...]
    raw: tuple[float, ...]
    mean_squares: tuple[float, ...]
    df: tuple[int, ...]
    sizes: Mapping[str, float]
    n: int
    method: str

    def variance(self, *factors: str) -> float:
        """The component of the effect of exactly these factors."""
        return self.variances[self.effects.index(frozenset(factors))]


def design(target: str, facets: Sequence[str]) -> Design:
    """A design from facets as people write them: `Rater:Task` lies in Task, others are crossed."""
    inside: dict[str, frozenset[str]] = {}
    names: list[str] = []
    for facet in facets:
        first, *nests = facet.split(":")
        names += [one for one in (*nests, first) if one not in names]
        if nests:
            inside[first] = inside.get(first, frozenset()) | frozenset(nests)
    while True:
        closed = {
            one: nests.union(*(inside.get(outer, frozenset()) for outer in nests))
            for one, nests in inside.items()
        }
        if closed == inside:
            break
        inside = closed
    if target in names or not names or any(one in nests for one, nests in inside.items()):
        raise NoEstimate(
            "undefined", Note(N_("设计写错了：对象不能又是侧面，侧面也不能嵌套在自己里"))
        )
    return Design(target, tuple(names), inside)


def study(plan: Design, y: Floats, codes: Mapping[str, Codes]) -> Study:
    """Variance components of single marks, all factors random.

    Balanced designs: expected mean squares. E(MS_α) = Σ_{β ⊇ α} σ²_β·Π_{f ∉ β} n_f, solved from the
    largest effect down. A negative component is set to 0 and keeps its sign in `raw`; the other
    components are computed from the signed one, so that they stay unbiased.
    Unbalanced designs: restricted maximum likelihood; without negative components both agree.
    Source: Cronbach et al. 1972, ch. 2; Brennan 2001, ch. 3 (expected mean squares, random effects,
    negative estimates), ch. 7 (unbalanced designs).

    What goes wrong: below ten ratees the component of ratees is a guess; facets crossed in name
    whose levels never meet are nested and must be written so.
    """
    cells = _cells(plan, y, codes)
    if cells is None:
        return _by_likelihood(plan, y, codes)
    if min(cells.shape) < 2:
        raise NoEstimate("too_few", Note(N_("对象和每个侧面都至少要有两个水平，方差分量才能分开")))
    return _by_mean_squares(plan, cells)


def _by_mean_squares(plan: Design, cells: Floats) -> Study:
    sizes = dict(zip(plan.factors, cells.shape, strict=True))
    effects = plan.effects()
    squares = {one: _mean_square(plan, cells, one) for one in effects}
    raw: dict[Effect, float] = {}
    for effect in reversed(effects):
        above = sum(
            raw[other] * prod(n for f, n in sizes.items() if f not in other)
            for other in raw
            if effect < other
        )
        own = prod(n for f, n in sizes.items() if f not in effect)
        raw[effect] = (squares[effect][0] - above) / own
    return Study(
        plan,
        effects,
        tuple(max(raw[one], 0.0) for one in effects),
        tuple(raw[one] for one in effects),
        tuple(squares[one][0] for one in effects),
        tuple(squares[one][1] for one in effects),
        sizes,
        int(cells.size),
        "ems",
    )


def _mean_square(plan: Design, cells: Floats, effect: Effect) -> tuple[float, int]:
    """Average what is outside, centre along the factors that nest nothing in the effect."""
    nests = frozenset().union(*(plan.nests(f) for f in effect))
    axes = {f: axis for axis, f in enumerate(plan.factors)}
    outside = tuple(axis for f, axis in axes.items() if f not in effect)
    part = (cells - cells.mean()).mean(axis=outside, keepdims=True)
    df = 1
    for factor in plan.factors:
        if factor in effect - nests:
            part = part - part.mean(axis=axes[factor], keepdims=True)
            df *= cells.shape[axes[factor]] - 1
        elif factor in effect:
            df *= cells.shape[axes[factor]]
    times = prod(cells.shape[axis] for axis in outside)
    return times * float((part**2).sum()) / df, df


def _cells(plan: Design, y: Floats, codes: Mapping[str, Codes]) -> Floats | None:
    """The marks as an array with one axis a factor; None where the design is not balanced."""
    places = [_within(codes[f], [codes[g] for g in sorted(plan.nests(f))]) for f in plan.factors]
    shape = tuple(int(place.max(initial=-1)) + 1 for place in places)
    if prod(shape) != len(y) or not len(y):
        return None
    flat = np.ravel_multi_index(tuple(places), shape)
    if len(np.unique(flat)) != len(y):
        return None
    cells = np.empty(len(y))
    cells[flat] = y
    return cells.reshape(shape)


def _within(code: Codes, nests: Sequence[Codes]) -> Codes:
    """The place of a level among the levels of its nest, from 0."""
    if not nests:
        return np.unique(code, return_inverse=True)[1].reshape(-1)
    nest = combined(nests)
    pairs, place = np.unique(np.column_stack([nest, code]), axis=0, return_inverse=True)
    first = np.searchsorted(pairs[:, 0], pairs[:, 0])
    return (np.arange(len(pairs)) - first)[place.reshape(-1)]


def combined(codes: Sequence[Codes]) -> Codes:
    """One code for each combination that occurs, from 0."""
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].reshape(-1)


def implied(codes: Mapping[str, Codes], facets: Sequence[str]) -> tuple[str, ...]:
    """The facets, crossed ones written as nested where every level meets one level only."""
    found = []
    for facet in facets:
        outer = [
            other
            for other in facets
            if ":" not in facet
            and ":" not in other
            and other != facet
            and len(np.unique(codes[other])) < len(np.unique(codes[facet]))
            and len(np.unique(combined([codes[facet], codes[other]])))
            == len(np.unique(codes[facet]))
        ]
        found.append(":".join((facet, *outer)))
    return tuple(found)


def _by_likelihood(plan: Design, y: Floats, codes: Mapping[str, Codes]) -> Study:
    effects = plan.effects()
    if len(y) < 2:
        raise NoEstimate("too_few", Note(N_("只有 {n} 个评分，方差分量分不开"), {"n": len(y)}))
    # Rows in one order, for sums of the fit must not depend on the order of the file.
    order = np.lexsort((y, *(codes[f] for f in plan.factors)))
    factors = [combined([codes[f][order] for f in sorted(one)]) for one in effects[:-1]]
    fitted = fit_components(y[order], factors, effects=False)
    found = (*fitted.variances, fitted.residual)
    return Study(plan, effects, found, found, (), (), _mean_sizes(plan, codes), len(y), "reml")


def _mean_sizes(plan: Design, codes: Mapping[str, Codes]) -> dict[str, float]:
    """Levels of each factor; of a nested one the mean over nests."""
    sizes = {}
    for factor in plan.factors:
        nests = [codes[g] for g in sorted(plan.nests(factor))]
        levels = len(np.unique(combined([codes[factor], *nests])))
        sizes[factor] = levels / (len(np.unique(combined(nests))) if nests else 1)
    return sizes
