"""What the answers say of the questionnaires: weak items, reliability, and what to reword."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.cells import FormCells
from analysis.dedupe import counting_statuses
from analysis.note import Note
from analysis.results import Assessment
from analysis.round_statistics.item_differences import (
    Differences,
    channel_differences,
    class_differences,
)
from analysis.round_statistics.rating_groups import FEWEST, fewest, in_order
from analysis.round_statistics.tables import ItemMoments, RaterSheets, Sufficient
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.items import moments as item_moments
from analysis.statistics.items.cronbach import Cronbach, cronbach
from analysis.statistics.items.dif import Dif
from analysis.statistics.items.item_statistics import ItemStatistics
from analysis.statistics.items.omega import omega_total
from analysis.statistics.items.rewording import ITEM_REST, Rewording, rewording
from analysis.tallies import effective_points
from forms.problems import N_
from forms.questionnaire import Item

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
LEAST_BALLOTS = 100
LEAST_ITEMS = 3
STRAIGHT = "straight_line"


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item: its key and text, its figures, alpha without it."""

    key: str
    text: str
    figures: ItemStatistics
    alpha_drop: float | None


@dataclass(frozen=True, slots=True)
class ScaleLine:
    """The reliability of the items together, for one rater class or ("") all, within units.

    `omega` for all classes alone.
    """

    rater_class: str
    n: int
    alpha: Estimate
    omega: Estimate | None


@dataclass(frozen=True, slots=True)
class StraightLine:
    """Of `submitted` forms of a class the share that answers everything alike."""

    rater_class: str
    submitted: int
    share: float


@dataclass(frozen=True, slots=True)
class QuestionnaireReport:
    """One questionnaire. `why_not` says why there is no judgement on it; the rest is empty then.

    `reworded` are places in `lines` with reasons, the most urgent first.
    """

    questionnaire: str
    n: int
    lines: tuple[ItemLine, ...] = ()
    scales: tuple[ScaleLine, ...] = ()
    classes: Differences | None = None
    channels: Differences | None = None
    straight: tuple[StraightLine, ...] = ()
    reworded: tuple[Rewording, ...] = ()
    why_not: tuple[Note, ...] = ()
    sentences: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


def questionnaire_reports(
    assessment: Assessment, sufficient: Sufficient
) -> tuple[QuestionnaireReport, ...]:
    """Every questionnaire with scored items, in the order of the cells."""
    sheets = {one.questionnaire: one for one in sufficient.sheets}
    cells = {one.form.questionnaire.key: one for one in sufficient.cells}
    return tuple(
        _report(assessment, cells[one.questionnaire], one, sheets.get(one.questionnaire))
        for one in sufficient.items
    )


def _report(
    assessment: Assessment, cells: FormCells, items: ItemMoments, sheets: RaterSheets | None
) -> QuestionnaireReport:
    units, kept, ballots = _shown_units(assessment, items)
    n = int(ballots.sum())
    bare = QuestionnaireReport(items.questionnaire, n)
    if n < LEAST_BALLOTS or len(items.items) < LEAST_ITEMS:
        return replace(bare, why_not=tuple(_why_not(n, len(items.items))))
    is_shared = cells.form.has_shared_ballots
    moments, whole, why = _related(items, units)
    lines = tuple(_lines(assessment, cells, items, units, whole, sheets))
    scale_range = _range(cells)
    classes = class_differences(assessment.scheme, items, sheets, kept, scale_range)
    return replace(
        bare,
        lines=lines,
        scales=tuple(_scales(assessment, items, units, is_shared=is_shared)),
        classes=classes,
        channels=channel_differences(assessment.scheme, cells, kept),
        straight=tuple(_straight(assessment, items.questionnaire)),
        reworded=_reworded(lines, moments, classes, scale_range),
        sentences=(*why, *_sentences(lines)),
        notes=(*(whole.notes if whole else ()), *_about(is_shared=is_shared)),
    )


def _related(
    items: ItemMoments, units: Codes
) -> tuple[item_moments.ItemMoments | None, Cronbach | None, tuple[Note, ...]]:
    """How the items go together, or why that cannot be told."""
    try:
        moments = within_units(items, units)
        return moments, cronbach(moments), ()
    except NoEstimate as reason:
        return None, None, (reason.note,)


