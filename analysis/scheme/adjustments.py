"""What is added, taken or vetoed beside the weighted score: rules of a scheme."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from forms.definition import Section, Text
from forms.problems import N_, plain

AdjustmentKinds = Literal["bonus", "deduction", "both"]
ADJUSTMENT_KINDS: tuple[AdjustmentKinds, ...] = ("bonus", "deduction", "both")
VetoEffect = Literal["no_excellent", "lowest_grade", "zero"]
VETO_EFFECTS: tuple[VetoEffect, ...] = ("no_excellent", "lowest_grade", "zero")


@dataclass(frozen=True, slots=True)
class AdjustmentSource:
    """Where points added or taken may come from (表彰, 群众好评, 媒体曝光 …).

    `cap` limits what the source gives one ratee on either side. With `multiplier` the points
    entered are what was lost or gained, and count so many times, within (low, high).
    """

    key: str
    name: Text
    kind: AdjustmentKinds
    needs_evidence: bool
    cap: Decimal | None
    multiplier: tuple[Decimal, Decimal] | None

    @classmethod
    def read(cls, section: Section) -> Self:
        multiplier = None
        if section.has("multiplier"):
            bounds = section.table("multiplier", N_("倍数"))
            multiplier = (
                bounds.decimal("low", N_("最低倍数"), low=1),
                bounds.decimal("high", N_("最高倍数"), low=1),
            )
            if multiplier[0] > multiplier[1]:
                bounds.report("", N_("最低倍数高于最高倍数"), N_("请改正其中之一"))
            bounds.finish()
        source = cls(
            key=section.key("key", N_("编号")),
            name=section.words("name", N_("名称")),
            kind=section.choice("kind", N_("加减"), ADJUSTMENT_KINDS, "both"),
            needs_evidence=section.flag("needs_evidence", N_("须附依据"), default=True),
            cap=section.optional_decimal("cap", N_("上限")),
            multiplier=multiplier,
        )
        section.finish()
        return source

    def as_json(self) -> dict[str, object]:
        bounds = self.multiplier
        return {
            "key": self.key,
            "name": self.name.as_json(),
            "kind": self.kind,
            "needs_evidence": self.needs_evidence,
            "cap": None if self.cap is None else plain(self.cap),
            "multiplier": bounds and {"low": plain(bounds[0]), "high": plain(bounds[1])},
        }


@dataclass(frozen=True, slots=True)
class Adjustments:
    """The rules of bonus and deduction; a cap None means no cap.

    Where `sources` are listed, every entry of the ledger names one of them.
    """

    bonus_cap: Decimal | None = None
    deduction_cap: Decimal | None = None
    sources: tuple[AdjustmentSource, ...] = ()

    @classmethod
    def read(cls, section: Section) -> Self:
        made = cls(
            section.optional_decimal("bonus_cap", N_("加分上限")),
            section.optional_decimal("deduction_cap", N_("减分上限")),
            tuple(AdjustmentSource.read(one) for one in section.tables("source", N_("来源"))),
        )
        section.finish()
        return made

    def source(self, word: str) -> AdjustmentSource | None:
        """The source with this key or name."""
        return next((one for one in self.sources if word in (one.key, one.name)), None)

    def as_json(self) -> dict[str, object]:
        return {
            "bonus_cap": None if self.bonus_cap is None else plain(self.bonus_cap),
            "deduction_cap": None if self.deduction_cap is None else plain(self.deduction_cap),
            "source": [source.as_json() for source in self.sources],
        }


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
