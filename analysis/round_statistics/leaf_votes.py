"""The votes behind one leaf of the scheme, put together by any group of ballots.

A vote is one answer to one scored item. S = Σ_d W_d S_d over the dimensions with votes, W_d made to
add to 1, S_d the mean of the dimension's votes. As if votes were independent its variance is
Σ_d W_d² s_d²/N_d, s_d² the variance of the votes with divisor N_d - 1 (of a trimmed mean that of
Tukey and McLaughlin). Votes of one ballot are alike, so the variance of record is usually several
times that: their ratio is the design effect of clustering (Kish 1965, Survey Sampling, §5.4, §8.2).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.cells import FormCells, Key, Points, dimension_items
from analysis.estimation import Vote, mean, vote_variance
from analysis.scheme.components import Component
from analysis.survey_leaves import leaf_cells
from analysis.tallies import effective_points, point_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Group = Callable[[Key], str | None]
Unit = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes of one group on one ratee: their score and its variance as if independent.

    `rows` are ballots, `answered` those sure to hold a vote (the most votes on one item), `votes`
    answers with points. Score and variance are None where there is nothing, or one vote, to tell.
    """

    rows: int
    answered: int
    votes: int
    score: float | None
    variance: float | None


@dataclass(frozen=True, slots=True)
class _FormVotes:
    """One questionnaire: the counting keys, and by key the votes by dimension and points."""

    keys: tuple[Key, ...]
    weights: tuple[float, ...]
    counts: Ints
    valued: Ints
    is_shared: bool


@dataclass(frozen=True, slots=True)
class LeafVotes:
    """The votes of one leaf. `points` are all values an answer can have, lowest first."""

    points: tuple[Fraction, ...]
    trim: Fraction
    forms: tuple[_FormVotes, ...]

    @property
    def is_shared(self) -> bool:
        """Whether somebody rated several ratees on one ballot."""
        return any(one.is_shared for one in self.forms)

    @property
    def bounds(self) -> tuple[float, float]:
        """The ends of the scale."""
        return float(self.points[0]), float(self.points[-1])

    def by(self, group: Group) -> dict[Unit, Votes]:
        """The votes by (ratee, group); keys of which `group` says None are left out."""
        found: dict[Unit, tuple[tuple[float, ...], Ints, int, int]] = {}
        for form in self.forms:
            for unit, counts, rows, answered in _grouped(form, group):
                if unit in found:
                    weights, before, had, sure = found[unit]
                    if weights != form.weights:
                        continue  # other dimensions: the leaf itself would have been refused
                    found[unit] = weights, before + counts, had + rows, sure + answered
                else:
                    found[unit] = form.weights, counts, rows, answered
        return self._measured(found)

    def _measured(
        self, found: dict[Unit, tuple[tuple[float, ...], Ints, int, int]]
    ) -> dict[Unit, Votes]:
        made: dict[Unit, Votes] = {}
        for weights in sorted({one[0] for one in found.values()}):
            units = [unit for unit, one in found.items() if one[0] == weights]
            counts = np.array([found[unit][1] for unit in units])
            scores, variances = self._scores(counts, np.array(weights))
            for place, unit in enumerate(units):
                _, _, rows, answered = found[unit]
                votes = int(counts[place].sum())
                score, variance = float(scores[place]), float(variances[place])
                made[unit] = Votes(
                    rows,
                    answered,
                    votes,
                    score if votes else None,
                    variance if variance >= 0 else None,
                )
        return made

    def _scores(self, counts: Ints, weights: Floats) -> tuple[Floats, Floats]:
        """Scores and variances of units × dimensions × points; a variance unknown is -1."""
        points = np.array([float(one) for one in self.points])
        n = counts.sum(axis=2)
        used = np.where(n > 0, weights, 0.0)
        shares = used / np.maximum(used.sum(axis=1, keepdims=True), 1e-300)
        means = (counts @ points) / np.maximum(n, 1)
        squares = (counts * np.square(points - means[:, :, None])).sum(axis=2)
        spread = squares / np.maximum(n - 1, 1) / np.maximum(n, 1)
        if self.trim:
            return self._trimmed(counts, shares)
        known = (n >= 2) | (shares == 0)
        variance = (np.square(shares) * spread).sum(axis=1)
        return (shares * means).sum(axis=1), np.where(
            known.all(axis=1) & (n.sum(axis=1) > 0), variance, -1.0
        )

    def _trimmed(self, counts: Ints, shares: Floats) -> tuple[Floats, Floats]:
        scores, variances = np.zeros(len(counts)), np.zeros(len(counts))
        for u, unit in enumerate(counts.tolist()):
            for share, dimension in zip(shares[u].tolist(), unit, strict=True):
                votes = [Vote("", p, n) for p, n in zip(self.points, dimension, strict=True)]
                centre, variance = mean(votes, self.trim), vote_variance(votes, self.trim)
                scores[u] += share * float(centre or 0)
                if share and (variance is None or variances[u] < 0):
                    variances[u] = -1.0
                elif share:
                    variances[u] += share**2 * float(variance or 0)
        return scores, variances


