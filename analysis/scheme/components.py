"""The tree of components: weights, leaves with their sources, and how scores are converted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from analysis.scheme.mix import Mix, counting_json, read_evidence
from analysis.scheme.transforms import Transform
from forms.definition import Section, Text, exact
from forms.problems import N_, plain
from forms.questionnaire import SHORT_SUFFIX

Source = Literal["indicators", "questionnaire", "appraisal", "runs", "parent"]
SOURCES: tuple[Source, ...] = ("indicators", "questionnaire", "appraisal", "runs", "parent")
Combine = Literal["mean", "sum", "last"]
COMBINES: tuple[Combine, ...] = ("mean", "sum", "last")
MARKED: tuple[Source, ...] = ("indicators", "appraisal")
"""Sources whose score is the sum of points of rows."""

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
class Weight:
    """The weight of a component among its siblings: one for all, or one for each class of ratee.

    Where it has one for each class, the component does not apply to any class it does not name.
    """

    everywhere: Decimal | None = None
    by_ratee_class: Ratios = ()

    @classmethod
    def read(cls, section: Section, key: str, name: str) -> Self:
        if isinstance(section.values.get(key), Mapping):
            return cls(by_ratee_class=read_ratios(section.table(key, name), name))
        return cls(everywhere=section.decimal(key, name))

    def of(self, ratee_class: str) -> Decimal | None:
        """The weight for a class of ratee; None where the component does not apply to it."""
        if self.everywhere is not None:
            return self.everywhere
        return dict(self.by_ratee_class).get(ratee_class)

    @property
    def ratee_classes(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.by_ratee_class)

    def words(self) -> str:
        """The weight for people: 30, or 40/30 where classes of ratees differ."""
        if self.everywhere is not None:
            return plain(self.everywhere)
        return "/".join(dict.fromkeys(plain(number) for _, number in self.by_ratee_class))

    def as_json(self) -> object:
        if self.everywhere is not None:
            return plain(self.everywhere)
        return _ratios_json(self.by_ratee_class)


@dataclass(frozen=True, slots=True)
class PointsRule:
    """What the full marks of a ratee's indicators in a leaf must add up to.

    `total` and `by_attribute` (such as 共性 40, 个性 60) must hold exactly. `ranges` of single
    indicators and `emphasis`, the attribute that should hold more than half, are only warned of.
    """

    total: Decimal | None = None
    by_attribute: Ratios = ()
    ranges: tuple[tuple[str, Decimal, Decimal], ...] = ()
    emphasis: str = ""

    @classmethod
    def read(cls, section: Section) -> Self:
        ranges = []
        for attribute in sorted(section.table("ranges", N_("分值范围")).values):
            bounds = section.table("ranges", N_("分值范围")).table(attribute, N_("分值范围"))
            ranges.append(
                (attribute, bounds.decimal("low", N_("最低")), bounds.decimal("high", N_("最高")))
            )
            bounds.finish()
        made = cls(
            total=section.optional_decimal("total", N_("分值之和")),
            by_attribute=read_ratios(section.table("by_attribute", N_("各属性分值")), N_("分值")),
            ranges=tuple(ranges),
            emphasis=section.text("emphasis", N_("应侧重的属性"), ""),
        )
        section.finish()
        return made

    def as_json(self) -> dict[str, object]:
        return {
            "total": None if self.total is None else plain(self.total),
            "by_attribute": _ratios_json(self.by_attribute),
            "ranges": {
                attribute: {"low": plain(low), "high": plain(high)}
                for attribute, low, high in self.ranges
            },
            "emphasis": self.emphasis,
        }


@dataclass(frozen=True, slots=True)
class Component:
    """A node of the tree of weights. A leaf has a source, any other node has components.

    `path` is the keys from the root, joined by "/". For a questionnaire leaf: `questionnaires`
    empty takes any (ask `takes`); `unknown` is what 不了解 counts (None: outside the denominator);
    `trim` is the share cut at each end (0-0.5); below `min_n` answers a score is not shown; only
    ballots with one of the `evidence` levels count (none: all), weighed by a `mix` if any. For a
    leaf of indicators the completion rate lies between `completion_floor` and `completion_cap`
    (percent), volume counts `volume_share` beside growth, and `points` says what full marks add up
    to. A leaf of runs combines the scores of `series` within the round's period; fewer than
    `expected` are told. `transforms` are applied one after the other.
    """

    key: str
    path: str
    name: Text
    weight: Weight
    source: Source | None
    components: tuple["Component", ...]
    questionnaires: tuple[str, ...]
    rater_classes: RaterClassWeights
    unknown: Decimal | None
    trim: Decimal
    min_n: int
    evidence: tuple[str, ...]
    mix: Mix | None
    completion_cap: Decimal
    completion_floor: Decimal
    volume_share: Decimal
    points: PointsRule
    series: str
    combine: Combine
    expected: int | None
    transforms: tuple[Transform, ...]

    @classmethod
    def read(cls, section: Section, parent: str = "") -> Self:
        key = section.key("key", N_("编号"))
        path = f"{parent}/{key}" if parent else key
        children = section.tables("component", N_("构成"))
        node = cls(
            key=key,
            path=path,
            name=section.words("name", N_("名称")),
            weight=Weight.read(section, "weight", N_("权重")),
            source=None if children else section.choice("source", N_("来源"), SOURCES),
            components=tuple(cls.read(child, path) for child in children),
            questionnaires=section.texts("questionnaires", N_("问卷")),
            rater_classes=RaterClassWeights.read(
                section.table("rater_classes", N_("评议主体权重"))
            ),
            unknown=_read_unknown(section),
            trim=section.decimal("trim", N_("去极值比例"), default=Decimal(0)),
            min_n=section.integer("min_n", N_("最低样本"), default=1, low=1, high=10**9),
            evidence=read_evidence(section),
            mix=Mix.read(section),
            completion_cap=section.decimal(
                "completion_cap", N_("完成率上限"), default=Decimal(120)
            ),
            completion_floor=section.decimal(
                "completion_floor", N_("完成率下限"), default=Decimal(0)
            ),
            volume_share=section.decimal(
                "volume_share", N_("总量所占比重"), default=Decimal("0.8")
            ),
            points=PointsRule.read(section.table("points", N_("分值规则"))),
            series=section.text("series", N_("结果系列"), ""),
            combine=section.choice("combine", N_("合并方式"), COMBINES, "mean"),
            expected=(
                section.integer("expected", N_("应有期数"), default=1, low=1, high=1000)
                if section.has("expected")
                else None
            ),
            transforms=Transform.read_all(section),
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

    def applies_to(self, ratee_class: str) -> bool:
        """Whether a class of ratee has this component at all."""
        return self.weight.of(ratee_class) is not None

    def as_json(self) -> dict[str, object]:
        common: dict[str, object] = {
            "key": self.key,
            "name": self.name.as_json(),
            "weight": self.weight.as_json(),
            "transform": [transform.as_json() for transform in self.transforms],
        }
        if self.components:
            return {**common, "component": [child.as_json() for child in self.components]}
        return {**common, "source": self.source, **self._source_json()}

    def _source_json(self) -> dict[str, object]:
        if self.source == "questionnaire":
            return {
                "questionnaires": list(self.questionnaires),
                "rater_classes": self.rater_classes.as_json(),
                "unknown": "exclude" if self.unknown is None else plain(self.unknown),
                "trim": plain(self.trim),
                "min_n": self.min_n,
                **counting_json(self.mix, self.evidence),
            }
        if self.source in MARKED:
            return {
                "completion_cap": plain(self.completion_cap),
                "completion_floor": plain(self.completion_floor),
                "volume_share": plain(self.volume_share),
                "points": self.points.as_json(),
            }
        if self.source == "runs":
            return {"series": self.series, "combine": self.combine, "expected": self.expected}
        return {}


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
