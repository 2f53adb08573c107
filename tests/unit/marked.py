"""Small schemes with grades, and ratees whose totals are given instead of computed."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from analysis.composition import Composed, compose
from analysis.grading import Graded, grade
from analysis.inputs import HistoryRow, RateeRow, VetoRow
from analysis.results import LeafScore, RateeResult
from analysis.scheme import Scheme

ONE_PART = """
key = "t"
version = "1"
title = "t"
missing = "redistribute"
[[component]]
key = "a"
name = "得分"
weight = "100"
source = "indicators"
"""
SIX = ONE_PART + "".join(
    f'[[grade]]\nkey = "g{place}"\nname = "{name}"\n' + (f'min = "{line}"\n' if line else "")
    for place, (name, line) in enumerate(
        [
            ("优秀", 90),
            ("良好", 80),
            ("合格", 70),
            ("基本合格", 60),
            ("基本不合格", 50),
            ("不合格", None),
        ]
    )
)
TWO = (
    ONE_PART + '[[grade]]\nkey = "top"\nname = "优秀"\n{}\n[[grade]]\nkey = "rest"\nname = "称职"\n'
)


def scheme_of(*parts: str) -> Scheme:
    return Scheme.load("\n".join(parts).encode())


def totals(
    scheme: Scheme,
    ratees: Sequence[RateeRow],
    marks: Mapping[str, str | Fraction],
    vetoes: Sequence[VetoRow] = (),
) -> dict[str, Composed]:
    """Totals equal to the marks: the same score in every leaf."""
    leaves = {
        (key, leaf.path): LeafScore(Fraction(mark))
        for key, mark in marks.items()
        for leaf in scheme.leaves()
    }
    return compose(scheme, ratees, leaves, vetoes=vetoes)


def graded_by(
    scheme: Scheme,
    ratees: Sequence[RateeRow],
    marks: Mapping[str, str | Fraction],
    history: Sequence[HistoryRow] = (),
    period: str = "",
    vetoes: Sequence[VetoRow] = (),
) -> dict[str, Graded]:
    return grade(scheme, totals(scheme, ratees, marks, vetoes), history, period)


def results_of(
    scheme: Scheme,
    ratees: Sequence[RateeRow],
    marks: Mapping[str, str | Fraction],
    history: Sequence[HistoryRow] = (),
    period: str = "",
    vetoes: Sequence[VetoRow] = (),
) -> list[RateeResult]:
    """Results as an assessment gives them, as far as consequences ask."""
    made = totals(scheme, ratees, marks, vetoes)
    given = grade(scheme, made, history, period)
    return [
        RateeResult(
            key=row.key,
            name=row.name,
            ratee_class=row.ratee_class,
            group=row.group,
            total=made[row.key].total,
            total_exact=made[row.key].total_exact,
            grade=given[row.key].grade,
            veto=tuple(veto.key for veto in made[row.key].vetoes),
            nodes=made[row.key].nodes,
        )
        for row in ratees
    ]


def units(*keys: str, ratee_class: str = "unit", group: str = "") -> list[RateeRow]:
    return [RateeRow(key, key, ratee_class, group) for key in keys]


def quarters(
    ratee: str, words: str, year: int = 2026, series: str = "quarterly"
) -> list[HistoryRow]:
    """Results of the quarters of a year, "好 好 较好 一般"; "-" where there is none."""
    return [
        HistoryRow(ratee, f"{year}-Q{number}", word, series)
        for number, word in enumerate(words.split(), start=1)
        if word != "-"
    ]


def with_grade(given: Mapping[str, Graded], key: str) -> set[str]:
    return {ratee for ratee, one in given.items() if one.grade == key}
