"""Transforms of the scores of one class: by rank, ratio, bands, or a coefficient. Exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from analysis.figures import Figures, factor
from analysis.note import Note
from analysis.results import Step
from analysis.rounding import half_up
from analysis.scheme.transforms import Coefficient, Transform
from forms.problems import N_, plain

BY_RANK = N_("由名次换算：第 {rank} 名；换算前 {before}")
BY_RATIO = N_("按与最高分之比换算：最高 {best}；换算前 {before}")
BY_BAND = N_("按档位换算；换算前 {before}")
BY_FIGURE = N_("按依据数据「{figure}」（{value}）乘系数 {factor}；换算前 {before}")
BY_DEFAULT = N_("没有依据数据「{figure}」，乘默认系数 {factor}；换算前 {before}")
NO_FIGURE = N_("没有依据数据「{figure}」，不能换算；换算前 {before}")
NO_FACTOR = N_("依据数据「{figure}」是 {value}，没有对应的系数，不能换算；换算前 {before}")

Scores = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Transformed:
    """A score after a transform, with the step; `score` None where `lacking` says what it takes.

    `scale` is what errors are multiplied by, None where that is not defined. `top` is the highest
    score there can be, None where it moves with the scale.
    """

    score: Fraction | None
    scale: Fraction | None = None
    top: Fraction | None = None
    step: Step | None = None
    lacking: Note | None = None


def transform_class(
    transform: Transform, scores: Scores, figures: Figures
) -> dict[str, Transformed]:
    """The scores of one class by ratee key, transformed.

    Equal scores share the better rank. A best score of 0 leaves every ratio at 0.
    """
    if transform.kind == "rank":
        ranks = _ranks(scores)
        return {key: _by_rank(transform, one, ranks[one]) for key, one in scores.items()}
    if transform.kind == "ratio_to_best":
        best = max(scores.values(), default=Fraction(0))
        return {key: _by_ratio(transform, one, best) for key, one in scores.items()}
    if transform.coefficient is not None:
        rule = transform.coefficient
        return {
            key: _by_figure(rule, one, figures.get((key, rule.figure)))
            for key, one in scores.items()
        }
    return {key: _by_band(transform, one) for key, one in scores.items()}


def _ranks(scores: Scores) -> dict[Fraction, int]:
    ranks: dict[Fraction, int] = {}
    for place, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        ranks.setdefault(score, place)
    return ranks


def _by_rank(transform: Transform, score: Fraction, rank: int) -> Transformed:
    left = max(Fraction(0), 1 - Fraction(transform.step) * (rank - 1))
    after = Fraction(transform.full) * left
    values: dict[str, str | int | Note] = {"rank": rank, "before": _two(score)}
    return Transformed(after, step=Step(BY_RANK, values, "rank", score, None, after))


def _by_ratio(transform: Transform, score: Fraction, best: Fraction) -> Transformed:
    full = Fraction(transform.full)
    scale = full / best if best > 0 else Fraction(0)
    after = score * scale
    values = {"best": _two(best), "before": _two(score)}
    step = Step(BY_RATIO, values, "ratio_to_best", score, scale, after)
    return Transformed(after, scale, full, step)


def _by_band(transform: Transform, score: Fraction) -> Transformed:
    after = Fraction(next((points for low, points in transform.bands if score >= low), 0))
    values = {"before": _two(score)}
    return Transformed(after, step=Step(BY_BAND, values, "bands", score, None, after))


def _by_figure(rule: Coefficient, score: Fraction, value: str | None) -> Transformed:
    by = factor(rule, value)
    values = {"figure": rule.figure, "value": value or "", "before": _two(score)}
    if by is None:
        return Transformed(None, lacking=Note(NO_FIGURE if value is None else NO_FACTOR, values))
    after = score * by
    values["factor"] = factor_text(by)
    message = BY_DEFAULT if value is None else BY_FIGURE
    return Transformed(after, by, None, Step(message, values, "coefficient", score, by, after))


def factor_text(by: Fraction) -> str:
    """A factor for people: in full up to six decimals."""
    return plain(half_up(by, 6))


def _two(score: Fraction) -> str:
    return str(half_up(score, 2))
