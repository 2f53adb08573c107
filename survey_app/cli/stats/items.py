"""`survey stats`: how the items of a questionnaire hang together."""

from contextlib import suppress
from typing import Any

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.items.cronbach import Cronbach
from analysis.statistics.items.cronbach import cronbach as cronbach_of
from analysis.statistics.items.dif import dif
from analysis.statistics.items.differences import differences
from analysis.statistics.items.discrimination import discrimination
from analysis.statistics.items.guttman import guttman as guttman_of
from analysis.statistics.items.item_statistics import ItemStatistics, item_statistics
from analysis.statistics.items.moments import Floats, ItemMoments, moments_of_rows
from analysis.statistics.items.omega import omega_hierarchical, omega_total
from analysis.statistics.items.polychoric import joint_counts
from analysis.statistics.items.polychoric import polychoric as polychoric_of
from analysis.statistics.items.rewording import rewording
from analysis.statistics.items.scalability import scalability as scalability_of
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import Ask, method

ROWS = click.option(
    "--rows",
    type=click.Choice(["pairwise", "complete"]),
    default="pairwise",
    show_default=True,
    help="缺失：每两题用都答了的人，或只用全部答完的人",
)


def _answers(data: Data, ask: Ask) -> Floats:
    ask.need("items")
    return data.matrix(ask.items)


def _missing(x: Floats, rows: str) -> tuple[Note, ...]:
    n = int(np.isnan(x).any(axis=1).sum())
    if n == 0:
        return ()
    if rows == "complete":
        return (Note(N_("{n} 行没有答完，没有计入"), {"n": n}),)
    return (Note(N_("{n} 行没有答完，每两题用都答了的人计算"), {"n": n}),)


def _moments(data: Data, ask: Ask, rows: Any) -> tuple[ItemMoments, ItemMoments | None]:
    """What to work on, and the moments between units as well where --ratee centres within them."""
    x = _answers(data, ask)
    raw = moments_of_rows(x, rows)
    if ask.ratee is None:
        return raw, None
    return moments_of_rows(x, rows, data.text(ask.ratee)), raw


def _within(raw: ItemMoments | None) -> tuple[Note, ...]:
    if raw is None:
        return ()
    return (Note(N_("已在各评议对象之内计算；把对象之间的差别算进去会高估信度，另列作对照")),)


@method(
    "cronbach",
    "信度 α：费尔特区间、标准误，每题的题余相关和删题后 α",
    "survey stats cronbach answers.csv --items q1,q2,q3 --json",
    ROWS,
)
def cronbach(data: Data, ask: Ask, rows: str) -> Answer:
    x = _answers(data, ask)
    moments, raw = _moments(data, ask, rows)
    found = cronbach_of(moments, ask.level)
    n = moments.n
    named = [
        Named("alpha", found.alpha),
        Named("std_alpha", Estimate(found.standardised, n=n, method="standardised")),
        Named("G6", Estimate(found.g6, n=n, method="guttman lambda 6")),
        Named("avg_r", Estimate(found.average_r, n=n, method="mean correlation")),
    ]
    if raw is not None:
        named.insert(1, Named("alpha_between_and_within", cronbach_of(raw, ask.level).alpha))
    notes = (*_missing(x, rows), *_within(raw), *found.notes)
    return Answer("cronbach", n, named, _cronbach_detail(found, x, ask, rows), notes)


def _cronbach_detail(found: Cronbach, x: Floats, ask: Ask, rows: str) -> dict[str, object]:
    kept = ~np.isnan(x)
    used = kept.all(axis=1) if rows == "complete" else kept.any(axis=1)
    scores = np.where(kept, x, 0.0)[used].sum(axis=1) / kept[used].sum(axis=1)
    alpha = found.alpha
    return {
        "items": ask.items,
        "raw_alpha": alpha.estimate,
        "std_alpha": found.standardised,
        "G6": found.g6,
        "avg_r": found.average_r,
        "ase": alpha.se,
        "feldt_ci": [alpha.lo, alpha.hi],
        "mean": float(scores.mean()),
        "sd": float(scores.std(ddof=1)),
        "r_drop": found.r_drop,
        "r_cor": found.r_cor,
        "alpha_drop": found.alpha_drop,
        "rows": rows,
    }


