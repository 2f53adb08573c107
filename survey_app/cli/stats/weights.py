"""`survey stats poststratify|rake|calibrate`: weights that meet known totals."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.design.design import make_design
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.weights.calibration import calibrate as fit_calibration
from analysis.statistics.weights.margins import Floats, Margin, agreed, check, level_sums
from analysis.statistics.weights.poststratification import poststratify as fit_poststrata
from analysis.statistics.weights.projection import linear_residuals, margin_residuals
from analysis.statistics.weights.raking import MarginReport, report
from analysis.statistics.weights.raking import rake as fit_raking
from analysis.statistics.weights.trimming import default_bounds, trim, trim_and_rake
from forms.problems import N_
from survey_app.cli.stats.answer import Answer
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.margin_file import Rows, Targets, read_targets, rows_of
from survey_app.cli.stats.method import FILE, Ask, Numbers, method
from survey_app.cli.stats.weighting_answer import Made, Start, answer, by_level

INTERCEPT = "(Intercept)"


MARGINS = click.option(
    "--margins",
    type=FILE,
    required=True,
    help="总体数（TOML）：[margin.列名] 类别 = 总体数；校准还可用 [total] 列名 = 总量",
)
WEIGHTS_TO = click.option(
    "--weights-to", type=click.Path(path_type=Path), help="把每行的权数写成 CSV"
)
TRIM = click.option(
    "--trim",
    "trim_to",
    help="截尾：“下限,上限”（权数本身），或 auto（平均权数的 1/5 与 5 倍）",
)
RULE = click.option(
    "--trim-rule",
    type=click.Choice(("even", "proportional")),
    help="截下部分的分法：even 平均加到其余各行、不再加权（给出上下限时的默认）；"
    "proportional 按比例、再加权、至多十轮（auto 的默认）",
)


def begin(data: Data, ask: Ask, targets: Targets) -> Start:
    """The rows with a level in every margin, and their sampling design."""
    rows = rows_of(data, targets.margins)
    kept = data if rows.kept.all() else data.kept(rows.kept)
    design = make_design(
        kept.n,
        None if ask.weights is None else kept.numbers(ask.weights),
        None if ask.strata is None else kept.text(ask.strata),
        [kept.text(one) for one in ask.clusters],
        [kept.numbers(one) for one in ask.fpc],
    )
    return Start(data, kept, rows, design)


@method(
    "poststratify",
    "事后分层：各类权数之和等于总体数",
    "survey stats poststratify sample.csv --margins totals.toml --y score --json",
    MARGINS,
    TRIM,
    RULE,
    WEIGHTS_TO,
)
def poststratify(
    data: Data,
    ask: Ask,
    margins: Path,
    trim_to: str | None,
    trim_rule: str | None,
    weights_to: Path | None,
) -> Answer:
    targets = read_targets(margins)
    _refuse_totals(targets)
    start = begin(data, ask, replace(targets, margins=(_chosen(targets, ask.by),)))
    margin, code = start.rows.margins[0], start.rows.codes[:, 0]

    def again(weights: Floats) -> Floats:
        return fit_poststrata(weights, code, margin).weights

    fit = fit_poststrata(start.weights, code, margin)
    levels = np.arange(len(margin.levels))[:, None]

    def residuals(weighted: Floats) -> Floats:
        return margin_residuals(weighted, fit.weights, code, levels, start.weights)

    detail = {
        "g": dict(zip(margin.levels, fit.factor.tolist(), strict=True)),
        "iterations": 1,
        "converged": True,
        f"weights_by_{margin.name}": by_level(code, margin, fit.weights),
    }
    made = Made(fit.weights, fit.weights, residuals, (fit.margin,), detail)
    made = _trimmed(made, again, trim_to, trim_rule, start.rows)
    return answer("poststratify", start, made, replace(ask, by=()), weights_to)


def _refuse_totals(targets: Targets) -> None:
    if targets.totals or not targets.margins:
        raise click.UsageError(
            "这个方法只用 [margin.列名] 的各类人数；数值变量的总量请用 calibrate"
        )


def _chosen(targets: Targets, by: Sequence[str]) -> Margin:
    """The margin of the columns in --by, or the only one of the file."""
    name = ":".join(by)
    for margin in targets.margins:
        if margin.name == name:
            return margin
    if not by and len(targets.margins) == 1:
        return targets.margins[0]
    given = "、".join(one.name for one in targets.margins)
    raise click.UsageError(
        f"总体数文件里的边际是：{given or '（无）'}；用 --by 指明其中一个（几列合成的写 A,B），"
        "同时满足几个边际请用 rake"
    )


@method(
    "rake",
    "迭代加权（raking）：同时满足几个边际",
    "survey stats rake sample.csv --margins totals.toml --y score --weights w --json",
    MARGINS,
    TRIM,
    RULE,
    WEIGHTS_TO,
)
def rake(
    data: Data,
    ask: Ask,
    margins: Path,
    trim_to: str | None,
    trim_rule: str | None,
    weights_to: Path | None,
) -> Answer:
    targets = read_targets(margins)
    _refuse_totals(targets)
    start = begin(data, ask, targets)
    codes, known = start.rows.codes, start.rows.margins
    weights, fit, cell = fit_raking(start.weights, codes, known)
    first = np.unique(cell, return_index=True)[1]

    def again(weights: Floats) -> Floats:
        return fit_raking(weights, codes, known)[0]

    def residuals(weighted: Floats) -> Floats:
        return margin_residuals(weighted, weights, cell, codes[first])

    detail = {"iterations": fit.iterations, "deviation": fit.deviation, "converged": True}
    made = Made(weights, weights, residuals, fit.margins, detail, fit.notes)
    made = _trimmed(made, again, trim_to, trim_rule, start.rows)
    return answer("rake", start, made, ask, weights_to)


@method(
    "calibrate",
    "校准：权数最少变动，满足类别和数值变量的总量",
    "survey stats calibrate sample.csv --margins totals.toml --calfun logit --bounds 0.6,1.6",
    MARGINS,
    click.option(
        "--calfun",
        type=click.Choice(("linear", "raking", "logit")),
        help="距离；不写时用 linear，写了 --bounds 用 logit",
    ),
    click.option("--bounds", type=Numbers(), help="权数之比的下限,上限，例如 0.6,1.6"),
    TRIM,
    RULE,
    WEIGHTS_TO,
)
def calibrate(
    data: Data,
    ask: Ask,
    margins: Path,
    calfun: Any,
    bounds: tuple[float, ...] | None,
    trim_to: str | None,
    trim_rule: str | None,
    weights_to: Path | None,
) -> Answer:
    targets = read_targets(margins)
    if bounds is not None and len(bounds) != 2:
        raise click.UsageError("--bounds 要两个数：下限,上限")
    start = begin(data, ask, targets)
    names, x, totals, notes = _variables(start, targets)
    calfun = calfun or ("linear" if bounds is None else "logit")
    pair = None if bounds is None else (bounds[0], bounds[1])
    fit = fit_calibration(start.weights, x, totals, calfun, pair)

    def again(weights: Floats) -> Floats:
        return fit_calibration(weights, x, totals, "raking").weights

    def residuals(weighted: Floats) -> Floats:
        return linear_residuals(weighted, fit.weights, x, start.weights)

    detail = {
        "iterations": fit.iterations,
        "deviation": fit.deviation,
        "converged": True,
        "calfun": calfun,
        "gmin": float(fit.factor.min()),
        "gmax": float(fit.factor.max()),
        "totals": dict(zip(names, totals.tolist(), strict=True)),
        "totals_before": dict(zip(names, (x.T @ start.weights).tolist(), strict=True)),
        "totals_after": dict(zip(names, (x.T @ fit.weights).tolist(), strict=True)),
    }
    reports = _reports(start, fit.weights)
    made = Made(fit.weights, fit.weights, residuals, reports, detail, (*notes, *fit.notes))
    made = _trimmed(made, again, trim_to, trim_rule, start.rows)
    return answer("calibrate", start, made, ask, weights_to)


def _variables(
    start: Start, targets: Targets
) -> tuple[list[str], Floats, Floats, tuple[Note, ...]]:
    """Names, columns and totals: an intercept, each margin without its first level, numbers.

    The order and names of R's `model.matrix`.
    """
    codes, margins = start.rows.codes, start.rows.margins
    notes: tuple[Note, ...] = ()
    names: list[str] = []
    columns: list[Floats] = []
    totals: list[float] = []
    if margins:
        check(
            margins,
            [level_sums(start.weights, one, m) for one, m in zip(codes.T, margins, strict=True)],
        )
        margins, notes = agreed(margins)
    if margins or INTERCEPT in targets.totals:
        names, columns = [INTERCEPT], [np.ones(start.data.n)]
        totals = [targets.totals.get(INTERCEPT, margins[0].total if margins else 0.0)]
    for code, margin in zip(codes.T, margins, strict=True):
        for place, level in enumerate(margin.levels[1:], start=1):
            names.append(margin.name + level)
            columns.append((code == place).astype(np.float64))
            totals.append(margin.totals[place])
    for name, total in targets.totals.items():
        if name != INTERCEPT:
            names.append(name)
            columns.append(start.data.numbers(name))
            totals.append(total)
    x = np.column_stack(columns)
    if np.isnan(x).any():
        raise NoEstimate("undefined", Note(N_("校准用的数值列有缺失，请先补齐或去掉这些行")))
    return names, x, np.array(totals), notes


def _reports(start: Start, weights: Floats) -> tuple[MarginReport, ...]:
    return tuple(
        report(one, level_sums(start.weights, code, one), level_sums(weights, code, one))
        for code, one in zip(start.rows.codes.T, start.rows.margins, strict=True)
    )


def _trimmed(made: Made, again: Any, trim_to: str | None, rule: str | None, rows: Rows) -> Made:
    """The weights after --trim, with what they were before in the detail."""
    if trim_to is None:
        return made
    bounds = _bounds(trim_to, made.weights)
    rule = rule or ("proportional" if trim_to == "auto" else "even")
    detail: dict[str, object] = {"trim": bounds, "trim_rule": rule}
    notes: tuple[Note, ...] = ()
    if rule == "even":
        weights = trim(made.weights, bounds, evenly=True)
    else:
        cut = trim_and_rake(made.weights, again, bounds)
        weights, notes = cut.weights, cut.notes
        detail |= {"trim_rounds": cut.rounds}
    reports = tuple(
        report(margin, np.array(one.before), level_sums(weights, code, margin))
        for one, margin, code in zip(made.reports, rows.margins, rows.codes.T, strict=True)
    )
    outside = (made.weights < bounds[0]) | (made.weights > bounds[1])
    detail |= {"trimmed": int(outside.sum())}
    return replace(
        made,
        weights=weights,
        reports=reports,
        detail={**made.detail, **detail},
        notes=(*made.notes, *notes),
    )


def _bounds(text: str, weights: Floats) -> tuple[float, float]:
    if text == "auto":
        return default_bounds(weights)
    try:
        low, high = (float(one) for one in text.split(","))
    except ValueError:
        raise click.UsageError("--trim 要两个数：下限,上限，例如 12,45；或 auto") from None
    return low, high


METHODS = {"poststratify": poststratify, "rake": rake, "calibrate": calibrate}
