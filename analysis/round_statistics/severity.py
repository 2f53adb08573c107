"""Do strict and mild raters decide the order? One rater class on one questionnaire."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.note import Note
from analysis.results import RateeResult
from analysis.round_statistics.rating_groups import FEWEST, Crossed, RatingGroup
from analysis.statistics.agreement.generalisability import Study, design
from analysis.statistics.estimate import Estimate, NoEstimate
from analysis.statistics.raters import crossed_effects
from analysis.statistics.raters.connectivity import ISLANDS, Connectivity, connectivity
from analysis.statistics.raters.crossed_effects import RATEE, RATER, fit_crossed
from analysis.statistics.raters.mixed_equations import Codes, Floats, equations
from analysis.statistics.raters.severity import ALIKE, Halo, halo, minima, severity
from analysis.statistics.raters.severity import Severity as Judged
from forms.problems import N_

Status = Literal["corrected", "disconnected", "too_few", "failed"]
UNSURE = 0.05
NAMED = 3


@dataclass(frozen=True, slots=True)
class SeverityLine:
    """A ratee before and after; ranks are those within its class of ratees.

    `raw` is the mean of its ballots, `corrected` the prediction with raters' severity out (drawn to
    the mean where ballots are few), `centred` the same without shrinkage.
    """

    key: str
    name: str
    ratee_class: str
    n: int
    raw: float
    raw_rank: int
    corrected: float
    se: float
    corrected_rank: int
    centred: float
    centred_rank: int

    @property
    def moved(self) -> int:
        """Places gained by the correction."""
        return self.raw_rank - self.corrected_rank


@dataclass(frozen=True, slots=True)
class SeverityReport:
    """What can be said of severity. Nothing in it is of one rater.

    `islands` are names of ratees, where the design falls apart; `shares` of the variance of one
    rating: ratee, rater, rest; `rater_sd` in points with its interval; `p` of no differences
    between raters; `study` the components for the reliability. None and empty where the status is
    not "corrected", but for `shares`, `p` and `study`, which stand where a fit does.
    """

    status: Status
    raters: int
    n: int
    per_rater: float
    islands: tuple[tuple[str, ...], ...] = ()
    shares: tuple[float, float, float] | None = None
    rater_sd: Estimate | None = None
    p: float | None = None
    spearman: float | None = None
    lines: tuple[SeverityLine, ...] = ()
    movers: tuple[SeverityLine, ...] = ()
    halo: Halo | None = None
    study: Study | None = None
    sentences: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


def severity_report(
    group: RatingGroup, rated: Crossed, ratees: Mapping[str, RateeResult]
) -> SeverityReport:
    """Connectivity, then the crossed fit, then what the correction would change."""
    n = len(rated.score)
    empty = SeverityReport("too_few", rated.raters, n, n / max(rated.raters, 1))
    if rated.raters < FEWEST:
        note = Note(N_("评分人不足 {least} 名，为不暴露个人，不作分析。"), {"least": FEWEST})
        return replace(empty, sentences=(note,))
    try:
        return _fitted(empty, group, rated, ratees)
    except NoEstimate as reason:
        if reason.status != "disconnected":
            return replace(empty, status="failed", sentences=(reason.note,))
    links = connectivity(rated.rater, rated.ratee)
    return replace(
        empty,
        status="disconnected",
        islands=_islands(group, links, ratees),
        sentences=(Note(ISLANDS, {"islands": links.islands}),),
    )


def _islands(
    group: RatingGroup, links: Connectivity, ratees: Mapping[str, RateeResult]
) -> tuple[tuple[str, ...], ...]:
    """The ratees of every island by name, the largest island first."""
    found = [
        tuple(ratees[group.ratees[one]].name for one in links.members(island))
        for island in range(links.islands)
    ]
    return tuple(sorted(found, key=lambda one: -len(one)))


def _fitted(
    empty: SeverityReport, group: RatingGroup, rated: Crossed, ratees: Mapping[str, RateeResult]
) -> SeverityReport:
    done = fit_crossed(rated.score, rated.rater, rated.ratee)
    judged = severity(done, equations(rated.score, [rated.ratee]), movers=0)
    rater, ratee, rest = judged.shares
    known = replace(
        empty,
        shares=(ratee, rater, rest),
        rater_sd=_root(done.fit.variance(RATER)),
        p=judged.test.p,
        study=_study(done, rated),
        notes=(*done.notes, *_confounded()),
    )
    few = minima(done)
    if few:
        why = Note(N_("因此不校正名次，只列出可靠性和一致性。"))
        return replace(known, sentences=(*_differ(judged), *few, why))
    lines = _lines(group, done, ratees)
    movers = sorted((one for one in lines if one.moved), key=lambda one: (-abs(one.moved), one.key))
    return replace(
        known,
        status="corrected",
        spearman=judged.spearman,
        lines=lines,
        movers=tuple(movers[:NAMED]),
        halo=_halo(rated),
        sentences=(*_differ(judged), *_order(judged, lines, movers[:NAMED])),
    )


def _root(variance: Estimate) -> Estimate:
    """A standard deviation from a variance: root of each part, the error by the delta method."""
    if variance.estimate is None or variance.estimate <= 0:
        return variance
    value = float(np.sqrt(variance.estimate))
    lo, hi = (None if one is None else float(np.sqrt(one)) for one in (variance.lo, variance.hi))
    se = None if variance.se is None else variance.se / (2 * value)
    return Estimate(value, se, variance.df, lo, hi, variance.n, variance.method, variance.notes)


def _study(done: crossed_effects.Crossed, rated: Crossed) -> Study:
    """The fit as a G study of ratees × raters; raters of a ratee by their harmonic mean."""
    plan = design("p", ("r",))
    rater, ratee = done.fit.variances[RATER], done.fit.variances[RATEE]
    parts = (ratee, rater, done.fit.residual)
    each = len(done.n) / float(np.sum(1 / done.n))
    sizes = {"p": float(len(done.n)), "r": each}
    return Study(plan, plan.effects(), parts, parts, (), (), sizes, len(rated.score), "reml")


def _lines(
    group: RatingGroup, done: crossed_effects.Crossed, ratees: Mapping[str, RateeResult]
) -> tuple[SeverityLine, ...]:
    classes = [ratees[key].ratee_class for key in group.ratees]
    raw, corrected, centred = done.raw, done.corrected, done.centred.score
    places = [_ranks(one, classes) for one in (raw, corrected, centred)]
    found = [
        SeverityLine(
            key=key,
            name=ratees[key].name,
            ratee_class=classes[one],
            n=int(done.n[one]),
            raw=float(raw[one]),
            raw_rank=int(places[0][one]),
            corrected=float(corrected[one]),
            se=float(done.corrected_se[one]),
            corrected_rank=int(places[1][one]),
            centred=float(centred[one]),
            centred_rank=int(places[2][one]),
        )
        for one, key in enumerate(group.ratees)
    ]
    return tuple(sorted(found, key=lambda one: (one.ratee_class, one.raw_rank, one.key)))


def _ranks(values: Floats, classes: Sequence[str]) -> Codes:
    """Ranks within each class of ratees, 1 for the highest: classes are never ranked together."""
    found = np.zeros(len(values), dtype=np.int64)
    named = np.array(classes)
    for one in sorted(set(classes)):
        found[named == one] = crossed_effects.ranks(values[named == one])
    return found


def _halo(rated: Crossed) -> Halo | None:
    """The halo over ratings that answer every item; None where they no longer hang together."""
    whole = ~np.isnan(rated.marks).any(axis=1)
    if rated.marks.shape[1] < 2 or not whole.any():
        return None
    raters, rater = np.unique(rated.rater[whole], return_inverse=True)
    ratee = np.unique(rated.ratee[whole], return_inverse=True)[1]
    rater, ratee = rater.reshape(-1), ratee.reshape(-1)
    if len(raters) < FEWEST or connectivity(rater, ratee).islands > 1:
        return None
    return halo(rated.marks[whole], rater, ratee)


def _differ(judged: Judged) -> Iterator[Note]:
    if judged.test.p >= UNSURE:
        yield Note(N_("看不出评分人之间有宽严差别（p = {p}）。"), {"p": f"{judged.test.p:.2f}"})
        return
    rater, ratee, rest = judged.shares
    yield Note(
        N_(
            "评分人之间宽严不一：一次评分的差异里，{ratee} 来自对象，{rater} 来自评分人的宽严，"
            "其余 {rest} 是评分人对各个对象看法不同和偶然。"
        ),
        {"rater": _percent(rater), "ratee": _percent(ratee), "rest": _percent(rest)},
    )


def _order(
    judged: Judged, lines: Sequence[SeverityLine], movers: Sequence[SeverityLine]
) -> Iterator[Note]:
    """宽严不一是否改变名次."""
    if judged.spearman is None:
        yield Note(N_("各对象的平均分没有差别，谈不上名次。"))
        return
    moved = [abs(one.moved) for one in lines if one.moved]
    values: dict[str, str | int | Note] = {
        "rho": f"{judged.spearman:.3f}",
        "n": len(lines),
        "moved": len(moved),
        "most": max(moved, default=0),
    }
    if not moved:
        yield Note(N_("宽严不一不改变名次：校正前后 {n} 个对象的名次完全相同。"), values)
    elif judged.spearman >= ALIKE:
        text = N_(
            "宽严不一几乎不改变名次：校正前后的等级相关为 {rho}，{n} 个对象中 {moved} 个名次有变，"
            "最多变动 {most} 名。"
        )
        yield Note(text, values)
    else:
        names = "、".join(f"{one.name}（{one.raw_rank}→{one.corrected_rank}）" for one in movers)
        text = N_(
            "宽严不一改变名次：校正前后的等级相关为 {rho}，{n} 个对象中 {moved} 个名次有变，"
            "变动最大的是{names}。"
        )
        yield Note(text, {**values, "names": names})


def _confounded() -> Iterator[Note]:
    yield Note(
        N_(
            "校正假定谁评谁与对象的好坏无关；只评自己分管单位的人，其宽严和单位的好坏分不开。"
            "校正分只供对照，不改变记录的得分。"
        )
    )


def _percent(share: float) -> str:
    return f"{share:.0%}"
