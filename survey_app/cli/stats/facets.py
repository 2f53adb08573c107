"""Many-facet Rasch, rating scale and ordinal models on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from analysis.statistics.estimate import Estimate
from analysis.statistics.raters.conditional_fit import ScaleModel
from analysis.statistics.raters.cumulative_logit import CumulativeLogit, cumulative_logit
from analysis.statistics.raters.facets import Facets, Measure, many_facets
from analysis.statistics.raters.fit_statistics import guttman_errors, outlier_scores, upper_fence
from analysis.statistics.raters.partial_credit import partial_credit
from analysis.statistics.raters.person_measures import person_measures
from analysis.statistics.raters.rating_scale import erm_parameters, rating_scale
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import MISSING, Codes, Data, Floats
from survey_app.cli.stats.method import Ask, Names, method


@dataclass(frozen=True, slots=True)
class Long:
    """Ratings one a row, with the names behind the codes."""

    ratee: Codes
    rater: Codes
    item: Codes
    mark: Floats
    names: dict[str, tuple[str, ...]]


@method(
    "facets",
    "多面 Rasch 模型：评分人的宽严（logit），扣除宽严后的得分",
    (
        "survey stats facets ratings.csv --items q1,q2,q3 --ratee unit --rater delegate --json",
        "survey stats facets long.csv --ratee unit --rater delegate --item question --y score",
    ),
    click.option("--item", help="长表中的题目列"),
    click.option(
        "--steps",
        type=click.Choice(["common", "item"]),
        default="common",
        show_default=True,
        help="各题共用等级阶梯，或各题各有阶梯",
    ),
    click.option(
        "--collapse",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="合并使用不到这么多次的等级",
    ),
)
def facets(data: Data, ask: Ask, item: str | None, steps: Any, collapse: int) -> Answer:
    long = long_form(data, ask, item)
    found = many_facets(
        long.ratee,
        long.rater,
        long.item,
        long.mark,
        steps=steps,
        collapse=collapse,
        level=ask.level,
    )
    parts = (("item", found.items), ("rater", found.raters), ("ratee", found.ratees))
    measures = {
        f"{kind}:{name}": measure
        for kind, some in parts
        for name, measure in zip(long.names[kind], some, strict=True)
    }
    named = [Named(name, one.measure) for name, one in measures.items()]
    after = len(found.items)
    named[after:after] = [
        Named(f"step:{name}", one)
        for name, one in step_names(found, long.names["item"], steps).items()
    ]
    detail = facet_detail(found, measures) | by_facet(named)
    return Answer("facets", found.n, named, detail, found.notes)


def long_form(data: Data, ask: Ask, item: str | None) -> Long:
    """Ratings one a row: items as columns, or a column of marks with one of items, or none."""
    ask.need("ratee", "rater")
    if not ask.items:
        ask.need("y")
    wanted = [ask.column("ratee"), ask.column("rater"), *([item] if item and not ask.items else [])]
    present = np.array(
        [
            all(text not in MISSING for text in row)
            for row in zip(*map(data.text, wanted), strict=True)
        ],
        dtype=bool,
    )
    kept = data.kept(present)
    ratee, rater = kept.groups([ask.column("ratee")]), kept.groups([ask.column("rater")])
    if ask.items:
        marks, names = kept.matrix(ask.items), ask.items
        code = np.tile(np.arange(len(names)), kept.n)
    else:
        marks = kept.numbers(ask.column("y"))[:, None]
        of = kept.groups([item] if item else [])
        code, names = of.code, of.names if item else (ask.column("y"),)
    times = marks.shape[1]
    return Long(
        np.repeat(ratee.code, times),
        np.repeat(rater.code, times),
        code.astype(np.int64),
        marks.reshape(-1),
        {"item": tuple(names), "rater": rater.names, "ratee": ratee.names},
    )


def step_names(found: Facets, items: Sequence[str], steps: str) -> dict[str, Estimate]:
    """Steps as 1, 2, …, with the item before where every item has its own."""
    if steps == "common":
        return {str(k): one for k, one in enumerate(found.steps[0], start=1)}
    return {
        f"{name}:{k}": one
        for name, some in zip(items, found.steps, strict=True)
        for k, one in enumerate(some, start=1)
    }


def by_facet(named: Sequence[Named]) -> dict[str, object]:
    """The measures by facet and name, and the parameters in a row as TAM lists them."""
    parts: dict[str, dict[str, float | None]] = {"item": {}, "step": {}, "rater": {}, "ratee": {}}
    for one in named:
        kind, _, name = one.name.partition(":")
        parts[kind][name] = one.estimate.estimate
    fixed = [one for one in named if not one.name.startswith("ratee:")]
    return {
        **{f"{kind}s": found for kind, found in parts.items()},
        "parameter": [one.name for one in fixed],
        "xsi": [one.estimate.estimate for one in fixed],
        "se": [one.estimate.se for one in fixed],
    }


def facet_detail(found: Facets, measures: dict[str, Measure]) -> dict[str, object]:
    """Figures of the whole model, and fit and fair averages by the names of the estimates."""
    return {
        "var_theta": found.var_theta.estimate,
        "var_theta_se": found.var_theta.se,
        "deviance": found.deviance,
        "logLik": -found.deviance / 2,
        "parameters": found.parameters,
        "EAP_reliability": found.reliability,
        "nodes": found.nodes,
        "bound": found.bound,
        "iterations": found.iterations,
        "categories": [list(one) for one in found.values],
        "infit": {name: one.infit for name, one in measures.items()},
        "outfit": {name: one.outfit for name, one in measures.items()},
        "fair_average": {name: one.fair_average for name, one in measures.items()},
    }


@method(
    "rating-scale",
    "等级量表模型（rsm）或分部计分模型（pcm），条件最大似然",
    (
        "survey stats rating-scale answers.csv --items q1,q2,q3,q4 --json",
        "survey stats rating-scale answers.csv --items q1,q2,q3,q4 --kind pcm --id person",
    ),
    click.option(
        "--kind",
        type=click.Choice(["rsm", "pcm"]),
        default="rsm",
        show_default=True,
        help="各题共用等级阶梯（rsm）或各有阶梯（pcm）",
    ),
)
def scale(data: Data, ask: Ask, kind: str) -> Answer:
    ask.need("items")
    marks = data.matrix(ask.items)
    model = (rating_scale if kind == "rsm" else partial_credit)(marks, level=ask.level)
    named = [Named(f"item:{q}", one) for q, one in zip(ask.items, model.locations, strict=True)]
    named += [
        Named(f"threshold:{q}:{k}", one)
        for q, some in zip(ask.items, model.thresholds, strict=True)
        for k, one in enumerate(some, start=1)
    ]
    detail = scale_detail(model, ask.items)
    shift = 0.0
    if kind == "rsm":
        more, shift = erm_detail(model, ask.items)
        detail |= more
    detail |= person_detail(model, ask.items, shift) | guttman_detail(model.steps)
    return Answer("rating-scale", model.n, named, detail, model.notes)


def scale_detail(model: ScaleModel, items: Sequence[str]) -> dict[str, object]:
    return {
        "kind": model.kind,
        "loglik": model.loglik,
        "parameters": len(model.parameters),
        "iterations": model.iterations,
        "itempar": [one.estimate for one in model.locations],
        "itempar_se": [one.se for one in model.locations],
        "thresholds": {
            f"{q}-C{k}": one.estimate
            for q, some in zip(items, model.thresholds, strict=True)
            for k, one in enumerate(some, start=1)
        },
        "categories": dict(zip(items, model.values, strict=True)),
    }


def erm_detail(model: ScaleModel, items: Sequence[str]) -> tuple[dict[str, object], float]:
    """The parameters as eRm::RSM and psychotools give them; the shift to eRm's zero."""
    erm = erm_parameters(model)
    used = [q for q, some in zip(items, model.thresholds, strict=True) if some]
    steps = len(next(some for some in model.thresholds if some))
    names = [*used[1:], *(f"C{k}" for k in range(2, steps + 1))]
    table = []
    for q, some in zip(items, model.thresholds, strict=True):
        row = [float(one.estimate or 0.0) - erm.shift for one in some]
        if row:
            places = {f"Threshold {k}": one for k, one in enumerate(row, start=1)}
            table.append({"_row": q, "Location": float(np.mean(row)), **places})
    return {
        "raw_coef": dict(zip(names, model.parameters, strict=True)),
        "etapar": erm.eta,
        "se_eta": erm.se,
        "threshtable": table,
        "erm_shift": erm.shift,
    }, erm.shift


