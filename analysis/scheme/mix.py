"""Which ballots of a leaf count, and what the parts of a rater class weigh against each other.

Without a mix every ballot of a rater class counts alike, so that whoever scans most decides. With
one the class's score is the mean of its parts' scores by fixed weights: post-stratification to a
known population (strata and their people), or weights of channels or of evidence levels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from forms.definition import Section, exact
from forms.problems import N_, plain

MixBy = Literal["stratum", "channel", "evidence"]
MIX_BY: tuple[MixBy, ...] = ("stratum", "channel", "evidence")
EVIDENCE = ("code", "card", "open")


@dataclass(frozen=True, slots=True)
class Mix:
    """The parts of a rater class `by` a column of the ballots, with their weights (ratios).

    It holds for the rater classes named, or for all where none is. Ballots of a part without a
    weight do not count in the score; a part without ballots gives its weight to the others.
    """

    by: MixBy
    weights: tuple[tuple[str, Decimal], ...]
    rater_classes: tuple[str, ...] = ()

    @classmethod
    def read(cls, section: Section) -> Self | None:
        """The mix of a leaf; None where it has none."""
        if not section.has("mix"):
            return None
        name = N_("层与渠道")
        table = section.table("mix", name)
        weights = []
        listed = table.table("weights", N_("各部分权重"))
        for key in listed.values:
            number = listed.decimal(key, N_("权重"))
            if number <= 0 and exact(listed.values[key]) is not None:
                listed.report(key, N_("「{name}」应大于 0"), N_("请改为大于 0 的数"), name=key)
            weights.append((key, number))
        if not weights:
            table.report("weights", N_("没有写各部分的权重"), N_('请写上，如 城区 = "3000"'))
        made = cls(
            by=table.choice("by", N_("按什么分"), MIX_BY),
            weights=tuple(sorted(weights, key=lambda one: (-one[1], one[0]))),
            rater_classes=table.texts("rater_classes", N_("评议主体")),
        )
        table.finish()
        return made

    def holds_for(self, rater_class: str) -> bool:
        """Whether a rater class is taken apart."""
        return not self.rater_classes or rater_class in self.rater_classes

    def as_json(self) -> dict[str, object]:
        return {
            "by": self.by,
            "weights": {key: plain(number) for key, number in self.weights},
            "rater_classes": list(self.rater_classes),
        }


def read_evidence(section: Section) -> tuple[str, ...]:
    """The evidence levels whose ballots count in a leaf; none named: all."""
    levels = section.texts("evidence", N_("计分的凭据"))
    for level in levels:
        if level not in EVIDENCE:
            section.report(
                "evidence",
                N_("没有凭据“{level}”"),
                N_("可选：code（验证码）| card（评议卡）| open（公开入口）"),
                level=level,
            )
    return levels


def counting_json(mix: Mix | None, evidence: tuple[str, ...]) -> Mapping[str, object]:
    """Both as JSON; what a leaf does not say is left out."""
    made: dict[str, object] = {}
    if mix is not None:
        made["mix"] = mix.as_json()
    if evidence:
        made["evidence"] = list(evidence)
    return made
