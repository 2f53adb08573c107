"""Severity of raters on the command line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.raters.connectivity import Connectivity, connectivity, require_connected
from analysis.statistics.raters.crossed_effects import RATEE, Crossed, fit_crossed, ranks
from analysis.statistics.raters.mixed_equations import equations, inverse, solve
from analysis.statistics.raters.severity import Halo, Severity, halo, severity
from analysis.statistics.raters.variance_components import Components, fit, summary
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import MISSING, Codes, Data, Floats, Groups
from survey_app.cli.stats.method import FILE, Ask, Names, Numbers, method, write_columns

SHOWN = 5
LISTED = 200
DROPPED = N_("有 {n} 行缺少分数、编号或协变量，没有计入")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The rows used: ratings, random factors and covariates by name, items where given."""

    y: Floats
    factors: dict[str, Groups]
    x: dict[str, Floats]
    items: Floats | None
    dropped: int

    @property
    def codes(self) -> list[Codes]:
        return [one.code for one in self.factors.values()]

    @property
    def covariates(self) -> Floats | None:
        return np.column_stack([*self.x.values()]) if self.x else None

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(DROPPED, {"n": self.dropped}),) if self.dropped else ()


@method(
    "crossed",
    "评分宽严：评分人与评议对象交叉的随机效应（REML）",
    (
        "survey stats crossed ratings.csv --y score --rater delegate --ratee unit --json",
        "survey stats crossed ratings.csv --y score --rater delegate --ratee unit --at 0.5,0.5",
    ),
    click.option("--x", type=Names(), default=(), help="协变量列；文字列按水平展开"),
    click.option("--also", multiple=True, help="另外的随机分组列，A:B 为组合；可重复"),
    click.option(
        "--at", type=Numbers(), default=(), help="只在这些标准差比（评分人,对象,…）处求准则值"
    ),
    click.option("--ml", is_flag=True, help="用最大似然，不用 REML"),
    click.option("--effects-to", type=FILE, help="把每个评分人与对象的效应写到这个文件"),
)
def crossed(
    data: Data,
    ask: Ask,
    x: tuple[str, ...],
    also: tuple[str, ...],
    at: tuple[float, ...],
    effects_to: Path | None,
    *,
    ml: bool,
) -> Answer:
    table = read_table(data, ask, x, also)
    if at and (len(at) != len(table.factors) or min(at) < 0):
        raise click.UsageError(f"--at 要给出 {len(table.factors)} 个不小于 0 的数")
    way = "ml" if ml else "reml"
    if not ask.rater:
        done = one_way(table, at, way)
        if effects_to:
            write_effects(effects_to, table, done, None)
        named = figures(table, done, ask, stated=bool(at))
        return Answer("crossed", done.n, named, plain_detail(table, done), table.notes)
    design = connectivity(table.factors["rater"].code, table.factors["ratee"].code)
    try:
        require_connected(design)
    except NoEstimate as why:
        islands = {"components": island_list(design, table.factors["ratee"])}
        return Answer("crossed", len(table.y), (), islands, (*table.notes, why.note), why.status)
    linked = {"components": design.islands, "bridges": design.bridges}
    rater, ratee, *others = table.codes
    full = fit_crossed(table.y, rater, ratee, table.covariates, way, also=others, theta=at or None)
    detail: dict[str, object] = {**plain_detail(table, full.fit), "connectivity": linked}
    notes: tuple[Note, ...] = (*table.notes, *full.notes)
    if at:
        detail |= both_criteria(table, at)
    else:
        judged = severity(full, equations(table.y, [ratee, *others], table.covariates))
        detail |= judgement(judged, table)
        notes = (*table.notes, *judged.notes)
    if table.items is not None:
        detail["halo"] = halo_detail(halo(table.items, rater, ratee, ask.level))
    if effects_to:
        write_effects(effects_to, table, full.fit, full)
    named = figures(table, full.fit, ask, stated=bool(at))
    return Answer("crossed", full.fit.n, named, detail, notes)


