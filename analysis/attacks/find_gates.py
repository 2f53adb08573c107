"""The gates of a round found: from an assessment and its cells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from analysis.attacks.gates import Entrance, Floats, Gates, Ints, own_scores
from analysis.cells import FormCells, Key, dimension_items
from analysis.dedupe import counting_statuses
from analysis.parts import BETWEEN, EVERYBODY, part_label
from analysis.results import Assessment, NodeScore, RateeResult
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from analysis.survey_leaves import leaf_cells
from analysis.tallies import effective_points, point_values

Group = tuple[str, str]
"""A ratee and the label of its rater class, with the part where there is one."""


@dataclass(frozen=True, slots=True)
class _LeafVotes:
    """The votes of a leaf by group; `ballots` are (best, worst), what one ballot adds."""

    points: Floats
    votes: Mapping[Group, Floats]
    rows: Mapping[Group, int]
    ballots: Mapping[Group, tuple[Floats, Floats]]
    weights: Mapping[Group, Floats]
    evidence: Mapping[str, tuple[str, ...]]

    def has(self, group: Group) -> bool:
        """Whether anybody of the group gave a valued answer."""
        return group in self.votes and bool(self.votes[group].any())


def find_gates(assessment: Assessment, cells: Sequence[FormCells]) -> Gates | None:
    """Every gate that counts now; None where there is none.

    Left out: ratees without a total, suppressed or zeroed by a veto; classes below the scheme's
    least number; leaves behind a conversion other than a coefficient (a rank or a band moves in
    jumps and by what others have: no closed form).
    """
    scheme = assessment.scheme
    ratees = tuple(one for one in assessment.ratees if _is_counted(one))
    found: list[dict[str, Any]] = []
    entrances: dict[tuple[str, str], Entrance] = {}
    for leaf in scheme.leaves():
        if leaf.source != "questionnaire":
            continue
        votes = _leaf_votes(leaf, scheme, ratees, cells)
        for place, ratee in enumerate(ratees):
            for label, gate in _of_ratee(scheme, leaf, ratee, votes):
                entrance = entrances.setdefault((leaf.path, label), _entrance(leaf, label, votes))
                found.append(gate | {"ratee": place, "entrance": entrance})
    if not found:
        return None
    order = tuple(entrances.values())
    number = {one: place for place, one in enumerate(order)}
    columns = {name: [gate[name] for gate in found] for name in found[0] if name != "entrance"}
    return Gates(
        entrances=order,
        ratees=ratees,
        ratee=np.array(columns["ratee"], dtype=np.int64),
        entrance=np.array([number[gate["entrance"]] for gate in found], dtype=np.int64),
        total=np.array([float(ratees[p].total_exact or 0) for p in columns["ratee"]]),
        **{name: _padded(columns[name]) for name in _PADDED},
        **{name: np.array(columns[name], dtype=np.float64) for name in _PLAIN},
    )


_PADDED = ("votes", "best", "worst", "weights", "points")
_PLAIN = ("rows", "trim", "in_class", "in_leaf", "factor")


def _is_counted(one: RateeResult) -> bool:
    is_zeroed = one.total == 0 and one.total_exact != 0
    return one.total is not None and not one.suppressed and not is_zeroed


def _padded(parts: Sequence[Floats]) -> Floats:
    """Arrays of different lengths as one, zeros at their ends."""
    shape = [max(sizes) for sizes in zip(*(one.shape for one in parts), strict=True)]
    whole = np.zeros((len(parts), *shape))
    for place, one in enumerate(parts):
        whole[place][tuple(slice(size) for size in one.shape)] = one
    return whole


def _entrance(leaf: Component, label: str, votes: _LeafVotes) -> Entrance:
    rater_class, _, part = label.partition(BETWEEN)
    return Entrance(leaf.path, str(leaf.name), rater_class, part, votes.evidence[label])


def _of_ratee(
    scheme: Scheme, leaf: Component, ratee: RateeResult, votes: _LeafVotes
) -> Iterator[tuple[str, dict[str, Any]]]:
    nodes = {node.path: node for node in ratee.nodes}
    factor = _factor(scheme, leaf, nodes)
    weights = _class_weights(leaf, ratee.ratee_class)
    if factor is None:
        return
    classes = _classes(leaf, weights, nodes)
    whole = sum(share * score for _, share, score in classes)
    for rater_class, share, score in classes:
        rest = float(whole - share * score)
        for label, in_class in _parts(leaf, rater_class, ratee.key, votes):
            group = (ratee.key, label)
            best, worst = votes.ballots[group]
            yield (
                label,
                {
                    "votes": votes.votes[group],
                    "rows": votes.rows[group],
                    "best": best,
                    "worst": worst,
                    "weights": votes.weights[group],
                    "points": votes.points,
                    "trim": float(leaf.trim),
                    "in_class": in_class,
                    "in_leaf": (rest, float(share)),
                    "factor": factor,
                },
            )


def _class_weights(leaf: Component, ratee_class: str) -> dict[str, Fraction]:
    weights = {key: Fraction(one) for key, one in leaf.rater_classes.of(ratee_class)}
    return weights or {EVERYBODY: Fraction(1)}


def _classes(
    leaf: Component, weights: Mapping[str, Fraction], nodes: Mapping[str, NodeScore]
) -> list[tuple[str, Fraction, Fraction]]:
    """(rater class, its share of the leaf, its score) of those that have a score."""
    found = []
    for key in weights:
        node = nodes.get(f"{leaf.path}/{key}")
        if node is not None and node.score is not None and node.share:
            found.append((key, node.share, node.score))
    return found


def _factor(scheme: Scheme, leaf: Component, nodes: Mapping[str, NodeScore]) -> float | None:
    """Points of the total for one point of the leaf; None where that has no fixed answer."""
    factor = Fraction(scheme.base) / 100
    keys = leaf.path.split("/")
    for depth in range(1, len(keys) + 1):
        node = nodes.get("/".join(keys[:depth]))
        if node is None or node.score is None or not node.share:
            return None
        factor *= node.share
        for step in node.steps:
            if step.kind != "coefficient" or step.factor is None:
                return None
            factor *= step.factor
    return float(factor)


def _parts(
    leaf: Component, rater_class: str, ratee: str, votes: _LeafVotes
) -> Iterator[tuple[str, tuple[float, float]]]:
    """The labels of a rater class that has votes, with (a, b): the class is a + b times the own."""
    if leaf.mix is None or not leaf.mix.holds_for(rater_class):
        if votes.has((ratee, rater_class)):
            yield rater_class, (0.0, 1.0)
        return
    scores: dict[str, tuple[float, float]] = {}
    for key, number in leaf.mix.weights:
        group = (ratee, f"{rater_class}{BETWEEN}{key}")
        if votes.has(group):
            scores[group[1]] = (float(number), _own(leaf, group, votes))
    whole = sum(weight for weight, _ in scores.values())
    for label, (weight, _) in scores.items():
        rest = sum(w * s for key, (w, s) in scores.items() if key != label) / whole
        yield label, (rest, weight / whole)


def _own(leaf: Component, group: Group, votes: _LeafVotes) -> float:
    counted = votes.votes[group][None]
    points, weights = votes.points[None], votes.weights[group][None]
    return float(own_scores(counted, points, weights, np.array([float(leaf.trim)]))[0])


def _leaf_votes(
    leaf: Component, scheme: Scheme, ratees: Sequence[RateeResult], cells: Sequence[FormCells]
) -> _LeafVotes:
    used = [one for one in leaf_cells(leaf, cells) if dimension_items(one.form)]
    values = point_values([effective_points(one.form, leaf.unknown) for one in used])
    statuses = counting_statuses(scheme.same_device)
    class_of = {one.key: one.ratee_class for one in ratees}
    found: dict[str, set[str]] = {}
    votes: dict[Group, Floats] = {}
    rows: dict[Group, int] = {}
    ballots: dict[Group, tuple[Floats, Floats]] = {}
    weights: dict[Group, Floats] = {}
    for one in used:
        counts, best, worst, weight = _form_votes(leaf, one, values)
        for number, key in enumerate(one.keys):
            label = _label(leaf, key, class_of.get(key.ratee))
            if label is None or key.status not in statuses:
                continue
            found.setdefault(label, set()).add(key.evidence)
            group = (key.ratee, label)
            votes[group] = votes[group] + counts[number] if group in votes else counts[number]
            rows[group] = rows.get(group, 0) + key.n
            ballots.setdefault(group, (best, worst))
            weights.setdefault(group, weight)
    evidence = {label: tuple(sorted(levels)) for label, levels in found.items()}
    points = np.array([float(one) for one in values])
    return _LeafVotes(points, votes, rows, ballots, weights, evidence)


def _label(leaf: Component, key: Key, ratee_class: str | None) -> str | None:
    if ratee_class is None:
        return None
    label = part_label(leaf, key)
    if label is None or BETWEEN in label or leaf.rater_classes.of(ratee_class):
        return label
    return EVERYBODY


def _form_votes(
    leaf: Component, cells: FormCells, values: Sequence[Fraction]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Votes (key, dimension, points), and (dimension, points) of the best and worst ballot."""
    place = {value: number for number, value in enumerate(values)}
    worth = effective_points(cells.form, leaf.unknown)
    dimensions = dimension_items(cells.form)
    votes = np.zeros((len(cells.keys), len(dimensions), len(values)))
    best, worst = np.zeros(votes.shape[1:]), np.zeros(votes.shape[1:])
    for d, (_, pairs) in enumerate(dimensions):
        for item, _ in pairs:
            points = worth[item.key]
            if not points:
                continue
            best[d, place[max(points.values())]] += 1
            worst[d, place[min(points.values())]] += 1
            counts = cells.items[item.key]
            at: Ints = np.full(max(int(counts.option_number.max(initial=0)), *points) + 1, -1)
            for number, value in points.items():
                at[number] = place[value]
            to = at[counts.option_number]
            keep = to >= 0
            np.add.at(votes[:, d], (counts.key_number[keep], to[keep]), counts.n[keep])
    named = {one.key: float(one.weight) for one in cells.form.questionnaire.dimensions}
    return votes, best, worst, np.array([named[key] for key, _ in dimensions])
