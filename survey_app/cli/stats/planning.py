"""`survey stats power` and `draw`: how many to ask, and who."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.planning import draws
from analysis.statistics.planning.allocation import allocate
from analysis.statistics.planning.sample_size import (
    Assumptions,
    Needed,
    for_gap,
    for_precision,
)
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import FILE, Ask, method, write_columns


@method(
    "power",
    "样本量：想要的精度或想要分清的差距，每一行（单位、主体）需要多少份有效答卷、要发给多少人。"
    "没有 --population 时把文件当作试测数据，用 --y 的标准差。",
    (
        "survey stats power units.csv --id unit --population N --sd 15 --precision 2 --response .6",
        "survey stats power pilot.csv --y score --by unit --gap 3 --power .8",
    ),
    click.option("--population", help="每行总体人数的列"),
    click.option("--sd", "sd", default=None, help="标准差：数值或列名"),
    click.option("--precision", type=float, help="区间半宽（分）"),
    click.option("--gap", type=float, help="想要分清的两个单位的差距（分）"),
    click.option("--power", "power_", type=float, default=0.8, show_default=True, help="把握度"),
    click.option("--response", default="1", help="预计应答率：数值或列名"),
    click.option("--deff", type=float, default=1.0, show_default=True, help="设计效应"),
    click.option("--rho", type=float, default=0.0, help="两单位得分的相关（同一批人评）"),
    click.option("--comparisons", type=int, default=1, help="一并比较的次数"),
)
def power(
    data: Data,
    ask: Ask,
    population: str | None,
    sd: str | None,
    precision: float | None,
    gap: float | None,
    power_: float,
    response: str,
    deff: float,
    rho: float,
    comparisons: int,
) -> Answer:
    if (precision is None) == (gap is None):
        raise click.UsageError("请给出 --precision 或 --gap 中的一个")
    rows = _planned(data, ask, population, sd, response)
    named: list[Named] = []
    detail: dict[str, dict[str, int | float | None]] = {}
    total = {"n": 0, "asked": 0}
    for name, (people, spread, rate) in rows.items():
        given = Assumptions(spread, people, deff, rate, ask.level)
        if precision is not None:
            found = for_precision(precision, given)
        else:
            found = for_gap(
                gap or 0.0, given, power=power_, correlation=rho, comparisons=comparisons
            )
        named.append(Named(name, Estimate(float(found.n), n=people, notes=_notes(found))))
        total["n"] += found.n
        total["asked"] += found.asked
        detail[name] = {
            "n": found.n,
            "asked": found.asked,
            "exact": found.exact,
            "sd": spread,
            "population": people,
            "census": found.is_census,
            "out_of_reach": found.is_out_of_reach,
        }
    return Answer("power", data.n, named, {"rows": detail, "total": total})


def _planned(
    data: Data, ask: Ask, population: str | None, sd: str | None, response: str
) -> Mapping[str, tuple[int | None, float, float]]:
    """By row or group: people, standard deviation, expected response."""
    if population is None:
        y = data.numbers(ask.column("y"))
        groups = data.groups(ask.by)
        rate = _number_or_column(data, response)
        found = {}
        for group, name in enumerate(groups.names):
            mine = (groups.code == group) & np.isfinite(y)
            if mine.sum() < 2:
                note = Note(
                    N_("“{name}”只有 {n} 个数，算不出标准差"), {"name": name, "n": int(mine.sum())}
                )
                raise NoEstimate("too_few", note)
            found[name or str(ask.y)] = (None, float(y[mine].std(ddof=1)), float(rate[mine][0]))
        return found
    if sd is None:
        raise click.UsageError("有 --population 时还要给出 --sd")
    names = data.text(ask.id) if ask.id else [str(row + 1) for row in range(data.n)]
    people = data.numbers(population)
    spread, rate = _number_or_column(data, sd), _number_or_column(data, response)
    return {
        name: (int(people[row]), float(spread[row]), float(rate[row]))
        for row, name in enumerate(names)
    }


def _number_or_column(data: Data, text: str) -> np.ndarray:
    try:
        return np.full(data.n, float(text))
    except ValueError:
        return data.numbers(text)


def _notes(found: Needed) -> tuple[Note, ...]:
    if found.is_out_of_reach:
        return (Note(N_("按预计的应答率，全部发放也收不到需要的份数")),)
    return (Note(N_("需要全部发放")),) if found.is_census else ()


@method(
    "draw",
    "抽样：按公开的种子从名单抽人，任何人都能重抽得到同样的结果。"
    "随机数是 SHA-256(种子/编号)，与名单顺序无关。",
    (
        "survey stats draw roster.csv --id code --n 30 --seed 20261121",
        "survey stats draw roster.csv --id code --n 60 --strata town --seed 2026 --to out.csv",
        "survey stats draw units.csv --id unit --n 10 --size staff --kind pps",
    ),
    click.option("--n", "n", type=int, required=True, help="抽多少"),
    click.option(
        "--kind",
        type=click.Choice(["simple", "stratified", "systematic", "pps"]),
        help="方法；默认有 --size 时 pps，有 --strata 时 stratified，否则 simple",
    ),
    click.option("--size", help="规模列（pps）"),
    click.option(
        "--allocation",
        type=click.Choice(["proportional", "equal"]),
        default="proportional",
        show_default=True,
        help="分层抽样怎样分到各层",
    ),
    click.option("--least", type=int, default=1, show_default=True, help="每层至少抽多少"),
    click.option("--seed-text", help="文字种子，代替 --seed"),
    click.option("--to", "target", type=FILE, help="把抽中的写到这个 CSV"),
)
def draw(
    data: Data,
    ask: Ask,
    n: int,
    kind: str | None,
    size: str | None,
    allocation: str,
    least: int,
    seed_text: str | None,
    target: Path | None,
) -> Answer:
    kind = kind or ("pps" if size else "stratified" if ask.strata else "simple")
    keys = data.text(ask.id or next(iter(data.columns)))
    seed = seed_text or str(ask.seed)
    detail: dict[str, object] = {"kind": kind, "seed": seed}
    if kind == "stratified":
        drawn = _stratified(data, ask, keys, n, allocation, least, seed, detail)
    elif kind == "pps":
        if size is None:
            raise click.UsageError("pps 需要 --size")
        sizes = dict(zip(keys, data.text(size), strict=True))
        drawn = draws.pps({key: Fraction(one) for key, one in sizes.items()}, n, seed)
    else:
        drawn = (draws.simple if kind == "simple" else draws.systematic)(keys, n, seed)
    columns = {"id": drawn.keys, "probability": drawn.probabilities, "weight": drawn.weights}
    if target is not None:
        write_columns(target, dict(columns))
    detail |= {"selected": drawn.keys, "probability": drawn.probabilities, "weights": drawn.weights}
    named = [
        Named(key, Estimate(weight, n=1, method=kind))
        for key, weight in zip(drawn.keys, drawn.weights, strict=True)
    ]
    return Answer("draw", data.n, named, detail)


def _stratified(
    data: Data,
    ask: Ask,
    keys: list[str],
    n: int,
    allocation: str,
    least: int,
    seed: str,
    detail: dict[str, object],
) -> draws.Drawn:
    strata: dict[str, list[str]] = {}
    for key, name in zip(keys, data.text(ask.column("strata")), strict=True):
        strata.setdefault(name, []).append(key)
    names = sorted(strata)
    sizes = [len(strata[name]) for name in names]
    spread = [1 / size for size in sizes] if allocation == "equal" else None
    shared = dict(zip(names, allocate(n, sizes, spread, least), strict=True))
    detail["allocation"] = shared
    return draws.stratified(strata, shared, seed)


METHODS = {"power": power, "draw": draw}
