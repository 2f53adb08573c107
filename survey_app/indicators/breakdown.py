"""The way down: 新区 → 部门 → 科室 → 岗位, each with its indicators and what they add up to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from analysis.inputs import RateeRow
from forms.problems import Problem
from survey_app.core.database import Database
from survey_app.core.errors import NotFoundError
from survey_app.indicators import kept
from survey_app.indicators.basis import ratees_of, scheme_of
from survey_app.indicators.reviewing import score_loosely
from survey_app.register.service import load_register
from survey_app.rounds.frozen import load_round

if TYPE_CHECKING:
    from analysis.indicators import IndicatorResult


@dataclass(frozen=True, slots=True)
class Step:
    """One ratee on the way down. `score` is Σ score ÷ Σ points × 100 of what was reported."""

    key: str
    name: str
    n: int
    n_reported: int
    points: Fraction
    score: Fraction | None
    n_below: int


@dataclass(frozen=True, slots=True)
class Part:
    """A lower ratee's share of one indicator."""

    ratee_name: str
    key: str
    result: "IndicatorResult"


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator here, and the parts it was broken down to."""

    result: "IndicatorResult"
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A ratee with the way to it, its indicators, and what is below; the top has no ratee."""

    here: Step | None
    way: tuple[Step, ...]
    lines: tuple[Line, ...]
    below: tuple[Step, ...]
    problems: tuple[Problem, ...]


def open_level(database: Database, round_id: int, key: str = "") -> Level:
    """The level of a ratee; "" is the top. Raises NotFoundError."""
    with database.read() as session:
        row = load_round(session, round_id)
        scheme = scheme_of(row)
        people = {one.key: one for one in load_register(session).ratees}
        people |= {one.key: one for one in ratees_of(session, row) if one.key not in people}
        rows = [one.row() for one in kept.load(session, round_id)]
    if key and key not in people:
        raise NotFoundError
    results: Sequence[IndicatorResult] = ()
    problems: tuple[Problem, ...] = ()
    if scheme is not None and rows:
        scores, problems = score_loosely(scheme, list(people.values()), rows)
        results = scores.results if scores else ()
    tree = _Tree(people, results)
    return Level(
        here=tree.step(key) if key else None,
        way=tuple(tree.step(one) for one in tree.way_to(key)),
        lines=tree.lines(key),
        below=tuple(tree.step(one) for one in tree.children[key] if tree.has_rows(one)),
        problems=problems,
    )


class _Tree:
    """The ratees by their parents, with the results of each."""

    def __init__(self, people: Mapping[str, RateeRow], results: Sequence["IndicatorResult"]):
        self.people = people
        self.children: dict[str, list[str]] = defaultdict(list)
        self.results: dict[str, list[IndicatorResult]] = defaultdict(list)
        keys = {row.name: row.key for row in people.values()} | {key: key for key in people}
        self._parents = {row.key: keys.get(row.parent, "") for row in people.values()}
        for key, parent in self._parents.items():
            self.children[parent].append(key)
        for one in results:
            self.results[one.row.ratee].append(one)
        self._with_rows = {up for key in self.results for up in (*self.way_to(key), key)}

    def way_to(self, key: str) -> list[str]:
        """The ratees above this one, the top first; a circle in the register ends it."""
        way: list[str] = []
        up = self._parents.get(key, "")
        while up and up not in way and up != key:
            way.append(up)
            up = self._parents.get(up, "")
        return way[::-1]

    def has_rows(self, key: str) -> bool:
        return key in self._with_rows

    def step(self, key: str) -> Step:
        results = self.results.get(key, [])
        counted = [one for one in results if one.score is not None]
        points = sum((Fraction(one.row.points) for one in counted), Fraction(0))
        score = sum((Fraction(one.score or 0) for one in counted), Fraction(0))
        return Step(
            key=key,
            name=self.people[key].name if key in self.people else key,
            n=len(results),
            n_reported=len(counted),
            points=sum((Fraction(one.row.points) for one in results), Fraction(0)),
            score=100 * score / points if points else None,
            n_below=sum(self.has_rows(one) for one in self.children[key]),
        )

    def lines(self, key: str) -> tuple[Line, ...]:
        parts: dict[str, list[Part]] = defaultdict(list)
        for some in self.results.values():
            for one in some:
                if key and one.row.breakdown_of == key:
                    parts[one.row.indicator].append(Part(one.ratee_name, one.row.ratee, one))
        return tuple(
            Line(one, tuple(parts[one.row.indicator])) for one in self.results.get(key, [])
        )
