"""`survey stats kappa|gwet|homogeneity`: agreement on categories beyond chance."""

from dataclasses import asdict, replace

import click
import numpy as np
from scipy import special

from analysis.note import Note
from analysis.statistics.agreement import (
    cohen,
    conger,
    fleiss,
    gwet,
    light,
    percent_agreement,
    stuart_maxwell,
    value_counts,
)
from analysis.statistics.estimate import Estimate, NoEstimate
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.design_tests import design_kappa
from survey_app.cli.stats.method import Ask, Numbers, method
from survey_app.cli.stats.ratings import Ratings, marks, table

Json = dict[str, object]
Parts = tuple[list[Named], Json]

TRANSPOSE = click.option(
    "--transpose", "is_transposed", is_flag=True, help="每行是一个评分人，每列是一个对象"
)
CATEGORIES = click.option(
    "--categories",
    type=Numbers(),
    default=(),
    help="全部档次，如 1,2,3,4,5；没人用过的档次也影响加权 κ 和 AC",
)
SAME_WEIGHTS = {"none": "unweighted", "linear": "equal", "quadratic": "squared"}
WEIGHTS_KIND = click.option(
    "--weights-kind",
    type=click.Choice(["unweighted", "equal", "squared", "none", "linear", "quadratic"]),
    callback=lambda context, option, value: SAME_WEIGHTS.get(value, value),
    default="unweighted",
    show_default=True,
    help="差几档扣多少：不计、按差、按差的平方；none、linear、quadratic 是它们的别名",
)


@method(
    "kappa",
    "κ：Cohen（两人）、Fleiss、Light、Conger（多人）的类别一致性",
    "survey stats kappa codes.csv --items r1,r2 --kind cohen --weights-kind squared --json",
    click.option(
        "--kind",
        type=click.Choice(["cohen", "fleiss", "light", "conger"]),
        help="不写时：两个评分人用 cohen，更多用 fleiss",
    ),
    WEIGHTS_KIND,
    CATEGORIES,
    TRANSPOSE,
)
def kappa(
    data: Data,
    ask: Ask,
    *,
    kind: str | None,
    weights_kind: cohen.Weights,
    categories: tuple[float, ...],
    is_transposed: bool,
) -> Answer:
    if ask.weights or ask.strata or ask.clusters or ask.fpc:
        return _design_based(data, ask, kind, weights_kind)
    ratings = table(data, ask, is_transposed=is_transposed, is_text_allowed=True).complete()
    ratings = ratings.with_categories(categories)
    if kind is None:
        kind = "cohen" if ratings.values.shape[1] == 2 else "fleiss"
    if weights_kind != "unweighted" and kind in ("fleiss", "conger"):
        raise click.UsageError(f"--kind {kind} 不计权；加权的多人一致性请用 gwet")
    make = {"cohen": _cohen, "fleiss": _fleiss, "light": _light, "conger": _conger}[kind]
    found, detail = make(ratings, ask, weights_kind)
    n = len(ratings.values)
    full = percent_agreement.percent_agreement(ratings.values).full
    more: Json = {"kind": kind, "categories": ratings.labels, "pct": full}
    return Answer("kappa", n, found, {**detail, **more}, ratings.notes)


def _design_based(data: Data, ask: Ask, kind: str | None, weights_kind: str) -> Answer:
    """Two judgements of a sample drawn by a design."""
    if kind not in (None, "cohen") or weights_kind != "unweighted":
        raise click.UsageError("有抽样设计（--weights 等）时只有不计权的 Cohen κ")
    return replace(design_kappa(data, ask), method="kappa")


def _limits(value: float, variance: float, level: float) -> tuple[float, float, float]:
    se = float(np.sqrt(variance))
    reach = float(special.ndtri((1 + level) / 2)) * se
    return se, max(value - reach, -1.0), min(value + reach, 1.0)


def _cohen(ratings: Ratings, ask: Ask, weights_kind: cohen.Weights) -> Parts:
    if ratings.values.shape[1] != 2:
        raise click.UsageError("Cohen κ 只比两个评分人，请用 --items 给两列，或用 --kind light")
    joint = cohen.joint(ratings.values[:, 0], ratings.values[:, 1], ratings.codes)
    one = cohen.cohen(joint, weights_kind)
    se, lo, hi = _limits(one.test.kappa, one.variance, ask.level)
    estimate = Estimate(one.test.kappa, se=se, lo=lo, hi=hi, n=one.n, method="cohen")
    plain, squared = cohen.cohen(joint), cohen.cohen(joint, "squared")
    package = cohen.psych_variance(joint)
    _, *first = _limits(plain.test.kappa, plain.variance, ask.level)
    _, *second = _limits(squared.test.kappa, package, ask.level)
    detail: Json = {
        **asdict(one.test),
        "weights_kind": weights_kind,
        "variance": one.variance,
        "agreement": one.agreement,
        "chance": one.chance,
        "unweighted": asdict(plain.test),
        "equal": asdict(cohen.cohen(joint, "equal").test),
        "squared": asdict(squared.test),
        "var_squared": squared.variance,
        "psych": {
            "kappa": plain.test.kappa,
            "var_kappa": plain.variance,
            "weighted": squared.test.kappa,
            "var_weighted": package,
            "ci": [first[0], plain.test.kappa, first[1], second[0], squared.test.kappa, second[1]],
        },
        "joint": joint,
        "raters": ratings.raters,
    }
    return [Named("kappa", estimate)], detail


