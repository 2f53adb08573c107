"""Transforms across the ratees of one class: by rank, by ratio to the best, by bands."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from analysis.rounding import half_up
from analysis.scheme.transforms import Transform
from forms.problems import N_

BY_RANK = N_("由名次换算：第 {rank} 名；换算前 {before}")
BY_RATIO = N_("按与最高分之比换算：最高 {best}；换算前 {before}")
BY_BAND = N_("按档位换算；换算前 {before}")


@dataclass(frozen=True, slots=True)
class Transformed:
    """A score after the transform. `scale` is what errors are multiplied by; None: not defined."""

    score: Fraction
    scale: Fraction | None
    note: str


def transform_class(
    transform: Transform, scores: Mapping[str, Fraction | None]
) -> dict[str, Transformed]:
    """The transformed scores of one class by ratee; who has no score gets none.

    Equal scores share the better rank. A best score of 0 leaves every ratio at 0.
    """
    known = {key: score for key, score in scores.items() if score is not None}
    if transform.kind == "rank":
        return {key: _by_rank(transform, score, known) for key, score in known.items()}
    if transform.kind == "ratio_to_best":
        best = max(known.values(), default=Fraction(0))
        return {key: _by_ratio(transform, score, best) for key, score in known.items()}
    return {key: _by_band(transform, score) for key, score in known.items()}


def _by_rank(transform: Transform, score: Fraction, known: Mapping[str, Fraction]) -> Transformed:
    rank = 1 + sum(1 for other in known.values() if other > score)
    factor = max(Fraction(0), 1 - Fraction(transform.step) * (rank - 1))
    note = BY_RANK.format(rank=rank, before=half_up(score, 2))
    return Transformed(Fraction(transform.full) * factor, None, note)


def _by_ratio(transform: Transform, score: Fraction, best: Fraction) -> Transformed:
    scale = Fraction(transform.full) / best if best > 0 else Fraction(0)
    note = BY_RATIO.format(best=half_up(best, 2), before=half_up(score, 2))
    return Transformed(score * scale, scale, note)


def _by_band(transform: Transform, score: Fraction) -> Transformed:
    points = next((points for low, points in transform.bands if score >= low), 0)
    return Transformed(Fraction(points), None, BY_BAND.format(before=half_up(score, 2)))