def _shown_units(assessment: Assessment, items: ItemMoments) -> tuple[Codes, set[str], Codes]:
    """Units with enough ballots whose ratee is not suppressed; their ratees; their ballots."""
    least = fewest(assessment.scheme, items.questionnaire)
    hidden = {one.key for one in assessment.ratees if one.suppressed}
    ballots = np.einsum("uii->ui", items.n).max(axis=1, initial=0)
    shown = [
        place
        for place, (ratee, _) in enumerate(items.units)
        if ratee not in hidden and ballots[place] >= least
    ]
    units = np.array(shown, dtype=np.int64)
    return units, {items.units[place][0] for place in shown}, ballots[units]


def _why_not(n: int, items: int) -> Iterator[Note]:
    if n < LEAST_BALLOTS:
        text = N_("只有 {n} 份答卷，少于 {least} 份，不评价题目。")
        yield Note(text, {"n": n, "least": LEAST_BALLOTS})
    if items < LEAST_ITEMS:
        text = N_("只有 {n} 道计分的题，少于 {least} 道，不评价题目。")
        yield Note(text, {"n": items, "least": LEAST_ITEMS})


def within_units(items: ItemMoments, units: Codes) -> item_moments.ItemMoments:
    """The pooled within-unit covariance of these units, from their sums.

    As `moments_of_pair_counts`, but from Σx and Σxy: Σ_u (Σxy − ΣxΣy/n) / Σ_u (n − 1).
    """
    n = items.n[units]
    x, xy = items.x[units] / items.scale, items.xy[units] / items.scale**2
    cross = (xy - x * np.swapaxes(x, 1, 2) / np.maximum(n, 1)).sum(axis=0)
    free = np.maximum(n - 1, 0).sum(axis=0)
    if not (free > 0).all():
        raise NoEstimate("too_few", Note(N_("有的两道题没有被同一个人回答过，无法计算它们的关系")))
    covariance = (cross + cross.T) / 2 / free
    still = np.diag(covariance) <= 1e-9 * max(float(np.diag(covariance).max()), 1e-300)
    covariance[still, :] = covariance[:, still] = 0.0
    own = np.einsum("uii->i", n)
    ballots = int(np.einsum("uii->ui", n).max(axis=1).sum())
    return item_moments.ItemMoments(
        covariance,
        np.einsum("uii->i", x) / np.maximum(own, 1),
        n.sum(axis=0),
        ballots,
        ballots - len(units),
        "pairwise",
        is_within=True,
    )


def _lines(
    assessment: Assessment,
    cells: FormCells,
    items: ItemMoments,
    units: Codes,
    whole: Cronbach | None,
    sheets: RaterSheets | None,
) -> Iterator[ItemLine]:
    statuses = counting_statuses(assessment.scheme.same_device)
    number = {one: place for place, one in enumerate(cells.units())}
    rows = np.array([number[items.units[unit]] for unit in units], dtype=np.int64)
    same = _same_as_previous(sheets)
    for place, (item, _) in enumerate(cells.form.scored):
        counts = cells.by_unit(item, statuses)[rows].sum(axis=0)
        rest = whole.r_drop[place] if whole else None
        figures = _figures(cells, item, counts, rest, same.get(place))
        dropped = whole.alpha_drop[place] if whole else None
        yield ItemLine(item.key, str(item.text), figures, dropped)


def _figures(
    cells: FormCells, item: Item, counts: Codes, rest: float | None, same: float | None
) -> ItemStatistics:
    """Figures of one item from its counts by option number (0 is a blank)."""
    points = {
        number: float(v) for number, v in effective_points(cells.form, None)[item.key].items()
    }
    held = dict(enumerate(counts.tolist()))
    options = cells.form.questionnaire.scale_of(item).options
    unknown = sum(held.get(one.number, 0) for one in options if one.number not in points)
    values = np.array(sorted(set(points.values())))
    own = np.array([sum(held.get(o, 0) for o, v in points.items() if v == one) for one in values])
    n = int(own.sum())
    asked = n + unknown
    unknown_share = unknown / asked if asked else None
    if n == 0:
        return ItemStatistics(0, None, unknown_share, None, None, None, None, None, None, None)
    shares = own / n
    mean = float(shares @ values)
    second = float(shares @ (values - mean) ** 2)
    return ItemStatistics(
        n,
        tuple(shares.tolist()),
        unknown_share,
        mean,
        float(np.sqrt(second * n / (n - 1))) if n > 1 else None,
        float(shares @ (values - mean) ** 3) / second**1.5 if second > 0 else None,
        float(shares[0]),
        float(shares[-1]),
        rest,
        same,
    )


