"""Composite indicators: transforms and aggregation up a tree, and what the order hangs on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.statistics.composites import aggregation, chain, normalisation, outliers
from analysis.statistics.composites import sobol as shares
from analysis.statistics.composites import weight_sensitivity as sensitivities
from analysis.statistics.composites.aggregation import Mean, Part
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.ranks.rank_sets import integer_ranks
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import MISSING, Data, read
from survey_app.cli.stats.method import FILE, Ask, method

Floats = NDArray[np.float64]
NONE = "none"
PARTS = ("Indicator", "Aggregate")

TREE = click.option(
    "--tree", type=FILE, help="指标树 CSV：iCode,Level,Parent,Weight,Direction,Type[,Denominator]"
)
NORMALISE = click.option(
    "--normalise",
    type=click.Choice([NONE, *normalisation.METHODS]),
    default=NONE,
    show_default=True,
    help="各指标的标准化方法；none 表示数据已标准化",
)


@dataclass(slots=True)
class _Chain:
    """The indicators on their way to an index, and what was done to them."""

    tree: tuple[Part, ...]
    units: list[str]
    columns: dict[str, Floats]
    detail: dict[str, object] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def parts(self) -> dict[str, Part]:
        return {part.code: part for part in self.tree if part.code in self.columns}


@method(
    "composite",
    "指标合成：取均值、补缺、处理极端值、标准化、沿树汇总",
    "survey stats composite asem_normalised.csv --tree asem_tree.csv --id uCode --json",
    TREE,
    click.option("--denominate", is_flag=True, help="先除以树中 Denominator 列所指的列"),
    click.option("--impute-by", help="缺失以该列各组的均值补上"),
    click.option("--treat", is_flag=True, help="偏度≥2且峰度≥3.5的指标缩尾，不行则取对数"),
    click.option(
        "--winmax", type=click.IntRange(1), default=5, show_default=True, help="至多缩尾几个点"
    ),
    NORMALISE,
    click.option(
        "--aggregate",
        type=click.Choice(["amean", "gmean", "hmean"]),
        default="amean",
        show_default=True,
        help="汇总方法：算术、几何、调和平均",
    ),
)
def composite(
    data: Data,
    ask: Ask,
    *,
    tree: Path | None,
    denominate: bool,
    impute_by: str | None,
    treat: bool,
    winmax: int,
    normalise: str,
    aggregate: Mean,
) -> Answer:
    work = _start(data, ask, tree)
    if denominate:
        _denominate(work, data)
    if impute_by:
        _impute(work, data.text(impute_by))
    if treat:
        _treat(work, winmax)
    bounds = (0.0, 100.0) if aggregate == "amean" else (1.0, 100.0)
    _normalise(work, normalise, bounds)
    if normalise == NONE:
        _lift(work, aggregate)
    try:
        found = aggregation.aggregate(work.columns, work.tree, aggregate)
    except NoEstimate as why:
        if normalise == NONE:
            raise
        found = {}
        work.notes.append(why.note)
    estimates = _scores(work, found, aggregate)
    work.detail["leaf_weights"] = aggregation.leaf_weights(work.tree)
    return Answer("composite", len(work.units), estimates, work.detail, work.notes)


@method(
    "sensitivity",
    "名次对权重的敏感性：逐个±10%、围绕方案随机、整个单纯形",
    "survey stats sensitivity asem_normalised.csv --tree asem_tree.csv --id uCode --json",
    TREE,
    NORMALISE,
    click.option("--weights-cv", type=click.FloatRange(0, min_open=True), default=0.1),
    click.option("--change", type=click.FloatRange(0, 1, min_open=True), default=0.1),
    click.option("--draws", type=click.IntRange(10), default=1000, show_default=True),
)
def sensitivity(
    data: Data,
    ask: Ask,
    *,
    tree: Path | None,
    normalise: str,
    weights_cv: float,
    change: float,
    draws: int,
) -> Answer:
    work = _start(data, ask, tree)
    _normalise(work, normalise, (0.0, 100.0))
    leaves = aggregation.leaf_weights(work.tree)
    names = list(leaves)
    x = np.column_stack([work.columns[name] for name in names])
    if not np.isfinite(x).all():
        raise NoEstimate("undefined", Note(N_("有缺失的指标值，请先补上再看权重的影响")))
    w = np.array([leaves[name] for name in names])
    single = sensitivities.one_at_a_time(x, w, change)
    near_weights = sensitivities.around(w, weights_cv, draws, ask.seed)
    near = sensitivities.summary(x, near_weights, ask.level)
    free = sensitivities.summary(x, sensitivities.anywhere(len(w), draws, ask.seed), ask.level)
    rank = sensitivities.ranks_under(x, w)[0]
    estimates = [
        Named(unit, Estimate(int(rank[row]), None, None, int(near.lo[row]), int(near.hi[row])))
        for row, unit in enumerate(work.units)
    ]
    detail: dict[str, object] = {
        "name": work.units,
        "weights": leaves,
        "rank": rank,
        "one_at_a_time": dict(zip(names, single.largest_change.tolist(), strict=True)),
        "around": _ranges(near),
        "anywhere": _ranges(free),
        "beats": sensitivities.beats(x, near_weights),
    }
    return Answer("sensitivity", len(work.units), estimates, detail, work.notes)


@method(
    "sobol",
    "方差的来源：Sobol 一阶与总指数；线性合成用公式",
    "survey stats sobol sources.csv --weights w --y sd --id source --json",
)
def sobol(data: Data, ask: Ask) -> Answer:
    """Closed form from weights and SDs; or indices from a model's values at a Saltelli design.

    With `--items fA,fB,fAB1,…` each row is a point of the design.
    """
    if ask.items:
        return _evaluated(data, ask)
    ask.need("weights", "y")
    sds = data.numbers(ask.column("y"))
    weights = data.numbers(ask.column("weights"))
    if not np.isfinite(np.concatenate([sds, weights])).all():
        raise NoEstimate("undefined", Note(N_("权重或标准差有缺失")))
    s, variance = shares.linear_shares(weights, sds)
    estimates = [
        Named(name, Estimate(value, method="linear"))
        for name, value in zip(_names(data, ask), s.tolist(), strict=True)
    ]
    return Answer("sobol", data.n, estimates, {"S": s, "S1": s, "ST": s, "V": variance})


def _evaluated(data: Data, ask: Ask) -> Answer:
    if len(ask.items) < 3:
        raise click.UsageError("--items 要依次给出 fA、fB 和各个 fAB 列")
    values = data.matrix(ask.items)
    if not np.isfinite(values).all():
        raise NoEstimate("undefined", Note(N_("模型的结果有缺失")))
    found = shares.indices(values[:, 0], values[:, 1], values[:, 2:].T)
    estimates = []
    for kind, index, errors in (
        ("S1", found.first, found.first_se),
        ("ST", found.total, found.total_se),
    ):
        estimates += [
            Named(f"{kind}_{place}", Estimate(value, se, n=data.n, method="saltelli"))
            for place, (value, se) in enumerate(
                zip(index.tolist(), errors.tolist(), strict=True), start=1
            )
        ]
    detail = {"S1": found.first, "ST": found.total, "V": found.variance}
    return Answer("sobol", data.n, estimates, detail)


def _start(data: Data, ask: Ask, tree: Path | None) -> _Chain:
    parts = _tree(tree) if tree is not None else _flat(ask)
    inner = {part.parent for part in parts}
    leaves = [part.code for part in parts if part.code not in inner]
    data.require(leaves)
    return _Chain(parts, _names(data, ask), {code: data.numbers(code) for code in leaves})


def _names(data: Data, ask: Ask) -> list[str]:
    return data.text(ask.id) if ask.id else [str(row + 1) for row in range(data.n)]


def _flat(ask: Ask) -> tuple[Part, ...]:
    ask.need("items")
    return (Part("Index", "", 1.0), *(Part(item, "Index", 1.0) for item in ask.items))


def _tree(path: Path) -> tuple[Part, ...]:
    table = read(path)
    table.require(["iCode", "Parent", "Weight"])
    known = table.columns.get("Type", ["Indicator"] * table.n)
    part_of = [kind in PARTS for kind in known]
    table = table.kept(np.array(part_of))
    weights = table.numbers("Weight")
    directions = table.numbers("Direction") if "Direction" in table.columns else np.ones(table.n)
    sizes = table.columns.get("Denominator", [""] * table.n)
    return tuple(
        Part(code, _given(parent), weight, direction, _given(size))
        for code, parent, weight, direction, size in zip(
            table.text("iCode"),
            table.text("Parent"),
            np.nan_to_num(weights, nan=1.0).tolist(),
            np.nan_to_num(directions, nan=1.0).tolist(),
            sizes,
            strict=True,
        )
    )


def _given(text: str) -> str:
    return "" if text in MISSING else text


def _denominate(work: _Chain, data: Data) -> None:
    for code, part in work.parts.items():
        if part.denominator:
            size = data.numbers(part.denominator)
            work.columns[code] = chain.denominate(work.columns[code], size)


def _impute(work: _Chain, groups: Sequence[str]) -> None:
    filled = {}
    for code, x in work.columns.items():
        work.columns[code] = chain.fill_by_group(x, groups)
        gaps = int((~np.isfinite(x)).sum() - (~np.isfinite(work.columns[code])).sum())
        if gaps:
            filled[code] = gaps
    work.detail["imputed"] = filled
    if filled:
        work.notes.append(Note(N_("{n}个缺失值以所在组的均值补上"), {"n": sum(filled.values())}))


def _treat(work: _Chain, winmax: int) -> None:
    told = {}
    for code, x in work.columns.items():
        found = outliers.treat(x, winmax)
        work.columns[code] = found.x
        if found.how:
            told[code] = {
                "how": found.how,
                "moved": found.moved,
                "skew_before": found.before.skewness,
                "kurt_before": found.before.kurtosis,
                "skew_after": found.after.skewness,
                "kurt_after": found.after.kurtosis,
                "treated": found.x,
            }
    work.detail["treated"] = told


def _normalise(work: _Chain, how: str, bounds: tuple[float, float]) -> None:
    if how == NONE:
        return
    for code, part in work.parts.items():
        x = work.columns[code]
        if how == "minmax":
            work.columns[code] = normalisation.minmax(x, part.direction, bounds)
        else:
            work.columns[code] = normalisation.METHODS[how](x, part.direction)
    empty = [code for code, x in work.columns.items() if not np.isfinite(x).any()]
    if empty:
        work.notes.append(
            Note(
                N_("这些指标人人相同或最优值为0，无法标准化：{codes}"), {"codes": "、".join(empty)}
            )
        )
    work.detail |= {
        "unit": work.units,
        "normalised": dict(work.columns),
        "col_means": {code: _mean(x) for code, x in work.columns.items()},
        "col_sds": {code: _sd(x) for code, x in work.columns.items()},
    }


def _lift(work: _Chain, mean: Mean) -> None:
    """Scores of 0-100 with zeros cannot enter a geometric or harmonic mean as they are."""
    x = np.concatenate(list(work.columns.values()))
    x = x[np.isfinite(x)]
    if mean == "amean" or not len(x) or x.min() > 0 or x.min() < 0 or x.max() > 100:
        return
    work.columns = {code: aggregation.lift(column) for code, column in work.columns.items()}
    work.notes.append(Note(N_("分数里有0，几何（调和）平均前已从0–100换算到1–100：1+0.99x")))


def _scores(work: _Chain, found: dict[str, Floats], how: str) -> list[Named]:
    """The index of each unit, then every aggregate below it, in the order of the tree."""
    if not found:
        return []
    roots = [part.code for part in work.tree if not part.parent]
    order = [*roots, *(part.code for part in work.tree if part.code in found and part.parent)]
    estimates = []
    for code in order:
        work.detail[code] = found[code]
        estimates += [
            Named(unit, Estimate(value if np.isfinite(value) else None, method=how), {"part": code})
            for unit, value in zip(work.units, found[code].tolist(), strict=True)
        ]
    index = found[roots[0]]
    work.detail |= {"unit": work.units, "uCode": work.units}
    if np.isfinite(index).all():
        scale = float(np.abs(index).max()) or 1.0
        work.detail["rank"] = integer_ranks(np.round(index / scale, 12))
    return estimates


def _ranges(found: sensitivities.RanksUnderWeights) -> dict[str, object]:
    return {
        "lo": found.lo,
        "hi": found.hi,
        "mean_rank": found.mean_rank,
        "first": found.first,
        "draws": found.draws,
    }


def _mean(x: Floats) -> float | None:
    known = x[np.isfinite(x)]
    return float(known.mean()) if len(known) else None


def _sd(x: Floats) -> float | None:
    known = x[np.isfinite(x)]
    return float(known.std(ddof=1)) if len(known) > 1 else None


METHODS = {"composite": composite, "sensitivity": sensitivity, "sobol": sobol}
