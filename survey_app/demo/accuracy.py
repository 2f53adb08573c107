"""How far the scores land from the planted truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.composition import compose
from analysis.indicators import score_indicators
from analysis.results import Assessment, LeafScore
from analysis.scheme.components import Component
from survey_app.demo.cities.zhangjiajie_2009 import KINDS
from survey_app.demo.city_plan import City
from survey_app.demo.truth import expected_dimension

SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Differences between scores and truth over the ratees that have both, in points."""

    n: int
    mean_abs_error: float
    max_abs_error: float
    bias: float
    rank_correlation: float | None

    def as_json(self) -> dict[str, object]:
        return {
            "n": self.n,
            "mean_abs_error": round(self.mean_abs_error, 4),
            "max_abs_error": round(self.max_abs_error, 4),
            "bias": round(self.bias, 4),
            "rank_correlation": (
                None if self.rank_correlation is None else round(self.rank_correlation, 4)
            ),
        }


@dataclass(frozen=True, slots=True)
class TrueScores:
    """The scores an endless number of honest answers would lead to, by ratee."""

    totals: Mapping[str, Fraction]
    leaves: Mapping[tuple[str, str], Fraction]
    """By (ratee, path of a questionnaire leaf)."""


def true_scores(city: City) -> TrueScores:
    """Compose the expected answers exactly as an assessment composes those received."""
    scheme, ratees = city.spec.scheme, city.inputs.ratees
    leaves = {
        (ratee.key, leaf.path): Fraction(_expected_leaf(city, leaf, ratee.key, ratee.ratee_class))
        for leaf in scheme.leaves()
        if leaf.source == "questionnaire"
        for ratee in ratees
    }
    parts = {place: LeafScore(score) for place, score in leaves.items()}
    parts |= score_indicators(scheme, ratees, city.inputs.indicators).leaves
    composed = compose(scheme, ratees, parts, city.inputs.adjustments, city.inputs.vetoes)
    totals = {key: one.total_exact for key, one in composed.items() if one.total_exact is not None}
    return TrueScores(totals, leaves)


def _expected_leaf(city: City, leaf: Component, ratee: str, ratee_class: str) -> float:
    weights = {key: float(weight) for key, weight in leaf.rater_classes.of(ratee_class)}
    found = {
        kind.key: _expected_class(city, kind.key, ratee, ratee_class)
        for kind in KINDS
        if kind.key in weights
    }
    whole = sum(weights[key] for key in found)
    return sum(weights[key] * score for key, score in found.items()) / whole


def _expected_class(city: City, rater_class: str, ratee: str, ratee_class: str) -> float:
    kind = next(one for one in KINDS if one.key == rater_class)
    form = city.questionnaires[rater_class, ratee_class]
    asked = {item.dimension for item in form.scored_items}
    dimensions = [one for one in form.dimensions if one.key in asked]
    whole = sum(float(one.weight) for one in dimensions)
    return (
        sum(
            float(one.weight) * expected_dimension(city.truth, form, kind, ratee, one.key)
            for one in dimensions
        )
        / whole
    )


@dataclass(frozen=True, slots=True)
class Push:
    """What the farms did to the ratee they worked for: its true total, and those it got."""

    ratee: str
    name: str
    true_total: Fraction
    total: Fraction | Decimal | None
    without_doubtful: Decimal | None

    def as_json(self) -> dict[str, object]:
        return {
            "ratee": self.ratee,
            "name": self.name,
            "true_total": f"{float(self.true_total):.2f}",
            "total": _two(self.total),
            "total_without_doubtful": _two(self.without_doubtful),
        }


def _two(score: Fraction | Decimal | None) -> str | None:
    return None if score is None else f"{float(score):.2f}"


def measure_push(city: City, truth: TrueScores, assessment: Assessment) -> Push:
    """How far the farms carried their ratee, and what is left without the doubtful answers."""
    key = city.plan.pushed
    result = next(one for one in assessment.ratees if one.key == key)
    doubtful = [one for one in assessment.alternatives if one.key == "without_doubtful"]
    return Push(
        ratee=key,
        name=result.name,
        true_total=truth.totals[key],
        total=result.total_exact,
        without_doubtful=doubtful[0].totals[key] if doubtful else None,
    )


def compare_totals(truth: TrueScores, totals: Mapping[str, Decimal | Fraction | None]) -> Accuracy:
    """Totals of any treatment against the true ones."""
    pairs = [
        (float(total), float(truth.totals[key]))
        for key, total in totals.items()
        if total is not None and key in truth.totals
    ]
    return _compare(pairs)


def compare_leaf(truth: TrueScores, assessment: Assessment, path: str) -> Accuracy:
    """One questionnaire leaf's scores against the true ones."""
    pairs = [
        (float(node.score), float(truth.leaves[one.key, path]))
        for one in assessment.ratees
        for node in one.nodes
        if node.path == path and node.score is not None
    ]
    return _compare(pairs)


def _compare(pairs: Sequence[tuple[float, float]]) -> Accuracy:
    if not pairs:
        return Accuracy(0, 0.0, 0.0, 0.0, None)
    scored, true = np.array(pairs, dtype=np.float64).T
    difference = scored - true
    return Accuracy(
        n=len(pairs),
        mean_abs_error=float(np.abs(difference).mean()),
        max_abs_error=float(np.abs(difference).max()),
        bias=float(difference.mean()),
        rank_correlation=_spearman(scored, true) if len(pairs) >= SHORTEST else None,
    )


def _spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Spearman's rank correlation; equal values share their mean rank."""
    a, b = _ranks(first), _ranks(second)
    if not a.std() or not b.std():
        return None
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean_rank: NDArray[np.float64] = (last - (counts - 1) / 2)[place]
    return mean_rank