def leaf_votes(
    leaf: Component, cells: Sequence[FormCells], statuses: Collection[str]
) -> LeafVotes | None:
    """The votes of a questionnaire leaf in rows with one of `statuses`, and that its evidence rule
    lets count; None where it has no scored questionnaire here.
    """
    used = [one for one in leaf_cells(leaf, cells) if dimension_items(one.form)]
    if not used:
        return None
    worth = [effective_points(one.form, leaf.unknown) for one in used]
    points = tuple(point_values(worth))
    place = {value: number for number, value in enumerate(points)}
    forms = tuple(
        _form_votes(leaf, one, values, place, statuses)
        for one, values in zip(used, worth, strict=True)
    )
    return LeafVotes(points, Fraction(leaf.trim), forms)


def _form_votes(
    leaf: Component,
    cells: FormCells,
    worth: Points,
    place: Mapping[Fraction, int],
    statuses: Collection[str],
) -> _FormVotes:
    counting = [
        key.status in statuses and (not leaf.evidence or key.evidence in leaf.evidence)
        for key in cells.keys
    ]
    keep = np.array(counting, dtype=bool)
    number = np.cumsum(keep) - 1
    dimensions = dimension_items(cells.form)
    items = [(d, item.key) for d, (_, pairs) in enumerate(dimensions) for item, _ in pairs]
    counts = np.zeros((int(keep.sum()), len(dimensions), len(place)), dtype=np.int64)
    valued = np.zeros((len(counts), len(items)), dtype=np.int64)
    for column, (d, item) in enumerate(items):
        found = cells.items[item]
        at = _places(worth[item], place, int(found.option_number.max(initial=0)))
        at = at[found.option_number]
        chosen = keep[found.key_number] & (at >= 0)
        rows, n = number[found.key_number[chosen]], found.n[chosen]
        np.add.at(counts, (rows, np.full_like(rows, d), at[chosen]), n)
        np.add.at(valued, (rows, np.full_like(rows, column)), n)
    weights = {one.key: float(one.weight) for one in cells.form.questionnaire.dimensions}
    return _FormVotes(
        tuple(key for key, kept in zip(cells.keys, counting, strict=True) if kept),
        tuple(weights[key] for key, _ in dimensions),
        counts,
        valued,
        cells.form.has_shared_ballots,
    )


def _places(values: Mapping[int, Fraction], place: Mapping[Fraction, int], most: int) -> Ints:
    """By option number, up to `most`, the place of its points; -1 for one without."""
    found = np.full(max(max(values, default=0), most) + 1, -1, dtype=np.int64)
    for number, value in values.items():
        found[number] = place[value]
    return found


def _grouped(form: _FormVotes, group: Group) -> Iterator[tuple[Unit, Ints, int, int]]:
    named = [(key.ratee, group(key)) for key in form.keys]
    units = sorted({(ratee, name) for ratee, name in named if name is not None})
    number = {unit: place for place, unit in enumerate(units)}
    if not units:
        return
    at = np.array([-1 if name is None else number[ratee, name] for ratee, name in named])
    keep = at >= 0
    counts = np.zeros((len(units), *form.counts.shape[1:]), dtype=np.int64)
    valued = np.zeros((len(units), form.valued.shape[1]), dtype=np.int64)
    rows = np.zeros(len(units), dtype=np.int64)
    np.add.at(counts, at[keep], form.counts[keep])
    np.add.at(valued, at[keep], form.valued[keep])
    np.add.at(rows, at[keep], np.array([key.n for key in form.keys], dtype=np.int64)[keep])
    for place, unit in enumerate(units):
        yield unit, counts[place], int(rows[place]), int(valued[place].max(initial=0))
