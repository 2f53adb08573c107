"""Leaves that take the total of the ratee's parent in the same assessment (挂钩)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from analysis.inputs import RateeRow
from analysis.note import Note
from analysis.results import LeafScore
from analysis.rounding import half_up
from analysis.scheme import Scheme
from forms.problems import N_, InputError, Problem

OF_PARENT = N_("所属单位「{parent}」的总分 {total}，满分 {base}")
NO_TOTAL = N_("所属单位「{parent}」没有总分")
NO_PARENT = N_("名册里没有写所属单位")
NOT_HERE = N_("所属单位「{parent}」不在本次核算的名册里")

Links = Mapping[str, str]
"""The key of the parent whose total counts, by ratee key; "" where the register names none."""


class Total(Protocol):
    """What is taken from a parent's composition."""

    @property
    def total(self) -> Decimal | None: ...
    @property
    def counted_exact(self) -> Fraction | None: ...
    @property
    def se(self) -> float | None: ...
    @property
    def lo(self) -> float | None: ...
    @property
    def hi(self) -> float | None: ...
    @property
    def is_zeroed(self) -> bool: ...
    @property
    def n(self) -> int: ...


def parent_links(scheme: Scheme, ratees: Sequence[RateeRow]) -> Links:
    """The parents whose totals are needed. InputError where they go round in a circle."""
    classes = {ratee.ratee_class for ratee in ratees}
    fed = {one for one in classes if _parent_paths(scheme, one)}
    if not fed:
        return {}
    keys = {row.name: row.key for row in reversed(ratees)} | {row.key: row.key for row in ratees}
    links = {row.key: keys.get(row.parent, "") for row in ratees if row.ratee_class in fed}
    names = {row.key: row.name for row in ratees}
    problems = [
        Problem(
            names[key],
            N_("所属单位绕成了圈：{names}"),
            N_("请在名册里改正「所属单位」"),
            {"names": " → ".join(names[one] for one in [*loop, loop[0]])},
        )
        for key in sorted(links)
        if links[(loop := _chain(links, key))[-1]] == key == min(loop)
    ]
    if problems:
        raise InputError(problems)
    return links


def longest_chain(links: Links) -> int:
    """How many totals lie one behind the other, at most; the links have no circle."""
    depth: dict[str, int] = {"": 0}
    for key in links:
        for one in reversed(_chain(links, key)):
            if one not in depth:
                above = links[one]
                depth[one] = 1 + depth.get(above, 0) if above else 0
    return max(depth.values())


def _chain(links: Links, key: str) -> list[str]:
    """A ratee and those above it that take a parent's total themselves, until one comes again."""
    found: dict[str, None] = {}
    while key in links and key not in found:
        found[key] = None
        key = links[key]
    return list(found)


def score_parent_leaves(
    scheme: Scheme, ratees: Sequence[RateeRow], links: Links, made: Mapping[str, Total]
) -> dict[tuple[str, str], LeafScore]:
    """Parents' totals in percent of the base, unrounded, by (ratee, leaf path)."""
    names = {row.key: row.name for row in ratees}
    found: dict[tuple[str, str], LeafScore] = {}
    paths = {one: _parent_paths(scheme, one) for one in {row.ratee_class for row in ratees}}
    for row in ratees:
        if row.key in links:
            parent = links[row.key]
            score = _score(scheme, names.get(parent, row.parent), made.get(parent))
            for path in paths[row.ratee_class]:
                found[row.key, path] = score
    return found


def _score(scheme: Scheme, name: str, parent: Total | None) -> LeafScore:
    if parent is None:
        return LeafScore(
            None, notes=(Note(NOT_HERE, {"parent": name}) if name else Note(NO_PARENT),)
        )
    exact = parent.counted_exact
    if exact is None:
        return LeafScore(None, notes=(Note(NO_TOTAL, {"parent": name}),))
    scale = 100 / Fraction(scheme.base)
    se = None if parent.se is None else parent.se * float(scale)
    values = {
        "parent": name,
        "total": str(half_up(exact, scheme.decimals)),
        "base": str(scheme.base),
    }
    ends = (None, None) if parent.is_zeroed else (parent.lo, parent.hi)
    lo, hi = (None if end is None else end * float(scale) for end in ends)
    notes = (Note(OF_PARENT, values),)
    return LeafScore(exact * scale, se, parent.n, notes=notes, lo=lo, hi=hi)


def _parent_paths(scheme: Scheme, ratee_class: str) -> tuple[str, ...]:
    return tuple(leaf.path for leaf in scheme.leaves_of(ratee_class) if leaf.source == "parent")
