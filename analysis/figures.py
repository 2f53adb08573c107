"""Figures that coefficients follow (tier, growth, post): what factor each gives, exactly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from analysis.inputs import FigureRow, RateeRow
from analysis.scheme import Scheme
from analysis.scheme.transforms import Coefficient
from forms.definition import exact, nearest
from forms.problems import N_, Problem

Figures = Mapping[tuple[str, str], str]
"""By ratee and figure: a word of the coefficient's table, or a number."""


def by_ratee(rows: Iterable[FigureRow]) -> Figures:
    """The figures of every ratee."""
    return {(row.ratee, row.figure): row.value for row in rows}


def factor(rule: Coefficient, value: str | None) -> Fraction | None:
    """What a score is multiplied by; None where the figure is missing or in no band."""
    found = None if value is None else _looked_up(rule, value)
    if found is None and rule.default is not None:
        return Fraction(rule.default)
    return found


def _looked_up(rule: Coefficient, value: str) -> Fraction | None:
    if rule.table:
        word = dict(rule.table).get(value)
        return None if word is None else Fraction(word)
    number = exact(value)
    if number is None:
        return None
    if rule.bands:
        return next((Fraction(found) for low, found in rule.bands if number >= low), None)
    return _on_line(rule, Fraction(number))


def _on_line(rule: Coefficient, at: Fraction) -> Fraction:
    """On the straight line between the two points around `at`; flat outside the end points."""
    points = [(Fraction(place), Fraction(found)) for place, found in rule.line]
    if at <= points[0][0]:
        return points[0][1]
    for (low, first), (high, second) in pairwise(points):
        if at <= high:
            return first + (second - first) * (at - low) / (high - low)
    return points[-1][1]


def coefficients(scheme: Scheme, ratee_class: str) -> Iterator[Coefficient]:
    """Every coefficient that a class of ratees meets."""
    for node in scheme.nodes_of(ratee_class):
        for transform in node.transforms:
            if transform.coefficient is not None:
                yield transform.coefficient


def figure_problems(
    scheme: Scheme, ratees: Sequence[RateeRow], rows: Iterable[FigureRow]
) -> Iterator[Problem]:
    """Words that stand in no table, and texts where a number is needed."""
    values = by_ratee(rows)
    classes = {ratee.ratee_class for ratee in ratees}
    rules = {one: tuple(coefficients(scheme, one)) for one in classes}
    for ratee in ratees:
        for rule in rules[ratee.ratee_class]:
            value = values.get((ratee.key, rule.figure))
            if value is not None:
                yield from _wrong_value(ratee.name, rule, value)


def _wrong_value(where: str, rule: Coefficient, value: str) -> Iterator[Problem]:
    told = {"figure": rule.figure, "value": value}
    words = [word for word, _ in rule.table]
    if words and value not in words:
        yield Problem(
            where,
            N_("依据数据「{figure}」不能是 {value}"),
            N_("方案的系数表里有：{allowed}"),
            {**told, "allowed": "、".join(words)},
        )
    elif not words and exact(value) is None:
        yield Problem(where, N_("依据数据「{figure}」{value} 不是数"), N_("请只填数字"), told)


def unused_figures(
    scheme: Scheme, ratees: Iterable[RateeRow], rows: Iterable[FigureRow]
) -> dict[str, str]:
    """Figures no coefficient follows, each with the nearest one that is followed, or ""."""
    classes = {ratee.ratee_class for ratee in ratees}
    used = sorted({rule.figure for one in classes for rule in coefficients(scheme, one)})
    return {
        figure: nearest(figure, used) or ""
        for figure in sorted({row.figure for row in rows} - set(used))
    }
