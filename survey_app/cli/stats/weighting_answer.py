"""What weighting a file says: weights by row and cell, what they cost, and estimates under them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.note import Note
from analysis.statistics.design.design import Design
from analysis.statistics.estimate import Estimate
from analysis.statistics.weights.calibrated_estimates import (
    Residuals,
    calibrated_mean,
    calibrated_total,
)
from analysis.statistics.weights.effective_size import EffectiveSize, effective_size
from analysis.statistics.weights.margins import Codes, Floats, Margin, level_sums
from analysis.statistics.weights.raking import MarginReport
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.margin_file import Rows
from survey_app.cli.stats.method import Ask, write_columns

FIRST = 5


@dataclass(frozen=True, slots=True)
class Start:
    """What all three begin with: the rows used, their design and their margins."""

    whole: Data
    data: Data
    rows: Rows
    design: Design

    @property
    def weights(self) -> Floats:
        return self.design.weights


@dataclass(frozen=True, slots=True)
class Made:
    """What a method made of the weights: before trimming, at the end, and what it has to say."""

    base: Floats
    weights: Floats
    residuals: Residuals
    reports: tuple[MarginReport, ...]
    detail: Mapping[str, object]
    notes: tuple[Note, ...] = ()


def answer(name: str, start: Start, made: Made, ask: Ask, weights_to: Path | None) -> Answer:
    size = effective_size(np.abs(made.weights))
    by_row = np.full(start.whole.n, np.nan)
    by_row[start.rows.kept] = made.weights
    estimates, figures = _estimates(start, made, ask, size)
    detail = {
        **made.detail,
        **figures,
        "n": start.data.n,
        "deff": size.deff,
        "n_eff": size.n_eff,
        "kish_deff": size.deff,
        "kish_n_eff": size.n_eff,
        "is_publishable": size.is_publishable,
        "sum": float(made.weights.sum()),
        "wmin": float(made.weights.min()),
        "wmax": float(made.weights.max()),
        "margins": {one.name: _shown(one) for one in made.reports},
        **_cells(start, made),
        **_comparison(start, made, ask),
        "first5": made.weights[:FIRST],
        "weights": by_row,
    }
    if weights_to is not None:
        written = [None if np.isnan(one) else one for one in by_row.tolist()]
        label = start.whole.text(ask.id) if ask.id else list(range(1, start.whole.n + 1))
        write_columns(weights_to, {ask.id or "row": label, "weight": written})
    notes = (*start.rows.notes, *made.notes, *size.notes)
    return Answer(name, start.data.n, estimates, detail, notes)


def _shown(one: MarginReport) -> dict[str, object]:
    columns = {"before": one.before, "after": one.after, "target": one.target}
    shown: dict[str, object] = {
        key: dict(zip(one.levels, values, strict=True)) for key, values in columns.items()
    }
    return {**shown, "deviation": one.deviation}


def _cells(start: Start, made: Made) -> dict[str, object]:
    """The mean weight of each combination of levels, in sorted order of their names."""
    margins, codes = start.rows.margins, start.rows.codes
    if not margins:
        return {}
    found, cell = np.unique(codes, axis=0, return_inverse=True)
    names = [
        ":".join(one.levels[code] for one, code in zip(margins, row, strict=True)) for row in found
    ]
    count = np.bincount(cell.ravel())
    mean = np.bincount(cell.ravel(), made.weights) / count
    order = sorted(range(len(names)), key=lambda place: names[place])
    by_cell = {names[place]: float(mean[place]) for place in order}
    return {"cell": list(by_cell), "weight": list(by_cell.values()), "weight_by_cell": by_cell}


def by_level(code: Codes, margin: Margin, weights: Floats) -> dict[str, float]:
    count = np.bincount(code, minlength=len(margin.levels))
    mean = level_sums(weights, code, margin) / np.maximum(count, 1)
    return {level: float(mean[place]) for place, level in enumerate(margin.levels) if count[place]}


def _comparison(start: Start, made: Made, ask: Ask) -> dict[str, object]:
    """Sums, unique weights and effective sizes before and after trimming."""
    if "trim" not in made.detail:
        return {}
    detail: dict[str, object] = {}
    for when, weights in (("before", made.base), ("after", made.weights)):
        size = effective_size(np.abs(weights))
        detail[f"weights_{when}_unique"] = np.unique(np.round(weights, 9))
        detail[f"sum_{when}"] = float(weights.sum())
        detail[f"kish_deff_{when}"] = size.deff
        detail[f"n_eff_{when}"] = size.n_eff
        if ask.y is not None:
            y = start.data.numbers(ask.y)
            one = calibrated_mean(start.design, weights, y, made.residuals, None, ask.level)
            detail[f"mean_{when}"], detail[f"se_{when}"] = one.estimate, one.se
    return detail


def _estimates(
    start: Start, made: Made, ask: Ask, size: EffectiveSize
) -> tuple[list[Named], dict[str, object]]:
    """Mean and total of --y (and --items), over all or by --by; none below 0.3 n."""
    found: list[Named] = []
    figures: dict[str, object] = {}
    groups = start.data.groups(ask.by)
    outcomes = [*([ask.y] if ask.y else []), *ask.items]
    for place, y in enumerate(outcomes):
        values = start.data.numbers(y)
        for kind, make in (("mean", calibrated_mean), ("total", calibrated_total)):
            for number in range(len(groups)):
                inside = groups.code == number
                one = make(start.design, made.weights, values, made.residuals, inside, ask.level)
                if not size.is_publishable:
                    one = Estimate(None, n=one.n, method=one.method, notes=size.notes)
                label = y if kind == "mean" else f"total_{y}"
                found.append(Named(label, one, groups.by(number)))
            if not ask.by:
                names = [f"{kind}_{y}", kind] if place == 0 else [f"{kind}_{y}"]
                figures |= dict.fromkeys(names, one.estimate)
                figures |= {f"{name}_se": one.se for name in names}
        if place == 0 and not ask.by and size.is_publishable:
            figures["se"] = figures["mean_se"]
        there = ~np.isnan(values)
        figures[f"raw_mean_{y}"] = float(values[there].mean()) if there.any() else None
    return found, figures
