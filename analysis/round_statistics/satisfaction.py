"""满意率: the share of votes worth at least 60 points, as the tables of satisfaction count it.

Votes are those on the overall item (总体评价), of all rater classes alike: one a ballot, so that
they are independent and Wilson's interval holds as it is. A questionnaire without that item gives
the votes on all its scored items; a ballot's votes are then alike, and Wilson's interval takes
votes / deff for n (Dean & Pagano 2015, Journal of Survey Statistics and Methodology 3:484), deff
being that of the scores of the same ballots.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from analysis.cells import FormCells
from analysis.note import Note
from analysis.results import Assessment, RateeResult
from analysis.statistics.intervals.proportions import COUNT_MIN, INTERVAL_MIN, wilson
from forms.problems import N_
from forms.questionnaire import Item, Questionnaire

SATISFIED_FROM = Decimal(60)
FEW = Note(N_("不到 10 票，不给区间"))

Options = tuple[tuple[str, Decimal | None], ...]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """One ratee on one scale: of `n` votes with points `satisfied` are worth 60 or more.

    `unknown` are votes for 不了解, outside n. `lo` and `hi` are None below ten votes. `deff` is 1
    where votes are one a ballot.
    """

    key: str
    name: str
    ratee_class: str
    n: int
    satisfied: int
    unknown: int
    share: float
    lo: float | None
    hi: float | None
    deff: float


@dataclass(frozen=True, slots=True)
class ScaleRates:
    """The rates on one scale: its options, those that count as satisfied, and every ratee.

    `hidden` counts ratees with fewer than five votes.
    """

    options: Options
    good: tuple[str, ...]
    is_overall: bool
    rates: tuple[Rate, ...]
    hidden: int
    notes: tuple[Note, ...]

    @property
    def is_satisfaction(self) -> bool:
        """Whether the options speak of satisfaction (满意), or of merit."""
        return any("满意" in text for text, _ in self.options)


def scale_rates(
    assessment: Assessment,
    cells: Sequence[FormCells],
    statuses: Collection[str],
    deff: float,
) -> tuple[ScaleRates, ...]:
    """Every scale in use, the one with most votes first; `deff` is the design effect of several
    votes a ballot.
    """
    groups: dict[Options, list[FormCells]] = {}
    for one in cells:
        form = one.form.questionnaire
        scales = {_options(form, item) for item in counted_items(form)}
        if len(scales) == 1:
            groups.setdefault(scales.pop(), []).append(one)
    made = [_scale(assessment, scale, of, statuses, deff) for scale, of in groups.items()]
    made = [one for one in made if one.rates]
    return tuple(sorted(made, key=lambda one: -sum(rate.n for rate in one.rates)))


def counted_items(form: Questionnaire) -> tuple[Item, ...]:
    """The overall item; every scored item where a questionnaire has none."""
    return form.scored_items if form.overall is None else (form.item(form.overall),)


def _options(form: Questionnaire, item: Item) -> Options:
    return tuple((str(option.text), option.points) for option in form.scale_of(item).options)


def _scale(
    assessment: Assessment,
    options: Options,
    cells: Sequence[FormCells],
    statuses: Collection[str],
    deff: float,
) -> ScaleRates:
    is_overall = all(one.form.questionnaire.overall is not None for one in cells)
    counts = _counts(cells, statuses)
    rates, hidden = [], 0
    for one in assessment.ratees:
        found = counts.get(one.key)
        if found is None or one.suppressed or not found[0]:
            continue
        if found[0] < COUNT_MIN:
            hidden += 1
            continue
        rates.append(_rate(one, found, 1.0 if is_overall else max(1.0, deff)))
    good = tuple(
        text for text, points in options if points is not None and points >= SATISFIED_FROM
    )
    notes = (
        ()
        if is_overall
        else (Note(N_("没有总体评价题，按各题的票算；同一张表上的票相像，区间已按设计效应放宽。")),)
    )
    return ScaleRates(options, good, is_overall, tuple(rates), hidden, notes)


def _counts(
    cells: Sequence[FormCells], statuses: Collection[str]
) -> dict[str, tuple[int, int, int]]:
    """By ratee votes with points, of those satisfied, and votes without points."""
    found: dict[str, tuple[int, int, int]] = {}
    for one in cells:
        form = one.form.questionnaire
        names = sorted({key.ratee for key in one.keys})
        number = {name: place for place, name in enumerate(names)}
        ratee = np.array([number[key.ratee] for key in one.keys], dtype=np.int64)
        keep = np.array([key.status in statuses for key in one.keys], dtype=bool)
        sums = np.zeros((len(names), 3), dtype=np.int64)
        for item in counted_items(form):
            counts = one.items[item.key]
            kinds = [_kind(form, item, option) for option in range(256)]
            chosen = keep[counts.key_number]
            at = ratee[counts.key_number[chosen]]
            weights = np.array(kinds, dtype=np.int64)[counts.option_number[chosen] % 256]
            np.add.at(sums, at, weights * counts.n[chosen][:, None])
        for name, (n, good, unknown) in zip(names, sums.tolist(), strict=True):
            before = found.get(name, (0, 0, 0))
            found[name] = (before[0] + n, before[1] + good, before[2] + unknown)
    return found


def _kind(form: Questionnaire, item: Item, number: int) -> tuple[int, int, int]:
    """What a vote for an option adds to votes, satisfied ones and those without points."""
    for option in form.scale_of(item).options:
        if option.number == number:
            if option.points is None:
                return 0, 0, 1
            return 1, int(option.points >= SATISFIED_FROM), 0
    return 0, 0, 0


def _rate(one: RateeResult, found: tuple[int, int, int], deff: float) -> Rate:
    n, good, unknown = found
    bounds: tuple[float | None, float | None] = (None, None)
    if n >= INTERVAL_MIN:
        lo, hi = wilson(good / deff, n / deff)
        bounds = float(lo), float(hi)
    return Rate(one.key, one.name, one.ratee_class, n, good, unknown, good / n, *bounds, deff)


def rate_sentences(rates: Sequence[Rate]) -> tuple[Note, ...]:
    """The rates of one class of ratees in words."""
    if not rates:
        return ()
    low = min(rates, key=lambda one: (one.share, one.key))
    high = max(rates, key=lambda one: (one.share, one.key))
    if high.share == low.share:
        notes = [Note(N_("{n} 个对象都是 {low}。"), {"n": len(rates), "low": f"{low.share:.1%}"})]
    else:
        notes = [_from_to(rates, low, high)]
    wide = [(one.hi - one.lo, one) for one in rates if one.lo is not None and one.hi is not None]
    if wide:
        reach, who = max(wide, key=lambda one: (one[0], one[1].key))
        notes.append(
            Note(
                N_(
                    "最不准的是 {name}：换同样多的另一批人来评，大致在 {lo} 到 {hi} 之间，"
                    "相差 {reach} 个百分点。"
                ),
                {
                    "name": who.name,
                    "lo": f"{who.lo:.1%}",
                    "hi": f"{who.hi:.1%}",
                    "reach": f"{100 * reach:.1f}",
                },
            )
        )
    return tuple(notes)


def _from_to(rates: Sequence[Rate], low: Rate, high: Rate) -> Note:
    return Note(
        N_("{n} 个对象在 {low} 到 {high} 之间；最低的是 {name}（{votes} 票中 {good} 票）。"),
        {
            "n": len(rates),
            "low": f"{low.share:.1%}",
            "high": f"{high.share:.1%}",
            "name": low.name,
            "votes": low.n,
            "good": low.satisfied,
        },
    )
