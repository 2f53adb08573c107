"""From the cells of questionnaires to what each rater class said of each ratee, under a scheme."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

import numpy as np

from analysis.answers import Form
from analysis.cells import (
    Detail,
    FormCells,
    Ints,
    Moments,
    Points,
    count_moments,
    dimension_items,
)
from analysis.engine import Engine
from analysis.estimation import Vote
from analysis.weighting import ClassTally, DimensionTally
from forms.problems import N_, InputError, Problem
from forms.questionnaire import Item

Tallies = dict[str, dict[str, ClassTally]]


def effective_points(form: Form, unknown: Decimal | None) -> Points:
    """By item key the points of every option number that is valued.

    `unknown` is what 不了解 is worth; None leaves it outside the denominator.
    """
    points: dict[str, dict[int, Fraction]] = {}
    for item, _ in form.scored:
        options = form.questionnaire.scale_of(item).options
        worth = {one.number: unknown if one.points is None else one.points for one in options}
        points[item.key] = {
            number: Fraction(value) for number, value in worth.items() if value is not None
        }
    return points


def point_values(points: Sequence[Points]) -> list[Fraction]:
    """Every value that occurs; [0, 100] where nothing is scored."""
    values = {value for one in points for of in one.values() for value in of.values()}
    return sorted(values) or [Fraction(0), Fraction(100)]


def tally(
    engine: Engine,
    cells: Sequence[FormCells],
    unknown: Decimal | None,
    statuses: Collection[str],
    detail: Detail = "full",
) -> Tallies:
    """By ratee and rater class, over several questionnaires, the rows with one of `statuses`.

    Raises InputError where one rater class answered, on one ratee, questionnaires with different
    dimensions: their votes cannot be pooled.
    """
    points = [effective_points(one.form, unknown) for one in cells]
    scale = lcm(*(value.denominator for value in point_values(points)))
    tallies: Tallies = defaultdict(dict)
    problems = []
    for one, worth in zip(cells, points, strict=True):
        moments = count_moments(engine, one, worth, scale, statuses, detail)
        found = _form_tallies(one, worth, statuses, moments)
        for (ratee, rater_class), new in found:
            before = tallies[ratee].get(rater_class)
            if before is not None and before.shape != new.shape:
                problems.append(_mixed(one, ratee, rater_class))
                continue
            tallies[ratee][rater_class] = before.pooled(new) if before else new
    if problems:
        raise InputError(problems)
    return dict(tallies)


def pool_classes(tallies: Mapping[str, ClassTally], ratee: str, key: str) -> dict[str, ClassTally]:
    """All rater classes as one, under `key`: every ballot counts alike."""
    pooled: ClassTally | None = None
    for rater_class in sorted(tallies):
        one = tallies[rater_class]
        if pooled is not None and pooled.shape != one.shape:
            raise InputError(
                [
                    Problem(
                        f"{ratee}:{rater_class}",
                        N_("各评议主体的问卷维度不同，不能合在一起计分"),
                        N_("请在方案里写明评议主体的权重"),
                    )
                ]
            )
        pooled = pooled.pooled(one) if pooled else one
    return {} if pooled is None else {key: pooled}


def _mixed(cells: FormCells, ratee: str, rater_class: str) -> Problem:
    return Problem(
        f"{cells.form.questionnaire.key}:{ratee}:{rater_class}",
        N_("同一评议主体对同一评议对象用了维度不同的两份问卷"),
        N_("请在方案里分成两个构成"),
    )


@dataclass(frozen=True, slots=True)
class _Slot:
    """One option of a dimension, as one row of its votes; `places` are item and option number."""

    text: str
    points: Fraction | None
    places: tuple[tuple[str, int], ...]


def _slots(form: Form, items: Sequence[Item], points: Points) -> list[_Slot]:
    """Options in the order of the scale; options alike in text and points are one. No blanks."""
    found: dict[tuple[str, Fraction | None], list[tuple[str, int]]] = {}
    for item in items:
        for option in form.questionnaire.scale_of(item).options:
            key = (str(option.text), points[item.key].get(option.number))
            found.setdefault(key, []).append((item.key, option.number))
    return [_Slot(text, value, tuple(places)) for (text, value), places in found.items()]


def _form_tallies(
    cells: FormCells,
    points: Points,
    statuses: Collection[str],
    moments: Mapping[int, Moments],
) -> Iterator[tuple[tuple[str, str], ClassTally]]:
    form = cells.form
    counts = {item.key: cells.by_unit(item, statuses) for item, _ in form.scored}
    named = {one.key: one for one in form.questionnaire.dimensions}
    dimensions = [
        (named[key], _votes(_slots(form, [item for item, _ in pairs], points), counts))
        for key, pairs in dimension_items(form)
    ]
    for unit, unit_name in enumerate(cells.units()):
        if unit in moments:
            tallies = tuple(
                DimensionTally(one.key, str(one.text), Fraction(one.weight), votes[unit])
                for one, votes in dimensions
            )
            yield unit_name, ClassTally(tallies, moments[unit])


def _votes(slots: Sequence[_Slot], counts: Mapping[str, Ints]) -> list[tuple[Vote, ...]]:
    """The votes of a dimension by unit number."""
    columns = []
    for slot in slots:
        total: Ints = np.zeros(len(next(iter(counts.values()))), dtype=np.int64)
        for item, number in slot.places:
            if number < counts[item].shape[1]:
                total = total + counts[item][:, number]
        columns.append([Vote(slot.text, slot.points, n) for n in total.tolist()])
    return list(zip(*columns, strict=True))
