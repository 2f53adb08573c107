"""The sufficient statistics of a round beyond the cells, as integers that shards add up exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import lcm
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.answers import Form
from analysis.assessment import assessment_of, evaluate, in_period, prepare
from analysis.binding import bind
from analysis.cells import FormCells, Points
from analysis.dedupe import sql_list
from analysis.engine import Column, Engine, start_engine
from analysis.inputs import Inputs
from analysis.refusals import refuse_without_answers
from analysis.results import Assessment, NodeScore
from analysis.run import Run
from analysis.scheme import Scheme
from analysis.sealed_round import SealedRound, open_sealed_rounds
from analysis.shared_raters import Covariance, Scored, total_covariance
from analysis.tallies import effective_points, point_values

Ints = NDArray[np.int64]
BLOCK = 100_000
MOST_SHEETS = 2_000_000
"""Beyond this many rows the models of single raters are left out: they would not fit in memory."""


@dataclass(frozen=True, slots=True)
class ItemMoments:
    """Sums over the answers to k scored items of one questionnaire, by unit (ratee, rater class).

    `n[u, i, j]` rows with items i and j both valued; over those `x[u, i, j]` is Σ of item i's
    points and `xy[u, i, j]` Σ of both points multiplied, points times `scale`.
    """

    questionnaire: str
    items: tuple[str, ...]
    units: tuple[tuple[str, str], ...]
    scale: int
    n: Ints
    x: Ints
    xy: Ints


@dataclass(frozen=True, slots=True)
class RaterSheets:
    """The answers of raters who rate several ratees, a row each: rows × items option numbers.

    `rater` are numbers without meaning, `unit` the place in `units` (ratee, rater class); 0 is a
    blank. For whole-rater models only; nothing of one rater is ever shown.
    """

    questionnaire: str
    items: tuple[str, ...]
    units: tuple[tuple[str, str], ...]
    rater: Ints
    unit: Ints
    codes: Ints
    points: tuple[tuple[float, ...], ...]
    """By item the points of every option number; NaN for a blank and for 不了解."""


@dataclass(frozen=True, slots=True)
class Sufficient:
    """Everything the statistics of a round are made from, beside its assessment."""

    items: tuple[ItemMoments, ...]
    sheets: tuple[RaterSheets, ...]
    covariance: Covariance
    cells: tuple[FormCells, ...]


def assess_with_sums(
    folders: Sequence[Path], inputs: Inputs, scheme: Scheme
) -> tuple[Assessment, Sufficient]:
    """As `assess`, and the sums from the same reading of the answers."""
    sealed = open_sealed_rounds(folders)
    bound = bind(in_period(inputs, sealed), scheme)
    refuse_without_answers(scheme, bound, sealed)
    with start_engine("duckdb") as engine:
        run = prepare(engine, sealed, bound, scheme)
        found, covariance = assessment_of(run)
        return found, sums_of(run, covariance)


@dataclass(frozen=True, slots=True)
class _Total:
    """What an assessment already says of a ratee's total."""

    se: float | None
    is_zeroed: bool
    nodes: tuple[NodeScore, ...]


def collect(
    sealed: Sequence[SealedRound],
    inputs: Inputs,
    scheme: Scheme,
    assessment: Assessment | None = None,
) -> Sufficient:
    """Read the sealed answers once more and take the sums. Raises NoAnswer as `assess` does.

    `assessment`, where the caller has it, is the one of these same answers, inputs and scheme; the
    scores need not be made again then.
    """
    bound = bind(in_period(inputs, sealed), scheme)
    with start_engine("duckdb") as engine:
        run = prepare(engine, tuple(sealed), bound, scheme)
        return sums_of(run, total_covariance(run, _totals(run, assessment)))


def sums_of(run: Run, covariance: Covariance) -> Sufficient:
    """The sums of a prepared run, while its engine is open."""
    engine = run.engine
    return Sufficient(
        items=tuple(_item_moments(engine, one, run) for one in run.cells if one.form.scored),
        sheets=tuple(_sheets(engine, one, run) for one in run.cells if _has_sheets(one)),
        covariance=covariance,
        cells=run.cells,
    )


