"""The conditional likelihood of rating scales given the persons' totals.

With ε_ix = exp(−b_ix), b_ix = Σ_{k≤x} β_ik the cumulated thresholds and γ_r(ε) the elementary
symmetric functions (the sum over all patterns with total r of Π ε_{i x_i}),

    log L_c = −Σ_i Σ_x n_ix b_ix − Σ_r n_r log γ_r,    P(x_i = x | r) = ε_ix γ^{(i)}_{r−x} / γ_r.

γ is the product of the polynomials Σ_x ε_ix z^x, multiplied up item by item (the summation
algorithm) and rescaled after each, so nothing is subtracted and nothing overflows. Sources:
Fischer & Ponocny (1994), Psychometrika 59, 177-192, eqs. 8-14; Andersen (1972), JRSS B 34,
42-54. Persons are grouped by the items they answered: each group has its own γ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Persons who answered the same items: how many have each total 0..R."""

    items: tuple[int, ...]
    totals: Floats


@dataclass(frozen=True, slots=True)
class Counts:
    """All the conditional likelihood needs. `uses[i][x]`: ratings in category x of item i."""

    uses: tuple[Floats, ...]
    groups: tuple[Group, ...]

    @property
    def places(self) -> tuple[Codes, ...]:
        """Where the cumulated thresholds b_i1..b_iK of each item stand in one long vector."""
        ends = np.cumsum([len(one) - 1 for one in self.uses])
        return tuple(
            np.arange(end - len(one) + 1, end) for end, one in zip(ends, self.uses, strict=True)
        )


