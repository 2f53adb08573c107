"""The optimum of the marginal likelihood: Newton steps, and a grid of nodes that suits it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.facet_data import Rated
from analysis.statistics.raters.facet_likelihood import Design, State, evaluate, information
from forms.problems import N_

Floats = NDArray[np.float64]
NODES, BOUND = 41, 6.0
MOST_NODES = 1300
WIDEST_SPACING = 1.4
SMALLEST_SD, LARGEST_SD = 0.01, 20.0
LARGEST_MEASURE = 12.0
"""Logits. What went so far has no estimate (answers that never overlap) and goes on for ever."""
STEPS, DECREMENT = 60, 1e-12


@dataclass(frozen=True, slots=True)
class Fit:
    """The optimum: free parameters with ρ = log σ, on these nodes, with their covariance."""

    free: Floats
    nodes: Floats
    state: State
    covariance: Floats
    is_flat: bool
    iterations: int


def first_nodes(data: Rated) -> int:
    """How many nodes the best-known ratee needs, guessing the information of a rating."""
    times = np.bincount(data.ratee)
    mean = np.bincount(data.ratee, weights=data.step) / times
    within = float(np.mean((data.step - mean[data.ratee]) ** 2))
    sd = 1 / np.sqrt(max(times.max() * within, 1.0))
    nodes = NODES
    while 2 * BOUND / (nodes - 1) > WIDEST_SPACING * sd and nodes < MOST_NODES / 2:
        nodes = 2 * nodes - 1
    return nodes


def fitted(made: Design, nodes: int) -> Fit:
    """Maximise, and again on a better grid until the grid suits what was found."""
    free = np.zeros(made.basis.shape[1] + 1)
    bound, total = BOUND, 0
    while True:
        grid = np.linspace(-bound, bound, nodes)
        free, state, iterations, is_flat = _maximised(made, free, grid)
        total += iterations
        sd = float(np.exp(free[-1]))
        spacing = 2 * bound / (nodes - 1)
        means = state.posterior @ grid
        spread = np.sqrt(np.maximum(state.posterior @ grid**2 - means**2, 0.0)).min()
        if sd > LARGEST_SD:
            raise _diverged()
        if (sd > bound / 4 or sd < bound / 19) and sd > SMALLEST_SD:
            bound = 6 * max(sd, SMALLEST_SD)
        elif spacing > WIDEST_SPACING * spread and nodes < MOST_NODES / 2 and not is_flat:
            nodes = 2 * nodes - 1
        else:
            break
    whole, _ = information(made, state, free, grid)
    kept = len(free) - is_flat
    covariance = np.zeros_like(whole)
    try:
        factor = linalg.cho_factor(whole[:kept, :kept])
    except linalg.LinAlgError:
        raise _unidentified() from None
    covariance[:kept, :kept] = linalg.cho_solve(factor, np.eye(kept))
    return Fit(free, grid, state, covariance, is_flat, total)


def _maximised(made: Design, free: Floats, grid: Floats) -> tuple[Floats, State, int, bool]:
    """Newton's method with step halving; the complete information where the observed one fails.

    σ is kept between one spacing of the nodes and a third of their range.
    """
    low = max(np.log(grid[1] - grid[0]), np.log(SMALLEST_SD))
    high = np.log(grid[-1] / 3)
    free = np.append(free[:-1], np.clip(free[-1], low, high))
    state = evaluate(made, free, grid)
    for iteration in range(1, STEPS + 1):
        at_edge = (free[-1] <= low and state.gradient[-1] <= 0) or (
            free[-1] >= high and state.gradient[-1] >= 0
        )
        kept = len(free) - at_edge
        step = np.zeros_like(free)
        step[:kept] = _newton_step(made, state, free, grid, kept)
        decrement = float(step @ state.gradient)
        free, state = _halved(made, free, step, state, grid, (low, high))
        if np.abs(free[:-1]).max() > LARGEST_MEASURE:
            raise _diverged()
        if decrement < DECREMENT * max(1.0, abs(state.value)):
            is_flat = at_edge and free[-1] <= np.log(SMALLEST_SD) + 1e-9
            return free, state, iteration, bool(is_flat)
    raise _diverged()


def _newton_step(made: Design, state: State, free: Floats, grid: Floats, kept: int) -> Floats:
    whole, complete = information(made, state, free, grid)
    for matrix in (whole, complete):
        try:
            factor = linalg.cho_factor(matrix[:kept, :kept])
        except linalg.LinAlgError:
            continue
        diagonal = np.abs(np.diag(factor[0]))
        if diagonal.min() > 1e-7 * diagonal.max():
            found: Floats = linalg.cho_solve(factor, state.gradient[:kept])
            return np.clip(found, -2, 2)
    raise _unidentified()


def _halved(
    made: Design,
    free: Floats,
    step: Floats,
    state: State,
    grid: Floats,
    limits: tuple[float, float],
) -> tuple[Floats, State]:
    """The step, or the part of it that does not lower the likelihood."""
    size = 1.0
    while size > 1e-6:
        tried = free + size * step
        tried[-1] = np.clip(tried[-1], *limits)
        found = evaluate(made, tried, grid)
        if found.value >= state.value - 1e-10 * abs(state.value):
            return tried, found
        size /= 2
    return free, state


def _diverged() -> NoEstimate:
    return NoEstimate(
        "not_converged",
        Note(
            N_(
                "估计不收敛：有些题目、评分人或等级几乎没有变化；"
                "请合并很少使用的等级，或去掉这些题目和评分人"
            )
        ),
    )


def _unidentified() -> NoEstimate:
    return NoEstimate(
        "undefined",
        Note(
            N_(
                "题目的难度与评分人的宽严无法分开：例如每位评分人各评不同的题目；"
                "请让几位评分人评同样的题目"
            )
        ),
    )
