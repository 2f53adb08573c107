"""Tests, regression and agreement under a sampling design."""

import click
import numpy as np
from scipy import stats

from analysis.statistics.design import kappa as kappas
from analysis.statistics.design import linearisation as linear
from analysis.statistics.design import ttest
from analysis.statistics.design.design import Design, Floats
from analysis.statistics.design.regression import Regression, regression
from analysis.statistics.design.tests_of_tables import rao_scott
from analysis.statistics.estimate import Estimate
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import Ask, Names, method
from survey_app.cli.stats.sampling import codes, indicators, is_numeric, missing, pair, sampling


@method(
    "ttest",
    "两组均值的 t 检验（--by 两组），或单个均值与 --mu 比较",
    "survey stats ttest ratings.csv --y score --by rater_class --weights w --strata unit",
    click.option("--mu", type=float, default=0.0, show_default=True, help="单样本时的比较值"),
)
def t_test(data: Data, ask: Ask, mu: float) -> Answer:
    """Later label less the earlier, as the difference of means."""
    y = ask.column("y")
    x, design = data.numbers(y), sampling(data, ask)
    if ask.by:
        group, names = pair(data, ask)
        found, name = ttest.two_groups(design, x, group, ask.level), " - ".join(names[::-1])
    else:
        found, name = ttest.one_mean(design, x, mu, ask.level), f"{y} - {mu:g}"
    one = found.difference
    detail = {"diff": one.estimate, "t": found.t, "df": found.df, "p": found.p}
    return Answer("ttest", one.n or 0, [Named(name, one)], detail, missing(y, np.isnan(x)))


@method(
    "table",
    "列联表独立性检验（Rao–Scott 校正）",
    "survey stats table ratings.csv --items answer,rater_class --weights w --strata unit",
    click.option(
        "--statistic",
        type=click.Choice(["F", "chisq"]),
        default="F",
        show_default=True,
        help="p 值按二阶校正的 F，还是一阶校正的卡方",
    ),
)
def table(data: Data, ask: Ask, statistic: str) -> Answer:
    """Rao and Scott's test of two text columns, and the share of each cell."""
    (a, a_levels), (b, b_levels) = (codes(data, name) for name in _two(ask))
    design, both = sampling(data, ask), (a >= 0) & (b >= 0)
    found = rao_scott(design, a, b)
    cells = [
        (f"{one}:{other}", ((a == i) & (b == j)).astype(np.float64))
        for i, one in enumerate(a_levels)
        for j, other in enumerate(b_levels)
    ]
    shares = linear.means(design, np.column_stack([hit for _, hit in cells]), both)
    every = linear.estimates(design, shares, ask.level)
    named = [Named(name, one) for (name, _), one in zip(cells, every, strict=True)]
    detail = {
        "F": found.f,
        "ndf": found.ndf,
        "ddf": found.ddf,
        "X2": found.x2,
        "df": found.df,
        "p": found.p_f if statistic == "F" else found.p_chisq,
        "p_F": found.p_f,
        "p_chisq": found.p_chisq,
        "deff": found.deffs,
        "rows": list(a_levels),
        "columns": list(b_levels),
    }
    return Answer("table", found.n, named, detail, missing("、".join(ask.items), ~both))


def _two(ask: Ask) -> tuple[str, str]:
    if len(ask.items) != 2:
        raise click.UsageError("这个方法需要 --items A,B（正好两列）")
    return ask.items[0], ask.items[1]


@method(
    "regression",
    "抽样设计下的线性回归",
    "survey stats regression schools.csv --y api00 --x ell,meals,mobility --weights w --strata s",
    click.option("--x", type=Names(), required=True, help="自变量列；文字列化为各类与首类之差"),
)
def line(data: Data, ask: Ask, x: tuple[str, ...]) -> Answer:
    """Coefficients with design-based standard errors."""
    y, design = ask.column("y"), sampling(data, ask)
    target, columns = data.numbers(y), _predictors(data, x)
    matrix = np.column_stack([np.ones(data.n), *(values for _, values in columns)])
    found = regression(design, target, matrix)
    named = [
        Named(name, _coefficient(design, found, place, ask.level))
        for place, name in enumerate(("(Intercept)", *(name for name, _ in columns)))
    ]
    b, se = found.of.value, np.sqrt(np.diag(found.covariance))
    t = np.where(se > 0, b / np.where(se > 0, se, 1.0), np.nan)
    p = 2 * stats.t.sf(np.abs(t), found.df) if found.df > 0 else np.full(len(t), np.nan)
    detail = {
        "names": [one.name for one in named],
        "coef": b,
        "se": se,
        "t": t,
        "p": p,
        "df": found.df,
        "covariance": found.covariance,
    }
    gone = np.isnan(target) | np.isnan(matrix).any(axis=1)
    return Answer("regression", found.n, named, detail, missing("、".join((y, *x)), gone))


def _predictors(data: Data, x: tuple[str, ...]) -> list[tuple[str, Floats]]:
    found: list[tuple[str, Floats]] = []
    for name in x:
        found += (
            [(name, data.numbers(name))] if is_numeric(data, name) else indicators(data, name)[1:]
        )
    return found


def _coefficient(design: Design, found: Regression, place: int, level: float) -> Estimate:
    value, v = float(found.of.value[place]), float(found.covariance[place, place])
    return linear.interval(design, value, v, found.n, found.df, level, "linear")


def design_kappa(data: Data, ask: Ask) -> Answer:
    """Cohen's kappa of two columns of levels."""
    first, second = _two(ask)
    data.require([first, second])
    levels = sorted({*codes(data, first)[1], *codes(data, second)[1]})
    place = {level: number for number, level in enumerate(levels)}
    a, b = (
        np.array([place.get(text, -1) for text in data.text(name)], dtype=np.int64)
        for name in (first, second)
    )
    design = sampling(data, ask)
    one = linear.estimates(design, kappas.kappa(design, a, b), ask.level)[0]
    gone = missing(f"{first}、{second}", (a < 0) | (b < 0))
    return Answer("kappa-design", one.n or 0, [Named("kappa", one)], {"levels": levels}, gone)


@method(
    "kappa-design",
    "抽样设计下两次判断的 Cohen kappa",
    "survey stats kappa-design ratings.csv --items first,second --weights w --strata unit",
)
def kappa(data: Data, ask: Ask) -> Answer:
    return design_kappa(data, ask)


METHODS = {"ttest": t_test, "table": table, "regression": line, "kappa-design": kappa}
