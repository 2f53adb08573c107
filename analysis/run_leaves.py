"""Leaves made from earlier results: the months of a year, the quarters, the half-years.

An earlier score is a figure of record, out of 100: it brings no sampling error of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from analysis.inputs import HistoryRow, RateeRow
from analysis.note import Note
from analysis.periods import contains, in_words, order, parse, parts
from analysis.results import LeafScore, NodeScore
from analysis.scheme import Scheme
from analysis.scheme.components import Combine, Component
from forms.problems import N_

ABSENT = N_("缺")
MISSING = N_("缺 {n} 期：{periods}")
FEWER = N_("应有 {expected} 期，只有 {n} 期")
MIXED = N_("各期长短不一，请核对系列「{series}」")

LENGTHS = (1, 3, 6, 12)

Earlier = Mapping[str, Sequence[HistoryRow]]
"""The results of one series, by ratee, in the order of their periods."""


def score_run_leaves(
    scheme: Scheme, ratees: Sequence[RateeRow], history: Iterable[HistoryRow], period: str
) -> dict[tuple[str, str], LeafScore]:
    """Every leaf of earlier runs for every ratee it applies to, by (ratee, path).

    What counts are results with a score, of the leaf's series, within the period; all of the
    series where nobody said which period is evaluated. Never a silent 0: a period without a result
    stays out of the mean and is named.
    """
    rows = [row for row in history if row.score is not None]
    leaves = [leaf for leaf in scheme.leaves() if leaf.source == "runs"]
    found: dict[tuple[str, str], LeafScore] = {}
    for leaf in leaves:
        earlier = _of_series(scheme, leaf.series, rows, period)
        for ratee_class in sorted({ratee.ratee_class for ratee in ratees}):
            if leaf in scheme.leaves_of(ratee_class):
                keys = [one.key for one in ratees if one.ratee_class == ratee_class]
                wanted = _wanted(leaf, period, [earlier.get(key, ()) for key in keys])
                for key in keys:
                    found[key, leaf.path] = _leaf_score(leaf, earlier.get(key, ()), wanted)
    return found


def _of_series(
    scheme: Scheme, series: str, rows: Iterable[HistoryRow], period: str
) -> dict[str, list[HistoryRow]]:
    """Rows without a series are of the scheme's own; the round's own period is no earlier one."""
    found: dict[str, list[HistoryRow]] = {}
    for row in sorted(rows, key=lambda row: order(row.period)):
        is_own = (row.series or scheme.key) == scheme.key
        if (row.series or scheme.key) != series or (is_own and row.period == period):
            continue
        if not period or contains(period, row.period):
            found.setdefault(row.ratee, []).append(row)
    return found


def _wanted(leaf: Component, period: str, of_class: Iterable[Sequence[HistoryRow]]) -> list[str]:
    """The periods there should be: those the expected number divides the period into.

    Where those are no periods, or nobody said: those that anyone of the class has.
    """
    whole = parse(period)
    if whole is not None and leaf.expected:
        months, rest = divmod(whole.months, leaf.expected)
        if not rest and months in LENGTHS:
            return list(parts(period, months))
    return sorted({row.period for rows in of_class for row in rows}, key=order)


def _leaf_score(leaf: Component, rows: Sequence[HistoryRow], wanted: Sequence[str]) -> LeafScore:
    scores = {row.period: Fraction(row.score) for row in rows if row.score is not None}
    absent = [one for one in wanted if one not in scores]
    shares = _shares(leaf.combine, list(scores))
    nodes = tuple(
        _node(leaf, one, scores.get(one), shares.get(one))
        for one in sorted({*scores, *absent}, key=order)
    )
    score = sum((scores[one] * shares[one] for one in scores), Fraction(0)) if scores else None
    return LeafScore(score, None, len(scores), nodes, tuple(_notes(leaf, list(scores), absent)))


def _shares(combine: Combine, periods: Sequence[str]) -> dict[str, Fraction]:
    """What part of each score counts; `periods` are in order."""
    if combine == "last":
        return {one: Fraction(int(one == periods[-1])) for one in periods}
    each = Fraction(1, len(periods)) if combine == "mean" and periods else Fraction(1)
    return dict.fromkeys(periods, each)


def _node(
    leaf: Component, period: str, score: Fraction | None, share: Fraction | None
) -> NodeScore:
    return NodeScore(
        path=f"{leaf.path}/{period}",
        kind="period",
        name=in_words(period),
        share=share or Fraction(0),
        score=score,
        converted=None if score is None or share is None else score * share,
        notes=(Note(ABSENT),) if score is None else (),
    )


def _notes(leaf: Component, present: Sequence[str], absent: Sequence[str]) -> Iterable[Note]:
    if absent:
        names = "、".join(in_words(one) for one in absent)
        yield Note(MISSING, {"n": len(absent), "periods": names})
    if leaf.expected and len(present) + len(absent) < leaf.expected:
        yield Note(FEWER, {"expected": leaf.expected, "n": len(present)})
    if len({found.months for one in present if (found := parse(one))}) > 1:
        yield Note(MIXED, {"series": leaf.series})
