"""Whose scores a weighted total gives away.

A total Σ W S of record is exact, and the scores beside it have two decimals: with all but one of
them shown the last one comes out to about a hundredth. So a small class that counts in the total
is hidden together with others, until what is left of the total leaves each of them room.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analysis.disclosure.bounds import feasible
from analysis.disclosure.statements import SCORE, Cell, Range, Statement, rounded


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a total: its share in it (above 0), its score out of 100, and its ballots."""

    key: str
    share: Fraction
    score: Fraction
    n: int


def hide_scores(parts: Sequence[Part], first: Collection[str], width: int) -> frozenset[str]:
    """The parts to hide: the `first`, then the smallest, until each of those has `width` room.

    Where everything is hidden the total still says what all of them say together.
    """
    hidden = set(first)
    wanted: list[Cell] = [(one.key,) for one in parts if one.key in hidden]
    rest = sorted((one.n, one.key) for one in parts if one.key not in hidden)
    while wanted and rest and _is_pinned(parts, hidden, wanted, width):
        hidden.add(rest.pop(0)[1])
    return frozenset(hidden)


def _is_pinned(
    parts: Sequence[Part], hidden: Collection[str], wanted: Sequence[Cell], width: int
) -> bool:
    kinds: dict[Cell, Range] = {(one.key,): SCORE for one in parts}
    found = feasible(score_statements(parts, hidden), wanted, kinds, width)
    return any(one.is_narrower(width) for one in found.values())


def score_statements(parts: Sequence[Part], hidden: Collection[str]) -> list[Statement]:
    """What a reader knows: the weights, the exact total, and the shown scores, rounded."""
    total = sum((one.share * one.score for one in parts), Fraction(0))
    terms = tuple(((one.key,), one.share) for one in parts)
    shown = [rounded((one.key,), one.score) for one in parts if one.key not in hidden]
    return [Statement(terms, total, total, "总分"), *shown]
