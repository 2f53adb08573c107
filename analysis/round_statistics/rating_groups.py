"""The ratings of one rater class on one questionnaire, as the methods on raters need them.

A ballot's score of a ratee is the weighted mean of its dimensions, Σ W_d ȳ_d / Σ W_d over those
with a valued answer, as the scheme weighs them; 不了解 and blanks stay out. Where ballots rate
several ratees the single scores are there; else only counts and moments by ratee, which is all that
can be had of raters who rate one ratee each.

Left out, whoever asks: ratees that the results suppress, and those with fewer ballots of the class
than the scheme's minimum (never fewer than five), so that no figure points at a rater.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cells import FormCells
from analysis.dedupe import counting_statuses
from analysis.results import Assessment
from analysis.round_statistics.tables import ItemMoments, RaterSheets, Sufficient
from analysis.scheme import Scheme
from analysis.small_groups import PRIVACY_MINIMUM
from analysis.statistics.agreement import value_counts
from analysis.statistics.agreement.group_moments import GroupMoments, of_values
from analysis.statistics.agreement.value_counts import ValueCounts
from analysis.tallies import effective_points
from forms.questionnaire import Questionnaire

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
FEWEST = PRIVACY_MINIMUM


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """Single ratings: `rater` and `ratee` are codes from 0, each used; `marks` (ratings × items)
    are points, NaN without a valued answer, `score` the ballot's score."""

    rater: Codes
    ratee: Codes
    marks: Floats
    score: Floats

    @property
    def raters(self) -> int:
        return int(self.rater.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class RatingGroup:
    """`ratees` (keys) are the rows of `moments` (ballot scores) and of the `counts` by item;
    `points` the values an answer can have, rising. `left_out` ratees are too few or suppressed."""

    questionnaire: str
    rater_class: str
    items: tuple[str, ...]
    points: Floats
    ratees: tuple[str, ...]
    moments: GroupMoments
    counts: tuple[ValueCounts, ...]
    crossed: Crossed | None
    left_out: int

    @property
    def ballots(self) -> int:
        return int(self.moments.n.sum())


def rating_groups(assessment: Assessment, sufficient: Sufficient) -> tuple[RatingGroup, ...]:
    """Every questionnaire and rater class with a ratee left, in the scheme's order of classes."""
    scheme = assessment.scheme
    sheets = {one.questionnaire: one for one in sufficient.sheets}
    cells = {one.form.questionnaire.key: one for one in sufficient.cells}
    hidden = {one.key for one in assessment.ratees if one.suppressed}
    found = []
    for items in sufficient.items:
        form = _form(scheme, cells[items.questionnaire], items, sheets.get(items.questionnaire))
        least = fewest(scheme, items.questionnaire)
        for rater_class in in_order(scheme, {unit[1] for unit in items.units}):
            group = form.group(rater_class, hidden, least)
            if group.ratees:
                found.append(group)
    return tuple(found)


def fewest(scheme: Scheme, questionnaire: str) -> int:
    """The ballots a figure must rest on: the scheme's minimum for the questionnaire, at least 5."""
    taken = [
        one.min_n
        for one in scheme.leaves()
        if one.source == "questionnaire" and one.takes(questionnaire)
    ]
    return max([FEWEST, *taken])


def in_order(scheme: Scheme, rater_classes: set[str]) -> list[str]:
    """Rater classes as the scheme lists them, others after them."""
    listed = [one for one in scheme.rater_classes if one in rater_classes]
    return listed + sorted(rater_classes - set(listed))


def item_weights(form: Questionnaire) -> Floats:
    """The weight of each scored item in a ballot that answers everything; they sum to 1."""
    weight = {one.key: float(one.weight) for one in form.dimensions}
    scored = [one.dimension or "" for one in form.scored_items]
    found: Floats = np.array([weight[one] / scored.count(one) for one in scored])
    found /= found.sum()
    return found


def ballot_scores(form: Questionnaire, marks: Floats) -> Floats:
    """Σ W_d ȳ_d / Σ W_d of each row of marks (rows × scored items); NaN without any."""
    dimensions = [one for one in form.dimensions if _holds(form, one.key)]
    weights = np.array([float(one.weight) for one in dimensions])
    belongs = np.array(
        [[one.dimension == other.key for other in dimensions] for one in form.scored_items],
        dtype=np.float64,
    )
    answered = ~np.isnan(marks)
    n = answered @ belongs
    mean = np.where(answered, marks, 0.0) @ belongs / np.maximum(n, 1)
    used = (n > 0) * weights
    whole = used.sum(axis=1)
    score = (used * mean).sum(axis=1) / np.where(whole > 0, whole, 1.0)
    return np.where(whole > 0, score, np.nan)


def _holds(form: Questionnaire, dimension: str) -> bool:
    return any(one.dimension == dimension for one in form.scored_items)


def ballot_moments(form: Questionnaire, items: ItemMoments, units: Codes) -> GroupMoments:
    """Moments of ballot scores from those of the items: cᵀx̄ and (n − 1) cᵀSc with c the weights.

    Exact where every ballot answers all items; else items and pairs count where they are answered
    (`rows="pairwise"` in `analysis.statistics.items.moments`).
    """
    n = items.n[units].astype(np.float64)
    x, xy = items.x[units] / items.scale, items.xy[units] / items.scale**2
    own = np.einsum("uii->ui", n)
    weights = item_weights(form) * (own > 0)
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    mean = (weights * np.einsum("uii->ui", x) / np.maximum(own, 1)).sum(axis=1)
    cross = xy - x * np.swapaxes(x, 1, 2) / np.maximum(n, 1)
    spread = np.einsum("ui,uij,uj->u", weights, cross / np.maximum(n - 1, 1), weights)
    ballots = own.max(axis=1).astype(np.int64)
    return GroupMoments(ballots, mean, np.maximum(spread, 0) * np.maximum(ballots - 1, 0))


def _form(
    scheme: Scheme, cells: FormCells, items: ItemMoments, sheets: RaterSheets | None
) -> "_Form":
    """What all classes of one questionnaire share, read once."""
    statuses = counting_statuses(scheme.same_device)
    worth = {
        key: {number: float(value) for number, value in points.items()}
        for key, points in effective_points(cells.form, None).items()
    }
    marks = None
    if sheets is not None:
        marks = np.column_stack(
            [np.asarray(sheets.points[i])[one] for i, one in enumerate(sheets.codes.T)]
        )
    scored = cells.form.scored
    return _Form(
        form=cells.form.questionnaire,
        units={one: number for number, one in enumerate(cells.units())},
        items=items,
        points=np.array(sorted({value for of in worth.values() for value in of.values()})),
        counts=tuple(of_options(cells.by_unit(i, statuses), worth[i.key]) for i, _ in scored),
        sheets=sheets,
        marks=marks,
        scores=None if marks is None else ballot_scores(cells.form.questionnaire, marks),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """One questionnaire: `counts` by item over all units, `marks` and `scores` of the sheets."""

    form: Questionnaire
    units: Mapping[tuple[str, str], int]
    items: ItemMoments
    points: Floats
    counts: tuple[ValueCounts, ...]
    sheets: RaterSheets | None
    marks: Floats | None
    scores: Floats | None

    def group(self, rater_class: str, hidden: set[str], least: int) -> RatingGroup:
        places = [place for place, (_, who) in enumerate(self.items.units) if who == rater_class]
        moments = ballot_moments(self.form, self.items, np.array(places, dtype=np.int64))
        named = [self.items.units[place][0] for place in places]
        kept = np.array(
            [key not in hidden and n >= least for key, n in zip(named, moments.n, strict=True)],
            dtype=bool,
        )
        ratees = tuple(key for key, is_kept in zip(named, kept, strict=True) if is_kept)
        crossed = self._crossed(rater_class, ratees)
        own = GroupMoments(moments.n[kept], moments.mean[kept], moments.squares[kept])
        if crossed is not None:
            own = of_values(crossed.ratee, crossed.score, len(ratees))
        rows = np.array([self.units[key, rater_class] for key in ratees], dtype=np.int64)
        return RatingGroup(
            questionnaire=self.form.key,
            rater_class=rater_class,
            items=self.items.items,
            points=self.points,
            ratees=ratees,
            moments=own,
            counts=tuple(ValueCounts(one.counts[rows], one.values) for one in self.counts),
            crossed=crossed,
            left_out=len(named) - len(ratees),
        )

    def _crossed(self, rater_class: str, ratees: tuple[str, ...]) -> Crossed | None:
        """The single ratings; None where nobody rates two of the ratees."""
        sheets, marks, scores = self.sheets, self.marks, self.scores
        if sheets is None or marks is None or scores is None:
            return None
        place = {key: number for number, key in enumerate(ratees)}
        of_unit = np.array(
            [place.get(key, -1) if who == rater_class else -1 for key, who in sheets.units]
        )
        ratee = of_unit[sheets.unit]
        kept = (ratee >= 0) & ~np.isnan(scores)
        raters, rater = np.unique(sheets.rater[kept], return_inverse=True)
        if len(rater) <= len(raters) or len(np.unique(ratee[kept])) < len(ratees):
            return None
        return Crossed(rater.reshape(-1), ratee[kept], marks[kept], scores[kept])


def of_options(counts: Codes, points: Mapping[int, float]) -> ValueCounts:
    """Counts by option number (rows × numbers) as counts by value; options worth alike are one."""
    values = np.array(sorted(set(points.values())))
    found = np.zeros((len(counts), len(values)), dtype=np.int64)
    for number, value in points.items():
        if number < counts.shape[1]:
            found[:, np.searchsorted(values, value)] += counts[:, number]
    return value_counts.of_counts(found, values)
