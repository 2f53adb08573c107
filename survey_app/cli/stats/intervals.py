"""`survey stats trimmed`, `winsor`, `padjust`, `change`, `interval` and `shares`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.comparisons import multiple_testing, two_periods
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.intervals import proportions, scores, simultaneous
from analysis.statistics.robust.trimmed import trimmed as trimmed_mean
from analysis.statistics.robust.winsorised import quantile_winsorised, winsorised
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data, Floats
from survey_app.cli.stats.method import FILE, Ask, Names, Numbers, column_of, method

LEFT_OUT = N_("“{column}”列有 {n} 行缺失，没有计入")
MADE_BOUNDS = N_("没有给出 --bounds，按数据中的最低分 {low} 和最高分 {high} 计算")
CUT = click.option(
    "--cut",
    type=float,
    default=0.05,
    show_default=True,
    help="两端各去掉的份额；1 以上的整数则是各去掉的个数",
)
P_METHODS = ("BH", "BY", "holm", "hochberg", "bonferroni", "fdr", "none")
P_METHOD = click.option(
    "--p-method",
    type=click.Choice(P_METHODS, case_sensitive=False),
    default="BH",
    show_default=True,
    help="多重比较的校正方法",
)


def _samples(data: Data, ask: Ask) -> Iterator[tuple[str, dict[str, str], Floats]]:
    """The numbers of each variable and group: its name, its levels, its values as read."""
    names = ask.items or (ask.column("y"),)
    groups = data.groups(ask.by)
    for name in names:
        values = data.numbers(name)
        for place in range(len(groups)):
            yield name, groups.by(place) if ask.by else {}, values[groups.code == place]


def _each(
    data: Data,
    ask: Ask,
    label: str,
    work: Callable[[Floats], tuple[Estimate, dict[str, object]]],
) -> Answer:
    """One estimate for each variable and group; the detail by name where there are several."""
    named: list[Named] = []
    details: dict[str, object] = {}
    notes: list[Note] = []
    n = 0
    for name, by, values in _samples(data, ask):
        known = values[~np.isnan(values)]
        if len(known) < len(values):
            notes.append(Note(LEFT_OUT, {"column": name, "n": len(values) - len(known)}))
        try:
            estimate, detail = work(known)
        except NoEstimate as why:
            if not ask.by and len(ask.items) < 2:
                raise
            estimate, detail = Estimate(None, n=len(known), notes=(why.note,)), {}
        n += len(known)
        named.append(Named(name, estimate, by))
        details[":".join((name, *by.values()))] = detail
    (only, *others) = details.values()
    shown = details if others else only
    assert isinstance(shown, dict)
    return Answer(label, n, named, shown, notes)


@method(
    "trimmed",
    "截尾均值（去掉最高分最低分）和 Tukey-McLaughlin 标准误。",
    "survey stats trimmed ratings.csv --y score --cut 0.1 --by unit --json",
    CUT,
)
def trimmed(data: Data, ask: Ask, cut: float) -> Answer:
    def work(values: Floats) -> tuple[Estimate, dict[str, object]]:
        found = trimmed_mean(values, cut)
        one = found.estimate(ask.level)
        return one, {
            "trim": found.share,
            "h": found.h,
            "mean": found.mean,
            "winsor_mean": found.winsor_mean,
            "winsor_sd": found.winsor_sd,
            "se_tukey_mclaughlin": found.se,
            "ci": [one.lo, one.hi],
        }

    return _each(data, ask, "trimmed", work)


@method(
    "winsor",
    "缩尾均值：两端的分数换成留下的最低和最高分，不去掉。",
    "survey stats winsor ratings.csv --y score --cut 0.1 --json",
    CUT,
    click.option(
        "--kind",
        type=click.Choice(("order", "quantile")),
        default="order",
        show_default=True,
        help="order 按次序；quantile 按分位数（与 R 的 psych 相同，没有标准误）",
    ),
    click.option("--points", is_flag=True, help="分数只有几档：用 s_w/√n 作标准误"),
)
def winsor(data: Data, ask: Ask, cut: float, kind: str, *, points: bool) -> Answer:
    def work(values: Floats) -> tuple[Estimate, dict[str, object]]:
        found = winsorised(values, cut)
        by_quantile = quantile_winsorised(values, cut) if cut < 1 else None
        one = found.estimate(ask.level, "points" if points else "continuous")
        if kind == "quantile":
            one = Estimate(by_quantile, n=found.n, method="winsor_quantile")
        return one, {
            "trim": cut,
            "h": found.h,
            "winsor_mean": found.mean,
            "winsor_sd": found.sd,
            "se_points": found.se_points,
            "se_continuous": found.se_continuous,
            "quantile_mean": by_quantile,
        }

    return _each(data, ask, "winsor", work)


@method(
    "padjust",
    "多重比较校正后的 p 值；整份文件是一族。",
    "survey stats padjust tests.csv --y p --p-method holm --json",
    P_METHOD,
)
def padjust(data: Data, ask: Ask, p_method: str) -> Answer:
    column = ask.column("y")
    p = data.numbers(column)
    known = ~np.isnan(p)
    names = data.text(ask.id) if ask.id else [str(row) for row in range(1, data.n + 1)]
    kind = p_method.lower()
    adjusted = p[known] if kind == "none" else multiple_testing.KINDS[kind](p[known])
    shown = [name for name, is_known in zip(names, known, strict=True) if is_known]
    alpha = 1 - ask.level
    rejected = int((adjusted <= alpha * (1 + 1e-12)).sum())
    detail = {
        "p_method": p_method,
        "p": p[known],
        "adjusted": adjusted,
        "alpha": alpha,
        "n_reject": rejected,
        f"n_reject_{f'{alpha:.6g}'.removeprefix('0.')}": rejected,
    }
    named = [
        Named(name, Estimate(float(q), n=1, method=p_method))
        for name, q in zip(shown, adjusted, strict=True)
    ]
    left = data.n - len(adjusted)
    notes = [Note(LEFT_OUT, {"column": column, "n": left})] if left else []
    return Answer("padjust", len(adjusted), named, detail, notes)


@method(
    "change",
    "与上年比：两列（--items 上年,今年 --se 各自的标准误）、两个文件（--later），"
    "或同一批人两年的分数（--items，不给 --se）。",
    (
        "survey stats change 2024.csv --later 2025.csv --id unit --y score --se se --json",
        "survey stats change both.csv --items y2024,y2025 --se se2024,se2025 --id unit",
    ),
    click.option("--later", type=FILE, help="今年的文件，与上年同样的列"),
    click.option("--se", "se", type=Names(), default=(), help="标准误的列：两个文件一列，否则两列"),
    click.option("--cov", "cov", help="两年得分协方差的列"),
    click.option("--overlap", type=float, default=0.0, help="两年都答的人占人数较少一年的份额"),
    click.option("--correlation", "--rho", type=float, default=0.5, help="同一人两年分数的相关"),
    P_METHOD,
)
def change(
    data: Data,
    ask: Ask,
    later: Path | None,
    se: tuple[str, ...],
    cov: str | None,
    overlap: float,
    correlation: float,
    p_method: str,
) -> Answer:
    if later is None and not se:
        return _linked(data, ask)
    names, columns = _two_years(data, ask, later, se, cov)
    known = np.flatnonzero(~np.isnan(columns).any(axis=0))
    left = len(names) - len(known)
    names = [names[row] for row in known]
    m1, s1, m2, s2, given = columns[:, known]
    covariance = given
    if overlap:
        same = np.ones_like(m1)
        covariance = two_periods.overlap_covariance(s1**2, s2**2, same, same, overlap, correlation)
    kind = cast(multiple_testing.Kind, p_method.lower())
    found = two_periods.changes(m1, s1, m2, s2, covariance, kind)
    reach = proportions.normal_point(ask.level) * found.se
    named = [
        Named(
            name,
            Estimate(float(d), float(e), None, float(d - r), float(d + r), method="change"),
        )
        for name, d, e, r in zip(names, found.difference, found.se, reach, strict=True)
    ]
    detail = {
        "names": names,
        "z": found.z,
        "p": found.p,
        f"q_{p_method.lower()}": found.q,
        "p_method": p_method,
        **_agreement(m1, m2),
    }
    notes = [Note(N_("有 {n} 个单位缺一年的数据，没有比较"), {"n": left})] if left else []
    return Answer("change", len(names), named, detail, notes)


def _two_years(
    data: Data, ask: Ask, later: Path | None, se: tuple[str, ...], cov: str | None
) -> tuple[list[str], Floats]:
    """Names, and the rows m1, se1, m2, se2, cov of the units both years have."""
    from survey_app.cli.stats.data import read

    covariance = column_of(data, cov)
    extra = np.zeros(data.n) if covariance is None else covariance
    if later is None:
        if len(ask.items) != 2 or len(se) != 2:
            raise click.UsageError("一个文件时 --items 和 --se 各要两列：上年,今年")
        pairs = (ask.items[0], se[0], ask.items[1], se[1])
        names = data.text(ask.id) if ask.id else [str(row) for row in range(1, data.n + 1)]
        return names, np.vstack([*(data.numbers(one) for one in pairs), extra])
    if len(se) != 1:
        raise click.UsageError("两个文件时 --se 要一列")
    key, y = ask.column("id"), ask.column("y")
    other = read(later)
    place = {name: row for row, name in enumerate(other.text(key))}
    rows = [row for row, name in enumerate(data.text(key)) if name in place]
    names = [data.text(key)[row] for row in rows]
    there = [place[name] for name in names]
    return names, np.vstack(
        [
            data.numbers(y)[rows],
            data.numbers(se[0])[rows],
            other.numbers(y)[there],
            other.numbers(se[0])[there],
            extra[rows],
        ]
    )


def _agreement(first: Floats, second: Floats) -> dict[str, object]:
    """How alike the orders of the two years are; None where an order does not exist."""
    from scipy import stats

    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return {"kendall_tau": None, "spearman": None}
    return {
        "kendall_tau": float(stats.kendalltau(first, second).statistic),
        "spearman": float(stats.spearmanr(first, second).statistic),
    }


def _linked(data: Data, ask: Ask) -> Answer:
    if len(ask.items) != 2:
        raise click.UsageError("请用 --items 上年,今年 给出两列，或用 --later 给出今年的文件")
    first, second = (data.numbers(one) for one in ask.items)
    both = ~(np.isnan(first) | np.isnan(second))
    found = two_periods.linked_change(first, second, ask.level)
    n = int(both.sum())
    cov = np.cov(first[both], second[both]) / n
    detail = {
        "var_earlier": cov[0, 0],
        "var_later": cov[1, 1],
        "cov": cov[0, 1],
        "se_if_independent": float(np.sqrt(cov[0, 0] + cov[1, 1])),
    }
    notes = [Note(LEFT_OUT, {"column": "、".join(ask.items), "n": data.n - n})] * (n < data.n)
    return Answer("change", n, [Named("change", found)], detail, notes)


@method(
    "interval",
    "有界量表得分的区间：在最低分和最高分各加半票，接近满分、人数很少、答案全部相同时也可靠。",
    "survey stats interval ratings.csv --y score --bounds 0,100 --by unit --json",
    click.option("--bounds", type=Numbers(), default=(), help="量表的最低分,最高分"),
    click.option("--population", type=int, help="应答总人数（全数登记时）"),
)
def interval(data: Data, ask: Ask, bounds: tuple[float, ...], population: int | None) -> Answer:
    names = ask.items or (ask.column("y"),)
    notes = []
    if len(bounds) == 2:
        low, high = sorted(bounds)
    else:
        every = data.matrix(names)
        if np.isnan(every).all():
            raise NoEstimate("too_few", Note(N_("没有可以计算的数")))
        low, high = float(np.nanmin(every)), float(np.nanmax(every))
        notes.append(Note(MADE_BOUNDS, {"low": f"{low:g}", "high": f"{high:g}"}))

    def work(values: Floats) -> tuple[Estimate, dict[str, object]]:
        n = len(values)
        if not scores.is_shown(n) or low == high:
            raise NoEstimate("too_few", Note(N_("不到两份答案（或只有一种分值），给不出区间")))
        points, counts = np.unique(values, return_counts=True)
        mean = float(counts @ points) / n
        variance = float(counts @ (points - mean) ** 2) / (n - 1) / n
        left = 1.0 if population is None else max(0.0, 1 - n / population)
        lo, hi = scores.score_interval(
            mean, variance, n, (low, high), ask.level, population=population
        )
        se = float(np.sqrt(variance * left))
        return Estimate(mean, se, n - 1, lo, hi, n, "half_votes"), {"bounds": [low, high]}

    answer = _each(data, ask, "interval", work)
    return Answer("interval", answer.n, answer.estimates, answer.detail, [*answer.notes, *notes])


@method(
    "shares",
    "一道题各选项占比的联合区间（全部同时成立）。每行一个答案，或每行一个选项和它的计数（--counts）。",
    "survey stats shares answers.csv --y option --kind goodman --json",
    click.option("--counts", help="计数列；每行一个选项"),
    click.option(
        "--kind",
        type=click.Choice(("goodman", "sison-glaz")),
        default="goodman",
        show_default=True,
        help="联合区间的方法",
    ),
)
def shares(data: Data, ask: Ask, counts: str | None, kind: str) -> Answer:
    if counts is None and not ask.y:
        ask.need("y")
    options, n_i, left = _options(data, ask.y, counts)
    both = {
        "goodman": np.column_stack(simultaneous.goodman(n_i, ask.level)),
        "sison-glaz": np.column_stack(simultaneous.sison_glaz(n_i, ask.level)),
    }
    n = int(n_i.sum())
    named = [
        Named(
            option,
            Estimate(float(count) / n, None, None, float(lo), float(hi), int(count), kind),
        )
        for option, count, (lo, hi) in zip(options, n_i, both[kind], strict=True)
    ]
    column = counts or str(ask.y)
    notes = [Note(LEFT_OUT, {"column": column, "n": left})] if left else []
    return Answer("shares", n, named, {"options": options, "counts": n_i, **both}, notes)


def _options(data: Data, y: str | None, counts: str | None) -> tuple[list[str], Any, int]:
    """Options, their counts and the rows left out."""
    from survey_app.cli.stats.data import MISSING

    if counts is not None:
        n_i = data.numbers(counts)
        known = ~np.isnan(n_i)
        names = data.text(y) if y else [str(row) for row in range(1, data.n + 1)]
        kept = [name for name, is_known in zip(names, known, strict=True) if is_known]
        return kept, n_i[known], int((~known).sum())
    answers = [one for one in data.text(str(y)) if one not in MISSING]
    options = sorted(set(answers))
    return options, np.array([answers.count(one) for one in options]), data.n - len(answers)


METHODS = {
    "trimmed": trimmed,
    "winsor": winsor,
    "padjust": padjust,
    "change": change,
    "interval": interval,
    "shares": shares,
}
