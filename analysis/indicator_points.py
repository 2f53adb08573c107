"""Which leaf an indicator belongs to, and what the full marks there must add up to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from analysis.inputs import IndicatorRow, RateeRow
from analysis.scheme import Scheme
from analysis.scheme.components import MARKED, Component
from forms.definition import nearest
from forms.problems import N_, InputError, Problem, plain


@dataclass(slots=True)
class PointSums:
    """The full marks of one ratee in one leaf: each indicator once, whoever assesses it."""

    leaf: Component
    total: Decimal = Decimal(0)
    by_attribute: dict[str, Decimal] = field(default_factory=dict)


def sum_points(
    rows: Iterable[tuple[IndicatorRow, Component]],
) -> dict[tuple[str, str], PointSums]:
    """(ratee, leaf path) → the sums of points."""
    sums: dict[tuple[str, str], PointSums] = {}
    seen: set[tuple[str, str, str]] = set()
    for row, leaf in rows:
        place = (row.ratee, leaf.path)
        if (*place, row.indicator) in seen:
            continue
        seen.add((*place, row.indicator))
        its = sums.setdefault(place, PointSums(leaf))
        its.total += row.points
        its.by_attribute[row.attribute] = its.by_attribute.get(row.attribute, Decimal(0)) + (
            row.points
        )
    return sums


def points_problems(
    people: Mapping[str, RateeRow], rows: Iterable[tuple[IndicatorRow, Component]]
) -> list[Problem]:
    """Every ratee whose full marks differ from a leaf's rule."""
    sums = sum_points(rows)
    return [
        problem
        for (ratee, _path), its in sorted(sums.items())
        for problem in _problems(people[ratee].name if ratee in people else ratee, its)
    ]


def _problems(name: str, its: PointSums) -> Iterator[Problem]:
    rule = its.leaf.points
    values = {"component": its.leaf.name}
    if rule.total is not None and its.total != rule.total:
        yield Problem(
            name,
            N_("「{component}」各项指标的分值相加是 {sum}，总分必须为{total}"),
            N_("请改正分值，或补上缺少的指标"),
            {**values, "sum": plain(its.total), "total": plain(rule.total)},
        )
    for attribute, wanted in rule.by_attribute:
        found = its.by_attribute.get(attribute, Decimal(0))
        if found != wanted:
            yield Problem(
                name,
                N_("「{component}」属性为{attribute}的指标分值相加是 {sum}，必须为{total}"),
                N_("请改正分值或属性，或补上缺少的指标"),
                {**values, "attribute": attribute, "sum": plain(found), "total": plain(wanted)},
            )


def leaves_of(scheme: Scheme, rows: Iterable[IndicatorRow]) -> dict[str, Component]:
    """The leaf each named component means, by path, key or name; "" is the only one."""
    leaves = [leaf for leaf in scheme.leaves() if leaf.source in MARKED]
    known: dict[str, Component] = {}
    for leaf in reversed(leaves):
        known |= {str(leaf.name): leaf, leaf.key: leaf, leaf.path: leaf}
    usual = [leaf for leaf in leaves if leaf.source == "indicators"] or leaves
    if len(usual) == 1:
        known[""] = usual[0]
    problems = [
        _unknown_component(row, [leaf.path for leaf in leaves])
        for row in rows
        if row.component not in known
    ]
    if problems:
        raise InputError(problems)
    return known


def _unknown_component(row: IndicatorRow, paths: Sequence[str]) -> Problem:
    values = {
        "component": row.component or "—",
        "guess": nearest(row.component, paths) or "、".join(paths) or "—",
    }
    return Problem(
        f"{row.indicator} {row.ratee}",
        N_("方案里没有叫 {component} 的指标构成"),
        N_("请改正「构成」一列，可用的有：{guess}"),
        values,
    )
