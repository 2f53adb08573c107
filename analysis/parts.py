"""The ballots of a rater class taken apart by stratum, channel or evidence, as a leaf says."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from analysis.cells import FormCells, Key
from analysis.scheme.components import Component
from analysis.weighting import ClassTally, Parts

EVERYBODY = "all"
BETWEEN = "\x1f"
"""Stands between a rater class and a part; no key and no name has it."""


def part_label(leaf: Component, key: Key) -> str | None:
    """The rater class of a key, with its part where the leaf takes it apart; None: not counted."""
    if leaf.evidence and key.evidence not in leaf.evidence:
        return None
    mix = leaf.mix
    if mix is None or not mix.holds_for(key.rater_class):
        return key.rater_class
    part = _part(mix.by, key)
    if part not in dict(mix.weights):
        return None
    rater_class = key.rater_class if leaf.all_rater_classes() else EVERYBODY
    return f"{rater_class}{BETWEEN}{part}"


def fold(leaf: Component, tallies: Mapping[str, ClassTally]) -> dict[str, ClassTally | Parts]:
    """Tallies by rater class again, the parts of one put together."""
    found: dict[str, ClassTally | Parts] = {}
    taken_apart: dict[str, dict[str, ClassTally]] = {}
    for label, one in tallies.items():
        rater_class, is_part, part = label.partition(BETWEEN)
        if is_part:
            taken_apart.setdefault(rater_class, {})[part] = one
        else:
            found[rater_class] = one
    if leaf.mix is not None:
        weights = {key: Fraction(number) for key, number in leaf.mix.weights}
        for rater_class, parts in taken_apart.items():
            found[rater_class] = Parts(leaf.mix.by, weights, parts)
    return found


def ballots_of(one: ClassTally | Parts) -> int:
    """How many ballots stand behind it."""
    if isinstance(one, Parts):
        return sum(part.moments.ballots for part in one.tallies.values())
    return one.moments.ballots


def left_out(
    leaf: Component, cells: Sequence[FormCells], statuses: Collection[str]
) -> Counter[tuple[str, str, str]]:
    """Rows that would count but for their evidence or part: by leaf name, column and value."""
    found: Counter[tuple[str, str, str]] = Counter()
    for one in cells:
        for key in one.keys:
            if key.status in statuses and part_label(leaf, key) is None:
                by = "evidence" if leaf.evidence and key.evidence not in leaf.evidence else ""
                by = by or (leaf.mix.by if leaf.mix else "")
                found[str(leaf.name), by, _part(by, key)] += key.n
    return found


def _part(by: str, key: Key) -> str:
    return {"stratum": key.stratum, "channel": key.channel, "evidence": key.evidence}[by]