def _fleiss(ratings: Ratings, ask: Ask, weights_kind: cohen.Weights) -> Parts:
    counts = value_counts.with_values(value_counts.of_table(ratings.values), ratings.codes)
    one = fleiss.fleiss(counts)
    linear = gwet.coefficients(counts, "unweighted", ask.level)["fleiss"].estimate
    estimate = Estimate(
        one.overall.kappa, lo=linear.lo, hi=linear.hi, se=linear.se, df=linear.df,
        n=one.units, method="fleiss",
    )  # fmt: skip
    each = [Named("kappa", estimate)]
    for label, test in zip(ratings.labels, one.by_category, strict=True):
        value = Estimate(test.kappa if test else None, n=one.units, method="fleiss")
        each.append(Named("cat_kappa", value, {"category": label}))
    detail: Json = {
        **asdict(one.overall),
        "agreement": one.agreement,
        "chance": one.chance,
        "category": ratings.labels,
        "cat_kappa": [test and test.kappa for test in one.by_category],
        "cat_z": [test and test.z for test in one.by_category],
        "cat_p": [test and test.p for test in one.by_category],
        "raters": ratings.raters,
    }
    return each, detail


def _light(ratings: Ratings, ask: Ask, weights_kind: cohen.Weights) -> Parts:
    one = light.light(ratings.values, weights_kind)
    pairs = {
        f"{ratings.raters[g]}:{ratings.raters[h]}": value for (g, h), value in one.pairs.items()
    }
    estimate = Estimate(one.kappa, n=one.units, method="light")
    return [Named("kappa", estimate)], {
        "kappa": one.kappa,
        "pairs": pairs,
        "raters": ratings.raters,
    }


def _conger(ratings: Ratings, ask: Ask, weights_kind: cohen.Weights) -> Parts:
    one = conger.conger(ratings.values)
    linear = gwet.conger(ratings.values, "unweighted", ask.level).estimate
    estimate = Estimate(
        one.kappa, se=linear.se, df=linear.df, lo=linear.lo, hi=linear.hi, n=one.units,
        method="conger",
    )  # fmt: skip
    return [Named("kappa", estimate)], {
        "kappa": one.kappa,
        "agreement": one.agreement,
        "chance": one.chance,
        "raters": ratings.raters,
    }


@method(
    "gwet",
    "Gwet AC1/AC2 及同类系数，允许缺失，有标准误",
    "survey stats gwet ratings.csv --items r1,r2,r3,r4 --json",
    WEIGHTS_KIND,
    CATEGORIES,
    TRANSPOSE,
)
def gwet_(
    data: Data,
    ask: Ask,
    *,
    weights_kind: gwet.Weights,
    categories: tuple[float, ...],
    is_transposed: bool,
) -> Answer:
    given = marks(data, ask, is_transposed=is_transposed, is_text_allowed=True)
    every = np.array(categories if given.is_numeric else ())
    counts = value_counts.with_values(given.counts, every)
    found = gwet.coefficients(counts, weights_kind, ask.level)
    notes: list[Note] = list(given.notes)
    if ask.items or ask.rater:
        ratings = table(data, ask, is_transposed=is_transposed, is_text_allowed=True)
        try:
            found["conger"] = gwet.conger(ratings.values, weights_kind, ask.level, every)
        except NoEstimate as why:
            notes.append(why.note)
    detail: Json = {
        name: {
            "coef": one.estimate.estimate,
            "se": one.estimate.se,
            "p": one.p,
            "pa": one.agreement,
            "pe": one.chance,
            "ci": [one.estimate.lo, one.estimate.hi],
        }
        for name, one in found.items()
    }
    if weights_kind != "unweighted":
        detail["gwet_ac2"] = detail["gwet_ac1"]
    labels = [f"{one:g}" for one in counts.values] if given.is_numeric else given.labels
    detail |= {"categories": labels, "weights_kind": weights_kind}
    n = found["gwet_ac1"].estimate.n or 0
    return Answer("gwet", n, [Named(k, one.estimate) for k, one in found.items()], detail, notes)


@method(
    "homogeneity",
    "Stuart–Maxwell：两个评分人用各档的次数是否相同",
    "survey stats homogeneity codes.csv --items r1,r2 --json",
    TRANSPOSE,
)
def homogeneity(data: Data, ask: Ask, *, is_transposed: bool) -> Answer:
    ratings = table(data, ask, is_transposed=is_transposed, is_text_allowed=True).complete()
    if ratings.values.shape[1] != 2:
        raise click.UsageError("只比两个评分人，请用 --items 给两列")
    joint = cohen.joint(ratings.values[:, 0], ratings.values[:, 1], ratings.codes)
    one = stuart_maxwell.stuart_maxwell(joint)
    detail: Json = {
        "chisq": one.chisq,
        "df": one.df,
        "p": one.p,
        "categories": ratings.labels,
        "joint": joint,
    }
    estimate = Estimate(one.chisq, df=one.df, n=one.n, method="stuart-maxwell")
    return Answer("homogeneity", one.n, [Named("chisq", estimate)], detail, ratings.notes)


METHODS = {"kappa": kappa, "gwet": gwet_, "homogeneity": homogeneity}
