"""Effective weights beside the nominal ones, as a page shows them."""

from dataclasses import dataclass

from analysis.effective_weights import BlockWeight, effective_weights
from survey_app.assessments.service import OpenedRun
from survey_app.assessments.steps import percent


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """One block; the adjustments have no nominal weight."""

    name: str
    nominal: str
    share: str


@dataclass(frozen=True, slots=True)
class ShownWeights:
    """The blocks of one class of ratees, and the one to warn of."""

    name: str
    blocks: tuple[ShownBlock, ...]
    decisive: ShownBlock | None


def shown_weights(run: OpenedRun) -> tuple[ShownWeights, ...]:
    """By class of ratee; a class whose totals are all alike has none."""
    assessment = run.assessment
    return tuple(
        ShownWeights(
            run.class_name(one.ratee_class),
            tuple(_shown(block) for block in one.blocks),
            _shown(one.decisive) if one.decisive else None,
        )
        for one in effective_weights(assessment.scheme, assessment.ratees)
    )


def _shown(block: BlockWeight) -> ShownBlock:
    nominal = "—" if block.nominal is None else percent(block.nominal)
    return ShownBlock(block.name, nominal, f"{block.effective:.1%}")
