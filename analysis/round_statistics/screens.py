"""Screens of whole sheets: how many stand out at each ratee, against what honest ones would do.

Counts by ratee and rater class, never a single sheet. Thresholds come from simulated honest sheets
with the shares and correlations of this round, so that each buys a known false-alarm rate. That
rate is one over all ratees: a ratee with low marks lies far from the middle of all sheets however
honest its own are. So a ratee that stands out is held once more against honest sheets with its own
shares of answers, and what these would do is what was to be expected of it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.note import Note
from analysis.round_statistics.answer_rows import AnswerRows
from analysis.screening import FAST_FORM, LONG_FORM
from analysis.small_groups import PRIVACY_MINIMUM
from analysis.statistics.comparisons.multiple_testing import benjamini_hochberg
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.raters.fit_statistics import guttman_of_complete
from analysis.statistics.response_quality.collisions import collisions
from analysis.statistics.response_quality.honest import honest_sheets, threshold_of
from analysis.statistics.response_quality.long_string import long_string
from analysis.statistics.response_quality.mahalanobis import mahalanobis
from analysis.statistics.response_quality.tails import binomial_tail
from forms.problems import N_

Floats = NDArray[np.float64]
RATE = 0.01
OWN_SHEETS = 1000
CROWD = 4
"""Times the honest sheets of all stand beside those of one ratee, for these to shift nothing."""
SHEETS = 4000
LEAST_ROWS = 100
LEAST_ITEMS = 4
LEAST_OF_RATEE = 10
LEAST_NAMED = PRIVACY_MINIMUM
FALSE_DISCOVERIES = 0.01
RATIO = 3.0
MOST_CELLS = 20_000_000


@dataclass(frozen=True, slots=True)
class Excess:
    """A ratee at which `k` of `n` sheets stand out, `expected` of honest ones with its own marks;
    `q` adjusted."""

    ratee: str
    k: int
    n: int
    expected: float
    q: float


@dataclass(frozen=True, slots=True)
class SheetScreen:
    """One detector on one questionnaire and rater class.

    `k` of `n` sheets are beyond `threshold`; an honest one is with probability `rate`, so
    `expected` would be. `excess` are ratees with far more of them than that. None, and `why`, where
    it cannot be used.
    """

    detector: str
    questionnaire: str
    title: str
    rater_class: str
    n: int
    k: int
    threshold: float | None
    rate: float
    excess: tuple[Excess, ...]
    why: Note | None = None

    @property
    def expected(self) -> float:
        return self.rate * self.n


@dataclass(frozen=True, slots=True)
class Repeat:
    """The whole answer that repeats most at a ratee: `n` of `ballots`, `expected` by the others."""

    ratee: str
    rater_class: str
    title: str
    pattern: str
    n: int
    ballots: int
    expected: float
    p: float
    q: float
    is_flagged: bool


@dataclass(frozen=True, slots=True)
class HonestRates:
    """How often an honest sheet would trip a rule of ballots, by (questionnaire, rater class)."""

    straight_line: float
    fast_straight_line: float


@dataclass(frozen=True, slots=True)
class Screens:
    """Everything the sheets of a round say beside the findings of the assessment."""

    sheets: tuple[SheetScreen, ...]
    repeats: tuple[Repeat, ...]
    honest: dict[tuple[str, str], HonestRates]


def screen_sheets(rows: Sequence[AnswerRows], hidden: Collection[str], seed: int) -> Screens:
    """Every detector on every questionnaire and rater class. `hidden` ratees are not named."""
    sheets: list[SheetScreen] = []
    repeats: list[Repeat] = []
    honest: dict[tuple[str, str], HonestRates] = {}
    for one in rows:
        points = _answered(one.points)
        if len(points) >= LEAST_ROWS and points.shape[1] >= LEAST_ITEMS:
            simulated = honest_sheets(points, SHEETS, seed)
            honest[one.questionnaire, one.rater_class] = _honest(one, simulated)
            sheets += [
                _screen(name, detector, one, points, simulated, hidden, seed)
                for name, detector in DETECTORS.items()
                if name != "long_string" or (one.items >= LONG_FORM and one.is_one_scale)
            ]
        if one.items >= LONG_FORM:
            repeats += _repeats(one, hidden, seed)
    return Screens(tuple(sheets), tuple(repeats), honest)


def _answered(points: Floats) -> Floats:
    """The items that somebody answered at all."""
    used: Floats = points[:, ~np.isnan(points).all(axis=0)]
    return used


def _honest(one: AnswerRows, simulated: Floats) -> HonestRates:
    straight = float((simulated == simulated[:, :1]).all(axis=1).mean())
    if not one.is_one_scale:
        return HonestRates(0.0, 0.0)
    fast = float(one.is_fast.mean())
    return HonestRates(
        straight if one.items >= LONG_FORM else 0.0,
        straight * fast if one.items >= FAST_FORM else 0.0,
    )


def _distance(x: Floats) -> Floats:
    return mahalanobis(x).squared


def _long(x: Floats) -> Floats:
    return long_string(x).longest.astype(np.float64)


DETECTORS: dict[str, Callable[[Floats], Floats]] = {
    "distance": _distance,
    "guttman": guttman_of_complete,
    "long_string": _long,
}
DETECTOR_NAMES = {
    "distance": N_("答案组合少见（马氏距离）"),
    "guttman": N_("高低顺序反常（古特曼误差）"),
    "long_string": N_("连续选同一项（长串）"),
}


def _screen(
    name: str,
    detector: Callable[[Floats], Floats],
    one: AnswerRows,
    points: Floats,
    simulated: Floats,
    hidden: Collection[str],
    seed: int,
) -> SheetScreen:
    try:
        score = detector(points)
        cut = threshold_of(detector, simulated, RATE, is_high=True)
    except NoEstimate as error:
        return SheetScreen(
            name, one.questionnaire, one.title, one.rater_class, 0, 0, None, 0.0, (), error.note
        )
    known = ~np.isnan(score)
    flagged = cut.flags(score)

    def rate_at(ratee: int) -> float:
        """The share of honest sheets with this ratee's marks beyond the threshold."""
        own = honest_sheets(points, OWN_SHEETS, seed, points[one.ratee == ratee])
        crowd = np.vstack([np.tile(simulated, (CROWD, 1)), own])
        return max(cut.rate, float(cut.flags(detector(crowd))[-OWN_SHEETS:].mean()))

    size = np.bincount(one.ratee[known], minlength=len(one.ratees))
    count = np.bincount(one.ratee[flagged], minlength=len(one.ratees))
    why = None
    if cut.threshold is None:
        why = Note(N_("最极端的得分在认真作答时也常见，这一项分不出来"))
    return SheetScreen(
        name,
        one.questionnaire,
        one.title,
        one.rater_class,
        int(known.sum()),
        int(flagged.sum()),
        cut.threshold,
        cut.rate,
        _excess(one.ratees, count, size, cut.rate, hidden, rate_at),
        why,
    )


