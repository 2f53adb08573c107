"""`survey stats nonresponse|weights-summary|balance`: who is missing, and what weights cost."""

from pathlib import Path

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.weights.balance import standardised_difference
from analysis.statistics.weights.effective_size import design_effect, effective_size, intraclass
from analysis.statistics.weights.margins import Floats
from analysis.statistics.weights.nonresponse import (
    Adjusted,
    adjust_by_class,
    adjust_by_propensity,
    early_late,
    inverse_odds,
    r_indicator,
)
from analysis.statistics.weights.propensity import Propensity, logit
from analysis.statistics.weights.response_rates import (
    Dispositions,
    census_bounds,
    response_rate,
    response_rates,
)
from forms.problems import N_, InputError, Problem
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import FILE, Ask, Numbers, column_of, method, write_columns


@method(
    "nonresponse",
    "无应答：应答率、代表性指标、按应答倾向加权、普查得分的界",
    "survey stats nonresponse roster.csv --y answered --by class,stratum --items age --json",
    click.option("--undeliverable", help="无法送达或不合资格的列（0/1），不算在发放数内"),
    click.option("--score", help="得分列：给出普查得分的界和加权后的均值"),
    click.option("--bounds", type=Numbers(), default=(), help="量表的下限,上限，例如 0,100"),
    click.option("--late", help="晚答的列（0/1），与 --score 一起比较早答与晚答"),
    click.option("--weights-to", type=click.Path(path_type=Path), help="把权数写成 CSV"),
)
def nonresponse(
    data: Data,
    ask: Ask,
    undeliverable: str | None,
    score: str | None,
    bounds: tuple[float, ...],
    late: str | None,
    weights_to: Path | None,
) -> Answer:
    """`--by` columns are classes and, with the numbers of `--items`, traits of the model."""
    answered = _flags(data, ask.column("y"))
    issued = np.ones(data.n, dtype=np.bool_)
    if undeliverable is not None:
        issued = _flags(data, undeliverable) == 0
    issued &= ~np.isnan(answered)
    lost = int((~issued).sum())
    here, answered = data.kept(issued), answered[issued]
    found = _rates(here, ask, answered)
    d = np.ones(here.n) if ask.weights is None else here.numbers(ask.weights)
    cases = Dispositions(int(answered.sum()), refusal=int((1 - answered).sum()), ineligible=lost)
    detail: dict[str, object] = {**response_rates(cases), "issued": data.n, "left_out": lost}
    by_class = adjust_by_class(answered, here.groups(ask.by).code, d)
    notes: tuple[Note, ...] = by_class.notes
    by_row = _in_file_order(issued, by_class.weights)
    detail["weights"] = by_row
    detail["factor"] = dict(zip(here.groups(ask.by).names, by_class.factor.tolist(), strict=True))
    adjusted = {"class": by_class}
    if ask.by or ask.items:
        try:
            traits, fit = _model(here, ask, answered)
        except NoEstimate as why:
            notes += (why.note,)
        else:
            adjusted |= _by_model(fit.fitted, answered, d)
            indicator = r_indicator(fit.fitted, d)
            detail |= _fitted(traits, fit) | {"r_indicator": indicator}
            detail["weights_propensity"] = _in_file_order(issued, adjusted["propensity"].weights)
            detail["weights_ipw"] = _in_file_order(issued, adjusted["ipw"].weights)
            found.append(Named("r_indicator", Estimate(indicator, n=here.n, method="R-indicator")))
            notes += (*fit.notes, *adjusted["propensity"].notes)
    if score is not None:
        found += _scores(here, score, answered, bounds, late, adjusted)
    if weights_to is not None:
        write_columns(weights_to, {"row": range(1, data.n + 1), "weight": by_row})
    if lost:
        notes += (Note(N_("有 {n} 个无法送达或没有应答记录，不算在内"), {"n": lost}),)
    return Answer("nonresponse", here.n, found, detail, notes)


def _flags(data: Data, column: str) -> Floats:
    values = data.numbers(column)
    wrong = np.flatnonzero(~np.isnan(values) & (values != 0) & (values != 1))
    if len(wrong):
        text, remedy = N_("“{column}”列只能是 0 或 1"), N_("应答填 1，未应答填 0")
        place = f"{data.file}:{int(wrong[0]) + 2}"
        raise InputError([Problem(place, text, remedy, {"column": column})])
    return values


def _in_file_order(kept: np.ndarray, values: Floats) -> list[float | None]:
    whole = np.full(len(kept), np.nan)
    whole[kept] = values
    return [None if np.isnan(one) else one for one in whole.tolist()]


def _rates(data: Data, ask: Ask, answered: Floats) -> list[Named]:
    found = [Named("rate", response_rate(int(answered.sum()), data.n, level=ask.level))]
    groups = data.groups(ask.by)
    if ask.by:
        valid = np.bincount(groups.code, answered, minlength=len(groups))
        size = np.bincount(groups.code, minlength=len(groups))
        found += [
            Named(
                "rate",
                response_rate(int(valid[one]), int(size[one]), level=ask.level),
                groups.by(one),
            )
            for one in range(len(groups))
        ]
    return found


def _model(data: Data, ask: Ask, answered: Floats) -> tuple[list[str], Propensity]:
    """The response model; where there is none, NoEstimate says why and the rates stand alone."""
    names, x = _traits(data, ask)
    return names, logit(answered, x)


def _fitted(names: list[str], fit: Propensity) -> dict[str, object]:
    return {
        "columns": names,
        "coef": fit.coefficients,
        "se": fit.se,
        "llf": fit.log_likelihood,
        "iterations": fit.iterations,
        "propensity": fit.fitted,
    }


