"""Where ratees stand: what this assessment and earlier ones say of them, for conditions to ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple, TypeVar

from analysis.earlier import Earlier
from analysis.inputs import HistoryRow, RateeRow
from analysis.results import NodeScore
from analysis.scheme import Scheme
from analysis.scheme.adjustments import Veto
from analysis.scheme.conditions import Condition, Scope
from analysis.scheme.grades import Grade

COMMA = "、"

Stage = Literal["history", "grading", "graded"]
Order = tuple[Decimal, Fraction, tuple[Fraction, ...]]
Cell = tuple[str, ...]
Figure = TypeVar("Figure", Order, Decimal)


@dataclass(frozen=True, slots=True)
class Standing:
    """A ratee and what this assessment says of it; `exact` is the unrounded total that counts."""

    ratee: RateeRow
    total: Decimal | None = None
    exact: Fraction | None = None
    nodes: tuple[NodeScore, ...] = ()
    vetoes: tuple[Veto, ...] = ()

    def score_of(self, path: str) -> Fraction | None:
        """The score of a component; None where there is none."""
        return next((node.score for node in self.nodes if node.path == path), None)


class Place(NamedTuple):
    """How many of a cell are strictly better and worse, among `n` with a score."""

    better: int
    worse: int
    n: int


class NamedGrades:
    """The grades a condition names: the scheme's own by key or name, any other as written."""

    def __init__(self, words: Iterable[str], own: Mapping[str, Grade], *, are_own: bool) -> None:
        self._grades: Mapping[str, Grade] = own if are_own else {}
        self.are_own = are_own
        named = list(words)
        self.keys = {self.key(word) for word in named}
        self.words = COMMA.join(self.name(word) for word in named)

    def key(self, word: str) -> str:
        grade = self._grades.get(word)
        return grade.key if grade else word

    def name(self, word: str) -> str:
        grade = self._grades.get(word)
        return grade.name if grade else word

    def count(self, rows: Iterable[HistoryRow]) -> int:
        """How many of these results are one of the grades."""
        return sum(self.key(row.grade) in self.keys for row in rows)


class Standings:
    """Everybody's standing in one assessment.

    `stage` says how far things are: "history" (no scores yet), "grading" (scores, and the grades
    given so far) or "graded" (whoever has no grade now gets none). `grades` are the keys of the
    grades of this assessment by ratee, `orders` sort those with a total. Parents are by key.
    """

    def __init__(
        self, scheme: Scheme, standings: Iterable[Standing], earlier: Earlier, stage: Stage
    ) -> None:
        self.scheme = scheme
        self.earlier = earlier
        self.stage = stage
        self.of = _with_parents({one.ratee.key: one for one in standings})
        self.grades: dict[str, str] = {}
        self.orders: dict[str, Order] = {
            key: (one.total, one.exact, _tie_scores(scheme, one))
            for key, one in self.of.items()
            if one.total is not None and one.exact is not None
        }
        self._grades = {
            word: grade
            for grade in reversed(scheme.grades)
            for word in (grade.key, *grade.name.translations.values())
        }
        self._named: dict[Condition, NamedGrades] = {}
        self._places: dict[tuple[str, str, Scope], dict[str, Place]] = {}

    def named(self, one: Condition) -> NamedGrades:
        """The grades a condition names."""
        found = self._named.get(one)
        if found is None:
            are_own = not self.earlier.series(one.series)
            found = NamedGrades(one.grades, self._grades, are_own=are_own)
            self._named[one] = found
        return found

    def own(self, words: Iterable[str]) -> NamedGrades:
        """Grades of the scheme itself."""
        return NamedGrades(words, self._grades, are_own=True)

    def present(self, ratee: str) -> HistoryRow | None:
        """The grade of this assessment as a result among others."""
        grade = self.grades.get(ratee)
        return None if grade is None else HistoryRow(ratee, self.earlier.period, grade)

    def line_score(self, standing: Standing) -> Fraction | None:
        """The total that lines of grades are held against, as the scheme says."""
        if self.scheme.grade_on == "exact":
            return standing.exact
        return None if standing.total is None else Fraction(standing.total)

    def place(self, ratee: str, scope: Scope) -> Place | None:
        """The place in this assessment; None without a total."""
        return self._place("", "", scope, ratee)

    def earlier_place(self, row: HistoryRow, scope: Scope) -> Place | None:
        """The place an earlier result had among those of today's cell; None without a score."""
        return self._place(row.series, row.period, scope, row.ratee)

    def _place(self, series: str, period: str, scope: Scope, ratee: str) -> Place | None:
        kept = self._places.get((series, period, scope))
        if kept is None:
            kept = (
                self._compared(self.earlier.scores(series, period), scope)
                if period
                else self._compared(self.orders, scope)
            )
            self._places[series, period, scope] = kept
        return kept.get(ratee)

    def _compared(self, figures: Mapping[str, Figure], scope: Scope) -> dict[str, Place]:
        cells: dict[Cell, list[tuple[Figure, str]]] = {}
        for ratee, figure in figures.items():
            if ratee in self.of:
                cell = cell_of(self.of[ratee].ratee, scope)
                cells.setdefault(cell, []).append((figure, ratee))
        return {ratee: place for members in cells.values() for ratee, place in _compare(members)}


def rules_of_grades(scheme: Scheme) -> list[Condition]:
    """Every condition that decides who gets which grade."""
    return [
        *(one for grade in scheme.grades for one in (*grade.eligibility, *grade.priority)),
        *(one for limit in scheme.restrictions for one in limit.when),
    ]


def cell_of(ratee: RateeRow, scope: Scope) -> Cell:
    """What a ratee is counted and compared within."""
    if scope == "all":
        return ()
    if scope == "class":
        return (ratee.ratee_class,)
    if scope == "group":
        return (ratee.ratee_class, ratee.group)
    if scope == "pool":
        return (ratee.ratee_class, ratee.pool)
    return (ratee.parent,)


def _compare(members: list[tuple[Figure, str]]) -> Iterable[tuple[str, Place]]:
    """The place of each member; equals share it."""
    members.sort(reverse=True)
    n, start = len(members), 0
    while start < n:
        end = start
        while end < n and members[end][0] == members[start][0]:
            end += 1
        for _, ratee in members[start:end]:
            yield ratee, Place(start, n - end, n)
        start = end


def _with_parents(standings: dict[str, Standing]) -> dict[str, Standing]:
    """The same with parents by key; a register names them by key or by name."""
    named: dict[str, list[str]] = {}
    for key, one in standings.items():
        named.setdefault(one.ratee.name, []).append(key)
    for key, one in standings.items():
        keys = named.get(one.ratee.parent, [])
        if one.ratee.parent not in standings and len(keys) == 1:
            standings[key] = replace(one, ratee=replace(one.ratee, parent=keys[0]))
    return standings


def _tie_scores(scheme: Scheme, one: Standing) -> tuple[Fraction, ...]:
    scores = (one.score_of(path) for path in scheme.ties)
    return tuple(Fraction(-1) if score is None else score for score in scores)
