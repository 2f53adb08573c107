"""`survey stats icc|alpha|kendall|rwg|agreement`: do raters agree?"""

from collections.abc import Sequence

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.agreement import (
    anova,
    finn,
    group_moments,
    icc,
    icc_groups,
    kendall,
    krippendorff,
    mean_correlation,
    percent_agreement,
    robinson,
    rwg,
    value_counts,
)
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import Ask, Numbers, method
from survey_app.cli.stats.ratings import Ratings, dropped, few, marks, table

Json = dict[str, object]

TRANSPOSE = click.option(
    "--transpose", "is_transposed", is_flag=True, help="每行是一个评分人，每列是一个对象"
)
RANGE = click.option("--range", "range_", type=Numbers(), default=(), help="量程，如 1,5")


@method(
    "icc",
    "组内相关系数：评分人是否一致，平均分有多可靠",
    "survey stats icc ratings.csv --items J1,J2,J3,J4 --json",
    TRANSPOSE,
    click.option(
        "--size",
        type=click.Choice(["mean", "k0"]),
        default="mean",
        show_default=True,
        help="各对象评分数不同时，每个对象算几个评分",
    ),
)
def icc_(data: Data, ask: Ask, *, is_transposed: bool, size: icc_groups.Size) -> Answer:
    if not ask.items and not ask.rater:
        return _icc_groups(data, ask, size)
    ratings = table(data, ask, is_transposed=is_transposed).complete()
    two = anova.two_way(ratings.values)
    forms = icc.shrout_fleiss(two, ask.level)
    others = icc.mcgraw_wong(two, ask.level)
    n = two.rows
    found = [Named(one.name, one.estimate(n)) for one in (*forms, *others)]
    detail: Json = {
        "type": [one.name for one in forms],
        "ICC": [one.icc for one in forms],
        "F": [one.f for one in forms],
        "df1": [one.df1 for one in forms],
        "df2": [one.df2 for one in forms],
        "p": [one.p for one in forms],
        "lower": [one.lo for one in forms],
        "upper": [one.hi for one in forms],
        "MS_target": two.ms_rows,
        "MS_judge": two.ms_columns,
        "MS_error": two.ms_error,
        "MS_within": two.ms_within,
        "raters": ratings.raters,
    }
    for form in forms:
        detail[form.name] = {
            "ICC": form.icc,
            "F": form.f,
            "df1": form.df1,
            "df2": form.df2,
            "p": form.p,
            "lower": form.lo,
            "upper": form.hi,
        }
    for name, one in zip(IRR, (*others, others[0], others[3]), strict=True):
        detail[name] = {
            "value": one.icc,
            "lb": one.lo,
            "ub": one.hi,
            "F": one.f,
            "df1": one.df1,
            "df2": one.df2,
            "p": one.p,
        }
    return Answer("icc", n, found, detail, (*ratings.notes, *few(n)))


IRR = (
    "oneway_consistency_single",
    "twoway_consistency_single",
    "twoway_agreement_single",
    "oneway_consistency_average",
    "twoway_consistency_average",
    "twoway_agreement_average",
    "oneway_agreement_single",
    "oneway_agreement_average",
)


def _icc_groups(data: Data, ask: Ask, size: icc_groups.Size) -> Answer:
    ask.need("ratee", "y")
    groups = data.groups([ask.column("ratee")])
    y = data.numbers(ask.column("y"))
    moments = group_moments.of_values(groups.code, y, len(groups))
    found = icc_groups.icc_groups(moments, size=size, confidence=ask.level, seed=ask.seed)
    one = found.table
    detail: Json = {
        "ICC1": found.icc1.estimate,
        "ICC2": found.icc2.estimate,
        "MSB": one.ms_between,
        "MSW": one.ms_within,
        "F": found.f,
        "p": found.p,
        "df1": one.df_between,
        "df2": one.df_within,
        "k": one.k,
        "k0": one.k0,
        "groups": one.groups,
    }
    meaning = Note(N_("每个对象由不同的人评：ICC1 是一个评分的，ICC2 是平均分的可靠程度"))
    return Answer(
        "icc",
        one.n,
        [Named("ICC1", found.icc1), Named("ICC2", found.icc2)],
        detail,
        (meaning, *dropped(np.isnan(y))),
    )


