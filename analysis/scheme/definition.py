"""The scheme: how parts become a total, a rank and a grade. Data, read from TOML and frozen."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from analysis.scheme.adjustments import Adjustments, Veto
from analysis.scheme.checks import check_scheme
from analysis.scheme.components import HUNDRED, Component
from analysis.scheme.conditions import Condition
from analysis.scheme.diff import differences
from analysis.scheme.grades import Consequence, Grade, Restriction
from forms.definition import Section, Text, in_file, read_toml
from forms.problems import N_, InputError, Problem, digest, plain

MissingPolicy = Literal["fail", "redistribute", "zero"]
MISSING_POLICIES: tuple[MissingPolicy, ...] = ("fail", "redistribute", "zero")
SameDevicePolicy = Literal["first", "count"]
SAME_DEVICE_POLICIES: tuple[SameDevicePolicy, ...] = ("first", "count")
GradeOn = Literal["record", "exact"]
GRADE_ON: tuple[GradeOn, ...] = ("record", "exact")
Rhythm = Literal["", "month", "quarter", "half", "year"]
RHYTHMS: tuple[Rhythm, ...] = ("", "month", "quarter", "half", "year")
SCHEMES = Path(__file__).parent.parent / "schemes"
DEFAULT_SCHEME = "zhangjiajie-2009"
_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme, frozen. `base` is the full mark (100 or 1000); a cap None means no cap.

    `void` names the screening rules that take ballots out; flags alone never do. `ties` are paths
    of components that decide between equal totals, in order. `grade_on` says whether lines of
    grades are held against the score of record or the unrounded one. `pilot` are the keys of the
    ratees a scheme on trial is limited to; none: everybody. `filing_on` is the day of the year
    ("12-20") by which units file their plans. `vague_words` add to the words that have no place in
    the standard of an indicator.
    """

    key: str
    version: str
    title: Text
    base: Decimal
    decimals: int
    missing: MissingPolicy
    same_device: SameDevicePolicy
    void: tuple[str, ...]
    grade_on: GradeOn
    rhythm: Rhythm
    pilot: tuple[str, ...]
    filing_on: str
    vague_words: tuple[str, ...]
    components: tuple[Component, ...]
    adjustments: Adjustments
    vetoes: tuple[Veto, ...]
    grades: tuple[Grade, ...]
    restrictions: tuple[Restriction, ...]
    consequences: tuple[Consequence, ...]
    ties: tuple[str, ...]
    rater_classes: Mapping[str, Text]
    ratee_classes: Mapping[str, Text]

    @classmethod
    def load(cls, source: Path | bytes) -> "Scheme":
        """Read a TOML file or its bytes; InputError with every problem."""
        data, name = read_toml(source)
        return _read(data, name)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Scheme":
        """Read the canonical form; InputError with every problem."""
        return _read(data, "")

    def leaves(self) -> tuple[Component, ...]:
        """The leaves of the tree, in order."""
        return tuple(leaf for component in self.components for leaf in component.leaves())

    def nodes(self) -> Iterator[Component]:
        """Every component, parents before their children."""
        waiting = list(self.components)
        while waiting:
            node = waiting.pop(0)
            yield node
            waiting = [*node.components, *waiting]

    def nodes_of(self, ratee_class: str) -> Iterator[Component]:
        """Every component that applies to a class of ratees, parents before their children."""
        waiting = list(self.components)
        while waiting:
            node = waiting.pop(0)
            if node.applies_to(ratee_class):
                yield node
                waiting = [*node.components, *waiting]

    def leaves_of(self, ratee_class: str) -> tuple[Component, ...]:
        """The leaves that apply to a class of ratees, in order."""
        return tuple(node for node in self.nodes_of(ratee_class) if not node.components)

    def conditions(self) -> Iterator[Condition]:
        """Every condition of grades, limits and consequences."""
        for grade in self.grades:
            yield from (*grade.eligibility, *grade.priority)
        for limit in self.restrictions:
            yield from limit.when
        for consequence in self.consequences:
            yield from consequence.when

    def series(self) -> frozenset[str]:
        """The series of earlier results that the scheme asks for, its own by its key."""
        asked = [one.series for one in self.conditions() if one.subject in ("grades", "rank")]
        combined = [leaf.series for leaf in self.leaves() if leaf.source == "runs"]
        return frozenset(series or self.key for series in (*asked, *combined))

    def grade(self, word: str) -> Grade | None:
        """The grade with this key or name, in any language."""
        return next(
            (one for one in self.grades if word in (one.key, *one.name.translations.values())), None
        )

    def rater_class_name(self, key: str) -> Text:
        """How a rater class is called here, else in a shipped scheme, else its key."""
        return self.rater_classes.get(key) or _known_rater_classes().get(key, Text(key))

    def ratee_class_name(self, key: str) -> Text:
        """How a class of ratees is called; its key where the scheme does not name it."""
        return self.ratee_classes.get(key, Text(key))

    def as_json(self) -> dict[str, object]:
        """The canonical form, shaped like the TOML; numbers as text."""
        return {
            "key": self.key,
            "version": self.version,
            "title": self.title.as_json(),
            "base": plain(self.base),
            "decimals": self.decimals,
            "missing": self.missing,
            "same_device": self.same_device,
            "void": list(self.void),
            "ties": list(self.ties),
            "grade_on": self.grade_on,
            "rhythm": self.rhythm,
            "pilot": list(self.pilot),
            "filing_on": self.filing_on,
            "vague_words": list(self.vague_words),
            "component": [component.as_json() for component in self.components],
            "adjustments": self.adjustments.as_json(),
            "veto": [veto.as_json() for veto in self.vetoes],
            "grade": [grade.as_json() for grade in self.grades],
            "restriction": [restriction.as_json() for restriction in self.restrictions],
            "consequence": [consequence.as_json() for consequence in self.consequences],
            "rater_class": {key: name.as_json() for key, name in self.rater_classes.items()},
            "ratee_class": {key: name.as_json() for key, name in self.ratee_classes.items()},
        }

    @property
    def digest(self) -> str:
        return digest(self.as_json())

    def diff(self, other: "Scheme") -> list[str]:
        """What another scheme changes against this one, such as "公众评议 权重 30 → 35"."""
        return differences(self.as_json(), other.as_json())


