"""What the scheme of a period says of its forms: grades, points, places, and who may have what.

Places of a scope "pool" are those of a pool within its unit, whose party committee decides;
"parent" is the unit, "group" a pool through all units, anything else the whole period.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.inputs import HistoryRow, RateeRow
from analysis.outlook import Outlook, outlooks
from analysis.scheme import Scheme
from analysis.scheme.components import Component
from analysis.scheme.grades import Grade, Quota
from forms.problems import N_, Problem, canonical_json, plain
from survey_app.appraisals.tables import AppraisalPeriod

Cell = tuple[str, ...]
Place = tuple[str, str]
"""Unit and pool of somebody."""
WITHIN_UNIT = ("pool", "parent")
"""Scopes whose cells lie within one unit."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The scheme of a period, its leaf of appraisals, and the scheme that judges the year."""

    scheme: Scheme
    leaf: Component
    annual: Scheme | None

    @property
    def grades(self) -> tuple[Grade, ...]:
        return self.scheme.grades

    def grade_name(self, key: str) -> str:
        """A grade as people read it."""
        found = self.scheme.grade(key)
        return str(found.name) if found else key

    def grade_key(self, word: str) -> str:
        """The key of a grade by its key or name; what is no grade stands for itself."""
        found = self.scheme.grade(word)
        return found.key if found else word

    @property
    def names(self) -> dict[str, str]:
        """Key → name of every grade, the best first."""
        return {grade.key: str(grade.name) for grade in self.grades}

    @property
    def has_conditions(self) -> bool:
        """Whether earlier results bear on any grade."""
        return bool(self.scheme.restrictions) or any(one.eligibility for one in self.grades)


def rules_of(period: AppraisalPeriod) -> Rules:
    """The rules a period was opened with."""
    return _rules(period.scheme_json, period.annual_json)


@lru_cache(maxsize=32)
def _rules(scheme_json: str, annual_json: str) -> Rules:
    scheme = Scheme.from_json(json.loads(scheme_json))
    annual = Scheme.from_json(json.loads(annual_json)) if annual_json else None
    return Rules(scheme, appraisal_leaf(scheme), annual)


def frozen(scheme: Scheme | None) -> str:
    """A scheme as a period keeps it."""
    return "" if scheme is None else canonical_json(scheme.as_json()).decode()


def appraisal_leaf(scheme: Scheme) -> Component:
    """The component that sheets are marked for. Raises LookupError where there is none."""
    for leaf in scheme.leaves():
        if leaf.source == "appraisal":
            return leaf
    raise LookupError(scheme.key)


def scheme_problems(scheme: Scheme) -> list[Problem]:
    """Why a scheme cannot be that of a period."""
    problems = []
    if not any(leaf.source == "appraisal" for leaf in scheme.leaves()):
        problems.append(
            Problem(
                str(scheme.title),
                N_("方案里没有来源为考核评鉴（appraisal）的构成"),
                N_("请换一个平时考核的方案"),
            )
        )
    if not scheme.grades:
        problems.append(Problem(str(scheme.title), N_("方案里没有等次"), N_("请换一个方案")))
    return problems


def annual_of(scheme: Scheme, known: Iterable[Scheme]) -> Scheme | None:
    """The first scheme that judges by the results of this one."""
    for other in known:
        conditions = [
            condition
            for grade in other.grades
            for condition in (*grade.eligibility, *grade.priority)
        ] + [condition for limit in other.restrictions for condition in limit.when]
        if any(one.series == scheme.key for one in conditions):
            return other
    return None


def cell_of(quota: Quota, place: Place) -> Cell:
    """The cell of a quota somebody belongs to."""
    unit, pool = place
    return {"pool": (unit, pool), "parent": (unit,), "group": (pool,)}.get(quota.scope, ())


def cell_name(quota: Quota, cell: Cell, units: Mapping[str, str]) -> str:
    """The cell as people call it."""
    if quota.scope == "group":
        return cell[0]
    return " ".join([units.get(text, text) for text in cell[:1]] + list(cell[1:])).strip()


@dataclass(frozen=True, slots=True)
class Places:
    """How many may have a grade in a cell, and how many do."""

    grade: str
    unit: str
    """Key of the unit the cell is in, "" where it goes through several."""
    name: str
    n: int
    places: int
    taken: int
    rule: str

    @property
    def left(self) -> int:
        return self.places - self.taken


def all_places(
    rules: Rules,
    roster: Sequence[Place],
    given: Mapping[tuple[str, Place], int],
    units: Mapping[str, str],
) -> list[Places]:
    """Every limited grade in every cell. `given`: (grade, place) → how many have it."""
    found = []
    for grade in rules.grades:
        for quota in grade.quotas:
            sizes = Counter(cell_of(quota, place) for place in roster)
            taken: Counter[Cell] = Counter()
            for (key, place), n in given.items():
                if key == grade.key:
                    taken[cell_of(quota, place)] += n
            places = quota.all_places(dict(sizes))
            found += [
                Places(
                    grade.key,
                    cell[0] if quota.scope in WITHIN_UNIT else "",
                    cell_name(quota, cell, units),
                    sizes[cell],
                    places.get(cell, 0),
                    taken[cell],
                    quota_text(quota),
                )
                for cell in sizes | taken
            ]
    return found


def quota_text(quota: Quota) -> str:
    """The size of a quota as a scheme says it: 40% or 3."""
    return str(quota.count) if quota.share is None else f"{plain(quota.share * 100)}%"


def quota_problems(rules: Rules, places: Iterable[Places]) -> list[Problem]:
    """Every cell in which more have a grade than it has places."""
    return [
        Problem(
            one.name or N_("本期"),
            N_("“{grade}”超过名额：{n} 人按 {rule} 至多 {places} 个，现有 {taken} 个"),
            N_("请减少 {over} 人；各池的名额各自独立，不能借用别的池没有用完的名额"),
            {
                "grade": rules.grade_name(one.grade),
                "n": one.n,
                "rule": one.rule,
                "places": one.places,
                "taken": one.taken,
                "over": one.taken - one.places,
            },
        )
        for one in places
        if one.taken > one.places
    ]


def grade_problems(
    rules: Rules, person: str, grade: str, score_hundredths: int, outlook: Outlook | None
) -> list[Problem]:
    """Why somebody may not have a grade, whatever its places; each names its rule."""
    found = next((one for one in rules.grades if one.key == grade), None)
    if found is None:
        allowed = "、".join(rules.names.values())
        return [Problem(person, N_("没有选择等次"), N_("请选择：{allowed}"), {"allowed": allowed})]
    problems = []
    if found.min is not None and score_hundredths < found.min * 100:
        values: dict[str, str | int] = {
            "grade": str(found.name),
            "min": plain(found.min),
            "score": f"{score_hundredths / 100:.2f}",
        }
        problems.append(
            Problem(
                person,
                N_("“{grade}”要求得分不低于 {min}，现在是 {score}"),
                N_("请改评其他等次"),
                values,
            )
        )
    refusals = outlook.refusals.get(grade, ()) if outlook else ()
    return problems + [
        Problem(person, "{why}", N_("请改评其他等次"), {"why": refusal.text()})
        for refusal in refusals
    ]


def outlooks_of(
    scheme: Scheme, people: Mapping[str, Place], history: Sequence[HistoryRow], period: str
) -> dict[str, Outlook]:
    """What earlier results leave open to everybody; the one call of the analysis for it."""
    ratees = [
        RateeRow(person, person, "", "", "person", unit, pool)
        for person, (unit, pool) in people.items()
    ]
    return outlooks(scheme, ratees, history, period)
