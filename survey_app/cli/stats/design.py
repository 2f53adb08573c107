"""Methods under a sampling design: means, totals, ratios, shares, quantiles, tests, regression."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.design import linearisation as linear
from analysis.statistics.design import proportions, quantiles, replication
from analysis.statistics.design.design import Codes, Design, Floats, Rows
from analysis.statistics.estimate import Estimate
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import Ask, Numbers, method
from survey_app.cli.stats.sampling import (
    Variables,
    codes,
    counted,
    domains,
    indicators,
    is_numeric,
    missing,
    pair,
    sampling,
    variables,
)


@dataclass(frozen=True, slots=True)
class Target:
    """Σ w y / Σ w x of each column (rows, k), or without x the total Σ w y."""

    of: Variables
    x: Floats | None

    def linear(self, design: Design, inside: Rows | None = None) -> linear.Linear:
        if self.x is None:
            return linear.totals(design, self.of.values, inside)
        return linear.ratios(design, self.of.values, self.x, inside)

    def in_groups(
        self, design: Design, place: int, code: Codes, groups: int, level: float
    ) -> list[Estimate]:
        y = self.of.values[:, place]
        if self.x is None:
            return linear.domain_totals(design, y, code, groups, level)
        return linear.domain_ratios(design, y, self.x[:, place], code, groups, level)

    def replicated(self, design: Design, of: replication.Replicates, inside: Rows | None) -> Floats:
        y = self.of.values
        if self.x is not None:
            return replication.replicate_ratios(design, of, y, self.x, inside)
        taken = ~np.isnan(y) if inside is None else ~np.isnan(y) & inside[:, None]
        return replication.replicate_totals(design, of, np.where(taken, y, 0.0))


@dataclass(frozen=True, slots=True)
class Again:
    """The options of replication; without a kind the variance is linearised."""

    kind: replication.Kind | None
    groups: int
    replications: int
    mse: bool


REPLICATION = (
    click.option(
        "--replicates",
        "kind",
        type=click.Choice(get_args(replication.Kind)),
        help="重抽样方差：jk1、jkn、brr、dagjk 或 bootstrap；默认线性化",
    ),
    click.option(
        "--groups", type=click.IntRange(2), default=replication.GROUPS, help="dagjk 的组数"
    ),
    click.option(
        "--replications",
        type=click.IntRange(2),
        default=replication.REPLICATIONS,
        help="bootstrap 的次数",
    ),
    click.option("--mse", is_flag=True, help="以估计值（而非各次均值）为中心"),
)


@method(
    "mean",
    "均值（文字列给出各类比例），抽样设计下的标准误",
    "survey stats mean ratings.csv --y score --weights w --strata unit --clusters ballot",
    *REPLICATION,
)
def mean(data: Data, ask: Ask, **again: Any) -> Answer:
    """Means; with several `--items` their covariance in the detail."""
    of = variables(data, ask.items or (ask.column("y"),))
    target = Target(of, np.ones_like(of.values))
    answer = _answer("mean", data, ask, target, Again(**again))
    if ask.by or again["kind"]:
        return answer
    without, replaced = linear.design_effects(sampling(data, ask), of.values)
    effects = {"deff": _single(without), "deff_replace": _single(replaced)}
    return replace(answer, detail={**answer.detail, **effects})


@method(
    "total",
    "总量估计",
    "survey stats total schools.csv --y enroll --weights w --strata stype --fpc size",
    *REPLICATION,
)
def total(data: Data, ask: Ask, **again: Any) -> Answer:
    """Totals Σ w y; of a text column the number in each class."""
    of = variables(data, ask.items or (ask.column("y"),))
    return _answer("total", data, ask, Target(of, None), Again(**again))


@method(
    "ratio",
    "两个总量之比",
    "survey stats ratio schools.csv --y tested --x enroll --weights w --strata stype",
    click.option("--x", required=True, help="分母列"),
    *REPLICATION,
)
def ratio(data: Data, ask: Ask, x: str, **again: Any) -> Answer:
    """Σ w y / Σ w x."""
    of = variables(data, ask.items or (ask.column("y"),))
    below = np.repeat(data.numbers(x)[:, None], len(of.names), axis=1)
    of = replace(of, notes=(*of.notes, *missing(x, np.isnan(below[:, 0]))))
    return _answer("ratio", data, ask, Target(of, below), Again(**again))


def _answer(name: str, data: Data, ask: Ask, target: Target, again: Again) -> Answer:
    design = sampling(data, ask)
    of, detail = target.of, dict[str, object]()
    n = counted((~np.isnan(of.values)).any(axis=1))
    if again.kind is not None:
        named = _replicated(data, ask, design, target, again, detail)
    elif ask.by:
        group, levels = domains(data, ask.by)
        named = [
            Named(variable, one, level)
            for place, variable in enumerate(of.names)
            for one, level in zip(
                target.in_groups(design, place, group, len(levels), ask.level), levels, strict=True
            )
        ]
    else:
        found = target.linear(design)
        v = linear.covariance(design, found)
        detail["covariance"] = v
        every = linear.finished(design, found, np.diag(v), ask.level, "linear")
        named = [Named(variable, one) for variable, one in zip(of.names, every, strict=True)]
    detail["design_df"] = design.degrees()
    return Answer(name, n, named, detail, of.notes)


def _replicated(
    data: Data, ask: Ask, design: Design, target: Target, again: Again, detail: dict[str, object]
) -> list[Named]:
    """The estimates with replicated variances; the covariance where there are no groups."""
    assert again.kind is not None
    options = {"groups": again.groups, "replications": again.replications}
    of = replication.replicates(design, again.kind, **options, seed=ask.seed, mse=again.mse)
    detail |= {"replicates": of.kind, "R": of.factor.shape[1]}
    named, percentiles = [], []
    for inside, level in _parts(data, ask):
        found = target.linear(design, inside)
        thetas = target.replicated(design, of, inside)
        v = replication.replicate_covariance(of, thetas, found.value)
        every = linear.finished(design, found, np.diag(v), ask.level, of.kind)
        for variable, one in zip(target.of.names, every, strict=True):
            named.append(Named(variable, replace(one, notes=(*one.notes, *of.notes)), level))
        if of.kind == "bootstrap":
            ends = ((1 - ask.level) / 2, (1 + ask.level) / 2)
            percentiles += np.nanquantile(thetas, ends, axis=0).T.tolist()
        if not ask.by:
            detail["covariance"] = v
    if percentiles:
        detail["percentile"] = percentiles
    return named


def _parts(data: Data, ask: Ask) -> list[tuple[Rows | None, dict[str, str]]]:
    """The rows of each group of `--by`, or all."""
    if not ask.by:
        return [(None, {})]
    group, levels = domains(data, ask.by)
    return [(group == place, level) for place, level in enumerate(levels)]


@method(
    "diff",
    "两题均值之差（协方差计入），或 --by 两组均值之差",
    "survey stats diff ratings.csv --items this_year,last_year --weights w --strata unit",
)
def diff(data: Data, ask: Ask) -> Answer:
    """A − B of two items in the rows with both; of two groups the later label less the earlier."""
    design = sampling(data, ask)
    named: tuple[str, ...]
    if len(ask.items) == 2:
        of = variables(data, ask.items)
        if len(of.names) != 2:
            raise click.UsageError("--items 的两列都要是数值列")
        both = np.logical_and(*np.isfinite(of.values).T)
        found = linear.means(design, of.values, both)
        named, notes = of.names, of.notes
    else:
        found, named, notes = _two_groups(data, ask, design)
    v = linear.covariance(design, found)
    signs = np.array([[1.0], [-1.0]])
    one = linear.estimates(design, linear.contrast(found, signs), ask.level)[0]
    detail = {
        "diff": one.estimate,
        "means": found.value,
        **{f"var_{name}": v[place, place] for place, name in enumerate(named)},
        "cov": v[0, 1],
        "se_if_independent": float(np.sqrt(v[0, 0] + v[1, 1])),
    }
    return Answer("diff", one.n or 0, [Named(f"{named[0]} - {named[1]}", one)], detail, notes)


def _two_groups(
    data: Data, ask: Ask, design: Design
) -> tuple[linear.Linear, tuple[str, ...], tuple[Note, ...]]:
    y = ask.column("y")
    group, names = pair(data, ask)
    x = data.numbers(y)
    parts = [linear.means(design, x, group == place) for place in (1, 0)]
    return linear.together(parts), names[::-1], tuple(missing(y, np.isnan(x)))


@method(
    "variance",
    "加权方差",
    "survey stats variance ratings.csv --y score --weights w --strata unit",
)
def variance(data: Data, ask: Ask) -> Answer:
    """S² of each column with its standard error."""
    of, design = variables(data, ask.items or (ask.column("y"),)), sampling(data, ask)
    named = [
        Named(name, one, level)
        for inside, level in _parts(data, ask)
        for name, one in zip(
            of.names,
            linear.estimates(design, linear.variances(design, of.values, inside), ask.level),
            strict=True,
        )
    ]
    n = counted((~np.isnan(of.values)).any(axis=1))
    return Answer("variance", n, named, {"design_df": design.degrees()}, of.notes)


@method(
    "quantile",
    "加权分位数，Woodruff 区间",
    "survey stats quantile ratings.csv --y score --p 0.25,0.5,0.75 --weights w --strata unit",
    click.option(
        "--p", "shares", type=Numbers(), default=(0.25, 0.5, 0.75), help="分位点，默认四分位"
    ),
)
def quantile(data: Data, ask: Ask, shares: tuple[float, ...]) -> Answer:
    """Quantiles by the rule of the inverse distribution function."""
    if not shares or not all(0 <= p <= 1 for p in shares):
        raise click.UsageError("--p 的各数应在 0 与 1 之间")
    y, design = ask.column("y"), sampling(data, ask)
    x = data.numbers(y)
    n = counted(~np.isnan(x))
    named = [
        Named(y, one, {**level, "p": f"{p:g}"})
        for inside, level in _parts(data, ask)
        for p, one in zip(
            shares, quantiles.quantiles(design, x, shares, ask.level, inside), strict=True
        )
    ]
    detail = {"q": [one.estimate.estimate for one in named], "design_df": design.degrees()}
    return Answer("quantile", n, named, detail, missing(y, np.isnan(x)))


@method(
    "proportion",
    "比例及其区间：有设计用 logit，简单计数用 Wilson",
    "survey stats proportion ratings.csv --y answer --value 满意 --weights w --strata unit",
    click.option("--value", help="哪个取值；不给则每个取值各一行"),
    click.option(
        "--interval",
        "kind",
        type=click.Choice(get_args(proportions.Kind)),
        help="区间方法；默认有设计用 logit，简单计数用 wilson",
    ),
)
def proportion(data: Data, ask: Ask, value: str | None, kind: proportions.Kind | None) -> Answer:
    """The share of one value, or of each."""
    y, design = ask.column("y"), sampling(data, ask)
    hits = indicators(data, y) if value is None else [(y, _hit(data, y, value))]
    gone = np.isnan(hits[0][1]) if hits else np.ones(data.n, dtype=np.bool_)
    n = counted(~gone)
    named = [
        Named(name, proportions.share(design, hit, ask.level, kind, inside), level)
        for inside, level in _parts(data, ask)
        for name, hit in hits
    ]
    detail = {"counts": [int(np.nansum(hit)) for _, hit in hits], "design_df": design.degrees()}
    return Answer("proportion", n, named, detail, missing(y, gone))


def _hit(data: Data, y: str, value: str) -> Floats:
    """1 where the column has this value, as a number where both are numbers; NaN if missing."""
    code, _ = codes(data, y)
    same: Callable[[str], bool] = value.__eq__
    try:
        wanted = float(value)
        if is_numeric(data, y):
            return np.where(code < 0, np.nan, data.numbers(y) == wanted)
    except ValueError:
        pass
    return np.where(code < 0, np.nan, [same(text) for text in data.text(y)])


def _single(values: list[float | None]) -> object:
    return values[0] if len(values) == 1 else values


METHODS = {
    "mean": mean,
    "total": total,
    "ratio": ratio,
    "diff": diff,
    "quantile": quantile,
    "proportion": proportion,
    "variance": variance,
}
