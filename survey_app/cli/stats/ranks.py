"""Ranks, grades and shrunken scores with their uncertainty."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.ranks import comparisons, grade_probabilities, rank_sets, shrinkage
from analysis.statistics.ranks.best_sets import best_sets
from analysis.statistics.ranks.between_variance import TauMethod
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data, read
from survey_app.cli.stats.method import FILE, Ask, Names, Numbers, method

Floats = NDArray[np.float64]

SE = click.option("--se", required=True, help="标准误列")
COV = click.option("--cov", type=FILE, help="协方差矩阵（CSV，行列顺序同数据，首行为表头）")
DRAWS = click.option(
    "--draws", type=click.IntRange(100), default=5000, show_default=True, help="模拟次数"
)
EXACT_TIERS = 200
FEW_LEVELS = 12


@method(
    "ranks",
    "名次的可信范围（Mogstad–Romano–Shaikh–Wilhelm）",
    "survey stats ranks pisa2018.csv --y math_score --se math_se --id jurisdiction "
    "--simultaneous --step-down --json",
    click.option("--se", help="标准误列（给出 --cov 时可省）"),
    COV,
    click.option(
        "--simultaneous/--marginal", default=False, help="全表同时成立，或各自成立（默认）"
    ),
    click.option(
        "--step-down/--one-step", default=False, help="逐步剔除已判定的对，或一步（默认）"
    ),
    DRAWS,
    click.option("--tau", type=click.IntRange(1), help="前 τ 名与后 τ 名的可信集合"),
)
def ranks(
    data: Data,
    ask: Ask,
    *,
    se: str | None,
    cov: Path | None,
    simultaneous: bool,
    step_down: bool,
    draws: int,
    tau: int | None,
) -> Answer:
    units, notes = _units(data, ask, se, cov)
    options: dict[str, Any] = {"level": ask.level, "draws": draws, "seed": ask.seed}
    find = rank_sets.simultaneous if simultaneous else rank_sets.marginal
    sets = find(units.scores, units.uncertainty, stepdown=step_down, **options)
    name = (
        f"{'simultaneous' if simultaneous else 'marginal'}_{'stepdown' if step_down else 'onestep'}"
    )
    columns = (sets.rank.tolist(), sets.lo.tolist(), sets.hi.tolist())
    estimates = [
        Named(unit, Estimate(rank, None, None, lo, hi, len(units.names), name))
        for unit, rank, lo, hi in zip(units.names, *columns, strict=True)
    ]
    detail: dict[str, object] = {
        "name": units.names,
        "rank": sets.rank,
        "L": sets.lo,
        "U": sets.hi,
        "mean_width": float(np.mean(sets.hi - sets.lo + 1)),
        "critical": sets.critical,
        "steps": sets.steps,
        "draws": draws,
        "seed": ask.seed,
    }
    whole = sets
    if (tau is not None) and not (simultaneous and step_down):
        whole = rank_sets.simultaneous(units.scores, units.uncertainty, **options)
    if tau is not None:
        detail |= _tau(units.names, whole, tau)
    if simultaneous:
        detail |= _comparisons(units, sets)
    return Answer("ranks", len(units.names), estimates, detail, notes)


@method(
    "grades",
    "等次概率：各分数线之间、前 k 名之内的概率",
    "survey stats grades pisa2018.csv --y math_score --se math_se --id jurisdiction "
    "--cuts 480,500,520 --tiers 1,5,10 --json",
    click.option("--se", help="标准误列（给出 --cov 时可省）"),
    COV,
    click.option("--cuts", type=Numbers(), default=(), help="分数线，如 60,75,90"),
    click.option("--tiers", type=Numbers(), default=(), help="名次线；两者都不写时为 1,5,10"),
    DRAWS,
)
def grades(
    data: Data,
    ask: Ask,
    *,
    se: str | None,
    cov: Path | None,
    cuts: tuple[float, ...],
    tiers: tuple[float, ...],
    draws: int,
) -> Answer:
    if not cuts and not tiers:
        tiers = (1, 5, 10)
    if any(tier < 1 or tier != int(tier) for tier in tiers):
        raise click.UsageError("--tiers 要用不小于 1 的整数")
    units, notes = _units(data, ask, se, cov)
    detail: dict[str, object] = {"name": units.names}
    estimates: list[Named] = []
    if cuts:
        found = grade_probabilities.cut_probabilities(
            units.scores,
            grade_probabilities.standard_errors(units.uncertainty),
            np.array(cuts),
        )
        edges = ["", *(f"{cut:g}" for cut in sorted(cuts)), ""]
        names = [f"[{low},{high})" for low, high in pairwise(edges)]
        estimates += _shares(units.names, "grade", names, found.p, found.mc_se, "normal")
        detail |= {
            "cuts": sorted(cuts),
            "p": found.p,
            "likeliest": [names[grade] for grade in found.likeliest],
            "borderline": found.is_borderline,
        }
    if tiers:
        tier = _tiers(units, np.array(tiers, dtype=np.int64), draws, ask.seed)
        names = [f"top{int(one)}" for one in tiers]
        how = "simulated" if tier.draws else "exact"
        estimates += _shares(units.names, "tier", names, tier.p, tier.mc_se, how)
        detail |= {f"p_{name}": tier.p[:, place] for place, name in enumerate(names)}
        detail |= {"mean_rank": tier.mean_rank, "draws": tier.draws, "mc_se": tier.mc_se.max()}
    return Answer("grades", len(units.names), estimates, detail, notes)


@method(
    "shrink",
    "小样本收缩估计（Fay–Herriot，正态–正态）",
    "survey stats shrink eight_schools.csv --y y --se se --id school --tau-method REML --json",
    SE,
    click.option("--x", "x_", type=Names(), default=(), help="协变量列；类别列自动展开"),
    click.option(
        "--tau-method",
        type=click.Choice(["REML", "ML", "DL", "PM", "EB", "SJ", "HE"], case_sensitive=False),
        default="REML",
        show_default=True,
        help="对象间方差的估计方法",
    ),
)
def shrink(data: Data, ask: Ask, *, se: str, x_: tuple[str, ...], tau_method: TauMethod) -> Answer:
    units, notes = _units(data, ask, se, None)
    kept = data.kept(units.rows)
    names, x, told = _design(kept, x_)
    found = shrinkage.shrink(units.scores, units.uncertainty, x, method=tau_method, level=ask.level)
    sd = np.sqrt(np.diagonal(found.beta_cov))
    z = (found.beta / sd).tolist()
    beta = [
        Named(
            "mu" if len(names) == 1 else name,
            Estimate(value, error, None, *_normal(value, error, ask.level), len(x), "wls"),
        )
        for name, value, error in zip(names, found.beta.tolist(), sd.tolist(), strict=True)
    ]
    rows = [
        Named(unit, one)
        for unit, one in zip(units.names, shrinkage.blup_estimates(found, ask.level), strict=True)
    ]
    detail: dict[str, object] = {
        "tau2": found.tau2.estimate,
        "sigma2_u": found.tau2.estimate,
        "tau2_interval": [found.tau2.lo, found.tau2.hi],
        "mu": found.beta[0] if len(names) == 1 else None,
        "mu_se": sd[0] if len(names) == 1 else None,
        "coefficients": names,
        "beta": found.beta,
        "beta_se": sd,
        "z": z,
        "I2": found.i2,
        "Q": found.q,
        "df": found.df,
        "logLik": found.log_likelihood,
        "name": units.names,
        "blup": found.blup,
        "blup_se": found.se,
        "eblup": found.blup,
        "eblup_se": found.se,
        "mse": found.mse,
        "reliability": found.reliability,
    }
    estimates = [Named("tau2", found.tau2), *beta, *rows]
    return Answer("shrink", len(units.names), estimates, detail, (*notes, *told))


class _Units:
    """Names, scores and standard errors (or Σ) of the rows that have them."""

    def __init__(self, rows: NDArray[np.bool_], names: list[str]) -> None:
        self.rows = rows
        self.names = names
        self.scores: Floats = np.empty(0)
        self.uncertainty: Floats = np.empty(0)


def _units(
    data: Data, ask: Ask, se: str | None, cov: Path | None
) -> tuple[_Units, tuple[Note, ...]]:
    if se is None and cov is None:
        raise click.UsageError("这个方法需要 --se 或 --cov")
    scores = data.numbers(ask.column("y"))
    errors = data.numbers(se) if se is not None else np.zeros(data.n)
    rows = np.isfinite(scores) & np.isfinite(errors)
    names = data.text(ask.id) if ask.id else [str(row + 1) for row in range(data.n)]
    units = _Units(rows, [name for name, keep in zip(names, rows, strict=True) if keep])
    if not units.names:
        raise NoEstimate("too_few", Note(N_("没有一行同时有分数和标准误")))
    if (errors[rows] < 0).any():
        raise NoEstimate("undefined", Note(N_("标准误不能是负数")))
    units.scores, units.uncertainty = scores[rows], errors[rows]
    if cov is not None:
        units.uncertainty = _covariance(cov, data.n)[np.ix_(rows, rows)]
    left = int((~rows).sum())
    notes = (Note(N_("{n}行缺少分数或标准误，未计入"), {"n": left}),) if left else ()
    return units, notes


def _covariance(path: Path, n: int) -> Floats:
    """The matrix of a CSV file with a header; a first column of names is left out."""
    table = read(path)
    names = list(table.columns)
    if len(names) == n + 1:
        names = names[1:]
    if len(names) != n or table.n != n:
        raise click.UsageError(f"协方差矩阵应为 {n} 行 {n} 列（另有一行表头）")
    matrix = table.matrix(names)
    if not np.isfinite(matrix).all():
        raise click.UsageError("协方差矩阵里有缺失")
    return (matrix + matrix.T) / 2


def _tau(names: list[str], sets: rank_sets.RankSets, tau: int) -> dict[str, object]:
    found = best_sets(sets, tau)
    masks = {
        "best": found.best,
        "worst": found.worst,
        "surely_best": found.surely_best,
        "surely_worst": found.surely_worst,
    }
    lists = {
        key: sorted(name for name, inside in zip(names, mask, strict=True) if inside)
        for key, mask in masks.items()
    }
    return {"tau": tau, "n_best": len(lists["best"]), "n_worst": len(lists["worst"]), **lists}


def _comparisons(units: _Units, sets: rank_sets.RankSets) -> dict[str, object]:
    names = units.names
    beside = comparisons.neighbours(units.scores, units.uncertainty, sets)
    detail: dict[str, object] = {
        "neighbours": [
            {
                "upper": names[one.upper],
                "lower": names[one.lower],
                "gap": one.gap,
                "se": one.se,
                "critical_gap": one.critical_gap,
                "clear": one.is_clear,
            }
            for one in beside
        ],
        "bands": [[names[unit] for unit in band] for band in comparisons.bands(units.scores, sets)],
        "clear_pairs": int(sets.better.sum()),
    }
    try:
        gap = comparisons.smallest_gap(units.uncertainty, sets)
    except NoEstimate:
        return detail
    return detail | {
        "critical_gap": list(gap.critical),
        "detectable_gap": list(gap.detectable),
        "power": gap.power,
    }


def _tiers(
    units: _Units, tiers: NDArray[np.int64], draws: int, seed: int
) -> grade_probabilities.Tiers:
    if units.uncertainty.ndim == 1 and len(units.names) <= EXACT_TIERS:
        return grade_probabilities.exact_tiers(units.scores, units.uncertainty, tiers)
    drawn = grade_probabilities.simulated_scores(units.scores, units.uncertainty, draws, seed)
    return grade_probabilities.simulated_tiers(drawn, tiers)


def _shares(
    units: list[str], kind: str, names: list[str], p: Floats, mc_se: Floats, how: str
) -> list[Named]:
    return [
        Named(
            unit, Estimate(float(p[row, place]), float(mc_se[row, place]), method=how), {kind: name}
        )
        for row, unit in enumerate(units)
        for place, name in enumerate(names)
    ]


def _normal(value: float, error: float, level: float) -> tuple[float, float]:
    reach = float(ndtri((1 + level) / 2)) * error
    return value - reach, value + reach


def _design(data: Data, names: tuple[str, ...]) -> tuple[list[str], Floats, tuple[Note, ...]]:
    """An intercept, numbers as they are, categories as differences from the first."""
    titles, columns, notes = ["intercept"], [np.ones(data.n)], []
    for given in names:
        wrapped = re.fullmatch(r"(factor|numeric)\((.+)\)", given)
        kind, name = (wrapped[1], wrapped[2]) if wrapped else ("", given)
        texts = data.text(name)
        levels = sorted(set(texts), key=_level)
        if kind != "factor" and (kind == "numeric" or not _is_category(texts, levels)):
            titles.append(name)
            columns.append(data.numbers(name))
            continue
        titles += [f"{name}{level}" for level in levels[1:]]
        columns += [np.array([text == level for text in texts], float) for level in levels[1:]]
        if not kind:
            notes.append(
                Note(
                    N_("“{column}”列当作{n}个类别；要当作数值，请写 numeric({column})"),
                    {"column": name, "n": len(levels)},
                )
            )
    return titles, np.column_stack(columns), tuple(notes)


def _level(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def _is_category(texts: list[str], levels: list[str]) -> bool:
    """Text, or a few whole numbers that each stand in several rows: codes, not measurements."""
    numbers = [_level(level)[0] for level in levels]
    if not np.isfinite(numbers).all():
        return True
    whole = all(number == int(number) for number in numbers)
    return whole and 2 < len(levels) <= FEW_LEVELS and len(texts) >= 3 * len(levels)


METHODS = {"ranks": ranks, "grades": grades, "shrink": shrink}
