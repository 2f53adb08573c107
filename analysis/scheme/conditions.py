"""Conditions: one thing each that must be true of a ratee. Grades, limits and consequences ask.

A list of conditions holds where all of them hold. There is no expression language: what cannot
be said here is a decision for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from forms.definition import Section
from forms.problems import N_, plain

Subject = Literal["grades", "parent", "rank", "score", "veto"]
Span = Literal["earlier", "period", "all"]
SPANS: tuple[Span, ...] = ("earlier", "period", "all")
Scope = Literal["class", "group", "pool", "all", "parent"]
SCOPES: tuple[Scope, ...] = ("class", "group", "pool", "all", "parent")
TOTAL = "total"
_SUBJECTS: Mapping[str, Subject] = {
    "grades": "grades",
    "parent": "parent",
    "last": "rank",
    "first": "rank",
    "score": "score",
    "veto": "veto",
}
MOST_TIMES = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be true of a ratee; which fields count follows from `subject`.

    grades: earlier results of `series` ("" is the scheme's own) had one of `grades`, `at_least`
    and at most `at_most` times; or in each of the latest `consecutive` periods, the present result
    among them where there is one; or in `every` one. `span` "earlier" looks before the round's
    own period, "period" inside it, "all" at both.
    parent: the unit a ratee belongs to has one of `grades` in the same assessment.
    rank: among the `places` at the end ("last") or the top ("first") of `scope`; with
    `consecutive` in each of the latest so many results of `series`, by their scores.
    score: the total, or the score of a component (`path`), is below `below`, or `reaches`.
    veto: one of `vetoes` stands against the ratee; none named: any.
    """

    subject: Subject
    grades: tuple[str, ...] = ()
    series: str = ""
    span: Span = "earlier"
    at_least: int | None = None
    at_most: int | None = None
    consecutive: int | None = None
    every: bool = False
    from_end: Literal["", "last", "first"] = ""
    places: int = 0
    scope: Scope = "class"
    path: str = ""
    below: Decimal | None = None
    reaches: Decimal | None = None
    vetoes: tuple[str, ...] = ()

    @classmethod
    def read(cls, section: Section) -> Self:
        subjects = [key for key in _SUBJECTS if section.has(key)]
        if len(subjects) != 1:
            section.report(
                "",
                N_("一个条件应当只说一件事"),
                N_("请只写 grades、parent、last、first、score、veto 中的一个"),
            )
        word = subjects[0] if subjects else "veto"
        made = {
            "grades": cls._of_grades,
            "parent": cls._of_parent,
            "rank": cls._of_rank,
            "score": cls._of_score,
            "veto": cls._of_veto,
        }[_SUBJECTS[word]](section)
        section.finish()
        return made

    @classmethod
    def _of_grades(cls, section: Section) -> Self:
        times = {
            key: section.integer(key, name, default=low, low=low, high=MOST_TIMES)
            for key, name, low in (
                ("at_least", N_("至少"), 0),
                ("at_most", N_("至多"), 0),
                ("consecutive", N_("连续"), 1),
            )
            if section.has(key)
        }
        every = section.flag("every", N_("每次都是"), default=False)
        if not times and not every:
            section.report(
                "",
                N_("没有写次数"),
                N_("请写 at_least、at_most、consecutive 或 every = true"),
            )
        return cls(
            "grades",
            grades=section.texts("grades", N_("等次")),
            series=section.text("series", N_("结果系列"), ""),
            span=section.choice("span", N_("时间范围"), SPANS, "earlier"),
            at_least=times.get("at_least"),
            at_most=times.get("at_most"),
            consecutive=times.get("consecutive"),
            every=every,
        )

    @classmethod
    def _of_parent(cls, section: Section) -> Self:
        return cls("parent", grades=section.texts("parent", N_("所属单位的等次")))

    @classmethod
    def _of_rank(cls, section: Section) -> Self:
        word: Literal["last", "first"] = "last" if section.has("last") else "first"
        return cls(
            "rank",
            from_end=word,
            places=section.integer(word, N_("名次"), default=1, low=1, high=10**6),
            scope=section.choice("scope", N_("范围"), SCOPES, "class"),
            series=section.text("series", N_("结果系列"), ""),
            consecutive=(
                section.integer("consecutive", N_("连续"), default=1, low=1, high=MOST_TIMES)
                if section.has("consecutive")
                else None
            ),
        )

    @classmethod
    def _of_score(cls, section: Section) -> Self:
        below = section.optional_decimal("below", N_("低于"))
        reaches = section.optional_decimal("reaches", N_("达到"))
        if (below is None) == (reaches is None):
            section.report("", N_("分数条件应写低于或达到之一"), N_("请写 below 或 reaches"))
        return cls("score", path=section.text("score", N_("得分")), below=below, reaches=reaches)

    @classmethod
    def _of_veto(cls, section: Section) -> Self:
        return cls("veto", vetoes=section.texts("veto", N_("一票否决")))

    def as_json(self) -> dict[str, object]:
        if self.subject == "grades":
            return {
                "grades": list(self.grades),
                "series": self.series,
                "span": self.span,
                "at_least": self.at_least,
                "at_most": self.at_most,
                "consecutive": self.consecutive,
                "every": self.every,
            }
        if self.subject == "parent":
            return {"parent": list(self.grades)}
        if self.subject == "rank":
            return {
                self.from_end: self.places,
                "scope": self.scope,
                "series": self.series,
                "consecutive": self.consecutive,
            }
        if self.subject == "score":
            return {
                "score": self.path,
                "below": None if self.below is None else plain(self.below),
                "reaches": None if self.reaches is None else plain(self.reaches),
            }
        return {"veto": list(self.vetoes)}


def read_conditions(section: Section, key: str, name: str) -> tuple[Condition, ...]:
    """A list of conditions; empty where it is missing."""
    return tuple(Condition.read(one) for one in section.tables(key, name))


def conditions_json(conditions: tuple[Condition, ...]) -> list[dict[str, object]]:
    return [condition.as_json() for condition in conditions]