@method(
    "omega",
    "信度 ω：单因子的总 ω，或分层 ω（--factors 3）",
    "survey stats omega answers.csv --items q1,q2,q3,q4,q5,q6 --json",
    click.option("--factors", type=click.IntRange(1, 10), default=1, show_default=True),
    ROWS,
)
def omega(data: Data, ask: Ask, factors: int, rows: str) -> Answer:
    x = _answers(data, ask)
    moments, raw = _moments(data, ask, rows)
    notes = (*_missing(x, rows), *_within(raw))
    if factors > 1:
        return _hierarchical(moments, factors, ask, notes)
    total = omega_total(moments, "minres", ask.level)
    r = moments.restricted(np.array(total.places)).correlation()
    detail: dict[str, object] = {
        "items": [ask.items[place] for place in total.places],
        "omega_minres": total.total.estimate,
        "loadings_minres": total.loadings,
        "omega_via_R": float(1 - (1 - total.loadings**2).sum() / r.sum()) if r.sum() > 0 else None,
        "eigenvalues": np.linalg.eigvalsh(r)[::-1],
    }
    named = [Named("omega", total.total)]
    try:
        likely = omega_total(moments, "ml", ask.level)
    except NoEstimate as why:
        notes += (why.note,)
    else:
        named.append(Named("omega_ml", likely.total))
        detail |= {"omega_ml": likely.total.estimate, "loadings_ml": likely.loadings}
    with suppress(NoEstimate):
        general = _hierarchical(moments, GROUP_FACTORS, ask, ())
        detail |= {**general.detail, "group_factors": GROUP_FACTORS}
    return Answer("omega", moments.n, named, detail, notes)


GROUP_FACTORS = 3
"""What psych::omega takes where nothing else is said, for the detail beside one factor."""


def _hierarchical(moments: ItemMoments, factors: int, ask: Ask, notes: tuple[Note, ...]) -> Answer:
    found = omega_hierarchical(moments, factors)
    alpha = cronbach_of(moments, ask.level).standardised
    figures = {
        "omega_h": found.hierarchical,
        "omega_tot": found.total,
        "ecv": found.ecv,
        "alpha": alpha,
    }
    named = [Named(key, Estimate(value, n=found.n)) for key, value in figures.items()]
    detail = {**figures, "general": found.general, "group": found.group, "phi": found.phi}
    return Answer("omega", found.n, named, detail, (*notes, *found.notes))


@method(
    "guttman",
    "信度下限 λ1–λ6、最好和最差的对半分法，相关矩阵的特征值",
    "survey stats guttman answers.csv --items q1,q2,q3,q4 --json",
    ROWS,
)
def guttman(data: Data, ask: Ask, rows: str) -> Answer:
    x = _answers(data, ask)
    moments, raw = _moments(data, ask, rows)
    found = guttman_of(moments)
    figures = {
        "lambda1": found.lambda1,
        "lambda2": found.lambda2,
        "lambda3_alpha": found.lambda3,
        "lambda4_max": found.lambda4_max,
        "lambda5": found.lambda5,
        "lambda6": found.lambda6,
        "beta_min": found.beta_min,
    }
    named = [Named(key, Estimate(value, n=found.n)) for key, value in figures.items()]
    detail = {**figures, "eigenvalues": found.eigenvalues}
    notes = (*_missing(x, rows), *_within(raw), *found.notes)
    return Answer("guttman", found.n, named, detail, notes)


@method(
    "polychoric",
    "多项相关：把选项看作连续态度的分段",
    "survey stats polychoric answers.csv --items q1,q2,q3 --json",
)
def polychoric(data: Data, ask: Ask) -> Answer:
    x = _answers(data, ask)
    _refuse_no_answers(x)
    joint, values = joint_counts(x)
    found = polychoric_of(joint)
    k = len(ask.items)
    if k > 1 and all(found.rho[i][j].estimate is None for i in range(k) for j in range(i)):
        raise NoEstimate("undefined", found.rho[0][1].notes[0])
    named = [
        Named(f"{ask.items[i]}:{ask.items[j]}", found.rho[i][j]) for j in range(k) for i in range(j)
    ]
    detail = {
        "items": ask.items,
        "options": values,
        "rho": [[one.estimate for one in row] for row in found.rho],
        "lower_triangle": [found.rho[i][j].estimate for j in range(k) for i in range(j + 1, k)],
        "tau": dict(zip(ask.items, found.thresholds, strict=True)),
    }
    return Answer("polychoric", data.n, named, detail, _missing(x, "pairwise"))


@method(
    "scalability",
    "量表系数 H（Loevinger）：整份、每题、每两题，带标准误",
    "survey stats scalability answers.csv --items q1,q2,q3 --json",
)
def scalability(data: Data, ask: Ask) -> Answer:
    x = _answers(data, ask)
    found = scalability_of(x, ask.level)
    named = [Named("H", found.scale)]
    named += [Named(f"Hi:{item}", one) for item, one in zip(ask.items, found.items, strict=True)]
    detail = {
        "items": ask.items,
        "H": found.scale.estimate,
        "H_se": found.scale.se,
        "Hi": [one.estimate for one in found.items],
        "Hi_se": [one.se for one in found.items],
        "Hij": found.pairs,
    }
    return Answer("scalability", found.scale.n or 0, named, detail, _missing(x, "complete"))