def read_table(data: Data, ask: Ask, x: Sequence[str], also: Sequence[str]) -> Table:
    """The complete rows. With --items and no --y a rating is the mean of its items."""
    ask.need("ratee")
    if not ask.items:
        ask.need("y")
    named = {"rater": [ask.rater]} if ask.rater else {}
    named |= {"ratee": [ask.column("ratee")]} | {one: one.split(":") for one in also}
    items = data.matrix(ask.items) if ask.items else None
    y = data.numbers(ask.y) if ask.y else np.asarray(items).mean(axis=1)
    used = np.isfinite(y) if items is None else np.isfinite(y) & np.isfinite(items).all(axis=1)
    for name in {*x, *(one for value in named.values() for one in value)}:
        used &= np.array([text not in MISSING for text in data.text(name)], dtype=bool)
    kept = data.kept(used)
    return Table(
        y=y[used],
        factors={key: kept.groups(value) for key, value in named.items()},
        x={key: value for name in x for key, value in covariate(kept, name).items()},
        items=None if items is None else items[used],
        dropped=data.n - kept.n,
    )


def covariate(data: Data, name: str) -> dict[str, Floats]:
    """A column of numbers, or one indicator for each level of a text column but the first."""
    try:
        return {name: np.array([float(text) for text in data.text(name)])}
    except ValueError:
        groups = data.groups([name])
        return {
            f"{name}={label}": (groups.code == code).astype(float)
            for code, label in enumerate(groups.names)
            if code
        }


def one_way(table: Table, at: Sequence[float], way: str) -> Components:
    """The fit without raters."""
    made = equations(table.y, table.codes, table.covariates)
    if not at:
        return fit(made, way)
    solved = solve(made, np.square(np.asarray(at)), reml=way == "reml")
    return summary(solved, inverse(solved))


def both_criteria(table: Table, at: Sequence[float]) -> dict[str, object]:
    """Minus twice the log-likelihood and the restricted one at stated ratios."""
    made, gamma = equations(table.y, table.codes, table.covariates), np.square(np.asarray(at))
    reml, ml = (solve(made, gamma, reml=one).criterion for one in (True, False))
    return {"criterion_reml": reml, "criterion_ml": ml, "deviance": ml}


def figures(table: Table, done: Components, ask: Ask, *, stated: bool) -> list[Named]:
    """Variances, then the fixed effects with t intervals on the fewest levels less one.

    Where the ratios were `stated` the variances are not estimates, and have no errors.
    """
    places: list[tuple[str, int | None]] = [(name, at) for at, name in enumerate(table.factors)]
    named = []
    for name, place in [*places, ("residual", None)]:
        one = done.variance(place, ask.level)
        shown = Estimate(one.estimate, n=one.n, method=one.method) if stated else one
        named.append(Named(f"var_{name}", shown))
    df = min(done.levels) - 1
    reach = float(student.ppf((1 + ask.level) / 2, df))
    for name, value, se in zip(("intercept", *table.x), done.fixed, done.fixed_se, strict=True):
        low, high = float(value - reach * se), float(value + reach * se)
        named.append(
            Named(name, Estimate(float(value), float(se), df, low, high, done.n, done.method))
        )
    return named


def plain_detail(table: Table, done: Components) -> dict[str, object]:
    """Ratios, likelihood and predictions of any fit."""
    ml = {"deviance": done.criterion} if done.method == "ml" else {}
    own = done.variances[list(table.factors).index("ratee")]
    given = done.effects[list(table.factors).index("ratee")].conditional_se
    known = 1 - given**2 / own if own > 0 else np.zeros(len(given))
    return {
        "theta": dict(zip(table.factors, done.theta, strict=True)),
        "logLik": done.log_likelihood,
        "criterion": done.criterion,
        **ml,
        "iterations": done.iterations,
        "levels": dict(zip(table.factors, done.levels, strict=True)),
        **{f"n_{name}": n for name, n in zip(table.factors, done.levels, strict=True)},
        "reliability": {
            "rel_min": float(known.min()),
            "rel_max": float(known.max()),
            "rel_mean": float(known.mean()),
        },
        "blups": {
            name: predictions(groups, done.effects[place].blup, done.effects[place].se)
            for place, (name, groups) in enumerate(table.factors.items())
        },
    }