def _read(data: Mapping[str, object], file: str) -> Scheme:
    problems: list[Problem] = []
    root = Section(data, "", problems)
    scheme = Scheme(
        key=root.key("key", N_("编号")),
        version=root.text("version", N_("版本")),
        title=root.words("title", N_("标题")),
        base=root.decimal("base", N_("满分"), default=HUNDRED, low=1),
        decimals=root.integer("decimals", N_("小数位数"), default=2, high=6),
        missing=root.choice("missing", N_("缺项的处理"), MISSING_POLICIES, "fail"),
        same_device=root.choice("same_device", N_("同一设备"), SAME_DEVICE_POLICIES, "first"),
        void=root.texts("void", N_("判为无效的规则")),
        grade_on=root.choice("grade_on", N_("评等次所依据的分数"), GRADE_ON, "record"),
        rhythm=root.choice("rhythm", N_("周期"), RHYTHMS, ""),
        pilot=root.texts("pilot", N_("试点范围")),
        filing_on=_read_day(root),
        vague_words=root.texts("vague_words", N_("含糊用语")),
        components=tuple(Component.read(one) for one in root.tables("component", N_("构成"))),
        adjustments=Adjustments.read(root.table("adjustments", N_("加减分"))),
        vetoes=tuple(Veto.read(one) for one in root.tables("veto", N_("一票否决"))),
        grades=tuple(Grade.read(one) for one in root.tables("grade", N_("等次"))),
        restrictions=tuple(
            Restriction.read(one) for one in root.tables("restriction", N_("等次限制"))
        ),
        consequences=tuple(
            Consequence.read(one) for one in root.tables("consequence", N_("结果运用"))
        ),
        ties=root.texts("ties", N_("同分时依次比较")),
        rater_classes=_read_names(root.table("rater_class", N_("评议主体名称"))),
        ratee_classes=_read_names(root.table("ratee_class", N_("评议对象类别名称"))),
    )
    root.finish()
    problems += check_scheme(scheme)
    if problems:
        raise InputError(in_file(problems, file))
    return scheme


def _read_day(root: Section) -> str:
    day = root.text("filing_on", N_("方案报备日期"), "")
    if day and not _DAY.fullmatch(day):
        root.report("filing_on", N_("「{day}」不是月日"), N_('请写作 "12-20"'), day=day)
    return day


def _read_names(section: Section) -> dict[str, Text]:
    return {key: section.words(key, N_("名称")) for key in section.values}


@cache
def shipped() -> dict[str, Scheme]:
    """The schemes that ship with the product, by key."""
    loaded = (Scheme.load(path) for path in sorted(SCHEMES.glob("*.toml")))
    return {scheme.key: scheme for scheme in loaded}


@cache
def _known_rater_classes() -> dict[str, Text]:
    known: dict[str, Text] = {}
    for scheme in shipped().values():
        known = {**scheme.rater_classes, **known}
    return known