def _excess(
    ratees: Sequence[str],
    count: NDArray[np.int64],
    size: NDArray[np.int64],
    rate: float,
    hidden: Collection[str],
    rate_at: Callable[[int], float],
) -> tuple[Excess, ...]:
    """Ratees with far more than `rate`: q ≤ 0.01 over the ratees, and three times the expected;
    both once more against `rate_at`, what honest sheets with the ratee's own marks do. Fewer than
    five would point at somebody.
    """
    judged = np.flatnonzero(size >= LEAST_OF_RATEE)
    if rate <= 0 or not len(judged):
        return ()
    n, k = size[judged], count[judged]
    first = benjamini_hochberg(binomial_tail(k, n, rate))
    standing_out = (first <= FALSE_DISCOVERIES) & (k >= RATIO * rate * n)
    own, p = np.full(len(judged), rate), np.ones(len(judged))
    for place in np.flatnonzero(standing_out).tolist():
        own[place] = rate_at(int(judged[place]))
    p[standing_out] = binomial_tail(k[standing_out], n[standing_out], own[standing_out])
    q = np.maximum(first, benjamini_hochberg(p))
    found = [
        Excess(ratees[judged[at]], int(k[at]), int(n[at]), float(own[at] * n[at]), float(q[at]))
        for at in np.flatnonzero(
            (q <= FALSE_DISCOVERIES) & (k >= RATIO * own * n) & (k >= LEAST_NAMED)
        ).tolist()
        if ratees[judged[at]] not in hidden
    ]
    return tuple(sorted(found, key=lambda one: (-one.k / one.expected, one.ratee)))


def _repeats(one: AnswerRows, hidden: Collection[str], seed: int) -> list[Repeat]:
    """Whole answers that repeat at a ratee beyond what the other ratees let expect."""
    patterns, place = np.unique(one.codes, axis=0, return_inverse=True)
    if len(one.ratees) < 2 or len(one.ratees) * len(patterns) > MOST_CELLS:
        return []
    counts = np.zeros((len(one.ratees), len(patterns)), dtype=np.int64)
    np.add.at(counts, (one.ratee, place.ravel()), 1)
    constant = (patterns == patterns[:, :1]).all(axis=1)
    return [
        Repeat(
            one.ratees[found.unit],
            one.rater_class,
            one.title,
            " ".join(map(str, patterns[found.pattern].tolist())),
            found.n,
            found.ballots,
            found.expected,
            found.p,
            found.q,
            found.is_flagged,
        )
        for found in collisions(counts, constant, seed)
        if found.p < 1 and one.ratees[found.unit] not in hidden
    ]
