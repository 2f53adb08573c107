"""An assessment as it may be shown after everything that was released of its round before."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis.disclosure.classes import Reasons, as_cell, hidden_classes, release_of
from analysis.disclosure.ledger import Release, check
from analysis.disclosure.showing import shown
from analysis.disclosure.suppression import Why
from analysis.results import Assessment
from survey_app.core.remembered import Remembered
from survey_app.disclosure.ledger import earlier
from survey_app.disclosure.minimum import Minimum, minimum_of

Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guarded:
    """What may be shown, what is hidden (by ratee and path, with the reason), and why.

    `cells` is what a release of it says, for the ledger.
    """

    assessment: Assessment
    hidden: Reasons
    reasons: tuple[str, ...]
    cells: Release
    minimum: Minimum


def guard(session: Session, round_id: int, assessment: Assessment, *, is_released: bool) -> Guarded:
    """Hide what is small, and what releases of this round would give away together.

    In what is released a unanimous group shows a band; on pages its votes are a step of the trace.
    """
    minimum = minimum_of(session, round_id)
    before = earlier(session, round_id)
    key = (
        str(session.get_bind().engine.url),
        round_id,
        assessment.content_digest,
        minimum,
        is_released,
        tuple((one.content, tuple(sorted(one.hidden))) for one in before),
    )
    return _MADE.get(key, lambda: _guarded(assessment, before, minimum, is_released=is_released))


def _guarded(
    assessment: Assessment,
    before: list[Release],
    minimum: Minimum,
    *,
    is_released: bool,
) -> Guarded:
    own = hidden_classes(assessment, minimum.scores, has_bands=is_released)
    already: dict[Cell, Why] = {as_cell(*place): why for place, why in own.items()}
    new = release_of(assessment, "")
    verdict = check(before, new, minimum.scores, already, _names(assessment))
    also: Reasons = {
        (cell[0], "/".join(cell[1:])): why
        for cell, why in verdict.hidden.items()
        if why != "few" and cell not in already
    }
    found = shown(assessment, minimum.scores, {**also, **own})
    return Guarded(
        found.assessment, found.hidden, verdict.reasons, new.without(verdict.hidden), minimum
    )


def _names(assessment: Assessment) -> dict[str, str]:
    """How ratees, components and rater classes are called."""
    scheme = assessment.scheme
    found = {one.key: one.name for one in assessment.ratees}
    for leaf in scheme.leaves():
        found[leaf.path] = str(leaf.name)
        for key in leaf.all_rater_classes():
            found.setdefault(key, str(scheme.rater_class_name(key)))
    return found


_MADE: "Remembered[Guarded]" = Remembered(8)