def _same_as_previous(sheets: RaterSheets | None) -> dict[int, float]:
    """By place of an item the share of rows that give it the option of the item before."""
    if sheets is None:
        return {}
    before, after = sheets.codes[:, :-1], sheets.codes[:, 1:]
    both = (before > 0) & (after > 0)
    n, same = both.sum(axis=0), (both & (before == after)).sum(axis=0)
    return {place + 1: float(same[place] / n[place]) for place in np.flatnonzero(n).tolist()}


def _scales(
    assessment: Assessment, items: ItemMoments, units: Codes, *, is_shared: bool
) -> Iterator[ScaleLine]:
    """All classes together within units, then each class with enough ballots."""
    classes = np.array([items.units[unit][1] for unit in units])
    named = in_order(assessment.scheme, set(classes.tolist()))
    for rater_class in ["", *(named if len(named) > 1 else [])]:
        chosen = units if not rater_class else units[classes == rater_class]
        try:
            moments = within_units(items, chosen)
            if moments.n < LEAST_BALLOTS:
                continue
            alpha = cronbach(moments).alpha
            omega = None if rater_class else omega_total(moments).total
        except NoEstimate:
            continue
        if is_shared:
            alpha, omega = _bare(alpha), omega and _bare(omega)
        yield ScaleLine(rater_class, moments.n, alpha, omega)


def _bare(one: Estimate) -> Estimate:
    """The same without an interval: the answers of one person are not independent."""
    return replace(one, se=None, df=None, lo=None, hi=None)


def _straight(assessment: Assessment, questionnaire: str) -> Iterator[StraightLine]:
    """By class the share of forms the straight-line rule points at, where it found any."""
    found = [one for one in assessment.quality if one.round.endswith(f".{questionnaire}")]
    if not any(one.flagged.get(STRAIGHT) for one in found):
        return
    for one in found:
        if one.submitted >= max(FEWEST, LEAST_BALLOTS):
            share = one.flagged.get(STRAIGHT, 0) / one.submitted
            yield StraightLine(one.rater_class, one.submitted, share)


def _range(cells: FormCells) -> float:
    points = effective_points(cells.form, None)
    values = [float(value) for of in points.values() for value in of.values()]
    return max(values) - min(values) if values else 1.0


def _reworded(
    lines: Sequence[ItemLine],
    moments: item_moments.ItemMoments | None,
    classes: Differences | None,
    scale_range: float,
) -> tuple[Rewording, ...]:
    k = len(lines)
    r = np.full((k, k), np.nan)
    if moments is not None:
        varying = moments.varying
        r[np.ix_(varying, varying)] = moments.restricted(varying).correlation()
    own = classes.own if classes is not None else ()
    functioning = [Dif(one.statistic, one.df, one.p, one.q, one.gap) for one in own]
    figures = [one.figures for one in lines]
    if _is_loose(lines):
        # said of the whole questionnaire; only a negative one is a fault of the item itself
        figures = [
            replace(one, item_rest=min(one.item_rest or 0.0, 0.0) or None) for one in figures
        ]
    return rewording(
        [one.text for one in lines],
        figures,
        r,
        functioning,
        max(scale_range, 1e-9),
    )


def _is_loose(lines: Sequence[ItemLine]) -> bool:
    """Whether every item goes weakly with the others."""
    rest = [one.figures.item_rest for one in lines if one.figures.item_rest is not None]
    return bool(rest) and max(rest) < ITEM_REST


def _sentences(lines: Sequence[ItemLine]) -> Iterator[Note]:
    """What holds of the whole questionnaire and is no fault of single items."""
    if _is_loose(lines):
        yield Note(
            N_(
                "每一道题与其余题目的相关都低于 {limit}：这是整份问卷的特点，不是某一道题的毛病。"
                "各题问的是不同的事，或者题目太少；总分不宜当作一个指标的高低来读。"
            ),
            {"limit": f"{ITEM_REST:g}"},
        )


def _about(*, is_shared: bool) -> Iterator[Note]:
    yield Note(
        N_(
            "题目之间的关系都在同一对象、同一评议主体之内计算，否则对象之间的差别会被当成题目的一致。"
            "一份答卷只要答了两道题，就计入这两道题的关系。"
        )
    )
    yield Note(N_("均值和份额描述收到的全部有效答卷，用来改问卷，不作推断，所以不给区间。"))
    if is_shared:
        yield Note(N_("同一个人评多个对象，各份不独立，信度不给区间；各主体的比较每人只算一次。"))
