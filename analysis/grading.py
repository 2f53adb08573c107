"""Ranks and grades: thresholds, quotas, ties, vetoes, and the reason for every refusal."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from analysis.composition import Composed
from analysis.inputs import HistoryRow
from analysis.scheme import Scheme
from analysis.scheme.grades import Grade, Quota
from forms.problems import N_, plain

NO_TOTAL = N_("没有总分，不评等次")
BELOW = N_("总分 {total} 未达到{grade}的分数线 {min}")
VETOED = N_("因一票否决（{vetoes}），不得评为{grade}")
LOWEST = N_("因一票否决（{vetoes}），定为{grade}")
NOT_ELIGIBLE = N_("以往等次不符合{grade}的条件：{earlier} {n} 次，应{bound} {wanted} 次")
AT_LEAST = N_("至少")
AT_MOST = N_("至多")
NO_PLACE = N_("{grade}名额 {places} 个已满")
TIED_FOR_PLACE = N_("与 {others} 并列，{grade}名额不足，须由管理员说明理由后决定")
NO_GRADE = N_("没有可评的等次")
SEPARATOR = "；"

_Order = tuple[Decimal, Fraction, tuple[Fraction, ...]]


@dataclass(frozen=True, slots=True)
class Graded:
    """Ranks and grade of one ratee. Ranks are None without a total; equal ranks are `is_tied`.

    `grade` is the grade's key. `reason` says why each better grade was refused.
    """

    rank_class: int | None
    rank_group: int | None
    is_tied: bool
    grade: str | None
    grade_name: str
    reason: str


@dataclass(slots=True)
class _Candidate:
    """A ratee while grades are given."""

    composed: Composed
    order: _Order
    grade: Grade | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.composed.ratee.key


def grade(
    scheme: Scheme, composed: Mapping[str, Composed], history: Iterable[HistoryRow] = ()
) -> dict[str, Graded]:
    """Rank and grade every ratee, by ratee key.

    Order: the score of record; then the unrounded total; then the components the scheme names in
    `ties`. Who is still equal shares the rank and is flagged. Ranks are within the class, and
    within the group of that class. A grade's places go down the order; a ratee that may not have
    the grade passes its place on; equals that do not all fit leave the place to the administrator.
    """
    candidates = _in_order(scheme, composed.values())
    classes = _ranks(candidates, lambda one: one.ratee.ratee_class)
    groups = _ranks(candidates, lambda one: (one.ratee.ratee_class, one.ratee.group))
    counts = _count_history(scheme, history)
    for one in scheme.grades:
        _give(scheme, one, candidates, composed.values(), counts)
    given = {one.key: one for one in candidates}
    return {
        key: _graded(scheme, given[key], classes, groups) if key in given else _ungraded()
        for key in composed
    }


def _ungraded() -> Graded:
    return Graded(None, None, is_tied=False, grade=None, grade_name="", reason=NO_TOTAL)


def _graded(
    scheme: Scheme,
    candidate: _Candidate,
    classes: Mapping[str, tuple[int, bool]],
    groups: Mapping[str, tuple[int, bool]],
) -> Graded:
    rank_class, is_tied = classes[candidate.key]
    reasons = list(candidate.reasons)
    if candidate.grade is None and scheme.grades:
        reasons.append(NO_GRADE)
    return Graded(
        rank_class=rank_class,
        rank_group=groups[candidate.key][0],
        is_tied=is_tied,
        grade=candidate.grade.key if candidate.grade else None,
        grade_name=candidate.grade.name if candidate.grade else "",
        reason=SEPARATOR.join(reasons),
    )


def _in_order(scheme: Scheme, composed: Iterable[Composed]) -> list[_Candidate]:
    """Who has a total, the best first; equals by key, so that the order is always the same."""
    candidates = [
        _Candidate(one, (one.total, exact, _tie_scores(scheme, one)))
        for one in composed
        if one.total is not None and (exact := one.counted_exact) is not None
    ]
    candidates.sort(key=lambda one: one.key)
    candidates.sort(key=lambda one: one.order, reverse=True)
    return candidates


def _tie_scores(scheme: Scheme, one: Composed) -> tuple[Fraction, ...]:
    scores = (one.score_of(path) for path in scheme.ties)
    return tuple(Fraction(-1) if score is None else score for score in scores)


def _ranks(
    candidates: Sequence[_Candidate], scope: Callable[[Composed], Hashable]
) -> dict[str, tuple[int, bool]]:
    """Rank within the scope and whether somebody there shares it, by ratee."""
    cells: dict[Hashable, list[_Candidate]] = {}
    for candidate in candidates:
        cells.setdefault(scope(candidate.composed), []).append(candidate)
    ranks = {}
    for cell in cells.values():
        rank = 1
        for equals in _equals(cell):
            for candidate in equals:
                ranks[candidate.key] = (rank, len(equals) > 1)
            rank += len(equals)
    return ranks


def _equals(candidates: Sequence[_Candidate]) -> list[list[_Candidate]]:
    return [list(block) for _, block in groupby(candidates, key=lambda one: one.order)]


def _count_history(scheme: Scheme, history: Iterable[HistoryRow]) -> dict[tuple[str, str], int]:
    """How often a ratee had a grade, by ratee and grade key (or the grade as written)."""
    keys = {str(one.name): one.key for one in scheme.grades}
    counts: dict[tuple[str, str], int] = {}
    for row in history:
        place = (row.ratee, keys.get(row.grade, row.grade))
        counts[place] = counts.get(place, 0) + 1
    return counts


def _give(
    scheme: Scheme,
    one: Grade,
    candidates: Sequence[_Candidate],
    everyone: Iterable[Composed],
    counts: Mapping[tuple[str, str], int],
) -> None:
    """Give one grade to those who have none yet and may have it, as far as places go."""
    entitled = []
    for candidate in candidates:
        if candidate.grade is None:
            refusal = _refusal(scheme, one, candidate, counts)
            if refusal is None:
                entitled.append(candidate)
            elif refusal not in candidate.reasons:
                candidate.reasons.append(refusal)
    if not one.quotas:
        for candidate in entitled:
            candidate.grade = one
        return
    sizes: dict[Hashable, int] = {}
    for ratee in everyone:
        cell = _cell(one.quotas[0], ratee)
        sizes[cell] = sizes.get(cell, 0) + 1
    for cell, n in sizes.items():
        in_cell = [who for who in entitled if _cell(one.quotas[0], who.composed) == cell]
        _give_places(one, in_cell, one.quotas[0].places(n))


def _cell(quota: Quota, one: Composed) -> Hashable:
    ratee = one.ratee
    cells: dict[str, Hashable] = {
        "all": "",
        "class": ratee.ratee_class,
        "group": (ratee.ratee_class, ratee.group),
        "pool": (ratee.ratee_class, ratee.pool),
    }
    return cells[quota.scope]


def _give_places(one: Grade, entitled: Sequence[_Candidate], places: int) -> None:
    left = places
    for equals in _equals(entitled):
        if left >= len(equals):
            for candidate in equals:
                candidate.grade = one
            left -= len(equals)
            continue
        for candidate in equals:
            candidate.reasons.append(_no_place(one, candidate, equals, places, left))
        left = 0


def _no_place(
    one: Grade, candidate: _Candidate, equals: Sequence[_Candidate], places: int, left: int
) -> str:
    if not left:
        return NO_PLACE.format(grade=one.name, places=places)
    others = "、".join(who.composed.ratee.name for who in equals if who is not candidate)
    return TIED_FOR_PLACE.format(others=others, grade=one.name)


def _refusal(
    scheme: Scheme, one: Grade, candidate: _Candidate, counts: Mapping[tuple[str, str], int]
) -> str | None:
    """Why a ratee may not have a grade, whatever its places; None where it may.

    "no_excellent" bars the best grade, "lowest_grade" and "zero" leave only the last.
    """
    vetoes = candidate.composed.vetoes
    best, last = scheme.grades[0], scheme.grades[-1]
    hard = [veto for veto in vetoes if veto.effect != "no_excellent"]
    if hard:
        words = "、".join(veto.name for veto in hard)
        return None if one is last else LOWEST.format(vetoes=words, grade=last.name)
    if vetoes and one is best and one is not last:
        words = "、".join(veto.name for veto in vetoes)
        return VETOED.format(vetoes=words, grade=one.name)
    total = candidate.order[0]
    if one.min is not None and total < one.min:
        return BELOW.format(total=total, grade=one.name, min=plain(one.min))
    return _history_refusal(scheme, one, candidate.key, counts)


def _history_refusal(
    scheme: Scheme, one: Grade, ratee: str, counts: Mapping[tuple[str, str], int]
) -> str | None:
    keys = {str(grade.name): grade.key for grade in scheme.grades}
    for condition in one.eligibility:
        n = sum(counts.get((ratee, keys.get(earlier, earlier)), 0) for earlier in condition.grades)
        for bound, wanted in ((AT_LEAST, condition.at_least), (AT_MOST, condition.at_most)):
            if wanted is not None and (n < wanted if bound is AT_LEAST else n > wanted):
                return NOT_ELIGIBLE.format(
                    grade=one.name,
                    earlier="、".join(condition.grades),
                    n=n,
                    bound=bound,
                    wanted=wanted,
                )
    return None
