"""`survey stats screen`: which rows look careless, by rule, with what each rule costs."""

from collections.abc import Callable
from functools import partial
from typing import Any

import click
import numpy as np

from analysis.note import Note
from analysis.statistics.estimate import Estimate
from analysis.statistics.items.moments import Floats
from analysis.statistics.raters.fit_statistics import guttman_of_complete
from analysis.statistics.response_quality.even_odd import even_odd
from analysis.statistics.response_quality.honest import SHEETS, CutOff, honest_sheets, threshold_of
from analysis.statistics.response_quality.long_string import long_string
from analysis.statistics.response_quality.mahalanobis import Distances, mahalanobis
from analysis.statistics.response_quality.response_variability import response_variability
from analysis.statistics.response_quality.synonyms import Synonyms, pair_score, synonyms
from forms.problems import N_
from survey_app.cli.stats.answer import Answer, Named
from survey_app.cli.stats.data import Data
from survey_app.cli.stats.method import Ask, Numbers, method

Detector = Callable[[Floats], Floats]
LONG_FORM = 8


@method(
    "screen",
    "答卷质量：长串、变异、古特曼误差、马氏距离、奇偶一致、同义题，逐行得分与误报数",
    (
        "survey stats screen answers.csv --items q1,q2,q3,q4,q5,q6 --json",
        "survey stats screen answers.csv --items q1,q2,q3,q4,q5,q6 --scales 3,3 --confidence .99",
    ),
    click.option(
        "--scales",
        "--factors",
        type=Numbers(),
        default=(),
        help="各量表的题数，按题目顺序；给出后才算奇偶一致性",
    ),
    click.option("--critval", type=float, default=0.60, show_default=True, help="同义题的最低相关"),
    click.option(
        "--confidence",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.999,
        show_default=True,
        help="马氏距离的卡方分位",
    ),
    click.option("--empirical", is_flag=True, help="多于 2000 行时，用数据自己的分位"),
    click.option(
        "--rate",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.01,
        show_default=True,
        help="其余规则各允许的误报率",
    ),
)
def screen(
    data: Data,
    ask: Ask,
    scales: tuple[float, ...],
    critval: float,
    confidence: float,
    *,
    empirical: bool,
    rate: float,
) -> Answer:
    ask.need("items")
    x = data.matrix(ask.items)
    sizes = _sizes(scales, x.shape[1])
    pairs = synonyms(x, critval)
    sheets = honest_sheets(x, SHEETS, ask.seed)
    detail: dict[str, object] = {"items": ask.items}
    rules: dict[str, dict[str, Any]] = {}
    for key, (detector, is_high) in _detectors(pairs, sizes).items():
        score = detector(x)
        cut = threshold_of(detector, sheets, rate, is_high=is_high)
        detail |= {
            key: score,
            f"{key}_flagged": cut.flags(score),
            f"{key}_summary": _summary(score),
        }
        rules[key] = _rule(cut, score)
    runs = long_string(x).longest
    detail["longstr"] = runs
    detail["counts"] = {str(one): int((runs == one).sum()) for one in np.unique(runs)}
    distances = mahalanobis(x, confidence, empirical=empirical)
    detail |= _mahalanobis_detail(distances)
    rules["mahad"] = _mahalanobis_rule(distances)
    detail |= _pairs_detail(pairs, ask)
    detail["rules"] = rules
    named = [
        Named(key, Estimate(float(one["flagged"]), n=one["n"], method="rows flagged"))
        for key, one in rules.items()
    ]
    return Answer("screen", data.n, named, detail, (*_notes(x, pairs, sizes), *distances.notes))


def _sizes(scales: tuple[float, ...], k: int) -> tuple[int, ...]:
    """The sizes of the scales; one size alone is that of all of them."""
    if len(scales) == 1 and scales[0] >= 1 and k // int(scales[0]) > 1:
        return (int(scales[0]),) * (k // int(scales[0]))
    return tuple(int(one) for one in scales)


def _detectors(pairs: Synonyms, sizes: tuple[int, ...]) -> dict[str, tuple[Detector, bool]]:
    """Row scores by name, and whether a high one is careless."""
    found: dict[str, tuple[Detector, bool]] = {
        "longstr": (lambda sheet: long_string(sheet).longest.astype(np.float64), True),
        "avgstr": (lambda sheet: long_string(sheet).average, True),
        "irv": (response_variability, False),
        "Gplus": (guttman_of_complete, True),
    }
    if sizes:
        found["evenodd"] = (partial(even_odd, sizes=sizes), True)
    if len(pairs.pairs) > 1:
        found["psychsyn"] = (partial(pair_score, pairs=pairs.pairs), False)
    return found


def _summary(score: Floats) -> dict[str, object]:
    known = score[~np.isnan(score)]
    if len(known) < 2:
        return {"n_na": int(np.isnan(score).sum())}
    return {
        "mean": float(known.mean()),
        "sd": float(known.std(ddof=1)),
        "min": float(known.min()),
        "max": float(known.max()),
        "argmax_1based": int(np.nanargmax(score)) + 1,
        "n_na": len(score) - len(known),
    }


def _rule(cut: CutOff, score: Floats) -> dict[str, Any]:
    n = int((~np.isnan(score)).sum())
    return {
        "flagged": int(cut.flags(score).sum()),
        "n": n,
        "threshold": cut.threshold,
        "side": "high" if cut.is_high else "low",
        "false_alarm_rate": cut.rate,
        "expected_false_alarms": cut.rate * n,
    }


def _mahalanobis_rule(found: Distances) -> dict[str, Any]:
    n = int((~np.isnan(found.squared)).sum())
    return {
        "flagged": int(found.flagged.sum()),
        "n": n,
        "threshold": found.cutoff,
        "side": "high",
        "point": found.rule,
        "false_alarm_rate": found.rate,
        "expected_false_alarms": found.rate * n,
    }


def _mahalanobis_detail(found: Distances) -> dict[str, object]:
    return {
        "mahad": found.squared,
        "mahad_p": found.p,
        "mahad_flagged": found.flagged,
        "mahad_summary": _summary(found.squared),
        "cutoff": found.cutoff,
        "rank": found.rank,
        "n_flagged": int(found.flagged.sum()),
        "flagged_1based": np.flatnonzero(found.flagged) + 1,
    }


def _pairs_detail(found: Synonyms, ask: Ask) -> dict[str, object]:
    return {
        "pairs": [(ask.items[a], ask.items[b], r) for a, b, r in found.pairs],
        "n_pairs": len(found.pairs),
    }


def _notes(x: Floats, pairs: Synonyms, sizes: tuple[int, ...]) -> tuple[Note, ...]:
    notes = [
        Note(
            N_(
                "标出的行只是请人看一看的线索，不是结论，也不会删去；"
                "误报数按“大家都认真答”的模拟估计，所有题目同向时，长串本身不是证据"
            )
        )
    ]
    short = x.shape[1] < LONG_FORM
    if short:
        text = N_("只有 {k} 道题，少于 {least} 道时长串和变异说明不了什么")
        notes.append(Note(text, {"k": x.shape[1], "least": LONG_FORM}))
    if not sizes:
        notes.append(Note(N_("没有给出各量表的题数（--scales），未算奇偶一致性")))
    if len(pairs.pairs) < 2:
        notes.append(Note(N_("相关达到要求的题目不足两对，未算同义题一致性")))
    return tuple(notes)


METHODS = {"screen": screen}