def _totals(run: Run, assessment: Assessment | None) -> Mapping[str, Scored]:
    if assessment is None:
        return evaluate(run)[1]
    zeroing = {veto.key for veto in run.scheme.vetoes if veto.effect == "zero"}
    return {
        one.key: _Total(one.se, not zeroing.isdisjoint(one.veto), one.nodes)
        for one in assessment.ratees
    }


def _has_sheets(cells: FormCells) -> bool:
    rows = sum(key.n for key in cells.keys)
    return cells.form.has_shared_ballots and rows <= MOST_SHEETS and bool(cells.form.scored)


def _item_moments(engine: Engine, cells: FormCells, run: Run) -> ItemMoments:
    form = cells.form
    points = effective_points(form, None)
    scale = lcm(*(value.denominator for value in point_values([points])))
    found = engine.query(
        form.sql(
            "item_rows",
            items=", ".join(name for _, name in form.scored),
            counting=sql_list(run.statuses),
        )
    )
    numbers, starts = np.unique(found["unit"], return_index=True)
    options = np.column_stack([found[name] for _, name in form.scored])
    worth = _worth(form, points, scale)
    sums = [
        _products(options[first:end], worth)
        for first, end in pairwise([*starts.tolist(), len(options)])
    ]
    k = len(form.scored)
    stacked = np.array(sums, dtype=np.int64).reshape(-1, 3, k, k)
    named = cells.units()
    return ItemMoments(
        questionnaire=form.questionnaire.key,
        items=tuple(item.key for item, _ in form.scored),
        units=tuple(named[unit] for unit in numbers.tolist()),
        scale=scale,
        n=stacked[:, 0],
        x=stacked[:, 1],
        xy=stacked[:, 2],
    )


def _worth(form: Form, points: Points, scale: int) -> NDArray[np.float64]:
    """By item and option number its points times `scale`, and 1 where it has points."""
    most = 1 + max(
        one.number for item, _ in form.scored for one in form.questionnaire.scale_of(item).options
    )
    worth = np.zeros((2, len(form.scored), most))
    for place, (item, _) in enumerate(form.scored):
        for number, value in points[item.key].items():
            worth[:, place, number] = int(value * scale), 1
    return worth


def _products(options: Column, worth: NDArray[np.float64]) -> Ints:
    """n, x and xy over rows × items of option numbers.

    The products are taken in double precision, which is exact: they are whole numbers far below
    2^53 in one block of rows, and blocks add up as integers.
    """
    k = options.shape[1]
    total: Ints = np.zeros((3, k, k), dtype=np.int64)
    for first in range(0, len(options), BLOCK):
        y, v = worth[:, np.arange(k), options[first : first + BLOCK]]
        total += np.rint([v.T @ v, y.T @ v, y.T @ y]).astype(np.int64)
    return total


def _sheets(engine: Engine, cells: FormCells, run: Run) -> RaterSheets:
    form = cells.form
    found = engine.query(
        form.sql(
            "rater_sheets",
            items=", ".join(name for _, name in form.scored),
            counting=sql_list(run.statuses),
        )
    )
    worth = effective_points(form, None)
    points = []
    for item, _ in form.scored:
        options = form.questionnaire.scale_of(item).options
        most = max((one.number for one in options), default=0)
        by_number = worth[item.key]
        points.append(
            tuple(float(by_number[o]) if o in by_number else float("nan") for o in range(most + 1))
        )
    return RaterSheets(
        questionnaire=form.questionnaire.key,
        items=tuple(item.key for item, _ in form.scored),
        units=cells.units(),
        rater=found["rater"].astype(np.int64),
        unit=found["unit"].astype(np.int64),
        codes=np.column_stack([found[name] for _, name in form.scored]).astype(np.int64),
        points=tuple(points),
    )
