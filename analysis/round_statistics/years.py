"""Change since the last period: what can be said of a difference between two totals of record.

Δ = m₂ - m₁. Where the earlier total's error is known and both rounds asked the same by the same
scheme, v = v₁ + v₂ (years as independent samples: conservative where the same people answered
twice), and q-values go over all ratees. Otherwise no test: with the earlier error unknown the
change is certainly not beyond chance where |Δ| <= 1.96 se₂, and cannot be judged elsewhere; another
scheme or questionnaire is a break in the series. See `analysis.statistics.comparisons.two_periods`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from analysis import periods
from analysis.estimation import Z
from analysis.inputs import HistoryRow
from analysis.note import Note
from analysis.results import Assessment, RateeResult
from analysis.round_statistics.estimates import classes_in_order, shown
from analysis.statistics.comparisons.two_periods import LIKELY_CORRELATION, change, changes
from analysis.statistics.estimate import Estimate
from forms.problems import N_

Verdict = Literal["clear", "unclear", "unknown", "break"]
SHARE = 0.05


@dataclass(frozen=True, slots=True)
class EarlierScore:
    """A total of the last period; `se` None where nobody kept it.

    `is_comparable` is False where another scheme or other questionnaires made it.
    """

    score: float
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    is_comparable: bool = True


@dataclass(frozen=True, slots=True)
class YearLine:
    """One ratee: both totals, the change with its error and interval, and what it says.

    `verdict`: "clear" where q is at most 0.05 and the interval is without 0, else "unclear", as
    where today's error alone is too large; "unknown" where the earlier error is; "break" where the
    two do not compare.
    """

    key: str
    name: str
    earlier: float
    later: float
    difference: float
    se: float | None
    lo: float | None
    hi: float | None
    q: float | None
    n: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class YearChanges:
    """One class of ratees, the greatest rise first."""

    ratee_class: str
    period: str
    lines: tuple[YearLine, ...]
    sentences: tuple[Note, ...]


def last_scores(
    history: Sequence[HistoryRow], series: str, period: str
) -> tuple[str, dict[str, float]]:
    """The latest earlier period of the same length that has scores of this series, and them."""
    own = periods.parse(period)
    rows: dict[str, dict[str, float]] = defaultdict(dict)
    for row in history:
        found = periods.parse(row.period)
        if row.score is None or row.series not in ("", series) or found is None or own is None:
            continue
        if found.months == own.months and periods.before(row.period, period):
            rows[row.period][row.ratee] = float(row.score)
    if not rows:
        return "", {}
    last = max(rows, key=periods.order)
    return last, rows[last]


def year_changes(
    assessment: Assessment, period: str, earlier: Mapping[str, EarlierScore]
) -> tuple[YearChanges, ...]:
    """Every class of ratees of whom somebody has an earlier score; q over all of them together."""
    ratees = [one for one in shown(assessment) if one.key in earlier]
    tested = [one for one in ratees if _is_tested(one, earlier[one.key])]
    q: dict[str, float] = {}
    if tested:
        made = changes(
            np.array([earlier[one.key].score for one in tested]),
            np.array([earlier[one.key].se or 0.0 for one in tested]),
            np.array([float(one.total or 0) for one in tested]),
            np.array([one.se or 0.0 for one in tested]),
        )
        q = dict(zip((one.key for one in tested), made.q.tolist(), strict=True))
    found = []
    for ratee_class in classes_in_order(assessment):
        lines = [
            _line(one, earlier[one.key], q.get(one.key))
            for one in ratees
            if one.ratee_class == ratee_class
        ]
        lines.sort(key=lambda one: (-one.difference, one.key))
        if lines:
            found.append(YearChanges(ratee_class, period, tuple(lines), tuple(_told(lines))))
    return tuple(found)


def _is_tested(one: RateeResult, before: EarlierScore) -> bool:
    return before.is_comparable and before.se is not None and one.se is not None


def _line(one: RateeResult, before: EarlierScore, q: float | None) -> YearLine:
    later = float(one.total or 0)
    difference = later - before.score
    estimate = Estimate(difference)
    if q is not None:
        estimate = change(
            Estimate(before.score, before.se, None, before.lo, before.hi),
            Estimate(later, one.se, None, one.lo, one.hi, one.n),
        )
    return YearLine(
        key=one.key,
        name=one.name,
        earlier=before.score,
        later=later,
        difference=difference,
        se=estimate.se,
        lo=estimate.lo,
        hi=estimate.hi,
        q=q,
        n=one.n,
        verdict=_verdict(one, before, estimate, q),
    )


def _verdict(one: RateeResult, before: EarlierScore, made: Estimate, q: float | None) -> Verdict:
    if not before.is_comparable:
        return "break"
    difference = made.estimate or 0.0
    if q is not None:
        # with few ballots the interval, which allows for votes not seen, is the safer judge
        is_apart = made.lo is not None and made.hi is not None and not made.lo <= 0 <= made.hi
        return "clear" if q <= SHARE and is_apart else "unclear"
    if one.se is not None and abs(difference) <= Z * one.se:
        return "unclear"
    return "unknown"


def _told(lines: Sequence[YearLine]) -> Iterator[Note]:
    count = {
        verdict: sum(one.verdict == verdict for one in lines)
        for verdict in ("clear", "unclear", "unknown", "break")
    }
    if count["clear"] or any(one.q is not None for one in lines):
        yield Note(
            N_(
                "{n} 个对象里，变化超出偶然的有 {clear} 个（其中至多约 5% 是误报），"
                "其余可能只是偶然。"
            ),
            {"n": len(lines) - count["break"], "clear": count["clear"]},
        )
    if count["unknown"]:
        yield Note(
            N_(
                "有 {n} 个对象上期得分的误差不知道，变化算不算数无法判断；"
                "变化小于本期误差两倍的，可以说不足以断定。"
            ),
            {"n": count["unknown"]},
        )
    if count["break"]:
        yield Note(
            N_("有 {n} 个对象两期的方案或问卷不是同一份，得分不能直接相比，只列出，不作判断。"),
            {"n": count["break"]},
        )
    errors = [one.se for one in lines if one.se]
    if errors:
        typical = sorted(errors)[len(errors) // 2]
        yield Note(
            N_(
                "误差按两期是不同的人算（一般 {se} 分）；如果是同一批人、前后看法相关系数 {r}，"
                "误差约 {less} 分。"
            ),
            {
                "se": f"{typical:.2f}",
                "r": f"{LIKELY_CORRELATION:g}",
                "less": f"{typical * sqrt(1 - LIKELY_CORRELATION):.2f}",
            },
        )
    yield Note(
        N_(
            "上期特别低的，这期一般会自己回升一些，特别高的会回落一些（向均数回归）："
            "升降不等于工作的成效。"
        )
    )