def person_detail(model: ScaleModel, items: Sequence[str], shift: float) -> dict[str, object]:
    """θ by total of the persons who answered everything, and fit; θ in the scale of threshtable."""
    found = person_measures(model)
    usable = [place for place, some in enumerate(model.thresholds) if some]
    complete = ~np.isnan(model.steps[:, usable]).any(axis=1)
    by_total = {
        found.raw[row]: (found.theta[row], found.se[row]) for row in np.flatnonzero(complete)
    }
    totals = sorted(total for total in by_total if total is not None)
    return {
        "person_raw": totals,
        "person_theta": [float(by_total[one][0] or 0.0) - shift for one in totals],
        "person_se": [by_total[one][1] for one in totals],
        "item_infit": list(found.items.infit),
        "item_outfit": list(found.items.outfit),
        "person_infit": [one for one in found.persons.infit if one is not None],
        "person_outfit": [one for one in found.persons.outfit if one is not None],
    }


def guttman_detail(steps: Floats) -> dict[str, object]:
    """Guttman errors of the persons who answered every item."""
    complete = steps[~np.isnan(steps).any(axis=1)].astype(np.int64)
    if not len(complete):
        return {}
    errors = guttman_errors(complete)
    return {
        "Gplus": errors.errors,
        "Gplus_normed": errors.normed,
        "Gplus_mean": float(errors.errors.mean()),
        "Gplus_max": float(errors.errors.max()),
        "Gplus_fence": upper_fence(errors.errors),
        "Oplus": outlier_scores(complete),
        "Oplus_mokken": outlier_scores(complete, mirrored=True),
    }


