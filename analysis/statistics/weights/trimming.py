"""Trimming: weights kept within bounds, what is cut off spread over the others.

Two rules that do not give the same weights:
- "proportional", the rule of this project: bounds 1/5 and 5 times the mean weight; the excess
  goes to the weights inside the bounds in proportion to them; then raking again, at most ten
  rounds of both. The margins hold at the end; a bound still passed is said in a note.
- "even", the rule of R `survey::trimWeights(strict=TRUE)`: the excess is added as one constant to
  every weight inside the bounds, again until none lies outside; no raking afterwards, so the
  margins no longer hold exactly.

Source: Potter (1990), Proceedings of the Section on Survey Research Methods (ASA), 225–230;
Kish (1992), Journal of Official Statistics 8, 183–200, for why. Trimming buys variance with bias.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.margins import Floats
from forms.problems import N_

LOWEST, HIGHEST = 1 / 5, 5.0
ROUNDS = 10
PASSES = 1000
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Trimmed:
    """`weights` within `low`…`high`, how many were cut at first, and the rounds of raking."""

    weights: Floats
    low: float
    high: float
    trimmed: int
    rounds: int
    notes: tuple[Note, ...] = ()


def default_bounds(weights: Floats, counts: Floats | None = None) -> tuple[float, float]:
    """1/5 and 5 times the mean weight; `counts` where a weight stands for several persons."""
    mean = float(np.average(weights, weights=counts))
    return mean * LOWEST, mean * HIGHEST


def trim(
    weights: Floats,
    bounds: tuple[float, float],
    counts: Floats | None = None,
    *,
    evenly: bool = False,
) -> Floats:
    """Weights within `bounds` with their sum kept; no raking.

    `counts` (as weights): how many persons have each weight, one by default. NoEstimate
    ("undefined") where the sum cannot be kept within the bounds.
    """
    n = np.ones(len(weights)) if counts is None else np.asarray(counts, dtype=np.float64)
    low, high = bounds
    mean = float(weights @ n / n.sum())
    if not low <= mean <= high:
        raise NoEstimate(
            "undefined",
            Note(
                N_("截尾范围 {low}–{high} 不含平均权数 {mean}，无法保持权数之和"),
                {"low": f"{low:.6g}", "high": f"{high:.6g}", "mean": f"{mean:.6g}"},
            ),
        )
    made = np.asarray(weights, dtype=np.float64)
    for _ in range(PASSES):
        outside = (made < low) | (made > high)
        if not outside.any():
            return made
        cut = np.clip(made, low, high)
        made = _spread(cut, float((made - cut) @ n), outside, n, evenly=evenly)
        if (made - high).max() <= SLACK * high and (low - made).max() <= SLACK * max(low, 1e-300):
            return np.clip(made, low, high)
    return np.clip(made, low, high)


def _spread(cut: Floats, excess: float, outside: np.ndarray, n: Floats, *, evenly: bool) -> Floats:
    """The excess given to the weights that were inside; to all where none was."""
    takers = ~outside if (~outside).any() else np.ones(len(cut), dtype=np.bool_)
    share = np.ones(len(cut)) if evenly else cut
    return cut + np.where(takers, share * excess / float(share[takers] @ n[takers]), 0.0)


def trim_and_rake(
    weights: Floats,
    rake: Callable[[Floats], Floats],
    bounds: tuple[float, float] | None = None,
    counts: Floats | None = None,
    rounds: int = ROUNDS,
) -> Trimmed:
    """The project's rule: trim in proportion, rake again, until both hold or `rounds` are over.

    `rake` gives raked weights for weights to start from. `bounds` default to 1/5 and 5 × mean.
    """
    low, high = bounds or default_bounds(weights, counts)
    at_first = int(((weights < low) | (weights > high)).sum())
    made, done = weights, 0
    while _passes(made, low, high) and done < rounds:
        made = rake(trim(made, (low, high), counts))
        done += 1
    notes: tuple[Note, ...] = ()
    if _passes(made, low, high):
        notes = (
            Note(
                N_("截尾并重新加权 {rounds} 轮后，仍有 {n} 个权数略超出 {low}–{high}"),
                {
                    "rounds": rounds,
                    "n": int(((made < low) | (made > high)).sum()),
                    "low": f"{low:.6g}",
                    "high": f"{high:.6g}",
                },
            ),
        )
    return Trimmed(made, low, high, at_first, done, notes)


def _passes(weights: Floats, low: float, high: float) -> bool:
    return bool(((weights < low * (1 - SLACK)) | (weights > high * (1 + SLACK))).any())
