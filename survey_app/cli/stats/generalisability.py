"""`survey stats gtheory`: how dependable marks are, and how many raters would be enough."""

from collections.abc import Sequence

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.agreement import d_study, generalisability
from analysis.statistics.agreement.d_study import Dependability
from analysis.statistics.agreement.generalisability import Study
from analysis.statistics.estimate import Estimate, NoEstimate
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Codes, Data, Floats
from survey_app.cli.stats.method import Ask, Names, Numbers, method
from survey_app.cli.stats.ratings import dropped

Json = dict[str, object]
ITEM = "item"


@method(
    "gtheory",
    "概化理论：分数差别来自哪里，请多少人评才够",
    "survey stats gtheory ratings.csv --ratee person --facets task,rater:task --y score --json",
    click.option(
        "--facets", type=Names(), default=(), help="侧面；rater:task 表示评分人嵌套在任务里"
    ),
    click.option("--n", "numbers", type=Numbers(), default=(), help="试算的人数，如 5,10,20,40"),
    click.option("--n-of", help="试算哪个侧面；不写时用 --rater，否则用最后一个"),
    click.option("--target", type=float, default=0.8, show_default=True, help="想达到的可靠程度"),
)
def gtheory(
    data: Data,
    ask: Ask,
    *,
    facets: tuple[str, ...],
    numbers: Sequence[float],
    n_of: str | None,
    target: float,
) -> Answer:
    facets = tuple(":".join(one.strip() for one in name.split(":")) for name in facets)
    y, codes, facets, notes = _given(data, ask, facets)
    ratee = next(iter(codes))
    nested = generalisability.implied(codes, facets)
    if nested != facets:
        text = "、".join(one for one in nested if one not in facets)
        notes.append(Note(N_("各水平只在一处出现，按嵌套处理：{facets}"), {"facets": text}))
    plan = generalisability.design(ratee, nested)
    found = generalisability.study(plan, y, codes)
    default = ask.rater if ask.rater in plan.facets else plan.facets[-1]
    facet = n_of or str(default)
    if facet not in plan.facets:
        raise click.UsageError(f"--n-of 只能是 {'、'.join(plan.facets)}")
    counts = tuple(round(one) for one in numbers) or (1, 2, 3, *d_study.RATERS)
    return _answer(found, facet, counts, target, notes)


Given = tuple[Floats, dict[str, Codes], tuple[str, ...], list[Note]]


def _given(data: Data, ask: Ask, facets: tuple[str, ...]) -> Given:
    """The marks and the codes of every factor, the ratee first; wide columns become a facet."""
    if ask.items:
        return _wide(data, ask, facets)
    ask.need("ratee", "y")
    if ask.rater and not any(ask.rater in one.split(":") for one in facets):
        facets = (*facets, ask.rater)
    if not facets:
        raise click.UsageError("这个方法需要 --facets 或 --rater")
    names = dict.fromkeys((ask.column("ratee"), *(n for one in facets for n in one.split(":"))))
    y = data.numbers(ask.column("y"))
    keep = ~np.isnan(y)
    codes = {name: data.groups([name]).code[keep] for name in names}
    return y[keep], codes, facets, list(dropped(~keep))


def _wide(data: Data, ask: Ask, facets: tuple[str, ...]) -> Given:
    ratee = ask.ratee or ask.id
    label = "rater" if not (ask.rater or facets) else ITEM
    if ask.rater and not any(ask.rater in one.split(":") for one in facets):
        facets = (*facets, ask.rater)
    values = data.matrix(ask.items)
    each, columns = values.shape
    names = dict.fromkeys(n for one in facets for n in one.split(":") if n != ITEM)
    codes = {
        ratee or "person": np.repeat(
            data.groups([ratee]).code if ratee else np.arange(each), columns
        )
    }
    codes |= {name: np.repeat(data.groups([name]).code, columns) for name in names}
    codes[label] = np.tile(np.arange(columns), each)
    y = values.ravel()
    keep = ~np.isnan(y)
    if label not in {n for one in facets for n in one.split(":")}:
        facets = (label, *facets)
    kept = {name: code[keep] for name, code in codes.items()}
    return y[keep], kept, facets, list(dropped(~keep))


def _answer(
    found: Study, facet: str, counts: tuple[int, ...], target: float, notes: list[Note]
) -> Answer:
    plan = found.design
    now = d_study.dependability(found)
    rows = d_study.table(found, facet, counts)
    fewer = d_study.halved(found, facet)
    estimates = [
        Named("E_rho2", Estimate(now.e_rho2, n=found.n, method=found.method)),
        Named("Phi", Estimate(now.phi, n=found.n, method=found.method)),
    ]
    names = [plan.name(one) for one in found.effects]
    for name, value, raw in zip(names, found.variances, found.raw, strict=True):
        low = (
            (Note(N_("{name} 的方差分量算出来是负的，记为 0"), {"name": name}),) if raw < 0 else ()
        )
        estimates.append(Named(name, Estimate(value, n=found.n, method=found.method, notes=low)))
    detail: Json = {
        "source": names,
        "var": list(found.variances),
        "raw": list(found.raw),
        "MS": list(found.mean_squares),
        "df": list(found.df),
        "sizes": dict(found.sizes),
        "generalizability": now.e_rho2,
        "dependability": now.phi,
        "var_universe": now.universe,
        "var_relative_error": now.relative,
        "var_absolute_error": now.absolute,
        "n_of": facet,
        "n": list(counts),
        "E_rho2": [one.e_rho2 for one in rows],
        "Phi": [one.phi for one in rows],
        "table": [_row(one) for one in rows],
        "halved": [_row(one) for one in d_study.table(found, facet, counts, fewer)]
        if fewer
        else [],
        "needed": _needed(found, facet, target),
    }
    if len(plan.facets) == 1:
        detail |= dict(zip(("var_p", "var_r", "var_pr"), found.variances, strict=True))
    if found.sizes[plan.target] < 10:
        n = round(found.sizes[plan.target])
        notes.append(Note(N_("只有 {n} 个对象，少于 10 个，方差分量只作参考"), {"n": n}))
    return Answer("gtheory", found.n, estimates, detail, notes)


def _row(one: Dependability) -> Json:
    return {"sizes": dict(one.sizes), "E_rho2": one.e_rho2, "Phi": one.phi}


def _needed(found: Study, facet: str, target: float) -> Json:
    try:
        return {
            "target": target,
            "relative": d_study.raters_needed(found, target, facet, kind="relative"),
            "absolute": d_study.raters_needed(found, target, facet, kind="absolute"),
        }
    except NoEstimate as why:
        return {"target": target, "relative": None, "absolute": None, "why": why.note}


METHODS = {"gtheory": gtheory}