def predictions(groups: Groups, blup: Floats, se: Floats) -> dict[str, object]:
    """The best and the worst, and all of them where they are not many."""
    order = np.argsort(-blup, kind="stable").tolist()

    def listed(places: Sequence[int]) -> list[dict[str, object]]:
        return [
            {"level": groups.names[one], "blup": float(blup[one]), "se": float(se[one])}
            for one in places
        ]

    shown: dict[str, object] = {"best": listed(order[:SHOWN]), "worst": listed(order[:-6:-1])}
    if len(order) <= LISTED:
        shown["all"] = {groups.names[one]: float(blup[one]) for one in range(len(order))}
    return shown


def judgement(judged: Severity, table: Table) -> dict[str, object]:
    """What the correction does to the order."""
    names = table.factors["ratee"].names
    movers = [asdict(one) | {"ratee": names[one.ratee]} for one in judged.movers]
    return {
        "shares": dict(zip((*table.factors, "residual"), judged.shares, strict=True)),
        "spearman": judged.spearman,
        "kendall": judged.kendall,
        "spearman_blup_vs_raw": judged.spearman,
        "spearman_crossed_vs_oneway": judged.spearman_one_way,
        "kendall_crossed_vs_oneway": judged.kendall_one_way,
        "rater_test": asdict(judged.test),
        "movers": movers,
    }


def island_list(design: Connectivity, ratees: Groups) -> list[dict[str, object]]:
    """The islands with their ratees."""
    members = [design.members(island) for island in range(design.islands)]
    return [{"ratees": len(some), "names": [ratees.names[one] for one in some]} for some in members]


def halo_detail(found: Halo) -> dict[str, object]:
    """The two halo correlations with their intervals."""
    both = {"within_ratee": found.within_ratee, "beyond_severity": found.beyond_severity}
    return {
        name: {"estimate": one.estimate, "se": one.se, "lo": one.lo, "hi": one.hi}
        for name, one in both.items()
    }


def write_effects(path: Path, table: Table, done: Components, full: Crossed | None) -> None:
    """One row for each level of each random factor; scores and ranks for the ratees."""
    columns: dict[str, list[object]] = {name: [] for name in EFFECT_COLUMNS}
    for place, (factor, groups) in enumerate(table.factors.items()):
        effects, n = done.effects[place], np.bincount(groups.code)
        raw = np.bincount(groups.code, weights=table.y) / n
        score = done.mean + effects.blup
        own: dict[str, NDArray[np.float64] | NDArray[np.int64] | None] = {
            "n": n,
            "blup": effects.blup,
            "se": effects.se,
            "cond_sd": effects.conditional_se,
            "raw_mean": raw,
            "score": score,
            "score_se": effects.score_se,
            "raw_rank": ranks(raw),
            "score_rank": ranks(score),
            "centred": full.centred.score if full and place == RATEE else None,
            "centred_se": full.centred.se if full and place == RATEE else None,
            "centred_rank": full.centred_rank if full and place == RATEE else None,
        }
        columns["factor"] += [factor] * len(groups)
        columns["level"] += groups.names
        for name, values in own.items():
            columns[name] += [""] * len(groups) if values is None else values.tolist()
    write_columns(path, {**columns})


EFFECT_COLUMNS = (
    *("factor", "level", "n", "blup", "se", "cond_sd", "raw_mean", "score", "score_se"),
    *("raw_rank", "score_rank", "centred", "centred_se", "centred_rank"),
)
METHODS = {"crossed": crossed}