def count(steps: Floats, tops: Codes) -> Counts:
    """Count steps 0..top of each item, shaped persons × items, NaN where missing.

    Persons with one answer are left out: given its total it says nothing.
    """
    steps = steps[(~np.isnan(steps)).sum(axis=1) > 1]
    present = ~np.isnan(steps)
    patterns, of = np.unique(present, axis=0, return_inverse=True)
    of = of.reshape(-1)
    totals = np.nansum(steps, axis=1).astype(np.int64)
    groups = []
    for number, pattern in enumerate(patterns):
        items = tuple(np.flatnonzero(pattern).tolist())
        most = int(tops[list(items)].sum())
        found = np.bincount(totals[of == number], minlength=most + 1)
        groups.append(Group(items, found.astype(np.float64)))
    uses = tuple(
        np.bincount(steps[present[:, item], item].astype(np.int64), minlength=top + 1).astype(
            np.float64
        )
        for item, top in enumerate(tops.tolist())
    )
    return Counts(uses, tuple(groups))


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Coefficients `scaled · exp(log_scale)`, the largest of `scaled` being 1."""

    scaled: Floats
    log_scale: float

    def times(self, other: "Polynomial") -> "Polynomial":
        product = np.convolve(self.scaled, other.scaled)
        largest = float(product.max())
        return Polynomial(
            product / largest, self.log_scale + other.log_scale + float(np.log(largest))
        )


ONE = Polynomial(np.ones(1), 0.0)


def polynomial(cumulated: Floats) -> Polynomial:
    """Σ_x exp(−b_x) z^x with b_0 = 0."""
    logs = np.concatenate([[0.0], -cumulated])
    return Polynomial(np.exp(logs - logs.max()), float(logs.max()))


def symmetric_functions(factors: list[Polynomial]) -> Polynomial:
    """γ_0, γ_1, … of all items together."""
    product = ONE
    for one in factors:
        product = product.times(one)
    return product


def without_each(factors: list[Polynomial]) -> list[Polynomial]:
    """γ^{(i)} for every item i: the product of all the others, from products before and after."""
    if not factors:
        return []
    before = [ONE]
    for one in factors[:-1]:
        before.append(before[-1].times(one))
    after = [ONE]
    for one in factors[:0:-1]:
        after.append(after[-1].times(one))
    return [left.times(right) for left, right in zip(before, reversed(after), strict=True)]


def log_likelihood(counts: Counts, cumulated: Floats) -> float:
    """log L_c at the cumulated thresholds of all items in one long vector."""
    parts = [cumulated[place] for place in counts.places]
    value = -sum(float(uses[1:] @ b) for uses, b in zip(counts.uses, parts, strict=True))
    for group in counts.groups:
        gamma = symmetric_functions([polynomial(parts[item]) for item in group.items])
        seen = group.totals > 0
        if gamma.scaled[seen].min(initial=1.0) <= 0:
            return -np.inf
        logs = np.log(gamma.scaled[seen]) + gamma.log_scale
        value -= float(group.totals[seen] @ logs)
    return value


def derivatives(counts: Counts, cumulated: Floats) -> tuple[Floats, Floats]:
    """Gradient and information (minus Hessian) by the cumulated thresholds."""
    places = counts.places
    size = len(cumulated)
    gradient = -np.concatenate([uses[1:] for uses in counts.uses])
    matrix = np.zeros((size, size))
    for group in counts.groups:
        factors = [polynomial(cumulated[places[item]]) for item in group.items]
        gamma = symmetric_functions(factors)
        seen = np.flatnonzero(group.totals)
        singles = _single(factors, gamma, seen)
        weight = group.totals[seen]
        where = np.concatenate([places[item] for item in group.items])
        stacked = np.concatenate(singles)
        gradient[where] += stacked @ weight
        joint = _joint(factors, gamma, seen, weight, singles)
        matrix[np.ix_(where, where)] += joint - (stacked * weight) @ stacked.T
    return gradient, matrix


def _shifted(gamma: Polynomial, seen: Codes, most: int) -> Floats:
    """γ_{r − s} at the totals r seen (columns) for s = 0..most (rows), 0 outside."""
    at = seen[None, :] - np.arange(most + 1)[:, None]
    inside = (at >= 0) & (at < len(gamma.scaled))
    return np.where(inside, gamma.scaled[np.where(inside, at, 0)], 0.0)


def _single(factors: list[Polynomial], gamma: Polynomial, seen: Codes) -> list[Floats]:
    """P(x_i = x | r) for x = 1..K_i, one array (K_i, totals seen) for each item."""
    found = []
    for factor, rest in zip(factors, without_each(factors), strict=True):
        scale = np.exp(factor.log_scale + rest.log_scale - gamma.log_scale)
        shifted = _shifted(rest, seen, len(factor.scaled) - 1)
        found.append((factor.scaled[:, None] * shifted * (scale / gamma.scaled[seen]))[1:])
    return found


def _joint(
    factors: list[Polynomial],
    gamma: Polynomial,
    seen: Codes,
    weight: Floats,
    singles: list[Floats],
) -> Floats:
    """Σ_r n_r P(x_i = x, x_j = y | r), all pairs; on the diagonal Σ_r n_r P(x_i = x | r)."""
    ends = np.cumsum([len(one) for one in singles])
    starts = ends - [len(one) for one in singles]
    matrix = np.zeros((ends[-1], ends[-1]))
    by_total = weight / gamma.scaled[seen]
    for i, own in enumerate(singles):
        block = slice(starts[i], ends[i])
        matrix[block, block] = np.diag(own @ weight)
        others = factors[:i] + factors[i + 1 :]
        for j, rest in list(enumerate(without_each(others), start=1))[i:]:
            scale = factors[i].log_scale + factors[j].log_scale + rest.log_scale
            x, y = np.arange(1, len(factors[i].scaled)), np.arange(1, len(factors[j].scaled))
            sums = _shifted(rest, seen, len(x) + len(y)) @ by_total
            found = np.outer(factors[i].scaled[1:], factors[j].scaled[1:])
            found *= sums[np.add.outer(x, y)] * np.exp(scale - gamma.log_scale)
            matrix[block, starts[j] : ends[j]] = found
            matrix[starts[j] : ends[j], block] = found.T
    return matrix
