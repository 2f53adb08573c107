"""Who could have answered and who did: response by rater class, and what silence may hide.

With a response rate r and a scale lo…hi the score of all who were asked lies in
[r m + (1-r) lo, r m + (1-r) hi], whatever the others think (Manski 1989, Journal of Human Resources
24:343). Where everybody on a roster answered there is no sampling error left (the finite population
correction 1 - f is 0; Cochran 1977, Sampling Techniques, §2.6); how the same people would judge on
another day stays unknown.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.note import Note
from analysis.results import Assessment, Participation
from analysis.small_groups import PRIVACY_MINIMUM
from analysis.statistics.weights.response_rates import census_bounds
from forms.problems import N_

Bounds = tuple[float, float]
LEAST = PRIVACY_MINIMUM
"""Fewer ballots than this show no figure of their own."""


@dataclass(frozen=True, slots=True)
class Response:
    """One rater class of one round: how many were asked (None: nobody knows) and answered.

    `is_roster` says whether those asked are people on a roster or only cards handed out. `rate` is
    counted, not sampled: it has no interval. `mean` is the mean of the class's scores over the
    ratees it rated, `n` their number, `bounds` where that mean would lie had everybody answered.
    """

    title: str
    rater_class: str
    asked: int | None
    is_roster: bool
    received: int
    rate: float | None
    is_complete: bool
    mean: float | None
    n: int
    bounds: Bounds | None


def complete_classes(assessment: Assessment) -> frozenset[str]:
    """Rater classes of which everybody on the roster answered, in every round, and all of it
    counts.
    """
    found: dict[str, bool] = {}
    for (_, rater_class), rows in _grouped(assessment).items():
        expected = _most(one.expected for one in rows)
        is_all = expected is not None and 0 < expected == _received(rows)
        found[rater_class] = found.get(rater_class, True) and is_all
    for one in assessment.quality:
        if one.submitted != one.valid:
            found[one.rater_class] = False
    return frozenset(key for key, is_all in found.items() if is_all)


def responses(assessment: Assessment, bounds: Mapping[str, Bounds]) -> tuple[Response, ...]:
    """Every rater class of every round; `bounds` are the ends of its scale, by rater class."""
    complete = complete_classes(assessment)
    scores = _scores(assessment)
    return tuple(
        _response(
            title, rater_class, rows, complete, scores.get(rater_class, []), bounds.get(rater_class)
        )
        for (title, rater_class), rows in _grouped(assessment).items()
    )


def _response(
    title: str,
    rater_class: str,
    rows: list[Participation],
    complete: frozenset[str],
    scores: list[float],
    bounds: Bounds | None,
) -> Response:
    expected, received = _most(one.expected for one in rows), _received(rows)
    asked = _most(one.issued for one in rows) if expected is None else expected
    if asked is not None and received > asked:
        asked = None  # more answers than people asked: the number asked is not known after all
    mean = float(np.mean(np.sort(scores))) if scores and received >= LEAST else None
    share = received / asked if asked else None
    return Response(
        title=title,
        rater_class=rater_class,
        asked=asked,
        is_roster=expected is not None,
        received=received,
        rate=share,
        is_complete=rater_class in complete,
        mean=mean,
        n=len(scores),
        bounds=_census(mean, share, bounds),
    )


def _census(mean: float | None, rate: float | None, bounds: Bounds | None) -> Bounds | None:
    if mean is None or rate is None or bounds is None:
        return None
    low, high = bounds
    return census_bounds(min(max(mean, low), high), rate, low, high)


def response_sentences(found: tuple[Response, ...]) -> tuple[Note, ...]:
    """The responses in words."""
    notes = []
    whole = sum(one.is_complete for one in found)
    unknown = sum(one.asked is None for one in found)
    known = [one for one in found if one.rate is not None]
    if whole:
        notes.append(Note(N_("名册上的人全部评了的评议主体有 {n} 类。"), {"n": whole}))
    if known:
        least = min(known, key=lambda one: (one.rate or 0.0, one.rater_class))
        notes.append(
            Note(
                N_("知道应评人数的 {n} 类中，应答率最低 {rate}。"),
                {"n": len(known), "rate": f"{least.rate or 0:.1%}"},
            )
        )
    if unknown:
        notes.append(
            Note(
                N_("有 {n} 类没有名册（谁愿意谁评），应答率无从知道；得分只代表评了的人。"),
                {"n": unknown},
            )
        )
    return tuple(notes)


def _grouped(assessment: Assessment) -> dict[tuple[str, str], list[Participation]]:
    found: dict[tuple[str, str], list[Participation]] = defaultdict(list)
    for one in assessment.participation:
        found[one.title, one.rater_class].append(one)
    return dict(sorted(found.items()))


def _received(rows: list[Participation]) -> int:
    in_all = _most(one.received_in_all for one in rows)
    return max(one.received for one in rows) if in_all is None else in_all


def _scores(assessment: Assessment) -> dict[str, list[float]]:
    """By rater class its scores of five ballots and more."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in assessment.ratees:
        for node in one.nodes:
            if node.kind != "rater_class" or node.score is None or one.suppressed:
                continue
            if node.n >= LEAST:
                found[node.path.rpartition("/")[2]].append(float(node.score))
    return found


def _most(numbers: Iterable[int | None]) -> int | None:
    return max((n for n in numbers if n is not None), default=None)