@method(
    "alpha",
    "Krippendorff α：任意多个评分人、允许缺失",
    "survey stats alpha ratings.csv --items r1,r2,r3 --level-of ordinal --json",
    click.option(
        "--level-of",
        type=click.Choice(krippendorff.LEVELS),
        default="ordinal",
        show_default=True,
        help="评分的尺度",
    ),
    click.option(
        "--draws",
        type=click.IntRange(2),
        default=krippendorff.DRAWS,
        show_default=True,
        help="自助法抽几次",
    ),
    TRANSPOSE,
)
def alpha(
    data: Data, ask: Ask, *, level_of: krippendorff.Level, draws: int, is_transposed: bool
) -> Answer:
    given = marks(data, ask, is_transposed=is_transposed, is_text_allowed=level_of == "nominal")
    levels: tuple[krippendorff.Level, ...] = (
        krippendorff.LEVELS if given.is_numeric else ("nominal",)
    )
    found = krippendorff.interval(
        given.counts, level_of, confidence=ask.level, seed=ask.seed, draws=draws
    )
    one = krippendorff.alpha(given.counts, level_of)
    detail: Json = {
        "level_of": level_of,
        "observed": one.observed,
        "expected": one.expected,
        "units": one.units,
        "ratings": one.ratings,
        "values": given.labels,
        "value_counts": given.counts.counts,
        "draws": draws,
    }
    found_at = {level: _alpha_or_none(given.counts, level) for level in levels}
    for level, other in found_at.items():
        detail[level] = detail[f"alpha_{level}"] = other and other.alpha
    each = given.counts.ratings
    if (each == each[0]).all():
        detail["irr"] = {
            level: other and krippendorff.irr_form(other, int(each[0]))
            for level, other in found_at.items()
        }
    return Answer("alpha", one.ratings, [Named("alpha", found)], detail, given.notes)


def _alpha_or_none(
    ratings: value_counts.ValueCounts, level: krippendorff.Level
) -> krippendorff.Alpha | None:
    try:
        return krippendorff.alpha(ratings, level)
    except NoEstimate:
        return None


@method(
    "kendall",
    "Kendall W：评分人排的次序是否一致",
    "survey stats kendall ratings.csv --items r1,r2,r3 --json",
    click.option("--ties/--no-ties", "is_tie_corrected", default=True, help="是否校正同分"),
    TRANSPOSE,
)
def kendall_(data: Data, ask: Ask, *, is_tie_corrected: bool, is_transposed: bool) -> Answer:
    ratings = table(data, ask, is_transposed=is_transposed).complete()
    both = {
        name: kendall.kendall(ratings.values, is_tie_corrected=corrected)
        for name, corrected in (("ties", True), ("no_ties", False))
    }
    one = both["ties" if is_tie_corrected else "no_ties"]
    detail: Json = {"W": one.w, "chisq": one.chisq, "df": one.df, "p": one.p}
    detail["W_uncorrected"] = both["no_ties"].w
    for name, other in both.items():
        detail[name] = {"W": other.w, "chisq": other.chisq, "df": other.df, "p": other.p}
    rho, notes = _rho(ratings)
    detail |= {"rho": rho, "raters": ratings.raters}
    estimate = Estimate(one.w, df=one.df, n=one.units, method="kendall")
    return Answer("kendall", one.units, [Named("W", estimate)], detail, (*ratings.notes, *notes))


def _rho(ratings: Ratings) -> tuple[float | None, tuple[Note, ...]]:
    try:
        found = mean_correlation.mean_correlation(ratings.values, by_rank=True).estimate
    except NoEstimate as why:
        return None, (why.note,)
    return found.estimate, found.notes


@method(
    "rwg",
    "同一对象内部的一致性：rwg、rwg(j)、awg、平均离差",
    "survey stats rwg ratings.csv --ratee unit --y score --ranvar 2 --range 1,5 --json",
    click.option("--ranvar", type=click.FloatRange(min=0, min_open=True), help="机会方差"),
    RANGE,
)
def rwg_(data: Data, ask: Ask, *, ranvar: float | None, range_: Sequence[float]) -> Answer:
    if not ask.ratee:
        ask.need("by")
    ratee = [ask.ratee] if ask.ratee else list(ask.by)
    names = ask.items or (ask.column("y"),)
    groups = data.groups(ratee).by_number()
    values = data.matrix(names)
    moments = [
        group_moments.of_values(groups.code, values[:, j], len(groups)) for j in range(len(names))
    ]
    levels = _levels(range_, values)
    chance = ranvar if ranvar is not None else rwg.uniform_variance(levels)
    found = {"rwg": rwg.rwg(moments[0], chance)} if len(names) == 1 else {}
    if len(names) > 1:
        found["rwgj"] = rwg.rwg_j(moments, chance)
    if len(names) == 1:
        found["awg"] = rwg.awg(moments[0], *_ends(range_, values))
        counts = value_counts.of_ratings(groups.code, values[:, 0], len(groups))
        found["ad_mean"] = rwg.average_deviation(counts)
        found["ad_median"] = rwg.average_deviation(counts, about_median=True)
    detail: Json = {
        ":".join(ratee): list(groups.names),
        "ranvar": chance,
        "n": np.bincount(groups.code, minlength=len(groups)),
        **_lists(found),
    }
    estimates = [
        Named(name, one, groups.by(place))
        for name, each in found.items()
        for place, one in enumerate(each)
    ]
    notes = dropped(np.asarray(np.isnan(values).any(axis=1)))
    if ranvar is None and not range_:
        why = N_("没有给出 --ranvar 或 --range，按数据里的 {levels} 档均匀给分算机会方差")
        notes = (*notes, Note(why, {"levels": levels}))
    return Answer("rwg", data.n, estimates, detail, notes)


