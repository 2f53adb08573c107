"""Grades (等次) with their places and conditions, limits on grades, and what results lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self, TypeVar

from analysis.scheme.conditions import (
    SCOPES,
    Condition,
    Scope,
    conditions_json,
    read_conditions,
)
from forms.definition import Section, Text
from forms.problems import N_, plain

Rounding = Literal["down", "largest_remainder"]
ROUNDINGS: tuple[Rounding, ...] = ("down", "largest_remainder")
ConsequenceKind = Literal[
    "talk",
    "admonition",
    "circular",
    "post",
    "demotion",
    "training",
    "quota",
    "award",
    "honour",
    "pay",
    "accountability",
    "note",
]
CONSEQUENCE_KINDS: tuple[ConsequenceKind, ...] = (
    "talk",
    "admonition",
    "circular",
    "post",
    "demotion",
    "training",
    "quota",
    "award",
    "honour",
    "pay",
    "accountability",
    "note",
)
Cell = TypeVar("Cell")


@dataclass(frozen=True, slots=True)
class Quota:
    """How many ratees of each class, group, pool or unit may have a grade: a number or a share.

    A share is a part of all ratees there, rounded down ("以内"); "largest_remainder" instead hands
    out the rounded-down share of everybody, the spare places to the largest remainders.
    """

    scope: Scope
    count: int | None
    share: Decimal | None
    rounding: Rounding = "down"

    @classmethod
    def read(cls, section: Section) -> Self:
        scope = section.choice("scope", N_("名额范围"), SCOPES, "all")
        count = (
            section.integer("count", N_("名额"), default=0, high=10**6)
            if section.has("count")
            else None
        )
        share = section.optional_decimal("share", N_("比例"))
        if (count is None) == (share is None):
            section.report("", N_("名额应写人数或比例之一"), N_("请写 count 或 share，只写一个"))
        if share is not None and share > 1:
            section.report("share", N_("比例不能大于 1"), N_('27% 写作 "0.27"'))
        rounding = section.choice("rounding", N_("名额取整"), ROUNDINGS, "down")
        section.finish()
        return cls(scope, count, share, rounding)

    def places(self, n: int) -> int:
        """The places among n ratees of one cell; a share is rounded down, exactly."""
        if self.count is not None:
            return self.count
        return int(n * (self.share or Decimal(0)))

    def all_places(self, sizes: Mapping[Cell, int]) -> dict[Cell, int]:
        """The places of every cell by its size; equal remainders go to the earlier cell."""
        found = {cell: self.places(n) for cell, n in sizes.items()}
        if self.share is None or self.rounding == "down":
            return found
        share = self.share
        spare = int(sum(sizes.values()) * share) - sum(found.values())
        by_remainder = sorted(sizes, key=lambda cell: found[cell] - sizes[cell] * share)
        for cell in by_remainder[:spare]:
            found[cell] += 1
        return found

    def as_json(self) -> dict[str, object]:
        if self.count is not None:
            return {"scope": self.scope, "count": self.count}
        share: dict[str, object] = {
            "scope": self.scope,
            "share": plain(self.share or Decimal(0)),
        }
        return share if self.rounding == "down" else {**share, "rounding": self.rounding}


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade (等次), the best first: a ratee gets the first one whose conditions it meets.

    Every one of `quotas` must have a place left. Places go first to those who meet `priority`,
    then down the order of scores.
    """

    key: str
    name: Text
    min: Decimal | None
    quotas: tuple[Quota, ...]
    eligibility: tuple[Condition, ...]
    priority: tuple[Condition, ...]

    @classmethod
    def read(cls, section: Section) -> Self:
        is_one = isinstance(section.values.get("quota"), Mapping)
        quotas = (
            [section.table("quota", N_("名额"))] if is_one else section.tables("quota", N_("名额"))
        )
        grade = cls(
            key=section.key("key", N_("编号")),
            name=section.words("name", N_("名称")),
            min=section.optional_decimal("min", N_("分数线")),
            quotas=tuple(Quota.read(one) for one in quotas),
            eligibility=read_conditions(section, "eligibility", N_("资格")),
            priority=read_conditions(section, "priority", N_("优先")),
        )
        section.finish()
        return grade

    def as_json(self) -> dict[str, object]:
        return {
            "key": self.key,
            "name": self.name.as_json(),
            "min": None if self.min is None else plain(self.min),
            "quota": [quota.as_json() for quota in self.quotas],
            "eligibility": conditions_json(self.eligibility),
            "priority": conditions_json(self.priority),
        }


@dataclass(frozen=True, slots=True)
class Restriction:
    """A limit on grades: where all of `when` hold, only `grades` (keys) are allowed."""

    key: str
    name: Text
    when: tuple[Condition, ...]
    grades: tuple[str, ...]

    @classmethod
    def read(cls, section: Section) -> Self:
        made = cls(
            key=section.key("key", N_("编号")),
            name=section.words("name", N_("名称")),
            when=read_conditions(section, "when", N_("条件")),
            grades=section.texts("grades", N_("只能评为")),
        )
        if not made.when:
            section.report("when", N_("「{name}」没有条件"), N_("请至少写一个"), name=made.name)
        if not made.grades:
            section.report("grades", N_("「{name}」没有等次"), N_("请至少写一个"), name=made.name)
        section.finish()
        return made

    def as_json(self) -> dict[str, object]:
        return {
            "key": self.key,
            "name": self.name.as_json(),
            "when": conditions_json(self.when),
            "grades": list(self.grades),
        }


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a result leads to where all of `when` hold: proposed by the scheme, decided by people.

    `value` is what the column called `column` says of the ratee in the table of linkages.
    """

    key: str
    name: Text
    kind: ConsequenceKind
    column: Text
    value: Text
    when: tuple[Condition, ...]

    @classmethod
    def read(cls, section: Section) -> Self:
        made = cls(
            key=section.key("key", N_("编号")),
            name=section.words("name", N_("名称")),
            kind=section.choice("kind", N_("类型"), CONSEQUENCE_KINDS, "note"),
            column=section.words("column", N_("表格的列"), ""),
            value=section.words("value", N_("列中的文字"), ""),
            when=read_conditions(section, "when", N_("条件")),
        )
        if not made.when:
            section.report("when", N_("「{name}」没有条件"), N_("请至少写一个"), name=made.name)
        section.finish()
        return made

    def as_json(self) -> dict[str, object]:
        return {
            "key": self.key,
            "name": self.name.as_json(),
            "kind": self.kind,
            "column": self.column.as_json(),
            "value": self.value.as_json(),
            "when": conditions_json(self.when),
        }
