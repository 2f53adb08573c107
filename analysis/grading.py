"""Ranks and grades: lines, places, ties, and the rule behind every refusal."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from analysis.composition import Composed
from analysis.earlier import Earlier
from analysis.inputs import HistoryRow, RateeRow
from analysis.note import Note
from analysis.openings import Openings, openings
from analysis.places import Places
from analysis.results import Refusal
from analysis.scheme import Scheme
from analysis.scheme.grades import Grade
from analysis.standing import Standing, Standings, rules_of_grades
from analysis.verdicts import all_hold, ask, shown
from forms.problems import N_, plain

NO_TOTAL = N_("没有总分，不评等次")
BELOW = N_("总分 {total} 未达到{grade}的分数线 {min}")
TIED_FOR_PLACE = N_("与 {others} 并列，{grade}名额不足，须由管理员说明理由后决定")
AND_MORE = N_("{names}等 {n} 个")
NAMED = 10
NO_GRADE = N_("没有可评的等次")
SEPARATOR = "；"


@dataclass(frozen=True, slots=True)
class Graded:
    """Ranks and grade of one ratee. Ranks are None without a total; equal ranks are `is_tied`.

    `grade` is the grade's key. `refusals` say why each better grade was not given, `reason` the
    same in one text. `allowed`, `restrictions` and `to_decide` are as in Openings.
    """

    rank_class: int | None
    rank_group: int | None
    is_tied: bool
    grade: str | None
    grade_name: str
    refusals: tuple[Refusal, ...] = ()
    allowed: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    to_decide: tuple[Note, ...] = ()

    @property
    def reason(self) -> str:
        """The refusals as one text, each rule once."""
        return SEPARATOR.join(dict.fromkeys(refusal.text() for refusal in self.refusals))


@dataclass(slots=True)
class _Candidate:
    """A ratee with a total while grades are given; equals share their `turn`."""

    standing: Standing
    turn: int
    openings: Openings | None = None
    grade: Grade | None = None
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.standing.ratee.key


def grade(
    scheme: Scheme,
    composed: Mapping[str, Composed],
    history: Iterable[HistoryRow] = (),
    period: str = "",
) -> dict[str, Graded]:
    """Rank and grade every ratee, by ratee key.

    Order: the score of record; then the unrounded total; then the components the scheme names in
    `ties`. Who is still equal shares the rank and is flagged. Ranks are within the class, and
    within the group of that class. A ratee gets the first grade it may have whose line it reaches
    and that has a place left. Places go to those with priority, then down the order; a ratee that
    may not have the grade passes its place on; equals that do not all fit leave it to people.
    """
    standings = Standings(
        scheme, map(_standing, composed.values()), Earlier(scheme.key, history, period), "grading"
    )
    candidates = _in_order(standings)
    ratees = [one.ratee for one in standings.of.values()]
    places = {one.key: Places(one, ratees) for one in scheme.grades}
    for level in _levels(standings, candidates):
        for candidate in level:
            candidate.openings = openings(standings, candidate.key)
        for one in scheme.grades:
            _give(standings, one, level, places[one.key])
        standings.grades |= {one.key: one.grade.key for one in level if one.grade}
    return _all_graded(standings, candidates)


def _standing(one: Composed) -> Standing:
    return Standing(one.ratee, one.total, one.counted_exact, one.nodes, one.vetoes)


def _in_order(standings: Standings) -> list[_Candidate]:
    """Who has a total, the best first; equals by key, so that the order is always the same."""
    orders = standings.orders
    keys = sorted(sorted(orders), key=lambda key: orders[key], reverse=True)
    return [
        _Candidate(standings.of[key], turn)
        for turn, (_, equals) in enumerate(groupby(keys, key=lambda key: orders[key]))
        for key in equals
    ]


def _levels(standings: Standings, candidates: Sequence[_Candidate]) -> list[Sequence[_Candidate]]:
    """Candidates in the order they are graded: units first where a grade asks for the unit's."""
    if all(one.subject != "parent" for one in rules_of_grades(standings.scheme)):
        return [candidates]
    nested = {high for high, low in _class_links(standings) if high == low}
    of_class = _class_levels(standings)
    levels: dict[tuple[int, int], list[_Candidate]] = {}
    for candidate in candidates:
        ratee_class = candidate.standing.ratee.ratee_class
        is_whole = of_class and ratee_class not in nested
        depth = 0 if is_whole else _depth(standings, candidate.key)
        levels.setdefault((of_class.get(ratee_class, 0), depth), []).append(candidate)
    return [levels[level] for level in sorted(levels)]


def _class_levels(standings: Standings) -> dict[str, int]:
    """How many classes of units are above each class; nothing where they go round in a circle.

    A class is graded at once where it can be: who belongs to no unit, or to a higher one, takes no
    place before better members of the class.
    """
    links = {(high, low) for high, low in _class_links(standings) if high != low}
    levels = {one.ratee.ratee_class: 0 for one in standings.of.values()}
    for _ in levels:
        for high, low in links:
            levels[low] = max(levels[low], levels[high] + 1)
    return {} if any(levels[low] <= levels[high] for high, low in links) else levels