def _levels(range_: Sequence[float], values: "np.typing.NDArray[np.float64]") -> int:
    low, high = _ends(range_, values)
    return round(high - low) + 1


def _ends(range_: Sequence[float], values: "np.typing.NDArray[np.float64]") -> tuple[float, float]:
    """The lowest and the highest mark there can be, or else there is."""
    if len(range_) not in (0, 2):
        raise click.UsageError("--range 要两个数，如 1,5")
    present = values[~np.isnan(values)]
    if not len(present):
        raise NoEstimate("too_few", Note(N_("没有一个评分")))
    ends = range_ or (float(present.min()), float(present.max()))
    return min(ends), max(ends)


def _lists(found: dict[str, tuple[Estimate, ...]]) -> Json:
    """Each figure as a list in the order of the ratees, with its mean and median."""
    lists: Json = {}
    for place, (name, each) in enumerate(found.items()):
        known = [one.estimate for one in each if one.estimate is not None]
        mean = float(np.mean(np.sort(known))) if known else None
        median = float(np.median(known)) if known else None
        lists[name] = [one.estimate for one in each]
        lists[f"mean_{name}"], lists[f"median_{name}"] = mean, median
        if place == 0:
            lists["mean"], lists["median"] = mean, median
    if "ad_mean" in lists:
        lists["mean_ad"] = lists["mean_ad_mean"]
    return lists


@method(
    "agreement",
    "一致百分比、Finn、Robinson A、平均相关",
    "survey stats agreement ratings.csv --items r1,r2,r3 --json",
    click.option("--levels", "s_levels", type=click.IntRange(2), help="评分有几档（Finn）"),
    click.option("--tolerance", type=click.FloatRange(min=0), default=0.0, help="相差多少仍算一致"),
    RANGE,
    TRANSPOSE,
)
def agreement(
    data: Data,
    ask: Ask,
    *,
    s_levels: int | None,
    tolerance: float,
    range_: Sequence[float],
    is_transposed: bool,
) -> Answer:
    ratings = table(data, ask, is_transposed=is_transposed, is_text_allowed=True).complete()
    values = ratings.values
    percent = percent_agreement.percent_agreement(values, tolerance)
    n = percent.units
    found = [
        Named("pct", Estimate(percent.full, n=n, method="agree")),
        Named("pct_pairs", Estimate(percent.pairs, n=n, method="agree")),
    ]
    detail: Json = {"pct": percent.full, "pct_pairs": percent.pairs, "raters": ratings.raters}
    notes = list(ratings.notes)
    if ratings.is_numeric:
        levels = s_levels or _levels(range_, values)
        if s_levels is None and not range_:
            why = N_("没有给出 --levels，Finn 系数按数据里的 {levels} 档算")
            notes.append(Note(why, {"levels": levels}))
        found += _numeric(values, levels, detail, notes)
    return Answer("agreement", n, found, detail, notes)


def _numeric(
    values: "np.typing.NDArray[np.float64]", levels: int, detail: Json, notes: list[Note]
) -> list[Named]:
    """The figures that need numbers. One without an answer leaves a note, the others stand."""
    found = []
    try:
        two = anova.two_way(values)
        for model in ("twoway", "oneway"):
            one = finn.finn(two, levels, is_two_way=model == "twoway")
            name = "finn" if model == "twoway" else "finn_oneway"
            found.append(Named(name, Estimate(one.value, n=two.rows, method=model)))
            detail[name] = {
                "value": one.value, "F": one.f, "df2": one.df2, "p": one.p, "levels": levels,
            }  # fmt: skip
        a = robinson.robinson(two)
        detail["robinson"] = a
        found.append(Named("robinson", Estimate(a, n=two.rows, method="robinson")))
    except NoEstimate as why:
        notes.append(why.note)
    for name, is_by_rank in (("meancor", False), ("meanrho", True)):
        try:
            mean = mean_correlation.mean_correlation(values, by_rank=is_by_rank)
        except NoEstimate as why:
            notes.append(why.note)
            continue
        found.append(Named(name, mean.estimate))
        detail[name] = mean.estimate.estimate
        detail[f"{name}_plain"] = mean.plain
        detail["rho" if is_by_rank else "r"] = mean.estimate.estimate
    return found


METHODS = {
    "icc": icc_,
    "alpha": alpha,
    "kendall": kendall_,
    "rwg": rwg_,
    "agreement": agreement,
}
