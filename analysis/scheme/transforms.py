"""How scores of the ratees of one class are turned into others: rules of a scheme."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal, Self

from forms.definition import Section
from forms.problems import N_, plain

TransformKind = Literal["rank", "ratio_to_best", "bands", "coefficient"]
TRANSFORMS: tuple[TransformKind, ...] = ("rank", "ratio_to_best", "bands", "coefficient")
HUNDRED = Decimal(100)
Pairs = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A factor that follows a figure of the ratee: by word, by bands, or along a line.

    `table` gives a factor for each word; `bands` the factor of the first band whose lower bound
    is reached (highest first); `line` the factor on the straight line between two points (lowest
    first), the end points' beyond them. `default` holds where the ratee has no such figure or the
    figure is in no band; None: the score is missing then.
    """

    figure: str
    table: tuple[tuple[str, Decimal], ...] = ()
    bands: Pairs = ()
    line: Pairs = ()
    default: Decimal | None = None

    @classmethod
    def read(cls, section: Section) -> Self:
        words = section.table("table", N_("系数表"))
        made = cls(
            figure=section.key("figure", N_("依据数据")),
            table=tuple((key, words.decimal(key, N_("系数"))) for key in sorted(words.values)),
            bands=_read_pairs(section, "bands", "min", N_("下限")),
            line=_read_pairs(section, "line", "at", N_("取值")),
            default=section.optional_decimal("default", N_("默认系数")),
        )
        if sum(map(bool, (made.table, made.bands, made.line))) != 1:
            section.report(
                "", N_("系数应按表、按档或按折线之一"), N_("请只写 table、bands、line 中的一个")
            )
        if made.bands != tuple(sorted(made.bands, key=lambda pair: -pair[0])):
            section.report("bands", N_("档位没有从高到低"), N_("请按下限从高到低排列"))
        places = [at for at, _ in made.line]
        if any(first >= second for first, second in pairwise(places)):
            section.report("line", N_("折线的点没有从低到高"), N_("请按取值从低到高排列"))
        return made

    def as_json(self) -> dict[str, object]:
        rules: dict[str, object] = {}
        if self.table:
            rules["table"] = {key: plain(factor) for key, factor in self.table}
        if self.bands:
            rules["bands"] = [{"min": plain(at), "factor": plain(f)} for at, f in self.bands]
        if self.line:
            rules["line"] = [{"at": plain(at), "factor": plain(f)} for at, f in self.line]
        default = None if self.default is None else plain(self.default)
        return {"figure": self.figure, **rules, "default": default}


def _read_pairs(section: Section, key: str, bound: str, name: str) -> Pairs:
    pairs = []
    for one in section.tables(key, N_("档位")):
        low = one.decimal(bound, name, low=-(10**9))
        pairs.append((low, one.decimal("factor", N_("系数"))))
        one.finish()
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class Transform:
    """How scores of the ratees of one class are turned into others.

    coefficient: score × the factor that follows a figure of the ratee.
    rank: full × (1 − step × (rank − 1)), not below 0. ratio_to_best: full × score ÷ best.
    bands: the points of the first band whose `min` is reached, 0 below all bands.
    """

    kind: TransformKind
    full: Decimal = HUNDRED
    step: Decimal = Decimal(0)
    bands: Pairs = ()
    coefficient: Coefficient | None = None

    @classmethod
    def read_all(cls, section: Section) -> tuple[Self, ...]:
        """The transforms of a component: one table, a list of them, or none."""
        if section.values.get("transform") == "none":
            section.has("transform")
            return ()
        if isinstance(section.values.get("transform"), Mapping):
            return (cls.read(section.table("transform", N_("换算"))),)
        return tuple(cls.read(one) for one in section.tables("transform", N_("换算")))

    @classmethod
    def read(cls, section: Section) -> Self:
        kind = section.choice("kind", N_("换算方式"), TRANSFORMS)
        if kind == "coefficient":
            made = cls(kind, coefficient=Coefficient.read(section))
            section.finish()
            return made
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
        if self.coefficient is not None:
            return {"kind": self.kind, **self.coefficient.as_json()}
        if self.kind == "bands":
            bands = [{"min": plain(low), "points": plain(points)} for low, points in self.bands]
            return {"kind": self.kind, "bands": bands}
        step = {"step": plain(self.step)} if self.kind == "rank" else {}
        return {"kind": self.kind, "full": plain(self.full), **step}
