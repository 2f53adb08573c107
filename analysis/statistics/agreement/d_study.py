"""D study: how dependable the mean of so many raters and items is, and how many would be enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from analysis.note import Note
from analysis.statistics.agreement.generalisability import Effect, Study
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_

Kind = Literal["relative", "absolute"]
RATERS = (5, 10, 20, 40)


@dataclass(frozen=True, slots=True)
class Dependability:
    """`universe` σ²_p, `relative` σ²(δ) and `absolute` σ²(Δ) error, all in squared points.

    `e_rho2` for ranks, `phi` for grades and thresholds; None where nothing varies at all.
    """

    sizes: Mapping[str, float]
    universe: float
    relative: float
    absolute: float
    e_rho2: float | None
    phi: float | None


def dependability(study: Study, sizes: Mapping[str, float] | None = None) -> Dependability:
    """Eρ² = σ²_p/(σ²_p + σ²(δ)) and Φ = σ²_p/(σ²_p + σ²(Δ)) for so many levels of each facet.

    σ²(δ) = Σ over effects with p and facets of σ²_α/Π n'_f, σ²(Δ) the sum over all effects but p.
    For p × r: Eρ² = σ²_p/(σ²_p + σ²_pr/n'), Φ adds σ²_r/n'. Facets not named keep the study's size.
    All facets are random: other raters and other items of the same kind.
    Source: Cronbach et al. 1972, ch. 3; Brennan 2001, §§ 1.2, 4.1.
    """
    full = {**study.sizes, **(sizes or {})}
    if any(full[facet] <= 0 for facet in study.design.facets):
        raise NoEstimate("undefined", Note(N_("每个侧面的水平数都要大于 0")))
    universe = study.variance(study.design.target)
    relative = absolute = 0.0
    for effect, share in _errors(study, full):
        absolute += share
        relative += share if study.design.target in effect else 0.0
    return Dependability(
        full,
        universe,
        relative,
        absolute,
        _share(universe, relative),
        _share(universe, absolute),
    )


def table(
    study: Study,
    facet: str,
    numbers: Sequence[int] = RATERS,
    others: Mapping[str, float] | None = None,
) -> tuple[Dependability, ...]:
    """The D study for each number of levels of one facet, the others as they are or as told."""
    return tuple(dependability(study, {**(others or {}), facet: n}) for n in numbers)


def halved(study: Study, facet: str) -> dict[str, float]:
    """The sizes of all facets but one, halved, at least 1: a shorter questionnaire."""
    sizes = study.sizes
    return {one: max(sizes[one] / 2, 1.0) for one in study.design.facets if one != facet}


def raters_needed(
    study: Study,
    target: float,
    facet: str,
    *,
    kind: Kind = "relative",
    others: Mapping[str, float] | None = None,
) -> int | None:
    """The smallest number of levels of `facet` with Eρ² (or Φ) ≥ target: how many raters do.

    With error A + B/n: n = ⌈B/(σ²_p(1 − t)/t − A)⌉. None where even infinitely many would not do,
    for the errors of the other facets stay. For p × r it is Spearman–Brown turned round
    (Brennan 2001, § 4.1).
    """
    if not 0 < target < 1:
        raise NoEstimate("undefined", Note(N_("目标要在 0 和 1 之间")))
    full = {**study.sizes, **(others or {}), facet: 1.0}
    kept = moved = 0.0
    for effect, share in _errors(study, full):
        if kind == "relative" and study.design.target not in effect:
            continue
        if facet in effect:
            moved += share
        else:
            kept += share
    room = study.variance(study.design.target) * (1 - target) / target - kept
    if room <= 0:
        return None
    # The quotient of an exact solution may lie a rounding above the whole number.
    return max(1, ceil(moved / room - 1e-9))


def _errors(study: Study, sizes: Mapping[str, float]) -> list[tuple[Effect, float]]:
    found = []
    for effect, variance in zip(study.effects, study.variances, strict=True):
        facets = effect - {study.design.target}
        if facets:
            over = 1.0
            for one in sorted(facets):
                over *= sizes[one]
            found.append((effect, variance / over))
    return found


def _share(universe: float, error: float) -> float | None:
    return universe / (universe + error) if universe + error > 0 else None
