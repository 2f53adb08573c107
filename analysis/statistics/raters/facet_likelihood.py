"""The marginal likelihood of a many-facet Rasch model, its gradient and observed information.

    log P(x | θ, i, r) = x(θ − δ_i − α_r) − Σ_{k≤x} τ_k − log Z_ir(θ),   θ ~ N(0, σ²) on nodes

All ratings of an item by a rater share Z_ir(θ), so the log-likelihood of a ratee over the nodes is
its raw score times θ plus (ratings in each item × rater cell) · log Z, one sparse product for
everybody. Gradient by Fisher's identity (expected complete score), observed information by
Louis (1982, JRSS B 44, 226-233): expected complete information minus the posterior variance of
the complete score.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logsumexp

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
NEGLIGIBLE = 1e-14
"""Posterior mass of a node that cannot change an information to any digit shown."""


@dataclass(frozen=True)
class Design:
    """Ratings counted by ratee × cell × category; a cell is an item with a rater.

    `cell_item`, `cell_rater`: (cells,). `top[item]`: highest category. `slots`: (cells, 2 + K)
    places of a cell's parameters (item, rater, steps 1..K) in the full vector of `size`
    parameters. `counts`: ratees × cells, `marks`: ratees × (cells · (K + 1)), sparse.
    `basis`: full × free parameters: raters and steps sum to zero. `observed`: (size,) sums of
    the statistics x, x, [x ≥ k] that belong to the parameters.
    """

    cell_item: Codes
    cell_rater: Codes
    top: Codes
    slots: Codes
    size: int
    counts: sparse.csr_matrix
    marks: sparse.csr_matrix
    raw: Floats
    basis: sparse.csr_matrix
    observed: Floats
    gathers: list[tuple[Codes, Codes, sparse.csr_matrix]] = field(default_factory=list)

    @property
    def highest(self) -> int:
        """K, the highest category of any item."""
        return int(self.top.max())

    @property
    def statistics(self) -> Floats:
        """(K + 1, 2 + K): what a rating x adds to the statistics of its cell: x, x, [x ≥ k]."""
        x = np.arange(self.highest + 1)
        steps = x[:, None] >= np.arange(1, self.highest + 1)
        return np.column_stack([x, x, steps]).astype(float)


def constraints(items: int, sizes: list[int]) -> sparse.csr_matrix:
    """Full from free parameters: items are free; in each later block the last is −Σ others."""
    blocks = [sparse.identity(items)]
    blocks += [
        sparse.vstack([sparse.identity(size - 1), sparse.csr_matrix(-np.ones((1, size - 1)))])
        for size in sizes
        if size > 1
    ]
    made = sparse.block_diag(blocks, format="csr")
    # a block of one has no free parameter: an empty row in its place
    rows = np.concatenate([np.arange(items)] + [items + r for r in _filled_rows(sizes)])
    spread = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(items + sum(sizes), len(rows))
    )
    return (spread @ made).tocsr()


def _filled_rows(sizes: list[int]) -> list[Codes]:
    """The rows, counted from the first block, of every block of more than one parameter."""
    starts = np.cumsum([0, *sizes])
    return [
        np.arange(start, start + size)
        for start, size in zip(starts, sizes, strict=False)
        if size > 1
    ]


def design(
    ratee: Codes, rater: Codes, item: Codes, step: Codes, *, top: Codes, by_item: bool
) -> Design:
    """Count the ratings and lay out the parameters: items, raters, steps (by item or common)."""
    ratees, raters, items = int(ratee.max()) + 1, int(rater.max()) + 1, len(top)
    highest = int(top.max())
    pairs, cell = np.unique(item * raters + rater, return_inverse=True)
    cell = cell.reshape(-1)
    cell_item, cell_rater = pairs // raters, pairs % raters
    offset = items + raters
    first = offset + np.concatenate([[0], np.cumsum(top)[:-1]]) if by_item else None
    begin = first[cell_item] if first is not None else np.full(len(pairs), offset)
    slots = np.column_stack(
        [cell_item, items + cell_rater, begin[:, None] + np.arange(highest)]
    ).astype(np.int64)
    size = offset + (int(top.sum()) if by_item else highest)
    slots = np.minimum(slots, size - 1)  # steps an item does not have: probability 0, no effect
    ones = np.ones(len(ratee))
    shape = (ratees, len(pairs))
    counts = sparse.coo_matrix((ones, (ratee, cell)), shape=shape).tocsr()
    wide = (ratees, len(pairs) * (highest + 1))
    marks = sparse.coo_matrix((ones, (ratee, cell * (highest + 1) + step)), shape=wide).tocsr()
    sizes = [raters, *(top.tolist() if by_item else [highest])]
    made = Design(
        cell_item,
        cell_rater,
        top,
        slots,
        size,
        counts,
        marks,
        np.bincount(ratee, weights=step, minlength=ratees).astype(np.float64),
        constraints(items, sizes),
        np.zeros(size),
    )
    by_cell = np.asarray(marks.sum(axis=0)).reshape(len(pairs), highest + 1)
    np.add.at(made.observed, slots, by_cell @ made.statistics)
    made.gathers.extend(_gathers(made))
    return made


def _gathers(made: Design) -> list[tuple[Codes, Codes, sparse.csr_matrix]]:
    """For every ratee: its cells, the parameters they touch, and the matrix that adds them up."""
    found = []
    for ratee in range(made.counts.shape[0]):
        row = made.counts.getrow(ratee)
        slots = made.slots[row.indices]
        touched, where = np.unique(slots, return_inverse=True)
        times = np.repeat(row.data, slots.shape[1])
        gather = sparse.csr_matrix(
            (times, (where.reshape(-1), np.arange(slots.size))), shape=(len(touched), slots.size)
        )
        found.append((row.indices.astype(np.int64), touched, gather))
    return found


@dataclass(frozen=True, slots=True)
class State:
    """The likelihood at given parameters.

    `probability`: cells × nodes × categories; `posterior`: ratees × nodes; `gradient` by the
    free parameters and, last, ρ = log σ.
    """

    value: float
    gradient: Floats
    probability: Floats
    posterior: Floats
    prior: Floats


def _probability(made: Design, full: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Category probabilities (cells × nodes × categories) and log Z (cells × nodes)."""
    x = np.arange(made.highest + 1)
    steps = np.concatenate(
        [np.zeros((len(made.slots), 1)), np.cumsum(full[made.slots[:, 2:]], axis=1)], axis=1
    )
    steps[x[None, :] > made.top[made.cell_item][:, None]] = np.inf
    place = full[made.slots[:, 0]] + full[made.slots[:, 1]]
    logits = x * (nodes[None, :, None] - place[:, None, None]) - steps[:, None, :]
    log_z = logits.max(axis=2)
    logits -= log_z[:, :, None]
    np.exp(logits, out=logits)
    total = logits.sum(axis=2)
    logits /= total[:, :, None]
    return logits, log_z + np.log(total)