def _by_model(propensity: Floats, answered: Floats, d: Floats) -> dict[str, Adjusted]:
    """Weights by five propensity classes, and by the inverse odds of the sample."""
    odds = inverse_odds(propensity)
    return {
        "propensity": adjust_by_propensity(answered, propensity, d),
        "ipw": Adjusted(answered * d * odds, odds),
    }


def _traits(data: Data, ask: Ask) -> tuple[list[str], Floats]:
    """A constant, indicators of every level but the first of --by, and the numbers of --items."""
    names, columns = ["const"], [np.ones(data.n)]
    for name in ask.by:
        groups = data.groups([name])
        for place, level in enumerate(groups.names[1:], start=1):
            names.append(f"{name}_{level}")
            columns.append((groups.code == place).astype(np.float64))
    for name in ask.items:
        names.append(name)
        columns.append(data.numbers(name))
    x = np.column_stack(columns)
    if np.isnan(x).any():
        raise NoEstimate("undefined", Note(N_("应答模型的数值列有缺失，请先补齐或去掉这些行")))
    return names, x


def _scores(
    data: Data,
    score: str,
    answered: Floats,
    bounds: tuple[float, ...],
    late: str | None,
    adjusted: dict[str, Adjusted],
) -> list[Named]:
    values = data.numbers(score)
    there = (answered == 1) & ~np.isnan(values)
    if not there.any():
        return []
    x = values[there]
    mean = float(x.mean())
    found = [Named("mean", Estimate(mean, n=len(x), method="raw"))]
    for name, one in adjusted.items():
        if (total := float(one.weights[there].sum())) > 0:
            value = float(one.weights[there] @ x) / total
            found.append(Named(f"mean_{name}", Estimate(value, n=len(x), method=name)))
    if len(bounds) == 2:
        low, high = census_bounds(mean, len(x) / data.n, bounds[0], bounds[1])
        label = Note(N_("上下限是全部应答时得分的界，不是抽样误差"))
        found.append(
            Named("census", Estimate(mean, None, None, low, high, data.n, "bounds", (label,)))
        )
    if late is not None:
        is_late = _flags(data, late)[there] == 1
        found.append(Named("late_minus_early", early_late(x[~is_late], x[is_late])))
    return found


@method(
    "weights-summary",
    "权数的代价：设计效应与有效样本量",
    "survey stats weights-summary sample.csv --weights w --json",
)
def weights_summary(data: Data, ask: Ask) -> Answer:
    weights = data.numbers(ask.column("weights"))
    there = ~np.isnan(weights)
    data, weights = data.kept(there), weights[there]
    whole = effective_size(weights)
    found = [
        Named("deff", Estimate(whole.deff, n=whole.n, method="kish")),
        Named("n_eff", Estimate(whole.n_eff, n=whole.n, method="kish")),
    ]
    groups = data.groups(ask.by)
    for number in range(len(groups)) if ask.by else ():
        one = effective_size(weights[groups.code == number])
        found += [
            Named("deff", Estimate(one.deff, n=one.n, method="kish"), groups.by(number)),
            Named("n_eff", Estimate(one.n_eff, n=one.n, method="kish"), groups.by(number)),
        ]
    detail: dict[str, object] = {
        "sum": float(weights.sum()),
        "mean": float(weights.mean()),
        "min": float(weights.min()),
        "max": float(weights.max()),
        "cv": float(weights.std() / weights.mean()),
        "deff": whole.deff,
        "n_eff": whole.n_eff,
        "kish_deff": whole.deff,
        "kish_n_eff": whole.n_eff,
        "is_publishable": whole.is_publishable,
    }
    return Answer(
        "weights-summary", whole.n, found, detail | _clustering(data, ask, weights), whole.notes
    )


def _clustering(data: Data, ask: Ask, weights: Floats) -> dict[str, object]:
    """The design effect taken apart, where clusters and an outcome are given."""
    if not (ask.clusters and ask.y):
        return {}
    y, code = data.numbers(ask.y), data.groups(ask.clusters[:1]).code
    there = ~np.isnan(y)
    cluster = np.unique(code[there], return_inverse=True)[1].ravel()
    icc = intraclass(y[there], cluster)
    if icc is None:
        return {"icc": None}
    parts = design_effect(weights[there], cluster, icc)
    return {
        "icc": icc,
        "deff_weighting": parts.weighting,
        "deff_clustering": parts.clustering,
        "cluster_size": parts.cluster_size,
        "deff_total": parts.total,
    }


@method(
    "balance",
    "平衡：样本与总体在各变量上相差几个标准差",
    "survey stats balance sample.csv --items income --target population.csv --weights w",
    click.option(
        "--target",
        type=FILE,
        required=True,
        help="总体（或参照样本）的 CSV，列名相同",
    ),
)
def balance(data: Data, ask: Ask, target: Path) -> Answer:
    from survey_app.cli.stats.data import read

    names = [*([ask.y] if ask.y else []), *ask.items]
    if not names:
        raise click.UsageError("这个方法需要 --items 或 --y")
    other = read(target)
    weights = column_of(data, ask.weights)
    found, detail = [], {}
    for name in names:
        x, t = data.numbers(name), other.numbers(name)
        before = standardised_difference(x, t)
        after = standardised_difference(x, t, weights) if ask.weights else before
        found.append(Named(name, after))
        detail[name] = {"before": before.estimate, "after": after.estimate}
    return Answer("balance", data.n, found, detail)


METHODS = {"nonresponse": nonresponse, "weights-summary": weights_summary, "balance": balance}