def _class_links(standings: Standings) -> set[tuple[str, str]]:
    """The class of a unit and the class of who belongs to it."""
    of = standings.of
    return {
        (of[one.ratee.parent].ratee.ratee_class, one.ratee.ratee_class)
        for one in of.values()
        if one.ratee.parent in of
    }


def _depth(standings: Standings, ratee: str) -> int:
    """How many are above a ratee; a chain that comes back to itself ends there."""
    seen = {ratee}
    above = standings.of[ratee].ratee.parent
    while above in standings.of and above not in seen:
        seen.add(above)
        above = standings.of[above].ratee.parent
    return len(seen) - 1


def _give(standings: Standings, one: Grade, level: Sequence[_Candidate], places: Places) -> None:
    """Give one grade to those who have none yet and may have it, as far as places go."""
    entitled = []
    for candidate in level:
        if candidate.grade is None:
            refusals = _refusals(standings, one, candidate)
            candidate.refusals += refusals
            if not refusals:
                entitled.append((not _has_priority(standings, one, candidate), candidate))
    entitled.sort(key=lambda pair: pair[0])
    for _, equals in groupby(entitled, key=lambda pair: (pair[0], pair[1].turn)):
        _give_to_equals(one, [candidate for _, candidate in equals], places)


def _has_priority(standings: Standings, one: Grade, candidate: _Candidate) -> bool:
    return bool(one.priority) and all_hold(ask(standings, one.priority, candidate.key)) is True


def _refusals(standings: Standings, one: Grade, candidate: _Candidate) -> list[Refusal]:
    """Why a ratee may not have a grade, whatever its places."""
    assert candidate.openings is not None  # known before its level is graded
    refusals = list(candidate.openings.refusals.get(one.key, ()))
    if one.min is None or candidate.openings.is_forced:
        return refusals
    score = standings.line_score(candidate.standing)
    if score is None or score >= one.min:
        return refusals
    is_record = standings.scheme.grade_on == "record"
    total = str(candidate.standing.total) if is_record else shown(score)
    values = {"total": total, "grade": one.name, "min": plain(one.min)}
    return [*refusals, Refusal(BELOW, values, one.key)]


def _give_to_equals(one: Grade, equals: Sequence[_Candidate], places: Places) -> None:
    asking = []
    for candidate in equals:
        refusal = places.refusal(candidate.key)
        if refusal:
            candidate.refusals.append(refusal)
        else:
            asking.append(candidate)
    got = places.take([candidate.key for candidate in asking])
    for candidate in asking:
        if candidate.key in got:
            candidate.grade = one
        else:
            candidate.refusals.append(_tied(one, candidate, asking))


def _tied(one: Grade, candidate: _Candidate, equals: Sequence[_Candidate]) -> Refusal:
    """Where whole classes are equal only some are named: all names for all would fill memories."""
    some = [one.standing.ratee.name for one in equals[: NAMED + 1] if one is not candidate][:NAMED]
    others: str | Note = "、".join(some)
    if len(equals) - 1 > len(some):
        others = Note(AND_MORE, {"names": others, "n": len(equals) - 1})
    return Refusal(TIED_FOR_PLACE, {"others": others, "grade": one.name}, one.key)


def _all_graded(standings: Standings, candidates: Sequence[_Candidate]) -> dict[str, Graded]:
    classes = _ranks(candidates, lambda ratee: ratee.ratee_class)
    groups = _ranks(candidates, lambda ratee: (ratee.ratee_class, ratee.group))
    given = {one.key: one for one in candidates}
    found = {}
    for key in standings.of:
        candidate = given.get(key)
        open_to = candidate.openings if candidate else None
        open_to = open_to or openings(standings, key)
        rank_class, is_tied = classes.get(key, (None, False))
        grade = candidate.grade if candidate else None
        found[key] = Graded(
            rank_class=rank_class,
            rank_group=groups.get(key, (None, False))[0],
            is_tied=is_tied,
            grade=grade.key if grade else None,
            grade_name=grade.name if grade else "",
            refusals=_all_refusals(standings.scheme, candidate),
            allowed=open_to.allowed,
            restrictions=open_to.restrictions,
            to_decide=open_to.to_decide,
        )
    return found


def _all_refusals(scheme: Scheme, candidate: _Candidate | None) -> tuple[Refusal, ...]:
    if candidate is None:
        return (Refusal(NO_TOTAL),)
    if candidate.grade is None and scheme.grades:
        return (*candidate.refusals, Refusal(NO_GRADE))
    return tuple(candidate.refusals)


def _ranks(
    candidates: Sequence[_Candidate], scope: Callable[[RateeRow], Hashable]
) -> dict[str, tuple[int, bool]]:
    """Rank within the scope and whether somebody there shares it, by ratee."""
    cells: dict[Hashable, list[_Candidate]] = {}
    for candidate in candidates:
        cells.setdefault(scope(candidate.standing.ratee), []).append(candidate)
    ranks = {}
    for cell in cells.values():
        rank = 1
        for _, block in groupby(cell, key=lambda one: one.turn):
            equals = list(block)
            for candidate in equals:
                ranks[candidate.key] = (rank, len(equals) > 1)
            rank += len(equals)
    return ranks