def evaluate(made: Design, free: Floats, nodes: Floats) -> State:
    """The marginal log-likelihood and its gradient; `free[-1]` is ρ = log σ."""
    full = made.basis @ free[:-1]
    variance = np.exp(2 * free[-1])
    probability, log_z = _probability(made, full, nodes)
    log_prior = -(nodes**2) / (2 * variance)
    log_prior -= logsumexp(log_prior)
    joint = np.outer(made.raw, nodes) - made.counts @ log_z + log_prior
    by_ratee = logsumexp(joint, axis=1)
    posterior = np.exp(joint - by_ratee[:, None])
    expected = np.zeros(made.size)
    weight = made.counts.T @ posterior
    by_cell = np.einsum("cq,cqx->cx", weight, probability)
    np.add.at(expected, made.slots, by_cell @ made.statistics)
    prior = np.exp(log_prior)
    square = nodes**2 / variance
    slope = posterior @ (square - prior @ square)
    gradient = np.append(made.basis.T @ (expected - made.observed), slope.sum())
    value = float(by_ratee.sum() - made.observed @ full)
    # `observed @ full` counts x·δ, x·α and Σ_{k≤x} τ once each, as the log-likelihood does
    return State(value, gradient, probability, posterior, prior)


def information(made: Design, state: State, free: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Observed and expected-complete information of (free parameters, ρ)."""
    complete = np.zeros((made.size, made.size))
    stats = made.statistics
    means = state.probability @ stats
    weight = made.counts.T @ state.posterior
    second = np.einsum("cq,cqx,xa,xb->cab", weight, state.probability, stats, stats, optimize=True)
    second -= np.einsum("cq,cqa,cqb->cab", weight, means, means, optimize=True)
    np.add.at(complete, (made.slots[:, :, None], made.slots[:, None, :]), second)
    variance = np.exp(2 * free[-1])
    square = nodes**2 / variance
    average = float(state.prior @ square)
    spread = float(state.prior @ square**2) - average**2
    moments = state.posterior @ square
    rho = float(np.sum(2 * moments - 2 * average + spread))
    missing, cross, own = _score_variance(made, state, means, square)
    basis = made.basis
    whole = _bordered(basis.T @ (basis.T @ (complete - missing)).T, basis.T @ -cross, rho - own)
    part = _bordered(basis.T @ (basis.T @ complete).T, np.zeros(basis.shape[1]), rho)
    return whole, part


def _score_variance(
    made: Design, state: State, means: Floats, square: Floats
) -> tuple[Floats, Floats, float]:
    """Posterior variance of the complete score, summed over ratees: parameters, cross, ρ."""
    missing = np.zeros((made.size, made.size))
    cross = np.zeros(made.size)
    for ratee, (cells, touched, gather) in enumerate(made.gathers):
        seen = np.flatnonzero(state.posterior[ratee] > NEGLIGIBLE)
        near = slice(seen[0], seen[-1] + 1)
        weight = state.posterior[ratee, near]
        score = gather @ means[cells, near].transpose(0, 2, 1).reshape(-1, len(weight))
        score = score - (score @ weight)[:, None]
        missing[np.ix_(touched, touched)] += (score * weight) @ score.T
        cross[touched] += score @ (weight * square[near])
    moments = state.posterior @ square
    own = float(np.sum(state.posterior @ square**2 - moments**2))
    return missing, cross, own


def _bordered(inner: Floats, edge: Floats, corner: float) -> Floats:
    """A symmetric matrix with one more row and column."""
    size = len(inner)
    whole = np.empty((size + 1, size + 1))
    whole[:size, :size] = inner
    whole[size, :size] = whole[:size, size] = edge
    whole[size, size] = corner
    return whole
