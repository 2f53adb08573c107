"""The sufficient statistics of a round beyond the cells, as integers that shards add up exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from analysis.assessment import evaluate, in_period, prepare
from analysis.binding import bind
from analysis.cells import FormCells, points_case, valued_case
from analysis.dedupe import sql_list
from analysis.engine import Engine, start_engine
from analysis.inputs import Inputs
from analysis.run import Run
from analysis.scheme import Scheme
from analysis.sealed_round import SealedRound
from analysis.shared_raters import Covariance, total_covariance
from analysis.tallies import effective_points, point_values

Ints = NDArray[np.int64]
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


def collect(sealed: Sequence[SealedRound], inputs: Inputs, scheme: Scheme) -> Sufficient:
    """Read the sealed answers once more and take the sums. Raises NoAnswer as `assess` does."""
    bound = bind(in_period(inputs, sealed), scheme)
    with start_engine("duckdb") as engine:
        run = prepare(engine, tuple(sealed), bound, scheme)
        _, composed, _ = evaluate(run)
        return Sufficient(
            items=tuple(_item_moments(engine, one, run) for one in run.cells if one.form.scored),
            sheets=tuple(_sheets(engine, one, run) for one in run.cells if _has_sheets(one)),
            covariance=total_covariance(run, composed),
            cells=run.cells,
        )


def _has_sheets(cells: FormCells) -> bool:
    rows = sum(key.n for key in cells.keys)
    return cells.form.has_shared_ballots and rows <= MOST_SHEETS and bool(cells.form.scored)


def _item_moments(engine: Engine, cells: FormCells, run: Run) -> ItemMoments:
    form = cells.form
    points = effective_points(form, None)
    scale = lcm(*(value.denominator for value in point_values([points])))
    k = range(len(form.scored))
    columns = []
    for place, (item, name) in enumerate(form.scored):
        columns.append(f"{points_case(name, points[item.key], scale)} AS y{place}")
        columns.append(f"{valued_case(name, points[item.key])} AS v{place}")
    sums = [f"n{i}_{j}" for i in k for j in k if j >= i]
    texts = [f"v{i} * v{j}" for i in k for j in k if j >= i]
    sums += [f"x{i}_{j}" for i in k for j in k]
    texts += [f"y{i} * v{j}" for i in k for j in k]
    sums += [f"p{i}_{j}" for i in k for j in k if j >= i]
    texts += [f"y{i} * y{j}" for i in k for j in k if j >= i]
    found = engine.query(
        form.sql(
            "item_moments",
            sums=", ".join(
                f"CAST(SUM({text}) AS BIGINT) AS {name}"
                for text, name in zip(texts, sums, strict=True)
            ),
            items=", ".join(columns),
            counting=sql_list(run.statuses),
        )
    )
    named = cells.units()

    def square(kind: str, *, is_symmetric: bool) -> Ints:
        rows = [
            [found[f"{kind}{min(i, j)}_{max(i, j)}" if is_symmetric else f"{kind}{i}_{j}"]]
            for i in k
            for j in k
        ]
        stacked = np.concatenate(rows).astype(np.int64)
        return np.moveaxis(stacked.reshape(len(k), len(k), -1), 2, 0)

    return ItemMoments(
        questionnaire=form.questionnaire.key,
        items=tuple(item.key for item, _ in form.scored),
        units=tuple(named[unit] for unit in found["unit"].tolist()),
        scale=scale,
        n=square("n", is_symmetric=True),
        x=square("x", is_symmetric=False),
        xy=square("p", is_symmetric=True),
    )


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
