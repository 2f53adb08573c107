"""The scheme: how parts become a total, a rank and a grade. Data, read from TOML and frozen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from analysis.scheme.checks import check_scheme
from analysis.scheme.diff import differences
from analysis.scheme.parts import HUNDRED, Component, Grade, Veto
from forms.definition import Section, Text, in_file, read_toml
from forms.problems import N_, InputError, Problem, digest, plain

MissingPolicy = Literal["fail", "redistribute", "zero"]
MISSING_POLICIES: tuple[MissingPolicy, ...] = ("fail", "redistribute", "zero")
SameDevicePolicy = Literal["first", "count"]
SAME_DEVICE_POLICIES: tuple[SameDevicePolicy, ...] = ("first", "count")
SCHEMES = Path(__file__).parent.parent / "schemes"
DEFAULT_SCHEME = "zhangjiajie-2009"


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme, frozen. `base` is the full mark (100 or 1000); a cap None means no cap.

    `void` names the screening rules that take ballots out; flags alone never do. `ties` are paths
    of components that decide between equal totals, in order.
    """

    key: str
    version: str
    title: Text
    base: Decimal
    decimals: int
    missing: MissingPolicy
    same_device: SameDevicePolicy
    void: tuple[str, ...]
    components: tuple[Component, ...]
    bonus_cap: Decimal | None
    deduction_cap: Decimal | None
    vetoes: tuple[Veto, ...]
    grades: tuple[Grade, ...]
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

    def rater_class_name(self, key: str) -> Text:
        """How a rater class is called; its key where the scheme does not name it."""
        return self.rater_classes.get(key, Text(key))

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
            "component": [component.as_json() for component in self.components],
            "adjustments": {
                "bonus_cap": None if self.bonus_cap is None else plain(self.bonus_cap),
                "deduction_cap": None if self.deduction_cap is None else plain(self.deduction_cap),
            },
            "veto": [veto.as_json() for veto in self.vetoes],
            "grade": [grade.as_json() for grade in self.grades],
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
    adjustments = root.table("adjustments", N_("加减分"))
    scheme = Scheme(
        key=root.key("key", N_("编号")),
        version=root.text("version", N_("版本")),
        title=root.words("title", N_("标题")),
        base=root.decimal("base", N_("满分"), default=HUNDRED, low=1),
        decimals=root.integer("decimals", N_("小数位数"), default=2, high=6),
        missing=root.choice("missing", N_("缺项的处理"), MISSING_POLICIES, "fail"),
        same_device=root.choice("same_device", N_("同一设备"), SAME_DEVICE_POLICIES, "first"),
        void=root.texts("void", N_("判为无效的规则")),
        components=tuple(Component.read(one) for one in root.tables("component", N_("构成"))),
        bonus_cap=adjustments.optional_decimal("bonus_cap", N_("加分上限")),
        deduction_cap=adjustments.optional_decimal("deduction_cap", N_("减分上限")),
        vetoes=tuple(Veto.read(one) for one in root.tables("veto", N_("一票否决"))),
        grades=tuple(Grade.read(one) for one in root.tables("grade", N_("等次"))),
        ties=root.texts("ties", N_("同分时依次比较")),
        rater_classes=_read_names(root.table("rater_class", N_("评议主体名称"))),
        ratee_classes=_read_names(root.table("ratee_class", N_("评议对象类别名称"))),
    )
    adjustments.finish()
    root.finish()
    problems += check_scheme(scheme)
    if problems:
        raise InputError(in_file(problems, file))
    return scheme


def _read_names(section: Section) -> dict[str, Text]:
    return {key: section.words(key, N_("名称")) for key in section.values}


@cache
def shipped() -> dict[str, Scheme]:
    """The schemes that ship with the product, by key."""
    loaded = (Scheme.load(path) for path in sorted(SCHEMES.glob("*.toml")))
    return {scheme.key: scheme for scheme in loaded}