@method(
    "items",
    "逐题统计：各选项比例、天花板、不了解、题余相关、各组差别，和该改写的题目",
    "survey stats items answers.csv --items q1,q2,q3 --unknown 9 --by class --json",
    click.option("--unknown", type=float, help="表示“不了解”的数值，不计分"),
)
def items(data: Data, ask: Ask, unknown: float | None) -> Answer:
    x = _answers(data, ask)
    did_not_know = np.zeros_like(x, dtype=bool) if unknown is None else x == unknown
    x = np.where(did_not_know, np.nan, x)
    _refuse_no_answers(x)
    joint, values = joint_counts(x)
    if ask.ratee is not None:
        units = data.groups([ask.ratee])
        joint = np.stack([_joint(x[units.code == u], values) for u in range(len(units))])
    found = item_statistics(joint, values, did_not_know.sum(axis=0), data.n)
    detail: dict[str, object] = {
        "options": values,
        "items": _table(ask, found, discrimination(x)),
    }
    functioning = _compared(data, ask, x, values, detail) if ask.by else ()
    width = float(np.ptp(values)) if len(values) > 1 else 1.0
    advice = rewording(ask.items, found, _correlation(x), functioning, width)
    detail["reword"] = [
        {"item": ask.items[one.item], "urgency": one.urgency, "reasons": one.reasons}
        for one in advice
    ]
    named = [
        Named("mean", _mean(one), {"item": item})
        for item, one in zip(ask.items, found, strict=True)
    ]
    return Answer("items", data.n, named, detail, _constant(ask, x))


def _refuse_no_answers(x: Floats) -> None:
    if np.isnan(x).all():
        raise NoEstimate("too_few", Note(N_("这些题目没有一份计分的回答")))


def _constant(ask: Ask, x: Floats) -> tuple[Note, ...]:
    """What cannot be said of items that do not vary."""
    named = zip(ask.items, x.T, strict=True)
    same = [item for item, one in named if len(np.unique(one[~np.isnan(one)])) < 2]
    if not same:
        return ()
    text = N_("{items} 没有回答或回答全部相同，与其他题目的相关、偏度和鉴别力没有定义")
    return (Note(text, {"items": "、".join(same)}),)


def _joint(x: Floats, values: Floats) -> Any:
    onehot = (x[:, :, None] == values).astype(np.int64).reshape(len(x), -1)
    k, m = x.shape[1], len(values)
    return (onehot.T @ onehot).reshape(k, m, k, m).transpose(0, 2, 1, 3)


def _mean(one: ItemStatistics) -> Estimate:
    if one.mean is None or one.sd is None:
        return Estimate(one.mean, n=one.n, notes=(Note(N_("没有足够的回答，没有标准误")),))
    return Estimate(one.mean, one.sd / one.n**0.5, one.n - 1, n=one.n, method="srs")


def _table(ask: Ask, found: tuple[ItemStatistics, ...], d: Any) -> list[dict[str, object]]:
    return [
        {
            "item": item,
            "n": one.n,
            "shares": one.shares,
            "unknown_share": one.unknown_share,
            "mean": one.mean,
            "sd": one.sd,
            "skew": one.skew,
            "floor": one.floor,
            "ceiling": one.ceiling,
            "r_drop": one.item_rest,
            "same_as_previous": one.same_as_previous,
            "discrimination": d_one,
        }
        for item, one, d_one in zip(ask.items, found, d, strict=True)
    ]


def _correlation(x: Floats) -> Any:
    """Correlations with NaN for items that do not vary, or None where there are none."""
    try:
        moments = moments_of_rows(x)
    except NoEstimate:
        return None
    used = moments.varying
    r = np.full((x.shape[1],) * 2, np.nan)
    if len(used):
        r[np.ix_(used, used)] = moments.restricted(used).correlation()
    return r


def _compared(
    data: Data, ask: Ask, x: Floats, values: Floats, detail: dict[str, object]
) -> tuple[Any, ...]:
    groups = data.groups(ask.by)
    counts = np.stack(
        [(x[groups.code == g][:, :, None] == values).sum(axis=0) for g in range(len(groups))],
        axis=1,
    )
    tests = differences(counts)
    functioning = dif(x, groups.code)
    detail["groups"] = groups.names
    detail["differences"] = [
        {
            "item": item,
            "G2": one.g2,
            "X2": one.x2,
            "df": one.df,
            "p": one.p,
            "q": one.q,
            "cramer_v": one.cramer_v,
        }
        for item, one in zip(ask.items, tests, strict=True)
    ]
    detail["dif"] = [
        {"item": item, "Q": one.statistic, "df": one.df, "p": one.p, "q": one.q, "gap": one.gap}
        for item, one in zip(ask.items, functioning, strict=True)
    ]
    return functioning


METHODS = {
    "cronbach": cronbach,
    "omega": omega,
    "guttman": guttman,
    "polychoric": polychoric,
    "scalability": scalability,
    "items": items,
}