@method(
    "ordinal",
    "有序等级的累积 logit 模型，可带随机评分人",
    (
        "survey stats ordinal soup.csv --y SURENESS --x PROD --json",
        "survey stats ordinal soup.csv --y SURENESS --x PROD --rater RESP --nodes 10",
    ),
    click.option(
        "--x", type=Names(), default=(), help="自变量列；文字列按水平展开，第一个水平为准"
    ),
    click.option(
        "--nodes",
        type=click.IntRange(1, 50),
        default=1,
        show_default=True,
        help="随机评分人的积分点：1 为 Laplace 近似，10 为自适应 Gauss-Hermite",
    ),
)
def ordinal(data: Data, ask: Ask, x: tuple[str, ...], nodes: int) -> Answer:
    y = data.numbers(ask.column("y"))
    columns = {name: one for label in x for name, one in covariate(data, label).items()}
    rater = data.groups([ask.rater]) if ask.rater else None
    if ask.rater:
        lacking = np.array([text in MISSING for text in data.text(ask.rater)], dtype=bool)
        y = np.where(lacking, np.nan, y)
    found = cumulative_logit(
        y,
        np.column_stack([*columns.values()]) if columns else None,
        None if rater is None else rater.code,
        nodes=nodes,
        level=ask.level,
    )
    labels = [f"{one:g}" for one in found.levels]
    names = [f"{low}|{high}" for low, high in pairwise(labels)] + [*columns]
    estimates = [*found.thresholds, *found.coefficients]
    named = [Named(name, one) for name, one in zip(names, estimates, strict=True)]
    if found.var_rater:
        named.append(Named("var_rater", found.var_rater))
    effects = dict(zip(rater.names, found.raters, strict=True)) if rater else {}
    return Answer(
        "ordinal", found.n, named, ordinal_detail(found, names, estimates, effects), found.notes
    )


def covariate(data: Data, name: str) -> dict[str, Floats]:
    """A column of numbers, or an indicator for each level of a text column after the first."""
    texts = data.text(name)
    missing = np.array([text in MISSING for text in texts], dtype=bool)
    try:
        return {name: np.array([np.nan if text in MISSING else float(text) for text in texts])}
    except ValueError:
        return {
            f"{name}{label}": _indicator(texts, label, missing)
            for label in sorted(set(texts) - MISSING)[1:]
        }


def _indicator(texts: Sequence[str], label: str, missing: NDArray[np.bool_]) -> Floats:
    return np.where(missing, np.nan, np.array([text == label for text in texts], dtype=float))


def ordinal_detail(
    found: CumulativeLogit,
    names: Sequence[str],
    estimates: Sequence[Estimate],
    effects: dict[str, Estimate],
) -> dict[str, object]:
    """Coefficients in one table, the likelihood, and the raters' modes."""
    detail: dict[str, object] = {
        "coef": dict(zip(names, (one.estimate for one in estimates), strict=True)),
        "se": [one.se for one in estimates],
        "logLik": found.loglik,
        "AIC": 2 * found.parameters - 2 * found.loglik,
        "parameters": found.parameters,
    }
    if found.var_rater:
        detail |= {
            "var_rater": found.var_rater.estimate,
            "nodes": found.nodes,
            "raters": {name: [one.estimate, one.se] for name, one in effects.items()},
        }
    return detail


METHODS = {"facets": facets, "rating-scale": scale, "ordinal": ordinal}
