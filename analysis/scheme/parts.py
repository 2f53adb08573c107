"""The parts of a scheme: components with their weights, transforms, vetoes, quotas, grades.

Each part reads itself from a section of the definition and writes itself back in the same shape.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from forms.definition import Section, Text, exact
from forms.problems import N_, plain
from forms.questionnaire import SHORT_SUFFIX

Source = Literal["indicators", "questionnaire", "appraisal", "runs", "parent"]
SOURCES: tuple[Source, ...] = ("indicators", "questionnaire", "appraisal", "runs", "parent")
TransformKind = Literal["rank", "ratio_to_best", "bands"]
TRANSFORMS: tuple[TransformKind, ...] = ("rank", "ratio_to_best", "bands")
VetoEffect = Literal["no_excellent", "lowest_grade", "zero"]
VETO_EFFECTS: tuple[VetoEffect, ...] = ("no_excellent", "lowest_grade", "zero")
QuotaScope = Literal["class", "group", "pool", "all"]
QUOTA_SCOPES: tuple[QuotaScope, ...] = ("class", "group", "pool", "all")

HUNDRED = Decimal(100)
Ratios = tuple[tuple[str, Decimal], ...]


def read_ratios(section: Section, name: str) -> Ratios:
    """A table of keys and numbers above 0, such as 3 : 6 : 3 : 3; the heaviest first.

    A table has no order once it is stored, so the order is not the file's.
    """
    ratios = []
    for key in section.values:
        number = section.decimal(key, name)
        if number <= 0 and exact(section.values[key]) is not None:
            section.report(key, N_("「{name}」应大于 0"), N_("请改为大于 0 的数"), name=name)
        ratios.append((key, number))
    return tuple(sorted(ratios, key=lambda one: (-one[1], one[0])))


def _ratios_json(ratios: Ratios) -> dict[str, object]:
    return {key: plain(number) for key, number in ratios}


@dataclass(frozen=True, slots=True)
class RaterClassWeights:
    """Weights of rater classes, the same for every class of ratee or one set for each.

    Without any, all ballots count alike whatever their rater class.
    """

    everywhere: Ratios = ()
    by_ratee_class: tuple[tuple[str, Ratios], ...] = ()

    @classmethod
    def read(cls, section: Section) -> Self:
        name = N_("评议主体权重")
        if not any(isinstance(value, Mapping) for value in section.values.values()):
            return cls(read_ratios(section, name))
        return cls(
            by_ratee_class=tuple(
                (key, read_ratios(section.table(key, name), name)) for key in sorted(section.values)
            )
        )

    def of(self, ratee_class: str) -> Ratios:
        """The weights that hold for a class of ratee."""
        return dict(self.by_ratee_class).get(ratee_class, self.everywhere)

    def all_classes(self) -> tuple[str, ...]:
        """Every rater class named, once."""
        sets = [self.everywhere, *(ratios for _, ratios in self.by_ratee_class)]
        return tuple(dict.fromkeys(key for ratios in sets for key, _ in ratios))

    def as_json(self) -> dict[str, object]:
        if self.by_ratee_class:
            return {key: _ratios_json(ratios) for key, ratios in self.by_ratee_class}
        return _ratios_json(self.everywhere)


@dataclass(frozen=True, slots=True)
class Transform:
    """How scores of the ratees of one class are turned into others.

    rank: full × (1 − step × (rank − 1)), not below 0. ratio_to_best: full × score ÷ best.
    bands: the points of the first band whose `min` is reached, 0 below all bands.
    """

    kind: TransformKind
    full: Decimal = HUNDRED
    step: Decimal = Decimal(0)
    bands: tuple[tuple[Decimal, Decimal], ...] = ()

    @classmethod
    def read(cls, section: Section) -> Self:
        kind = section.choice("kind", N_("换算方式"), TRANSFORMS)
        full, step, bands = HUNDRED, Decimal(0), []
        if kind == "bands":
            for band in section.tables("bands", N_("档位")):
                bands.append((band.decimal("min", N_("下限")), band.decimal("points", N_("得分"))))
                band.finish()
            if not bands:
                section.report("bands", N_("没有档位"), N_("请至少写一档 {{min, points}}"))
            elif bands != sorted(bands, key=lambda band: -band[0]):
                section.report("bands", N_("档位没有从高到低"), N_("请按下限从高到低排列"))
        else:
            full = section.decimal("full", N_("满分"), default=HUNDRED)
        if kind == "rank":
            step = section.decimal("step", N_("名次级差"))
            if step >= 1:
                section.report("step", N_("名次级差应小于 1"), N_('每名减 2% 写作 "0.02"'))
        section.finish()
        return cls(kind, full, step, tuple(bands))

    def as_json(self) -> dict[str, object]:
        if self.kind == "bands":
            bands = [{"min": plain(low), "points": plain(points)} for low, points in self.bands]
            return {"kind": self.kind, "bands": bands}
        step = {"step": plain(self.step)} if self.kind == "rank" else {}
        return {"kind": self.kind, "full": plain(self.full), **step}


@dataclass(frozen=True, slots=True)
class Component:
    """A node of the tree of weights. A leaf has a source, any other node has components.

    `path` is the keys from the root, joined by "/". For a questionnaire leaf: `questionnaires`
    empty takes any (ask `takes`); `unknown` is what 不了解 counts (None: outside the denominator);
    `trim` is the share cut at each end (0-0.5); below `min_n` answers a score is not shown. For an
    indicator leaf the completion rate lies between `completion_floor` and `completion_cap`
    (percent).
    """

    key: str
    path: str
    name: Text
    weight: Decimal
    source: Source | None
    components: tuple["Component", ...]
    questionnaires: tuple[str, ...]
    rater_classes: RaterClassWeights
    unknown: Decimal | None
    trim: Decimal
    min_n: int
    completion_cap: Decimal
    completion_floor: Decimal
    transform: Transform | None

    @classmethod
    def read(cls, section: Section, parent: str = "") -> Self:
        key = section.key("key", N_("编号"))
        path = f"{parent}/{key}" if parent else key
        children = section.tables("component", N_("构成"))
        has_transform = section.has("transform") and section.values["transform"] != "none"
        node = cls(
            key=key,
            path=path,
            name=section.words("name", N_("名称")),
            weight=section.decimal("weight", N_("权重")),
            source=None if children else section.choice("source", N_("来源"), SOURCES),
            components=tuple(cls.read(child, path) for child in children),
            questionnaires=section.texts("questionnaires", N_("问卷")),
            rater_classes=RaterClassWeights.read(
                section.table("rater_classes", N_("评议主体权重"))
            ),
            unknown=_read_unknown(section),
            trim=section.decimal("trim", N_("去极值比例"), default=Decimal(0)),
            min_n=section.integer("min_n", N_("最低样本"), default=1, low=1, high=10**9),
            completion_cap=section.decimal(
                "completion_cap", N_("完成率上限"), default=Decimal(120)
            ),
            completion_floor=section.decimal(
                "completion_floor", N_("完成率下限"), default=Decimal(0)
            ),
            transform=(
                Transform.read(section.table("transform", N_("换算"))) if has_transform else None
            ),
        )
        if children and section.has("source"):
            section.report(
                "source", N_("有下级构成的「{name}」不写来源"), N_("请删去 source"), name=node.name
            )
        section.finish()
        return node

    def leaves(self) -> Iterator["Component"]:
        """The leaves at or below this node, in order of the tree."""
        if not self.components:
            yield self
        for component in self.components:
            yield from component.leaves()

    def takes(self, questionnaire: str) -> bool:
        """Whether a questionnaire counts in this leaf; its short form counts where it does."""
        if self.source != "questionnaire":
            return False
        wanted = {*self.questionnaires, *(key + SHORT_SUFFIX for key in self.questionnaires)}
        return not wanted or questionnaire in wanted

    def all_rater_classes(self) -> tuple[str, ...]:
        """Every rater class the leaf weighs, for whatever class of ratee."""
        return self.rater_classes.all_classes()

    def as_json(self) -> dict[str, object]:
        common: dict[str, object] = {
            "key": self.key,
            "name": self.name.as_json(),
            "weight": plain(self.weight),
            "transform": self.transform and self.transform.as_json(),
        }
        if self.components:
            return {**common, "component": [child.as_json() for child in self.components]}
        common["source"] = self.source
        if self.source == "indicators":
            common["completion_cap"] = plain(self.completion_cap)
            common["completion_floor"] = plain(self.completion_floor)
        if self.source == "questionnaire":
            common |= {
                "questionnaires": list(self.questionnaires),
                "rater_classes": self.rater_classes.as_json(),
                "unknown": "exclude" if self.unknown is None else plain(self.unknown),
                "trim": plain(self.trim),
                "min_n": self.min_n,
            }
        return common


def _read_unknown(section: Section) -> Decimal | None:
    name = N_("不了解的处理")
    word = section.text("unknown", name, "exclude")
    if word == "exclude":
        return None
    number = Decimal(0) if word == "zero" else exact(word)
    if number is None or number < 0:
        section.report(
            "unknown",
            N_("「{name}」不能是 {value}"),
            N_('可选：exclude（不计入分母）| zero（记 0 分）| 分数，如 "60"'),
            name=name,
            value=word,
        )
    return number


@dataclass(frozen=True, slots=True)
class Veto:
    """A matter that vetoes (一票否决), and what it does to the grade or the score."""

    key: str
    name: Text
    effect: VetoEffect

    @classmethod
    def read(cls, section: Section) -> Self:
        key = section.key("key", N_("编号"))
        veto = cls(
            key=key,
            name=section.words("name", N_("名称"), key or "-"),
            effect=section.choice("effect", N_("后果"), VETO_EFFECTS, "no_excellent"),
        )
        section.finish()
        return veto

    def as_json(self) -> dict[str, object]:
        return {"key": self.key, "name": self.name.as_json(), "effect": self.effect}


@dataclass(frozen=True, slots=True)
class Quota:
    """How many ratees may have a grade: a number or a share, for each class, group or pool.

    A share is a part of all ratees of that class, group or pool, rounded down ("以内").
    """

    scope: QuotaScope
    count: int | None
    share: Decimal | None

    @classmethod
    def read(cls, section: Section) -> Self:
        scope = section.choice("scope", N_("名额范围"), QUOTA_SCOPES, "all")
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
        section.finish()
        return cls(scope, count, share)

    def places(self, n: int) -> int:
        """The places among n ratees; a share is rounded down, exactly."""
        if self.count is not None:
            return self.count
        return int(n * (self.share or Decimal(0)))

    def as_json(self) -> dict[str, object]:
        if self.count is not None:
            return {"scope": self.scope, "count": self.count}
        return {"scope": self.scope, "share": plain(self.share or Decimal(0))}


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What earlier grades a ratee must have: each grade at least, and at most, so many times."""

    at_least: tuple[tuple[str, int], ...] = ()
    at_most: tuple[tuple[str, int], ...] = ()

    @classmethod
    def read(cls, section: Section) -> Self:
        least = _read_counts(section.table("at_least", N_("至少")))
        most = _read_counts(section.table("at_most", N_("至多")))
        section.finish()
        return cls(least, most)

    def as_json(self) -> dict[str, object]:
        return {"at_least": dict(self.at_least), "at_most": dict(self.at_most)}


def _read_counts(section: Section) -> tuple[tuple[str, int], ...]:
    return tuple(
        (grade, section.integer(grade, N_("次数"), default=0, high=1000))
        for grade in sorted(section.values)
    )


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade (等次), the best first: a ratee gets the first one whose conditions it meets."""

    key: str
    name: Text
    min: Decimal | None
    quota: Quota | None
    eligibility: Eligibility | None

    @classmethod
    def read(cls, section: Section) -> Self:
        grade = cls(
            key=section.key("key", N_("编号")),
            name=section.words("name", N_("名称")),
            min=section.optional_decimal("min", N_("分数线")),
            quota=(
                Quota.read(section.table("quota", N_("名额"))) if section.has("quota") else None
            ),
            eligibility=(
                Eligibility.read(section.table("eligibility", N_("资格")))
                if section.has("eligibility")
                else None
            ),
        )
        section.finish()
        return grade

    def as_json(self) -> dict[str, object]:
        return {
            "key": self.key,
            "name": self.name.as_json(),
            "min": None if self.min is None else plain(self.min),
            "quota": self.quota and self.quota.as_json(),
            "eligibility": self.eligibility and self.eligibility.as_json(),
        }
