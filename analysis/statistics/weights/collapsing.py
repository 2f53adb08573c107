"""Collapsing small categories of a margin, along an order declared beforehand.

A category with fewer than 30 answers or less than 5 % of them cannot carry a weight of its own. It
joins its neighbour in the declared order – the smaller of the two – and so on until no category is
small or one is left. Targets and counts add up.

Source: Kalton & Flores-Cervantes (2003), Journal of Official Statistics 19, 81–97 (small
cells are collapsed with similar ones). The order is declared before the answers are seen, such as
age bands from young to old: neighbours are then alike, and nobody can choose by the result. What
goes wrong: an order without meaning joins unlike people and leaves their difference unweighted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.statistics.weights.margins import Codes, Margin
from forms.problems import N_

LEAST, LEAST_SHARE = 30, 0.05


@dataclass(frozen=True, slots=True)
class Collapsed:
    """The new margin, the new code of every old level, and the answers in each new level."""

    margin: Margin
    new_code: Codes
    counts: tuple[int, ...]
    notes: tuple[Note, ...] = ()


def collapse(
    margin: Margin,
    counts: Sequence[int] | Codes,
    *,
    least: int = LEAST,
    least_share: float = LEAST_SHARE,
) -> Collapsed:
    """Join small levels of `margin`, whose levels stand in the declared order.

    `counts` (levels): answers in each level. The level with the fewest answers goes first.
    """
    groups = [[place] for place in range(len(margin.levels))]
    sizes = [int(one) for one in counts]
    floor = max(float(least), least_share * sum(sizes))
    while len(groups) > 1 and min(sizes) < floor:
        place = int(np.argmin(sizes))
        other = _neighbour(sizes, place)
        first, second = sorted((place, other))
        groups[first] += groups.pop(second)
        sizes[first] += sizes.pop(second)
    return Collapsed(
        Margin(
            margin.name,
            tuple("+".join(margin.levels[one] for one in group) for group in groups),
            tuple(float(sum(margin.totals[one] for one in group)) for group in groups),
        ),
        _codes(groups),
        tuple(sizes),
        _notes(margin, groups, sizes, floor),
    )


def _neighbour(sizes: Sequence[int], place: int) -> int:
    """The smaller neighbour; the earlier of two alike."""
    near = [one for one in (place - 1, place + 1) if 0 <= one < len(sizes)]
    return min(near, key=lambda one: (sizes[one], one))


def _codes(groups: Sequence[Sequence[int]]) -> Codes:
    new = np.empty(sum(map(len, groups)), dtype=np.int64)
    for code, group in enumerate(groups):
        new[list(group)] = code
    return new


def _notes(
    margin: Margin, groups: Sequence[Sequence[int]], sizes: Sequence[int], floor: float
) -> tuple[Note, ...]:
    notes = [
        Note(
            N_("“{margin}”中人数过少的类别已合并：{levels}"),
            {
                "margin": margin.name,
                "levels": "、".join(margin.levels[one] for one in group),
            },
        )
        for group in groups
        if len(group) > 1
    ]
    if sizes and min(sizes) < floor:
        notes.append(
            Note(
                N_("“{margin}”只有 {n} 份答卷，不足以按它加权（至少 {least} 份）"),
                {"margin": margin.name, "n": min(sizes), "least": int(np.ceil(floor))},
            )
        )
    return tuple(notes)
