"""The many-facet rating-scale model of one rater class: fair averages and how the raters fit.

Slower than the rest (seconds), so it is asked for by itself. Of the raters only the spread of their
severities and the share outside the usual limits of fit are given, and that only for ten or more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.results import Assessment
from analysis.round_statistics.rating_groups import FEWEST, Crossed, RatingGroup, rating_groups
from analysis.round_statistics.tables import Sufficient
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.facets import Facets, Measure, many_facets
from forms.problems import N_

MISFIT = (0.5, 1.5)
FEWEST_RATERS = 10
FEWEST_USES = 10
MOST_RATINGS = 100_000


@dataclass(frozen=True, slots=True)
class FairLine:
    """A ratee: mean mark as given, the one it would have from raters of average severity, the
    measure in logits with its standard error."""

    key: str
    name: str
    n: int
    raw: float
    fair: float
    logits: float
    se: float


@dataclass(frozen=True, slots=True)
class ScaleReport:
    """`severity_sd` in logits over the raters; `misfit` the share of raters with infit outside
    0.5-1.5, of `judged` raters; None for fewer than ten. No `lines` where there is no answer."""

    questionnaire: str
    rater_class: str
    raters: int
    n: int
    lines: tuple[FairLine, ...]
    reliability: float | None
    severity_sd: float | None
    misfit: float | None
    judged: int
    sentences: tuple[Note, ...]


def scale_report(
    assessment: Assessment, sufficient: Sufficient, questionnaire: str, rater_class: str
) -> ScaleReport | None:
    """The model for one class on one questionnaire; None where its raters do not rate several."""
    names = {one.key: one.name for one in assessment.ratees}
    for group in rating_groups(assessment, sufficient):
        if (group.questionnaire, group.rater_class) == (questionnaire, rater_class):
            return None if group.crossed is None else _report(group, group.crossed, names)
    return None


def _report(group: RatingGroup, rated: Crossed, names: Mapping[str, str]) -> ScaleReport:
    k = rated.marks.shape[1]
    marks = rated.marks.ravel()
    present = int((~np.isnan(marks)).sum())
    whole = (group.questionnaire, group.rater_class, rated.raters, present)
    if rated.raters < FEWEST:
        note = Note(N_("评分人不足 {least} 名，为不暴露个人，不作分析。"), {"least": FEWEST})
        return _without(whole, note)
    if present > MOST_RATINGS:
        return _without(whole, Note(N_("评分太多（{n} 个），这个模型算不动。"), {"n": present}))
    try:
        found = many_facets(
            np.repeat(rated.ratee, k),
            np.repeat(rated.rater, k),
            np.tile(np.arange(k), len(rated.ratee)),
            marks,
            collapse=FEWEST_USES,
        )
    except NoEstimate as reason:
        return _without(whole, reason.note)
    fits = [one.infit for one in found.raters if one.infit is not None]
    enough = len(fits) >= FEWEST_RATERS
    outside = sum(not MISFIT[0] <= one <= MISFIT[1] for one in fits)
    severities = [one.measure.estimate for one in found.raters if one.measure.estimate is not None]
    return ScaleReport(
        *whole,
        lines=_lines(group, rated, found, names),
        reliability=found.reliability,
        severity_sd=float(np.std(severities, ddof=1)) if enough else None,
        misfit=outside / len(fits) if enough else None,
        judged=len(fits),
        sentences=found.notes,
    )


def _without(whole: tuple[str, str, int, int], note: Note) -> ScaleReport:
    return ScaleReport(*whole, (), None, None, None, 0, (note,))


def _lines(
    group: RatingGroup, rated: Crossed, found: Facets, names: Mapping[str, str]
) -> tuple[FairLine, ...]:
    answered = ~np.isnan(rated.marks)
    n = np.bincount(rated.ratee, weights=answered.sum(axis=1))
    total = np.bincount(rated.ratee, weights=np.where(answered, rated.marks, 0).sum(axis=1))
    made = [
        _line(key, names[key], int(n[place]), float(total[place] / n[place]), one)
        for place, (key, one) in enumerate(zip(group.ratees, found.ratees, strict=True))
        if n[place]
    ]
    return tuple(
        sorted((one for one in made if one is not None), key=lambda one: (-one.fair, one.key))
    )


def _line(key: str, name: str, n: int, raw: float, one: Measure) -> FairLine | None:
    measure = one.measure
    if measure.estimate is None or measure.se is None or one.fair_average is None:
        return None
    return FairLine(key, name, n, raw, one.fair_average, measure.estimate, measure.se)
