"""What the order of a class of ratees is worth: rank sets, grades, neighbours, weights."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inputs import RateeRow
from analysis.note import Note
from analysis.rank_ranges import DRAWS, LEVEL
from analysis.results import Assessment, RateeResult
from analysis.round_statistics.drawn_grades import drawn_grades
from analysis.round_statistics.tables import Sufficient
from analysis.statistics.composites.weight_sensitivity import anywhere, around, summary
from analysis.statistics.estimate import NoEstimate
from analysis.statistics.ranks.comparisons import (
    Neighbour,
    SmallestGap,
    bands,
    neighbours,
    smallest_gap,
)
from analysis.statistics.ranks.grade_probabilities import (
    BORDERLINE,
    scheme_probabilities,
    simulated_scores,
)
from analysis.statistics.ranks.rank_sets import RankSets, marginal, simultaneous
from forms.problems import N_

Floats = NDArray[np.float64]
GRADE_DRAWS = 2000
FEWEST_DRAWS = 200
MOST_GRADED = 400_000
WEIGHT_DRAWS = 1000
WEIGHT_CV = 0.1
FEWEST = 3
NAMED = 8


@dataclass(frozen=True, slots=True)
class RankLine:
    """One ratee in the order of its class.

    `together` is the range that holds for all ratees at once, `alone` the one for this ratee by
    itself, `weights` that under other weights near the scheme's. `grades` are the probabilities of
    the scheme's grades in order and, last, of none; empty where the scheme has no grades.
    """

    key: str
    name: str
    total: float
    se: float
    n: int
    rank: int
    together: tuple[int, int]
    alone: tuple[int, int]
    weights: tuple[int, int] | None
    grade: str
    grades: tuple[float, ...]

    @property
    def is_borderline(self) -> bool:
        """No grade has a probability of 0.8."""
        return bool(self.grades) and max(self.grades) < BORDERLINE


@dataclass(frozen=True, slots=True)
class Gap:
    """Two neighbours in the table, by key, and whether their difference is certain."""

    upper: str
    lower: str
    gap: float
    critical: float | None
    is_clear: bool


@dataclass(frozen=True, slots=True)
class ClassOrder:
    """The order of one class of ratees, the best first.

    `bands` are runs of ratees (keys) that cannot be told apart; `first_anywhere` is, by key, the
    share of all possible weights under which a ratee is first. `sentences` say it in words, `notes`
    what the figures rest on. `smallest_gap` None: nothing has a sampling error.
    """

    ratee_class: str
    lines: tuple[RankLine, ...]
    gaps: tuple[Gap, ...]
    bands: tuple[tuple[str, ...], ...]
    smallest_gap: SmallestGap | None
    first_anywhere: tuple[tuple[str, float], ...]
    sentences: tuple[Note, ...]
    notes: tuple[Note, ...]


def class_orders(
    assessment: Assessment, ratees: Sequence[RateeRow], sufficient: Sufficient, seed: int
) -> tuple[ClassOrder, ...]:
    """Every class with at least three totals whose errors are known, in the scheme's order.

    A class that nobody rated has no sampling error, and nothing to be said here.
    """
    likely = _grades(assessment, ratees, sufficient, seed)
    keys = list(assessment.scheme.ratee_classes)
    named = {one.ratee_class for one in assessment.ratees}
    found = []
    for ratee_class in [*(key for key in keys if key in named), *sorted(named - set(keys))]:
        ranked = [
            one
            for one in assessment.ratees
            if one.ratee_class == ratee_class
            and one.total is not None
            and one.rank_lo is not None
            and not one.suppressed
        ]
        if len(ranked) >= FEWEST and any(one.n for one in ranked):
            ranked.sort(key=lambda one: (-_counted(one), one.key))
            found.append(_class_order(assessment, ranked, likely, sufficient, seed))
    return tuple(found)


def _counted(one: RateeResult) -> float:
    """What orders: the unrounded total, 0 under a veto that makes it so."""
    return 0.0 if one.total == 0 else float(one.total_exact or 0)


def _class_order(
    assessment: Assessment,
    ranked: Sequence[RateeResult],
    likely: Mapping[str, tuple[float, ...]],
    sufficient: Sufficient,
    seed: int,
) -> ClassOrder:
    scores = np.array([_counted(one) for one in ranked])
    sigma = sufficient.covariance.of([one.key for one in ranked])
    together = simultaneous(scores, sigma, level=LEVEL, draws=DRAWS, seed=seed)
    alone = marginal(scores, sigma, level=LEVEL, draws=DRAWS, seed=seed)
    near, first = _under_weights(assessment, ranked, seed)
    lines = tuple(
        RankLine(
            key=one.key,
            name=one.name,
            total=float(scores[place]),
            se=one.se or 0.0,
            n=one.n,
            rank=int(together.rank[place]),
            together=(int(together.lo[place]), int(together.hi[place])),
            alone=(int(alone.lo[place]), int(alone.hi[place])),
            weights=near[place] if near else None,
            grade=one.grade or "",
            grades=likely.get(one.key, ()),
        )
        for place, one in enumerate(ranked)
    )
    gaps = tuple(_gap(ranked, one) for one in neighbours(scores, sigma, together))
    runs = bands(scores, together)
    gap = _smallest(sigma, together)
    return ClassOrder(
        ratee_class=ranked[0].ratee_class,
        lines=lines,
        gaps=gaps,
        bands=tuple(tuple(ranked[place].key for place in run) for run in runs),
        smallest_gap=gap,
        first_anywhere=tuple((ranked[place].key, share) for place, share in first),
        sentences=tuple(_sentences(lines, gaps, runs, gap)),
        notes=tuple(_notes(assessment, sufficient)),
    )


def _gap(ranked: Sequence[RateeResult], one: Neighbour) -> Gap:
    return Gap(
        ranked[one.upper].key, ranked[one.lower].key, one.gap, one.critical_gap, one.is_clear
    )


def _smallest(sigma: Floats, sets: RankSets) -> SmallestGap | None:
    try:
        return smallest_gap(sigma, sets)
    except NoEstimate:
        return None


def _grades(
    assessment: Assessment, ratees: Sequence[RateeRow], sufficient: Sufficient, seed: int
) -> dict[str, tuple[float, ...]]:
    """By ratee the probabilities of the grades and of none; nothing where there are no grades.

    All classes are drawn together, as they may share places.
    """
    scheme = assessment.scheme
    results = sorted(
        (one for one in assessment.ratees if one.total is not None), key=lambda one: one.key
    )
    if not scheme.grades or not any(one.n for one in results):
        return {}
    scores = np.array([_counted(one) for one in results])
    sigma = sufficient.covariance.of([one.key for one in results])
    draws = min(GRADE_DRAWS, max(FEWEST_DRAWS, MOST_GRADED // len(results)))
    rows = {row.key: row for row in ratees}
    ordered = [*(rows.pop(one.key) for one in results), *rows.values()]
    drawn = simulated_scores(scores, sigma, draws, seed)
    found = scheme_probabilities(
        drawn, lambda given: drawn_grades(scheme, results, ordered, given), len(scheme.grades) + 1
    )
    return {one.key: tuple(row) for one, row in zip(results, found.p.tolist(), strict=True)}


def _under_weights(
    assessment: Assessment, ranked: Sequence[RateeResult], seed: int
) -> tuple[list[tuple[int, int]], list[tuple[int, float]]]:
    """Rank ranges under weights near the scheme's, and who is first under how many of all weights.

    Nothing where a component is missing for somebody or there is only one.
    """
    top = [
        {node.path: node for node in one.nodes if "/" not in node.path and node.share}
        for one in ranked
    ]
    paths = sorted({path for one in top for path in one})
    scores = [[one[path].score if path in one else None for path in paths] for one in top]
    if len(paths) < 2 or any(score is None for row in scores for score in row):
        return [], []
    x = np.array([[float(score or 0) for score in row] for row in scores])
    # Weights add to 1, so points added to every component are added to the total.
    adjusted = np.array([float(one.bonus_counted - one.deduction_counted) for one in ranked])
    x = x * float(assessment.scheme.base) / 100 + adjusted[:, None]
    weights = np.array([float(top[0][path].share or 0) for path in paths])
    near = summary(x, around(weights, WEIGHT_CV, WEIGHT_DRAWS, seed))
    free = summary(x, anywhere(len(paths), WEIGHT_DRAWS, seed))
    first = [(place, float(share)) for place, share in enumerate(free.first) if share >= 0.005]
    first.sort(key=lambda one: -one[1])
    ranges = list(zip(near.lo.tolist(), near.hi.tolist(), strict=True))
    return ranges, first


def _sentences(
    lines: Sequence[RankLine],
    gaps: Sequence[Gap],
    runs: Sequence[Sequence[int]],
    gap: SmallestGap | None,
) -> Iterator[Note]:
    """The order in words."""
    clear = sum(one.is_clear for one in gaps)
    yield Note(
        N_("{n} 个对象两两相邻的 {pairs} 处差别中，可以断定高低的有 {clear} 处。"),
        {"n": len(lines), "pairs": len(gaps), "clear": clear},
    )
    sure = [one for one in lines if one.together[0] == one.together[1]]
    if sure:
        names = "、".join(f"{one.rank} {one.name}" for one in sure[:NAMED])
        yield Note(
            N_("名次确定的有 {n} 个：{names}。"),
            {"n": len(sure), "names": names + ("……" if len(sure) > NAMED else "")},
        )
    for first, last in _told(runs):
        values: dict[str, str | int | Note] = {"first": first, "last": last}
        yield Note(N_("第{first}名与第{last}名之间的差别不足以区分。"), values)
    if gap is not None:
        yield Note(
            N_("这一轮相差约 {critical} 分才能断定高低；真实相差 {seen} 分，有八成把握看得出来。"),
            {"critical": f"{gap.critical[1]:.2f}", "seen": f"{gap.detectable[1]:.2f}"},
        )
    if any(one.grades for one in lines):
        borderline = sum(one.is_borderline for one in lines)
        some = N_("等次处在边缘的有 {n} 个：换一批同样的人来评，两成以上的可能是别的等次。")
        none = N_("没有等次处在边缘的（换一批同样的人来评，两成以上的可能是别的等次）。")
        yield Note(some if borderline else none, {"n": borderline})


def _told(runs: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """First and last place of the run at the top and of the longest one, if there is more than one
    place in them.
    """
    places = [(run[0] + 1, run[-1] + 1) for run in runs if len(run) > 1]
    if not places:
        return []
    longest = max(places, key=lambda run: (run[1] - run[0], -run[0]))
    return list(dict.fromkeys([*(run for run in places[:1] if run[0] == 1), longest]))


def _notes(assessment: Assessment, sufficient: Sufficient) -> Iterator[Note]:
    """What the figures rest on and what they do not say."""
    yield Note(
        N_("只反映抽样误差：换一批同样的人来评会怎样。自选样本的偏差、指标本身的误差都不在内。")
    )
    matrix = sufficient.covariance.matrix
    if np.count_nonzero(matrix) > np.count_nonzero(np.diag(matrix)):
        yield Note(
            N_("同一批人评多个对象时，误差同高同低，已计入；所以差别比单看两个区间更容易断定。")
        )
    scheme = assessment.scheme
    if any(one.priority or one.eligibility for one in scheme.grades) or scheme.restrictions:
        yield Note(N_("等次的可能性把资格、限制等条件固定为本轮的情况，没有计入优先。"))
